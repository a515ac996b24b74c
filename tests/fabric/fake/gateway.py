"""A peer's services for clients, as Fabric 2.5's internal/pkg/gateway and common/deliver give them: gateway.Gateway and
protos.Deliver over mutual TLS.

Faults are put in by hooks: `server.hooks["Submit"].append(hook)`; the next call of that name, and no other, is given to
hook(request, context, go_on), where go_on() does what would have been done. hooks["Deliver"] take (blocks, context) and
give the blocks that are sent instead. A Server that is `frozen` answers nobody until it is thawed; one that is stopped
sends GOAWAY and is gone until it starts again at the same address.
"""

import collections
import concurrent.futures
import threading
import time

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2, gateway_pb2_grpc
from fabric_protos.orderer import ab_pb2
from fabric_protos.peer import events_pb2, events_pb2_grpc, proposal_pb2, transaction_pb2
from google.protobuf import any_pb2
from google.rpc import status_pb2

from fabric.fake import ledger as ledgers
from fabric.fake.msp import Denied, certificate_hash
from fabric.fake.peer import Failed, Lost

Code = grpc.StatusCode
OPTIONS = [("grpc.max_receive_message_length", 100 << 20), ("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)]


def fail(context, code, words, details=()):
    """Ends a call as gRPC's status package does. @param details  (address, MSP id, words) of each peer."""
    if details:
        status = status_pb2.Status(code=code.value[0], message=words)
        for address, msp_id, message in details:
            detail = any_pb2.Any()
            detail.Pack(gateway_pb2.ErrorDetail(address=address, msp_id=msp_id, message=message))
            status.details.append(detail)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(code, words)


def prepare(signed_proposal, answers):
    """The Envelope, without its signature, that a client is given to sign."""
    proposal = proposal_pb2.Proposal.FromString(signed_proposal.proposal_bytes)
    header = common_pb2.Header.FromString(proposal.header)
    payload = proposal_pb2.ChaincodeProposalPayload.FromString(proposal.payload)
    action = transaction_pb2.ChaincodeActionPayload()
    action.chaincode_proposal_payload = proposal_pb2.ChaincodeProposalPayload(input=payload.input).SerializeToString()
    action.action.proposal_response_payload = answers[0].payload
    action.action.endorsements.extend(answer.endorsement for answer in answers)
    transaction = transaction_pb2.Transaction()
    transaction.actions.add(header=header.signature_header, payload=action.SerializeToString())
    whole = common_pb2.Payload(header=header, data=transaction.SerializeToString())
    return common_pb2.Envelope(payload=whole.SerializeToString())


class Server(gateway_pb2_grpc.GatewayServicer, events_pb2_grpc.DeliverServicer):
    """@param others  peers of the other organisations whose endorsements the policy wants."""

    def __init__(self, peer, orderer, members, others=(), header_only=True):
        self.peer, self.orderer, self.members, self.others, self.header_only = peer, orderer, members, list(others), header_only
        self.hooks, self.calls = collections.defaultdict(collections.deque), collections.Counter()
        self.thawed = threading.Event()
        self.thawed.set()
        self.port, self.grpc = 0, None
        self.start()

    # -- the server

    def start(self):
        self.grpc = grpc.server(concurrent.futures.ThreadPoolExecutor(64), options=OPTIONS)
        gateway_pb2_grpc.add_GatewayServicer_to_server(self, self.grpc)
        events_pb2_grpc.add_DeliverServicer_to_server(self, self.grpc)
        own = self.peer.signer
        credentials = grpc.ssl_server_credentials([(own.key_pem, own.certificate)], self.members.pem, True)
        self.port = self.grpc.add_secure_port(f"127.0.0.1:{self.port}", credentials)
        self.grpc.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        self.thawed.set()
        self.grpc.stop(0).wait()

    def freeze(self):
        self.thawed.clear()

    def thaw(self):
        self.thawed.set()

    def _handle(self, name, request, context, go_on):
        self.calls[name] += 1
        while not self.thawed.wait(0.05):
            if not context.is_active():
                context.abort(Code.CANCELLED, "nobody waits")
        hooks = self.hooks[name]
        if hooks:
            return hooks.popleft()(request, context, lambda: go_on(request, context))
        return go_on(request, context)

    # -- gateway.Gateway

    def Evaluate(self, request, context):
        return self._handle("Evaluate", request, context, self.evaluate)

    def Endorse(self, request, context):
        return self._handle("Endorse", request, context, self.endorse)

    def Submit(self, request, context):
        return self._handle("Submit", request, context, self.submit)

    def CommitStatus(self, request, context):
        return self._handle("CommitStatus", request, context, self.commit_status)

    def evaluate(self, request, context):
        response, words, code = self._ask(self.peer, request.proposed_transaction)
        if response is None:
            begin = "evaluate call to endorser returned error: " if code != Code.ABORTED else "failed to evaluate transaction, see attached details for more info"
            fail(context, code, begin + (words if code != Code.ABORTED else ""), [self._detail(self.peer, words)])
        return gateway_pb2.EvaluateResponse(result=response.response)

    def endorse(self, request, context):
        first, words, _ = self._ask(self.peer, request.proposed_transaction)
        if first is None:
            fail(context, Code.ABORTED, "failed to endorse transaction, see attached details for more info", [self._detail(self.peer, words)])
        answers, faults = [first], []
        for other in self.others:
            answer, words, _ = self._ask(other, request.proposed_transaction)
            if answer is not None and answer.payload != first.payload:
                answer, words = None, "ProposalResponsePayloads do not match"
            if answer is None:
                faults.append(self._detail(other, words))
            else:
                answers.append(answer)
        if faults:
            fail(context, Code.ABORTED, "failed to collect enough transaction endorsements, see attached details for more info", faults)
        return gateway_pb2.EndorseResponse(prepared_transaction=prepare(request.proposed_transaction, answers))

    @staticmethod
    def _ask(peer, signed_proposal):
        """@return (ProposalResponse, None, None), or (None, words, code)."""
        try:
            answer = peer.endorse(signed_proposal)
        except Denied as error:
            return None, f"{error}", Code.FAILED_PRECONDITION
        except (Failed, Lost, TimeoutError) as error:
            return None, f"error in simulation: {error}", Code.ABORTED
        if answer.response.status >= 400:
            return None, f"chaincode response {answer.response.status}, {answer.response.message}", Code.UNKNOWN
        return answer, None, None

    @staticmethod
    def _detail(peer, words):
        return f"peer.{peer.msp_id.lower()}.example:7051", peer.msp_id, words

    def submit(self, request, context):
        if not request.prepared_transaction.signature:
            fail(context, Code.INVALID_ARGUMENT, "prepared transaction must be signed")
        status, words = self.orderer.broadcast(request.prepared_transaction.SerializeToString())
        if status != common_pb2.SUCCESS:
            name = common_pb2.Status.Name(status)
            fail(context, Code.ABORTED, f"received unsuccessful response from orderer: status={name}, info={words}")
        return gateway_pb2.SubmitResponse()

    def commit_status(self, signed, context):
        request = gateway_pb2.CommitStatusRequest.FromString(signed.request)
        ledger = self.peer.ledger
        try:
            self.members.check(request.identity, signed.request, signed.signature, request.channel_id)
        except Denied as error:
            fail(context, Code.PERMISSION_DENIED, str(error))
        while context.is_active():
            if ledger.wait(lambda: request.transaction_id in ledger.places, 0.2):
                place = ledger.places[request.transaction_id]
                # the block is there a moment after its transactions
                ledger.wait(lambda: ledger.height > place.block, 5)
                return gateway_pb2.CommitStatusResponse(result=place.code, block_number=place.block)
        return fail(context, Code.DEADLINE_EXCEEDED, "context deadline exceeded")

    # -- protos.Deliver

    def Deliver(self, requests, context):
        self.calls["Deliver"] += 1
        for envelope in requests:
            status, blocks = self.seek(envelope, context)
            if status == common_pb2.SUCCESS:
                hooks = self.hooks["Deliver"]
                blocks = hooks.popleft()(blocks, context) if hooks else blocks
                for block in blocks:
                    yield events_pb2.DeliverResponse(block=block)
            yield events_pb2.DeliverResponse(status=status)
            if status != common_pb2.SUCCESS:
                return

    def seek(self, envelope, context):
        payload = common_pb2.Payload.FromString(envelope.payload)
        channel_header, signature_header = ledgers.headers_of(payload)
        certificate = context.auth_context()["x509_pem_cert"][0]
        ledger = self.peer.ledger
        if channel_header.type != common_pb2.DELIVER_SEEK_INFO or abs(time.time() - channel_header.timestamp.seconds) > 900 or \
                channel_header.tls_cert_hash != certificate_hash(certificate):
            return common_pb2.BAD_REQUEST, None
        if channel_header.channel_id != ledger.channel:
            return common_pb2.NOT_FOUND, None
        try:
            self.members.check(signature_header.creator, envelope.payload, envelope.signature, ledger.channel)
        except Denied:
            return common_pb2.FORBIDDEN, None
        info = ab_pb2.SeekInfo.FromString(payload.data)
        if info.behavior == ab_pb2.SeekInfo.FAIL_IF_NOT_READY and info.start.specified.number >= ledger.height:
            return common_pb2.NOT_FOUND, None
        return common_pb2.SUCCESS, self.blocks(info, context)

    def blocks(self, info, context):
        ledger = self.peer.ledger
        for number in range(info.start.specified.number, min(info.stop.specified.number + 1, 1 << 62)):
            while not (self.thawed.wait(0.05) and ledger.wait(lambda: ledger.height > number, 0.2)):
                if not context.is_active():
                    return
            block = ledger.blocks[number]
            if self.header_only and info.content_type == ab_pb2.SeekInfo.HEADER_WITH_SIG and number > 0:
                bare = common_pb2.Block(header=block.header, metadata=block.metadata)
                yield bare
            else:
                yield block
