"""Fabric's client against gateways that fail in every way we know of. Each test ends with counting what stands on the ledger
against what was acknowledged: nothing doubled, nothing lost."""

import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import grpc  # noqa: E402
from fabric_protos.common import common_pb2  # noqa: E402
from fabric_protos.gateway import gateway_pb2  # noqa: E402
from fabric_protos.ledger.rwset import rwset_pb2  # noqa: E402
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2  # noqa: E402
from fabric_protos.peer import proposal_pb2, proposal_response_pb2, transaction_pb2  # noqa: E402

from fabric.fake import ledger as ledgers  # noqa: E402
from fabric.fake.gateway import fail  # noqa: E402
from fabric.fake.msp import Members  # noqa: E402
from fabric.playground import Playground  # noqa: E402

Code = grpc.StatusCode
CLIENT = os.environ["LOTVEIL_FABRIC_CLIENT"]
MEGABYTE = 1 << 20


class Client:
    def __init__(self, ground, chaincode, name="D0", **settings):
        environment = ground.environment(ASAN_OPTIONS="quarantine_size_mb=1", **settings)
        self.process = subprocess.Popen([CLIENT, chaincode, name], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self):
        """@return (status, the rest)."""
        status, _, rest = self.process.stdout.readline().strip().partition(" ")
        return status, rest

    def ask(self, line):
        self.begin(line)
        return self.end()

    def peak(self):
        """The most memory it ever had, in bytes."""
        words = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", words)[1]) * 1024

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(60)


class Scenario(unittest.TestCase):
    """Two gateways, of two peers of D0; one peer of S endorses too."""

    made = 0

    @classmethod
    def setUpClass(cls):
        cls.ground = Playground((("D0", "peer0"), ("D0", "peer1"), ("S", "peer0")), gateways=2)
        cls.first, cls.second = cls.ground.gateways

    @classmethod
    def tearDownClass(cls):
        cls.ground.stop()

    def setUp(self):
        Scenario.made += 1
        self.chaincode = f"xor-{Scenario.made}"
        self.clients, self.acknowledged = [], []
        self.client = self.open()

    def open(self, name="D0", **settings):
        self.clients.append(Client(self.ground, self.chaincode, name, **settings))
        return self.clients[-1]

    def tearDown(self):
        for server in self.ground.gateways:
            server.thaw()
            for name, hooks in server.hooks.items():
                self.assertFalse(hooks, f"the fault in {name} was never met")
        for peer in self.ground.peers:
            peer.follows.set()
        for client in self.clients:
            self.assertEqual(client.close(), 0)
        self.count()

    def count(self):
        """Every acknowledged grant stands once, in one valid transaction, at every peer; and no other does."""
        height = max(peer.ledger.height for peer in self.ground.peers)
        for peer in self.ground.peers:
            self.assertTrue(peer.ledger.wait(lambda: peer.ledger.height >= height, 10))  # noqa: B023
            keys = [key for key in peer.ledger.states[self.chaincode].keys() if key.startswith("grant/D0/")]
            self.assertEqual([int(key.rsplit("/", 1)[1]) for key in keys], sorted(self.acknowledged))
            self.assertEqual(len(list(peer.ledger.transactions(self.chaincode))), len(self.acknowledged))

    def codes(self):
        """The validation codes of this test's transactions, in order."""
        return [self.ground.ledger.places[transaction.txid].code if first else ledgers.DUPLICATE_TXID
                for transaction, first in self.seen()]

    def seen(self):
        ids = set()
        for transaction in self.ground.ledger.transactions(self.chaincode, None):
            yield transaction, transaction.txid not in ids
            ids.add(transaction.txid)

    def grant(self, number, client=None):
        """One grant that has to be acknowledged."""
        status, words = (client or self.client).ask(f"grant {number} 1")
        self.assertEqual(status, "LV_OK", words)
        self.acknowledged.append(number)

    def hook(self, name, *hooks, servers=None):
        for server in servers or [self.first]:
            server.hooks[name].extend(hooks)


def refuse(code, words, *details):
    return lambda request, context, go_on: fail(context, code, words, details)


class TestReads(Scenario):
    def test_they_are_for_peers_of_the_own_organisation_alone(self):
        asked = []

        def look(request, context, go_on):
            asked.append(list(request.target_organizations))
            return go_on()

        self.grant(1)
        self.hook("Evaluate", look)
        self.assertEqual(self.client.ask("head")[0], "LV_OK")
        self.hook("Evaluate", look)
        self.assertEqual(self.client.ask("read")[0], "LV_OK")
        self.assertEqual(asked, [["D0"]] * 2)


class TestEndorse(Scenario):
    def test_aborted_and_unavailable_are_tried_again(self):
        detail = ("peer0.d0.example:7051", "D0", "error in simulation: failed to execute transaction")
        self.hook("Endorse", refuse(Code.ABORTED, "failed to endorse transaction, see attached details for more info", detail),
                  servers=[self.first, self.second])
        self.grant(1)
        self.hook("Endorse", refuse(Code.UNAVAILABLE, "no peers"), servers=[self.first, self.second])
        self.grant(2)
        self.assertEqual(self.codes(), [0, 0])

    def test_answers_that_differ_are_asked_for_again(self):
        detail = ("peer0.s.example:7051", "S", "ProposalResponsePayloads do not match")
        differ = refuse(Code.ABORTED, "failed to collect enough transaction endorsements, see attached details for more info", detail)
        self.hook("Endorse", *[differ] * 3, servers=[self.first, self.second])
        self.grant(1)

    def test_a_refusal_of_a_peer_that_lags_is_not_believed(self):
        peer = self.ground.peers[2]
        self.grant(1)
        self.assertTrue(peer.ledger.wait(lambda: peer.ledger.height == self.ground.ledger.height, 10))
        peer.follows.clear()
        self.grant(2)
        threading.Timer(1, peer.follows.set).start()
        self.grant(3)  # of which the lagging peer says at first that it leaves a gap

    def test_a_refusal_of_the_contract_is_told_at_once_in_its_words(self):
        began = time.monotonic()
        status, words = self.client.ask("grant 7 1")
        self.assertEqual(status, "LV_REFUSED")
        self.assertRegex(words, r"^channel xor\.example: call 1 of 1 \(grant\): .*gap")
        self.assertLess(time.monotonic() - began, 5)
        self.assertEqual(self.first.calls["Endorse"] + self.second.calls["Endorse"] > 0, True)

    def test_too_long_an_answer_is_no_answer(self):
        huge = gateway_pb2.EndorseResponse(prepared_transaction=common_pb2.Envelope(payload=bytes(100 * MEGABYTE)))
        before = self.second.calls["Endorse"]
        self.hook("Endorse", lambda request, context, go_on: huge)
        self.grant(1)  # through the other one
        self.assertEqual(self.second.calls["Endorse"], before + 1)


class TestLies(Scenario):
    """What Endorse returns is not what was proposed."""

    def setUp(self):
        super().setUp()
        self.kept = []

    def keep(self, request, context, go_on):
        self.kept.append(go_on())
        return self.kept[-1]

    def replay(self, request, context, go_on):
        return self.kept[0]

    def changed(self, change):
        """A hook: the endorsed action, changed."""
        def hook(request, context, go_on):
            response = go_on()
            envelope = response.prepared_transaction
            payload = common_pb2.Payload.FromString(envelope.payload)
            transaction = transaction_pb2.Transaction.FromString(payload.data)
            action = transaction_pb2.ChaincodeActionPayload.FromString(transaction.actions[0].payload)
            change(action.action)
            transaction.actions[0].payload = action.SerializeToString()
            payload.data = transaction.SerializeToString()
            envelope.payload = payload.SerializeToString()
            return response
        return hook

    @staticmethod
    def without_endorsements(action):
        del action.endorsements[:]

    @staticmethod
    def by_another_signature(action):
        action.endorsements[0].signature = action.endorsements[1].signature

    def another_write(self, action):
        """As a peer of D0 would endorse it that lies itself."""
        answer = proposal_response_pb2.ProposalResponsePayload.FromString(action.proposal_response_payload)
        inner = proposal_pb2.ChaincodeAction.FromString(answer.extension)
        results = rwset_pb2.TxReadWriteSet.FromString(inner.results)
        rwset = kv_rwset_pb2.KVRWSet.FromString(results.ns_rwset[0].rwset)
        results.ns_rwset.add(namespace="another", rwset=kv_rwset_pb2.KVRWSet(writes=rwset.writes).SerializeToString())
        inner.results = results.SerializeToString()
        answer.extension = inner.SerializeToString()
        action.proposal_response_payload = answer.SerializeToString()
        del action.endorsements[1:]
        signer = self.ground.peers[0].signer
        action.endorsements[0].endorser = signer.creator
        action.endorsements[0].signature = signer.sign(action.proposal_response_payload + signer.creator)

    def test_the_honest_gateway_is_used(self):
        self.hook("Endorse", self.keep)
        self.grant(1)
        lies = [self.replay] + [self.changed(change) for change in (self.without_endorsements, self.by_another_signature, self.another_write)]
        for number, lie in enumerate(lies, 2):
            time.sleep(1.1)  # so that the first gateway is asked again
            self.hook("Endorse", lie)
            self.grant(number)
        self.assertEqual(self.codes(), [0] * 5)

    def test_without_one_nothing_is_signed(self):
        for change in (self.without_endorsements, self.by_another_signature, self.another_write):
            lie = self.changed(change)
            self.hook("Endorse", lie, lie, servers=[self.first, self.second])
            status, words = self.client.ask("grant 1 1")
            self.assertEqual(status, "LV_E_CORRUPT", words)
        self.assertEqual(self.codes(), [])


class TestSubmit(Scenario):
    def test_an_answer_that_is_lost_after_ordering(self):
        def lose(request, context, go_on):
            go_on()
            fail(context, Code.UNAVAILABLE, "the connection was reset")
        for number in range(1, 4):
            self.hook("Submit", lose, servers=[self.first, self.second] if number == 3 else None)
            self.grant(number)
            for server in self.ground.gateways:
                server.hooks["Submit"].clear()
        self.assertEqual([code for code in self.codes() if code != 9], [0, 0, 0])

    def test_a_transaction_that_was_never_ordered(self):
        self.hook("Submit", refuse(Code.UNAVAILABLE, "no orderers could successfully process transaction"))
        self.grant(1)
        self.assertEqual(self.codes(), [0])

    def test_an_orderer_that_loses_what_it_took(self):
        self.hook("Submit", lambda request, context, go_on: gateway_pb2.SubmitResponse())
        self.grant(1)
        self.assertEqual(self.codes(), [0])

    def test_the_connection_is_cut_in_the_middle(self):
        def cut(request, context, go_on):
            go_on()
            threading.Thread(target=self.restart).start()
            time.sleep(1)
            return gateway_pb2.SubmitResponse()
        self.hook("Submit", cut)
        self.grant(1)
        self.assertEqual([code for code in self.codes() if code != 9], [0])

    def restart(self):
        self.first.stop()
        self.first.start()

    def test_a_commit_after_the_client_gave_up(self):
        impatient = self.open(LOTVEIL_FABRIC_COMMIT_MS="3000")
        self.ground.orderer.cut_now.acquire()
        try:
            status, words = impatient.ask("grant 1 1")
        finally:
            self.ground.orderer.cut_now.release()
        self.assertEqual(status, "LV_UNAVAILABLE")
        self.assertRegex(words, r"transaction [0-9a-f]{64} was submitted, .* it may yet commit")
        self.acknowledged.append(1)  # the node submits the same record again and is told that it stands
        status, words = "", ""
        until = time.monotonic() + 10
        while status != "LV_EXISTS" and time.monotonic() < until:
            self.assertTrue(self.ground.ledger.wait(lambda: 0 in self.codes(), 10))
            status, words = impatient.ask("grant 1 1")
        self.assertEqual(status, "LV_EXISTS", words)
        self.assertEqual([code for code in self.codes() if code != 9], [0])

    def test_a_commit_after_the_same_record_was_submitted_again(self):
        """Both are under way at once: the second one is invalid, and the client learns that the record stands."""
        impatient = self.open(LOTVEIL_FABRIC_COMMIT_MS="2000")
        self.ground.orderer.cut_now.acquire()
        status, _ = impatient.ask("grant 1 1")
        self.assertEqual(status, "LV_UNAVAILABLE")
        before = self.submitted()
        self.client.begin("grant 1 1")
        until = time.monotonic() + 20
        while self.submitted() == before and time.monotonic() < until:
            time.sleep(0.05)
        self.ground.orderer.cut_now.release()
        self.assertEqual(self.client.end()[0], "LV_EXISTS")
        self.acknowledged.append(1)
        self.assertEqual(sorted(code for code in self.codes() if code != 9), [0, 11])

    def submitted(self):
        return self.first.calls["Submit"] + self.second.calls["Submit"]

    def test_commit_status_that_hangs(self):
        def hang(request, context, go_on):
            while context.is_active():
                time.sleep(0.1)
        self.hook("CommitStatus", hang)
        self.grant(1)

    def test_what_is_said_of_a_copy_is_not_said_of_the_first(self):
        def duplicate(request, context, go_on):
            return gateway_pb2.CommitStatusResponse(result=9, block_number=go_on().block_number + 1)
        self.hook("CommitStatus", duplicate)
        self.grant(1)

    def test_a_conflict(self):
        other = self.open()

        def overtake(request, context, go_on):
            self.grant(1, other)
            return go_on()
        self.hook("Submit", overtake)
        status, words = self.client.ask("grant 1 1")
        self.assertEqual(status, "LV_EXISTS", words)
        self.assertEqual(self.codes(), [0, 11])

    def test_an_invalid_endorsement_is_tried_once_more(self):
        policies = [peer.ledger.policy for peer in self.ground.peers]
        for peer in self.ground.peers:
            peer.ledger.policy = {"D0", "S", "D1"}
        try:
            status, words = self.client.ask("grant 1 1")
        finally:
            for peer, policy in zip(self.ground.peers, policies):
                peer.ledger.policy = policy
        self.assertEqual(status, "LV_REFUSED")
        self.assertIn("ENDORSEMENT_POLICY_FAILURE", words)
        self.assertEqual(self.codes(), [10, 10])

    def test_an_orderer_that_forbids(self):
        refusal = refuse(Code.ABORTED, "received unsuccessful response from orderer: status=FORBIDDEN, info=implicit policy evaluation failed")
        self.hook("Submit", refusal)
        status, words = self.client.ask("grant 1 1")
        self.assertEqual(status, "LV_REFUSED")
        self.assertIn("Check that it is a member", words)


class TestGateways(Scenario):
    def test_one_that_dies_and_comes_back(self):
        for number in range(1, 31):
            if number == 10:
                self.first.stop()
            if number == 20:
                self.first.start()
                self.second.stop()
            self.grant(number)
        self.second.start()

    def test_one_that_says_goodbye_under_load(self):
        clients = [self.open(name) for name in ("D1", "D2")]
        stopping = threading.Event()

        def disturb():
            while not stopping.wait(0.3):
                self.restart()
        threading.Thread(target=disturb).start()
        try:
            for number in range(1, 11):
                for client in clients:
                    client.begin(f"grant {number} 1")
                self.grant(number)
                for client in clients:
                    status, words = client.end()
                    self.assertEqual(status, "LV_OK", words)
        finally:
            stopping.set()
            time.sleep(0.5)
        ledger = self.ground.ledger
        self.assertEqual(len(list(ledger.transactions(self.chaincode))), 30)
        others = [octets for octets in ledger.transactions(self.chaincode) if b"D0" not in octets.signature_header.creator[:6]]
        self.assertEqual(len(others), 20)

    def restart(self):
        self.first.stop()
        self.first.start()

    def count(self):
        if "goodbye" not in self.id():
            super().count()

    def test_one_that_stops(self):
        self.grant(1)
        self.first.freeze()
        time.sleep(5.2)
        began = time.monotonic()
        self.grant(2)
        self.assertEqual(self.client.ask("read")[0], "LV_OK")
        self.assertLess(time.monotonic() - began, 20)

    def test_one_that_lags(self):
        self.grant(1)
        block, digest = self.client.ask("head")[1].split()
        self.ground.peers[0].follows.clear()
        self.grant(2)
        self.grant(3)
        self.assertEqual(self.client.ask("check " + block + " " + digest)[0], "LV_OK")
        newest, newest_digest = self.client.ask("head")[1].split()
        self.assertEqual(int(newest), self.ground.peers[1].ledger.height - 1)
        self.second.stop()  # what is left is behind, and that is no past that was rewritten
        status, words = self.client.ask(f"check {newest} {newest_digest}")
        self.assertEqual(status, "LV_UNAVAILABLE", words)
        self.assertEqual(self.client.ask("read")[0], "LV_UNAVAILABLE")
        fresh = self.open()
        status, words = fresh.ask(f"check {newest} {newest_digest}")
        self.assertEqual(status, "LV_UNAVAILABLE", words)
        self.second.start()
        self.ground.peers[0].follows.set()
        self.assertEqual(self.client.ask(f"check {newest} {newest_digest}")[0], "LV_OK")

    def test_heads_are_checked_with_and_without_headers_alone(self):
        heads = []
        for number in range(1, 6):
            self.grant(number)
            heads.append(self.client.ask("head")[1])
        for header_only in (True, False):
            for server in self.ground.gateways:
                server.header_only = header_only
            fresh = self.open()
            for block, digest in (head.split() for head in heads):
                self.assertEqual(fresh.ask(f"check {block} {digest}")[0], "LV_OK")
                wrong = f"{int(digest[0], 16) ^ 1:x}" + digest[1:]
                self.assertEqual(fresh.ask(f"check {block} {wrong}")[0], "LV_E_CORRUPT")
        self.assertEqual(fresh.ask(f"check {int(heads[-1].split()[0]) + 1} {digest}")[0], "LV_E_CORRUPT")

    def test_none_that_answers(self):
        self.first.stop()
        self.second.stop()
        began = time.monotonic()
        self.assertEqual(self.client.ask("grant 1 1")[0], "LV_UNAVAILABLE")
        self.assertEqual(self.client.ask("read")[0], "LV_UNAVAILABLE")
        self.assertEqual(self.client.ask("open 0 0")[0], "LV_UNAVAILABLE")
        self.assertLess(time.monotonic() - began, 20)
        self.first.start()
        self.second.start()
        time.sleep(1)
        self.grant(1)

    def test_an_organisation_that_is_not_let_in(self):
        for server, members in [(server, server.members) for server in self.ground.gateways]:
            self.addCleanup(setattr, server, "members", members)
        roots = {name: (self.ground.folder / name / "msp/cacerts/ca.pem").read_bytes() for name in ("D0", "S")}
        for peer in self.ground.peers:
            self.addCleanup(setattr, peer.ledger, "members", peer.ledger.members)
            peer.ledger.members = Members(roots)
        for server in self.ground.gateways:
            server.members = Members(roots)
        stranger = self.open("D1")
        for question in ("grant 1 1", "read", "head", "open 0 0"):
            status, words = stranger.ask(question)
            self.assertEqual(status, "LV_REFUSED", words)
            self.assertIn("Check that it is a member", words)


class TestAnswers(Scenario):
    def read(self, size):
        """What a read gives, where every gateway answers with so many bytes."""
        response = proposal_response_pb2.Response(status=200, payload=bytes(size))
        self.grant(len(self.acknowledged) + 1)  # so that no height has to be asked for
        self.hook("Evaluate", *[lambda request, context, go_on: gateway_pb2.EvaluateResponse(result=response)] * 8, servers=[self.first, self.second])
        answer = self.client.ask("read")
        for server in self.ground.gateways:
            server.hooks["Evaluate"].clear()
        return answer

    def test_a_long_answer_comes_whole(self):
        self.assertEqual(self.read(99 * MEGABYTE), ("LV_OK", str(99 * MEGABYTE)))

    def test_too_long_an_answer_is_refused(self):
        self.assertIn(self.read(100 * MEGABYTE)[0], ("LV_E_LIMIT", "LV_UNAVAILABLE"))  # by the gateway that was asked last


class TestWatch(Scenario):
    def publish(self, count):
        first = len(self.acknowledged) + 1
        begin = self.ground.ledger.height
        for number in range(first, first + count):
            self.grant(number)
        return begin

    def follow(self, client, numbers, timeout=20000):
        status, words = client.ask(f"next {len(numbers)} {timeout}")
        self.assertEqual(status, "LV_OK", words)
        self.assertEqual([int(item.split("=")[1]) for item in words.split()], list(numbers))
        places = [tuple(map(int, item.split("=")[0].split(":"))) for item in words.split()]
        self.assertEqual(places, sorted(set(places)))
        return places

    def test_blocks_that_are_dropped_repeated_and_reordered(self):
        begin = self.publish(6)

        def dropped(blocks, context):
            for block in blocks:
                if block.header.number != begin + 2:
                    yield block

        def repeated(blocks, context):
            for block in blocks:
                yield block
                yield block

        def reordered(blocks, context):
            one, other = next(blocks), next(blocks)
            yield from (other, one)

        def cut(blocks, context):
            yield next(blocks)
            context.abort(Code.UNAVAILABLE, "the connection was reset")
        for fault in (dropped, repeated, reordered, cut):
            fresh = self.open()
            self.hook("Deliver", fault, servers=[self.first, self.second])
            self.assertEqual(fresh.ask(f"open {begin} 0")[0], "LV_OK")
            self.follow(fresh, range(1, 7))
            for server in self.ground.gateways:
                server.hooks["Deliver"].clear()

    def test_a_block_that_does_not_follow(self):
        begin = self.publish(4)

        def relink(blocks, context):
            for block in blocks:
                if block.header.number == begin + 2:
                    changed = common_pb2.Block()
                    changed.CopyFrom(block)
                    changed.header.previous_hash = bytes(32)
                    block = changed
                yield block
        self.hook("Deliver", relink)
        self.assertEqual(self.client.ask(f"open {begin} 0")[0], "LV_OK")
        self.follow(self.client, [1, 2])
        status, words = self.client.ask("next 1 5000")
        self.assertEqual(status, "LV_E_CORRUPT")
        self.assertIn(f"block {begin + 2}", words)

    def test_a_block_whose_data_were_changed(self):
        begin = self.publish(2)

        def change(blocks, context):
            for block in blocks:
                changed = common_pb2.Block()
                changed.CopyFrom(block)
                changed.data.data[0] = changed.data.data[0][:-1] + bytes([changed.data.data[0][-1] ^ 1])
                yield changed
        self.hook("Deliver", change)
        self.assertEqual(self.client.ask(f"open {begin} 0")[0], "LV_OK")
        self.assertEqual(self.client.ask("next 1 5000")[0], "LV_E_CORRUPT")

    def test_transactions_that_are_not_valid_do_not_count(self):
        other = self.open()

        def overtake(request, context, go_on):
            self.grant(1, other)
            return go_on()
        begin = self.ground.ledger.height
        self.hook("Submit", overtake)
        self.assertEqual(self.client.ask("grant 1 1")[0], "LV_EXISTS")
        self.grant(2)
        self.assertEqual(self.client.ask(f"open {begin} 0")[0], "LV_OK")
        self.follow(self.client, [1, 2])
        self.assertEqual(self.codes(), [0, 11, 0])

    def test_a_gateway_that_dies_stops_or_lags_under_a_watch(self):
        begin = self.publish(2)
        watcher = self.open()
        self.assertEqual(watcher.ask(f"open {begin} 0")[0], "LV_OK")
        self.follow(watcher, [1, 2])
        self.first.stop()
        self.publish(2)
        self.follow(watcher, [3, 4])
        self.first.start()
        self.second.stop()
        self.publish(2)
        self.follow(watcher, [5, 6])
        self.second.start()
        time.sleep(1)
        self.first.freeze()
        self.publish(1)
        self.follow(watcher, [7], 30000)
        self.first.thaw()
        self.ground.peers[1].follows.clear()
        self.publish(1)
        self.follow(watcher, [8], 30000)

    def test_a_slow_reader_holds_one_block(self):
        begin = self.ground.ledger.height
        for _ in range(30):  # no transactions of ours, nor of anybody's
            junk = common_pb2.Envelope(payload=os.urandom(4 * MEGABYTE)).SerializeToString()
            self.ground.orderer.waiting.put(junk)
            time.sleep(0.1)
        self.publish(1)
        reader = self.open()
        before = reader.peak()
        self.assertEqual(reader.ask(f"open {begin} 0")[0], "LV_OK")
        reader.ask("next 1 0")  # it may be there already, or not
        time.sleep(2)
        self.assertLess(reader.peak() - before, 60 * MEGABYTE)
        self.assertEqual(reader.ask(f"open {begin} 0")[0], "LV_OK")
        self.follow(reader, [1], 60000)
        self.assertLess(reader.peak() - before, 60 * MEGABYTE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
