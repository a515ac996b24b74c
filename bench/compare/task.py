"""The work that every library is given: one pair of 32-bit values, formulas (1) and (2), a zero test
of every column of both."""

import json
import time

WIDTH = 32
X, Y = 0x12345678, 0x12349678
BITS = [[value >> (WIDTH - 1 - i) & 1 for i in range(WIDTH)] for value in (X, Y, X ^ Y)]
EXPECTED = WIDTH - (X ^ Y).bit_length()


class Laps:
    """Seconds of processor time of one phase after the other, the least of all rounds."""

    def __init__(self):
        self.seconds = {}
        self.last = time.process_time()

    def lap(self, name):
        spent = time.process_time() - self.last
        self.seconds[name] = min(self.seconds.get(name, spent), spent)
        self.last = time.process_time()


def combine(x, y, w, zero):
    """Columns of formula (1), then of formula (2)."""
    total, rise, fall = zero, [], []
    for i in range(len(x)):
        z = x[i] - y[i] + total
        rise.append(z + 1)
        fall.append(z - 1)
        total = total + w[i] * 3
    return rise + fall


def check(zeros, laps):
    """Ends the last phase, holds the answer against what it must be, and tells the times."""
    laps.lap("zero_test")
    assert [i for i, zero in enumerate(zeros) if zero] == [EXPECTED], "a wrong answer"
    print(json.dumps({"rounds": 1, "pairs": 1, "phases": laps.seconds}))
