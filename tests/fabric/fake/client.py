"""A client's side: proposals as Fabric's clients make and sign them, and Lotveil's calls in them.

    client = Client("BMSP", certificate_pem, key_pem)
    proposal = client.propose("xor", "xor", *submit([("grant", [record])]))
    proposal.signed, proposal.txid            # bytes of a SignedProposal; hexadecimal
"""

import collections
import hashlib
import os
import time as clock

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from fabric_protos.common import common_pb2
from fabric_protos.msp import identities_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2

INLINE_MAX = 4096  # arguments of this size or more travel transient
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256

Proposal = collections.namedtuple("Proposal", "signed txid channel")


# ---- calls (src/fabric/fabric.proto: Calls) ----


def _field(number, data):
    size, octets = len(data), bytearray([number << 3 | 2])
    while size >= 0x80:
        octets.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes(octets) + bytes([size]) + data


def encode_calls(calls, inline_max=INLINE_MAX):
    """[(function, [argument, ...]), ...] -> (Calls as bytes, {digest in hex: value})."""
    out, transient = b"", {}
    for function, arguments in calls:
        call = _field(1, function.encode()) if function else b""
        for argument in arguments:
            if len(argument) < inline_max:
                call += _field(2, _field(1, argument) if argument else b"")
                continue
            digest = hashlib.sha256(argument).digest()
            transient[digest.hex()] = argument
            call += _field(2, _field(2, digest))
        out += _field(1, call)
    return out, transient


def submit(calls, inline_max=INLINE_MAX):
    """What `propose` takes for writing calls."""
    encoded, transient = encode_calls(calls, inline_max)
    return [b"submit", encoded], transient


def read(function, *arguments):
    """What `propose` takes for a reading call."""
    return [b"read", encode_calls([(function, [a.encode() if isinstance(a, str) else a for a in arguments])], 1 << 62)[0]], {}


# ---- proposals ----


class Client:
    def __init__(self, msp_id, certificate, key):
        self.msp_id = msp_id
        self.creator = identities_pb2.SerializedIdentity(mspid=msp_id, id_bytes=certificate).SerializeToString()
        self.key = serialization.load_pem_private_key(key, None)

    def sign(self, octets):
        """ECDSA over SHA-256: DER, low S."""
        r, s = utils.decode_dss_signature(self.key.sign(octets, ec.ECDSA(hashes.SHA256())))
        return utils.encode_dss_signature(r, min(s, ORDER - s))

    def propose(self, channel, chaincode, arguments, transient=None, time=None, nonce=None, txid=None):
        """`time`: of the channel header, in seconds since 1970; `txid`: another than follows from nonce and creator."""
        nonce = nonce or os.urandom(24)
        txid = txid or hashlib.sha256(nonce + self.creator).hexdigest()
        extension = proposal_pb2.ChaincodeHeaderExtension()
        extension.chaincode_id.name = chaincode
        header = common_pb2.ChannelHeader(type=common_pb2.ENDORSER_TRANSACTION, channel_id=channel, tx_id=txid,
                                          extension=extension.SerializeToString())
        header.timestamp.seconds = int(clock.time() if time is None else time)
        signature = common_pb2.SignatureHeader(creator=self.creator, nonce=nonce)
        invocation = chaincode_pb2.ChaincodeInvocationSpec()
        invocation.chaincode_spec.type = chaincode_pb2.ChaincodeSpec.GOLANG
        invocation.chaincode_spec.chaincode_id.name = chaincode
        invocation.chaincode_spec.input.args.extend(arguments)
        payload = proposal_pb2.ChaincodeProposalPayload(input=invocation.SerializeToString(), TransientMap=transient or {})
        both = common_pb2.Header(channel_header=header.SerializeToString(), signature_header=signature.SerializeToString())
        proposal = proposal_pb2.Proposal(header=both.SerializeToString(), payload=payload.SerializeToString()).SerializeToString()
        signed = proposal_pb2.SignedProposal(proposal_bytes=proposal, signature=self.sign(proposal))
        return Proposal(signed.SerializeToString(), txid, channel)
