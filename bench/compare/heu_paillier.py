"""The published comparison with HEU's zpaillier (PyPI sf-heu), the fastest of its Pailliers. Prints
what compare.py wants."""

import sys

from heu import phe

import task


class Cell:
    """A ciphertext with the operators that task.combine uses."""

    evaluator = None
    plaintext = None

    def __init__(self, raw):
        self.raw = raw

    def __add__(self, other):
        right = other.raw if isinstance(other, Cell) else self.plaintext(other)
        return Cell(self.evaluator.add(self.raw, right))

    def __sub__(self, other):
        right = other.raw if isinstance(other, Cell) else self.plaintext(other)
        return Cell(self.evaluator.sub(self.raw, right))

    def __mul__(self, factor):
        return Cell(self.evaluator.mul(self.raw, self.plaintext(factor)))


def main(bits):
    laps = task.Laps()
    kit = phe.setup(phe.SchemaType.ZPaillier, bits)
    laps.lap("keygen")
    encryptor, decryptor = kit.encryptor(), kit.decryptor()
    Cell.evaluator, Cell.plaintext = kit.evaluator(), kit.plaintext
    x, y, w = [[Cell(encryptor.encrypt_raw(bit)) for bit in row] for row in task.BITS]
    laps.lap("encrypt")
    z = task.combine(x, y, w, Cell(encryptor.encrypt_raw(0)))
    laps.lap("combine")
    task.check([decryptor.decrypt_raw(cell.raw) == 0 for cell in z], laps)


main(int(sys.argv[1]))
