"""`lotveil demo --ledger fabric`: the same outcome as on an embedded ledger, and nothing that outlives it.

LOTVEIL_TEST_FABRIC, FABRIC_BIN or PATH say where Fabric is (tests/harness/network.py)."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "harness"))

import network  # noqa: E402
from cluster import COMMAND  # noqa: E402

SECONDS_TO_END = 60


def processes_in(folder):
    """pids of whoever has the folder in arguments or environment."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue  # not ours, or gone
        if str(folder).encode() in told:
            found.append(int(entry.name))
    return found


class Demo(unittest.TestCase):
    release = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lotveil-demo-")
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name) / "demo"
        self.env = dict(os.environ)
        if self.release.folder:
            self.env["FABRIC_BIN"] = self.release.folder

    def command(self, *arguments):
        return [COMMAND, "demo", "--ledger", "fabric", "--dir", str(self.dir), *arguments]

    def run_demo(self, *arguments):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=400,
                              env=self.env, stdin=subprocess.DEVNULL)

    def expect_nothing_left(self):
        end = time.monotonic() + SECONDS_TO_END
        while processes_in(self.dir):
            self.assertLess(time.monotonic(), end, processes_in(self.dir))
            time.sleep(0.1)

    def test_the_published_case(self):
        done = self.run_demo("--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        seen = json.loads(done.stdout)
        self.assertEqual((seen["ledger"], seen["alarm_period"], seen["complaint_period"]),
                         ("fabric", 3, 4))
        self.assertEqual([(p["lot"], p["verdict"], p["scale"], p["alarm"]) for p in seen["periods"]],
                         [("LOT-01", None, None, False), ("LOT-02", "fall", 4, False),
                          ("LOT-03", "rise", 64, True), ("LOT-04", "rise", 128, True)])
        self.assertEqual(processes_in(self.dir), [])
        self.assertFalse((self.dir / "ledger").exists())
        report = (self.dir / "report.html").read_text()
        for value in ("0.45", "0.41", "0.76", "1.32"):
            self.assertNotIn(value, report)
        self.look_at_it_afterwards()

    def look_at_it_afterwards(self):
        """The network starts again with what was written, and another demo ends and replaces it."""
        state = str(self.dir / "fabric")
        env = dict(self.env, LOTVEIL=str(pathlib.Path(COMMAND).resolve()))
        self.addCleanup(subprocess.run, [network.SCRIPT, "down", "--dir", state], env=env)
        subprocess.run([network.SCRIPT, "up", "--dir", state], env=env, check=True, timeout=180,
                       capture_output=True)
        for who in "abs":
            done = subprocess.run([COMMAND, "ledger", "verify", "--dir", str(self.dir / who)],
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        before = processes_in(self.dir)
        self.assertGreater(len(before), 5)
        done = self.run_demo("--again")
        self.assertEqual(done.returncode, 0, done.stderr)
        for part in ("Hyperledger Fabric", "ALARM in month 3", "network.sh up"):
            self.assertIn(part, done.stdout)
        self.assertEqual(processes_in(self.dir), [])

    def kill_when(self, there, how):
        demo = subprocess.Popen(self.command("--keep-running"), stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=self.env)
        try:
            end = time.monotonic() + 200
            while not there():
                self.assertIsNone(demo.poll(), "the demo ended by itself")
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)
        finally:
            demo.send_signal(how)
            demo.wait()
        self.expect_nothing_left()

    def test_killed_while_the_network_comes_up(self):
        self.kill_when((self.dir / "fabric" / "run" / "peer.b.pid").exists, signal.SIGKILL)

    def test_ended_while_it_plays(self):
        self.kill_when((self.dir / "b" / "state" / "control.sock").exists, signal.SIGTERM)


if __name__ == "__main__":
    network.main(Demo)
