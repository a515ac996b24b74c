"""A downstream that publishes long files on a Fabric network while something happens to it, and what must hold afterwards: every
pair of the files once and in order, on the ledger as in the node's own list, with nothing acknowledged lost or doubled."""

import http.client
import json
import os
import pathlib
import random
import sys
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
for folder in ("harness", "fabric", "reference"):
    sys.path.insert(0, str(TESTS / folder))

from client import until  # noqa: E402
from cluster import Cluster, Failed  # noqa: E402
from model import compare  # noqa: E402
from parties import CHANNELS, Parties  # noqa: E402

SEED = int(os.environ.get("LOTVEIL_TEST_SEED", str(random.SystemRandom().randrange(1 << 32))))
WIDTH = 8
PAIRS_PER_SET = 5  # small sets: 1,000 pairs take several transactions on each channel
PAIRS = 1000  # of a publish in whose middle something happens
ASKED = 250  # of one whose every pair is asked about
WATCHED = 20  # of the series that the upstream follows, published meanwhile
PAIRS_OF_A_SALE = 50  # of the series whose sets are bought, one transaction for each
NAMES = {0: "equal", 1: "rise", 2: "fall"}


class Series:
    """What was handed in of one series, and by which files."""

    def __init__(self, name):
        self.name, self.values, self.files = name, [], []

    def lot(self, number):
        return f"{self.name}-{number:06}"

    def pairs(self):
        return [(self.lot(i), self.lot(i + 1)) for i in range(1, len(self.values))]

    def verdict(self, later_lot):
        """(verdict, scale) by plain comparison."""
        at = int(later_lot.rpartition("-")[2])
        formula, index = compare.verdict(self.values[at - 2], self.values[at - 1], WIDTH)
        return NAMES[formula], 0 if formula == 0 else 1 << (WIDTH - 1 - index)


class Publishing:
    """A cluster on Fabric with two series: `moisture`, whose every pair the upstream asks about, and `bulk`, which is only
    published and catalogued."""

    def __init__(self, release, orderers=1):
        print(f"seed {SEED} (LOTVEIL_TEST_SEED)", flush=True)
        self.rng = random.Random(SEED)
        self.cluster = Cluster(suite="rlwe1024", width=WIDTH, decimals=0, pairs_per_set=PAIRS_OF_A_SALE, fabric=release,
                               orderers=orderers)
        self.network = self.cluster.network
        try:
            self._prepare()
        except BaseException:
            self.cluster.close()
            raise

    def _prepare(self):
        folder = self.cluster.dir("b") / "series"
        (folder / "bulk.yaml").write_text(
            (folder / "moisture.yaml").read_text().replace("name: moisture", "name: bulk").replace(
                f"pairs_per_set: {PAIRS_OF_A_SALE}", f"pairs_per_set: {PAIRS_PER_SET}"))
        for who in "bs":  # the upstream asks for thousands of answers within a minute
            config = self.cluster.dir(who) / "config.yaml"
            config.write_text(config.read_text().replace("requests_per_minute: 600", "requests_per_minute: 1000000"))
        self.series = {name: Series(name) for name in ("moisture", "bulk")}
        self.parties = Parties(self.cluster)
        self.cluster.start()

    def close(self):
        self.cluster.close()

    # ---- publishing ----

    def fresh_file(self, name, pairs):
        """A file that makes so many pairs with what was handed in before."""
        series = self.series[name]
        count = pairs + (0 if series.values else 1)
        first = len(series.values) + 1
        series.values += [self.rng.randrange(1 << WIDTH) for _ in range(count)]
        path = self.cluster.csv(f"{name}-{first}.csv", [
            (i, series.lot(i), series.values[i - 1]) for i in range(first, first + count)])
        series.files.append(path)
        return path

    def hand_in(self, path, name, seconds=60):
        """Gives the node the file until it acknowledges it. -> the batch"""
        body = pathlib.Path(path).read_bytes()
        end = time.monotonic() + seconds
        while True:
            try:
                status, answer = self.cluster.control("b", "POST", f"/v1/series/{name}/rows", body, {
                    "Content-Type": "text/csv", "X-File-Name": pathlib.Path(path).name}, timeout=30)
            except (OSError, http.client.HTTPException):
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
                continue
            if status not in (200, 202):
                raise Failed(f"{path}: {status} {answer}")
            return json.loads(answer)["batch"]

    def batch(self, number):
        """What the node tells of it; None where it is away."""
        try:
            return json.loads(self.cluster.control("b", "GET", f"/v1/batches/{number}", timeout=10)[1])
        except (OSError, http.client.HTTPException):
            return None

    def finish(self, number, seconds=120):
        """Waits until all of a batch stands on both ledgers, as the node acknowledges it."""
        def done():
            told = self.batch(number)
            return told if told and told["done"] + told["failed"] == told["sets"] else None

        try:
            told = until(done, seconds, f"batch {number} published")
        except AssertionError as problem:
            raise Failed(f"{problem}: {self.batch(number)}{self.cluster.logs()}") from None
        if told["failed"]:
            raise Failed(f"{told}{self.cluster.logs()}")
        return told

    def wait_for_middle(self, number, seconds=60):
        """Returns somewhere between the first pair and the last. -> how many stood"""
        wanted = self.rng.choice([0, 1, 20, 100])
        try:
            until(lambda: (self.batch(number) or {"pairs_done": -1})["pairs_done"] >= wanted, seconds, f"{wanted} pairs", 0.02)
        except AssertionError as problem:
            raise Failed(f"{problem}: {self.batch(number)}{self.cluster.logs()}") from None
        time.sleep(self.rng.random() * 0.4)
        return (self.batch(number) or {"pairs_done": "?"})["pairs_done"]

    # ---- what must hold ----

    def check(self, case):
        """Everything handed in so far."""
        self.check_node(case)
        self.check_ledgers(case)

    def check_node(self, case):
        self.sets = self.cluster.get("b", "/v1/sets", timeout=120)["sets"]
        for name, series in self.series.items():
            sets = [s for s in self.sets if s["series"] == name]
            case.assertEqual({s["state"] for s in sets} - {"published"}, set())
            case.assertEqual([s["sequence"] for s in sets], list(range(1, len(sets) + 1)))
            case.assertEqual([(p["earlier_lot"], p["later_lot"]) for s in sets for p in s["pairs"]], series.pairs(), name)
        case.assertEqual(len({s["set_id"] for s in self.sets}), len(self.sets))

    def check_ledgers(self, case):
        """Every set's record once in every peer's ledger, and none that the node does not know."""
        wanted = sorted(f"set/{s['set_id']}" for s in self.sets)
        for channel, members in CHANNELS.items():
            for who in members:
                until(lambda: len(self.parties.records(channel, who=who)) >= len(wanted), 60,
                      f"all of {channel} at peer.{who}")
                records = self.parties.records(channel, who=who)
                case.assertEqual(sorted(records), wanted, f"{channel} at peer.{who}")
                case.assertEqual({len(values) for values in records.values()} - {1}, set(), "a record was written twice")
            sequences = self.parties.records(channel, "sequence/")
            case.assertEqual(sorted(sequences), sorted(
                f"sequence/BMSP/{s['series']}/{s['sequence']:020}" for s in self.sets))
        with self.parties.gateway("b") as b, self.parties.gateway("a") as a, self.parties.gateway("s") as s:
            # a block that was ordered meanwhile comes to one peer before the other
            until(lambda: b.height("quality") == a.height("quality"), 60, "peers of quality at one height")
            until(lambda: b.height("xor") == s.height("xor"), 60, "peers of xor at one height")

    def check_verdicts(self, case, seconds=180):
        """Every pair of `moisture` asked once, answered right; every set of it sold once."""
        series = self.series["moisture"]
        pairs = series.pairs()
        verdicts = self.cluster.verdicts(len(pairs), seconds)
        case.assertEqual(sorted((v["earlier_lot"], v["later_lot"]) for v in verdicts), pairs)
        for seen in verdicts:
            case.assertEqual((seen["verdict"], seen["scale"]), series.verdict(seen["later_lot"]), seen["later_lot"])
        case.assertEqual(len(self.cluster.get("b", "/v1/disclosures", timeout=120)["disclosures"]), len(pairs))
        sold = sorted(f"sale/{s['set_id']}/AMSP" for s in self.sets if s["series"] == "moisture")
        sales = self.parties.records("xor", "sale/", who="s")
        case.assertEqual(sorted(sales), sold)
        case.assertEqual({len(values) for values in sales.values()} - {1}, set(), "a sale was written twice")
        case.assertEqual(len(self.cluster.get("s", "/v1/sales")["sales"]), len(sold))

    def invalid(self):
        """{channel: number of transactions that committed as invalid}"""
        return {channel: sum(t.code != 0 for t in self.parties.transactions(channel)) for channel in CHANNELS}


class OnNetwork(unittest.TestCase):
    """Tests that publish with something in the middle, on a network of their class."""

    release = None
    orderers = 1

    @classmethod
    def setUpClass(cls):
        cls.on = Publishing(cls.release, cls.orderers)
        cls.addClassCleanup(cls.on.close)
        cls.cluster, cls.network = cls.on.cluster, cls.on.network

    def survives(self, what, bulk="bulk", pairs=PAIRS):
        """Publishes with `what()` in the middle of it, and checks everything."""
        on, batches = self.on, []
        if bulk != "moisture":
            batches.append(on.hand_in(on.fresh_file("moisture", WATCHED), "moisture"))
        begun = time.monotonic()
        batches.append(on.hand_in(on.fresh_file(bulk, pairs), bulk))
        stood = on.wait_for_middle(batches[-1])
        happened = time.monotonic()
        what()
        over = time.monotonic()
        for batch in batches:
            told = on.finish(batch)  # acknowledged: all of it stands on both ledgers
        published = time.monotonic()
        self.assertEqual(told["pairs_done"], pairs)
        on.check(self)
        on.check_verdicts(self)
        print(f"  after {stood} of {pairs} pairs; {over - happened:.1f} s of it; published {published - over:.1f} s later "
              f"({published - begun:.1f} s in all), checked in {time.monotonic() - published:.1f} s; "
              f"invalid on the ledgers: {on.invalid()}", flush=True)
