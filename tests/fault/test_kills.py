"""kill -9 at random points over the whole flow: nothing acknowledged is lost, doubled or half-written."""

import http.client
import json
import os
import pathlib
import random
import signal
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "harness"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "reference"))

from cluster import Cluster, Failed  # noqa: E402
from model import compare  # noqa: E402

KILLS = int(os.environ.get("LOTVEIL_TEST_KILLS", "210"))
SEED = int(os.environ.get("LOTVEIL_TEST_SEED", str(random.SystemRandom().randrange(1 << 32))))
WIDTH = 8  # short records: more steps, and so more places to be killed at, in a minute
ROWS_PER_FILE = 2


class Publisher(threading.Thread):
    """Hands in one small file after another and repeats each until it is acknowledged."""

    def __init__(self, cluster, rng):
        super().__init__(daemon=True)
        self.cluster, self.rng = cluster, rng
        self.stop = threading.Event()
        self.values, self.batches, self.repeats, self.problem = [], [], 0, None

    def run(self):
        try:
            while not self.stop.is_set():
                self.hand_in()
                # not far ahead of the worker, so that kills meet every step
                while len(self.values) > self.published() + 12 and not self.stop.is_set():
                    time.sleep(0.05)
        except Exception as problem:
            self.problem = problem

    def published(self):
        try:
            sets = json.loads(self.cluster.control("b", "GET", "/v1/sets", timeout=5)[1])["sets"]
            return sum(s["state"] == "published" for s in sets)
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return len(self.values)

    def hand_in(self):
        fresh = [self.rng.randrange(1 << WIDTH) for _ in range(ROWS_PER_FILE)]
        first = len(self.values) + 1
        lines = ["month,lot,moisture"] + [f"{first + i},LOT-{first + i:04},{v}"
                                          for i, v in enumerate(fresh)]
        body = ("\n".join(lines) + "\n").encode()
        attempt = 0
        while True:
            try:
                status, answer = self.cluster.control(
                    "b", "POST", f"/v1/series/{self.cluster.series}/rows", body,
                    {"Content-Type": "text/csv", "X-File-Name": f"file-{first}.csv"}, timeout=20)
            except (OSError, http.client.HTTPException):
                attempt += 1
                time.sleep(0.02)
                continue
            if status not in (200, 202):
                raise Failed(f"file-{first}.csv: {status} {answer}")
            self.repeats += json.loads(answer)["repeated"]
            self.batches.append(json.loads(answer))
            self.values += fresh
            return


class Kills(unittest.TestCase):
    def test_nothing_acknowledged_is_lost_or_doubled(self):
        print(f"seed {SEED} (LOTVEIL_TEST_SEED), {KILLS} kills (LOTVEIL_TEST_KILLS)", flush=True)
        rng = random.Random(SEED)
        with Cluster(suite="paillier", width=WIDTH, decimals=0, alarm_scale=64) as cluster:
            cluster.start()
            publisher = Publisher(cluster, random.Random(SEED + 1))
            publisher.start()
            killed = {"a": 0, "b": 0, "s": 0}
            for _ in range(KILLS):
                time.sleep(rng.choice((0.01, 0.05, 0.2, 0.4)) * rng.random() * 2)
                who = rng.choice("aabbbs")
                if rng.random() < 0.8:
                    self.wait_started(cluster, who)
                cluster.stop(who, signal.SIGKILL)
                killed[who] += 1
                cluster.start(who, wait=False)
                if publisher.problem:
                    raise publisher.problem
            publisher.stop.set()
            publisher.join(60)
            self.assertFalse(publisher.is_alive(), "the last file was never acknowledged")
            if publisher.problem:
                raise publisher.problem
            for who in killed:
                cluster.wait_ready(who)
            print(f"killed {killed}, {len(publisher.values)} rows, "
                  f"{publisher.repeats} repeated hand-ins", flush=True)
            self.check(cluster, publisher.values)

    def wait_started(self, cluster, who):
        """Mostly let the node come up again, so that it gets to its work before the next kill."""
        try:
            cluster.wait_ready(who, 30)
        except Failed:
            if cluster.processes[who].poll() is not None:
                raise

    def check(self, cluster, values):
        pairs = len(values) - 1
        verdicts = cluster.verdicts(pairs, seconds=240)
        self.assertEqual(len(verdicts), pairs)
        names = {0: "equal", 1: "rise", 2: "fall"}
        by_lot = {v["later_lot"]: v for v in verdicts}
        self.assertEqual(len(by_lot), pairs, "a verdict stands twice")
        for i in range(1, len(values)):
            formula, index = compare.verdict(values[i - 1], values[i], WIDTH)
            found = by_lot[f"LOT-{i + 1:04}"]
            self.assertEqual(found["earlier_lot"], f"LOT-{i:04}")
            self.assertEqual(found["verdict"], names[formula])
            self.assertEqual(found["scale"], 0 if formula == 0 else 1 << (WIDTH - 1 - index))
            self.assertEqual(found["alarm"], formula == 1 and found["scale"] >= 64)
        sets = cluster.get("b", "/v1/sets")["sets"]
        self.assertEqual([s["sequence"] for s in sets], list(range(1, pairs + 1)))
        self.assertEqual({s["state"] for s in sets}, {"published"})
        self.assertEqual(len(cluster.get("b", "/v1/disclosures")["disclosures"]), pairs)
        sales = cluster.get("s", "/v1/sales")["sales"]
        self.assertEqual(len({s["set_id"] for s in sales}), pairs)
        self.assertEqual(len(sales), pairs, "a set was sold twice")
        alarms = cluster.get("a", "/v1/alarms")["alarms"]
        self.assertEqual(len(alarms), sum(v["alarm"] for v in verdicts))
        for who in "abs":
            self.assertEqual(cluster.stop(who), 0)
        cluster.command("b", "ledger", "verify")


if __name__ == "__main__":
    unittest.main(verbosity=2)
