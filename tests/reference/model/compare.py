"""What is the same for every suite: the comparison in clear, digests, transcripts (docs/protocol.md
sections 3, 5, 6 and 9)."""

import hashlib


def sha256(data):
    return hashlib.sha256(data).digest()


def u32(number):
    return number.to_bytes(4, "big")


def u64(number):
    return number.to_bytes(8, "big")


def bits(value, width):
    return [value >> (width - 1 - i) & 1 for i in range(width)]


def verdict(x, y, width):
    """-> (formula, index) of plain integers."""
    if x == y:
        return 0, 0
    return (1 if x < y else 2), width - (x ^ y).bit_length()


def plain_z(x, y, formula):
    """z of formulas (0), (1) and (2) in clear, of lists of bits."""
    w = [a ^ b for a, b in zip(x, y)]
    if formula == 0:
        return [sum(w)]
    return [x[i] - y[i] + (1 if formula == 1 else -1) + 3 * sum(w[:i]) for i in range(len(x))]


def z_digest(set_id, pair, *vectors, question=2, limit=0):
    """-> encoding, digest of the encoded vectors that a question is answered from."""
    data = b"".join(vectors)
    return data, sha256(b"lotveil/v1/z\0" + set_id + u32(pair) + u32(question) + u64(limit) + data)


def binding(public_key, x, y):
    data = b"lotveil/v1/binding\0"
    for part in (public_key, x, y):
        data += u64(len(part)) + part
    return sha256(data)


def seed(domain, context, public_key):
    """What every challenge of a proof is drawn from."""
    def block(data):
        return u32(len(data)) + data
    texts = (domain, context["channel"], context["downstream"], context["upstream"],
             context["series"])
    return sha256(b"".join(block(text.encode()) for text in texts) + u64(context["sequence"]) +
                  u32(context["pair"]) + block(public_key))


def expand(hashed, index, size):
    blocks = (sha256(hashed + u32(index) + u32(i)) for i in range(size // 32 + 1))
    return b"".join(blocks)[:size]
