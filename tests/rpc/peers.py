"""What the tests against gRPC's official implementation share: certificates, the two programs, a server in Python."""

import concurrent.futures
import os
import pathlib
import subprocess
import time

import grpc

LIMIT = 100 << 20  # bytes of a message, as Fabric has it
OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def openssl(*words, **more):
    subprocess.run(["openssl", *words], check=True, capture_output=True, **more)


class Organisation:
    """A root and a certificate for 127.0.0.1 and localhost below it, in a folder of its own."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        run = lambda *words: openssl(*words, cwd=self.folder)  # noqa: E731
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", f"/CN=ca.{self.folder.name}", "-days", "2")
        run("req", *key, "-keyout", "key.pem", "-out", "own.csr", "-subj", f"/CN={self.folder.name}")
        (self.folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        run("x509", "-req", "-in", "own.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names",
            "-out", "own.pem", "-days", "2")

    def trust(self, other):
        (self.folder / "roots.pem").write_bytes((other.folder / "ca.pem").read_bytes())
        return self

    def read(self, name):
        return (self.folder / name).read_bytes()


class Program:
    """One of the C programs, spoken to in lines."""

    def __init__(self, name, *words):
        self.process = subprocess.Popen([os.environ[name], *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        bufsize=1)

    def say(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def hear(self):
        return self.process.stdout.readline().split()

    def ask(self, *words):
        self.say(*words)
        return self.hear()

    def memory(self):
        """The most it ever had resident, in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    def close(self):
        """Its exit code, which tells of leaks too."""
        self.process.stdin.close()
        code = self.process.wait(60)
        self.process.stdout.close()
        return code


class Answer:
    """What `call` prints of a call."""

    def __init__(self, words):
        self.status = words[0]
        self.code, self.acted, self.length = int(words[1]), words[2] == "1", int(words[3])
        self.same = words[4] == "1"
        self.words = "" if words[5] == "-" else bytes.fromhex(words[5]).decode()
        self.details = b"" if words[6] == "-" else bytes.fromhex(words[6])


class Handlers(grpc.GenericRpcHandler):
    """/test.Test/NAME is the function NAME(requests, context), which yields answers."""

    def __init__(self, functions):
        self.functions = functions

    def service(self, details):
        function = self.functions.get(details.method.rsplit("/", 1)[-1])
        return grpc.stream_stream_rpc_method_handler(function) if function else None


def serve(own, functions, port=0, options=(), workers=32):
    """@return the server and its port."""
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(workers), options=OPTIONS + [("grpc.so_reuseport", 0)] + list(options))
    server.add_generic_rpc_handlers((Handlers(functions),))
    credentials = grpc.ssl_server_credentials([(own.read("key.pem"), own.read("own.pem"))], own.read("roots.pem"), True)
    port = server.add_secure_port(f"127.0.0.1:{port}", credentials)
    server.start()
    return server, port


def dial(own, port, options=(), host=None):
    credentials = grpc.ssl_channel_credentials(own.read("roots.pem"), own.read("key.pem"), own.read("own.pem"))
    names = [("grpc.ssl_target_name_override", host)] if host else []
    return grpc.secure_channel(f"127.0.0.1:{port}", credentials, options=OPTIONS + names + list(options))


def wait_for(promise, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if promise():
            return True
        time.sleep(0.02)
    return False
