"""What a node tells of its health while its gateway is silent: soon, and since when. Run by ctest with the built command in $LOTVEIL."""

import json
import pathlib
import signal
import subprocess
import sys
import time
import unittest

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1]), str(pathlib.Path(__file__).resolve().parents[1] / "harness")]

from cluster import COMMAND, UnixConnection, free_port  # noqa: E402
from fabric.playground import CHANNEL, Playground  # noqa: E402

SOON = 2.5  # seconds; on a machine that does much else
CONFIG = """organisation: S
role: servicer
listen: "127.0.0.1:{port}"
ledger:
  kind: fabric
  gateways: [{{address: "{gateway}"}}]
  xor: {channel}
members:
{members}"""
MEMBER = """  - {{msp: {name}, role: downstream, url: "https://127.0.0.1:1", root: members/{name}.pem}}
"""


class Health(unittest.TestCase):
    """The node of S on a made-up network."""

    @classmethod
    def setUpClass(cls):
        cls.ground = Playground((("S", "peer0"), ("D0", "peer0")), gateways=1)
        (cls.gateway,) = cls.ground.gateways
        cls.dir = cls.ground.folder / "S"
        for name in ("members", "state"):
            (cls.dir / name).mkdir(mode=0o700, exist_ok=True)
        members = ""
        for name in ("D0", "D1", "D2"):
            (cls.dir / "members" / f"{name}.pem").write_bytes((cls.ground.folder / name / "msp/cacerts/ca.pem").read_bytes())
            members += MEMBER.format(name=name)
        (cls.dir / "config.yaml").write_text(CONFIG.format(port=free_port(), gateway=cls.gateway.address, channel=CHANNEL, members=members))
        cls.log = open(cls.dir / "node.log", "ab")
        cls.node = subprocess.Popen([COMMAND, "serve", "--dir", cls.dir], stdin=subprocess.DEVNULL, stdout=cls.log, stderr=cls.log)

    @classmethod
    def tearDownClass(cls):
        cls.gateway.thaw()
        cls.node.send_signal(signal.SIGTERM)
        cls.node.wait(60)
        cls.log.close()
        cls.ground.stop()

    def words(self):
        return (self.dir / "node.log").read_text(errors="replace")

    def ask(self):
        """@return (what /healthz answered, how long that took)."""
        begin = time.monotonic()
        connection = UnixConnection(self.dir / "state/control.sock", 60)
        try:
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            self.assertEqual(answer.status, 200)
            return json.loads(answer.read()), time.monotonic() - begin
        finally:
            connection.close()

    def wait_until_well(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.assertIsNone(self.node.poll(), self.words())
            try:
                health, _ = self.ask()
            except OSError:
                health = {"status": "not yet"}
            if health["status"] == "ok":
                return health["channels"]["xor"]
            time.sleep(0.1)
        self.fail(f"{health} {self.words()}")

    def test_a_silent_gateway(self):
        before = self.wait_until_well(30)
        self.assertEqual(set(before), {"block", "hash"})
        asked = time.monotonic()
        self.gateway.freeze()
        for n in range(4):
            health, took = self.ask()
            channel = health["channels"]["xor"]
            self.assertLess(took, SOON)
            self.assertEqual(health["status"], "ledger unavailable")
            self.assertEqual((channel["block"], channel["hash"]), (before["block"], before["hash"]))
            self.assertRegex(channel["unavailable"], f"channel {CHANNEL}: asked [0-9]+ s ago, and no answer yet")
            self.assertAlmostEqual(channel["last_answer_seconds"], time.monotonic() - asked, delta=2)
        self.assertLess(time.monotonic() - asked, SOON + 3)  # only the first waits for it
        done = subprocess.run([COMMAND, "status", "--dir", self.dir], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, "the ledger does not answer: channel .*: asked [0-9]+ s ago, and no answer yet")
        self.assertRegex(done.stdout, "its last answer came [0-9]+ s ago")
        self.gateway.thaw()
        self.wait_until_well(60)

    def ping(self):
        return subprocess.run([COMMAND, "ledger", "ping", "--dir", self.dir], capture_output=True, text=True, timeout=100)

    def test_ping_asks_the_chaincode(self):
        """Which health does not: a node's ledger is there while a contract's server is not."""
        done = self.ping()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, f"^{CHANNEL}: the contract answered in [0-9.]+ ms\n$")
        self.ground.chaincodes["S"].stop()
        done = self.ping()
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        self.assertIn(f"channel {CHANNEL}: ", done.stderr)
        self.wait_until_well(30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
