"""bench/compare without any library: the work it gives, what it concludes, whom it leaves out."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import time
import unittest
from unittest import mock

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
FOLDER = os.path.join(ROOT, "bench", "compare")
sys.path.insert(0, FOLDER)

import compare  # noqa: E402
import task  # noqa: E402


def measured(encrypt, keygen=1.0, note="", pairs=1):
    phases = {"keygen": keygen, "encrypt": encrypt, "combine": 0.25, "zero_test": 0.5}
    return {"pairs": pairs, "note": note, "phases": phases}


class Work(unittest.TestCase):
    def test_formulas_on_plain_numbers(self):
        x, y, w = task.BITS
        z = task.combine(x, y, w, 0)
        self.assertEqual(len(z), 2 * task.WIDTH)
        self.assertEqual([i for i, v in enumerate(z) if v == 0], [task.EXPECTED])
        swapped = task.combine(y, x, w, 0)
        self.assertEqual([i for i, v in enumerate(swapped) if v == 0],
                         [task.EXPECTED + task.WIDTH])

    def test_a_wrong_answer_is_not_told(self):
        zeros = [i == task.EXPECTED for i in range(2 * task.WIDTH)]
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            task.check(zeros, task.Laps())
        self.assertIn('"zero_test"', out.getvalue())
        for wrong in (task.EXPECTED, 0):
            lied = [not zero if i == wrong else zero for i, zero in enumerate(zeros)]
            with self.assertRaises(AssertionError):
                task.check(lied, task.Laps())

    def test_laps_keep_the_least_and_do_not_count_sleep(self):
        laps = task.Laps()
        laps.seconds["nap"] = 5.0
        time.sleep(0.05)
        laps.lap("nap")
        self.assertLess(laps.seconds["nap"], 0.04)


class Conclusions(unittest.TestCase):
    def rows(self):
        return [
            compare.row("paillier", "lotveil", measured(1.25, 2.0, "avx512ifma")),
            compare.row("paillier", "lotveil", measured(2.25, 2.0, "portable")),
            compare.row("paillier", "phe 1.5.0", measured(7.25, 3.0)),
            compare.row("paillier", "sf-heu 0.5", measured(7.25, 18.0)),
            compare.row("ristretto255", "lotveil", measured(0.25, 1.0, "avx512ifma")),
            compare.row("ristretto255", "lotveil", measured(1.25, 1.0, "portable")),
            compare.row("ristretto255", "curve25519-dalek 5", measured(4.25, 1.0, "native")),
            compare.row("ristretto255", "curve25519-dalek 5", measured(1.15, 1.0, "serial")),
        ]

    def test_ratios(self):
        told = {r["name"]: r for r in compare.ratios(self.rows(), "avx512ifma")}
        self.assertEqual(len(told), 4)
        expected = {"python-paillier": (1.5, True), "HEU": (9.0, False),
                    "dalek native": (5.0, True), "dalek serial": (0.95, False)}
        for part, (value, met) in expected.items():
            found = next(r for name, r in told.items() if part in name)
            self.assertAlmostEqual(found["value"], value)
            self.assertEqual(found["met"], met)

    def test_without_ifma_less_was_promised(self):
        rows = [dict(r, note=r["note"].replace("avx512ifma", "avx2")) for r in self.rows()]
        native = [r for r in compare.ratios(rows, "avx2") if "native" in r["name"]]
        self.assertEqual([r["target"] for r in native], [2])

    def test_table(self):
        rows = self.rows()
        result = {"bits": 6000, "rows": rows, "ratios": compare.ratios(rows, "avx512ifma"),
                  "skipped": {"OpenFHE": "no wheel"}}
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            compare.print_table(result)
        lines = out.getvalue().splitlines()
        self.assertLessEqual(max(map(len, lines)), 100)
        self.assertIn("skipped: OpenFHE: no wheel", lines)
        line = next(line for line in lines if "phe 1.5.0" in line)
        self.assertEqual(line.split()[-3:], ["8.00", "s", "4.0"])
        self.assertTrue(any("HEU" in line and "not met" in line for line in lines))

    def test_seconds(self):
        for value, text in ((None, "-"), (1.5, "1.50 s"), (0.0123, "12.3 ms"), (1e-9, "0.00 us"),
                            (0.99999, "1.00 s"), (0.000123, "123 us")):
            self.assertEqual(compare.seconds(value), text)


class LeftOut(unittest.TestCase):
    def test_without_cargo(self):
        with mock.patch.object(compare.shutil, "which", return_value=None):
            with self.assertRaisesRegex(compare.Skipped, "cargo is not installed"):
                compare.rust_library("dalek", "curve25519-dalek", "", "native")

    def test_without_that_python(self):
        with mock.patch.object(compare, "find_python", return_value=None):
            with self.assertRaisesRegex(compare.Skipped, "Python 3.10"):
                compare.python_with("openfhe", [("3.10", ["openfhe"])], "openfhe")

    def test_last_words_of_what_failed(self):
        code = "import sys; print('before', file=sys.stderr); sys.exit('no such package')"
        with self.assertRaisesRegex(compare.Skipped, "no such package$"):
            compare.run([sys.executable, "-c", code])
        with self.assertRaisesRegex(compare.Skipped, "none-such"):
            compare.run([os.path.join(FOLDER, "none-such")])

    def test_unknown_library_is_wrong_usage(self):
        done = subprocess.run([sys.executable, "-B", os.path.join(FOLDER, "compare.py"), "--only",
                               "nobody"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("curve25519-dalek", done.stderr)

    def test_one_that_fails_does_not_stop_the_others(self):
        def fail():
            raise compare.Skipped("no network")

        libraries = [("first", "paillier", fail),
                     ("second", "paillier", lambda: ("second 1", [measured(1.0)]))]
        out = io.StringIO()
        with tempfile.TemporaryDirectory() as folder, \
                mock.patch.object(compare, "BUILD", folder), \
                mock.patch.object(compare, "libraries", lambda bits: libraries), \
                mock.patch.object(compare, "measure_lotveil", lambda *a: ([], "none")), \
                mock.patch.object(sys, "argv", ["compare.py"]), \
                contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            compare.main()
        self.assertIn("skipped: first: no network", out.getvalue())
        self.assertIn("second 1", out.getvalue())


if __name__ == "__main__":
    unittest.main()
