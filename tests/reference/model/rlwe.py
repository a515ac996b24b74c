"""Suite rlwe1024 in integers: seeds, ring, ciphertexts and formulas of docs/protocol.md section 4."""

import functools
import hashlib

from . import compare

N, Q, PSI, DELTA = 1024, 1038337, 632295, 4056
NOISE_MAX = 7
WEIGHS = False  # plaintexts are below 256
BITS = 20


# ---- everything random ----

def kdf(key, domain, data):
    hashed = b"lotveil/v2/rlwe1024/" + domain + b"\0" + data
    return hashlib.blake2b(hashed, digest_size=32, key=key or b"").digest()


def _quarter(s, a, b, c, d):
    for first, second, third, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[first] = (s[first] + s[second]) & 0xFFFFFFFF
        mixed = s[third] ^ s[first]
        s[third] = (mixed << turn | mixed >> (32 - turn)) & 0xFFFFFFFF


def chacha20_block(key, nonce, counter):
    """The original: counter and nonce of 64 bits each."""
    words = [int.from_bytes(data[i:i + 4], "little")
             for data in (b"expand 32-byte k", key, counter.to_bytes(8, "little"),
                          nonce.to_bytes(8, "little")) for i in range(0, len(data), 4)]
    state = list(words)
    for _ in range(10):
        for i in range(4):
            _quarter(state, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            _quarter(state, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return b"".join((a + b & 0xFFFFFFFF).to_bytes(4, "little") for a, b in zip(words, state))


def stream(key, nonce):
    counter = 0
    while True:
        yield chacha20_block(key, nonce, counter)
        counter += 1


def stream_bytes(key, nonce, size):
    blocks = stream(key, nonce)
    return b"".join(next(blocks) for _ in range((size + 63) // 64))[:size]


# ---- the ring Z_q[T] / (T^1024 + 1) ----

def reverse(j):
    return int(f"{j:010b}"[::-1], 2)


def _evaluate(a, root):
    """a at all powers of `root`, which has order len(a)."""
    if len(a) == 1:
        return a
    even, odd = (_evaluate(a[i::2], root * root % Q) for i in (0, 1))
    out, power = [0] * len(a), 1
    for i, (u, v) in enumerate(zip(even, odd)):
        v = v * power % Q
        out[i], out[i + len(a) // 2] = (u + v) % Q, (u - v) % Q
        power = power * root % Q
    return out


def to_values(a):
    """Coefficients -> value j at psi^(2 brv(j) + 1)."""
    values = _evaluate([c * pow(PSI, i, Q) % Q for i, c in enumerate(a)], PSI * PSI % Q)
    return [values[reverse(j)] for j in range(N)]


def to_coefficients(values):
    back = pow(PSI, -1, Q)
    ordered = [values[reverse(j)] for j in range(N)]
    a = _evaluate(ordered, back * back % Q)
    return [c * pow(back, i, Q) * pow(N, -1, Q) % Q for i, c in enumerate(a)]


@functools.lru_cache(64)
def uniform(nonce, index):
    """a of ciphertext `index`, as values."""
    kept, left, held = [], 0, 0
    for block in stream(nonce, index):
        for byte in block:
            held |= byte << left
            left += 8
            if left >= BITS:
                candidate = held % 2**BITS
                held, left = held >> BITS, left - BITS
                if candidate < Q:
                    kept.append(candidate)
        if len(kept) >= N:
            return kept[:N]


# ---- layout ----

def block_of(width):
    return 32 if width <= 32 else 64


def place_of(pair, width):
    """Where bit 0 of a pair stands among all coefficients of a matrix."""
    return pair * block_of(width)


def apply(formula, width, difference, w, place):
    """What the formulas take from coefficients, at the places of a pair: the difference and three times the w of
    the places before; for formula (0) all w."""
    if formula == 0:
        return [sum(w[place:place + width]) % Q]
    return [(difference[place + i] + 3 * sum(w[place:place + i])) % Q for i in range(width)]


def apply_limit(formula, width, limit, x, place):
    """What the sums of a comparison with a public limit take from x, at the places of a pair: w_i is x_i, or
    1 - x_i where the limit has a one."""
    out, total = [], 0
    for i, one in enumerate(compare.bits(limit, width)):
        out.append((x[place + i] + 3 * total) % Q)
        total += -x[place + i] if one else x[place + i]
    return [total % Q] if formula == 0 else out


def limit_constants(formula, width, limit):
    """The rest of those sums."""
    out, total = [], 0
    for one in compare.bits(limit, width):
        out.append(3 * total - one + (1 if formula == 1 else -1))
        total += one
    return [total] if formula == 0 else out


def pack(numbers):
    total = 0
    for i, number in enumerate(numbers):
        total |= number << BITS * i
    return total.to_bytes((len(numbers) * BITS + 7) // 8, "little")


class Matrix:
    """Encrypted rows: nonce and coefficients of b, block after block."""

    def __init__(self, data, rows, width):
        count = rows * block_of(width)
        if len(data) != 32 + count * BITS // 8:
            raise ValueError("matrix has the wrong length")
        packed = int.from_bytes(data[32:], "little")
        self.nonce, self.rows, self.width = data[:32], rows, width
        self.b = [packed >> BITS * i & (1 << BITS) - 1 for i in range(count)]
        if any(c >= Q for c in self.b):
            raise ValueError("a coefficient is not below q")

    def __getitem__(self, pair):
        """The cells of a pair: b at the places of its bits."""
        if not 0 <= pair < self.rows:
            raise IndexError(pair)
        place = place_of(pair, self.width)
        return self.b[place:place + self.width]


class Vector:
    """Enc(z) of one pair; one nonce and a limit, or three nonces."""

    def __init__(self, nonces, formula, width, pair, cells, limit=None):
        self.nonces, self.formula, self.width, self.pair = nonces, formula, width, pair
        self.cells, self.limit = cells, limit

    @property
    def encoding(self):
        kind, limit = (0, b"") if self.limit is None else (16, compare.u64(self.limit))
        return b"".join(self.nonces).ljust(96, b"\0") + \
            bytes([self.formula + kind, self.width]) + compare.u32(self.pair) + compare.u32(1) + \
            limit + pack(self.cells)

    def with_cells(self, cells):
        return Vector(self.nonces, self.formula, self.width, self.pair, cells, self.limit)


class PublicKey:
    def __init__(self, encoded):
        if len(encoded) != 32:
            raise ValueError("no public key")
        self.encoded, self.set_id = encoded, compare.sha256(encoded)

    def matrix(self, data, rows, columns):
        return Matrix(data, rows, columns)

    def combine(self, x, y, w, pair, formula):
        constant = {0: 0, 1: DELTA, 2: -DELTA}[formula]
        difference = [a - b + constant for a, b in zip(x.b, y.b)]
        cells = apply(formula, x.width, difference, w.b, place_of(pair, x.width))
        return Vector((x.nonce, y.nonce, w.nonce), formula, x.width, pair, cells)

    def combine_limit(self, x, limit, pair, formula):
        linear = apply_limit(formula, x.width, limit, x.b, place_of(pair, x.width))
        cells = [(b + DELTA * c) % Q
                 for b, c in zip(linear, limit_constants(formula, x.width, limit))]
        return Vector((x.nonce,), formula, x.width, pair, cells, limit)

    # What an attacker makes of cells.

    def less_one(self, cell):
        return (cell - DELTA) % Q

    def times(self, cell, factor):
        return cell * factor % Q

    def minus(self, a, b):
        return (a - b) % Q


class SecretKey:
    """A seed of 32 bytes."""

    def __init__(self, seed):
        if len(seed) != 32:
            raise ValueError("no secret key")
        self.seed, self.public = seed, kdf(None, b"public", seed)
        drawn = stream_bytes(kdf(seed, b"secret", b""), 0, 16 * N)
        self.s = [3 * int.from_bytes(drawn[i:i + 16], "little") // 2**128 - 1
                  for i in range(0, len(drawn), 16)]
        self.values = to_values(self.s)

    @functools.lru_cache(64)
    def mask(self, nonce, index):
        """a s of one ciphertext, as coefficients."""
        return to_coefficients([a * s % Q for a, s in zip(uniform(nonce, index), self.values)])

    def noise(self, nonce, index):
        drawn = stream_bytes(kdf(self.seed, b"noise", nonce), index, N)
        return [u % 8 + u // 8 % 8 - NOISE_MAX for u in drawn]

    def encrypt(self, nonce, rows, width):
        """The b of rows of bits under that nonce: what an honest downstream must have published."""
        block, out = block_of(width), []
        for first in range(0, len(rows), N // block):
            index = first * block // N
            plain = [0] * N
            for i, bits in enumerate(rows[first:first + N // block]):
                place = place_of(i, width)
                plain[place:place + width] = bits
            out += [(a + e + DELTA * m) % Q for a, e, m in
                    zip(self.mask(nonce, index), self.noise(nonce, index), plain)]
        return out[:len(rows) * block]

    @staticmethod
    def _round(v):
        """DELTA m + e -> m nearest to zero; None where what is left is no noise."""
        v = v if v <= Q // 2 else v - Q
        m = (v + DELTA // 2) // DELTA
        return m if abs(v - DELTA * m) < DELTA // 2 else None

    def plain_row(self, matrix, pair):
        index, place = divmod(place_of(pair, matrix.width), N)
        mask = self.mask(matrix.nonce, index)[place:place + matrix.width]
        return [self._round((b - a) % Q) for b, a in zip(matrix[pair], mask)]

    def plain_vector(self, vector):
        index, place = divmod(place_of(vector.pair, vector.width), N)
        if vector.limit is not None:
            masks = apply_limit(vector.formula, vector.width, vector.limit,
                                self.mask(vector.nonces[0], index), place)
        else:
            x, y, w = (self.mask(nonce, index) for nonce in vector.nonces)
            masks = apply(vector.formula, vector.width, [a - b for a, b in zip(x, y)], w, place)
        return [self._round((b - a) % Q) for b, a in zip(vector.cells, masks)]

    def row_is(self, matrix, pair, bits):
        return self.plain_row(matrix, pair) == bits

    def vector_is(self, vector, numbers):
        return self.plain_vector(vector) == numbers


secret_key = SecretKey


def key_proof_holds(_key, _context, proof):
    return proof == b""


# There are no proofs: an auditor holds the opened key.

def zero_proof_holds(_key, _context, _vector, _index, proof):
    return proof == b""


def one_of_holds(_key, _context, _cells, proof):
    return proof == b""


def range_holds(_key, _context, _cell, _column, _bound, proof):
    return proof == b""


def bits_proof_holds(_key, _context, _statement, _matrices, proof):
    return proof == b""
