"""Paillier and the comparison, in integers, by the formulas of the paper."""

import hashlib
import math


class PublicKey:
    """Canonical bytes: u32be bits of n, then n big endian without leading zeros."""

    def __init__(self, encoded):
        bits = int.from_bytes(encoded[:4], "big")
        self.n = int.from_bytes(encoded[4:], "big")
        if self.n.bit_length() != bits or len(encoded) != 4 + (bits + 7) // 8:
            raise ValueError("public key is not canonical")
        self.square = self.n * self.n
        self.size = 2 * ((bits + 7) // 8)
        self.encoded = encoded

    @property
    def set_id(self):
        return hashlib.sha256(self.encoded).digest()

    def matrix(self, data, rows, columns):
        if len(data) != rows * columns * self.size:
            raise ValueError("matrix has the wrong length")
        numbers = [int.from_bytes(data[i:i + self.size], "big")
                   for i in range(0, len(data), self.size)]
        for c in numbers:
            if not 0 < c < self.square or math.gcd(c, self.n) != 1:
                raise ValueError("not a ciphertext")
        return [numbers[r * columns:(r + 1) * columns] for r in range(rows)]

    def encode(self, numbers):
        return b"".join(c.to_bytes(self.size, "big") for c in numbers)


class SecretKey:
    def __init__(self, p, q):
        self.p, self.q, self.n = p, q, p * q
        self.order = math.lcm(p - 1, q - 1)
        self.square = self.n * self.n
        self.mu = pow(self.order, -1, self.n)

    def decrypt_as_printed(self, c):
        """Formulas (4) and (5), as a number nearest to zero."""
        m = (pow(c, self.order, self.square) - 1) // self.n * self.mu % self.n
        return m if m <= self.n // 2 else m - self.n

    def decrypt(self, c):
        """The same, modulo p^2 and q^2 apart and joined: four times as fast."""
        parts = []
        for f in (self.p, self.q):
            logarithm = (pow(c, f - 1, f * f) - 1) // f
            unit = (pow(1 + self.n, f - 1, f * f) - 1) // f
            parts.append(logarithm * pow(unit, -1, f) % f)
        m_p, m_q = parts
        m = m_p + self.p * ((m_q - m_p) * pow(self.p, -1, self.q) % self.q)
        return m if m <= self.n // 2 else m - self.n


def combine(n, x, y, w, formula):
    """Enc(z) of one pair by formula 0, 1 or 2: lists of ciphertexts, most significant first."""
    square = n * n
    if formula == 0:
        total = 1
        for c in w:
            total = total * c % square
        return [total]
    constant = 1 + n if formula == 1 else 1 - n
    out, prefix = [], 1
    for i in range(len(x)):
        z = x[i] * pow(y[i], -1, square) * constant * pow(prefix, 3, square) % square
        out.append(z)
        prefix = prefix * w[i] % square
    return out


def z_digest(key, pair, z1, z2, z0, question=2, limit=0):
    data = key.encode(z1) + key.encode(z2) + key.encode(z0)
    head = b"lotveil/v1/z\0" + key.set_id + pair.to_bytes(4, "big")
    head += question.to_bytes(4, "big") + limit.to_bytes(8, "big")
    return data, hashlib.sha256(head + data).digest()


def binding(public_key, x, y):
    data = b"lotveil/v1/binding\0"
    for part in (public_key, x, y):
        data += len(part).to_bytes(8, "big") + part
    return hashlib.sha256(data).digest()


def verdict(x, y, width):
    """-> (formula, index) of plain integers."""
    if x == y:
        return 0, 0
    return (1 if x < y else 2), width - (x ^ y).bit_length()


def bits(value, width):
    return [value >> (width - 1 - i) & 1 for i in range(width)]


def is_prime(n, rounds=24):
    """Miller-Rabin with fixed bases 2, 3, 5, ..."""
    import itertools
    small = [p for p in range(2, 100) if all(p % d for d in range(2, p))]
    if any(n % p == 0 for p in small):
        return n in small
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in itertools.islice(small, rounds):
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def challenges(key, context):
    """The eight challenges of the key proof (src/proof/paillier_key.c, src/proof/transcript.h)."""
    def block(data):
        return len(data).to_bytes(4, "big") + data
    hashed = b"".join(block(text.encode()) for text in (
        "lotveil/v1/proof/paillier-key", context["channel"], context["downstream"],
        context["upstream"], context["series"]))
    hashed += context["sequence"].to_bytes(8, "big") + context["pair"].to_bytes(4, "big")
    seed = hashlib.sha256(hashed + block(key.encoded)).digest()
    size = key.size // 2 + 16
    for index in range(8):
        stream = b"".join(
            hashlib.sha256(seed + index.to_bytes(4, "big") + counter.to_bytes(4, "big")).digest()
            for counter in range(size // 32 + 1))
        yield int.from_bytes(stream[:size], "big") % key.n


def key_proof_holds(key, context, proof):
    size = key.size // 2
    if len(proof) != 8 * size or is_prime(key.n) or math.isqrt(key.n) ** 2 == key.n:
        return False
    sieve = bytearray([1]) * (1 << 16)
    for d in range(2, 1 << 16):
        if sieve[d]:
            if key.n % d == 0:
                return False
            sieve[d * d::d] = bytes(len(sieve[d * d::d]))
    roots = [int.from_bytes(proof[i:i + size], "big") for i in range(0, len(proof), size)]
    return all(0 < root < key.n and pow(root, key.n, key.n) == rho
               for root, rho in zip(roots, challenges(key, context)))
