"""A Hyperledger Fabric CA as far as `lotveil enroll` speaks with one: https, Basic authentication, tokens signed with the
certificate before, PKCS #10 requests; its certificates are made by the `cryptography` package. Set `fault` and it
answers wrongly in that way."""

import base64
import contextlib
import datetime
import http.server
import ipaddress
import json
import pathlib
import secrets
import socket
import ssl
import threading
import time

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
UTC = datetime.timezone.utc


def name(common, *units):
    return x509.Name([*(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, u) for u in units),
                      x509.NameAttribute(NameOID.COMMON_NAME, common)])


def usage(signs=False):
    return x509.KeyUsage(not signs, False, False, False, False, signs, signs, False, False)


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


class Authority:
    """A root: a new one, or the one that `lotveil init` made in a folder."""

    def __init__(self, common="ca.fake", folder=None):
        if folder is not None:
            folder = pathlib.Path(folder)
            self.root = x509.load_pem_x509_certificate((folder / "msp/cacerts/ca.pem").read_bytes())
            self.key = serialization.load_pem_private_key((folder / "ca/ca-key.pem").read_bytes(), None)
            return
        self.key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(UTC)
        self.root = (x509.CertificateBuilder().subject_name(name(common)).issuer_name(name(common))
                     .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                     .not_valid_before(now - datetime.timedelta(minutes=5))
                     .not_valid_after(now + datetime.timedelta(days=3650))
                     .add_extension(x509.BasicConstraints(True, None), True)
                     .add_extension(usage(True), True)
                     .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False)
                     .sign(self.key, hashes.SHA256()))

    def issue(self, public_key, subject, begin, end, names=None, extended=False):
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.root.subject)
                   .public_key(public_key).serial_number(x509.random_serial_number())
                   .not_valid_before(begin).not_valid_after(end)
                   .add_extension(usage(), True)
                   .add_extension(x509.BasicConstraints(False, None), True)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                       self.key.public_key()), False))
        if names is not None:
            builder = builder.add_extension(names, False)
        if extended:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        return builder.sign(self.key, hashes.SHA256())


class Refused(Exception):
    def __init__(self, code, words):
        super().__init__(words)
        self.code = code


class FakeCA:
    def __init__(self, folder, authority=None, life=datetime.timedelta(days=365)):
        """`folder`: for its TLS files; tls-root.pem is what clients have to trust."""
        self.folder = pathlib.Path(folder)
        self.authority = authority or Authority()
        self.life = life
        self.fault = None
        self.users = {"admin": {"secret": "adminpw", "type": "client", "registrar": True}}
        self.certificates = []  # all that were issued, oldest first
        self.requests = []      # (path, outcome)
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self._serve(self._context())

    def _context(self):
        tls = Authority("tls.fake")
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.datetime.now(UTC)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = tls.issue(key.public_key(), name("127.0.0.1"), now - datetime.timedelta(minutes=5),
                                now + datetime.timedelta(days=30), names, True)
        (self.folder / "tls-root.pem").write_bytes(pem(tls.root))
        (self.folder / "tls.pem").write_bytes(pem(certificate) + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        (self.folder / "root.pem").write_bytes(pem(self.authority.root))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "tls.pem")
        return context

    def _serve(self, context, port=0):
        ca = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def setup(self):
                self.request = context.wrap_socket(self.request, server_side=True)
                super().setup()

            def finish(self):
                try:
                    super().finish()
                finally:
                    self.request.close()

            def do_POST(self):
                ca.answer(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request, client_address):
                pass  # a client that does not trust us goes away

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"https://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def go_away(self):
        self.server.shutdown()
        self.server.server_close()

    def come_back(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "tls.pem")
        self._serve(context, self.port)

    def close(self):
        self.ended.set()
        with contextlib.suppress(Exception):
            self.go_away()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- one request ----

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        fault = self.fault
        if fault == "hang":
            self.ended.wait(60)
            return
        if fault == "cut":
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        try:
            code, result = 201, self.handle(handler.path, handler.headers, body)
            answer = {"success": True, "result": result, "errors": [], "messages": []}
        except Refused as why:
            code = why.code
            answer = {"success": False, "result": "", "errors": [{"code": 20, "message": str(why)}],
                      "messages": []}
        self.requests.append((handler.path, code))
        text = json.dumps(answer).encode()
        code, text = RAW_FAULTS.get(fault, lambda c, t: (c, t))(code, text)
        handler.send_response(code)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(text) + (1000 if fault == "cut in the middle" else 0)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(text)
        handler.close_connection = True

    def handle(self, path, headers, body):
        asked = json.loads(body)
        if path == "/api/v1/cainfo":
            root = Authority("another").root if self.fault == "another root named" else self.authority.root
            chain = pem(root) * (2 if self.fault == "a chain of two" else 1)
            return {"CAName": asked.get("caname", ""), "CAChain": base64.b64encode(chain).decode()}
        if path == "/api/v1/enroll":
            return self.enroll(self.by_secret(headers), asked)
        if path == "/api/v1/reenroll":
            return self.enroll(self.by_token(path, headers, body), asked)
        if path == "/api/v1/register":
            return self.register(self.by_token(path, headers, body), asked)
        raise Refused(404, "no such path")

    def by_secret(self, headers):
        kind, _, value = headers.get("Authorization", "").partition(" ")
        user, _, secret = base64.b64decode(value).decode().partition(":")
        known = self.users.get(user)
        if kind != "Basic" or known is None or not secrets.compare_digest(known["secret"], secret):
            raise Refused(401, "Authentication failure")
        return user

    def by_token(self, path, headers, body):
        """Who signed `METHOD.b64(path).b64(body).b64(certificate)`, low S, with a certificate of ours."""
        certificate64, _, signature64 = headers.get("Authorization", "").partition(".")
        try:
            certificate = x509.load_pem_x509_certificate(base64.b64decode(certificate64, validate=True))
            signature = base64.b64decode(signature64, validate=True)
            told = b".".join([b"POST", base64.b64encode(path.encode()), base64.b64encode(body),
                              certificate64.encode()])
            certificate.verify_directly_issued_by(self.authority.root)
            certificate.public_key().verify(signature, told, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError, TypeError) as why:
            raise Refused(401, "Authentication failure") from why
        if decode_dss_signature(signature)[1] > ORDER // 2:
            raise Refused(401, "high S")
        if certificate.not_valid_after_utc < datetime.datetime.now(UTC):
            raise Refused(401, "certificate expired")
        return certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value

    def register(self, registrar, asked):
        if not self.users.get(registrar, {}).get("registrar"):
            raise Refused(403, "Authorization failure")
        if asked["id"] in self.users:
            raise Refused(409, f"Identity '{asked['id']}' is already registered")
        secret = asked.get("secret") or secrets.token_urlsafe(12)
        self.users[asked["id"]] = {"secret": secret, "type": asked["type"],
                                   "affiliation": asked.get("affiliation", "")}
        return {"secret": secret}

    def enroll(self, user, asked):
        request = x509.load_pem_x509_csr(asked["certificate_request"].encode())
        if not request.is_signature_valid:
            raise Refused(400, "CSR signature is invalid")
        common = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        if common != user:
            raise Refused(403, "the CSR's common name is another's")
        certificate = self.sign(user, request)
        with self.lock:
            self.certificates.append(certificate)
        return {"Cert": base64.b64encode(pem(certificate)).decode()}

    def sign(self, user, request):
        fault = self.fault
        now = datetime.datetime.now(UTC).replace(microsecond=0)
        begin, end = now - datetime.timedelta(seconds=60), now + self.life
        if fault == "expired":
            begin, end = now - datetime.timedelta(days=2), now - datetime.timedelta(days=1)
        if fault == "not yet valid":
            begin, end = now + datetime.timedelta(days=1), now + datetime.timedelta(days=2)
        key = request.public_key()
        if fault == "another key":
            key = ec.generate_private_key(ec.SECP256R1()).public_key()
        authority = Authority() if fault == "another root" else self.authority
        unit = "peer" if fault == "another unit" else self.users.get(user, {}).get("type", "client")
        names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if fault == "no hosts":
            names = None
        return authority.issue(key, name("mallory" if fault == "another user" else user, unit), begin, end, names)


CERTIFICATE_FAULTS = {  # and a part of what is said of it
    "another key": "belong together", "another root": "root", "expired": "expired",
    "not yet valid": "not yet valid", "another user": "not issued to", "no hosts": "host",
    "another unit": "OU must be client"}

RAW_FAULTS = {
    "garbage": lambda code, text: (code, b"<html>not what you wanted</html>"),
    "half of it": lambda code, text: (code, text[:len(text) // 2]),
    "nothing": lambda code, text: (code, b""),
    "a list": lambda code, text: (code, b"[1, 2, 3]"),
    "no result": lambda code, text: (code, b'{"success": true, "result": null, "errors": []}'),
    "no base64": lambda code, text: (code, b'{"success": true, "result": {"Cert": "*", "CAChain": "*"}}'),
    "no certificate": lambda code, text: (code, b'{"success": true, "result": {"Cert": "MTIz", "CAChain": "MTIz"}}'),
    "success is false": lambda code, text: (200, b'{"success": false, "result": "", "errors": [{"code": 1, "message": "no\\u0007 \\u001b[31m"}]}'),
    "unauthorised": lambda code, text: (401, b'{"success": false, "errors": [{"code": 20, "message": "Authentication failure"}]}'),
    "broken": lambda code, text: (500, b"panic"),
    "too large": lambda code, text: (code, b" " * (1 << 20)),
    "cut in the middle": lambda code, text: (code, text[:40]),
}
RAW_EXIT = {"unauthorised": 1, "broken": 3, "too large": 4, "cut in the middle": 3, "success is false": 1}


def wait_for(condition, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s: {what}")
