"""ECDSA P-256 over SHA-256 (FIPS 186-4, SEC 1) in integers, and the little DER that signatures, keys and
certificates need."""

import functools
import hashlib
import secrets

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def on_curve(point):
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x - 3 * x + B)) % P == 0


def _double(p):
    x, y, z = p
    if not y:
        return (1, 1, 0)
    delta, gamma = z * z % P, y * y % P
    beta, alpha = x * gamma % P, 3 * (x - delta) * (x + delta) % P
    x3 = (alpha * alpha - 8 * beta) % P
    z3 = ((y + z) ** 2 - gamma - delta) % P
    return (x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % P, z3)


def _add(p, q):
    if not p[2]:
        return q
    if not q[2]:
        return p
    z1, z2 = p[2] * p[2] % P, q[2] * q[2] % P
    u1, u2 = p[0] * z2 % P, q[0] * z1 % P
    s1, s2 = p[1] * q[2] * z2 % P, q[1] * p[2] * z1 % P
    if u1 == u2:
        return _double(p) if s1 == s2 else (1, 1, 0)
    h, r = u2 - u1, s2 - s1
    h2 = h * h % P
    h3, v = h * h2 % P, u1 * h2 % P
    x3 = (r * r - h3 - 2 * v) % P
    return (x3, (r * (v - x3) - s1 * h3) % P, h * p[2] * q[2] % P)


def multiply(scalar, point):
    """-> affine point, None for infinity."""
    result, base = (1, 1, 0), (point[0], point[1], 1)
    for bit in bin(scalar % N)[2:]:
        result = _double(result)
        if bit == "1":
            result = _add(result, base)
    return _affine(result)


def _multiply_sum(a, p, b, q):
    """a p + b q, doubled together; Jacobian."""
    p, q = (*p, 1), (*q, 1)
    add = {("1", "0"): p, ("0", "1"): q, ("1", "1"): _add(p, q)}
    result = (1, 1, 0)
    for bits in zip(f"{a % N:0256b}", f"{b % N:0256b}"):
        result = _double(result)
        if bits in add:
            result = _add(result, add[bits])
    return result


def _affine(p):
    if not p[2]:
        return None
    inverse = pow(p[2], -1, P)
    return (p[0] * inverse * inverse % P, p[1] * inverse ** 3 % P)


def _hash(message):
    return int.from_bytes(hashlib.sha256(message).digest(), "big")


@functools.lru_cache(4096)  # the same few certificates come with every message
def verify(point, message, signature):
    """signature: DER, minimal, low s."""
    try:
        r, s = decode_signature(signature)
    except ValueError:
        return False
    if not (0 < r < N and 0 < s <= N // 2):
        return False
    w = pow(s, -1, N)
    total = _affine(_multiply_sum(_hash(message) * w, G, r * w, point))
    return total is not None and total[0] % N == r


def sign(key, message, low=True):
    while True:
        k = secrets.randbelow(N - 1) + 1
        r = multiply(k, G)[0] % N
        s = (_hash(message) + r * key) * pow(k, -1, N) % N
        if r and s:
            break
    if (s > N // 2) == low:
        s = N - s
    return encode_signature(r, s)


# ---- DER ----

def read(data, at=0):
    """-> (tag, content, end, start of content) of the element at `at`; definite lengths, minimal."""
    tag, size, at = data[at], data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size = int.from_bytes(data[at:at + count], "big")
        at += count
        if count == 0 or size < 0x80 or size >> (8 * (count - 1)) == 0:
            raise ValueError("length is not minimal")
    if at + size > len(data):
        raise ValueError("element runs out")
    return tag, data[at:at + size], at + size, at


def children(content):
    at, out = 0, []
    while at < len(content):
        tag, inner, end, _ = read(content, at)
        out.append((tag, inner, content[at:end]))
        at = end
    return out


def _der(tag, content):
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _der_int(value):
    return _der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def encode_signature(r, s):
    return _der(0x30, _der_int(r) + _der_int(s))


def decode_signature(data):
    tag, content, end, _ = read(data)
    parts = children(content)
    if tag != 0x30 or end != len(data) or [p[0] for p in parts] != [2, 2]:
        raise ValueError("no signature")
    r, s = (int.from_bytes(p[1], "big", signed=True) for p in parts)
    if encode_signature(r, s) != bytes(data):
        raise ValueError("not minimal")
    return r, s


# ---- certificates and keys ----

def pem(text):
    body = [line for line in text.strip().splitlines() if not line.startswith("-----")]
    import base64
    return base64.b64decode("".join(body))


EC_P256 = bytes.fromhex("06072a8648ce3d020106082a8648ce3d030107")


class Certificate:
    """What is needed of an X.509 certificate: signed part, public key, signature, organisation, unit."""

    def __init__(self, der):
        tag, content, end, _ = read(der)
        if tag != 0x30 or end != len(der):
            raise ValueError("no certificate")
        signed, algorithm, signature = children(content)
        self.signed, self.signature = signed[2], signature[1][1:]
        if algorithm[1] != bytes.fromhex("06082a8648ce3d040302"):
            raise ValueError("not ecdsa-with-SHA256")
        fields = children(signed[1])
        fields = fields[1:] if fields[0][0] == 0xA0 else fields
        self.issuer, self.subject = fields[2][2], fields[4][2]
        algorithm_and_key = children(fields[5][1])
        if algorithm_and_key[0][1] != EC_P256:
            raise ValueError("not a P-256 key")
        raw = algorithm_and_key[1][1][1:]
        if len(raw) != 65 or raw[0] != 4:
            raise ValueError("point is not uncompressed")
        self.point = (int.from_bytes(raw[1:33], "big"), int.from_bytes(raw[33:], "big"))
        if not on_curve(self.point):
            raise ValueError("point is not on the curve")

    def issued(self, other):
        return other.issuer == self.subject and verify(self.point, other.signed, other.signature)


def private_key(der):
    """The scalar of a PKCS#8 or SEC 1 private key."""
    fields = children(read(der)[1])
    if fields[1][0] == 0x30:  # PKCS#8: version, algorithm, OCTET STRING of SEC 1
        fields = children(read(fields[2][1])[1])
    return int.from_bytes(fields[1][1], "big")
