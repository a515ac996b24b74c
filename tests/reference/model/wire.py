"""Protobuf by field number, just what Lotveil's messages use, and the messages of lotveil.proto."""

VARINT, LENGTH = 0, 2


class WireError(ValueError):
    pass


def _varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise WireError("varint runs out")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return value, at


def decode(data):
    """-> {field: [value, ...]}; integers or bytes."""
    fields, at = {}, 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == VARINT:
            value, at = _varint(data, at)
        elif kind == LENGTH:
            size, at = _varint(data, at)
            if at + size > len(data):
                raise WireError("bytes run out")
            value, at = data[at:at + size], at + size
        else:
            raise WireError(f"wire type {kind}")
        fields.setdefault(number, []).append(value)
    return fields


def _encode_varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def encode(fields):
    """[(field, value), ...] in order; proto3 leaves out zero and empty values unless they are in a list."""
    out = bytearray()
    for number, value in fields:
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                item = item.encode()
            if not isinstance(value, list) and not item:
                continue
            if isinstance(item, int):
                out += _encode_varint(number << 3 | VARINT) + _encode_varint(int(item))
            else:
                out += _encode_varint(number << 3 | LENGTH) + _encode_varint(len(item)) + item
    return bytes(out)


# name -> [(field, name, kind)], kind: s text, b bytes, i integer, z zigzag integer, *X repeated X, or a
# message name, which is None where it is absent
MESSAGES = {
    "Signed": [(1, "kind", "s"), (2, "body", "b"), (3, "certificate", "b"), (4, "signature", "b")],
    "Pair": [(1, "earlier_lot", "s"), (2, "later_lot", "s"), (3, "earlier_time", "s"),
             (4, "later_time", "s"), (5, "basis", "s"), (6, "parents", "*s")],
    "Quality": [(1, "channel", "s"), (2, "author", "s"), (3, "series", "s"), (4, "sequence", "i"),
                (5, "suite", "s"), (6, "width", "i"), (7, "public_key", "b"), (8, "key_proof", "b"),
                (9, "pairs", "*Pair"), (10, "x", "b"), (11, "y", "b"), (12, "xor_digest", "b"),
                (13, "corrects", "b"), (14, "time", "i"), (15, "unit", "s"), (17, "bit_proof", "b"),
                (18, "scale", "Scale"), (19, "distance", "i")],
    "Scale": [(1, "decimals", "i"), (2, "offset", "z")],
    "Xor": [(1, "channel", "s"), (2, "author", "s"), (3, "series", "s"), (4, "sequence", "i"),
            (5, "suite", "s"), (6, "width", "i"), (7, "pairs", "i"), (8, "public_key", "b"),
            (9, "w", "b"), (10, "binding", "b"), (11, "time", "i"), (12, "w_proof", "b"),
            (13, "both_proof", "b"), (14, "d", "b"), (15, "d_proof", "b")],
    "Grant": [(1, "channel", "s"), (2, "author", "s"), (3, "buyer", "s"), (4, "servicer", "s"),
              (5, "series", "s"), (6, "number", "i"), (7, "quota", "i"), (8, "revoke", "i"),
              (9, "time", "i")],
    "Sale": [(1, "channel", "s"), (2, "author", "s"), (3, "buyer", "s"), (4, "set_id", "b"),
             (5, "purchase_digest", "b"), (6, "time", "i")],
    "Purchase": [(1, "author", "s"), (2, "servicer", "s"), (3, "set_id", "b"), (4, "time", "i")],
    "Receipt": [(1, "author", "s"), (2, "buyer", "s"), (3, "set_id", "b"), (4, "xor_digest", "b"),
                (5, "purchase_digest", "b"), (6, "time", "i")],
    "Delivery": [(1, "xor_record", "b"), (2, "receipt", "b")],
    "Inquiry": [(1, "author", "s"), (2, "downstream", "s"), (3, "channel", "s"), (4, "set_id", "b"),
                (5, "pair", "i"), (6, "z_digest", "b"), (7, "z", "b"), (8, "time", "i"),
                (9, "question", "i"), (10, "limit", "i")],
    "Opening": [(1, "author", "s"), (2, "auditor", "s"), (3, "set_id", "b"), (4, "key_digest", "b"),
                (5, "time", "i")],
    "Answer": [(1, "author", "s"), (2, "upstream", "s"), (3, "inquiry_digest", "b"),
               (4, "set_id", "b"), (5, "pair", "i"), (6, "formula", "i"), (7, "index", "i"),
               (8, "proof", "b"), (9, "time", "i"), (10, "question", "i"), (11, "limit", "i")],
}

_EMPTY = {"s": "", "b": b"", "i": 0, "z": 0}


def unpack(name, data):
    """-> dict of all fields of the message, absent ones empty. Unknown fields are errors."""
    raw = decode(data)
    out = {}
    for number, field, kind in MESSAGES[name]:
        values = raw.pop(number, [])
        if kind.startswith("*"):
            inner = kind[1:]
            out[field] = [_item(inner, value) for value in values]
            continue
        if len(values) > 1:
            raise WireError(f"{name}.{field} twice")
        out[field] = _item(kind, values[0]) if values else _EMPTY.get(kind)
    if raw:
        raise WireError(f"{name}: unknown fields {sorted(raw)}")
    return out


def _item(kind, value):
    if kind in MESSAGES:
        return unpack(kind, value)
    if kind == "z":
        return value >> 1 ^ -(value & 1)
    return value.decode() if kind == "s" else value


def pack(name, values):
    fields = []
    for number, field, kind in MESSAGES[name]:
        value = values.get(field, [] if kind.startswith("*") else _EMPTY.get(kind))
        if kind.startswith("*") and kind[1:] in MESSAGES:
            value = [pack(kind[1:], item) for item in value]
        elif kind in MESSAGES:
            value = [] if value is None else [pack(kind, value)]
        elif kind == "z":
            value = value << 1 ^ value >> 63
        fields.append((number, value))
    return encode(fields)
