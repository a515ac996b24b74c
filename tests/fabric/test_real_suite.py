"""The suite of all ledgers against Hyperledger Fabric itself, where its binaries are found (FABRIC_BIN or PATH)."""

import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from fabric import real  # noqa: E402

TESTS = 26  # at least as many ledgers as the suite has tests


class RealSuite(unittest.TestCase):
    def test_with_two_gateways(self):
        with real.Network(os.environ["LOTVEIL"], "xor", TESTS) as network:
            run = subprocess.run([real.SUITE], env=network.environment(LOTVEIL_FABRIC_CHAINCODE="xor"), timeout=500)
            self.assertEqual(run.returncode, 0)


if __name__ == "__main__":
    if not real.find_binaries():
        print("skipped: Fabric's binaries are neither in FABRIC_BIN nor on PATH: " + ", ".join(real.NEEDED))
        sys.exit(77)  # the test's SKIP_RETURN_CODE
    unittest.main(verbosity=2)
