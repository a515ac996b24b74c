"""Three organisations as three processes on real sockets: every step of the way feeds the next.

Run by ctest for every suite, with the built command in $LOTVEIL. Small keys: what is tested is the way, not the arithmetic."""

import base64
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "harness"))

from cluster import COMMAND, KEY_BITS, SUITE, Cluster  # noqa: E402

# Seven decimals, so that its digits are found in nothing else by chance.
CANARY = "0.4937261"
CANARIES = ["0.4937261", "0.5937262", "0.3937263"]
ROWS = [[1, "LOT-01", CANARIES[0]], [2, "LOT-02", CANARIES[1]], [3, "LOT-03", CANARIES[2]],
        [4, "LOT-04", CANARIES[2]]]

# Of 32 bits: n^2 for each; two points for each; a nonce and 32 coefficients of 20 bits.
BYTES_OF_A_ROW = {"paillier": 32 * 2 * 2048 // 8, "ristretto255": 32 * 64, "rlwe1024": 32 + 32 * 20 // 8}

CHANCE = 1e-4  # a needle that more often stands in so many random bytes by chance is not looked for


def forms(decimal):
    """Every form in which a value might slip out, as bytes."""
    integer = int(decimal.replace(".", ""))
    digits = str(integer)
    return {
        "decimal": decimal.encode(), "digits": digits.encode(),
        "little-endian": struct.pack("<Q", integer), "big-endian": struct.pack(">Q", integer),
        "big-endian, 4 bytes": struct.pack(">I", integer),
        "little-endian, 4 bytes": struct.pack("<I", integer),
        "double": struct.pack("<d", float(decimal)),
        "hexadecimal": f"{integer:08x}".encode(),
        "bits": f"{integer:032b}".encode(), "bytes of bits": bytes(map(int, f"{integer:032b}")),
    }


def verdict_of(earlier, later, width=32):
    """Direction and scale by plain comparison: the model that the system is held against."""
    x, y = (int(v.replace(".", "")) for v in (earlier, later))
    if x == y:
        return "equal", 0
    return ("rise" if x < y else "fall"), 1 << ((x ^ y).bit_length() - 1)


class Flow(unittest.TestCase):
    """One cluster for the tests that only look; it has published ROWS."""

    shared_folder = "ledger"  # what of the cluster's folder is on no organisation's own machine

    @classmethod
    def make_cluster(cls, **options):
        return Cluster(**options)

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.make_cluster(decimals=7, alarm_scale=1 << 20)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.outputs = [cls.cluster.publish(ROWS, "moisture.csv").stdout]
        cls.found = cls.cluster.verdicts(3)

    def set_ids(self, who="a"):
        return [s["set_id"] for s in self.cluster.json(who, "sets")["sets"]]

    # ---- what the upstream learns ----

    def test_verdicts_are_those_of_plain_comparison(self):
        self.assertEqual(len(self.found), 3)
        for entry, (earlier, later) in zip(self.found, zip(ROWS, ROWS[1:])):
            direction, scale = verdict_of(earlier[2], later[2])
            self.assertEqual((entry["earlier_lot"], entry["later_lot"]), (earlier[1], later[1]))
            self.assertEqual((entry["verdict"], entry["scale"]), (direction, scale))
            self.assertEqual(entry["basis"], "consecutive")

    def test_a_worse_change_of_that_scale_raises_an_alarm(self):
        alarms = self.cluster.json("a", "alarms")["alarms"]
        self.assertEqual([a["later_lot"] for a in alarms], ["LOT-02"])
        self.assertEqual([v["alarm"] for v in self.found], [True, False, False])

    def test_the_downstream_knows_what_it_let_out(self):
        journal = self.cluster.json("b", "disclosures")["disclosures"]
        self.assertEqual([(d["upstream"], d["later_lot"], d["verdict"]) for d in journal],
                         [("AMSP", row[1], verdict_of(before[2], row[2])[0])
                          for before, row in zip(ROWS, ROWS[1:])])

    def test_the_servicer_sold_each_set_once(self):
        sales = self.cluster.json("s", "sales")["sales"]
        self.assertEqual([s["buyer"] for s in sales], ["AMSP"] * 3)
        self.assertEqual(sorted(s["set_id"] for s in sales), sorted(self.set_ids()))

    # ---- what nobody learns ----

    def test_the_canary_is_nowhere(self):
        places = {}
        for folder in (self.shared_folder, "a", "s"):
            for path in (self.cluster.root / folder).rglob("*"):
                if path.is_file():
                    places[str(path)] = path.read_bytes()
        for who in "abs":
            places[f"log of {who}"] = (self.cluster.dir(who) / "state" / "node.log").read_bytes()
        # The downstream's own state is sealed: a thief of the disk reads no value either.
        for path in (self.cluster.dir("b") / "state").rglob("*"):
            if path.is_file():
                places[str(path)] = path.read_bytes()
        for who, paths in {"a": ["sets", "verdicts", "alarms", "series", "trace/LOT-02"],
                           "s": ["sets", "sales"],
                           "b": ["sets", "series", "grants", "disclosures", "trace/LOT-02"]}.items():
            for path in paths:
                places[f"/v1/{path} at {who}"] = self.cluster.control(who, "GET", f"/v1/{path}")[1]
        for set_id in self.set_ids():
            for who in "abs":
                answer = json.loads(self.cluster.control(who, "GET",
                                                         f"/v1/sets/{set_id}/records")[1])
                for key, value in answer.items():
                    if isinstance(value, str):
                        places[f"{key} of {set_id} at {who}"] = base64.b64decode(value)
            places[f"export of {set_id}"] = self.cluster.command("a", "export", set_id).stdout.encode()
        places["output of publish"] = "".join(self.outputs).encode()
        self.assertGreater(len(places), 30)
        for where, data in places.items():
            for value in CANARIES:
                for form, needle in forms(value).items():
                    if len(data) > CHANCE * 256 ** len(needle):
                        continue
                    self.assertNotIn(needle, data, f"{value} stands in {where} as {form}")

    def test_the_search_for_the_canary_finds_it_where_it_is(self):
        data = (self.cluster.root / "moisture.csv").read_bytes()
        self.assertIn(forms(CANARY)["decimal"], data)
        self.assertIn(forms(CANARY)["big-endian"], b"x" + struct.pack(">Q", 4937261) + b"y")

    # ---- the ledger ----

    def test_every_organisation_verifies_its_channels(self):
        for who, channels in {"a": ["quality"], "b": ["quality", "xor"], "s": ["xor"]}.items():
            shown = self.cluster.json(who, "ledger", "verify")["channels"]
            self.assertEqual([c["channel"] for c in shown], channels)
            for channel in shown:
                self.assertTrue(channel["ok"])
                self.assertIsNotNone(channel["remembered"], "the running node remembers a head")
                self.assertGreaterEqual(channel["transactions"], 3)

    def test_blocks_are_shown(self):
        heads = self.cluster.json("b", "ledger", "head")["channels"]
        self.assertEqual([h["channel"] for h in heads], ["quality", "xor"])
        shown = self.cluster.json("b", "ledger", "show", "--channel", "quality")["channels"][0]
        self.assertEqual(shown["blocks"][-1]["block"], heads[0]["block"])
        self.assertEqual(shown["blocks"][-1]["hash"], heads[0]["hash"])
        for before, block in zip(shown["blocks"], shown["blocks"][1:]):
            self.assertEqual(block["previous"], before["hash"])
        one = self.cluster.command("b", "ledger", "show", "--channel", "quality", "--block", "1")
        self.assertIn("put", one.stdout)
        self.assertEqual(self.cluster.command("b", "ledger", "show", "--channel", "quality",
                                              "--block", "999999", check=False).returncode, 1)

    def test_a_head_that_never_was_is_refused(self):
        done = self.cluster.command("b", "ledger", "verify", "--channel", "quality", "--head",
                                    "1:" + "00" * 32, "--json", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertFalse(json.loads(done.stdout)["channels"][0]["ok"])

    def test_the_upstream_has_no_part_in_the_xor_channel(self):
        done = self.cluster.command("a", "ledger", "show", "--channel", "xor", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, "")

    # ---- publishing ----

    def test_the_same_file_again_gives_the_first_result(self):
        before = self.cluster.json("b", "sets")
        again = self.cluster.json("b", "publish", str(self.cluster.root / "moisture.csv"),
                                  "--series", "moisture")
        self.assertTrue(again["repeated"])
        self.assertEqual((again["rows"], again["sets"], again["done"]), (4, 3, 3))
        self.assertEqual(self.cluster.json("b", "sets"), before)

    def test_bad_files_are_refused_whole_with_their_place(self):
        before = self.cluster.json("b", "sets")
        measured = self.cluster.json("b", "series")["series"][0]["measurements"]
        good = [[5, "LOT-05", "0.1"], [6, "LOT-06", "0.2"]]
        bad = {
            "doubled lot": (good + [[7, "LOT-05", "0.3"]], 4),
            "lot of an earlier file": (good + [[7, "LOT-01", "0.3"]], 4),
            "unsorted": (good + [[5, "LOT-07", "0.3"]], 4),
            "empty cell": (good + [[7, "LOT-07", ""]], 4),
            "no number": (good + [[7, "LOT-07", CANARY + "x"]], 4),
            "out of range": (good + [[7, "LOT-07", "4937261937261.0"]], 4),
            "negative": ([[5, "LOT-05", "-" + CANARY]], 2),
            "missing cell": (good + [[7, "LOT-07"]], 4),
        }
        for what, (rows, line) in bad.items():
            with self.subTest(what):
                path = self.cluster.csv(f"bad.csv", rows)
                done = self.cluster.command("b", "publish", path, "--series", "moisture", "--json",
                                            check=False)
                self.assertEqual(done.returncode, 4, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr, rf"^lotveil: (.*: )?bad\.csv:{line}\b")
                self.assertNotIn("4937261", done.stderr)
        path = self.cluster.csv("wrong-header.csv", good, header="month,lot,humidity")
        done = self.cluster.command("b", "publish", path, "--series", "moisture", check=False)
        self.assertEqual(done.returncode, 4)
        self.assertIn("moisture", done.stderr)
        self.assertEqual(self.cluster.json("b", "sets"), before)
        self.assertEqual(self.cluster.json("b", "series")["series"][0]["measurements"], measured)

    # ---- asking again ----

    def test_buying_and_asking_again_gives_the_first_result(self):
        set_id = self.set_ids()[0]
        bought = self.cluster.json("a", "buy", set_id)
        self.assertTrue(bought["repeated"])
        asked = self.cluster.json("a", "inquire", set_id[:10])
        self.assertTrue(asked["repeated"])
        self.assertEqual(asked["verdict"], self.found[0]["verdict"])
        self.assertEqual(len(self.cluster.json("b", "disclosures")["disclosures"]), 3)
        self.assertEqual(len(self.cluster.json("s", "sales")["sales"]), 3)

    def test_what_is_not_known_is_told(self):
        for arguments, code in ((("inquire", "00" * 32), 1), (("buy", "00" * 32), 1),
                                (("inquire", self.set_ids()[0], "--pair", "7"), (1, 4)),
                                (("inquire", "xyz"), 4), (("export", "00" * 32), 1)):
            done = self.cluster.command("a", *arguments, check=False)
            codes = code if isinstance(code, tuple) else (code,)
            self.assertIn(done.returncode, codes, f"{arguments}: {done.stderr}")
            self.assertTrue(done.stderr.startswith("lotveil: "))
            self.assertEqual(done.stdout, "")

    def test_a_lot_is_traced(self):
        for who in "ab":
            trace = self.cluster.json(who, "trace", "LOT-02")
            self.assertEqual(trace["lot"], "LOT-02")
            self.assertEqual(len(trace["sets"]), 2)

    # ---- export, appendix ----

    def test_an_export_has_everything(self):
        set_id = self.set_ids()[0]
        for who in "abs":
            whole = self.cluster.json(who, "export", set_id)
            self.assertEqual((whole["format"], whole["set_id"]), ("lotveil-export-1", set_id))
            self.assertNotIn("secret_key", whole)
            self.assertEqual(whole["quality"] is None, who == "s")
            if who == "s":
                self.assertNotIn("combined", whole)
                continue
            record = whole["quality"]["record"]
            self.assertEqual(record["series"], "moisture")
            self.assertEqual([p["later_lot"] for p in record["pairs"]], ["LOT-02"])
            self.assertEqual(record["suite"], SUITE)
            self.assertEqual(len(record["x"]), 2 * BYTES_OF_A_ROW[SUITE])
            combined = whole["combined"][0]
            self.assertEqual(combined["encoding"],
                             combined["rise"] + combined["fall"] + combined["equal"])
        exchange = self.cluster.json("a", "export", set_id)["exchanges"][0]
        self.assertEqual(exchange["inquiry"]["record"]["z_digest"], combined["digest"])
        self.assertEqual(exchange["answer"]["record"]["inquiry_digest"],
                         exchange["inquiry"]["digest"])

    def test_the_secret_key_comes_out_for_its_owner_alone(self):
        set_id = self.set_ids()[0]
        path = self.cluster.root / "with-key.json"
        self.cluster.command("b", "export", set_id, "--secret-key", "-o", str(path))
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertTrue(json.loads(path.read_text())["secret_key"])
        path.unlink()
        for who in "as":
            done = self.cluster.command(who, "export", set_id, "--secret-key", check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertEqual(done.stdout, "")

    @unittest.skipIf(SUITE == "paillier", "this suite has it")
    def test_the_published_layout_is_refused(self):
        for arguments in ((), ("--json",)):
            done = self.cluster.command("b", "export", self.set_ids()[0], "--appendix-a",
                                        *arguments, check=False)
            self.assertEqual((done.returncode, done.stdout), (4, ""), done.stderr)
            self.assertIn(SUITE, done.stderr)

    @unittest.skipUnless(SUITE == "paillier", "the layout is Paillier's")
    def test_the_published_layout_there_and_back(self):
        set_id = self.set_ids()[0]
        for order in ("lsb", "msb"):
            for as_json in ((), ("--json",)):
                path = self.cluster.root / "appendix"
                text = self.cluster.command("b", "export", set_id, "--appendix-a", "--bit-order",
                                            order, *as_json).stdout
                path.write_text(text)
                how = () if as_json else ("--bit-order", order)
                seen = json.loads(self.cluster.run("import", "--appendix-a", str(path), "--json",
                                                   *how).stdout)
                self.assertEqual(seen["entries"],
                                 {"T1Q_args": 32, "T2Q_args": 32, "XOR_args": 32})
                self.assertEqual(seen["bit_order"], f"{order}-first")
        path.write_text(text.replace("T1Q_args", "T3Q_args"))
        self.assertEqual(self.cluster.run("import", "--appendix-a", str(path),
                                          check=False).returncode, 4)

    # ---- the commands as such ----

    def test_every_command_prints_json(self):
        set_id = self.set_ids()[0]
        commands = [("a", c) for c in ("sets", "verdicts", "alarms", "series", "status",
                                       "trace LOT-01", "member list", "ledger show", "ledger head",
                                       "ledger verify", "ledger ping", f"buy {set_id}", f"inquire {set_id}",
                                       f"export {set_id}")]
        commands += [("b", c) for c in ("sets", "series", "grant", "disclosures", "status",
                                        "trace LOT-01", f"export {set_id}")]
        commands += [("s", c) for c in ("sets", "sales", "status")]
        for who, command in commands:
            with self.subTest(f"{who}: {command}"):
                done = self.cluster.command(who, *command.split(), "--json")
                self.assertIsInstance(json.loads(done.stdout), dict)
                self.assertEqual(done.stderr, "")
                plain = self.cluster.command(who, *command.split())
                self.assertTrue(plain.stdout)

    def test_a_command_of_another_role_is_refused(self):
        for who, command in (("a", "sales"), ("s", "verdicts"), ("s", "disclosures")):
            done = self.cluster.command(who, command, check=False)
            self.assertEqual(done.returncode, 1, f"{who}: {command}: {done.stderr}")

    def test_verdicts_are_followed(self):
        process = subprocess.Popen([COMMAND, "verdicts", "--follow", "--json", "--dir",
                                    str(self.cluster.dir("a"))], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
        try:
            lines = [json.loads(process.stdout.readline()) for _ in range(3)]
            self.assertEqual([x["id"] for x in lines], [x["id"] for x in self.found])
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


class Changes(unittest.TestCase):
    """What changes the cluster has one of its own."""

    @classmethod
    def make_cluster(cls, **options):
        return Cluster(**options)

    def test_each_node_restarts_and_goes_on(self):
        rows = [[n, f"LOT-{n:02}", f"0.{n * 7 % 10}{n}"] for n in range(1, 7)]
        with self.make_cluster() as cluster:
            cluster.start()
            cluster.publish(rows[:2], "one.csv")
            cluster.verdicts(1)
            for n, who in enumerate("abs"):
                self.assertEqual(cluster.stop(who), 0, "an orderly stop")
                self.assertFalse((cluster.dir(who) / "state" / "control.sock").exists())
                done = cluster.command(who, "sets", check=False)
                self.assertEqual(done.returncode, 3)
                self.assertIn(f"lotveil serve --dir {cluster.dir(who)}", done.stderr)
                for channel in cluster.json(who, "ledger", "verify")["channels"]:
                    self.assertIsNotNone(channel["remembered"], "a stopped node remembers too")
                cluster.start(who)
                cluster.publish(rows[2 + n:3 + n], f"more{n}.csv")
                found = cluster.verdicts(2 + n)
                self.assertEqual(found[-1]["later_lot"], rows[2 + n][1])
            for entry, (earlier, later) in zip(found, zip(rows, rows[1:])):
                self.assertEqual((entry["verdict"], entry["scale"]),
                                 verdict_of(earlier[2], later[2]))

    def test_what_was_published_while_the_upstream_was_away_is_caught_up(self):
        with self.make_cluster() as cluster:
            cluster.start("b")
            cluster.publish([[1, "LOT-01", "0.45"], [2, "LOT-02", "0.76"]])
            cluster.start("s", "a")
            self.assertEqual([v["verdict"] for v in cluster.verdicts(1)], ["rise"])

    def test_one_folder_has_one_node(self):
        with self.make_cluster() as cluster:
            cluster.start("s")
            second = cluster.command("s", "serve", check=False, timeout=30)
            self.assertNotIn(second.returncode, (0, 2))
            self.assertTrue(second.stderr)
            self.assertEqual(cluster.control("s", "GET", "/healthz")[0], 200)

    def test_no_sale_without_a_grant_and_one_with_it(self):
        with self.make_cluster(grants="[]") as cluster:
            cluster.start()
            cluster.publish([[1, "LOT-01", "0.45"], [2, "LOT-02", "0.76"]])
            end = time.monotonic() + 60
            while not cluster.json("a", "sets")["sets"] and time.monotonic() < end:
                time.sleep(0.05)
            set_id = cluster.json("a", "sets")["sets"][0]["set_id"]
            done = cluster.command("a", "buy", set_id, check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(cluster.json("s", "sales")["sales"], [])
            granted = cluster.json("b", "grant", "--to", "AMSP", "--series", "moisture")
            self.assertEqual(granted["number"], 1)
            end = time.monotonic() + 60
            while cluster.command("a", "buy", set_id, check=False).returncode and \
                    time.monotonic() < end:
                time.sleep(0.1)
            self.assertEqual(cluster.json("a", "inquire", set_id)["verdict"], "rise")
            listed = cluster.json("b", "grant")["grants"]
            self.assertEqual([(g["buyer"], g["servicer"], g["revoke"]) for g in listed],
                             [("AMSP", "SMSP", False)])

    def test_a_series_is_added_while_the_node_runs(self):
        with self.make_cluster() as cluster:
            cluster.start("b")
            path = cluster.root / "thickness.yaml"
            path.write_text((cluster.dir("b") / "series" / "moisture.yaml").read_text()
                            .replace("name: moisture", "name: thickness"))
            self.assertTrue(cluster.json("b", "series", "add", str(path))["in_use"])
            self.assertEqual([s["name"] for s in cluster.json("b", "series")["series"]],
                             ["moisture", "thickness"])
            done = cluster.command("b", "series", "add", str(path), check=False)
            self.assertEqual(done.returncode, 1)
            path.write_text("name: x\nbits: 3\n")
            done = cluster.command("b", "series", "add", str(path), check=False)
            self.assertEqual(done.returncode, 4)
            self.assertIn("thickness.yaml", done.stderr)
            cluster.stop("b")
            path.write_text((cluster.dir("b") / "series" / "moisture.yaml").read_text()
                            .replace("name: moisture", "name: weight"))
            self.assertFalse(cluster.json("b", "series", "add", str(path))["in_use"])
            cluster.start("b")
            self.assertEqual(len(cluster.json("b", "series")["series"]), 3)

    def test_a_ledger_tampered_with_does_not_verify(self):
        with self.make_cluster() as cluster:
            cluster.start()
            cluster.publish([[1, "LOT-01", "0.45"], [2, "LOT-02", "0.76"]])
            cluster.verdicts(1)
            for who in "abs":
                cluster.stop(who)
            path = cluster.root / "ledger" / "quality.ledger"
            data = bytearray(path.read_bytes())
            # The last byte of the record's signed text that says which series it belongs to.
            at = data.index(b"moisture") + 7
            data[at] ^= 1
            path.write_bytes(data)
            done = cluster.command("a", "ledger", "verify", "--json", check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertFalse(json.loads(done.stdout)["channels"][0]["ok"])
            self.assertTrue(done.stderr.startswith("lotveil: "))


# ristretto255 is what it takes where nobody says.
DEMO = [COMMAND, "demo", *([] if SUITE == "ristretto255" else
                           ["--suite", SUITE, "--bits", str(KEY_BITS[SUITE])])]


class Demo(unittest.TestCase):
    def demo(self, folder, *arguments, **options):
        return subprocess.run([*DEMO, "--dir", folder, *arguments],
                              capture_output=True, text=True, timeout=300, **options)

    def test_the_published_case(self):
        with tempfile.TemporaryDirectory() as root:
            folder = f"{root}/demo"
            done = self.demo(folder, "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            seen = json.loads(done.stdout)
            self.assertEqual((seen["suite"], seen["bits"]), (SUITE, KEY_BITS[SUITE]))
            self.assertEqual((seen["alarm_period"], seen["complaint_period"]), (3, 4))
            self.assertEqual([(p["period"], p["lot"], p["verdict"], p["alarm"])
                              for p in seen["periods"]],
                             [(1, "LOT-01", None, False), (2, "LOT-02", "fall", False),
                              (3, "LOT-03", "rise", True), (4, "LOT-04", "rise", True)])
            self.assertEqual([p["scale"] for p in seen["periods"]], [None, 4, 64, 128])
            report = pathlib.Path(folder, "report.html").read_text()
            self.assertIn("<svg", report)
            for value in ("0.45", "0.41", "0.76", "1.32"):
                self.assertNotIn(value, report)

            # Everything can be looked at afterwards, and nothing runs any more.
            for who in "abs":
                self.assertFalse(pathlib.Path(folder, who, "state", "control.sock").exists())
                done = subprocess.run([COMMAND, "ledger", "verify", "--dir", f"{folder}/{who}"],
                                      capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

            self.assertEqual(self.demo(folder).returncode, 1, "an earlier demo stays")
            done = self.demo(folder, "--again")
            self.assertEqual(done.returncode, 0, done.stderr)
            for part in (SUITE, "LOT-03", "report.html", "ledger verify", "month 3"):
                self.assertIn(part, done.stdout)

    def test_a_folder_of_somebody_else_is_left_alone(self):
        with tempfile.TemporaryDirectory() as root:
            path = pathlib.Path(root, "a")
            path.mkdir()
            (path / "kept").write_text("x")
            for arguments in ((), ("--again",)):
                self.assertEqual(self.demo(root, *arguments).returncode, 1)
            self.assertEqual((path / "kept").read_text(), "x")

    def test_no_node_outlives_it(self):
        with tempfile.TemporaryDirectory() as root:
            folder = f"{root}/demo"
            process = subprocess.Popen([*DEMO, "--dir", folder, "--keep-running"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            sockets = [pathlib.Path(folder, who, "state", "control.sock") for who in "abs"]
            try:
                end = time.monotonic() + 60
                while not all(map(self.answers, sockets)):
                    self.assertLess(time.monotonic(), end, "the nodes never ran")
                    time.sleep(0.05)
            finally:
                process.kill()
                process.wait()
            end = time.monotonic() + 30
            while any(map(self.answers, sockets)):
                self.assertLess(time.monotonic(), end, "a node outlived the demo")
                time.sleep(0.05)

    @staticmethod
    def answers(path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            try:
                s.connect(str(path))
                return True
            except OSError:
                return False


if __name__ == "__main__":
    unittest.main()
