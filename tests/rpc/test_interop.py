"""Lotveil's gRPC against the official implementation (grpcio), over mutual TLS, in both directions."""

import os
import pathlib
import shutil
import ssl
import tempfile
import threading
import time
import unittest

os.environ.setdefault("GRPC_VERBOSITY", "NONE")

import grpc  # noqa: E402
from peers import LIMIT, Answer, Organisation, Program, dial, serve, wait_for  # noqa: E402

WORDS = "100 % no, 25 °C"
DETAILS = bytes(range(256))
MIB = 1 << 20


def setUpModule():
    global folder, ours, theirs, stranger
    folder = tempfile.mkdtemp(prefix="lotveil-rpc-")
    ours, theirs, stranger = (Organisation(pathlib.Path(folder) / name) for name in ("ours", "theirs", "stranger"))
    ours.trust(theirs)
    theirs.trust(ours)
    stranger.trust(ours)


def tearDownModule():
    shutil.rmtree(folder)


def echo(requests, context):
    yield from requests


class ClientAgainstGrpcio(unittest.TestCase):
    def setUp(self):
        self.programs = []
        self.servers = []
        self.seen = []
        self.hold = threading.Event()

    def tearDown(self):
        self.hold.set()
        for program in self.programs:
            self.assertEqual(program.close(), 0)
        for server in self.servers:
            server.stop(0).wait()

    def serve(self, functions=None, **more):
        server, port = serve(theirs, functions or {"Echo": echo}, **more)
        self.servers.append(server)
        return server, port

    def client(self, port, own=None, limit=LIMIT, keepalive=0, host=()):
        program = Program("LOTVEIL_RPC_CALL", f"127.0.0.1:{port}", (own or ours).folder, limit, keepalive, *host)
        self.programs.append(program)
        return program

    def call(self, program, method="Echo", size=10, deadline=20000):
        return Answer(program.ask("call", f"/test.Test/{method}", size, deadline))

    def test_unary(self):
        client = self.client(self.serve()[1])
        for size in (0, 1, 16384, 70000, 3 * MIB):
            answer = self.call(client, size=size)
            self.assertEqual((answer.status, answer.code, answer.same), ("LV_OK", 0, True), size)

    def test_stream_both_ways(self):
        client = self.client(self.serve()[1])
        self.assertEqual(client.ask("open", "/test.Test/Echo", 0), ["LV_OK"])
        for size in (5, 0, 100000, 7):
            self.assertEqual(client.ask("send", size), ["LV_OK"])
            self.assertEqual(client.ask("receive", 5000), ["LV_OK", str(size)])
        self.assertEqual(client.ask("receive", 50), ["LV_TIMEOUT", "0"])
        client.ask("half")
        self.assertEqual(client.ask("receive", 5000), ["LV_NOT_FOUND", "0"])
        self.assertEqual(client.ask("end"), ["0", "-"])

    def test_codes_words_and_details(self):
        def refuse(requests, context):
            context.set_trailing_metadata((("grpc-status-details-bin", DETAILS),))
            context.set_code(grpc.StatusCode.ABORTED)
            context.set_details(WORDS)
            yield from ()

        client = self.client(self.serve({"Refuse": refuse})[1])
        answer = self.call(client, "Refuse")
        self.assertEqual((answer.status, answer.code, answer.words, answer.details), ("LV_OK", 10, WORDS, DETAILS))
        self.assertEqual(self.call(client, "Nothing").code, 12)

    def test_an_answer_before_the_request_is_whole(self):
        def early(requests, context):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "enough")
            yield b""

        client = self.client(self.serve({"Early": early})[1])
        client.ask("open", "/test.Test/Early", 0)
        client.ask("send", 10)  # and no half-close
        self.assertEqual(client.ask("receive", 5000), ["LV_NOT_FOUND", "0"])
        self.assertEqual(client.ask("end"), ["8", b"enough".hex()])

    def test_certificates(self):
        port = self.serve()[1]
        self.assertEqual(self.call(self.client(port, host=["localhost"])).status, "LV_OK")
        for wrong in (self.client(port, host=["elsewhere.example"]),  # not the host
                      self.client(port, host=["theirs"]),  # the common name counts for nothing
                      self.client(port, own=stranger),  # neither knows the other
                      self.client(port, own=self.impostor(ours.read("roots.pem"), stranger))):  # the server does not know it
            answer = self.call(wrong)
            self.assertEqual((answer.status, answer.acted), ("LV_UNAVAILABLE", False))

    def impostor(self, roots, whose):
        """Trusts whom it should and shows another's certificate."""
        other = pathlib.Path(tempfile.mkdtemp(dir=folder))
        (other / "roots.pem").write_bytes(roots)
        for name in ("own.pem", "key.pem"):
            (other / name).write_bytes(whose.read(name))
        whose = type("Folder", (), {"folder": other, "read": lambda self, name: (other / name).read_bytes()})
        return whose()

    def test_the_deadline_is_told_and_kept(self):
        def wait(requests, context):
            self.seen.append(context.time_remaining())
            self.hold.wait(10)
            yield b""

        client = self.client(self.serve({"Wait": wait})[1])
        begun = time.monotonic()
        answer = self.call(client, "Wait", deadline=700)
        self.assertTrue(answer.status == "LV_TIMEOUT" or answer.code == 4, answer.status)
        self.assertLess(time.monotonic() - begun, 5)
        self.assertTrue(0 < self.seen[0] <= 0.7, self.seen)

    def test_a_server_that_stops_in_the_middle(self):
        def slow(requests, context):
            for request in requests:
                time.sleep(0.3)
                yield request

        server, port = self.serve({"Echo": slow})
        client = self.client(port)
        self.assertEqual(self.call(client).status, "LV_OK")
        client.say("call", "/test.Test/Echo", 10, 20000)  # under way when GOAWAY comes
        time.sleep(0.1)
        stopped = server.stop(5)
        self.assertEqual(Answer(client.hear()).status, "LV_OK")
        stopped.wait()
        answer = self.call(client)  # nobody is there
        self.assertEqual((answer.status, answer.acted), ("LV_UNAVAILABLE", False))
        self.serve({"Echo": slow}, port=port)
        self.assertTrue(wait_for(lambda: self.call(client).status == "LV_OK"))

    def test_calls_go_on_while_connections_age(self):
        """The server ends each connection after a moment (GOAWAY): no call is lost."""
        _, port = self.serve(options=[("grpc.max_connection_age_ms", 150), ("grpc.max_connection_age_grace_ms", 20000)])
        client = self.client(port)
        begun = time.monotonic()
        while time.monotonic() - begun < 3:
            self.assertEqual(client.ask("many", "/test.Test/Echo", 2000, 8, 10), ["80", "0"])

    def test_a_call_cut_in_the_middle(self):
        def cut(requests, context):
            yield next(requests)
            self.hold.wait(10)

        server, port = self.serve({"Cut": cut})
        client = self.client(port)
        client.ask("open", "/test.Test/Cut", 0)
        client.ask("send", 10)
        self.assertEqual(client.ask("receive", 5000), ["LV_OK", "10"])
        server.stop(0)
        status = client.ask("receive", 10000)[0]
        code = client.ask("end")[0]
        self.assertTrue(status == "LV_UNAVAILABLE" or (status, code) == ("LV_NOT_FOUND", "14"), (status, code))

    def test_a_slow_reader_keeps_its_memory(self):
        sent = []

        def pour(requests, context):
            for _ in range(600):
                sent.append(1)
                yield bytes(65536)

        client = self.client(self.serve({"Pour": pour})[1])
        client.ask("open", "/test.Test/Pour", 0)
        client.ask("half")
        before = client.memory()
        wait_for(lambda: len(sent) >= 10)
        time.sleep(1)
        self.assertLess(client.memory() - before, 8 * MIB)
        self.assertLess(len(sent), 300)
        for _ in range(600):
            self.assertEqual(client.ask("receive", 10000), ["LV_OK", "65536"])
        self.assertEqual(client.ask("receive", 10000), ["LV_NOT_FOUND", "0"])

    def test_a_server_that_does_not_read(self):
        def stare(requests, context):
            self.hold.wait(20)
            yield str(sum(len(request) for request in requests)).encode()

        client = self.client(self.serve({"Stare": stare})[1])
        client.ask("open", "/test.Test/Stare", 0)
        before = client.memory()
        for _ in range(200):
            client.say("send", 65536)
        time.sleep(1.5)
        self.assertLess(client.memory() - before, 8 * MIB)
        self.hold.set()
        self.assertEqual([client.hear() for _ in range(200)], [["LV_OK"]] * 200)
        client.ask("half")
        self.assertEqual(client.ask("receive", 20000), ["LV_OK", str(len(str(200 * 65536)))])

    def test_the_largest_message_and_one_byte_more(self):
        def blow(requests, context):
            for request in requests:
                yield bytes(LIMIT + 1)

        client = self.client(self.serve({"Echo": echo, "Blow": blow})[1])
        answer = self.call(client, size=LIMIT, deadline=120000)
        self.assertEqual((answer.status, answer.code, answer.same), ("LV_OK", 0, True))
        self.assertEqual(self.call(client, "Blow", deadline=120000).status, "LV_E_LIMIT")
        self.assertEqual(self.call(client).status, "LV_OK")

    def test_many_in_flight(self):
        _, port = self.serve(workers=16, options=[("grpc.max_concurrent_streams", 10)])
        self.assertEqual(self.client(port).ask("many", "/test.Test/Echo", 3000, 60, 10), ["600", "0"])

    def test_keepalive_is_accepted(self):
        _, port = self.serve(options=[("grpc.http2.min_ping_interval_without_data_ms", 100), ("grpc.keepalive_permit_without_calls", 1),
                                      ("grpc.http2.max_ping_strikes", 0)])
        client = self.client(port, keepalive=200)
        client.ask("open", "/test.Test/Echo", 0)
        client.ask("send", 4)
        self.assertEqual(client.ask("receive", 5000), ["LV_OK", "4"])
        time.sleep(2)
        client.ask("send", 5)
        self.assertEqual(client.ask("receive", 5000), ["LV_OK", "5"])

    def test_one_that_gives_up_tells_the_server(self):
        over = threading.Event()

        def wait(requests, context):
            context.add_callback(over.set)
            yield next(requests)
            self.hold.wait(10)

        client = self.client(self.serve({"Wait": wait})[1])
        client.ask("open", "/test.Test/Wait", 0)
        client.ask("send", 1)
        self.assertEqual(client.ask("receive", 5000), ["LV_OK", "1"])
        client.ask("close")
        self.assertTrue(over.wait(5))


class GrpcioAgainstServer(unittest.TestCase):
    def setUp(self):
        self.programs = []
        self.channels = []
        self.serve()

    def tearDown(self):
        for channel in self.channels:
            channel.close()
        for program in self.programs:
            self.assertEqual(program.close(), 0)

    def serve(self, limit=LIMIT, keepalive=0):
        self.server = Program("LOTVEIL_RPC_ECHO", ours.folder, limit, keepalive)
        self.programs.append(self.server)
        self.port = int(self.server.hear()[0])

    def channel(self, own=None, **more):
        channel = dial(own or theirs, self.port, **more)
        self.channels.append(channel)
        return channel

    def unary(self, channel, method, request=b"", timeout=20, **more):
        return channel.unary_unary(f"/test.Test/{method}")(request, timeout=timeout, **more)

    def refused(self, *words, **more):
        with self.assertRaises(grpc.RpcError) as caught:
            self.unary(*words, **more)
        return caught.exception

    def test_unary(self):
        channel = self.channel()
        for size in (0, 1, 16384, 70000, 3 * MIB):
            request = os.urandom(size)
            self.assertEqual(self.unary(channel, "Echo", request), request)

    def test_stream_both_ways(self):
        requests = [b"a", b"", bytes(100000), b"z"]
        self.assertEqual(list(self.channel().stream_stream("/test.Test/Echo")(iter(requests), timeout=20)), requests)

    def test_who_calls_is_known_from_the_first_call_on(self):
        expected = ssl.PEM_cert_to_DER_cert(theirs.read("own.pem").decode())
        for _ in range(5):
            channel = dial(theirs, self.port)
            self.assertEqual(self.unary(channel, "Peer"), expected)
            channel.close()

    def test_codes_and_words(self):
        error = self.refused(self.channel(), "Refuse")
        self.assertEqual((error.code(), error.details()), (grpc.StatusCode.FAILED_PRECONDITION, "100 % no, 25 °C\nand a second line"))
        self.assertEqual(self.refused(self.channel(), "Nothing").code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_certificates(self):
        self.assertEqual(self.unary(self.channel(host="localhost"), "Echo", b"x"), b"x")
        for wrong in (self.channel(stranger), self.channel(host="elsewhere.example")):
            self.assertEqual(self.refused(wrong, "Echo", timeout=3).code(), grpc.StatusCode.UNAVAILABLE)
        bare = grpc.secure_channel(f"127.0.0.1:{self.port}", grpc.ssl_channel_credentials(theirs.read("roots.pem")))
        self.channels.append(bare)
        self.assertEqual(self.refused(bare, "Echo", timeout=3).code(), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(self.unary(self.channel(), "Echo", b"still"), b"still")

    def test_deadlines_and_cancellation_reach_the_handler(self):
        channel = self.channel()
        self.assertEqual(self.refused(channel, "Hang", timeout=0.4).code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertTrue(wait_for(lambda: self.server.ask("over") == ["1"]))
        call = channel.unary_unary("/test.Test/Hang").future(b"", timeout=20)
        time.sleep(0.2)
        call.cancel()
        self.assertTrue(wait_for(lambda: self.server.ask("over") == ["2"]))

    def test_a_slow_reader_holds_the_server_back(self):
        channel = self.channel()
        before = self.server.memory()
        answers = channel.unary_stream("/test.Test/Pour")(bytes(800), timeout=60)
        first = next(answers)
        time.sleep(1)
        self.assertLess(self.server.memory() - before, 8 * MIB)
        self.assertEqual(self.unary(channel, "Echo", b"others go on"), b"others go on")
        self.assertEqual(len(first) + sum(map(len, answers)), 800 * 65536)

    def test_a_slow_handler_holds_the_client_back(self):
        before = self.server.memory()
        count = self.channel().stream_unary("/test.Test/Dawdle")((bytes(65536) for _ in range(500)), timeout=60)
        self.assertEqual(count, b"500")
        self.assertLess(self.server.memory() - before, 12 * MIB)

    def test_the_largest_message_and_one_byte_more(self):
        channel = self.channel()
        request = bytes(LIMIT)
        self.assertEqual(self.unary(channel, "Echo", request, timeout=120), request)
        error = self.refused(channel, "Echo", bytes(LIMIT + 1), timeout=120)
        self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED, error.details())
        self.assertIn(str(LIMIT), error.details())
        self.assertEqual(self.unary(channel, "Echo", b"x"), b"x")

    def test_compression_that_was_not_agreed_on(self):
        error = self.refused(self.channel(), "Echo", bytes(10000), compression=grpc.Compression.Gzip)
        self.assertEqual(error.code(), grpc.StatusCode.UNIMPLEMENTED)

    def test_pings_are_answered(self):
        channel = self.channel(options=[("grpc.keepalive_time_ms", 300), ("grpc.keepalive_timeout_ms", 1000),
                                        ("grpc.keepalive_permit_without_calls", 1), ("grpc.http2.max_pings_without_data", 0)])
        self.assertEqual(self.unary(channel, "Echo", b"x"), b"x")
        states = []
        channel.subscribe(states.append)
        time.sleep(2)
        self.assertEqual(self.unary(channel, "Echo", b"y"), b"y")
        self.assertNotIn(grpc.ChannelConnectivity.TRANSIENT_FAILURE, states)

    def test_the_servers_own_pings(self):
        self.serve(keepalive=200)
        channel = self.channel()
        call = channel.unary_unary("/test.Test/Hang").future(b"", timeout=20)  # or nobody reads at that side
        time.sleep(1.5)
        self.assertEqual(self.unary(channel, "Echo", b"y"), b"y")
        self.assertFalse(call.done())
        call.cancel()

    def test_many_in_flight(self):
        channel = self.channel()
        calls = [channel.unary_unary("/test.Test/Echo").future(b"%d" % i, timeout=60) for i in range(600)]
        answers = []
        for call in calls:
            answers.append(call.result())
        self.assertEqual(answers, [b"%d" % i for i in range(600)])

    def test_stopping_lets_calls_end(self):
        channel = self.channel()
        answers = channel.unary_stream("/test.Test/Pour")(bytes(200), timeout=60)
        first = next(answers)
        self.server.say("stop", 10000)
        time.sleep(0.3)
        self.assertEqual(len(first) + sum(map(len, answers)), 200 * 65536)
        self.assertEqual(self.refused(channel, "Echo", timeout=3).code(), grpc.StatusCode.UNAVAILABLE)

    def test_stopping_at_once_says_unavailable(self):
        channel = self.channel()
        call = channel.unary_unary("/test.Test/Hang").future(b"", timeout=20)
        time.sleep(0.3)
        self.server.say("stop", 0)
        self.assertEqual(call.exception().code(), grpc.StatusCode.UNAVAILABLE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
