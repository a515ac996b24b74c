"""A client of a real Fabric network, made of Fabric's official message descriptors: what the tests see the ledger with, and
attack it with, independently of Lotveil's own client.

    signer = Signer(msp_folder, "BMSP")
    with Peer("127.0.0.1:7051", roots_pem, tls=signer, signer=signer) as peer:
        peer.evaluate("xor", "xor", [b"read", calls(("get", [b"..."]))])
        peer.transactions("xor")             # every one of the channel, as Deliver tells it
        proposal = Proposal(signer, "xor", "xor", arguments)
        answer = peer.endorse(proposal)      # of this peer alone
        peer.submit(envelope(proposal, [answer], signer), proposal)

What a peer or orderer refuses is raised as Refused, whose words are everything that it said."""

import collections
import hashlib
import os
import time

os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import grpc  # noqa: E402
from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: E402
from fabric_protos.common import common_pb2, ledger_pb2  # noqa: E402
from fabric_protos.gateway import gateway_pb2, gateway_pb2_grpc  # noqa: E402
from fabric_protos.ledger.rwset import rwset_pb2  # noqa: E402
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2  # noqa: E402
from fabric_protos.msp import identities_pb2  # noqa: E402
from fabric_protos.orderer import ab_pb2, ab_pb2_grpc  # noqa: E402
from fabric_protos.peer import chaincode_pb2, events_pb2_grpc, peer_pb2_grpc, proposal_pb2  # noqa: E402
from fabric_protos.peer import proposal_response_pb2, transaction_pb2  # noqa: E402

VALID, ENDORSEMENT_POLICY_FAILURE = 0, 10
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
OPTIONS = [("grpc.max_receive_message_length", 100 << 20), ("grpc.max_send_message_length", 100 << 20)]
SECONDS = 30


class Refused(Exception):
    """`code` is gRPC's ("PERMISSION_DENIED"), or Fabric's common.Status ("FORBIDDEN")."""

    def __init__(self, code, words):
        super().__init__(f"{code}: {words}")
        self.code, self.words = code, words


# ---- who ----


class Signer:
    """Who signs: an MSP folder (signcerts/cert.pem, keystore/key.pem) and the MSP it claims to be of."""

    def __init__(self, folder, msp_id):
        self.msp_id = msp_id
        self.certificate = (folder / "signcerts" / "cert.pem").read_bytes()
        self.key_pem = (folder / "keystore" / "key.pem").read_bytes()
        self.key = serialization.load_pem_private_key(self.key_pem, None)
        self.creator = identities_pb2.SerializedIdentity(
            mspid=msp_id, id_bytes=self.certificate).SerializeToString()

    def sign(self, data):
        """ECDSA with SHA-256, DER, of the two values of s the lower one: Fabric takes no other."""
        r, s = utils.decode_dss_signature(self.key.sign(data, ec.ECDSA(hashes.SHA256())))
        return utils.encode_dss_signature(r, min(s, ORDER - s))

    def certificate_hash(self):
        der = x509.load_pem_x509_certificate(self.certificate).public_bytes(serialization.Encoding.DER)
        return hashlib.sha256(der).digest()


# ---- Lotveil's part: how its calls travel (src/fabric/calls.h) ----


def field(number, data):
    head, length, out = bytes([number << 3 | 2]), len(data), b""
    while length > 127:
        out += bytes([length & 127 | 128])
        length >>= 7
    return head + out + bytes([length]) + data


def calls(*functions):
    """Each a function's name and its arguments: bytes, or a digest of a transient value as ("digest", bytes)."""
    return b"".join(
        field(1, field(1, name.encode()) + b"".join(
            field(2, field(2, at[1]) if isinstance(at, tuple) else field(1, at)) for at in arguments))
        for name, arguments in functions)


def passed_beside(*values):
    """Values of a call that travel transient -> (its arguments, the transient map)."""
    digests = [hashlib.sha256(value).digest() for value in values]
    return [("digest", digest) for digest in digests], {d.hex(): v for d, v in zip(digests, values)}


# ---- messages that are signed ----


class Proposal:
    def __init__(self, signer, channel, chaincode, arguments, transient=None):
        nonce = os.urandom(24)
        self.channel = channel
        self.txid = hashlib.sha256(nonce + signer.creator).hexdigest()
        name = chaincode_pb2.ChaincodeID(name=chaincode)
        header = common_pb2.ChannelHeader(
            type=common_pb2.ENDORSER_TRANSACTION, channel_id=channel, tx_id=self.txid,
            extension=proposal_pb2.ChaincodeHeaderExtension(chaincode_id=name).SerializeToString())
        header.timestamp.GetCurrentTime()
        self.signature_header = common_pb2.SignatureHeader(
            creator=signer.creator, nonce=nonce).SerializeToString()
        self.header = common_pb2.Header(channel_header=header.SerializeToString(),
                                        signature_header=self.signature_header)
        spec = chaincode_pb2.ChaincodeInvocationSpec(chaincode_spec=chaincode_pb2.ChaincodeSpec(
            type=chaincode_pb2.ChaincodeSpec.GOLANG, chaincode_id=name,
            input=chaincode_pb2.ChaincodeInput(args=arguments)))
        payload = proposal_pb2.ChaincodeProposalPayload(input=spec.SerializeToString())
        self.payload = payload.SerializeToString()
        for key, value in (transient or {}).items():
            payload.TransientMap[key] = value
        whole = proposal_pb2.Proposal(header=self.header.SerializeToString(),
                                      payload=payload.SerializeToString()).SerializeToString()
        self.signed = proposal_pb2.SignedProposal(proposal_bytes=whole, signature=signer.sign(whole))

    def hash(self):
        return hashlib.sha256(self.header.channel_header + self.signature_header + self.payload).digest()


def envelope(proposal, responses, signer):
    """The transaction of a proposal with these endorsements, signed."""
    endorsed = transaction_pb2.ChaincodeEndorsedAction(
        proposal_response_payload=responses[0].payload, endorsements=[r.endorsement for r in responses])
    action = transaction_pb2.TransactionAction(
        header=proposal.signature_header,
        payload=transaction_pb2.ChaincodeActionPayload(
            chaincode_proposal_payload=proposal.payload, action=endorsed).SerializeToString())
    payload = common_pb2.Payload(
        header=proposal.header,
        data=transaction_pb2.Transaction(actions=[action]).SerializeToString()).SerializeToString()
    return common_pb2.Envelope(payload=payload, signature=signer.sign(payload))


def forged_endorsement(proposal, chaincode, version, writes, endorser):
    """What a peer would answer had a chaincode written `writes` ({key: value}), signed by `endorser`; no chaincode was asked."""
    kv = kv_rwset_pb2.KVRWSet(writes=[kv_rwset_pb2.KVWrite(key=key, value=writes[key]) for key in sorted(writes)])
    results = rwset_pb2.TxReadWriteSet(data_model=rwset_pb2.TxReadWriteSet.KV, ns_rwset=[
        rwset_pb2.NsReadWriteSet(namespace=chaincode, rwset=kv.SerializeToString())])
    action = proposal_pb2.ChaincodeAction(
        results=results.SerializeToString(), response=proposal_response_pb2.Response(status=200),
        chaincode_id=chaincode_pb2.ChaincodeID(name=chaincode, version=version))
    payload = proposal_response_pb2.ProposalResponsePayload(
        proposal_hash=proposal.hash(), extension=action.SerializeToString()).SerializeToString()
    return proposal_response_pb2.ProposalResponse(
        payload=payload, endorsement=proposal_response_pb2.Endorsement(
            endorser=endorser.creator, signature=endorser.sign(payload + endorser.creator)))


def seek(channel, signer, tls, first):
    """Asks for the blocks from `first` to the newest one there is now."""
    header = common_pb2.ChannelHeader(type=common_pb2.DELIVER_SEEK_INFO, channel_id=channel,
                                      tls_cert_hash=tls.certificate_hash())
    header.timestamp.GetCurrentTime()
    wanted = ab_pb2.SeekInfo(
        start=ab_pb2.SeekPosition(specified=ab_pb2.SeekSpecified(number=first)),
        stop=ab_pb2.SeekPosition(newest=ab_pb2.SeekNewest()),
        behavior=ab_pb2.SeekInfo.FAIL_IF_NOT_READY)
    payload = common_pb2.Payload(
        header=common_pb2.Header(
            channel_header=header.SerializeToString(),
            signature_header=common_pb2.SignatureHeader(
                creator=signer.creator, nonce=os.urandom(24)).SerializeToString()),
        data=wanted.SerializeToString()).SerializeToString()
    return common_pb2.Envelope(payload=payload, signature=signer.sign(payload))


# ---- what stands on a ledger ----

# code: None where it comes from an orderer, which does not judge
# submitter: its MSP; creator: its SerializedIdentity; endorsers: their MSPs
# writes: {namespace: {key: value}} as the transaction has them, whether it is valid (code 0) or not; data: its envelope
Transaction = collections.namedtuple("Transaction", "block index txid code submitter creator endorsers writes data")


def msp_of(creator):
    return identities_pb2.SerializedIdentity.FromString(creator).mspid


def read_transaction(block, index, data, code):
    payload = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(data).payload)
    header = common_pb2.ChannelHeader.FromString(payload.header.channel_header)
    if header.type != common_pb2.ENDORSER_TRANSACTION:
        return None
    creator = common_pb2.SignatureHeader.FromString(payload.header.signature_header).creator
    endorsers, writes = [], {}
    for action in transaction_pb2.Transaction.FromString(payload.data).actions:
        endorsed = transaction_pb2.ChaincodeActionPayload.FromString(action.payload).action
        endorsers += [msp_of(e.endorser) for e in endorsed.endorsements]
        answer = proposal_response_pb2.ProposalResponsePayload.FromString(endorsed.proposal_response_payload)
        results = rwset_pb2.TxReadWriteSet.FromString(
            proposal_pb2.ChaincodeAction.FromString(answer.extension).results)
        for part in results.ns_rwset:
            kv = kv_rwset_pb2.KVRWSet.FromString(part.rwset)
            writes.setdefault(part.namespace, {}).update((w.key, w.value) for w in kv.writes)
    return Transaction(block, index, header.tx_id, code, msp_of(creator), creator, endorsers, writes, data)


def read_block(block):
    codes = block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER] or [None] * len(block.data.data)
    found = [read_transaction(block.header.number, i, data, codes[i]) for i, data in enumerate(block.data.data)]
    return [transaction for transaction in found if transaction is not None]


# ---- connections ----


def details(error):
    """What the peers behind a gateway said: in google.rpc.Status, whose parts are gateway.ErrorDetail in google.protobuf.Any."""
    for name, value in error.trailing_metadata() or ():
        if name == "grpc-status-details-bin":
            yield from errors_of(value)


def errors_of(status):
    for number, part in fields(status):
        if number == 3:
            for inner, value in fields(part):
                if inner == 2:
                    yield gateway_pb2.ErrorDetail.FromString(value)


def fields(data):
    """(number, bytes) of every length-delimited field of a message."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(data):
        tag = number()
        value = number()
        if tag & 7 == 2:
            yield tag >> 3, data[at:at + value]
            at += value


def refusal(error):
    words = "; ".join([error.details() or ""] + [f"{d.address} {d.msp_id}: {d.message}" for d in details(error)])
    return Refused(error.code().name, words)


class Connection:
    def __init__(self, address, roots, tls):
        self.tls = tls
        credentials = grpc.ssl_channel_credentials(roots, tls and tls.key_pem, tls and tls.certificate)
        self.line = grpc.secure_channel(address, credentials, OPTIONS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.line.close()

    @staticmethod
    def call(method, *arguments, seconds=SECONDS):
        try:
            return method(*arguments, timeout=seconds)
        except grpc.RpcError as error:
            raise refusal(error) from None


class Orderer(Connection):
    def broadcast(self, signed):
        """Hands an envelope in as it is, past every gateway."""
        stub = ab_pb2_grpc.AtomicBroadcastStub(self.line)
        try:
            answer = next(stub.Broadcast(iter([signed]), timeout=SECONDS))
        except grpc.RpcError as error:
            raise refusal(error) from None
        if answer.status != common_pb2.SUCCESS:
            raise Refused(common_pb2.Status.Name(answer.status), answer.info)

    def transactions(self, channel, signer):
        return deliver(ab_pb2_grpc.AtomicBroadcastStub(self.line), seek(channel, signer, self.tls, 0))


class Peer(Connection):
    def __init__(self, address, roots, tls, signer):
        super().__init__(address, roots, tls)
        self.signer = signer
        self.gateway = gateway_pb2_grpc.GatewayStub(self.line)

    def evaluate(self, channel, chaincode, arguments):
        proposal = Proposal(self.signer, channel, chaincode, arguments)
        answer = self.call(self.gateway.Evaluate, gateway_pb2.EvaluateRequest(
            transaction_id=proposal.txid, channel_id=channel, proposed_transaction=proposal.signed))
        return answer.result.payload

    def endorse(self, proposal):
        """The endorsement of this peer alone (protos.Endorser, what gateways ask as well)."""
        answer = self.call(peer_pb2_grpc.EndorserStub(self.line).ProcessProposal, proposal.signed)
        if answer.response.status != 200:
            raise Refused(str(answer.response.status), answer.response.message)
        return answer

    def endorse_by_gateway(self, proposal, organisations=()):
        return self.call(self.gateway.Endorse, gateway_pb2.EndorseRequest(
            transaction_id=proposal.txid, channel_id=proposal.channel,
            proposed_transaction=proposal.signed,
            endorsing_organizations=organisations)).prepared_transaction

    def submit(self, signed, proposal):
        self.call(self.gateway.Submit, gateway_pb2.SubmitRequest(
            transaction_id=proposal.txid, channel_id=proposal.channel, prepared_transaction=signed))

    def code(self, proposal):
        """Waits for its commit -> the validation code."""
        request = gateway_pb2.CommitStatusRequest(
            transaction_id=proposal.txid, channel_id=proposal.channel,
            identity=self.signer.creator).SerializeToString()
        return self.call(self.gateway.CommitStatus, gateway_pb2.SignedCommitStatusRequest(
            request=request, signature=self.signer.sign(request))).result

    def info(self, channel):
        """BlockchainInfo{height, currentBlockHash, previousBlockHash}"""
        return ledger_pb2.BlockchainInfo.FromString(
            self.evaluate(channel, "qscc", [b"GetChainInfo", channel.encode()]))

    def height(self, channel):
        return self.info(channel).height

    def transactions(self, channel):
        """Every transaction of chaincodes on the channel, in order."""
        return deliver(events_pb2_grpc.DeliverStub(self.line), seek(channel, self.signer, self.tls, 0))


def deliver(stub, request):
    found = []
    try:
        for answer in stub.Deliver(iter([request]), timeout=SECONDS):
            if answer.WhichOneof("Type") == "status":
                if answer.status != common_pb2.SUCCESS:
                    raise Refused(common_pb2.Status.Name(answer.status), "by Deliver")
                break
            found += read_block(answer.block)
    except grpc.RpcError as error:
        raise refusal(error) from None
    return found


def until(question, seconds, what, pause=0.1):
    """Asks until the answer is true."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(pause)
