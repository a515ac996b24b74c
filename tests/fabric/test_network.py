"""The whole flow on real Fabric networks: everything of tests/flow that asks for no embedded ledger, and the canary in the files
and logs of peers, orderer and chaincode servers.

LOTVEIL_TEST_FABRIC, FABRIC_BIN or PATH say where Fabric is (tests/harness/network.py)."""

import base64
import pathlib
import sys
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
for folder in ("harness", "flow", "fabric"):
    sys.path.insert(0, str(TESTS / folder))

import network  # noqa: E402
import test_flow  # noqa: E402
from cluster import Cluster  # noqa: E402
from parties import CHANNELS, Parties  # noqa: E402

SECONDS_TO_RELEASE_PORTS = 10


class Whole(test_flow.Flow):
    release = None
    shared_folder = "network"

    @classmethod
    def make_cluster(cls, **options):
        return Cluster(fabric=cls.release, **options)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.parties = Parties(cls.cluster)

    def record(self, who, set_id, channel):
        answer = self.cluster.get(who, f"/v1/sets/{set_id}/records")
        return base64.b64decode(answer[channel])

    # ---- of tests/flow, where Fabric's answer has other parts ----

    def test_every_organisation_verifies_its_channels(self):
        for who, channels in {"a": ["quality"], "b": ["quality", "xor"], "s": ["xor"]}.items():
            shown = self.cluster.json(who, "ledger", "verify")["channels"]
            self.assertEqual([c["channel"] for c in shown], channels)
            for channel in shown:
                self.assertTrue(channel["ok"])
                self.assertIsNotNone(channel["remembered"], "the running node remembers a head")
                self.assert_head(who, channel["channel"], channel["head"])

    def assert_head(self, who, channel, head):
        with self.parties.gateway(who) as peer:
            info = peer.info(channel)
        self.assertEqual((head["block"], head["hash"]), (info.height - 1, info.currentBlockHash.hex()))

    def test_blocks_are_shown(self):
        for who, channel in (("a", "quality"), ("b", "quality"), ("b", "xor"), ("s", "xor")):
            heads = {h["channel"]: h for h in self.cluster.json(who, "ledger", "head")["channels"]}
            self.assert_head(who, channel, heads[channel])
            shown = self.cluster.json(who, "ledger", "show", "--channel", channel)["channels"][0]
            calls = {}
            for block in shown["blocks"]:
                for transaction in block["transactions"]:
                    calls[transaction["function"]] = calls.get(transaction["function"], 0) + 1
            wanted = {"put": 3} if channel == "quality" else {"put": 3, "sell": 3, "grant": 1}
            self.assertEqual(calls, wanted)
        last = shown["blocks"][-1]["block"]
        one = self.cluster.command("s", "ledger", "show", "--channel", "xor", "--block", str(last))
        self.assertIn("sell", one.stdout)

    # ---- what stands on the ledger, read past Lotveil ----

    def test_the_ledger_has_each_record_once_and_as_the_nodes_have_it(self):
        for channel, members in CHANNELS.items():
            for who in members:
                with self.subTest(f"{channel} at {who}"):
                    records = self.parties.records(channel, who=who)
                    self.assertEqual(sorted(records), sorted(f"set/{s}" for s in self.set_ids()))
                    for set_id in self.set_ids():
                        self.assertEqual(records[f"set/{set_id}"],
                                         [self.record(who, set_id, channel)])

    def test_both_organisations_endorsed_everything(self):
        for channel, members in CHANNELS.items():
            wanted = sorted(f"{who.upper()}MSP" for who in members)
            transactions = self.parties.transactions(channel)
            self.assertTrue(transactions)
            for transaction in transactions:
                self.assertEqual((transaction.code, sorted(transaction.endorsers)), (0, wanted))

    def test_a_record_stands_in_its_block_once(self):
        """What travels transient is in the write set alone: a block is hardly larger than its records."""
        with self.parties.gateway("b") as peer:
            for channel in CHANNELS:
                for transaction in peer.transactions(channel):
                    for key, value in transaction.writes.get(channel, {}).items():
                        if key.startswith("set/") and len(value) >= 4096:
                            self.assertEqual(transaction.data.count(value), 1, key)


class Down(unittest.TestCase):
    release = None

    def test_nothing_of_a_network_is_left(self):
        with Cluster(fabric=self.release) as cluster:
            cluster.start()
            cluster.publish([[1, "LOT-01", "0.45"], [2, "LOT-02", "0.76"]])
            self.assertEqual([v["verdict"] for v in cluster.verdicts(1)], ["rise"])
            running = cluster.network.processes()
            self.assertGreaterEqual(len(running), len(cluster.network.names()))
            ports = cluster.network.ports()
            self.assertGreaterEqual(len(ports), len(cluster.network.names()))
            for who in "abs":
                self.assertEqual(cluster.stop(who), 0)

            cluster.network.down()
            self.assertEqual(cluster.network.processes(), [])
            end = time.monotonic() + SECONDS_TO_RELEASE_PORTS
            while cluster.network.open_ports(ports) and time.monotonic() < end:
                time.sleep(0.1)
            self.assertEqual(cluster.network.open_ports(ports), [])
            cluster.network.down()  # and once more: nothing to do

            # it comes up again with what it had
            cluster.network.script("up", timeout=180)
            cluster.start()
            cluster.publish([[3, "LOT-03", "0.46"]], "more.csv")
            self.assertEqual([v["verdict"] for v in cluster.verdicts(2)], ["rise", "fall"])


if __name__ == "__main__":
    network.main(Whole, Down)
