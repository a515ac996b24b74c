"""Certificates from a Fabric CA: `lotveil enroll`, renewal by hand and by the node itself, and a node under load whose
certificate changes. Against a CA of our own that can be made to answer wrongly, and against the real fabric-ca-server where
there is one (FABRIC_BIN or PATH). Run by ctest with the built command in $LOTVEIL."""

import base64
import datetime
import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import serialization

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "harness"), str(HERE)]

from cluster import COMMAND, Cluster, free_port  # noqa: E402
from fake.ca import CERTIFICATE_FAULTS, RAW_EXIT, RAW_FAULTS, Authority, FakeCA, wait_for  # noqa: E402

SECRET = "the-enrolment-secret-7"


def fabric_ca_server():
    folder = os.environ.get("FABRIC_BIN")
    path = shutil.which("fabric-ca-server", path=folder) if folder else None
    return path or shutil.which("fabric-ca-server")


def tree(folder):
    """Every file below a folder: {name: (mode, digest)}."""
    return {str(p.relative_to(folder)): (stat.S_IMODE(p.stat().st_mode), hashlib.sha256(p.read_bytes()).hexdigest())
            for p in sorted(folder.rglob("*")) if p.is_file()}


def certificate_of(folder):
    return x509.load_pem_x509_certificate((folder / "msp/signcerts/cert.pem").read_bytes())


def key_of(folder):
    """The one key in the keystore."""
    keys = list((folder / "msp/keystore").iterdir())
    assert len(keys) == 1, keys
    assert stat.S_IMODE(keys[0].stat().st_mode) == 0o600
    return serialization.load_pem_private_key(keys[0].read_bytes(), None)


def public(key):
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


class Folder(unittest.TestCase):
    """A CA and an organisation without identity for each test."""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="lotveil-enroll-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        (self.root / "ca").mkdir()
        self.ca = FakeCA(self.root / "ca")
        self.addCleanup(self.ca.close)
        self.ca.users["node.b"] = {"secret": SECRET, "type": "client"}
        (self.root / "secret").write_text(SECRET + "\n")
        self.said = ""
        self.b = self.make("b")

    def make(self, name):
        self.run_command("init", "--org", "BMSP", "--role", "downstream", "--no-identity", "--dir", self.root / name)
        return self.root / name

    def run_command(self, *arguments, code=0, stdin=None):
        done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=60, input=stdin,
                              env=dict(os.environ, LOTVEIL_LOG="debug"))
        self.said += done.stdout + done.stderr
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}{done.stderr}")
        return done

    def enroll(self, *more, code=0, folder=None, user="node.b", known=True, **options):
        arguments = ["enroll", "--dir", folder or self.b, "--ca", self.ca.url, "--tls-roots", self.root / "ca/tls-root.pem",
                     "--user", user, "--secret-file", self.root / "secret"]
        if known:
            arguments += ["--root", self.root / "ca/root.pem"]
        return self.run_command(*arguments, *more, code=code, **options)

    def renew(self, code=0, folder=None):
        return self.run_command("enroll", "renew", "--dir", folder or self.b, "--ca", self.ca.url, "--tls-roots",
                                self.root / "ca/tls-root.pem", code=code)

    def check_identity(self, folder):
        certificate = certificate_of(folder)
        certificate.verify_directly_issued_by(self.ca.authority.root)
        self.assertEqual(public(key_of(folder).public_key()), public(certificate.public_key()))
        return certificate


class FirstEnrolment(Folder):
    def test_an_organisation_gets_its_identity(self):
        self.assertEqual(sorted(p.name for p in self.b.iterdir()), ["config.yaml", "members", "series", "state"])
        done = self.enroll("--host", "b.example", "--host", "10.1.2.3", "--host", "::1")
        self.assertIn("node.b", done.stdout)
        names = self.check_identity(self.b).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(names.get_values_for_type(x509.DNSName), ["b.example"])
        self.assertEqual([str(a) for a in names.get_values_for_type(x509.IPAddress)], ["10.1.2.3", "::1"])
        self.assertEqual((self.b / "msp/cacerts/ca.pem").read_text(), (self.root / "ca/root.pem").read_text())
        self.assertIn("NodeOUs", (self.b / "msp/config.yaml").read_text())
        card = json.loads((self.b / "card.json").read_text())
        self.assertEqual(card["url"], "https://b.example:7102")
        self.assertEqual(card["root"], (self.root / "ca/root.pem").read_text())
        self.assertFalse((self.b / "ca").exists())
        self.assertNotIn(SECRET, self.said)

    def test_hosts_are_those_where_it_listens(self):
        self.enroll()
        names = certificate_of(self.b).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(names.get_values_for_type(x509.DNSName), ["localhost"])

    def test_the_secret_comes_from_standard_input(self):
        (self.root / "secret").unlink()
        self.run_command("enroll", "--dir", self.b, "--ca", self.ca.url, "--tls-roots", self.root / "ca/tls-root.pem", "--user",
                         "node.b", "--secret-file", "-", "--root", self.root / "ca/root.pem", stdin=SECRET + "\n")
        self.check_identity(self.b)

    def test_the_root_is_known_by_its_fingerprint(self):
        der = self.ca.authority.root.public_bytes(serialization.Encoding.DER)
        digest = hashlib.sha256(der).hexdigest()
        self.enroll("--root-sha256", "00" + digest[2:], known=False, code=1)
        self.enroll("--root-sha256", digest[:-2], known=False, code=4)
        self.assertFalse((self.b / "msp").exists())
        colons = ":".join(re.findall("..", digest.upper()))
        self.enroll("--root-sha256", colons, known=False)
        self.check_identity(self.b)

    def test_a_root_that_nobody_knows_is_not_taken(self):
        self.assertIn("--root", self.enroll(known=False, code=4).stderr)
        self.assertEqual(self.ca.requests, [])

    def test_a_wrong_root_gets_no_secret(self):
        other = self.root / "other.pem"
        other.write_bytes(Authority().root.public_bytes(serialization.Encoding.PEM))
        for fault in ("another root named", "a chain of two"):
            self.ca.fault = fault
            self.enroll(code=1)
        self.ca.fault = None
        self.enroll("--root", other, known=False, code=1)
        self.assertEqual({path for path, _ in self.ca.requests}, {"/api/v1/cainfo"})
        self.assertFalse((self.b / "msp").exists())

    def test_a_server_that_is_not_the_ca_hears_nothing(self):
        other = self.root / "other.pem"
        other.write_bytes(Authority().root.public_bytes(serialization.Encoding.PEM))
        self.run_command("enroll", "--dir", self.b, "--ca", self.ca.url, "--tls-roots", other, "--user", "node.b",
                         "--secret-file", self.root / "secret", "--root", self.root / "ca/root.pem", code=1)
        self.run_command("enroll", "--dir", self.b, "--ca", self.ca.url.replace("127.0.0.1", "localhost"), "--tls-roots",
                         self.root / "ca/tls-root.pem", "--user", "node.b", "--secret-file", self.root / "secret", "--root",
                         self.root / "ca/root.pem", code=1)
        self.run_command("enroll", "--dir", self.b, "--ca", self.ca.url.replace("https", "http"), "--tls-roots",
                         self.root / "ca/tls-root.pem", "--user", "node.b", "--secret-file", self.root / "secret", "--root",
                         self.root / "ca/root.pem", code=4)
        self.assertEqual(self.ca.requests, [])

    def test_a_wrong_secret_is_refused(self):
        (self.root / "secret").write_text("no\n")
        self.assertIn("Authentication failure", self.enroll(code=1).stderr)
        (self.root / "secret").write_text("\n")
        self.enroll(code=4)
        self.enroll(user="a:b", code=4)
        self.assertFalse((self.b / "msp").exists())

    def test_nothing_half_is_left_behind(self):
        before = tree(self.b)
        for fault, words in CERTIFICATE_FAULTS.items():
            self.ca.fault = fault
            with self.subTest(fault):
                self.assertIn(words, self.enroll(code=1).stderr)
                self.assertEqual(tree(self.b), before)
        for fault in RAW_FAULTS:
            self.ca.fault = fault
            with self.subTest(fault):
                done = self.enroll(code=RAW_EXIT.get(fault, 1))
                self.assertNotIn("\x1b", done.stderr)
                self.assertEqual(tree(self.b), before)
        self.ca.fault = "cut"
        self.enroll(code=3)
        self.ca.go_away()
        self.enroll(code=3)
        self.assertEqual(tree(self.b), before)
        self.ca.come_back()
        self.ca.fault = None
        self.enroll()
        self.check_identity(self.b)
        self.assertNotIn(SECRET, self.said)
        self.assertNotIn(base64.b64encode(f"node.b:{SECRET}".encode()).decode(), self.said)

    def test_a_ca_that_hangs_is_left(self):
        self.ca.fault = "hang"
        began = time.monotonic()
        self.enroll(code=3)
        self.assertLess(time.monotonic() - began, 40)
        self.assertFalse((self.b / "msp").exists())


class Renewal(Folder):
    def setUp(self):
        super().setUp()
        self.enroll("--host", "b.example")

    def test_key_and_certificate_are_new_and_the_names_are_kept(self):
        before, old_key = self.check_identity(self.b), key_of(self.b)
        for _ in range(3):
            self.renew()
            after = self.check_identity(self.b)
            self.assertNotEqual(after.serial_number, before.serial_number)
            self.assertEqual(after.subject, before.subject)
            self.assertEqual(after.extensions.get_extension_for_class(x509.SubjectAlternativeName).value,
                             before.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
        self.assertNotEqual(public(key_of(self.b).public_key()), public(old_key.public_key()))
        self.assertEqual([p for p, _ in self.ca.requests][-3:], ["/api/v1/reenroll"] * 3)

    def test_a_failure_leaves_all_as_it_was(self):
        before = tree(self.b)
        for fault, code in [*((f, 1) for f in CERTIFICATE_FAULTS), *((f, RAW_EXIT.get(f, 1)) for f in RAW_FAULTS), ("cut", 3)]:
            self.ca.fault = fault
            with self.subTest(fault):
                self.renew(code=code)
                self.assertEqual(tree(self.b), before)
        self.ca.fault = None
        self.renew()

    def test_the_secret_serves_again_after_the_certificate_ended(self):
        self.ca.life = datetime.timedelta(seconds=1)
        self.renew()
        time.sleep(1.5)
        self.ca.life = datetime.timedelta(days=30)
        self.assertIn("expired", self.renew(code=1).stderr)
        self.enroll(known=False)
        self.check_identity(self.b)

    def test_the_token_is_verified_by_the_ca(self):
        """Our CA is no proof of anything unless it refuses what is not signed."""
        context = ssl.create_default_context(cafile=self.root / "ca/tls-root.pem")
        certificate = base64.b64encode((self.b / "msp/signcerts/cert.pem").read_bytes()).decode()
        for token in ("", certificate, certificate + ".", certificate + ".MEQCIA==", "x.y"):
            connection = http.client.HTTPSConnection("127.0.0.1", self.ca.port, context=context, timeout=10)
            connection.request("POST", "/api/v1/reenroll", "{}", {"Authorization": token})
            self.assertEqual(connection.getresponse().status, 401)
            connection.close()

    def test_an_interrupted_replacement_is_none(self):
        """A key without its certificate, as a kill leaves it, is passed over and cleared away."""
        stray = self.b / "msp/keystore" / ("ab" * 32 + "_sk")
        shutil.copy(self.root / "ca/tls.pem", stray)
        self.renew()
        self.check_identity(self.b)
        self.assertFalse(stray.exists())


class Registrar(Folder):
    def setUp(self):
        super().setUp()
        (self.root / "secret").write_text("adminpw\n")
        self.enroll(user="admin")

    def register(self, *more, code=0):
        return self.run_command("enroll", "register", "--dir", self.b, "--ca", self.ca.url, "--tls-roots",
                                self.root / "ca/tls-root.pem", *more, code=code)

    def test_an_id_is_registered_and_enrolled(self):
        out = self.root / "node.c"
        done = self.register("--user", "node.c", "--affiliation", "b.plant1", "--secret-out", out)
        self.assertEqual(stat.S_IMODE(out.stat().st_mode), 0o600)
        secret = out.read_text()
        self.assertEqual(secret, self.ca.users["node.c"]["secret"])
        self.assertNotIn(secret, done.stdout + done.stderr)
        self.assertEqual((self.ca.users["node.c"]["type"], self.ca.users["node.c"]["affiliation"]), ("client", "b.plant1"))
        shutil.copy(out, self.root / "secret")
        self.enroll(user="node.c", folder=self.make("c"))
        self.check_identity(self.root / "c")

    def test_a_secret_may_be_given(self):
        (self.root / "given").write_text("one of ours\n")
        self.register("--user", "peer0", "--type", "peer", "--secret-file", self.root / "given", "--secret-out", self.root / "out")
        self.assertEqual(self.ca.users["peer0"], {"secret": "one of ours", "type": "peer", "affiliation": ""})

    def test_what_the_ca_refuses(self):
        self.register("--user", "admin", "--secret-out", self.root / "out", code=1)
        self.assertFalse((self.root / "out").exists())
        (self.root / "out").write_text("something else")
        self.register("--user", "node.d", "--secret-out", self.root / "out", code=1)
        self.assertEqual((self.root / "out").read_text(), "something else")
        self.assertNotIn("node.d", self.ca.users)
        (self.root / "secret").write_text(SECRET)
        self.enroll(user="node.b", folder=self.make("c"))
        self.b = self.root / "c"
        self.assertIn("Authorization", self.register("--user", "node.e", "--secret-out", self.root / "out2", code=1).stderr)


# ---- a node that runs ----

def shown(cluster, who):
    """The certificate that the peer door shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", cluster.ports[who], context=context, timeout=20)
    connection.connect()
    der = connection.sock.getpeercert(True)
    connection.close()
    return x509.load_der_x509_certificate(der).serial_number


def health(cluster, who):
    return cluster.get(who, "/healthz")["certificate"]


def log_of(cluster, who):
    return (cluster.dir(who) / "state/node.log").read_text()


def configure(cluster, who, ca, **more):
    path = cluster.dir(who) / "config.yaml"
    lines = "".join(f"  {key}: {value}\n" for key, value in more.items())
    path.write_text(path.read_text() + f"enroll:\n  ca: {ca.url}\n  tls_roots: {ca.folder}/tls-root.pem\n{lines}")


class RunningNode(unittest.TestCase):
    def setUp(self):
        self.cluster = Cluster()
        self.addCleanup(self.cluster.close)
        folder = self.cluster.root / "ca"
        folder.mkdir()
        self.ca = FakeCA(folder, Authority(folder=self.cluster.dir("b")))
        self.addCleanup(self.ca.close)
        self.ca.users["node.BMSP"] = {"secret": SECRET, "type": "client"}
        (self.cluster.root / "secret").write_text(SECRET)

    def enroll(self, **options):
        return self.cluster.command("b", "enroll", "--ca", self.ca.url, "--tls-roots", str(self.ca.folder / "tls-root.pem"),
                                    "--user", "node.BMSP", "--secret-file", str(self.cluster.root / "secret"), **options)

    def test_a_new_certificate_is_taken_without_a_stop(self):
        self.cluster.start()
        process = self.cluster.processes["b"]
        before = shown(self.cluster, "b")
        self.assertIn("uses it from now on", self.enroll().stdout)
        after = shown(self.cluster, "b")
        self.assertNotEqual(after, before)
        self.assertEqual(after, certificate_of(self.cluster.dir("b")).serial_number)
        self.assertEqual(health(self.cluster, "b")["valid_until"],
                         int(certificate_of(self.cluster.dir("b")).not_valid_after_utc.timestamp()))
        done = self.cluster.json("b", "reload")
        self.assertFalse(done["changed"])
        self.cluster.publish([[1, "L1", "0.45"], [2, "L2", "0.51"]])
        self.assertEqual(self.cluster.verdicts(1)[0]["verdict"], "rise")
        self.assertIs(self.cluster.processes["b"], process)
        self.assertIsNone(process.poll())

    def test_what_is_put_there_by_hand_is_seen(self):
        cluster, b = self.cluster, self.cluster.dir("b")
        cluster.start("b")
        before = shown(cluster, "b")
        cluster.command("b", "issue", "--unit", "client", "--host", "127.0.0.1", "--host", "localhost", "--out",
                        str(cluster.root / "next"))
        # the certificate first, its key a little later: in between the node has no use for what stands there
        shutil.copy(cluster.root / "next/signcerts/cert.pem", b / "msp/signcerts/cert.pem")
        wait_for(lambda: health(cluster, "b")["not_in_use"], 10, "it is told that msp/ is not whole")
        self.assertEqual(shown(cluster, "b"), before)
        self.assertEqual(cluster.command("b", "reload", check=False).returncode, 1)
        shutil.copy(cluster.root / "next/keystore/key.pem", b / "msp/keystore/key.pem")
        wait_for(lambda: shown(cluster, "b") != before, 10, "the door shows the new one")
        self.assertIsNone(health(cluster, "b")["not_in_use"])
        self.assertEqual(log_of(cluster, "b").count("cannot be used"), 1)

    def test_what_the_others_would_refuse_is_not_taken(self):
        cluster, b = self.cluster, self.cluster.dir("b")
        cluster.start("b")
        before, files = shown(cluster, "b"), tree(b / "msp")
        spare = cluster.root / "spare"
        shutil.copytree(b / "msp", spare)
        cluster.run("init", "--org", "BMSP", "--role", "downstream", "--dir", str(cluster.root / "other"))
        cluster.command("b", "issue", "--unit", "peer", "--out", str(cluster.root / "peer"))
        for source, words in ((cluster.root / "other/msp", "root"), (cluster.root / "peer", "OU must be client")):
            shutil.rmtree(b / "msp")
            shutil.copytree(source, b / "msp")
            done = cluster.command("b", "reload", check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)
            self.assertEqual(shown(cluster, "b"), before)
        shutil.rmtree(b / "msp")
        self.assertNotEqual(cluster.command("b", "reload", check=False).returncode, 0)
        shutil.copytree(spare, b / "msp")
        self.assertFalse(cluster.json("b", "reload")["changed"])
        self.assertEqual(tree(b / "msp"), files)
        self.assertIn("valid until", cluster.command("b", "status").stdout)

    def test_its_end_is_told_before(self):
        cluster = self.cluster
        self.ca.life = datetime.timedelta(days=9.5)
        cluster.start("b")
        self.assertIsNone(health(cluster, "b")["warning"])
        self.enroll()
        self.assertIn("ends in less than 10 days", health(cluster, "b")["warning"])
        self.assertEqual(health(cluster, "b")["days_left"], 9)
        wait_for(lambda: "ends in less than" in log_of(cluster, "b"), 10, "it is in the log")
        self.assertIn("warning", cluster.command("b", "status").stdout)
        self.assertEqual(json.loads(cluster.peer("b", "GET", "/healthz", as_who="a")[1]).get("certificate"), None)

    def test_the_node_renews_by_itself_and_tries_again(self):
        """Certificates that last 45 seconds are renewed in the last third of their life."""
        cluster = self.cluster
        self.ca.life = datetime.timedelta(seconds=30)  # and 60 seconds before now
        configure(cluster, "b", self.ca, renew_days=5)
        self.enroll()
        self.ca.go_away()
        first = certificate_of(cluster.dir("b")).serial_number
        cluster.start()
        wait_for(lambda: "could not be renewed" in log_of(cluster, "b"), 30, "a failure is in the log")
        self.assertIn("try 1, the next in 5 s", log_of(cluster, "b"))
        self.ca.fault = "another root"
        self.ca.come_back()
        wait_for(lambda: "what the CA sent is not what was asked for" in log_of(cluster, "b"), 30, "another one")
        self.assertEqual(shown(cluster, "b"), first)
        self.ca.fault = None
        wait_for(lambda: shown(cluster, "b") != first, 40, "the door shows another")
        self.assertEqual(shown(cluster, "b"), certificate_of(cluster.dir("b")).serial_number)
        second = shown(cluster, "b")
        wait_for(lambda: shown(cluster, "b") != second, 40, "and yet another")
        cluster.publish([[1, "L1", "0.45"], [2, "L2", "0.51"]])
        cluster.verdicts(1)

    def test_a_renewal_that_hangs_does_not_hold_up_the_end(self):
        self.ca.life = datetime.timedelta(seconds=20)
        configure(self.cluster, "b", self.ca)
        self.enroll()
        self.ca.fault = "hang"
        self.cluster.start("b")
        time.sleep(4)
        began = time.monotonic()
        self.assertEqual(self.cluster.stop("b", signal.SIGTERM), 0)
        self.assertLess(time.monotonic() - began, 10)


class UnderLoad(unittest.TestCase):
    """Three nodes at work while the certificates of all three change again and again. No request fails."""

    ROUNDS = 5
    ROWS = 5  # of a file

    def renewals(self, cluster, renew, seen, files, asked):
        """Each round meets at least one file and one inquiry on their way."""
        for _ in range(self.ROUNDS):
            before = files[0], asked[0]
            for who in "bsa":
                renew(who)
                serial = certificate_of(cluster.dir(who)).serial_number
                wait_for(lambda: shown(cluster, who) == serial, 20, f"{who} shows its new certificate")
                seen[who].append(serial)
            wait_for(lambda: files[0] > before[0] and asked[0] > before[1], 60, "work goes on")

    def publish(self, cluster, files, failures, end):
        while not end.is_set():
            numbers = range(files[0] * self.ROWS, (files[0] + 1) * self.ROWS)
            done = cluster.publish([[i, f"L{i}", f"{i * 7 % 90 / 10 + 0.05:.2f}"] for i in numbers], f"rows{files[0]}.csv",
                                   check=False)
            if done.returncode != 0:
                failures.append(done.stderr)
            files[0] += 1

    def ask(self, cluster, failures, asked, end):
        """Inquiries by hand, beside those of the node, and the doors."""
        while not end.is_set():
            sets = [s["set_id"] for s in cluster.json("a", "sets")["sets"] if s["state"] == "answered"]
            if sets:
                done = cluster.command("a", "inquire", sets[-1], "--ask", "direction", check=False)
                asked[0] += 1
                if done.returncode != 0:
                    failures.append(done.stderr)
            for who in "bs":
                # with the files of the moment: they may change between the two reads of them, and then
                # Python has no pair to show
                try:
                    key = next((cluster.dir("a") / "msp/keystore").iterdir())
                    status, _ = cluster.peer(who, "GET", "/healthz", key=key)
                except (ssl.SSLError, FileNotFoundError, StopIteration):
                    continue
                if status != 200:
                    failures.append(f"{who}: {status}")

    def play(self, cluster, renew):
        files, asked, failures, end = [0], [0], [], threading.Event()
        seen = {who: [certificate_of(cluster.dir(who)).serial_number] for who in "abs"}
        cluster.start()
        threads = [threading.Thread(target=self.publish, args=(cluster, files, failures, end)),
                   threading.Thread(target=self.ask, args=(cluster, failures, asked, end))]
        for thread in threads:
            thread.start()
        try:
            self.renewals(cluster, renew, seen, files, asked)
        finally:
            end.set()
            for thread in threads:
                thread.join()
        self.assertEqual(failures, [])
        cluster.publish([[1 << 20, "LAST", "1.05"]], "last.csv")
        return files[0], seen

    def answered(self, cluster):
        return sum(v["question"] == "index" for v in cluster.get("a", "/v1/verdicts")["verdicts"])

    def check(self, cluster, files, seen):
        """Every set was sold and answered; signed with each certificate while it was the one in use."""
        sets = files * self.ROWS  # a pair for each row but the first, and the last file's row
        wait_for(lambda: self.answered(cluster) >= sets, 180, f"{sets} sets are answered")
        self.assertEqual(self.answered(cluster), sets)
        for who in "abs":
            text = log_of(cluster, who)
            self.assertEqual(re.findall(r"^\S+ (?:warn|error) (?!upstream: alarm: ).*", text, flags=re.M), [])
            self.assertEqual(text.count("another certificate is in use"), self.ROUNDS)
        signers = {"b": [], "s": []}
        for entry in cluster.json("a", "sets")["sets"][::4]:
            record = cluster.json("a", "export", entry["set_id"])
            for who, kind in (("b", "quality"), ("b", "xor"), ("s", "receipt")):
                der = base64.b64decode(record[kind]["certificate"])
                signers[who].append(x509.load_der_x509_certificate(der).serial_number)
        for who, serials in signers.items():
            self.assertLessEqual(set(serials), set(seen[who]))
            self.assertGreater(len(set(serials)), 1, f"{who} signed with one certificate only")
        last = cluster.json("a", "export", cluster.json("a", "sets")["sets"][-1]["set_id"])
        for who, kind in (("b", "quality"), ("b", "xor"), ("s", "receipt")):
            der = base64.b64decode(last[kind]["certificate"])
            self.assertEqual(x509.load_der_x509_certificate(der).serial_number, seen[who][-1])
        for who, channels in (("a", ("quality",)), ("b", ("quality", "xor")), ("s", ("xor",))):
            for channel in channels:
                cluster.command(who, "ledger", "verify", "--channel", channel)
        for who in "abs":  # what stood before is taken after a start too
            self.assertEqual(cluster.stop(who), 0)
        cluster.start()
        self.assertEqual(self.answered(cluster), sets)

    def test_with_a_ca_of_our_own(self):
        with Cluster() as cluster:
            cas = {}
            try:
                for who, msp in (("a", "AMSP"), ("b", "BMSP"), ("s", "SMSP")):
                    folder = cluster.root / f"ca-{who}"
                    folder.mkdir()
                    cas[who] = FakeCA(folder, Authority(folder=cluster.dir(who)))
                    cas[who].users[f"node.{msp}"] = {"secret": SECRET, "type": "client"}
                    configure(cluster, who, cas[who])
                files, seen = self.play(cluster, lambda who: cluster.command(who, "enroll", "renew"))
                self.check(cluster, files, seen)
            finally:
                for ca in cas.values():
                    ca.close()


class RealCA(unittest.TestCase):
    """Fabric's own CA, once with a root of its own, once with the one that `lotveil init` made."""

    @classmethod
    def setUpClass(cls):
        cls.server = fabric_ca_server()
        if cls.server is None:
            raise unittest.SkipTest("no fabric-ca-server in FABRIC_BIN or on PATH")

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="lotveil-ca-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)

    def start(self, name, **more):
        home = self.root / name
        home.mkdir()
        port = free_port()
        env = dict(os.environ, FABRIC_CA_SERVER_HOME=str(home), FABRIC_CA_SERVER_OPERATIONS_LISTENADDRESS="127.0.0.1:0",
                   FABRIC_CA_SERVER_TLS_ENABLED="true", FABRIC_CA_SERVER_CSR_HOSTS="127.0.0.1", FABRIC_CA_SERVER_CSR_CN=name,
                   **more)
        log = open(home / "log", "wb")
        process = subprocess.Popen([self.server, "start", "-b", "admin:adminpw", "--address", "127.0.0.1", "-p", str(port)],
                                   cwd=home, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for(lambda: "Listening on https" in (home / "log").read_text() or process.poll() is not None, 30, "the CA listens")
        self.assertIsNone(process.poll(), (home / "log").read_text())
        return f"https://127.0.0.1:{port}", home

    def lotveil(self, *arguments, code=0):
        done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, code, f"{arguments}\n{done.stdout}{done.stderr}")
        return done

    def test_register_enroll_renew(self):
        url, home = self.start("own")
        at = ("--ca", url, "--tls-roots", home / "ca-cert.pem")
        (self.root / "pw").write_text("adminpw\n")
        for name in ("registrar", "b"):
            self.lotveil("init", "--org", "BMSP", "--role", "downstream", "--no-identity", "--dir", self.root / name)
        self.lotveil("enroll", "--dir", self.root / "registrar", *at, "--user", "admin", "--secret-file", self.root / "pw",
                     "--root", home / "ca-cert.pem")
        self.lotveil("enroll", "register", "--dir", self.root / "registrar", *at, "--user", "node.b", "--affiliation",
                     "org1.department1", "--secret-out", self.root / "secret")
        self.lotveil("enroll", "--dir", self.root / "b", *at, "--user", "node.b", "--secret-file", self.root / "pw",
                     "--root", home / "ca-cert.pem", code=1)
        self.lotveil("enroll", "--dir", self.root / "b", *at, "--user", "node.b", "--secret-file", self.root / "secret",
                     "--root", home / "ca-cert.pem", "--host", "b.example", "--host", "127.0.0.1")
        first = certificate_of(self.root / "b")
        self.lotveil("enroll", "renew", "--dir", self.root / "b", *at)
        second = certificate_of(self.root / "b")
        self.assertNotEqual(first.serial_number, second.serial_number)
        self.assertEqual(first.subject, second.subject)
        self.assertEqual(public(key_of(self.root / "b").public_key()), public(second.public_key()))
        names = second.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        self.assertEqual(names.get_values_for_type(x509.DNSName), ["b.example"])
        self.lotveil("enroll", "register", "--dir", self.root / "b", *at, "--user", "node.c", "--secret-out",
                     self.root / "other", code=1)

    def test_under_load_with_the_roots_of_init(self):
        load = UnderLoad()
        load.ROUNDS = 3
        with Cluster() as cluster:
            (self.root / "pw").write_text("adminpw\n")
            for who in "abs":
                url, home = self.start(f"ca.{who}", FABRIC_CA_SERVER_CA_CERTFILE=str(cluster.dir(who) / "msp/cacerts/ca.pem"),
                                       FABRIC_CA_SERVER_CA_KEYFILE=str(cluster.dir(who) / "ca/ca-key.pem"))
                path = cluster.dir(who) / "config.yaml"
                path.write_text(path.read_text() + f"enroll: {{ca: \"{url}\"}}\n")
                cluster.command(who, "enroll", "--user", "admin", "--secret-file", str(self.root / "pw"))
            files, seen = load.play(cluster, lambda who: cluster.command(who, "enroll", "renew"))
            load.check(cluster, files, seen)


if __name__ == "__main__":
    unittest.main(verbosity=2)
