"""src/fabric against a second implementation: proposals that Lotveil makes are read and verified with the official
descriptors and the cryptography package; proposals, envelopes and blocks made with those are read by Lotveil.

LOTVEIL_FABRIC_MESSAGES names the program of messages.c.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from fabric_protos.common import common_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2, proposal_response_pb2, transaction_pb2
from fake.client import ORDER, Client

CHANNEL = "quality"
CHAINCODE = "quality-cc"
RECORD = "a whole record"
P256 = ec.ECDSA(hashes.SHA256())


class Refused(Exception):
    pass


def run(command, *words):
    """What messages.c printed: a list of (field, value)."""
    done = subprocess.run([os.environ["LOTVEIL_FABRIC_MESSAGES"], command, folder, *words], capture_output=True, text=True)
    if done.returncode == 1:
        raise Refused(done.stdout.strip())
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return [tuple(line.partition(" ")[::2]) for line in done.stdout.splitlines()]


def read(name):
    return (pathlib.Path(folder) / name).read_bytes()


def write(name, octets):
    (pathlib.Path(folder) / name).write_bytes(octets)


def client(msp, kind="client"):
    return Client(msp, read(f"{msp}-{kind}.pem"), read(f"{msp}-{kind}-key.pem"))


def setUpModule():
    global folder
    folder = tempfile.mkdtemp(prefix="lotveil-messages-")
    for msp in ("AMSP", "BMSP", "XMSP"):
        run("organisation", msp)


def tearDownModule():
    shutil.rmtree(folder)


def public_key(pem):
    return x509.load_pem_x509_certificate(pem).public_key()


class Proposals(unittest.TestCase):
    def setUp(self):
        ((_, self.txid),) = run("propose", "BMSP", CHANNEL, CHAINCODE, RECORD)
        self.signed = proposal_pb2.SignedProposal.FromString(read("proposal"))
        self.proposal = proposal_pb2.Proposal.FromString(self.signed.proposal_bytes)
        self.header = common_pb2.Header.FromString(self.proposal.header)

    def test_headers(self):
        channel = common_pb2.ChannelHeader.FromString(self.header.channel_header)
        signature = common_pb2.SignatureHeader.FromString(self.header.signature_header)
        extension = proposal_pb2.ChaincodeHeaderExtension.FromString(channel.extension)
        creator = identities_pb2.SerializedIdentity.FromString(signature.creator)
        self.assertEqual((channel.type, channel.channel_id, channel.tx_id, channel.epoch),
                         (common_pb2.ENDORSER_TRANSACTION, CHANNEL, self.txid, 0))
        self.assertAlmostEqual(channel.timestamp.seconds, time.time(), delta=30)
        self.assertEqual(extension.chaincode_id.name, CHAINCODE)
        self.assertEqual((creator.mspid, creator.id_bytes), ("BMSP", read("BMSP-client.pem")))
        self.assertEqual(len(signature.nonce), 24)
        self.assertEqual(self.txid, hashlib.sha256(signature.nonce + signature.creator).hexdigest())

    def test_payload(self):
        payload = proposal_pb2.ChaincodeProposalPayload.FromString(self.proposal.payload)
        spec = chaincode_pb2.ChaincodeInvocationSpec.FromString(payload.input).chaincode_spec
        self.assertEqual(spec.chaincode_id.name, CHAINCODE)
        self.assertEqual(list(spec.input.args), [b"submit", b"calls", b""])
        self.assertEqual(dict(payload.TransientMap), {"record": RECORD.encode(), "nothing": b""})

    def test_the_hash_and_what_it_is_over(self):
        payload = proposal_pb2.ChaincodeProposalPayload.FromString(self.proposal.payload)
        without = proposal_pb2.ChaincodeProposalPayload(input=payload.input).SerializeToString()
        self.assertEqual(read("payload"), without)
        self.assertEqual((read("channel_header"), read("signature_header")),
                         (self.header.channel_header, self.header.signature_header))
        parts = self.header.channel_header + self.header.signature_header + without
        self.assertEqual(read("hash"), hashlib.sha256(parts).digest())

    def test_the_signature(self):
        public_key(read("BMSP-client.pem")).verify(self.signed.signature, self.signed.proposal_bytes, P256)
        self.assertLessEqual(utils.decode_dss_signature(self.signed.signature)[1], ORDER // 2)
        with self.assertRaises(Exception):
            public_key(read("BMSP-client.pem")).verify(self.signed.signature, self.signed.proposal_bytes + b"\0", P256)

    def test_one_made_with_the_official_descriptors_is_read(self):
        b = client("BMSP")
        made = b.propose(CHANNEL, CHAINCODE, [b"submit", b"", b"more"], {"b": b"2", "a": b"", "c": b"3"}, time=1234567890)
        write("proposal", made[0])
        self.assertEqual(run("parse"), [
            ("channel", CHANNEL), ("chaincode", CHAINCODE), ("txid", made[1]), ("time", "1234567890"),
            ("creator", b.creator.hex()), ("argument", b"submit".hex()), ("argument", ""), ("argument", b"more".hex()),
            ("a", ""), ("b", b"2".hex()), ("c", b"3".hex())])
        write("proposal", b.propose(CHANNEL, CHAINCODE, [], txid="0" * 64)[0])
        with self.assertRaisesRegex(Refused, "does not follow"):
            run("parse")


def results(value=RECORD.encode(), namespace=CHAINCODE):
    own = kv_rwset_pb2.KVRWSet()
    own.reads.add(key="record")
    own.reads.add(key="index").version.block_num = 7
    query = own.range_queries_info.add(start_key="a", end_key="b", itr_exhausted=True)
    query.raw_reads.kv_reads.add(key="ab").version.tx_num = 3
    own.writes.add(key="record", value=value)
    own.writes.add(key="index", value=b"")
    lifecycle = kv_rwset_pb2.KVRWSet()
    lifecycle.reads.add(key="namespaces/fields/quality/Sequence").version.block_num = 4
    whole = rwset_pb2.TxReadWriteSet()
    whole.ns_rwset.add(namespace="_lifecycle", rwset=lifecycle.SerializeToString())
    whole.ns_rwset.add(namespace=namespace, rwset=own.SerializeToString())
    return whole.SerializeToString()


def endorse(endorsers, changes=None, signed_by=None):
    """The Envelope of the proposal in the folder, as Fabric's gateway puts it together (internal/pkg/gateway)."""
    proposal = proposal_pb2.Proposal.FromString(proposal_pb2.SignedProposal.FromString(read("proposal")).proposal_bytes)
    header = common_pb2.Header.FromString(proposal.header)
    payload = proposal_pb2.ChaincodeProposalPayload.FromString(proposal.payload)
    without = proposal_pb2.ChaincodeProposalPayload(input=payload.input).SerializeToString()
    action = proposal_pb2.ChaincodeAction(results=changes or results())
    action.response.status = 200
    action.response.payload = b"answer"
    action.chaincode_id.name = CHAINCODE
    action.chaincode_id.version = "1.0"
    digest = hashlib.sha256(header.channel_header + header.signature_header + without).digest()
    response = proposal_response_pb2.ProposalResponsePayload(proposal_hash=digest, extension=action.SerializeToString())
    endorsed = transaction_pb2.ChaincodeEndorsedAction(proposal_response_payload=response.SerializeToString())
    for endorser in endorsers:
        signature = (signed_by or endorser).sign(endorsed.proposal_response_payload + endorser.creator)
        endorsed.endorsements.add(endorser=endorser.creator, signature=signature)
    inner = transaction_pb2.ChaincodeActionPayload(chaincode_proposal_payload=without, action=endorsed)
    transaction = transaction_pb2.Transaction()
    transaction.actions.add(header=header.signature_header, payload=inner.SerializeToString())
    whole = common_pb2.Payload(header=header, data=transaction.SerializeToString())
    return common_pb2.Envelope(payload=whole.SerializeToString()).SerializeToString()


class Envelopes(unittest.TestCase):
    def setUp(self):
        ((_, self.txid),) = run("propose", "BMSP", CHANNEL, CHAINCODE, RECORD)
        self.peers = [client(msp, "peer") for msp in ("AMSP", "BMSP")]

    def check(self, envelope):
        write("envelope", envelope)
        return run("check", CHAINCODE, RECORD, "AMSP", "BMSP")

    def test_an_honest_one_is_taken_and_signed(self):
        self.assertEqual(self.check(endorse(self.peers)), [("answer", b"answer".hex())])
        run("sign", "BMSP")
        signed = common_pb2.Envelope.FromString(read("signed"))
        self.assertEqual(signed.payload, common_pb2.Envelope.FromString(read("envelope")).payload)
        public_key(read("BMSP-client.pem")).verify(signed.signature, signed.payload, P256)

    def test_lies_are_told(self):
        stranger = client("XMSP", "peer")
        lies = {
            "record 1 of 1": endorse(self.peers, results(b"a hole record")),
            "touches the namespace other": endorse(self.peers, results(namespace="other")),
            "no member's root": endorse([self.peers[0], stranger]),
            "it does not hold": endorse(self.peers, signed_by=self.peers[0]),
            "wrong role": endorse([client("AMSP")]),
            "0 endorsements": endorse([]),
        }
        for words, envelope in lies.items():
            with self.subTest(words), self.assertRaisesRegex(Refused, words):
                self.check(envelope)

    def test_another_proposals_envelope_is_told(self):
        other = endorse(self.peers)
        run("propose", "BMSP", CHANNEL, CHAINCODE, RECORD)
        with self.assertRaisesRegex(Refused, "channel header"):
            self.check(other)


def der(tag, octets):
    return bytes([tag, len(octets)]) + octets


def header_hash(number, previous, data):
    """SHA-256 of ASN.1 DER SEQUENCE {INTEGER, OCTET STRING, OCTET STRING}."""
    integer = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return hashlib.sha256(der(0x30, der(2, integer) + der(4, previous) + der(4, data))).hexdigest()


def block_of(number, previous, envelopes, codes):
    block = common_pb2.Block()
    block.data.data.extend(envelopes)
    block.header.number = number
    block.header.previous_hash = previous
    block.header.data_hash = hashlib.sha256(b"".join(envelopes)).digest()
    block.metadata.metadata.extend([b"signatures", b"", bytes(codes), b"", b"commit hash"])
    return block


class Blocks(unittest.TestCase):
    def setUp(self):
        ((_, self.txid),) = run("propose", "BMSP", CHANNEL, CHAINCODE, RECORD)
        self.envelope = endorse([client("AMSP", "peer")])

    def read(self, block, chaincode=CHAINCODE):
        write("block", block.SerializeToString())
        return run("block", chaincode)

    def test_a_block_made_with_the_official_descriptors_is_read(self):
        previous = bytes(range(32))
        config = common_pb2.Payload()
        config.header.channel_header = common_pb2.ChannelHeader(type=common_pb2.CONFIG, channel_id=CHANNEL).SerializeToString()
        other = common_pb2.Envelope(payload=config.SerializeToString()).SerializeToString()
        for number in (1, 127, 128, 40000, (1 << 64) - 1):
            block = block_of(number, previous, [other, self.envelope, b"no envelope"], [0, 11, 2])
            lines = self.read(block)
            moment = lines.pop(8)
            self.assertEqual(moment[0], "time")
            self.assertAlmostEqual(int(moment[1]), time.time(), delta=30)
            self.assertEqual(lines, [
                ("number", str(number)), ("hash", header_hash(number, previous, block.header.data_hash)),
                ("previous", previous.hex()), ("transaction", ""), ("code", "VALID"), ("transaction", self.txid),
                ("code", "MVCC_READ_CONFLICT"), ("submitter", "BMSP"), ("argument", b"submit".hex()),
                ("argument", b"calls".hex()), ("argument", ""), ("write", "record"), ("value", RECORD.encode().hex()),
                ("write", "index"), ("value", ""), ("transaction", ""), ("code", "BAD_PAYLOAD")])

    def test_another_chaincodes_transaction_is_not_ours(self):
        lines = self.read(block_of(1, bytes(32), [self.envelope], [0]), "other")
        self.assertEqual(lines[3:], [("transaction", self.txid), ("code", "VALID")])

    def test_lies_are_told(self):
        lie = block_of(1, bytes(32), [self.envelope], [0])
        lie.data.data[0] = endorse([client("BMSP", "peer")])
        with self.assertRaisesRegex(Refused, "data hash"):
            self.read(lie)
        with self.assertRaisesRegex(Refused, "no peer has committed"):
            self.read(block_of(1, bytes(32), [self.envelope], []))
        with self.assertRaisesRegex(Refused, "LV_E_CORRUPT"):
            self.read(block_of(1, bytes(32), [b"no envelope"], [0]))


if __name__ == "__main__":
    unittest.main()
