"""kill -9 of the node and of the command while long files are published: whoever gives the same file again
goes on where it stopped, and nothing is lost, doubled or half there."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "harness"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "reference"))

from cluster import COMMAND, Cluster, Failed  # noqa: E402
from model import compare  # noqa: E402

KILLS = int(os.environ.get("LOTVEIL_TEST_KILLS", "12"))
SEED = int(os.environ.get("LOTVEIL_TEST_SEED", str(random.SystemRandom().randrange(1 << 32))))
WIDTH = 32
ROWS = 2000
PAIRS_PER_SET = 10  # many small sets: more places to be killed at
VERDICTS = 40


class BulkKills(unittest.TestCase):
    def setUp(self):
        print(f"seed {SEED} (LOTVEIL_TEST_SEED), {KILLS} kills (LOTVEIL_TEST_KILLS)", flush=True)
        self.rng = random.Random(SEED)
        self.cluster = Cluster(suite="rlwe1024", width=WIDTH, decimals=0, pairs_per_set=PAIRS_PER_SET)
        self.values, self.files, self.killed = [], 0, {"node": 0, "command": 0}

    def tearDown(self):
        self.cluster.close()

    def fresh_file(self):
        first = len(self.values) + 1
        fresh = [self.rng.randrange(1 << WIDTH) for _ in range(ROWS)]
        self.values += fresh
        self.files += 1
        return self.cluster.csv(f"file-{self.files}.csv",
                                [(first + i, f"LOT-{first + i:06}", v) for i, v in enumerate(fresh)])

    def publish(self, path):
        return subprocess.Popen([COMMAND, "publish", path, "--series", self.cluster.series, "--dir",
                                 str(self.cluster.dir("b"))], env=self.cluster.env,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def interrupt(self, command):
        """Kills one of the two somewhere on the way; both may have to begin anew then."""
        time.sleep(self.rng.choice((0.02, 0.1, 0.5)) * self.rng.random() * 2)
        if self.rng.random() < 0.3:
            command.kill()
            self.killed["command"] += 1
        else:
            self.cluster.stop("b", signal.SIGKILL)
            self.killed["node"] += 1
            self.cluster.start("b")
        words = command.communicate(timeout=120)[1]
        # 3: the node was away. Nothing else may come of a kill.
        if command.returncode not in (0, 3, 5, -signal.SIGKILL):
            raise Failed(f"publish: exit {command.returncode}: {words}{self.cluster.logs()}")

    def test_a_long_file_goes_on_where_it_stopped(self):
        self.cluster.start("b")
        while sum(self.killed.values()) < KILLS:
            path = self.fresh_file()
            for _ in range(min(4, KILLS - sum(self.killed.values()))):
                self.interrupt(self.publish(path))
            command = self.publish(path)
            words = command.communicate(timeout=300)[1]
            self.assertEqual(command.returncode, 0, words)
        print(f"killed {self.killed}, {self.files} files, {len(self.values)} rows", flush=True)
        self.check_sets()
        self.check_ledgers()
        self.check_verdicts()

    def check_sets(self):
        """Every pair once, in order; all sets full but the last one of each file."""
        sets = self.cluster.get("b", "/v1/sets")["sets"]
        self.assertEqual([s["sequence"] for s in sets], list(range(1, len(sets) + 1)))
        self.assertEqual({s["state"] for s in sets}, {"published"})
        self.assertEqual(len({s["set_id"] for s in sets}), len(sets))
        self.assertEqual([(p["earlier_lot"], p["later_lot"]) for s in sets for p in s["pairs"]],
                         [(f"LOT-{i:06}", f"LOT-{i + 1:06}") for i in range(1, len(self.values))])
        self.assertEqual(len(sets), self.files * ROWS // PAIRS_PER_SET)
        for batch in range(1, self.files + 1):
            told = self.cluster.get("b", f"/v1/batches/{batch}")
            self.assertEqual(told["pairs"], ROWS - (1 if batch == 1 else 0))
            self.assertEqual(told["pairs_done"], told["pairs"])
            self.assertEqual((told["done"], told["failed"]), (told["sets"], 0))
        self.sets = len(sets)

    def check_ledgers(self):
        self.cluster.command("b", "ledger", "verify", timeout=300)
        for channel in ("quality", "xor"):
            shown = self.cluster.json("b", "ledger", "show", "--channel", channel, "--last", "100000")
            puts = sum(t["function"] == "put" for c in shown["channels"] for b in c["blocks"]
                       for t in b["transactions"])
            self.assertEqual(puts, self.sets, channel)

    def check_verdicts(self):
        self.cluster.start("a", "s")
        names = {0: "equal", 1: "rise", 2: "fall"}
        for seen in self.cluster.verdicts(VERDICTS)[:VERDICTS]:
            at = int(seen["later_lot"][4:])
            formula, index = compare.verdict(self.values[at - 2], self.values[at - 1], WIDTH)
            self.assertEqual(seen["verdict"], names[formula])
            self.assertEqual(seen["scale"], 0 if formula == 0 else 1 << (WIDTH - 1 - index))


if __name__ == "__main__":
    unittest.main()
