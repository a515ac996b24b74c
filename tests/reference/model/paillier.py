"""Paillier in integers, by the formulas of the paper."""

import functools
import math
import secrets

from . import compare

WEIGHS = True  # plaintexts are large enough for a whole value


class Vector:
    """Enc(z) of one pair."""

    def __init__(self, key, cells):
        self.key, self.cells = key, cells

    @property
    def encoding(self):
        return b"".join(c.to_bytes(self.key.size, "big") for c in self.cells)

    def with_cells(self, cells):
        return Vector(self.key, cells)


class PublicKey:
    """Canonical bytes: u32be bits of n, then n big endian without leading zeros."""

    def __init__(self, encoded):
        bits = int.from_bytes(encoded[:4], "big")
        self.n = int.from_bytes(encoded[4:], "big")
        if self.n.bit_length() != bits or len(encoded) != 4 + (bits + 7) // 8:
            raise ValueError("public key is not canonical")
        self.square = self.n * self.n
        self.size = 2 * ((bits + 7) // 8)
        self.encoded, self.set_id = encoded, compare.sha256(encoded)

    def matrix(self, data, rows, columns):
        if len(data) != rows * columns * self.size:
            raise ValueError("matrix has the wrong length")
        numbers = [int.from_bytes(data[i:i + self.size], "big")
                   for i in range(0, len(data), self.size)]
        for c in numbers:
            if not 0 < c < self.square or math.gcd(c, self.n) != 1:
                raise ValueError("not a ciphertext")
        return [numbers[r * columns:(r + 1) * columns] for r in range(rows)]

    def combine(self, x, y, w, pair, formula):
        """Enc(z) by formula 0, 1 or 2; cells most significant first."""
        return self._by_formula(x[pair], y[pair], w[pair], formula)

    def _by_formula(self, x, y, w, formula):
        constant = 1 + self.n if formula == 1 else 1 - self.n
        cells, prefix = [], 1
        for a, b, c in zip(x, y, w):
            if formula != 0:
                cells.append(self.minus(a, b) * constant * pow(prefix, 3, self.square) %
                             self.square)
            prefix = prefix * c % self.square
        return Vector(self, [prefix] if formula == 0 else cells)

    def combine_limit(self, x, limit, pair, formula):
        """The same with y the bits of a public limit: w_i is x_i, or 1 - x_i where the limit has a one."""
        one = 1 + self.n
        ones = compare.bits(limit, len(x[pair]))
        return self._by_formula(x[pair], [one if bit else 1 for bit in ones],
                                [self.minus(one, a) if bit else a
                                 for a, bit in zip(x[pair], ones)], formula)

    def combine_distance(self, x, y, d, pair, direction):
        """Enc(D - (Y - X)) for a rise, Enc(D - (X - Y)) for a fall."""
        lesser, greater = (x, y) if direction == 1 else (y, x)
        total, minus = 1, 1
        for a, b, c in zip(lesser[pair], greater[pair], d[pair]):
            total = total * total * a * c % self.square
            minus = minus * minus * b % self.square
        return Vector(self, [self.minus(total, minus)])

    # What an attacker makes of cells.

    def less_one(self, cell):
        return cell * (1 - self.n) % self.square

    def times(self, cell, factor):
        return pow(cell, factor, self.square)

    def minus(self, a, b):
        return a * pow(b, -1, self.square) % self.square


class SecretKey:
    def __init__(self, p, q):
        self.p, self.q, self.n = p, q, p * q
        self.order = math.lcm(p - 1, q - 1)
        self.square = self.n * self.n
        self.mu = pow(self.order, -1, self.n)

    @property
    def public(self):
        bits = self.n.bit_length()
        return bits.to_bytes(4, "big") + self.n.to_bytes((bits + 7) // 8, "big")

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

    @functools.lru_cache(256)  # unchanged parts of changed records
    def _are(self, cells, numbers):
        """Do the cells decrypt to these numbers? A random combination of the differences is zero: where one
        is not, with probability 2^-64."""
        total = 1
        for cell, number in zip(cells, numbers):
            difference = cell * (1 - number * self.n) % self.square
            total = total * pow(difference, secrets.randbits(64), self.square) % self.square
        return len(cells) == len(numbers) and self.decrypt(total) == 0

    def row_is(self, matrix, pair, bits):
        return self._are(tuple(matrix[pair]), tuple(bits))

    def vector_is(self, vector, numbers):
        return self._are(tuple(vector.cells), tuple(numbers))


def secret_key(encoded):
    """Eight blocks, each a u32be length and that many bytes: p, q, then rho1, rho2 and g for each."""
    numbers, at = [], 0
    while at < len(encoded):
        size = int.from_bytes(encoded[at:at + 4], "big")
        numbers.append(int.from_bytes(encoded[at + 4:at + 4 + size], "big"))
        at += 4 + size
    if at != len(encoded) or len(numbers) != 8:
        raise ValueError("no secret key")
    key = SecretKey(*numbers[:2])
    key.factors = {key.p: numbers[2:5], key.q: numbers[5:]}
    return key


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
    """The eight challenges of the key proof."""
    seed = compare.seed("lotveil/v1/proof/paillier-key", context, key.encoded)
    for index in range(8):
        yield int.from_bytes(compare.expand(seed, index, key.size // 2 + 16), "big") % key.n


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
    return all(0 < root < key.n and power(root, key.n, key.n) == rho
               for root, rho in zip(roots, challenges(key, context)))


@functools.lru_cache(256)  # one proof, held against many statements
def power(base, exponent, modulus):
    return pow(base, exponent, modulus)


def zero_proof_holds(key, _context, vector, index, proof):
    """rho^n = z; bound to its context by the signature around it."""
    rho = int.from_bytes(proof, "big")
    return len(proof) * 2 == key.size and 0 < rho < key.n and \
        power(rho, key.n, key.square) == vector.cells[index]


# There is no proof that hides which, and none of bits: such answers and records are signed, and no more.

def one_of_holds(_key, _context, _cells, proof):
    return proof == b""


def range_holds(_key, _context, _cell, _column, _bound, proof):
    return proof == b""


def bits_proof_holds(_key, _context, _statement, _matrices, proof):
    return proof == b""
