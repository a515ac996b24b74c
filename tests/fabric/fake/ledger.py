"""Blocks as Fabric makes, links and validates them, and one peer's copy of a channel."""

import collections
import hashlib
import threading

from fabric_protos.common import common_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2, proposal_response_pb2, transaction_pb2
from google.protobuf.message import DecodeError

from fabric.fake.msp import Denied
from fabric.fake.peer import State

VALID, BAD_PAYLOAD, BAD_CREATOR_SIGNATURE, BAD_PROPOSAL_TXID, DUPLICATE_TXID, ENDORSEMENT_POLICY_FAILURE = 0, 2, 4, 8, 9, 10
INVALID_OTHER_REASON = 255

Place = collections.namedtuple("Place", "block index code")


def der(tag, content):
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def header_hash(header):
    """SHA-256 of the ASN.1 DER of (number, previous hash, data hash): protoutil.BlockHeaderBytes."""
    number = header.number.to_bytes(header.number.bit_length() // 8 + 1, "big")
    content = der(0x02, number) + der(0x04, header.previous_hash) + der(0x04, header.data_hash)
    return hashlib.sha256(der(0x30, content)).digest()


def make_block(number, previous, envelopes):
    block = common_pb2.Block()
    block.data.data.extend(envelopes)
    block.header.number, block.header.previous_hash = number, previous
    block.header.data_hash = hashlib.sha256(b"".join(envelopes)).digest()
    block.metadata.metadata.extend([b""] * 5)
    return block


def genesis(channel):
    header = common_pb2.ChannelHeader(type=common_pb2.CONFIG, channel_id=channel)
    payload = common_pb2.Payload(data=b"the channel's configuration")
    payload.header.channel_header = header.SerializeToString()
    envelope = common_pb2.Envelope(payload=payload.SerializeToString())
    return make_block(0, b"", [envelope.SerializeToString()])


def headers_of(payload):
    return (common_pb2.ChannelHeader.FromString(payload.header.channel_header),
            common_pb2.SignatureHeader.FromString(payload.header.signature_header))


def txid_of(signature_header):
    return hashlib.sha256(signature_header.nonce + signature_header.creator).hexdigest()


def proposal_hash(channel_header, signature_header, chaincode_payload):
    """@param chaincode_payload  ChaincodeProposalPayload, whose transient map does not count."""
    bare = proposal_pb2.ChaincodeProposalPayload(input=chaincode_payload.input)
    return hashlib.sha256(channel_header + signature_header + bare.SerializeToString()).digest()


class Transaction:
    """An Envelope of an endorser transaction, taken apart."""

    def __init__(self, octets):
        self.envelope = common_pb2.Envelope.FromString(octets)
        payload = common_pb2.Payload.FromString(self.envelope.payload)
        self.channel_header, self.signature_header = headers_of(payload)
        self.txid = self.channel_header.tx_id
        extension = proposal_pb2.ChaincodeHeaderExtension.FromString(self.channel_header.extension)
        self.chaincode = extension.chaincode_id.name
        self.endorsed, self.action = None, None
        if self.channel_header.type == common_pb2.ENDORSER_TRANSACTION:
            transaction = transaction_pb2.Transaction.FromString(payload.data)
            action = transaction_pb2.ChaincodeActionPayload.FromString(transaction.actions[0].payload)
            self.endorsed = action.action
            self.chaincode_payload = proposal_pb2.ChaincodeProposalPayload.FromString(action.chaincode_proposal_payload)
            answer = proposal_response_pb2.ProposalResponsePayload.FromString(self.endorsed.proposal_response_payload)
            self.proposal_hash = answer.proposal_hash
            self.expected_hash = proposal_hash(payload.header.channel_header, payload.header.signature_header, self.chaincode_payload)
            self.action = proposal_pb2.ChaincodeAction.FromString(answer.extension)

    def arguments(self):
        spec = chaincode_pb2.ChaincodeInvocationSpec.FromString(self.chaincode_payload.input)
        return list(spec.chaincode_spec.input.args)


class Ledger:
    """One peer's copy of a channel. `policy`: organisations that all have to endorse."""

    def __init__(self, channel, members, policy):
        self.channel, self.members, self.policy = channel, members, set(policy)
        self.blocks, self.places, self.states = [], {}, collections.defaultdict(State)
        self.changed = threading.Condition()
        self.apply(genesis(channel))

    @property
    def height(self):
        return len(self.blocks)

    def hash(self, number):
        return header_hash(self.blocks[number].header)

    def apply(self, block):
        """Validates and commits a block that comes next."""
        assert block.header.number == self.height
        assert self.height == 0 or block.header.previous_hash == self.hash(self.height - 1)
        codes = bytearray()
        for index, octets in enumerate(block.data.data):
            codes.append(VALID if block.header.number == 0 else self._commit(block.header.number, index, octets))
        block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER] = bytes(codes)
        with self.changed:
            self.blocks.append(block)
            self.changed.notify_all()

    def _commit(self, number, index, octets):
        try:
            transaction = Transaction(octets)
        except DecodeError:
            return BAD_PAYLOAD
        code = self._validate(transaction)
        if code == VALID:
            state = self.states[transaction.chaincode]
            code = state.commit(number, index, transaction.action.results, transaction.chaincode)
        with self.changed:  # what is said of an id is said of the first that bore it
            self.places.setdefault(transaction.txid, Place(number, index, code))
        return code

    def _validate(self, transaction):
        header = transaction.signature_header
        try:
            self.members.check(header.creator, transaction.envelope.payload, transaction.envelope.signature, self.channel)
        except Denied:
            return BAD_CREATOR_SIGNATURE
        if transaction.txid != txid_of(header):
            return BAD_PROPOSAL_TXID
        if transaction.txid in self.places:
            return DUPLICATE_TXID
        if transaction.proposal_hash != transaction.expected_hash:
            return INVALID_OTHER_REASON
        return VALID if self.policy <= self._endorsers(transaction.endorsed) else ENDORSEMENT_POLICY_FAILURE

    def _endorsers(self, endorsed):
        found = set()
        for endorsement in endorsed.endorsements:
            try:
                found.add(self.members.check(endorsement.endorser, endorsed.proposal_response_payload + endorsement.endorser,
                                             endorsement.signature, self.channel, units=("peer",)))
            except Denied:
                continue
        return found

    def wait(self, condition, seconds):
        """Waits for blocks until condition() is true. @return whether it is."""
        with self.changed:
            return self.changed.wait_for(condition, seconds)

    # -- what stands

    def transactions(self, chaincode=None, code=VALID):
        """Those of a code and a chaincode, in order; code None: of all."""
        for block in self.blocks[1:]:
            for octets, found in zip(block.data.data, block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER]):
                if found == BAD_PAYLOAD:
                    continue
                transaction = Transaction(octets)
                if chaincode in (None, transaction.chaincode) and code in (None, found):
                    yield transaction
