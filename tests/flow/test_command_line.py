"""What the command says and refuses by itself, with no other organisation.

Run by ctest with the built command in $LOTVEIL."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS / "harness"))

from cluster import COMMAND, free_port  # noqa: E402


class CommandLine(unittest.TestCase):
    COMMANDS = ("init", "enroll", "reload", "issue", "member", "ledger", "serve", "chaincode", "status",
                "series", "grant", "publish", "sets", "buy", "inquire", "verdicts", "alarms",
                "disclosures", "trace", "sales", "export", "import", "audit", "bench", "demo")

    def run_command(self, *arguments, **options):
        return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL, **options)

    def test_every_command_explains_itself(self):
        listed = self.run_command("--help")
        self.assertEqual(listed.returncode, 0)
        for command in self.COMMANDS:
            with self.subTest(command):
                self.assertRegex(listed.stdout, rf"(?m)^  {command} ")
                for arguments in ((command, "--help"), ("help", command)):
                    done = self.run_command(*arguments)
                    self.assertEqual(done.returncode, 0)
                    for part in ("--dir", "--json", "Example", "Exit code"):
                        self.assertIn(part, done.stdout)

    def test_the_manual_page_names_every_command_and_option(self):
        page = (TESTS.parent / "docs" / "man" / "lotveil.1.scd").read_text()
        for command in self.COMMANDS:
            self.assertIn(f"*{command}*", page)
            text = self.run_command(command, "--help").stdout
            for option in re.findall(r"--[a-z][a-z0-9-]+", text.split("Example")[0]):
                if option not in ("--usage", "--version"):
                    self.assertTrue(f"*{option}*" in page, f"{command}: {option}")

    def test_wrong_usage(self):
        for arguments in ((), ("fly",), ("init",), ("init", "--org", "A", "--role", "boss"),
                          ("init", "--org", "A", "--role", "upstream", "--identity-only"),
                          ("init", "--org", "A", "--role", "upstream", "--ledger", "fabric"),
                          ("init", "--org", "A", "--role", "upstream", "--gateway", "p:1"),
                          ("init", "--org", "A", "--role", "upstream", "--ledger", "paper"),
                          ("init", "--org", "A", "--role", "upstream", "--ledger", "fabric",
                           "--gateway", "p:1", "--ledger-dir", "l"),
                          ("issue",), ("issue", "--unit", "boss", "--out", "x"),
                          ("issue", "--unit", "peer", "--out", "x", "--days", "0"),
                          ("publish",), ("buy",), ("trace",), ("sets", "--no-such-option"),
                          ("ledger",), ("ledger", "burn"), ("inquire", "ab", "--pair", "x"),
                          ("import",), ("audit",), ("audit", "open", "ab"),
                          ("audit", "check"), ("audit", "check", "x", "--answer", "y"),
                          ("audit", "burn", "x"), ("member", "add"), ("serve", "--ready-fd", "977"),
                          ("grant", "--to", "A"), ("demo", "--ledger", "paper"), ("bench", "--pairs", "-1"),
                          ("bench", "--singles", "3"), ("bench", "--ledger", "paper"),
                          ("bench", "--ledger", "embedded", "--scale", "10")):
            with self.subTest(arguments):
                done = self.run_command(*arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertTrue(done.stderr)

    def test_no_organisation_is_bad_input_and_no_node_is_unreachable(self):
        with tempfile.TemporaryDirectory() as empty:
            for arguments in (("serve",), ("ledger", "head"), ("member", "list")):
                done = self.run_command(*arguments, "--dir", empty)
                self.assertEqual(done.returncode, 4, done.stderr)
                self.assertIn(empty, done.stderr)
            self.assertEqual(self.run_command("sets", "--dir", empty).returncode, 3)
            self.assertEqual(self.run_command("sets", env={"LOTVEIL_DIR": empty}).returncode, 3)

    def test_init_overwrites_nothing(self):
        with tempfile.TemporaryDirectory() as root:
            first = ["init", "--org", "BMSP", "--role", "downstream", "--dir", f"{root}/b"]
            card = json.loads(self.run_command(*first, "--json").stdout)
            self.assertEqual(set(card), {"organisation", "role", "url", "root"})
            self.assertEqual(card, json.loads(pathlib.Path(f"{root}/b/card.json").read_text()))
            before = {p: p.read_bytes() for p in pathlib.Path(root).rglob("*") if p.is_file()}
            done = self.run_command(*first)
            self.assertEqual(done.returncode, 1)
            after = {p: p.read_bytes() for p in pathlib.Path(root).rglob("*") if p.is_file()}
            self.assertEqual(before, after)
            for path in before:
                self.assertNotIn(b"PRIVATE KEY", b"" if "key.pem" in path.name or
                                 "ca-key" in path.name else before[path])

    def test_init_for_fabric(self):
        with tempfile.TemporaryDirectory() as root:
            init = ["init", "--org", "BMSP", "--role", "downstream", "--dir", f"{root}/b",
                    "--ledger", "fabric", "--gateway"]
            done = self.run_command(*init, "peer")
            self.assertEqual(done.returncode, 4)
            self.assertIn("--gateway peer", done.stderr)
            done = self.run_command(*init, "peer0.b.example:7051", "--gateway", "[::1]:7051")
            self.assertEqual(done.returncode, 0, done.stderr)
            text = pathlib.Path(f"{root}/b/config.yaml").read_text()
            for part in ("kind: fabric", "peer0.b.example:7051", "[::1]:7051", "quality: quality"):
                self.assertIn(part, text)
            self.assertNotIn("folder:", text)
            self.assertEqual(self.run_command("member", "list", "--dir", f"{root}/b").returncode, 0)
            done = self.run_command("ledger", "create", "--dir", f"{root}/b")
            self.assertEqual(done.returncode, 1)
            self.assertIn("Fabric", done.stderr)

    def test_the_demo_on_fabric_names_what_it_needs(self):
        with tempfile.TemporaryDirectory() as root:
            empty = pathlib.Path(root, "bin")
            empty.mkdir()
            done = self.run_command("demo", "--ledger", "fabric", "--dir", f"{root}/demo",
                                    env=dict(os.environ, FABRIC_BIN=str(empty)))
            self.assertEqual(done.returncode, 4)
            for part in ("peer", "orderer", "configtxgen", str(empty), "https://", "--ledger embedded"):
                self.assertIn(part, done.stderr)
            self.assertFalse(pathlib.Path(root, "demo").exists())

    def test_a_node_tells_that_its_ledger_is_away(self):
        with tempfile.TemporaryDirectory() as root:
            own = f"{root}/b"
            self.run_command("init", "--org", "BMSP", "--role", "downstream", "--dir", own, "--listen",
                             f"127.0.0.1:{free_port()}", "--ledger", "fabric", "--gateway", "127.0.0.1:1")
            for msp, role in (("AMSP", "upstream"), ("SMSP", "servicer")):
                self.run_command("init", "--org", msp, "--role", role, "--dir", f"{root}/{msp}")
                self.run_command("member", "add", f"{root}/{msp}/card.json", "--dir", own)
            with subprocess.Popen([COMMAND, "serve", "--dir", own], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as node:
                try:
                    end = time.monotonic() + 60
                    while not pathlib.Path(own, "state", "port").exists() and time.monotonic() < end:
                        time.sleep(0.05)
                    done = self.run_command("status", "--dir", own)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    for part in ("ledger unavailable", "no block seen yet", "127.0.0.1:1"):
                        self.assertIn(part, done.stdout)
                    health = json.loads(self.run_command("status", "--dir", own, "--json").stdout)
                    self.assertIn("127.0.0.1:1", health["channels"]["xor"]["unavailable"])
                    self.assertIsNone(health["channels"]["quality"]["block"])
                    done = self.run_command("ledger", "ping", "--dir", own)
                    self.assertNotEqual(done.returncode, 0)
                    self.assertEqual(done.stdout, "")
                    self.assertIn("127.0.0.1:1", done.stderr)
                finally:
                    node.terminate()

    def begin_bench(self, folder):
        """A bench that would go on for long. @return it, and its node's process id."""
        bench = subprocess.Popen([COMMAND, "bench", "--ledger", "embedded", "--suite", "paillier", "--pairs", "100000"],
                                 env=dict(os.environ, TMPDIR=folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, start_new_session=True)
        end = time.monotonic() + 60
        while time.monotonic() < end and bench.poll() is None:
            for path in pathlib.Path(folder).glob("lotveil-bench-*/b/state/control.sock"):
                for child in pathlib.Path(f"/proc/{bench.pid}/task/{bench.pid}/children").read_text().split():
                    if os.getpgid(int(child)) == bench.pid:  # not who cleans up
                        return bench, int(child)
            time.sleep(0.02)
        bench.kill()
        bench.wait()
        self.fail("the bench did not start its node")

    def test_an_interrupted_bench_leaves_nothing(self):
        def at_the_keyboard(bench):
            os.killpg(bench.pid, signal.SIGINT)

        for interrupt in (at_the_keyboard, subprocess.Popen.terminate, subprocess.Popen.kill):
            with self.subTest(interrupt=interrupt.__name__), tempfile.TemporaryDirectory() as folder:
                bench, node = self.begin_bench(folder)
                interrupt(bench)
                self.assertLess(bench.wait(60), 0)
                end = time.monotonic() + 60
                while (os.listdir(folder) or pathlib.Path(f"/proc/{node}").exists()) and time.monotonic() < end:
                    time.sleep(0.02)
                self.assertEqual(os.listdir(folder), [])
                self.assertFalse(pathlib.Path(f"/proc/{node}").exists())

    def test_a_bench_interrupted_at_once_leaves_nothing(self):
        for delay in (0.01, 0.03, 0.06, 0.1, 0.2):
            with self.subTest(delay=delay), tempfile.TemporaryDirectory() as folder:
                with subprocess.Popen([COMMAND, "bench", "--ledger", "embedded", "--pairs", "100000"], start_new_session=True,
                                      env=dict(os.environ, TMPDIR=folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL) as bench:
                    time.sleep(delay)
                    os.killpg(bench.pid, signal.SIGTERM)
                end = time.monotonic() + 60
                while os.listdir(folder) and time.monotonic() < end:
                    time.sleep(0.02)
                self.assertEqual(os.listdir(folder), [])

    def test_issued_certificates_belong_to_the_root(self):
        with tempfile.TemporaryDirectory() as root:
            own = f"{root}/b"
            self.run_command("init", "--org", "BMSP", "--role", "downstream", "--dir", own)
            for unit in ("client", "admin", "peer", "orderer"):
                out = pathlib.Path(root) / unit / "msp"
                issue = ("issue", "--dir", own, "--unit", unit, "--host", "peer0.b.example",
                         "--host", "127.0.0.1", "--days", "30", "--out", str(out))
                done = self.run_command(*issue, "--json")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(json.loads(done.stdout),
                                 {"msp": str(out), "unit": unit, "days": 30})
                certificate, key = out / "signcerts" / "cert.pem", out / "keystore" / "key.pem"
                self.assertEqual(key.stat().st_mode & 0o777, 0o600)
                said = subprocess.run(
                    ["openssl", "x509", "-in", str(certificate), "-noout", "-subject", "-ext",
                     "subjectAltName,extendedKeyUsage", "-nameopt", "RFC2253"],
                    capture_output=True, text=True, check=True).stdout
                self.assertIn(f"OU={unit},O=BMSP", said)
                for wanted in ("DNS:peer0.b.example", "IP Address:127.0.0.1", "Server", "Client"):
                    self.assertIn(wanted, said)
                for folder in ("cacerts", "tlscacerts"):
                    self.assertEqual((out / folder / "ca.pem").read_bytes(),
                                     pathlib.Path(f"{own}/msp/cacerts/ca.pem").read_bytes())
                self.assertIn(f"OrganizationalUnitIdentifier: {unit}",
                              (out / "config.yaml").read_text())
                subprocess.run(["openssl", "verify", "-CAfile", f"{own}/msp/cacerts/ca.pem",
                                str(certificate)], capture_output=True, check=True)
                before = certificate.read_bytes()
                self.assertEqual(self.run_command(*issue).returncode, 1)
                self.assertEqual(certificate.read_bytes(), before)

    def test_a_renewed_certificate_keeps_its_hosts(self):
        def hosts(certificate):
            return subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-ext",
                                   "subjectAltName"], capture_output=True, text=True).stdout
        with tempfile.TemporaryDirectory() as root:
            self.run_command("init", "--org", "BMSP", "--role", "downstream", "--dir", f"{root}/b",
                             "--host", "b.example", "--host", "10.1.2.3", "--host", "fd00::7")
            own = hosts(f"{root}/b/msp/signcerts/cert.pem")
            self.assertIn("10.1.2.3", own)
            for unit, wanted in (("client", own), ("peer", "")):
                done = self.run_command("issue", "--dir", f"{root}/b", "--unit", unit, "--out",
                                        f"{root}/{unit}")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(hosts(f"{root}/{unit}/signcerts/cert.pem"), wanted)

    def test_nothing_is_issued_without_the_roots_key(self):
        with tempfile.TemporaryDirectory() as root:
            for name, org in (("b", "BMSP"), ("o", "OrdererMSP")):
                done = self.run_command("init", "--org", org, "--dir", f"{root}/{name}",
                                        "--identity-only")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(sorted(p.name for p in pathlib.Path(root, name).iterdir()),
                                 ["ca", "msp"])
            issue = ("issue", "--unit", "peer", "--dir", f"{root}/b", "--out", f"{root}/out")
            key = pathlib.Path(f"{root}/b/ca/ca-key.pem")
            stolen = pathlib.Path(f"{root}/o/ca/ca-key.pem").read_bytes()
            own = key.read_bytes()
            key.unlink()
            done = self.run_command(*issue)
            self.assertEqual(done.returncode, 4)
            self.assertIn("ca-key.pem", done.stderr)
            key.write_bytes(stolen)
            self.assertEqual(self.run_command(*issue).returncode, 1)
            self.assertFalse(pathlib.Path(f"{root}/out").exists())
            key.write_bytes(own)
            self.assertEqual(self.run_command(*issue).returncode, 0)

    def test_the_published_example(self):
        vector = str(TESTS / "vectors" / "appendix_a.json")
        key = ("--p", "47917", "--q", "59063", "--json")
        done = self.run_command("import", "--appendix-a", vector, "--part", "corrected", *key)
        self.assertEqual(done.returncode, 0, done.stderr)
        seen = json.loads(done.stdout)
        self.assertEqual((seen["X"], seen["Y"], seen["XOR"], seen["misprints"]), (11, 10, 1, []))

        done = self.run_command("import", "--appendix-a", vector, "--part", "printed", *key)
        self.assertEqual(done.returncode, 1)
        wanted = json.loads(pathlib.Path(vector).read_text())["misprints"]
        misprints = {}
        for entry in json.loads(done.stdout)["misprints"]:
            misprints.setdefault(entry["array"], []).append(entry["index"])
        self.assertEqual(misprints, wanted)

        done = self.run_command("import", "--appendix-a", vector, "--part", "corrected", "--p",
                                "47917", "--q", "59069")
        self.assertEqual(done.returncode, 1)
        done = self.run_command("import", "--appendix-a", vector, "--part", "missing")
        self.assertEqual(done.returncode, 4)

    def test_the_published_example_is_exported_again(self):
        vector = TESTS / "vectors" / "appendix_a.json"
        wanted = json.loads(vector.read_text())["corrected"]
        with tempfile.TemporaryDirectory() as folder:
            first, second = f"{folder}/pair.txt", f"{folder}/pair.json"
            for source, target, order in ((vector, first, "msb"), (first, second, "lsb")):
                part = ("--part", "corrected") if source == vector else ("--bit-order", "msb")
                done = self.run_command("import", "--appendix-a", str(source), *part, "--output",
                                        target, "--output-order", order)
                self.assertEqual(done.returncode, 0, done.stderr)
            text = pathlib.Path(first).read_text()
            again = json.loads(pathlib.Path(second).read_text())
            for name, numbers in wanted.items():
                self.assertEqual(again[name], numbers)
                # most significant first in the text
                self.assertLess(text.index(numbers[-1]), text.index(numbers[0]))
            # what does not pass its checks is not written
            bad = f"{folder}/bad.txt"
            done = self.run_command("import", "--appendix-a", str(vector), "--part", "printed",
                                    "--p", "47917", "--q", "59063", "--output", bad)
            self.assertEqual(done.returncode, 1)
            self.assertFalse(pathlib.Path(bad).exists())


if __name__ == "__main__":
    unittest.main()
