"""kill -9 while the pool of ready sets fills and while it is used: no key and no mask serves twice."""

import base64
import http.client
import json
import os
import pathlib
import random
import signal
import sqlite3
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "harness"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "reference"))

from cluster import Cluster, Failed  # noqa: E402
from model import wire  # noqa: E402

KILLS = int(os.environ.get("LOTVEIL_TEST_KILLS", "60"))
SEED = int(os.environ.get("LOTVEIL_TEST_SEED", str(random.SystemRandom().randrange(1 << 32))))
WIDTH = 8
POOL = 3
SIGNED_BODY, QUALITY_KEY, QUALITY_X, QUALITY_Y, XOR_W = 2, 7, 10, 11, 9


class PoolKills(unittest.TestCase):
    def setUp(self):
        print(f"seed {SEED} (LOTVEIL_TEST_SEED), {KILLS} kills (LOTVEIL_TEST_KILLS)", flush=True)
        self.rng = random.Random(SEED)
        self.cluster = Cluster(suite="paillier", width=WIDTH, decimals=0)
        series = self.cluster.dir("b") / "series" / f"{self.cluster.series}.yaml"
        series.write_text(series.read_text() + f"pool: {POOL}\n")
        self.rows = 0

    def tearDown(self):
        self.cluster.close()

    def hand_in(self, count):
        """One file of so many rows, repeated until it is acknowledged."""
        first = self.rows + 1
        lines = ["month,lot,moisture"]
        lines += [f"{i},LOT-{i:04},{self.rng.randrange(1 << WIDTH)}"
                  for i in range(first, first + count)]
        body = ("\n".join(lines) + "\n").encode()
        while True:
            try:
                status, answer = self.cluster.control(
                    "b", "POST", f"/v1/series/{self.cluster.series}/rows", body,
                    {"Content-Type": "text/csv", "X-File-Name": f"file-{first}.csv"}, timeout=20)
            except (OSError, http.client.HTTPException):
                self.revive()
                continue
            if status not in (200, 202):
                raise Failed(f"file-{first}.csv: {status} {answer}")
            self.rows += count
            return

    def revive(self):
        if self.cluster.processes["b"].poll() is not None:
            raise Failed(f"the node ended by itself{self.cluster.logs()}")
        time.sleep(0.02)

    def kill(self):
        self.cluster.stop("b", signal.SIGKILL)
        self.cluster.start("b", wait=False)

    def wait(self, what, seconds=120):
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end:
                raise Failed(f"nothing came of it{self.cluster.logs()}")
            time.sleep(0.05)

    def published(self):
        sets = self.cluster.get("b", "/v1/sets")["sets"]
        return len(sets) == self.rows - 1 and all(s["state"] == "published" for s in sets)

    def ready(self):
        pools = self.cluster.get("b", "/healthz")["pools"]
        self.assertEqual([(p["series"], p["size"]) for p in pools], [(self.cluster.series, POOL)])
        self.assertLessEqual(pools[0]["ready"], POOL)
        return pools[0]["ready"]

    def test_nothing_serves_twice(self):
        self.cluster.start("b")
        for _ in range(KILLS):
            # sometimes while it fills, sometimes while what it holds is used
            if self.rng.random() < 0.6:
                self.hand_in(self.rng.choice((1, 1, 2)))
            time.sleep(self.rng.choice((0.005, 0.02, 0.1, 0.5)) * self.rng.random() * 2)
            if self.rng.random() < 0.8:
                self.cluster.wait_ready("b")
            self.kill()
        self.cluster.wait_ready("b")
        self.wait(self.published)
        self.wait(lambda: self.ready() == POOL)
        ready_ids = self.pool_keys()
        self.hand_in(POOL)
        self.wait(self.published)
        self.check(ready_ids)

    def pool_keys(self):
        """The sealed keys of what stands ready, as the store holds them."""
        store = sqlite3.connect(f"file:{self.cluster.dir('b') / 'state' / 'node.db'}?mode=ro",
                                uri=True)
        try:
            return {row[0] for row in store.execute("SELECT key FROM pool")}
        finally:
            store.close()

    def check(self, ready):
        sets = self.cluster.get("b", "/v1/sets")["sets"]
        self.assertEqual([s["sequence"] for s in sets], list(range(1, self.rows)))
        self.assertEqual(len({s["set_id"] for s in sets}), len(sets), "a key served twice")
        seen = set()
        for s in sets:
            records = self.cluster.get("b", f"/v1/sets/{s['set_id']}/records")
            body = {k: wire.decode(wire.decode(base64.b64decode(records[k]))[SIGNED_BODY][0])
                    for k in ("quality", "xor")}
            cells = [body["quality"][QUALITY_X][0], body["quality"][QUALITY_Y][0],
                     body["xor"][XOR_W][0]]
            n = int.from_bytes(body["quality"][QUALITY_KEY][0][4:], "big")
            size = len(cells[0]) // WIDTH
            for matrix in cells:
                self.assertEqual(len(matrix), size * WIDTH)
                for i in range(WIDTH):
                    cell = int.from_bytes(matrix[i * size:(i + 1) * size], "big")
                    # c = (1 + b n) mask mod n^2: modulo n the mask alone is left
                    self.assertNotIn((n, cell % n), seen, "a mask served twice")
                    seen.add((n, cell % n))
        self.assertEqual(self.cluster.stop("b"), 0)
        self.cluster.command("b", "ledger", "verify")
        store = sqlite3.connect(str(self.cluster.dir("b") / "state" / "node.db"))
        used = {row[0] for row in store.execute("SELECT key FROM sets")}
        left = {row[0] for row in store.execute("SELECT key FROM pool")}
        store.close()
        self.assertTrue(ready <= used, "what stood ready was not used")
        self.assertFalse(left & used, "what was used stands ready again")
        print(f"{len(sets)} sets, {len(seen)} masks, all different", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
