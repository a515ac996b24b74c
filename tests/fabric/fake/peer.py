"""A peer's side of the conversation with a chaincode server, as Fabric 2.5's core/chaincode/handler.go holds it.

    state = State()                                   # versioned keys and values of one chaincode on one channel
    peer = Peer("127.0.0.1:7052", Tls(roots, key, certificate), state, host_name="localhost")
    response, rwset = peer.simulate(signed_proposal_bytes, "xor", txid)
    # response: fabric_protos.peer.proposal_response_pb2.Response{status, message, payload}
    # rwset: bytes of rwset_pb2.TxReadWriteSet (reads with versions, range queries, writes), sorted as Fabric sorts;
    #        the namespace is the chaincode name of the proposal. Sees the state as of the call's begin.
    code = state.commit(block, transaction, rwset)    # 0 VALID, 11 MVCC_READ_CONFLICT, 12 PHANTOM_READ_CONFLICT
    peer.close()

One Peer is one connection, made at the first call and made anew after it was lost; it may be used by many threads at once, and
several Peers may share one State. simulate raises Lost where the connection ends before the transaction does, Failed where the
chaincode answers ERROR, TimeoutError after `timeout` seconds. `page` is how many results a page of a range query has.
Conversation, below it, lets a test say whatever it likes.
"""

import bisect
import collections
import queue
import threading

import grpc
from fabric_protos.common import common_pb2
from fabric_protos.ledger.queryresult import kv_query_result_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.peer import chaincode_pb2, chaincode_shim_pb2, chaincode_shim_pb2_grpc, proposal_pb2, proposal_response_pb2

Message = chaincode_shim_pb2.ChaincodeMessage

VALID, MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT = 0, 11, 12
OPTIONS = [("grpc.max_receive_message_length", 100 << 20), ("grpc.max_send_message_length", 100 << 20)]

Tls = collections.namedtuple("Tls", "roots key certificate")  # PEM, bytes; None instead of a Tls: no TLS


class Lost(Exception):
    """The connection is over."""


class Failed(Exception):
    """The chaincode answered ERROR."""


# ---- state ----


class State:
    """Keys, values and versions (block, transaction) of one namespace. Safe for many threads."""

    def __init__(self):
        self._lock = threading.Lock()
        self._entries = {}
        self._keys = []

    def get(self, key):
        """(value, version), or None."""
        with self._lock:
            return self._entries.get(key)

    def put(self, key, value, version=(0, 0)):
        with self._lock:
            self._put(key, value, version)

    def range(self, first, past):
        """[(key, value, version)] with first <= key < past, in byte order (keys are ASCII here)."""
        return self.snapshot().range(first, past)

    def snapshot(self):
        with self._lock:
            return Snapshot(dict(self._entries), list(self._keys))

    def keys(self):
        return self.snapshot().keys

    def check(self, rwset, namespace=None):
        """The validation code of a TxReadWriteSet (bytes) against what stands here."""
        with self._lock:
            return self._check(kv_sets(rwset, namespace))

    def commit(self, block, transaction, rwset, namespace=None):
        """Checks, and writes where that is VALID. `namespace`: only this one of the set; None: all of them."""
        sets = kv_sets(rwset, namespace)
        with self._lock:
            code = self._check(sets)
            if code == VALID:
                for kv in sets:
                    for write in kv.writes:
                        self._put(write.key, None if write.is_delete else write.value, (block, transaction))
            return code

    def _put(self, key, value, version):
        if value is None:
            if self._entries.pop(key, None) is not None:
                self._keys.remove(key)
            return
        if key not in self._entries:
            bisect.insort(self._keys, key)
        self._entries[key] = (value, version)

    def _check(self, sets):
        for kv in sets:
            for read in kv.reads:
                if self._version(read.key) != version_of(read):
                    return MVCC_READ_CONFLICT
            for query in kv.range_queries_info:
                first = bisect.bisect_left(self._keys, query.start_key)
                past = (bisect.bisect_left if query.itr_exhausted else bisect.bisect_right)(self._keys, query.end_key)
                stands = [(key, self._version(key)) for key in self._keys[first:past]]
                if stands != [(read.key, version_of(read)) for read in query.raw_reads.kv_reads]:
                    return PHANTOM_READ_CONFLICT
        return VALID

    def _version(self, key):
        entry = self._entries.get(key)
        return entry[1] if entry else None


class Snapshot:
    def __init__(self, entries, keys):
        self.entries, self.keys = entries, keys

    def get(self, key):
        return self.entries.get(key)

    def range(self, first, past):
        found = self.keys[bisect.bisect_left(self.keys, first):bisect.bisect_left(self.keys, past)]
        return [(key, *self.entries[key]) for key in found]


def version_of(read):
    return (read.version.block_num, read.version.tx_num) if read.HasField("version") else None


def kv_sets(rwset, namespace=None):
    """The KVRWSets of a TxReadWriteSet (bytes)."""
    whole = rwset_pb2.TxReadWriteSet.FromString(rwset)
    return [kv_rwset_pb2.KVRWSet.FromString(ns.rwset) for ns in whole.ns_rwset if namespace in (None, ns.namespace)]


def writes_of(rwset, namespace=None):
    """{key: value} that a TxReadWriteSet (bytes) writes."""
    return {write.key: write.value for kv in kv_sets(rwset, namespace) for write in kv.writes}


# ---- one transaction ----


class Simulation:
    """What a peer keeps of a transaction that runs: what it read and wrote, its open range queries."""

    def __init__(self, snapshot, namespace, page):
        self.snapshot, self.namespace, self.page = snapshot, namespace, page
        self.reads, self.writes, self.queries = {}, {}, []
        self.open = {}
        self.over = queue.Queue()
        self.asked = collections.Counter()  # messages of the chaincode by type

    def answer(self, message):
        """The payload of the RESPONSE; raises ValueError with the words of an ERROR."""
        self.asked[message.type] += 1
        answers = {Message.GET_STATE: self.get, Message.PUT_STATE: self.put, Message.GET_STATE_BY_RANGE: self.range,
                   Message.QUERY_STATE_NEXT: self.next, Message.QUERY_STATE_CLOSE: self.end}
        if message.type not in answers:
            raise ValueError(f"a peer has no answer to {message.type}")
        return answers[message.type](message.payload)

    def get(self, payload):
        key = chaincode_shim_pb2.GetState.FromString(payload).key
        value, version = self.snapshot.get(key) or (b"", None)
        self.note_read(self.reads, key, version)
        return value  # what was put in this transaction is not seen, as on a real peer

    @staticmethod
    def note_read(reads, key, version):
        reads[key] = kv_rwset_pb2.KVRead(key=key)
        if version:
            reads[key].version.block_num, reads[key].version.tx_num = version

    def put(self, payload):
        put = chaincode_shim_pb2.PutState.FromString(payload)
        if not put.key:
            raise ValueError("a key is empty")
        self.writes[put.key] = put.value
        return b""

    def range(self, payload):
        asked = chaincode_shim_pb2.GetStateByRange.FromString(payload)
        name = str(len(self.queries) + 1)
        query = {"first": asked.startKey, "past": asked.endKey, "left": self.snapshot.range(asked.startKey, asked.endKey), "reads": {},
                 "exhausted": False}
        self.queries.append(query)
        self.open[name] = query
        return self.turn_page(name)

    def next(self, payload):
        return self.turn_page(chaincode_shim_pb2.QueryStateNext.FromString(payload).id)

    def turn_page(self, name):
        if name not in self.open:
            raise ValueError(f"query iterator {name} not found")
        query = self.open[name]
        response = chaincode_shim_pb2.QueryResponse(id=name)
        while query["left"] and len(response.results) < self.page:
            key, value, version = query["left"].pop(0)
            self.note_read(query["reads"], key, version)
            kv = kv_query_result_pb2.KV(namespace=self.namespace, key=key, value=value)
            response.results.add(resultBytes=kv.SerializeToString())
        response.has_more = bool(query["left"])
        if not response.has_more:
            query["exhausted"] = True
            del self.open[name]
        return response.SerializeToString()

    def end(self, payload):
        name = chaincode_shim_pb2.QueryStateClose.FromString(payload).id
        self.open.pop(name, None)
        return chaincode_shim_pb2.QueryResponse(id=name).SerializeToString()

    def rwset(self):
        kv = kv_rwset_pb2.KVRWSet(reads=[self.reads[key] for key in sorted(self.reads)])
        for query in self.queries:
            info = kv.range_queries_info.add(start_key=query["first"], itr_exhausted=query["exhausted"])
            info.end_key = query["past"] if query["exhausted"] else list(query["reads"])[-1]
            info.raw_reads.kv_reads.extend(query["reads"].values())
        for key in sorted(self.writes):
            kv.writes.add(key=key, value=self.writes[key])
        whole = rwset_pb2.TxReadWriteSet(data_model=rwset_pb2.TxReadWriteSet.KV)
        whole.ns_rwset.add(namespace=self.namespace, rwset=kv.SerializeToString())
        return whole.SerializeToString()


# ---- the connection ----


class Conversation:
    """A stream of ChaincodeMessages. `hear` is called with each that comes, in a thread of this object, and with None at the end.
    `raw`: say takes and hear gets bytes."""

    def __init__(self, address, tls, hear, host_name=None, raw=False):
        options = OPTIONS + ([("grpc.ssl_target_name_override", host_name)] if host_name else [])
        if tls is None:
            self.channel = grpc.insecure_channel(address, options=options)
        else:
            credentials = grpc.ssl_channel_credentials(tls.roots, tls.key, tls.certificate)
            self.channel = grpc.secure_channel(address, credentials, options=options)
        self.out, self.hear, self.code, self.details = queue.Queue(), hear, None, ""
        if raw:
            same = lambda octets: octets  # noqa: E731
            self.call = self.channel.stream_stream("/protos.Chaincode/Connect", same, same)(iter(self.out.get, None))
        else:
            self.call = chaincode_shim_pb2_grpc.ChaincodeStub(self.channel).Connect(iter(self.out.get, None))
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def say(self, message):
        self.out.put(message)

    def _run(self):
        try:
            for message in self.call:
                self.hear(message)
            self.code = self.call.code()
        except grpc.RpcError as error:
            self.code, self.details = error.code(), error.details()
        finally:
            self.hear(None)

    def half_close(self):
        self.out.put(None)

    def close(self):
        """Hangs up without a word."""
        self.call.cancel()
        self.out.put(None)
        self.channel.close()
        self.thread.join(10)


class Peer:
    def __init__(self, address, tls, state=None, host_name=None, page=100, timeout=60):
        self.address, self.tls, self.host_name, self.page, self.timeout = address, tls, host_name, page, timeout
        self.state = state if state is not None else State()
        self.package_id = None  # as the chaincode told it
        self._lock = threading.Lock()
        self._running = {}
        self._line, self._ready = None, None

    # -- the public part

    def simulate(self, signed_proposal, channel, txid):
        """@return (Response, TxReadWriteSet as bytes)."""
        simulation = self.run(signed_proposal, channel, txid)
        message = self.wait(simulation)
        response = proposal_response_pb2.Response.FromString(message.payload)
        return response, simulation.rwset()

    def run(self, signed_proposal, channel, txid, page=None):
        """Starts a transaction. @return its Simulation, for `wait`."""
        signed = proposal_pb2.SignedProposal.FromString(signed_proposal)
        spec = spec_of(signed)
        simulation = Simulation(self.state.snapshot(), spec.chaincode_id.name, page or self.page)
        line = self.connect()
        with self._lock:
            if (channel, txid) in self._running:
                raise ValueError(f"transaction {txid} is running already")
            self._running[channel, txid] = simulation
        if line.code is not None:  # it ended before this transaction was known
            simulation.over.put(None)
        line.say(Message(type=Message.TRANSACTION, txid=txid, channel_id=channel, payload=spec.input.SerializeToString(), proposal=signed))
        simulation.name = (channel, txid)
        return simulation

    def wait(self, simulation):
        """@return the COMPLETED message."""
        try:
            message = simulation.over.get(timeout=self.timeout)
        except queue.Empty:
            raise TimeoutError(f"transaction {simulation.name[1]} did not end") from None
        finally:
            with self._lock:
                self._running.pop(simulation.name, None)
        if message is None:
            raise Lost("the chaincode hung up")
        if message.type == Message.ERROR:
            raise Failed(message.payload.decode())
        return message

    def connect(self):
        """The conversation that is open, or a new one that has come to READY."""
        with self._lock:
            if self._line is None:
                self._ready = threading.Event()
                self._line = Conversation(self.address, self.tls, self._hear, self.host_name)
            line, ready = self._line, self._ready
        if not ready.wait(self.timeout):
            raise TimeoutError("the chaincode did not register")
        if line.code is not None:
            raise Lost(f"no connection: {line.code.name} {line.details}")
        return line

    def close(self):
        with self._lock:
            line = self._line
        if line is not None:
            line.close()

    # -- what the chaincode says

    def _hear(self, message):
        with self._lock:  # the first message may be here before `connect` has put the line by
            line, ready = self._line, self._ready
        if message is None:
            with self._lock:
                self._line = None
                running = list(self._running.values())
            ready.set()
            for simulation in running:
                simulation.over.put(None)
        elif message.type == Message.REGISTER:
            self.package_id = chaincode_pb2.ChaincodeID.FromString(message.payload).name
            line.say(Message(type=Message.REGISTERED))
            line.say(Message(type=Message.READY))
            ready.set()
        elif message.type != Message.KEEPALIVE:
            self._hear_of_transaction(line, message)

    def _hear_of_transaction(self, line, message):
        with self._lock:
            simulation = self._running.get((message.channel_id, message.txid))
        if simulation is None:
            return
        if message.type in (Message.COMPLETED, Message.ERROR):
            simulation.over.put(message)
            return
        answer = Message(type=Message.RESPONSE, txid=message.txid, channel_id=message.channel_id)
        try:
            answer.payload = simulation.answer(message)
        except ValueError as error:
            answer.type, answer.payload = Message.ERROR, str(error).encode()
        line.say(answer)


def spec_of(signed_proposal):
    """The ChaincodeSpec of a SignedProposal message."""
    proposal = proposal_pb2.Proposal.FromString(signed_proposal.proposal_bytes)
    payload = proposal_pb2.ChaincodeProposalPayload.FromString(proposal.payload)
    return chaincode_pb2.ChaincodeInvocationSpec.FromString(payload.input).chaincode_spec


def channel_header_of(signed_proposal):
    """The ChannelHeader of a SignedProposal message."""
    proposal = proposal_pb2.Proposal.FromString(signed_proposal.proposal_bytes)
    return common_pb2.ChannelHeader.FromString(common_pb2.Header.FromString(proposal.header).channel_header)
