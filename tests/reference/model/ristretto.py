"""Lifted ElGamal over ristretto255 in integers: the group of RFC 9496, ciphertexts, formulas and the zero
proof of docs/protocol.md sections 4 and 6."""

import hashlib

from . import compare

WEIGHS = True  # plaintexts are large enough for a whole value

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)  # of -1; made even below
ROOT = ROOT if ROOT % 2 == 0 else P - ROOT

IDENTITY = (0, 1, 1, 0)  # extended coordinates X, Y, Z, T with X Y = Z T


def even(number):
    """The one of number and -number that RFC 9496 calls non-negative."""
    return number if number % 2 == 0 else P - number


def root_of_ratio(u, v):
    """-> is u / v a square, its non-negative root (or that of ROOT u / v)"""
    r = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    check = v * r * r % P
    right, flipped = check == u % P, check == -u % P
    if flipped or check == -u * ROOT % P:
        r = r * ROOT % P
    return right or flipped, even(r)


INVERSE_ROOT_A_MINUS_D = root_of_ratio(1, -1 - D)[1]


def add(p, q):
    """Hisil, Wong, Carter, Dawson 2008: complete for a = -1."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * D * p[3] * q[3], 2 * p[2] * q[2]
    e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(p):
    return -p[0] % P, p[1], p[2], -p[3] % P


def minus(p, q):
    return add(p, negate(q))


def multiply(scalar, point):
    result = IDENTITY
    for bit in bin(scalar % L)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def equal(p, q):
    """As elements of the group, that is up to the curve's torsion of order four."""
    return (p[0] * q[1] - p[1] * q[0]) % P == 0 or (p[1] * q[1] - p[0] * q[0]) % P == 0


def encode(p):
    x, y, z, t = p
    u1, u2 = (z + y) * (z - y) % P, x * y % P
    inverse = root_of_ratio(1, u1 * u2 * u2)[1]
    d1, d2 = u1 * inverse, u2 * inverse
    z_inverse = d1 * d2 * t % P
    if t * z_inverse % P % 2:
        x, y, d2 = y * ROOT, x * ROOT, d1 * INVERSE_ROOT_A_MINUS_D
    if x * z_inverse % P % 2:
        y = -y
    return even(d2 * (z - y) % P).to_bytes(32, "little")


def decode(data):
    s = int.from_bytes(data, "little")
    if len(data) != 32 or s >= P or s % 2:
        raise ValueError("encoding of a point is not canonical")
    u1, u2 = 1 - s * s, 1 + s * s
    v = -D * u1 * u1 - u2 * u2
    square, inverse = root_of_ratio(1, v * u2 * u2 % P)
    d1 = inverse * u2
    x, y = even(2 * s * d1 % P), u1 * d1 * inverse * v % P
    if not square or x * y % P % 2 or y == 0:
        raise ValueError("no point has this encoding")
    return x, y, 1, x * y % P


def one_way_map(data):
    """RFC 9496, 4.3.4: 64 bytes to an element."""
    return add(*(_elligator(int.from_bytes(part, "little") % 2**255 % P)
                 for part in (data[:32], data[32:])))


def _elligator(t):
    r = ROOT * t * t % P
    u = (r + 1) * (1 - D * D) % P
    v = (-1 - r * D) * (r + D) % P
    square, s = root_of_ratio(u, v)
    c = -1
    if not square:
        s, c = -even(s * t % P) % P, r
    n = (c * (r - 1) * (D - 1) ** 2 - v) % P
    w0, w1, w2, w3 = 2 * s * v, n * ROOT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


ROOT_AD_MINUS_ONE = P - root_of_ratio(-D - 1, 1)[1]  # of the two, the one that RFC 9496 names

BASE = decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))


def decode_but_identity(data):
    point = decode(data)
    if equal(point, IDENTITY):
        raise ValueError("the identity, where none may stand")
    return point


class Vector:
    """Enc(z) of one pair: cells (C1, C2)."""

    def __init__(self, cells):
        self.cells = cells

    @property
    def encoding(self):
        return b"".join(encode(point) for cell in self.cells for point in cell)

    def with_cells(self, cells):
        return Vector(cells)


class PublicKey:
    def __init__(self, encoded):
        self.point, self.encoded = decode_but_identity(encoded), encoded
        self.set_id = compare.sha256(encoded)

    def matrix(self, data, rows, columns):
        """-> rows of cells"""
        if len(data) != rows * columns * 64:
            raise ValueError("matrix has the wrong length")
        points = [decode_but_identity(data[i:i + 32]) for i in range(0, len(data), 32)]
        cells = list(zip(points[::2], points[1::2]))
        return [cells[r * columns:(r + 1) * columns] for r in range(rows)]

    def combine(self, x, y, w, pair, formula):
        return self._by_formula(x[pair], y[pair], w[pair], formula)

    def _by_formula(self, x, y, w, formula):
        prefix = (IDENTITY, IDENTITY)
        constant = (IDENTITY, BASE if formula == 1 else negate(BASE))
        cells = []
        for a, b, c in zip(x, y, w):
            difference = plus(subtract(a, b), constant)
            cells.append(plus(difference, times(prefix, 3)))
            prefix = plus(prefix, c)
        return Vector([prefix] if formula == 0 else cells)

    def combine_limit(self, x, limit, pair, formula):
        """The same with y the bits of a public limit: w_i is x_i, or 1 - x_i where the limit has a one."""
        ones = compare.bits(limit, len(x[pair]))
        return self._by_formula(x[pair], [(IDENTITY, BASE if bit else IDENTITY) for bit in ones],
                                [subtract((IDENTITY, BASE), a) if bit else a
                                 for a, bit in zip(x[pair], ones)], formula)

    def combine_distance(self, x, y, d, pair, direction):
        """Enc(D - (Y - X)) for a rise, Enc(D - (X - Y)) for a fall."""
        lesser, greater = (x, y) if direction == 1 else (y, x)
        total = (IDENTITY, IDENTITY)
        for a, b, c in zip(lesser[pair], greater[pair], d[pair]):
            total = plus(plus(total, total), plus(c, subtract(a, b)))
        return Vector([total])

    # What an attacker makes of cells.

    def less_one(self, cell):
        return subtract(cell, (IDENTITY, BASE))

    def times(self, cell, factor):
        return times(cell, factor)

    def minus(self, a, b):
        return subtract(a, b)


def plus(a, b):
    return add(a[0], b[0]), add(a[1], b[1])


def subtract(a, b):
    return minus(a[0], b[0]), minus(a[1], b[1])


def times(cell, factor):
    return multiply(factor, cell[0]), multiply(factor, cell[1])


class SecretKey:
    """Little endian s, 0 < s < L."""

    def __init__(self, encoded):
        self.s = int.from_bytes(encoded, "little")
        if len(encoded) != 32 or not 0 < self.s < L:
            raise ValueError("no secret key")
        self.public = encode(multiply(self.s, BASE))

    def _are(self, cells, numbers):
        """Do the cells encrypt these numbers?"""
        return len(cells) == len(numbers) and all(
            equal(minus(cell[1], multiply(self.s, cell[0])), multiply(number, BASE))
            for cell, number in zip(cells, numbers))

    def row_is(self, matrix, pair, bits):
        return self._are(matrix[pair], bits)

    def vector_is(self, vector, numbers):
        return self._are(vector.cells, numbers)


secret_key = SecretKey


def key_proof_holds(_key, _context, proof):
    return proof == b""


def zero_proof_holds(key, context, vector, index, proof):
    """Chaum and Pedersen: t G = A + c P and t C1 = B + c C2."""
    c, t = (int.from_bytes(part, "little") for part in (proof[:32], proof[32:]))
    if len(proof) != 64 or c >= L or t >= L:
        return False
    first, second = vector.cells[index]
    a = minus(multiply(t, BASE), multiply(c, key.point))
    b = minus(multiply(t, first), multiply(c, second))
    seed = compare.seed("lotveil/v1/proof/ristretto255-zero", context, key.encoded)
    hashed = compare.sha256(seed + compare.u32(0) + compare.u32(index) +
                            b"".join(encode(point) for point in (first, second, a, b)))
    return int.from_bytes(compare.expand(hashed, 0, 48), "little") % L == c


# ---- proofs that hide which ----

def challenge(statement, commitments):
    hashed = compare.sha256(statement + b"".join(encode(point) for point in commitments))
    return int.from_bytes(compare.expand(hashed, 0, 48), "little") % L


def _branches_hold(key, statement, cells, proof):
    """Cramer, Damgard, Schoenmakers over Chaum and Pedersen."""
    numbers = [int.from_bytes(proof[i:i + 32], "little") for i in range(0, len(proof), 32)]
    if len(proof) != 64 * len(cells) or any(number >= L for number in numbers):
        return False
    first, second = [], []
    for (c1, c2), c, t in zip(cells, numbers[::2], numbers[1::2]):
        first.append(minus(multiply(t, BASE), multiply(c, key.point)))
        second.append(minus(multiply(t, c1), multiply(c, c2)))
    return sum(numbers[::2]) % L == challenge(statement, first + second)


def _encode_cells(cells):
    return b"".join(encode(point) for cell in cells for point in cell)


def one_of_holds(key, context, cells, proof):
    """Some cell of the row decrypts to zero."""
    seed = compare.seed("lotveil/v1/proof/ristretto255-one-of", context, key.encoded)
    statement = seed + compare.u32(0) + compare.u32(len(cells)) + _encode_cells(cells)
    return _branches_hold(key, statement, cells, proof)


def range_holds(key, context, cell, column, bound, proof):
    """The cell decrypts to one of 1 .. bound."""
    seed = compare.seed("lotveil/v1/proof/ristretto255-range", context, key.encoded)
    statement = seed + b"".join(map(compare.u32, (0, column, bound))) + _encode_cells([cell])
    cells = [(cell[0], minus(cell[1], multiply(m, BASE))) for m in range(1, bound + 1)]
    return _branches_hold(key, statement, cells, proof)


# ---- bit proofs ----

def generator(index):
    """H_index."""
    hashed = hashlib.sha512(b"lotveil/v1/ristretto255/generator\0" + compare.u32(index))
    return one_way_map(hashed.digest())


def _total(points):
    result = IDENTITY
    for point in points:
        result = add(result, point)
    return result


STATEMENTS = ("values", "xor", "both", "distance")


def bits_root(statement, h1, path):
    """Of the tree over the first digests of the four statements about one pair."""
    place = STATEMENTS.index(statement)
    for other in path:
        h1 = compare.sha256(other + h1 if place & 1 else h1 + other)
        place >>= 1
    return h1


def bits_hold(key, context, statement, rows, proof):
    """The four equations of one row. statement: one of STATEMENTS; rows: those of the matrices that it
    speaks of, each a list of cells."""
    unit, cells = 1, [cell for row in rows for cell in row]
    if statement == "both":
        unit, cells = 2, [subtract(plus(x, y), w) for x, y, w in zip(*rows)]
    parts = [proof[i:i + 32] for i in range(0, len(proof), 32)]
    if len(proof) != 32 * (11 + len(cells)):
        return False
    try:
        b, a, t1, t0, a_g, a_v = map(decode_but_identity, parts[:6])
    except ValueError:
        return False
    numbers = [int.from_bytes(part, "little") for part in parts[6:-2]]
    if any(number >= L for number in numbers):
        return False
    f, (z_b, tau, z) = numbers[:-3], numbers[-3:]
    domain = f"lotveil/v1/proof/ristretto255-bits-{statement}"
    h0 = compare.sha256(compare.seed(domain, context, key.encoded) + compare.u32(unit) +
                        compare.u32(len(cells)) + b"".join(map(_encode_cells, rows)))
    h1 = compare.sha256(h0 + parts[0] + parts[1])
    root, width = bits_root(statement, h1, parts[-2:]), len(rows[0])
    y = int.from_bytes(hashlib.shake_256(h1 + compare.u32(1)).digest(48), "little") % L
    drawn = hashlib.shake_256(root + compare.u32(1)).digest(16 * (width + 1))
    *sigma, rho = (int.from_bytes(drawn[i:i + 16], "little") for i in range(0, len(drawn), 16))
    sigma += [rho * weight % L for weight in sigma]
    h2 = compare.sha256(h1 + root + b"".join(parts[2:6]))
    e = int.from_bytes(hashlib.shake_256(h2 + compare.u32(1)).digest(48), "little") % L
    u, v = (_total(multiply(s, cell[i]) for s, cell in zip(sigma, cells)) for i in (0, 1))
    products = sum(pow(y, i, L) * n * (e - n) for i, n in enumerate(f, 1))
    linear = unit * sum(s * n for s, n in zip(sigma, f))
    return all(equal(left, right) for left, right in (
        (add(multiply(e, b), a), _total([multiply(z_b, generator(0)),
                                         *(multiply(n, generator(i)) for i, n in enumerate(f, 1))])),
        (add(multiply(e, t1), t0), add(multiply(products, BASE), multiply(tau, generator(0)))),
        (add(multiply(e, key.point), a_g), multiply(z, BASE)),
        (add(multiply(e, v), a_v), add(multiply(z, u), multiply(linear, BASE)))))


def bits_proof_holds(key, context, statement, matrices, proof):
    """All rows, one part after another; the number of the row is the pair of its transcript."""
    rows = list(zip(*matrices))
    size, rest = divmod(len(proof), len(rows))
    return rest == 0 and all(
        bits_hold(key, {**context, "pair": i}, statement, row, proof[i * size:(i + 1) * size])
        for i, row in enumerate(rows))
