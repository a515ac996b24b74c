"""The suite of all ledgers (tests/ledger) with Fabric's client, against a network that plays Fabric: an orderer, peers and
gateways in Python, and real chaincode servers."""

import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from fabric.playground import SUITE, Playground  # noqa: E402


class LedgerSuite(unittest.TestCase):
    def test_with_two_gateways(self):
        with Playground() as ground:
            run = subprocess.run([SUITE], env=ground.environment(LOTVEIL_FABRIC_CHAINCODE="xor"), timeout=500)
            self.assertEqual(run.returncode, 0)
            heights = {peer.ledger.height for peer in ground.peers}
            self.assertEqual(len(heights), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
