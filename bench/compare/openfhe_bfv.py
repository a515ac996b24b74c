"""The published comparison with OpenFHE's BFV at 128 bits of security, plaintexts modulo 65537, as
the holder of the key encrypts. Two ways to pack it:

  blocks  a pair in a block of 64 coefficients, sums by a product with a plaintext polynomial, for
          which half of the block is zeros (suite rlwe1024 sums coefficients, which this library does
          not offer); three encryptions serve up to N / 64 pairs; here as many, and the 32 that
          suite rlwe1024 fills its own with
  slices  bit i of N pairs in the slots of one ciphertext, sums slice by slice; 96 encryptions
          serve N pairs, so it is of use only where so many pairs are compared at once

Prints what compare.py wants."""

import json
import random
import time

import openfhe

import task

SECONDS = 3  # for the rounds of each way
BLOCK = 2 * task.WIDTH


def make_context():
    params = openfhe.CCParamsBFVRNS()
    params.SetPlaintextModulus(65537)
    params.SetMultiplicativeDepth(0)
    params.SetSecurityLevel(openfhe.SecurityLevel.HEStd_128_classic)
    context = openfhe.GenCryptoContext(params)
    context.Enable(openfhe.PKESchemeFeature.PKE)
    context.Enable(openfhe.PKESchemeFeature.LEVELEDSHE)
    return context


def bit(value, i):
    return value >> (task.WIDTH - 1 - i) & 1


def expected(x, y):
    """The column of formula (1), then of formula (2), that is zero."""
    if x == y:
        return []
    return [task.WIDTH - (x ^ y).bit_length() + (0 if x < y else task.WIDTH)]


def spread(pairs, n, value_at):
    """Coefficients with value_at(pair, i) at the second half of each block."""
    out = [0] * n
    for p in range(pairs):
        for i in range(task.WIDTH):
            out[p * BLOCK + task.WIDTH + i] = value_at(p, i)
    return out


def blocks(context, key, n, pairs, laps):
    values = [[random.getrandbits(task.WIDTH) for _ in range(pairs)] for _ in range(2)]
    values.append([a ^ b for a, b in zip(*values)])
    plain = [spread(pairs, n, lambda p, i, v=v: bit(v[p], i)) for v in values]
    plain = [context.MakeCoefPackedPlaintext(m) for m in plain]
    one = context.MakeCoefPackedPlaintext(spread(pairs, n, lambda p, i: 1))
    prefix = context.MakeCoefPackedPlaintext([0] + [3] * (task.WIDTH - 1) + [0] * (n - task.WIDTH))
    laps.lap("")
    x, y, w = [context.Encrypt(key, m) for m in plain]
    laps.lap("encrypt")
    z = context.EvalAdd(context.EvalSub(x, y), context.EvalMult(w, prefix))
    both = [context.EvalAdd(z, one), context.EvalSub(z, one)]
    laps.lap("combine")
    zeros = []
    for cipher in both:
        got = context.Decrypt(key, cipher)
        got.SetLength(n)
        zeros.append(got.GetCoefPackedValue())
    laps.lap("zero_test")
    found = [
        [i + f * task.WIDTH for f in range(2) for i in range(task.WIDTH)
         if zeros[f][p * BLOCK + task.WIDTH + i] == 0] for p in range(pairs)
    ]
    assert found == [expected(values[0][p], values[1][p]) for p in range(pairs)], "a wrong answer"


def slices(context, key, n, pairs, laps):
    values = [[random.getrandbits(task.WIDTH) for _ in range(pairs)] for _ in range(2)]
    values.append([a ^ b for a, b in zip(*values)])
    plain = [[[bit(v, i) for v in row] for i in range(task.WIDTH)] for row in values]
    plain = [[context.MakePackedPlaintext(m) for m in row] for row in plain]
    one = context.MakePackedPlaintext([1] * pairs)
    three = context.MakePackedPlaintext([3] * pairs)
    laps.lap("")
    x, y, w = [[context.Encrypt(key, m) for m in row] for row in plain]
    laps.lap("encrypt")
    rise, fall, total = [], [], None
    for i in range(task.WIDTH):
        z = context.EvalSub(x[i], y[i])
        z = z if total is None else context.EvalAdd(z, total)
        rise.append(context.EvalAdd(z, one))
        fall.append(context.EvalSub(z, one))
        w3 = context.EvalMult(w[i], three)
        total = w3 if total is None else context.EvalAdd(total, w3)
    laps.lap("combine")
    zeros = []
    for cipher in rise + fall:
        got = context.Decrypt(key, cipher)
        got.SetLength(n)
        zeros.append(got.GetPackedValue())
    laps.lap("zero_test")
    found = [[i for i in range(2 * task.WIDTH) if zeros[i][p] == 0] for p in range(pairs)]
    assert found == [expected(values[0][p], values[1][p]) for p in range(pairs)], "a wrong answer"


def main():
    told = []
    n = make_context().GetRingDimension()
    for way, pairs in (blocks, 32), (blocks, n // BLOCK), (slices, n):
        laps = task.Laps()
        context = make_context()
        key = context.KeyGen().secretKey
        laps.lap("keygen")
        rounds, end = 0, time.monotonic() + SECONDS
        while rounds < 3 or time.monotonic() < end:
            way(context, key, n, pairs, laps)
            rounds += 1
        phases = {name: s / pairs for name, s in laps.seconds.items() if name}
        note = f"{pairs} in {way.__name__}"
        told.append({"rounds": rounds, "pairs": pairs, "note": note, "phases": phases})
    print(json.dumps(told))


main()
