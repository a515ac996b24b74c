"""`lotveil bench --ledger fabric` in small: what it measures, and that nothing outlives it.

LOTVEIL_TEST_FABRIC, FABRIC_BIN or PATH say where Fabric is (tests/harness/network.py)."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "harness"))

import network  # noqa: E402
from cluster import COMMAND  # noqa: E402
from test_demo import processes_in  # noqa: E402

PAIRS = 1100
SINGLES = 3
SECONDS = 200  # to come up, and to end
TARGETS = {"rlwe1024: pairs a second onto both channels": ("at least", 5000),
           "rlwe1024: milliseconds of a single pair, p50": ("at most", 600)}


class Bench(unittest.TestCase):
    release = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lotveil-bench-test-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        self.env = dict(os.environ, TMPDIR=folder.name)
        if self.release.folder:
            self.env["FABRIC_BIN"] = self.release.folder

    def run_bench(self, *arguments, **changed):
        return subprocess.run([COMMAND, "bench", "--ledger", "fabric", "--suite", "rlwe1024", *arguments],
                              capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
                              env=dict(self.env, **changed))

    def test_it_measures_on_a_network_of_its_own(self):
        done = self.run_bench("--pairs", str(PAIRS), "--singles", str(SINGLES), "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        seen = json.loads(done.stdout)
        self.assertEqual((seen["ledger"], seen["release"], seen["batch_timeout_ms"]),
                         ("fabric", self.release.version, 200))
        suite, = seen["suites"]
        self.check_run(suite["run"])
        self.check_single(suite["single"])
        self.check_bytes(suite["bytes"])
        self.check_targets(seen["targets"], suite)
        self.assertEqual(os.listdir(self.dir), [])

    def check_run(self, run):
        self.assertEqual((run["pairs"], run["sets"]), (PAIRS, 3))
        self.assertAlmostEqual(run["pairs_per_second"], PAIRS / run["seconds"])
        for stage in ("making", "xor", "quality", "accepted"):
            self.assertGreater(run[f"{stage}_seconds"], 0)
        self.assertGreater(run["seconds"], run["accepted_seconds"])

    def check_single(self, single):
        self.assertEqual(single["count"], SINGLES)
        self.assertLessEqual(single["p50"], single["p90"])
        self.assertLessEqual(single["p99"], single["max"])
        self.assertGreater(single["p50"], 2 * 0.2)  # the orderer waits for a block to fill, twice

    def check_bytes(self, told):
        stored = {s["name"]: s["bytes"] for s in told["stored"]}
        for channel in ("quality", "xor"):
            for who in ("peer", "orderer"):
                more = stored.pop(f"{who} {channel}") - told[channel]
                self.assertGreater(more, 0)  # a block holds the records once, and its own parts
                self.assertLess(more, 60)
        self.assertEqual(stored, {})

    def check_targets(self, targets, suite):
        self.assertEqual({t["name"]: (t["want"], t["target"]) for t in targets}, TARGETS)
        rate, single = targets
        self.assertEqual(rate["value"], suite["run"]["pairs_per_second"])
        self.assertEqual(rate["met"], rate["value"] >= rate["target"])
        self.assertEqual(single["met"], single["value"] <= single["target"])

    def test_a_run_that_is_killed_leaves_nothing(self):
        bench = subprocess.Popen([COMMAND, "bench", "--ledger", "fabric", "--suite", "rlwe1024"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 stdin=subprocess.DEVNULL, env=self.env)
        end = time.monotonic() + SECONDS
        while not list(self.dir.glob("*/b/state/control.sock")):
            self.assertIsNone(bench.poll(), "it ended by itself")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        bench.kill()
        bench.wait()
        while os.listdir(self.dir) or processes_in(self.dir):
            self.assertLess(time.monotonic(), end, (os.listdir(self.dir), processes_in(self.dir)))
            time.sleep(0.1)

    def test_without_binaries_it_says_what_is_missing(self):
        done = self.run_bench(FABRIC_BIN=str(self.dir))
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        self.assertIn("orderer", done.stderr)
        self.assertIn("--ledger embedded", done.stderr)
        self.assertEqual(os.listdir(self.dir), [])


if __name__ == "__main__":
    network.main(Bench)
