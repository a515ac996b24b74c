"""A set opened to an auditor, who checks it without any node; run by ctest for every suite.

What may not hold, and is found: the file cut, the key or the opening of another set, another set's records,
an answer that is not true and is signed all the same."""

import base64
import copy
import json
import os
import pathlib
import pty
import subprocess
import sys
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "harness"))

from cluster import COMMAND, Cluster  # noqa: E402
from rogue import Author, open_signed, sha256  # noqa: E402

VALUES = ["0.45", "0.41", "0.76"]  # fall by bit 29 of 32, rise
AUDITOR = "Auditor GmbH"


class Audit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cluster = Cluster()
        cls.addClassCleanup(cluster.close)
        cluster.start()
        cluster.publish([(i + 1, f"LOT-{i + 1}", value) for i, value in enumerate(VALUES)])
        cluster.verdicts(2)
        cls.ids = [s["set_id"] for s in cluster.json("b", "sets")["sets"]]
        cls.bundles, cls.openings = [], []
        for i, set_id in enumerate(cls.ids):
            opening, bundle = (str(cluster.root / f"{name}-{i}.json")
                               for name in ("opening", "bundle"))
            cluster.command("b", "audit", "open", set_id, "--to", AUDITOR, "-o", opening)
            cluster.command("a", "export", set_id, "-o", bundle)
            cls.openings.append(json.loads(pathlib.Path(opening).read_text()))
            cls.bundles.append(json.loads(pathlib.Path(bundle).read_text()))
        cls.cards = [part for who in "ab" for part in
                     ("--card", str(cluster.dir(who) / "card.json"))]

    def write(self, name, content):
        path = self.cluster.root / name
        if isinstance(content, dict):
            content = json.dumps(content).encode()
        path.write_bytes(content)
        return str(path)

    def check(self, opening, bundle, *options):
        """With cards alone: no organisation of his own, no node."""
        arguments = ["audit", "check", self.write("o.json", opening), "--bundle",
                     self.write("b.json", bundle), *self.cards, *options]
        return self.cluster.run(*arguments, "--dir", "/nonexistent", check=False)

    # ---- what holds ----

    def test_an_honest_set_passes(self):
        for i in range(2):
            done = self.check(self.openings[i], self.bundles[i], "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            seen = json.loads(done.stdout)
            self.assertEqual((seen["set_id"], seen["author"], seen["auditor"], seen["ok"]),
                             (self.ids[i], "BMSP", AUDITOR, True))
            pair, = seen["pairs"]
            self.assertEqual((pair["later_lot"], pair["ok"], pair["problem"]),
                             (f"LOT-{i + 2}", True, None))
            answer, = seen["answers"]
            self.assertEqual((answer["upstream"], answer["ok"], answer["told"]["verdict"]),
                             ("AMSP", True, ("fall", "rise")[i]))

    def test_values_are_told_when_asked_for_and_not_otherwise(self):
        values = {value.replace("0.", ""): value for value in VALUES[:2]}
        shown = [self.check(self.openings[0], self.bundles[0], *options)
                 for options in ((), ("--json",))]
        for done in shown:
            self.assertEqual(done.returncode, 0, done.stderr)
            without = done.stdout.replace(self.ids[0], "")
            for digits in values:
                self.assertNotIn(digits, without)
        told = json.loads(self.check(self.openings[0], self.bundles[0], "--json", "--values").stdout)
        pair, = told["pairs"]
        self.assertIn(pair["earlier"], ("45", "0.45"))
        self.assertIn(pair["later"], ("41", "0.41"))
        self.assertIn("then", self.check(self.openings[0], self.bundles[0], "--values").stdout)

    def test_the_signed_messages_as_files(self):
        bundle = self.bundles[0]
        exchange = bundle["exchanges"][0]
        files = []
        for name, entry in (("quality", bundle["quality"]), ("xor", bundle["xor"]),
                            ("inquiry", exchange["inquiry"]), ("answer", exchange["answer"])):
            files += [f"--{name}", self.write(name, base64.b64decode(entry["signed"]))]
        opening = self.write("o.json", self.openings[0])
        done = self.cluster.command("a", "audit", "check", opening, *files, "--json")
        self.assertTrue(json.loads(done.stdout)["answers"][0]["ok"])
        for left_out in (0, 2):
            done = self.cluster.command("a", "audit", "check", opening, *files[:left_out],
                                        *files[left_out + 2:], check=False)
            self.assertEqual(done.returncode, 4, done.stderr)

    # ---- the opening ----

    def test_the_file_is_its_owner_s_and_says_what_it_is(self):
        path = self.cluster.root / "opening-0.json"
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertIn("reads every value", self.openings[0]["warning"])
        self.assertNotIn(base64.b64decode(self.openings[0]["secret_key"]),
                         base64.b64decode(self.openings[0]["opening"]))

    def test_what_is_signed_is_the_digest_of_the_key(self):
        opening, secret = (base64.b64decode(self.openings[0][key])
                           for key in ("opening", "secret_key"))
        body = open_signed(opening, "Opening")
        self.assertEqual(body["key_digest"], sha256(b"lotveil/v1/opening\0" + secret))
        self.assertEqual((body["author"], body["auditor"], body["set_id"].hex()),
                         ("BMSP", AUDITOR, self.ids[0]))

    def test_it_stands_in_the_journal_once(self):
        again = self.cluster.json("b", "audit", "open", self.ids[0], "--to", AUDITOR, "-o",
                                  str(self.cluster.root / "again.json"))
        self.assertTrue(again["repeated"])
        self.assertEqual(json.loads((self.cluster.root / "again.json").read_text()),
                         self.openings[0])
        journal = self.cluster.command("b", "disclosures").stdout
        self.assertIn("opened to an auditor", journal)
        entries = [d for d in self.cluster.json("b", "disclosures")["disclosures"]
                   if AUDITOR in d["upstream"]]
        self.assertEqual([d["set_id"] for d in entries], self.ids)
        log = (self.cluster.dir("b") / "state" / "node.log").read_text()
        self.assertIn(f"set {self.ids[0]} was opened", log)
        self.assertNotIn(self.openings[0]["secret_key"], log)

    def test_who_may_not_open(self):
        output = self.cluster.root / "stolen.json"
        for who in "as":
            done = self.cluster.command(who, "audit", "open", self.ids[0], "-o", str(output),
                                        check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
        for set_id in ("00" * 32, self.ids[0][:4]):
            done = self.cluster.command("b", "audit", "open", set_id, "-o", str(output),
                                        check=False)
            self.assertIn(done.returncode, (1, 4), done.stderr)
        self.assertFalse(output.exists())
        status, _ = self.cluster.peer("b", "POST", f"/v1/sets/{self.ids[0]}/open", b"{}")
        self.assertEqual(status, 404)

    def test_a_terminal_is_asked(self):
        output = self.cluster.root / "terminal.json"
        outer, terminal = pty.openpty()
        try:
            for options, code in (((), 1), (("--yes",), 0)):
                done = subprocess.run([COMMAND, "audit", "open", self.ids[0], "-o", str(output),
                                       "--dir", str(self.cluster.dir("b")), *options],
                                      stdin=terminal, capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertEqual(output.exists(), code == 0)
                self.assertIn("--yes" if code else "READS ALL VALUES", done.stderr + done.stdout)
        finally:
            os.close(outer)
            os.close(terminal)

    # ---- what does not hold ----

    def refused(self, opening, bundle, code=1):
        done = self.check(opening, bundle)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertTrue(done.stderr.startswith("lotveil: "))
        return done

    def test_truncated_and_changed_files(self):
        whole = json.dumps(self.openings[0]).encode()
        for size in (0, 1, len(whole) // 2, len(whole) - 1):
            self.refused(whole[:size], self.bundles[0], 4)
        self.refused({**self.openings[0], "format": "lotveil-opening-9"}, self.bundles[0], 4)
        for key in ("opening", "secret_key"):
            data = base64.b64decode(self.openings[0][key])
            for changed in (data[:-1], data[:9] + bytes([data[9] ^ 1]) + data[10:]):
                self.refused({**self.openings[0], key: base64.b64encode(changed).decode()},
                             self.bundles[0])
            self.refused({**self.openings[0], key: 7}, self.bundles[0], 4)

    def test_another_set_s_key_opening_and_records(self):
        one, two = self.openings
        for opening in (two, {**one, "secret_key": two["secret_key"]},
                        {**one, "opening": two["opening"]}):
            self.refused(opening, self.bundles[0])
        self.refused(one, self.bundles[1])
        for key in ("quality", "xor"):
            self.refused(one, {**self.bundles[0], key: self.bundles[1][key]})
            self.refused(one, {**self.bundles[0], key: None}, 4)
        self.refused(one, {**self.bundles[0], "quality": self.bundles[0]["xor"],
                           "xor": self.bundles[0]["quality"]})

    def test_whoever_is_not_trusted(self):
        opening, bundle = self.write("o.json", self.openings[0]), self.write("b.json",
                                                                             self.bundles[0])
        done = self.cluster.run("audit", "check", opening, "--bundle", bundle, "--card",
                                str(self.cluster.dir("s") / "card.json"), check=False)
        self.assertEqual(done.returncode, 1, done.stdout)

    def with_answer(self, change, **of):
        """The bundle with the answer changed and signed again by the downstream."""
        bundle = copy.deepcopy(self.bundles[0])
        entry = bundle["exchanges"][0]["answer"]
        answer = open_signed(base64.b64decode(entry["signed"]), "Answer")
        signed = Author(self.cluster, of.get("signer", "b")).seal("answer", "Answer",
                                                                  {**answer, **change})
        entry["signed"] = base64.b64encode(signed).decode()
        return bundle

    def test_answers_that_are_not_true(self):
        self.assertEqual(self.check(self.openings[0], self.with_answer({})).returncode, 0)
        for change in ({"formula": 1}, {"index": 28}, {"formula": 0, "index": 0},
                       {"set_id": bytes(32)}, {"inquiry_digest": bytes(32)}, {"pair": 1}):
            with self.subTest(change):
                done = self.check(self.openings[0], self.with_answer(change), "--json")
                self.assertEqual(done.returncode, 1, done.stderr)
                seen = json.loads(done.stdout)
                self.assertEqual((seen["ok"], seen["pairs"][0]["ok"], seen["answers"][0]["ok"]),
                                 (False, True, False))
        self.refused(self.openings[0], self.with_answer({"author": "SMSP"}, signer="s"))
        bundle = {**self.bundles[0], "exchanges": self.bundles[1]["exchanges"]}
        self.refused(self.openings[0], bundle)


if __name__ == "__main__":
    unittest.main(verbosity=2)
