"""The published comparison with python-paillier (phe, with gmpy2). Prints what compare.py wants."""

import sys

import phe

import task


def main(bits):
    laps = task.Laps()
    public, secret = phe.generate_paillier_keypair(n_length=bits)
    laps.lap("keygen")
    x, y, w = [[public.encrypt(bit) for bit in row] for row in task.BITS]
    laps.lap("encrypt")
    z = task.combine(x, y, w, public.encrypt(0, r_value=1))
    laps.lap("combine")
    task.check([secret.decrypt(cell) == 0 for cell in z], laps)


main(int(sys.argv[1]))
