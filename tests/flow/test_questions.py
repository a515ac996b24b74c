"""Every question, from the upstream's command to the downstream's journal, held against plain arithmetic; and what
policy and budget refuse. Three real nodes; run by ctest for every suite, with the built command in $LOTVEIL."""

import math
import pathlib
import re
import sys
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "harness"))

from cluster import SUITE, Cluster  # noqa: E402

# 45 -> 51 -> 132 -> 132 -> 5 of eight bits: a rise by 6, one by 81, none, a fall by 127.
VALUES = [45, 51, 132, 132, 5]
ROWS = [[i + 1, f"LOT-{i + 1:02}", f"{v / 100:.2f}"] for i, v in enumerate(VALUES)]
PAIRS = list(zip(VALUES, VALUES[1:]))
WIDTH = 8
ALL = "{to: AMSP, allow: [direction, index, band, threshold, equality]%s}"

# Which answers stand by themselves: docs/protocol.md section 6.
PROVED = {"ristretto255": lambda question, verdict: True,
          "paillier": lambda question, verdict: question in ("index", "band") or
          verdict in ("equal", "at"),
          "rlwe1024": lambda question, verdict: False}[SUITE]


def price(question):
    ways = {"direction": 3, "threshold": 3, "equality": 2}.get(question, 2 * WIDTH + 1)
    return math.ceil(1000 * math.log2(ways)) / 1000


def direction(x, y):
    return "equal" if x == y else "rise" if x < y else "fall"


def change(cluster, who, folder, *replacements):
    """Changes a series or follow file of a node that does not run."""
    path = cluster.dir(who) / folder / "moisture.yaml"
    text = path.read_text()
    for pattern, new in replacements:
        text, count = re.subn(pattern, new, text, flags=re.M)
        assert count == 1, pattern
    path.write_text(text)


def disclose(cluster, policies):
    path = cluster.dir("b") / "series" / "moisture.yaml"
    text = re.sub(r"^disclose:.*\n", "", path.read_text(), flags=re.M)
    path.write_text(text + f"disclose: [{policies}]\n")


class Questions(unittest.TestCase):
    """One cluster in which everything may be asked; the upstream's node asks for the index by itself."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(width=WIDTH)
        cls.addClassCleanup(cls.cluster.close)
        disclose(cls.cluster, ALL % "")
        cls.cluster.start()
        cls.cluster.publish(ROWS)
        cls.cluster.verdicts(len(PAIRS))
        cls.sets = [s["set_id"] for s in cls.cluster.json("a", "sets")["sets"]]

    def ask(self, pair, *arguments):
        return self.cluster.json("a", "inquire", self.sets[pair], *arguments)

    def journal(self, question):
        found = self.cluster.json("b", "disclosures")["disclosures"]
        return [d for d in found if d["question"] == question]

    def check(self, found, question, verdict):
        self.assertEqual((found["question"], found["verdict"]), (question, verdict))
        self.assertEqual(found["proved"], PROVED(question, verdict), question)
        self.assertFalse(found["repeated"])

    def check_journal(self, question, verdicts):
        told = self.journal(question)
        self.assertEqual([(d["upstream"], d["verdict"]) for d in told],
                         [("AMSP", v) for v in verdicts])
        self.assertEqual({float(d["bits"]) for d in told}, {price(question)})
        return told

    def test_direction(self):
        for i, (x, y) in enumerate(PAIRS):
            found = self.ask(i, "--ask", "direction")
            self.check(found, "direction", direction(x, y))
            self.assertEqual((found["scale"], found["index"], found["least"]), (None, None, None))
        told = self.check_journal("direction", [direction(x, y) for x, y in PAIRS])
        self.assertEqual([d["scale"] for d in told], [None] * len(PAIRS))

    def test_index_is_what_the_node_asks_by_itself(self):
        found = self.cluster.get("a", "/v1/verdicts")["verdicts"]
        found = [v for v in found if v["question"] == "index"]
        for entry, (x, y) in zip(found, PAIRS):
            scale = 1 << (x ^ y).bit_length() - 1 if x != y else 0
            self.assertEqual((entry["verdict"], entry["scale"]), (direction(x, y), scale))
            self.assertEqual(entry["proved"], PROVED("index", entry["verdict"]))
        self.assertTrue(self.ask(0)["repeated"])
        self.assertTrue(self.ask(0, "--ask", "index")["repeated"])
        self.check_journal("index", [direction(x, y) for x, y in PAIRS])

    def test_band(self):
        for i, (x, y) in enumerate(PAIRS):
            found = self.ask(i, "--ask", "band")
            self.check(found, "band", direction(x, y))
            scale = 1 << abs(y - x).bit_length() - 1 if x != y else 0
            self.assertEqual(found["scale"], scale)
            if x != y:
                self.assertEqual(found["index"], WIDTH - abs(y - x).bit_length())
            most = max(2 * scale - 1, 0)
            self.assertEqual((found["least"], found["most"]),
                             (f"{scale / 100:.2f}", f"{most / 100:.2f}"))
            self.assertTrue(scale <= abs(y - x) <= most)
        told = self.check_journal("band", [direction(x, y) for x, y in PAIRS])
        self.assertEqual([d["scale"] for d in told], [4, 64, 0, 64])

    def test_threshold(self):
        wanted = []
        for i, limit in ((0, 0), (0, 50), (0, 51), (0, 52), (1, 255), (1, 132), (3, 4), (3, 6)):
            later = PAIRS[i][1]
            verdict = "at" if later == limit else "below" if later < limit else "above"
            found = self.ask(i, "--ask", "threshold", "--limit", f"{limit / 100:.2f}")
            self.check(found, "threshold", verdict)
            self.assertEqual((found["limit"], found["scale"]), (f"{limit / 100:.2f}", None))
            wanted.append(verdict)
        told = self.check_journal("threshold", wanted)
        self.assertEqual(told[1]["limit"], "0.50")
        again = self.ask(0, "--ask", "threshold", "--limit", "0.5000")
        self.assertTrue(again["repeated"])
        self.assertEqual(len(self.journal("threshold")), len(wanted))

    def test_limits_that_cannot_be_told(self):
        before = self.journal("threshold")
        for limit, code, words in (("0.505", 1, "2 digits after the point"), ("2.56", 1, "from 0.00 to 2.55"),
                                   ("-0.01", 1, "from 0.00 to 2.55"), ("1e-1", 2, "plain decimal")):
            done = self.cluster.command("a", "inquire", self.sets[0], "--ask", "threshold",
                                        "--limit", limit, check=False)
            self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
            self.assertIn(words, done.stderr)
        for arguments in (("--ask", "threshold"), ("--ask", "value"), ("--limit", "1"),
                          ("--ask", "band", "--limit", "1")):
            done = self.cluster.command("a", "inquire", self.sets[0], *arguments, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertEqual(self.journal("threshold"), before)

    def test_equality(self):
        for i, (x, y) in enumerate(PAIRS):
            self.check(self.ask(i, "--ask", "equality"), "equality",
                       "equal" if x == y else "different")
        told = self.check_journal("equality", ["equal" if x == y else "different" for x, y in PAIRS])
        self.assertEqual([d["scale"] for d in told], [None] * len(PAIRS))

    def test_what_is_asked_beside_the_file_raises_no_alarm(self):
        self.ask(1, "--ask", "direction")
        alarms = self.cluster.json("a", "alarms")["alarms"]
        self.assertEqual({a["question"] for a in alarms}, {"index"})
        self.assertEqual([s["state"] for s in self.cluster.json("a", "sets")["sets"]],
                         ["answered"] * len(PAIRS))

    def test_people_are_told(self):
        self.ask(0, "--ask", "band")
        text = self.cluster.command("a", "inquire", self.sets[0], "--ask", "band").stdout
        self.assertIn("LOT-01 > LOT-02: rise by 4-7 = 0.04-0.07 g/cm2, by ", text)
        text = self.cluster.command("a", "verdicts").stdout
        self.assertIn("4-7 = 0.04-0.07 g/cm2", text)
        text = self.cluster.command("b", "disclosures").stdout
        self.assertIn("direction, index, band, threshold, equality", text)
        # the export has every exchange, and the trace every verdict
        exchanges = self.cluster.json("a", "export", self.sets[0])["exchanges"]
        self.assertEqual({e["inquiry"]["record"]["question"] for e in exchanges} >= {2, 3}, True)
        trace = self.cluster.json("a", "trace", "LOT-02")
        self.assertGreater(len(trace["verdicts"]), 2)


class Refusals(unittest.TestCase):
    def refused(self, cluster, set_id, words, *arguments):
        done = cluster.command("a", "inquire", set_id, *arguments, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertIn(words, done.stderr)
        return done.stderr

    def test_without_a_policy_direction_and_index_are_answered(self):
        with Cluster(width=WIDTH) as cluster:
            cluster.start()
            cluster.publish(ROWS[:2])
            cluster.verdicts(1)
            set_id = cluster.json("a", "sets")["sets"][0]["set_id"]
            self.assertEqual(cluster.json("a", "inquire", set_id, "--ask", "direction")["verdict"],
                             "rise")
            for question in ("band", "equality"):
                self.refused(cluster, set_id, "AMSP may ask: direction, index" if question == "equality"
                             else "", "--ask", question)
            self.refused(cluster, set_id, "does not tell its scale", "--ask", "threshold", "--limit",
                         "0.5")
            budgets = cluster.json("b", "disclosures")["budgets"]
            self.assertEqual([(b["answers"], b["left"]) for b in budgets], [(2, None)])

    def test_the_budget(self):
        with Cluster(width=WIDTH) as cluster:
            disclose(cluster, "{to: AMSP, allow: [direction], budget: 4, period_days: 1}")
            change(cluster, "a", "follow", (r"^alarm_scale.*\n", "ask: direction\n"))
            cluster.start()
            cluster.publish(ROWS)
            # two answers take 3.17 bits; the other two sets wait
            found = cluster.verdicts(2)
            self.assertEqual([(v["question"], v["verdict"], v["scale"]) for v in found],
                             [("direction", "rise", None)] * 2)
            end = time.monotonic() + 30
            while True:
                sets = cluster.json("a", "sets")["sets"]
                states = [s["state"] for s in sets]
                if states == ["answered"] * 2 + ["refused"] * 2 or time.monotonic() > end:
                    break
                time.sleep(0.05)
            self.assertEqual(states, ["answered"] * 2 + ["refused"] * 2)
            words = {s["error"] for s in sets[2:]}
            self.assertEqual(len(words), 1, "an equal pair is refused as a fall is")
            self.assertRegex(words.pop(), r"3\.17 of 4 bits .* there is room from 20")
            self.refused(cluster, sets[2]["set_id"], "3.17 of 4 bits")
            self.assertTrue(cluster.json("a", "inquire", sets[0]["set_id"])["repeated"])
            known = cluster.json("b", "disclosures")
            self.assertEqual(len(known["disclosures"]), 2)
            budget, = known["budgets"]
            self.assertEqual((budget["upstream"], budget["allow"], budget["spent"], budget["budget"],
                              budget["left"]), ("AMSP", ["direction"], "3.17", "4", "0.83"))
            # every worse change is an alarm where no scale is told
            alarms = cluster.json("a", "alarms")["alarms"]
            self.assertEqual([(a["rule"], a["scale"]) for a in alarms], [("rise", None)] * 2)
            # more is let out from the next start on
            cluster.stop("b")
            disclose(cluster, "{to: AMSP, allow: [direction], budget: 7, period_days: 1}")
            cluster.start("b")
            for entry, verdict in zip(sets[2:], ("equal", "fall")):
                self.assertEqual(cluster.json("a", "inquire", entry["set_id"])["verdict"], verdict)


class Following(unittest.TestCase):
    def test_a_threshold_is_followed_without_a_purchase(self):
        with Cluster(width=WIDTH) as cluster:
            disclose(cluster, "{to: AMSP, allow: [threshold], budget: 20}")
            change(cluster, "a", "follow", (r"^alarm_scale.*\n", "ask: threshold\nlimit: \"1.00\"\n"))
            cluster.start("a", "b")  # no servicer runs
            cluster.publish(ROWS)
            found = cluster.verdicts(len(PAIRS))
            self.assertEqual([(v["question"], v["limit"], v["verdict"], v["alarm"]) for v in found],
                             [("threshold", "1.00", "above" if y > 100 else "below", y > 100)
                              for _, y in PAIRS])
            self.assertEqual([s["state"] for s in cluster.json("a", "sets")["sets"]],
                             ["answered"] * len(PAIRS))
            reasons = [a["reason"] for a in cluster.json("a", "alarms")["alarms"]]
            self.assertEqual(len(reasons), 2)
            self.assertIn("is above the limit 1.00 in lot LOT-03", reasons[0])
            shown, = cluster.json("a", "series")["series"]
            self.assertEqual((shown["ask"], shown["limit"], shown["alarm_scale"]),
                             ("threshold", "1.00", None))
            set_id = cluster.json("a", "sets")["sets"][0]["set_id"]
            done = cluster.command("a", "inquire", set_id, "--ask", "index", check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("buy it", done.stderr)

    def test_bands_and_equalities_are_followed(self):
        for question, worse, scale, alarms in (("band", "both", "alarm_scale: 8\n", ["LOT-03", "LOT-05"]),
                                               ("equality", "both", "",
                                                ["LOT-02", "LOT-03", "LOT-05"])):
            with self.subTest(question), Cluster(width=WIDTH) as cluster:
                disclose(cluster, ALL % ", budget: 50")
                change(cluster, "a", "follow", (r"^worse.*\n", f"worse: {worse}\n"),
                       (r"^alarm_scale.*\n", f"ask: {question}\n{scale}"))
                cluster.start()
                cluster.publish(ROWS)
                found = cluster.verdicts(len(PAIRS))
                self.assertEqual({v["question"] for v in found}, {question})
                self.assertEqual([a["later_lot"] for a in cluster.json("a", "alarms")["alarms"]],
                                 alarms)


if __name__ == "__main__":
    unittest.main(verbosity=2)
