"""`lotveil chaincode` as real processes, driven by a peer's side made of grpcio and the official descriptors (fake/peer.py). The records
are those of three real nodes on an embedded ledger, played again; what is refused is made by hand. Run by ctest with the built command in
$LOTVEIL."""

import concurrent.futures
import datetime
import os
import pathlib
import queue
import random
import re
import shutil
import signal
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import unittest

os.environ.setdefault("GRPC_VERBOSITY", "NONE")

TESTS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "harness"), str(TESTS / "fabric"), str(TESTS / "reference")]

import grpc  # noqa: E402
from cluster import COMMAND, Cluster  # noqa: E402
from fabric_protos.peer import chaincode_pb2, proposal_pb2, proposal_response_pb2  # noqa: E402
from fake.client import Client, encode_calls, read, submit  # noqa: E402
from fake.peer import VALID, Conversation, Failed, Lost, Message, Peer, State, Tls, spec_of, writes_of  # noqa: E402
from model import wire  # noqa: E402
from rogue import Author  # noqa: E402

OK, REFUSED, NOT_FOUND, EXISTS, INVALID, UNAVAILABLE, E_ARGUMENT = 0, 1, 2, 3, 4, 6, -3
MIB = 1 << 20
ROWS = [[i + 1, f"LOT-{i + 1:02}", f"{v / 100:.2f}"] for i, v in enumerate([45, 51, 132, 132])]


# ---- the organisations, their records, their servers ----


def setUpModule():
    global cluster, ledger
    cluster = Cluster(width=8, pairs_per_set=1)
    try:
        cluster.start()
        cluster.publish(ROWS)
        cluster.verdicts(len(ROWS) - 1)
        for who in "abs":
            cluster.stop(who)
        ledger = {name: Ledger(name) for name in ("quality", "xor")}
    except BaseException:
        cluster.close()
        raise


def tearDownModule():
    cluster.close()


class Ledger:
    """What an embedded ledger holds: its transactions in order, and its state."""

    def __init__(self, channel):
        path, = cluster.root.glob(f"ledger/{channel}.*")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            self.state = dict(db.execute("SELECT key, value FROM state"))
            rows = list(db.execute("SELECT block, bytes FROM tx WHERE block > 0 ORDER BY block, position"))
        authors = {Author(cluster, who).certificate: who for who in "abs"}
        self.blocks = {}
        for block, octets in rows:
            signed = wire.unpack("Signed", octets)
            body = wire.decode(signed["body"])
            call = (body[2][0].decode(), body.get(3, []))
            self.blocks.setdefault(block, (authors[signed["certificate"]], []))[1].append(call)

    def records(self, function):
        return [argument for _, calls in self.blocks.values() for name, arguments in calls if name == function for argument in arguments]


def tls(who):
    return Tls(cluster.authority(who).read_bytes(), cluster.key(who).read_bytes(), cluster.certificate(who).read_bytes())


MSP = {"a": "AMSP", "b": "BMSP", "s": "SMSP"}


def client(who, msp_id=None):
    return Client(msp_id or MSP[who], cluster.certificate(who).read_bytes(), cluster.key(who).read_bytes())


class Server:
    """One `lotveil chaincode`."""

    def __init__(self, who, contract, *words, port=0, level="info"):
        self.who, self.contract = who, contract
        self.log = open(cluster.root / f"chaincode-{who}-{contract}.log", "a+b")
        self.process = subprocess.Popen(
            [COMMAND, "chaincode", "--contract", contract, "--dir", str(cluster.dir(who)), "--listen", f"127.0.0.1:{port}", "--package-id",
             f"{contract}:0123", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, text=True,
            env=dict(cluster.env, LOTVEIL_LOG=level))
        line = self.process.stdout.readline() if port == 0 else str(port)
        if not line:
            raise AssertionError(f"the chaincode did not start: {self.words()}")
        self.port = int(line)
        self.address = f"127.0.0.1:{self.port}"

    def words(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def peer(self, state=None, **more):
        return Peer(self.address, tls(self.who), state, **more)

    def resident(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024

    def end(self, how=signal.SIGTERM, seconds=30):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()
            self.log.close()


class ChaincodeTest(unittest.TestCase):
    def setUp(self):
        self.servers, self.peers = [], []

    def tearDown(self):
        for peer in self.peers:
            peer.close()
        for server in self.servers:
            if not server.log.closed:
                self.assertEqual(server.end(), 0)

    def serve(self, who="b", contract="xor", *words, **more):
        server = Server(who, contract, *words, **more)
        self.servers.append(server)
        return server

    def dial(self, server, state=None, **more):
        peer = server.peer(state, **more)
        self.peers.append(peer)
        return peer

    def run_calls(self, peer, calls, who="b", channel="xor", inline_max=4096, **changes):
        proposal = client(who).propose(channel, channel, *submit(calls, inline_max), **changes)
        return peer.simulate(proposal.signed, channel, proposal.txid)

    def run_read(self, peer, *words, who="b", channel="xor"):
        proposal = client(who).propose(channel, channel, *read(*words))
        return peer.simulate(proposal.signed, channel, proposal.txid)

    def accept(self, outcome, peer=None, block=1):
        response, rwset = outcome
        self.assertEqual((response.status, response.message), (200, ""))
        if peer is not None:
            self.assertEqual(peer.state.commit(block, 0, rwset), VALID)
        return response.payload

    def refuse(self, outcome, status, *words):
        """Refused with this status and words in this order, and nothing written."""
        response, rwset = outcome
        self.assertEqual((response.status, response.payload), (500, b""), response.message)
        number, _, text = response.message.partition(" ")
        self.assertEqual(int(number), status, response.message)
        at = 0
        for word in words:
            self.assertIn(word, text[at:])
            at = text.index(word, at) + len(word)
        self.assertEqual(writes_of(rwset), {})


def grant(number, who="b", **changes):
    values = {"channel": "xor", "author": MSP[who], "buyer": "AMSP", "servicer": "SMSP", "series": "moisture", "number": number,
              "time": int(time.time())}
    return Author(cluster, who).seal("grant", "Grant", {**values, **changes})


def state_of(channel):
    state = State()
    for key, value in ledger[channel].state.items():
        state.put(key, value, (1, 0))
    return state


# ---- what goes well ----


class Contracts(ChaincodeTest):
    def replay(self, channel, endorsers, page):
        """Every transaction of the embedded ledger on the chaincodes of two organisations: the same answers and write sets, and at the end
        the embedded ledger's state."""
        state = State()
        peers = [self.dial(self.serve(who, channel), state, page=page) for who in endorsers]
        for block, (who, calls) in ledger[channel].blocks.items():
            proposal = client(who).propose(channel, channel, *submit(calls))
            outcomes = [peer.simulate(proposal.signed, channel, proposal.txid) for peer in peers]
            self.assertEqual(outcomes[0][0].SerializeToString(), outcomes[1][0].SerializeToString())
            self.assertEqual(outcomes[0][1], outcomes[1][1])
            self.accept(outcomes[0])
            self.assertEqual(state.commit(block, 0, outcomes[0][1]), VALID)
        self.assertEqual({key: state.get(key)[0] for key in state.keys()}, ledger[channel].state)
        return peers[0]

    def test_quality_comes_to_the_state_of_the_embedded_ledger(self):
        peer = self.replay("quality", "ab", page=1)
        records = ledger["quality"].records("put")
        self.assertEqual(len(records), len(ROWS) - 1)
        keys = [key for key in ledger["quality"].state if key.startswith("set/")]
        for key in keys:
            found = self.accept(self.run_read(peer, "get", key[4:], who="a", channel="quality"))
            self.assertEqual(found, ledger["quality"].state[key])
        listed = self.accept(self.run_read(peer, "list", "BMSP", "moisture", "1", "100", who="a", channel="quality"))
        self.assertEqual(listed, page_of(records))
        self.assertEqual(peer.package_id, "quality:0123")

    def test_xor_comes_to_the_state_of_the_embedded_ledger(self):
        peer = self.replay("xor", "bs", page=2)
        functions = {name for _, calls in ledger["xor"].blocks.values() for name, _ in calls}
        self.assertEqual(functions, {"put", "grant", "sell"})
        records, sales = ledger["xor"].records("put"), ledger["xor"].records("sell")
        set_id = next(key[4:] for key, value in ledger["xor"].state.items() if key.startswith("set/") and value == records[0])
        self.assertEqual(self.accept(self.run_read(peer, "get", set_id)), records[0])
        self.assertIn(self.accept(self.run_read(peer, "sold", set_id, "AMSP", who="s")), sales)
        self.assertEqual(self.accept(self.run_read(peer, "granted", "BMSP", "AMSP", "moisture", who="s")), ledger["xor"].records("grant")[-1])
        for first in range(1, len(records) + 2):
            for limit in range(len(records) + 2):
                listed = self.accept(self.run_read(peer, "list", "BMSP", "moisture", str(first), str(limit)))
                self.assertEqual(listed, page_of(records[first - 1:first - 1 + limit]))

    def test_calls_of_one_transaction_see_each_other(self):
        peer = self.dial(self.serve())
        records = [grant(n) for n in (1, 2, 3)]
        outcome = self.run_calls(peer, [("grant", [record]) for record in records])
        self.accept(outcome)
        writes = writes_of(outcome[1])
        self.assertEqual([writes[f"grant/BMSP/{n:020}"] for n in (1, 2, 3)], records)
        self.assertEqual(writes["grants/BMSP"], b"3")
        # a sale under a grant of the same transaction would need another submitter; a second put in it is seen by get of the contract
        xor = ledger["xor"].records("put")
        outcome = self.run_calls(peer, [("put", [record]) for record in xor])
        self.accept(outcome)
        self.assertEqual(writes_of(outcome[1])["last/BMSP/moisture"], str(len(xor)).encode())
        self.refuse(self.run_calls(peer, [("put", [xor[0]]), ("put", [xor[0]])]), EXISTS, "channel xor: call 2 of 2 (put): ", "stands already")

    def test_writes_come_last_and_in_the_order_of_their_keys(self):
        server = self.serve()
        heard = self.converse(server, client("b").propose("xor", "xor", *submit([("grant", [grant(n)]) for n in (1, 2)])))
        kinds = [message.type for message in heard]
        first = kinds.index(Message.PUT_STATE)
        self.assertEqual(set(kinds[first:-1]), {Message.PUT_STATE})
        self.assertEqual(kinds[-1], Message.COMPLETED)
        from fabric_protos.peer import chaincode_shim_pb2
        keys = [chaincode_shim_pb2.PutState.FromString(message.payload).key for message in heard[first:-1]]
        self.assertEqual(keys, sorted(set(keys)))
        self.assertEqual(len(keys), 4)

    def converse(self, server, proposal):
        """All that the chaincode says of one transaction whose requests find nothing."""
        talk = Talk(self, server)
        talk.transaction(proposal)
        heard = []
        while not heard or heard[-1].type != Message.COMPLETED:
            heard.append(talk.hear())
            if heard[-1].type != Message.COMPLETED:
                talk.say(type=Message.RESPONSE, txid=proposal.txid, channel_id="xor")
        return heard

    def test_a_record_travels_transient_and_is_written_whole(self):
        peer = self.dial(self.serve())
        record = ledger["xor"].records("put")[0]
        for inline_max in (1, 1 << 30):
            outcome = self.run_calls(peer, [("put", [record])], inline_max=inline_max)
            self.accept(outcome)
            self.assertIn(record, writes_of(outcome[1]).values())

    def test_certificates_count_at_the_time_of_the_proposal(self):
        peer = self.dial(self.serve())
        now = int(time.time())
        calls = [("grant", [grant(1)])]
        self.accept(self.run_calls(peer, calls, time=now + 86400))
        self.refuse(self.run_calls(peer, calls, time=now + 30 * 365 * 86400), INVALID, "channel xor: submitter: ", "expired")
        self.refuse(self.run_calls(peer, calls, time=now - 30 * 365 * 86400), INVALID, "channel xor: submitter: ", "not yet valid")

    def test_an_administrator_is_a_member_too(self):
        cluster.command("b", "issue", "--unit", "admin", "--out", str(cluster.root / "admin"))
        peer = self.dial(self.serve())
        self.accept(self.as_msp("admin", "BMSP", peer, [("grant", [grant(1)])]))

    def as_msp(self, folder, msp_id, peer, calls):
        msp = cluster.root / folder
        certificate, key = (next(msp.rglob(f"{name}/*.pem")).read_bytes() for name in ("signcerts", "keystore"))
        proposal = Client(msp_id, certificate, key).propose("xor", "xor", *submit(calls))
        return peer.simulate(proposal.signed, "xor", proposal.txid)

    def test_who_is_no_member_is_refused(self):
        cluster.command("b", "issue", "--unit", "peer", "--out", str(cluster.root / "peer"))
        for name, msp in (("outsider", "XMSP"), ("impostor", "BMSP")):
            cluster.run("init", "--org", msp, "--identity-only", "--dir", str(cluster.root / name))
        peer = self.dial(self.serve())
        calls = [("grant", [grant(1)])]
        self.refuse(self.as_msp("peer", "BMSP", peer, calls), INVALID, "channel xor: submitter: ", "OU")
        self.refuse(self.as_msp("outsider/msp", "XMSP", peer, calls), INVALID, "channel xor: submitter: ")
        self.refuse(self.as_msp("impostor/msp", "BMSP", peer, calls), INVALID, "channel xor: submitter: ")
        proposal = client("b", "SMSP").propose("xor", "xor", *submit(calls))
        self.refuse(peer.simulate(proposal.signed, "xor", proposal.txid), INVALID, "claims to be of SMSP", "is of BMSP")
        # the upstream is no member of xor
        self.refuse(self.run_calls(peer, calls, who="a"), INVALID, "channel xor: submitter: ")
        self.refuse(self.run_read(peer, "granted", "BMSP", "AMSP", "moisture", who="a"), INVALID, "channel xor: submitter: ")

    def test_the_upstream_reads_quality_and_does_not_write_it(self):
        peer = self.dial(self.serve("a", "quality"), state_of("quality"))
        record = ledger["quality"].records("put")[0]
        self.refuse(self.run_calls(peer, [("put", [record])], who="a", channel="quality"), REFUSED, "channel quality: call 1 of 1 (put): ")
        self.accept(self.run_read(peer, "list", "BMSP", "moisture", "1", "1", who="a", channel="quality"))


def page_of(records):
    return len(records).to_bytes(4, "big") + b"".join(len(record).to_bytes(4, "big") + record for record in records)


# ---- what is refused ----


class Refusals(ChaincodeTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve()
        self.peer = self.dial(self.server)

    def run_arguments(self, arguments, transient=None, channel="xor", who="b", **changes):
        proposal = client(who).propose("xor", "xor", arguments, transient, **changes)
        return self.peer.simulate(proposal.signed, channel, proposal.txid)

    def test_rules_name_the_call(self):
        self.refuse(self.run_calls(self.peer, [("grant", [grant(1)]), ("grant", [grant(2)]), ("grant", [grant(9)])]), REFUSED,
                    "channel xor: call 3 of 3 (grant): ", "leaves a gap; the next is 3")
        self.refuse(self.run_calls(self.peer, [("grant", [grant(1)])], who="s"), REFUSED, "channel xor: call 1 of 1 (grant): ")
        self.refuse(self.run_calls(self.peer, [("grant", [grant(1, channel="other")])]), INVALID, "call 1 of 1 (grant): ", "bound to other")
        self.refuse(self.run_calls(self.peer, [("grant", [b"junk"])]), INVALID, "call 1 of 1 (grant): ")
        self.refuse(self.run_calls(self.peer, [("grant", [])]), INVALID, "call 1 of 1 (grant): ", "takes 1 to 1 arguments, not 0")
        signed = bytearray(grant(1))
        signed[-1] ^= 1
        self.refuse(self.run_calls(self.peer, [("grant", [bytes(signed)])]), INVALID, "call 1 of 1 (grant): ")
        self.refuse(self.run_calls(self.peer, [("sell", ledger["xor"].records("sell")[:1])], who="s"), REFUSED, "call 1 of 1 (sell): there is no set")
        self.refuse(self.run_read(self.peer, "get", "0" * 64), NOT_FOUND, "channel xor: there is no set " + "0" * 64)
        self.refuse(self.run_read(self.peer, "get", "zz"), INVALID)

    def test_functions_of_the_wrong_kind(self):
        self.refuse(self.run_calls(self.peer, [("grant", [grant(1)]), ("get", [b"0" * 64])]), E_ARGUMENT,
                    "channel xor: call 2 of 2 (get): the contract xor has no writing function of this name")
        self.refuse(self.run_calls(self.peer, [("launder", [])]), NOT_FOUND,
                    "channel xor: call 1 of 1 (launder): the contract xor has no writing function of this name")
        self.refuse(self.run_read(self.peer, "grant", grant(1)), E_ARGUMENT, "the contract xor has no reading function of this name")
        self.refuse(self.run_read(self.peer, "launder"), NOT_FOUND, "the contract xor has no reading function of this name")

    def test_arguments_that_are_no_calls(self):
        calls, _ = encode_calls([("grant", [grant(1)])])
        get, _ = encode_calls([("get", [b"0" * 64])])
        for arguments in ([], [b"submit"], [b"submit", calls, b""], [b"write", calls], [b"", calls], [b"submit\0", calls]):
            self.refuse(self.run_arguments(arguments), INVALID, "channel xor: ")
        for arguments in ([b"submit", b""], [b"submit", calls[:-1]], [b"submit", b"\xff" * 20], [b"read", b""], [b"read", get * 2]):
            self.refuse(self.run_arguments(arguments), INVALID, "channel xor: ")

    def test_words_are_text_whatever_came(self):
        calls, _ = encode_calls([("x", [])])
        outcome = self.run_arguments([b"submit", calls.replace(b"x", b"\x80")])
        self.assertEqual(outcome[0].status, 500)

    def test_transient_values(self):
        records = ledger["xor"].records("put")
        arguments, transient = submit([("put", [record]) for record in records], 1)
        self.accept(self.run_arguments(arguments, transient))
        keys = list(transient)
        self.refuse(self.run_arguments(arguments), INVALID, "channel xor: ")
        self.refuse(self.run_arguments(arguments, {key: transient[key] for key in keys[1:]}), INVALID, "channel xor: ", keys[0])
        swapped = {**transient, keys[0]: transient[keys[1]], keys[1]: transient[keys[0]]}
        self.refuse(self.run_arguments(arguments, swapped), INVALID, "channel xor: ")
        self.refuse(self.run_arguments(arguments, {**transient, keys[0]: transient[keys[0]] + b"\0"}), INVALID, "channel xor: ")
        self.refuse(self.run_arguments(arguments, {**transient, keys[0]: b""}), INVALID, "channel xor: ")
        self.refuse(self.run_arguments(arguments, {**transient, "more": b"x"}), INVALID, "channel xor: transient value", "no argument of a call")
        self.refuse(self.run_arguments(arguments, {**transient, "0" * 64: b"x"}), INVALID, "no argument of a call")
        # by another name than the digest's in lower case, it is not found
        renamed = {key.upper() if key == keys[0] else key: value for key, value in transient.items()}
        self.refuse(self.run_arguments(arguments, renamed), INVALID, "channel xor: ")
        arguments, _ = read("get", "0" * 64)
        self.refuse(self.run_arguments(arguments, {"0" * 64: b"x"}), INVALID, "no argument of a call")

    def test_a_transaction_that_is_not_its_proposal(self):
        proposal = client("b").propose("xor", "xor", *submit([("grant", [grant(1)])]))
        other = client("b").propose("xor", "xor", *submit([("grant", [grant(2)])]))
        foreign = client("b").propose("quality", "xor", *submit([("grant", [grant(1)])]))
        self.refuse(self.peer.simulate(foreign.signed, "xor", foreign.txid), INVALID, "channel xor: the proposal is of channel 'quality'")
        self.refuse(self.peer.simulate(foreign.signed, "quality", foreign.txid), INVALID, "channel xor: the proposal is of channel 'quality'")
        self.refuse(self.peer.simulate(proposal.signed, "quality", proposal.txid), INVALID, "channel xor: ", "of 'quality'")
        self.refuse(self.peer.simulate(proposal.signed, "xor", other.txid), INVALID, "channel xor: the proposal is of another transaction")
        forged = client("b").propose("xor", "xor", *submit([("grant", [grant(1)])]), txid=other.txid)
        self.refuse(self.peer.simulate(forged.signed, "xor", forged.txid), INVALID)
        # as another chaincode would call this one: arguments of its own under the submitter's proposal
        talk = Talk(self, self.server)
        spec = spec_of(proposal_pb2.SignedProposal.FromString(other.signed))
        talk.say(type=Message.TRANSACTION, txid=proposal.txid, channel_id="xor", payload=spec.input.SerializeToString(),
                 proposal=proposal_pb2.SignedProposal.FromString(proposal.signed))
        self.refused_by(talk, INVALID, "not those that the submitter signed")
        talk.say(type=Message.TRANSACTION, txid=proposal.txid, channel_id="xor", payload=spec.input.SerializeToString())
        self.refused_by(talk, INVALID, "")
        talk.say(type=Message.TRANSACTION, txid=proposal.txid, channel_id="xor", payload=b"\xff\xff",
                 proposal=proposal_pb2.SignedProposal.FromString(proposal.signed))
        self.refused_by(talk, INVALID, "")
        for junk in (b"", b"\xff", b"\x0a\x01\xff"):
            talk.say(type=Message.TRANSACTION, txid=proposal.txid, channel_id="xor",
                     proposal=proposal_pb2.SignedProposal(proposal_bytes=junk))
            self.refused_by(talk, INVALID, "")

    def refused_by(self, talk, status, word):
        message = talk.hear()
        self.assertEqual(message.type, Message.COMPLETED)
        response = proposal_response_pb2.Response.FromString(message.payload)
        self.assertEqual((response.status, int(response.message.split()[0])), (500, status), response.message)
        self.assertIn(word, response.message)


# ---- peers that misbehave ----


class Talk:
    """A conversation word by word; READY unless told otherwise."""

    def __init__(self, test, server, ready=True, raw=False):
        self.heard = queue.Queue()
        self.line = Conversation(server.address, tls(server.who), self.heard.put, raw=raw)
        test.addCleanup(self.line.close)
        hello = self.hear()
        if raw:
            hello = Message.FromString(hello)
        test.assertEqual(hello.type, Message.REGISTER)
        test.assertEqual(chaincode_pb2.ChaincodeID.FromString(hello.payload).name, f"{server.contract}:0123")
        if ready:
            self.say(type=Message.REGISTERED)
            self.say(type=Message.READY, payload=b"\x08\x01")  # later peers put parameters in it

    def say(self, **fields):
        self.line.say(Message(**fields))

    def hear(self, seconds=20):
        return self.heard.get(timeout=seconds)

    def transaction(self, proposal, **changes):
        signed = proposal_pb2.SignedProposal.FromString(proposal.signed)
        fields = {"type": Message.TRANSACTION, "txid": proposal.txid, "channel_id": proposal.channel,
                  "payload": spec_of(signed).input.SerializeToString(), "proposal": signed}
        self.say(**{**fields, **changes})


def some_grant():
    return client("b").propose("xor", "xor", *submit([("grant", [grant(1)])]))


class Peers(ChaincodeTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve("b", "xor", "--answer-seconds", "2")

    def tearDown(self):
        # whatever happened, another peer is served
        peer = self.dial(self.server)
        self.accept(self.run_calls(peer, [("grant", [grant(1)])]))
        super().tearDown()

    def ended(self, talk):
        """Waits for the end of the conversation. @return its code."""
        while talk.hear() is not None:
            pass
        return talk.line.code

    def outcome(self, talk, seconds=20):
        message = talk.hear(seconds)
        self.assertEqual(message.type, Message.COMPLETED)
        response = proposal_response_pb2.Response.FromString(message.payload)
        return response.status, response.message

    def test_keepalive_is_echoed(self):
        talk = Talk(self, self.server)
        for n in range(3):
            talk.say(type=Message.KEEPALIVE, txid=f"{n}")
            self.assertEqual(talk.hear(), Message(type=Message.KEEPALIVE, txid=f"{n}"))
        early = Talk(self, self.server, ready=False)
        early.say(type=Message.KEEPALIVE)
        self.assertEqual(early.hear().type, Message.KEEPALIVE)

    def test_init_is_answered(self):
        talk = Talk(self, self.server)
        talk.say(type=Message.INIT, txid="aa", channel_id="xor")
        self.assertEqual(self.outcome(talk), (200, ""))

    def test_a_peer_that_vanishes(self):
        for _ in range(20):
            talk = Talk(self, self.server)
            talk.transaction(some_grant())
            self.assertEqual(talk.hear().type, Message.GET_STATE)
            talk.line.close()

    def test_a_peer_that_says_no_more(self):
        talk = Talk(self, self.server)
        talk.line.half_close()
        self.assertEqual(self.ended(talk), grpc.StatusCode.OK)

    def test_an_error_for_a_request(self):
        talk = Talk(self, self.server)
        proposal = some_grant()
        talk.transaction(proposal)
        self.assertEqual(talk.hear().type, Message.GET_STATE)
        talk.say(type=Message.ERROR, txid=proposal.txid, channel_id="xor", payload="no ledger \u00b0C\n".encode() * 100)
        status, words = self.outcome(talk)
        self.assertEqual((status, words[:2]), (500, f"{UNAVAILABLE} "))
        self.assertIn("answered GET_STATE with an error: no ledger ??C?", words)

    def test_an_answer_that_never_comes(self):
        talk = Talk(self, self.server)
        proposal = some_grant()
        begin = time.monotonic()
        talk.transaction(proposal)
        self.assertEqual(talk.hear().type, Message.GET_STATE)
        status, words = self.outcome(talk)
        self.assertEqual((status, words[:2]), (500, f"{UNAVAILABLE} "))
        self.assertIn("did not answer GET_STATE", words)
        self.assertTrue(1.5 < time.monotonic() - begin < 10)
        talk.say(type=Message.RESPONSE, txid=proposal.txid, channel_id="xor")  # too late: nobody waits
        again = some_grant()
        talk.transaction(again)
        self.assertEqual(talk.hear().txid, again.txid)

    def test_an_answer_to_nobody(self):
        talk = Talk(self, self.server)
        proposal = some_grant()
        for kind in (Message.RESPONSE, Message.ERROR):
            talk.say(type=kind, txid=proposal.txid, channel_id="xor", payload=b"x")
            talk.say(type=kind, payload=b"x")
        talk.transaction(proposal)
        self.assertEqual(talk.hear().type, Message.GET_STATE)
        for stranger in ({"txid": "other", "channel_id": "xor"}, {"txid": proposal.txid, "channel_id": "quality"}):
            talk.say(type=Message.RESPONSE, payload=b"7", **stranger)
        talk.say(type=Message.RESPONSE, txid=proposal.txid, channel_id="xor")
        talk.say(type=Message.RESPONSE, txid=proposal.txid, channel_id="xor", payload=b"7")  # a second one: dropped, or the next answer
        self.assertIn(talk.hear().type, (Message.GET_STATE, Message.PUT_STATE, Message.COMPLETED))

    def test_a_transaction_twice(self):
        talk = Talk(self, self.server)
        proposal = some_grant()
        talk.transaction(proposal)
        self.assertEqual(talk.hear().type, Message.GET_STATE)
        talk.transaction(proposal)
        doubled = talk.hear()
        self.assertEqual((doubled.type, doubled.txid), (Message.ERROR, proposal.txid))
        while True:  # the first goes on
            talk.say(type=Message.RESPONSE, txid=proposal.txid, channel_id="xor")
            message = talk.hear()
            if message.type == Message.COMPLETED:
                break
        self.assertEqual(proposal_response_pb2.Response.FromString(message.payload).status, 200)
        talk.transaction(proposal)  # and it may come again once it is over
        self.assertEqual(talk.hear().type, Message.GET_STATE)

    def test_what_is_no_message(self):
        for junk in (b"\xff", b"\x08", b"\x22\xff\xff\xff\xff\x0f", b"\x22\x01\x01", os.urandom(100) + b"\xff"):
            talk = Talk(self, self.server, ready=False, raw=True)
            talk.line.say(Message(type=Message.REGISTERED).SerializeToString())
            talk.line.say(junk)
            self.assertEqual(self.ended(talk), grpc.StatusCode.INVALID_ARGUMENT, junk)

    def test_what_is_not_said_now(self):
        for kind in (Message.READY, Message.TRANSACTION, Message.RESPONSE, Message.ERROR, Message.COMPLETED):
            talk = Talk(self, self.server, ready=False)
            talk.say(type=kind, txid="aa", channel_id="xor")
            self.assertEqual(self.ended(talk), grpc.StatusCode.INVALID_ARGUMENT)
        for kind in (Message.REGISTERED, Message.READY, Message.REGISTER, Message.COMPLETED, Message.GET_STATE, Message.UNDEFINED):
            talk = Talk(self, self.server)
            talk.say(type=kind, txid="aa", channel_id="xor")
            self.assertEqual(self.ended(talk), grpc.StatusCode.INVALID_ARGUMENT)

    def test_names_that_are_too_long(self):
        for fields in ({"txid": "a" * 129}, {"channel_id": "c" * 65}, {"txid": "a\n"}, {"txid": "\u00e4"}):
            talk = Talk(self, self.server)
            talk.say(type=Message.TRANSACTION, **fields)
            self.assertIn(self.ended(talk), (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED))

    def test_more_transactions_than_it_holds(self):
        talk = Talk(self, self.server)
        for n in range(540):
            if n < 8:
                talk.transaction(some_grant())  # its requests are not answered
            else:
                talk.say(type=Message.INIT, txid=f"{n}", channel_id="xor")
        refused = answered = 0
        asked = set()
        while refused + answered < 540:
            message = talk.hear()
            if message.type == Message.COMPLETED:
                words = proposal_response_pb2.Response.FromString(message.payload).message
                refused += "more transactions than it can hold" in words
                answered += "more transactions than it can hold" not in words
            else:
                asked.add(message.txid)
        self.assertEqual(len(asked), 8)
        self.assertTrue(512 <= answered <= 520, answered)

    def test_a_range_that_makes_no_sense(self):
        from fabric_protos.ledger.queryresult import kv_query_result_pb2
        from fabric_protos.peer import chaincode_shim_pb2

        def page(*keys, more=False):
            response = chaincode_shim_pb2.QueryResponse(id="1", has_more=more)
            for key in keys:
                kv = kv_query_result_pb2.KV(key=key, value=b"0" * 64)
                response.results.add(resultBytes=kv.SerializeToString())
            return response.SerializeToString()

        key = "sequence/BMSP/moisture/{:020}".format
        for payload, word in ((b"\xff", "range of keys"), (page(key(2), key(1)), "out of order"), (page(key(1), key(1)), "out of order"),
                              (page("a"), "out of bounds"), (page("z"), "out of bounds"), (page(more=True), "does not end")):
            talk = Talk(self, self.server)
            proposal = client("b").propose("xor", "xor", *read("list", "BMSP", "moisture", "1", "9"))
            talk.transaction(proposal)
            self.assertEqual(talk.hear().type, Message.GET_STATE_BY_RANGE)
            talk.say(type=Message.RESPONSE, txid=proposal.txid, channel_id="xor", payload=payload)
            message = talk.hear()
            if message.type == Message.QUERY_STATE_CLOSE:
                talk.say(type=Message.RESPONSE, txid=proposal.txid, channel_id="xor")
                message = talk.hear()
            response = proposal_response_pb2.Response.FromString(message.payload)
            self.assertEqual((response.status, response.message[:3]), (500, "-8 "))
            self.assertIn(word, response.message)

    def test_only_the_organisations_own_peers_connect(self):
        good = tls("b")
        other = tls("a")
        for bad in (Tls(good.roots, other.key, other.certificate), Tls(good.roots, None, None), Tls(other.roots, good.key, good.certificate), None):
            peer = Peer(self.server.address, bad, timeout=20)
            self.peers.append(peer)
            with self.assertRaises(Lost):
                self.run_calls(peer, [("grant", [grant(1)])])
        peer = self.dial(self.server, host_name="somewhere.else")
        with self.assertRaises(Lost):
            self.run_calls(peer, [("grant", [grant(1)])])


# ---- many at once, and for long ----


class Together(ChaincodeTest):
    def transactions(self, count, seed):
        """Proposals of all kinds, good and bad, against a state with all records of the ledger."""
        chance = random.Random(seed)
        records = ledger["xor"].records("put")
        sets = [key[4:] for key in ledger["xor"].state if key.startswith("set/")]
        last = len(ledger["xor"].records("grant"))
        out = []
        for _ in range(count):
            kind = chance.randrange(6)
            if kind < 2:
                first, many = last + chance.choice([0, 1, 1, 1, 2]), chance.randrange(1, 6)
                words = submit([("grant", [grant(first + n, time=1700000000)]) for n in range(many)], chance.choice([1, 4096]))
            elif kind == 2:
                words = submit([("put", [chance.choice(records)])], chance.choice([1, 4096]))
            elif kind == 3:
                words = read("list", "BMSP", "moisture", str(chance.randrange(1, 5)), str(chance.randrange(6)))
            elif kind == 4:
                words = read("get", chance.choice(sets + ["0" * 64]))
            else:
                words = read("granted", "BMSP", "AMSP", chance.choice(["moisture", "length"]))
            out.append(client(chance.choice("bbbs")).propose("xor", "xor", *words))
        return out

    def test_two_organisations_answer_alike(self):
        state = state_of("xor")
        # of one page size, as all peers of a channel have: a peer notes in the read set how far it has looked
        peers = [self.dial(self.serve(who), state, page=2) for who in "bs"]
        proposals = self.transactions(200, 5)

        def run(job):
            peer, proposal = job
            simulation = peer.run(proposal.signed, "xor", proposal.txid)
            response = peer.wait(simulation).payload
            return response, simulation.rwset(), list(simulation.writes)

        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            outcomes = list(pool.map(run, [(peer, proposal) for proposal in proposals for peer in peers]))
        statuses = []
        for one, two in zip(outcomes[::2], outcomes[1::2]):
            self.assertEqual(one, two)
            statuses.append(proposal_response_pb2.Response.FromString(one[0]).status)
        self.assertGreater(statuses.count(200), 40)
        self.assertGreater(statuses.count(500), 20)

    def test_several_peers_at_once(self):
        server = self.serve()
        peers = [self.dial(server, state_of("xor"), page=2) for _ in range(4)]
        proposals = self.transactions(400, 6)
        with concurrent.futures.ThreadPoolExecutor(64) as pool:
            jobs = [pool.submit(peers[n % 4].simulate, proposal.signed, "xor", proposal.txid) for n, proposal in enumerate(proposals)]
            for job in jobs:
                self.assertIn(job.result()[0].status, (200, 500))

    def test_memory_stays_what_it_is(self):
        server = self.serve()
        peer = self.dial(server, state_of("xor"))
        record = ledger["xor"].records("put")[0]
        arguments, transient = submit([("put", [record])], 1)

        def some(count):
            for _ in range(count):
                proposal = client("b").propose("xor", "xor", arguments, transient)
                self.assertEqual(peer.simulate(proposal.signed, "xor", proposal.txid)[0].status, 500)
                self.accept(self.run_read(peer, "list", "BMSP", "moisture", "1", "9"))

        some(400)
        before = server.resident()
        some(1000)
        self.assertLess(server.resident() - before, 6 * MIB)

    def test_connections_come_and_go(self):
        server = self.serve()

        def some(count):
            for _ in range(count):
                peer = server.peer()
                self.accept(self.run_calls(peer, [("grant", [grant(1)])]))
                peer.close()

        some(60)
        before = server.resident()
        some(100)
        self.assertLess(server.resident() - before, 3 * MIB)


class Large(ChaincodeTest):
    def test_a_transaction_of_eight_mebibytes(self):
        """Records of a mebibyte or so travel transient, are written whole, and are read back page by page."""
        with Cluster(suite="rlwe1024", width=32, pairs_per_set=4096) as bulk:
            bulk.start("b")
            rows = [[n, f"L{n}", f"{n * 7919 % 256 / 100:.2f}"] for n in range(1, 16 * 4096 + 2)]
            bulk.publish(rows, timeout=300)
            bulk.stop("b")
            global cluster
            kept, cluster = cluster, bulk
            try:
                records = Ledger("quality").records("put")
                while sum(map(len, records[:-1])) > 8 * MIB:
                    records.pop()
                self.play(records)
            finally:
                for server in self.servers:
                    self.assertEqual(server.end(), 0)
                cluster = kept

    def play(self, records):
        self.assertGreater(sum(map(len, records)), 8 * MIB)
        peer = self.dial(self.serve("b", "quality"))
        for calls in ([("put", [record]) for record in records], [("put", records)]):
            outcome = self.run_calls(peer, calls, channel="quality")
            self.accept(outcome)
            self.assertTrue(set(records) <= set(writes_of(outcome[1]).values()))
        self.accept(outcome, peer)
        listed = self.accept(self.run_read(peer, "list", "BMSP", "moisture", "1", "100", channel="quality"))
        self.assertEqual(listed, page_of(records))
        peer.close()


# ---- the end, and the command line ----


class Named(ChaincodeTest):
    def test_a_proposal_for_another_chaincode(self):
        """Where the configuration names the chaincode of a channel, proposals must be for that one."""
        shutil.copytree(cluster.dir("b"), cluster.dir("f"))
        config = cluster.dir("f") / "config.yaml"
        fabric = "ledger: {kind: fabric, quality: quality, xor: xor, chaincode: {xor: exchange}, gateways: [{address: '127.0.0.1:1'}]}\n"
        config.write_text(re.sub(r"(?m)^ledger:\n(?:[ #].*\n|\n)*", fabric, config.read_text()))
        peer = self.dial(self.serve("f"))
        for name in ("exchange", "xor", "exchange2"):
            proposal = client("b").propose("xor", name, *submit([("grant", [grant(1)])]))
            outcome = peer.simulate(proposal.signed, "xor", proposal.txid)
            if name == "exchange":
                self.accept(outcome)
            else:
                self.refuse(outcome, INVALID, f"channel xor: the proposal is for chaincode '{name}'; this one is 'exchange'")


class Stopping(ChaincodeTest):
    def test_a_transaction_under_way_ends(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            server = self.serve()
            talk = Talk(self, server)
            proposal = some_grant()
            talk.transaction(proposal)
            self.assertEqual(talk.hear().type, Message.GET_STATE)
            server.process.send_signal(how)
            time.sleep(0.3)
            self.assertIsNone(server.process.poll())
            late = some_grant()
            talk.transaction(late)
            message = talk.hear()
            self.assertEqual((message.type, message.txid), (Message.COMPLETED, late.txid))
            self.assertIn("is stopping", proposal_response_pb2.Response.FromString(message.payload).message)
            begin = time.monotonic()
            message = None
            while message is None or message.type != Message.COMPLETED:
                talk.say(type=Message.RESPONSE, txid=proposal.txid, channel_id="xor")
                message = talk.hear()
            self.assertEqual(proposal_response_pb2.Response.FromString(message.payload).status, 200)
            self.assertIsNone(talk.hear())
            self.assertEqual(talk.line.code, grpc.StatusCode.OK)
            self.assertEqual(server.process.wait(20), 0)
            self.assertLess(time.monotonic() - begin, 5)

    def test_idle_peers_do_not_hold_it_up(self):
        server = self.serve()
        talks = [Talk(self, server) for _ in range(3)]
        begin = time.monotonic()
        self.assertEqual(server.end(), 0)
        self.assertLess(time.monotonic() - begin, 5)
        for talk in talks:
            self.assertIsNone(talk.hear())

    def test_a_peer_that_does_not_answer_does_not_hold_it_up_for_ever(self):
        server = self.serve()
        talk = Talk(self, server)
        talk.transaction(some_grant())
        self.assertEqual(talk.hear().type, Message.GET_STATE)
        begin = time.monotonic()
        self.assertEqual(server.end(), 0)
        self.assertTrue(8 < time.monotonic() - begin < 20)

    def test_a_peer_finds_it_again(self):
        server = self.serve()
        peer = self.dial(server)
        self.accept(self.run_calls(peer, [("grant", [grant(1)])]))
        server.end()
        with self.assertRaises(Lost):
            self.run_calls(peer, [("grant", [grant(1)])])
        again = self.serve(port=server.port)
        end = time.monotonic() + 20
        while True:
            try:
                self.accept(self.run_calls(peer, [("grant", [grant(1)])]))
                break
            except Lost:
                self.assertLess(time.monotonic(), end)
                time.sleep(0.1)
        self.assertIn("chaincode xor of BMSP listens on 127.0.0.1:", again.words())


    def test_a_renewed_certificate_is_served(self):
        server = self.serve()
        peer = self.dial(server)
        proposal = some_grant()
        self.accept(peer.simulate(proposal.signed, "xor", proposal.txid))
        before = ssl.get_server_certificate(("127.0.0.1", server.port))
        cluster.command("b", "issue", "--unit", "client", "--host", "127.0.0.1", "--out", str(cluster.root / "renewed"))
        renewed = [next((cluster.root / "renewed").rglob(f"{name}/*.pem")).read_bytes() for name in ("signcerts", "keystore")]
        kept = [path.read_bytes() for path in (cluster.certificate("b"), cluster.key("b"))]
        try:
            cluster.certificate("b").write_bytes(renewed[0])  # without its key: it cannot be served
            server.process.send_signal(signal.SIGHUP)
            self.assertTrue(wait_for(lambda: "goes on as before" in server.words()))
            self.accept(peer.simulate(proposal.signed, "xor", proposal.txid))
            self.assertEqual(ssl.get_server_certificate(("127.0.0.1", server.port)), before)
            cluster.key("b").write_bytes(renewed[1])  # and it finds out by itself
            self.assertTrue(wait_for(lambda: shown(server) not in (before, None)))
            self.assertIn(shown(server).strip(), renewed[0].decode())
            again = self.dial(server)
            self.accept(self.run_calls(again, [("grant", [grant(1)])]))
        finally:
            cluster.certificate("b").write_bytes(kept[0])
            cluster.key("b").write_bytes(kept[1])


def shown(server):
    """The certificate that the server shows; None while it starts anew."""
    try:
        return ssl.get_server_certificate(("127.0.0.1", server.port))
    except OSError:
        return None


def wait_for(promise, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if promise():
            return True
        time.sleep(0.05)
    return False


class CommandLine(unittest.TestCase):
    def run_command(self, *words, who="b"):
        return subprocess.run([COMMAND, "chaincode", "--dir", str(cluster.dir(who)), *words], capture_output=True, text=True, env=cluster.env,
                              timeout=60)

    def test_what_cannot_be_served_is_said(self):
        whole = {"--contract": "xor", "--listen": "127.0.0.1:0", "--package-id": "x:1"}
        for missing in whole:
            words = [word for key, value in whole.items() if key != missing for word in (key, value)]
            self.assertEqual(self.run_command(*words).returncode, 2)

        def run(who="b", **changes):
            options = {**whole, **{"--" + key.replace("_", "-"): value for key, value in changes.items()}}
            done = self.run_command(*[word for pair in options.items() for word in pair], who=who)
            return done.returncode, done.stderr

        self.assertEqual(run(contract="both")[0], 2)
        code, words = run(who="a")
        self.assertEqual(code, 4)
        self.assertIn("upstream has no part in contract xor", words)
        code, words = run(listen="nowhere")
        self.assertEqual(code, 4)
        self.assertIn("nowhere", words)
        with Holder() as port:
            code, words = run(listen=f"127.0.0.1:{port}")
            self.assertEqual(code, 5)
            self.assertIn(f"127.0.0.1:{port}", words)
        self.assertEqual(run(channel="-no")[0], 4)
        self.assertEqual(run(answer_seconds="0")[0], 2)


class Holder:
    """A port that is taken."""

    def __enter__(self):
        import socket
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        return self.socket.getsockname()[1]

    def __exit__(self, *_):
        self.socket.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
