"""Parties that lie: messages signed with an organisation's real key, and servers that stand in for one."""

import base64
import functools
import http.server
import pathlib
import ssl
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "reference"))

from model import compare, p256, wire  # noqa: E402
from model.compare import sha256  # noqa: E402
from model.suites import SUITES  # noqa: E402


class Author:
    """Signs as the organisation whose folder this is."""

    def __init__(self, cluster, who):
        self.certificate = p256.pem(cluster.certificate(who).read_text())
        self.key = p256.private_key(p256.pem(cluster.key(who).read_text()))

    def seal(self, kind, message, values):
        body = wire.pack(message, values)
        signed = f"lotveil/v1/{kind}".encode() + b"\0" + body
        return wire.pack("Signed", {"kind": kind, "body": body, "certificate": self.certificate,
                                    "signature": p256.sign(self.key, signed)})


def open_signed(data, message):
    return wire.unpack(message, wire.unpack("Signed", data)["body"])


class Records:
    """Both records of a published set, read at the downstream's control door."""

    def __init__(self, cluster, set_id):
        found = cluster.get("b", f"/v1/sets/{set_id}/records")
        self.set_id = bytes.fromhex(set_id)
        self.quality_signed = base64.b64decode(found["quality"])
        self.xor_signed = base64.b64decode(found["xor"])
        self.quality = open_signed(self.quality_signed, "Quality")
        self.xor = open_signed(self.xor_signed, "Xor")
        self.key = SUITES[self.quality["suite"]].PublicKey(self.quality["public_key"])
        width, rows = self.quality["width"], len(self.quality["pairs"])
        self.x = self.key.matrix(self.quality["x"], rows, width)
        self.y = self.key.matrix(self.quality["y"], rows, width)
        self.w = self.key.matrix(self.xor["w"], rows, width)

    @functools.lru_cache
    def combined(self, pair=0):
        """-> z1, z2, z0"""
        return [self.key.combine(self.x, self.y, self.w, pair, formula) for formula in (1, 2, 0)]

    def inquiry(self, signer, vectors, pair=0, full=False, **changes):
        data, digest = compare.z_digest(self.set_id, pair, *(v.encoding for v in vectors))
        values = {"author": "AMSP", "downstream": "BMSP", "channel": "quality",
                  "set_id": self.set_id, "pair": pair, "z_digest": digest,
                  "z": data if full else b"", "time": int(time.time()), "question": 2}
        return signer.seal("inquiry", "Inquiry", {**values, **changes})

    def purchase(self, signer, **changes):
        values = {"author": "AMSP", "servicer": "SMSP", "set_id": self.set_id,
                  "time": int(time.time())}
        return signer.seal("purchase", "Purchase", {**values, **changes})


class Impostor:
    """An HTTPS server with an organisation's certificate; `answer(path, body)` gives the bytes that it
    answers a POST with, or raises to answer 503."""

    def __init__(self, cluster, who, answer):
        impostor = self
        self.requests = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                impostor.requests += 1
                try:
                    status, data = 200, answer(self.path, body)
                except Exception as problem:  # the client must see some refusal
                    status, data = 503, repr(problem).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(str(cluster.certificate(who)), str(cluster.key(who)))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def redirect(cluster, who, victim):
    """Makes node `who` call the port of an impostor where it would call `victim`."""
    config = cluster.dir(who) / "config.yaml"

    def to(port):
        text = config.read_text()
        old = f"https://127.0.0.1:{cluster.ports[victim]}"
        if old not in text:
            raise AssertionError(f"{old} is not in {config}")
        config.write_text(text.replace(old, f"https://127.0.0.1:{port}"))
    return to
