"""A channel with an orderer and peers that validate, endorse with real chaincode servers, and fall behind when they are told to."""

import queue
import subprocess
import threading
import time

from fabric_protos.common import common_pb2, ledger_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2, proposal_response_pb2

from fabric.fake import ledger as ledgers
from fabric.fake import peer as shim
from fabric.fake.msp import Denied, Signer

ENVELOPE_MAX = 16 << 20
LINES_MAX = 4  # chaincodes that a peer talks to at once; a chaincode server takes so many peers and no more


class Orderer(threading.Thread):
    """Cuts a block when a batch has waited for `timeout` seconds or has `count` transactions."""

    def __init__(self, channel, members, timeout=0.05, count=50):
        super().__init__(daemon=True)
        self.channel, self.members, self.timeout, self.count = channel, members, timeout, count
        self.waiting, self.peers, self.number = queue.Queue(), [], 1
        self.previous = ledgers.header_hash(ledgers.genesis(channel).header)
        self.cut_now = threading.Lock()  # who holds it keeps blocks from being cut

    def broadcast(self, octets):
        """@return (common.Status, words)."""
        if len(octets) > ENVELOPE_MAX:
            return common_pb2.REQUEST_ENTITY_TOO_LARGE, f"message payload is {len(octets)} bytes"
        envelope = common_pb2.Envelope.FromString(octets)
        _, signature_header = ledgers.headers_of(common_pb2.Payload.FromString(envelope.payload))
        try:
            self.members.check(signature_header.creator, envelope.payload, envelope.signature, self.channel)
        except Denied as error:
            return common_pb2.FORBIDDEN, str(error)
        self.waiting.put(octets)
        return common_pb2.SUCCESS, ""

    def run(self):
        while True:
            batch = [self.waiting.get()]
            until = time.monotonic() + self.timeout
            while len(batch) < self.count and (left := until - time.monotonic()) > 0:
                try:
                    batch.append(self.waiting.get(timeout=left))
                except queue.Empty:
                    break
            with self.cut_now:
                block = ledgers.make_block(self.number, self.previous, batch)
                self.number, self.previous = self.number + 1, ledgers.header_hash(block.header)
            for peer in self.peers:
                copy = common_pb2.Block()
                copy.CopyFrom(block)
                peer.inbox.put(copy)


class Peer:
    """One organisation's peer: its copy of the channel, and endorsements by the organisation's chaincode."""

    def __init__(self, channel, members, policy, signer, root, chaincode_address):
        self.signer, self.msp_id, self.root, self.chaincode_address = signer, signer.msp_id, root, chaincode_address
        self.ledger = ledgers.Ledger(channel, members, policy)
        self.inbox, self.follows = queue.Queue(), threading.Event()
        self.follows.set()  # cleared: it falls behind
        self._lines, self._lock = {}, threading.Lock()
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self):
        while True:
            block = self.inbox.get()
            self.follows.wait()
            self.ledger.apply(block)

    def _line(self, chaincode):
        with self._lock:
            if chaincode not in self._lines:
                if len(self._lines) == LINES_MAX:
                    self._lines.pop(next(iter(self._lines))).close()
                tls = shim.Tls(self.root, self.signer.key_pem, self.signer.certificate)
                self._lines[chaincode] = shim.Peer(self.chaincode_address, tls, self.ledger.states[chaincode], host_name="localhost")
            return self._lines[chaincode]

    def check(self, signed_proposal):
        """What a peer checks before it simulates. @return (channel header, signature header, payload). Raises Denied."""
        proposal = proposal_pb2.Proposal.FromString(signed_proposal.proposal_bytes)
        header = common_pb2.Header.FromString(proposal.header)
        channel_header, signature_header = ledgers.headers_of(common_pb2.Payload(header=header))
        ledger = self.ledger
        try:
            ledger.members.check(signature_header.creator, signed_proposal.proposal_bytes, signed_proposal.signature, ledger.channel)
        except Denied as error:
            raise Denied(f"error validating proposal: {error}") from None
        if channel_header.channel_id != ledger.channel or channel_header.type != common_pb2.ENDORSER_TRANSACTION:
            raise Denied("error validating proposal: another channel or type")
        if channel_header.tx_id != ledgers.txid_of(signature_header):
            raise Denied("error validating proposal: incorrectly computed txid")
        if abs(time.time() - channel_header.timestamp.seconds) > 900:
            raise Denied("error validating proposal: timestamp is too far away")
        if channel_header.tx_id in ledger.places:
            raise Denied(f"duplicate transaction found [{channel_header.tx_id}]")
        return header, channel_header, proposal_pb2.ChaincodeProposalPayload.FromString(proposal.payload)

    def endorse(self, signed_proposal):
        """@return ProposalResponse, without an endorsement where the chaincode refused. Raises Denied, or what goes wrong below."""
        header, channel_header, payload = self.check(signed_proposal)
        spec = chaincode_pb2.ChaincodeInvocationSpec.FromString(payload.input).chaincode_spec
        if spec.chaincode_id.name == "qscc":
            return proposal_response_pb2.ProposalResponse(response=self.qscc(list(spec.input.args)))
        response, results = self._line(spec.chaincode_id.name).simulate(
            signed_proposal.SerializeToString(), channel_header.channel_id, channel_header.tx_id)
        answer = proposal_response_pb2.ProposalResponse(version=1, response=response)
        if response.status >= 400:
            return answer
        action = proposal_pb2.ChaincodeAction(results=results, response=response)
        action.chaincode_id.name, action.chaincode_id.version = spec.chaincode_id.name, "1"
        body = proposal_response_pb2.ProposalResponsePayload(extension=action.SerializeToString())
        body.proposal_hash = ledgers.proposal_hash(header.channel_header, header.signature_header, payload)
        answer.payload = body.SerializeToString()
        answer.endorsement.endorser = self.signer.creator
        answer.endorsement.signature = self.signer.sign(answer.payload + self.signer.creator)
        return answer

    def qscc(self, arguments):
        function, ledger, blocks = arguments[0].decode(), self.ledger, self.ledger.blocks
        failed = proposal_response_pb2.Response(status=500)
        if arguments[1].decode() != ledger.channel:
            failed.message = "Invalid chain ID"
            return failed
        if function == "GetChainInfo":
            info = ledger_pb2.BlockchainInfo(height=len(blocks))
            info.currentBlockHash = ledger.hash(info.height - 1)
            info.previousBlockHash = blocks[info.height - 1].header.previous_hash
            return proposal_response_pb2.Response(status=200, payload=info.SerializeToString())
        if function == "GetBlockByTxID" and (place := ledger.places.get(arguments[2].decode())):
            return proposal_response_pb2.Response(status=200, payload=blocks[place.block].SerializeToString())
        failed.message = f"Failed {function}: no such entry"
        return failed


class ChaincodeServer:
    """`command` serves a chaincode and prints its port."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.address = f"127.0.0.1:{int(self.process.stdout.readline())}"

    def stop(self):
        self.process.terminate()
        self.process.stdout.close()
        assert self.process.wait(30) == 0, f"the chaincode server ended with {self.process.returncode}"


def load_peer(folder, msp_id, name):
    """The identity of a peer below an organisation's folder."""
    return Signer(msp_id, folder / msp_id / name)
