"""Who may not what on a real Fabric network, tried with real keys past Lotveil's own client: reading `xor`, writing `quality`,
and committing with one endorsement."""

import base64
import pathlib
import sys
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parent.parent
for folder in ("harness", "fabric"):
    sys.path.insert(0, str(TESTS / folder))

import network  # noqa: E402
from client import (ENDORSEMENT_POLICY_FAILURE, VALID, Proposal, Refused, calls, envelope,  # noqa: E402
                    forged_endorsement, passed_beside, until)
from cluster import Cluster  # noqa: E402
from parties import CHANNELS, Parties  # noqa: E402
from rogue import Author  # noqa: E402

ROWS = [[1, "LOT-01", "0.45"], [2, "LOT-02", "0.41"], [3, "LOT-03", "0.76"]]
UNKNOWN = "creator org unknown"  # what Fabric says of an organisation that a channel does not have


class Access(unittest.TestCase):
    release = None

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(fabric=cls.release)
        cls.addClassCleanup(cls.cluster.close)
        cls.cluster.start()
        cls.cluster.publish(ROWS)
        cls.cluster.verdicts(len(ROWS) - 1)
        cls.set_ids = [s["set_id"] for s in cls.cluster.json("b", "sets")["sets"]][:2]
        cls.parties = Parties(cls.cluster)
        cls.rows = len(ROWS)

    def publish_one_more(self):
        type(self).rows += 1
        number = self.rows
        self.cluster.publish([[number, f"LOT-{number:02}", f"0.{number:02}"]], f"{number}.csv")

    def record(self, channel, number=0):
        answer = self.cluster.get("b", f"/v1/sets/{self.set_ids[number]}/records")
        return base64.b64decode(answer[channel])

    def get(self, number=0):
        return [b"read", calls(("get", [self.set_ids[number].encode()]))]

    # ---- reading xor ----

    def strangers(self):
        """(words, who signs, whose certificate opens the connection): the transport's check alone must not be what keeps them out."""
        p = self.parties
        for who in "abs":
            yield from ((f"the upstream's client at {who}", who, p.client["a"], p.client[who]),
                        (f"the upstream's administrator at {who}", who, p.admin["a"], p.client[who]),
                        (f"the upstream's peer at {who}", who, p.peer_of["a"], p.client[who]),
                        (f"an outsider at {who}", who, p.outsider, p.client[who]),
                        (f"an impostor at {who}", who, p.impostor, p.client[who]))

    def refused(self, what, *words):
        """Runs it -> what was said; one of `words` must be part of that."""
        with self.assertRaises(Refused) as caught:
            what()
        said = str(caught.exception)
        self.assertTrue(any(word in said for word in words), said)
        return said

    def words_at(self, who, signer):
        """The upstream's peer does not know the channel, or holds its first block alone; the others know who is no member."""
        if who == "a":
            return ("could not get last config for channel xor", "No metadata was found for chaincode xor in channel xor",
                    "channel 'xor' not found", "NOT_FOUND", UNKNOWN, "access denied", "FORBIDDEN")
        if signer is self.parties.impostor:
            return "certificate signed by unknown authority", UNKNOWN, "access denied", "FORBIDDEN"
        return UNKNOWN, "FORBIDDEN"

    def test_members_read_xor(self):
        """Beside the refusals: the very same calls succeed for those who may."""
        for who in "bs":
            for at in "bs":
                with self.parties.gateway(at, self.parties.client[who]) as peer:
                    self.assertEqual(peer.evaluate("xor", "xor", self.get()), self.record("xor"))
                    self.assertGreater(peer.height("xor"), 3)
                    self.assertTrue(peer.transactions("xor"))
                    answer = peer.endorse(Proposal(self.parties.client[who], "xor", "xor", self.get()))
                    self.assertEqual(answer.response.payload, self.record("xor"))

    def test_no_other_organisations_peer_is_believed(self):
        """While the own peer's chaincode is away another's would answer; Fabric 2.5 asks it unless it is told not to."""
        name = "chaincode.b.quality"
        self.cluster.network.kill(name)
        try:
            for _ in range(5):
                done = self.cluster.command("b", "ledger", "ping", "--channel", "quality", check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("(BMSP)", done.stderr)
                self.assertNotIn("AMSP", done.stderr)
                self.cluster.command("a", "ledger", "ping", "--channel", "quality")
        finally:
            self.cluster.network.start(name)
        self.cluster.command("b", "ledger", "ping")

    def test_strangers_are_refused_xor_by_every_gateway(self):
        for words, who, signer, tls in self.strangers():
            with self.subTest(words), self.parties.gateway(who, signer, tls) as peer:
                wanted = self.words_at(who, signer)
                self.refused(lambda: peer.evaluate("xor", "xor", self.get()), *wanted)
                self.refused(lambda: peer.height("xor"), *wanted)
                proposal = Proposal(signer, "xor", "xor", self.get())
                self.refused(lambda: peer.endorse_by_gateway(proposal), *wanted)

    def test_strangers_are_refused_xor_by_every_peer(self):
        for words, who, signer, tls in self.strangers():
            with self.subTest(words), self.parties.gateway(who, signer, tls) as peer:
                proposal = Proposal(signer, "xor", "xor", self.get())
                self.refused(lambda: peer.endorse(proposal), *self.words_at(who, signer))

    def test_strangers_are_refused_the_blocks_of_xor(self):
        for words, who, signer, tls in self.strangers():
            with self.subTest(words):
                with self.parties.gateway(who, signer, tls) as peer:
                    self.refused(lambda: peer.transactions("xor"), *self.words_at(who, signer))
                with self.parties.orderer(tls) as orderer:
                    self.refused(lambda: orderer.transactions("xor", signer), "FORBIDDEN", "BAD_REQUEST")

    def test_a_certificate_of_nobody_opens_no_connection(self):
        for who in "abs":
            with self.parties.gateway(who, self.parties.outsider) as peer:
                self.refused(lambda: peer.evaluate("xor", "xor", self.get()), "UNAVAILABLE")
                self.refused(lambda: peer.transactions("xor"), "UNAVAILABLE")

    def test_the_upstreams_peer_that_joins_by_force_gets_no_block(self):
        block = (self.cluster.network.state / "channels" / "xor.block").read_bytes()
        with self.parties.gateway("a", self.parties.admin["a"]) as peer:
            peer.endorse(Proposal(self.parties.admin["a"], "", "cscc", [b"JoinChain", block]))
        # It asks orderer and peers for blocks from now on; what it then holds is counted in its own files.
        with self.parties.gateway("b") as peer:
            before = peer.height("xor")
        self.publish_one_more()
        with self.parties.gateway("b") as peer:
            until(lambda: peer.height("xor") > before, 30, "a further block of xor")
        time.sleep(3)  # long enough for a block that was on its way
        chains = self.cluster.network.state / "peer.a" / "data" / "ledgersData" / "chains" / "chains"
        self.assertTrue((chains / "xor").is_dir(), "it joined")
        held = b"".join(path.read_bytes() for path in (chains / "xor").iterdir())
        self.assertLess(len(held), 2 * len(block), "it holds more than the channel's first block")
        record = self.record("xor")
        self.assertNotIn(record[:64], held)
        elsewhere = self.cluster.network.state / "peer.s" / "data" / "ledgersData" / "chains" / "chains" / "xor"
        self.assertIn(record[:64], b"".join(path.read_bytes() for path in elsewhere.iterdir()), "where it may be")

    # ---- writing quality ----

    def heights(self):
        found = {}
        for channel in CHANNELS:
            with self.parties.gateway("b") as peer:
                found[channel] = peer.height(channel)
        return found

    def forged(self, signer, *endorsers):
        """A transaction that no chaincode ever saw, endorsed with the keys of these peers."""
        proposal = Proposal(signer, "quality", "quality", [b"submit", calls(("put", [b"forged"]))])
        answers = [forged_endorsement(proposal, "quality", "1", {f"set/{'00' * 32}": b"forged"}, self.parties.peer_of[who])
                   for who in endorsers]
        return proposal, envelope(proposal, answers, signer)

    def test_the_orderer_refuses_what_the_upstream_wrote(self):
        """The channel's Writers policy: even with both peers' endorsements."""
        before = self.heights()
        for signer in (self.parties.client["a"], self.parties.peer_of["a"], self.parties.outsider):
            proposal, signed = self.forged(signer, "a", "b")
            with self.parties.orderer(self.parties.client["a"]) as orderer:
                said = self.refused(lambda: orderer.broadcast(signed), "FORBIDDEN")
            self.assertIn("Writers", said)
            with self.parties.gateway("a", signer, self.parties.client["a"]) as peer:
                self.refused(lambda: peer.submit(signed, proposal), "Writers", UNKNOWN, "FORBIDDEN")
        self.assertEqual(self.heights(), before, "nothing came of it")

    def test_the_contract_refuses_the_upstream(self):
        arguments, transient = passed_beside(self.record("quality"))
        for signer in (self.parties.client["a"], self.parties.admin["a"]):
            for who in "ab":
                with self.subTest(who=who), self.parties.gateway(who, signer, self.parties.client[who]) as peer:
                    proposal = Proposal(signer, "quality", "quality", [b"submit", calls(("put", arguments))], transient)
                    said = self.refused(lambda: peer.endorse(proposal), "500")
                    self.assertIn("AMSP", said)
                    self.assertIn("upstream", said)
                    self.assertIn(said.partition(": ")[2],
                                  self.refused(lambda: peer.endorse_by_gateway(proposal), "ABORTED", "FAILED_PRECONDITION"))

    def test_the_contract_refuses_what_stands_already(self):
        """Its own author is let through to the rule that the record meets, so that the refusal above is about who asks."""
        arguments, transient = passed_beside(self.record("quality"))
        proposal = Proposal(self.parties.client["b"], "quality", "quality",
                            [b"submit", calls(("put", arguments))], transient)
        with self.parties.gateway("b") as peer:
            said = self.refused(lambda: peer.endorse(proposal), "500")
        self.assertIn(self.set_ids[0][:8], said)
        self.assertNotIn("upstream", said)

    def test_an_endorsement_of_the_upstreams_peer_alone_is_invalid(self):
        """Its administrator stands in the Writers policy, to approve chaincode; a transaction of its making commits as invalid."""
        admin = self.parties.admin["a"]
        proposal, signed = self.forged(admin, "a")
        with self.parties.orderer(self.parties.client["a"]) as orderer:
            orderer.broadcast(signed)
        with self.parties.gateway("a", admin) as peer:
            self.assertEqual(peer.code(proposal), ENDORSEMENT_POLICY_FAILURE)
        self.nothing_came_of(proposal)

    def nothing_came_of(self, proposal):
        """On the ledger as invalid; and the nodes go on."""
        found = [t for t in self.parties.transactions("quality") if t.txid == proposal.txid]
        self.assertEqual([t.code for t in found], [ENDORSEMENT_POLICY_FAILURE])
        with self.parties.gateway("b") as peer:
            self.refused(lambda: peer.evaluate("quality", "quality", [b"read", calls(("get", [b"00" * 32]))]), "500")
        count = len(self.cluster.get("a", "/v1/verdicts")["verdicts"])
        self.publish_one_more()
        self.cluster.verdicts(count + 1, seconds=30)

    # ---- one endorsement ----

    def grant(self):
        """A call that the downstream may make at any time: its next grant."""
        number = len(self.parties.records("xor", "grant/")) + 1
        record = Author(self.cluster, "b").seal("grant", "Grant", {
            "channel": "xor", "author": "BMSP", "buyer": "AMSP", "servicer": "SMSP", "series": "other",
            "number": number, "quota": 0, "revoke": 0, "time": int(time.time())})
        return f"grant/BMSP/{number:020}", Proposal(self.parties.client["b"], "xor", "xor",
                                                    [b"submit", calls(("grant", [record]))])

    def endorsed_by(self, proposal, whom):
        answers = []
        for who in whom:
            with self.parties.gateway(who, self.parties.client["b"]) as peer:
                answers.append(peer.endorse(proposal))
        return envelope(proposal, answers, self.parties.client["b"])

    def commit(self, proposal, signed):
        with self.parties.gateway("b") as peer:
            peer.submit(signed, proposal)
            return peer.code(proposal)

    def test_one_endorsement_only_is_invalid(self):
        for whom in ("b", "s", "bb"):
            with self.subTest(whom=whom):
                key, proposal = self.grant()
                self.assertEqual(self.commit(proposal, self.endorsed_by(proposal, whom)), ENDORSEMENT_POLICY_FAILURE)
                self.assertNotIn(key, self.parties.records("xor", "grant/"))
        key, proposal = self.grant()
        self.assertEqual(self.commit(proposal, self.endorsed_by(proposal, "bs")), VALID)
        self.assertIn(key, self.parties.records("xor", "grant/"))
        self.cluster.command("b", "series")  # the nodes went past all of them

    def test_an_endorsement_by_a_client_is_none(self):
        key, proposal = self.grant()
        with self.parties.gateway("b") as peer:
            answer = peer.endorse(proposal)
        second = type(answer)()
        second.CopyFrom(answer)
        client = self.parties.client["s"]
        second.endorsement.endorser = client.creator
        second.endorsement.signature = client.sign(answer.payload + client.creator)
        signed = envelope(proposal, [answer, second], self.parties.client["b"])
        self.assertEqual(self.commit(proposal, signed), ENDORSEMENT_POLICY_FAILURE)
        self.assertNotIn(key, self.parties.records("xor", "grant/"))

    def test_a_result_that_was_changed_after_endorsing_is_invalid(self):
        key, proposal = self.grant()
        with self.parties.gateway("b") as peer:
            answer = peer.endorse(proposal)
        other = forged_endorsement(proposal, "xor", "1", {key: b"another grant"}, self.parties.peer_of["b"])
        answer.payload = other.payload
        signed = envelope(proposal, [answer], self.parties.client["b"])
        self.assertEqual(self.commit(proposal, signed), ENDORSEMENT_POLICY_FAILURE)
        self.assertNotIn(key, self.parties.records("xor", "grant/"))


if __name__ == "__main__":
    network.main(Access)
