"""Three organisations on one machine as real processes: what the flow, attack, fault and reference tests share.

Needs the built command in $LOTVEIL; the suite is $LOTVEIL_TEST_SUITE. Everything listens on 127.0.0.1 or a Unix socket, lives in a temporary
folder, and is ended by Cluster.close(). The ledger between them is the embedded one, or, with `fabric`, a Fabric network of their own."""

import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.parse

from network import Network

COMMAND = os.environ.get("LOTVEIL", "lotveil")
SUITE = os.environ.get("LOTVEIL_TEST_SUITE", "ristretto255")
KEY_BITS = {"paillier": 2048, "ristretto255": 256, "rlwe1024": 1024}  # small ones where there are sizes
ROLES = {"a": ("AMSP", "upstream"), "b": ("BMSP", "downstream"), "s": ("SMSP", "servicer")}

SERIES = """name: {name}
unit: g/cm2
columns: {{lot: lot, time: month, value: moisture}}
decimals: {decimals}
offset: "0"
width: {width}
suite: {suite}
key_bits: {bits}
pairs_per_set: {pairs_per_set}
compare: {compare}
grants: {grants}
"""

FOLLOW = """downstream: BMSP
series: {name}
servicer: SMSP
worse: rise
alarm_scale: {alarm_scale}
full: {full}
"""

GRANT = "[{buyer: AMSP, servicer: SMSP, quota: 0}]"


class Failed(AssertionError):
    pass


def free_port():
    """A port below those that the system gives to clients, so that none of them takes it while a node is down."""
    while True:
        port = random.randrange(12000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("node", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Cluster:
    def __init__(self, suite=SUITE, width=32, decimals=2, compare="consecutive", grants=GRANT,
                 alarm_scale=32, full=False, series="moisture", env=None, pairs_per_set=1,
                 fabric=None, orderers=1):
        """fabric: the release (network.Release) of the network that is the ledger; None: the embedded ledger."""
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="lotveil-test-"))
        self.env = dict(os.environ, LOTVEIL_LOG="info", **(env or {}))
        self.env.pop("LOTVEIL_DIR", None)
        self.processes, self.ports, self.network = {}, {}, None
        self.series = series
        try:
            if fabric:
                self._create_on_fabric(fabric, orderers)
            else:
                self._create_on_embedded()
            self._configure(suite, width, decimals, compare, grants, alarm_scale, full, pairs_per_set)
        except BaseException:
            self.close()
            raise

    def _create_on_fabric(self, release, orderers):
        """The script makes the organisations, so that its ports and the nodes' are chosen together."""
        self.network = Network(self.root / "network", release, {who: self.dir(who) for who in ROLES},
                               COMMAND, self.env, orderers)
        for who in ROLES:
            card = json.loads((self.dir(who) / "card.json").read_text())
            self.ports[who] = int(card["url"].rpartition(":")[2])

    def _create_on_embedded(self):
        for who, (msp, role) in ROLES.items():
            self.ports[who] = free_port()
            self.run("init", "--org", msp, "--role", role, "--listen",
                     f"127.0.0.1:{self.ports[who]}", "--ledger-dir", str(self.root / "ledger"),
                     "--dir", str(self.dir(who)))
        for who in ROLES:
            for other in ROLES:
                if other != who:
                    self.run("member", "add", str(self.dir(other) / "card.json"), "--dir",
                             str(self.dir(who)))
        self.run("ledger", "create", "--channel", "all", "--dir", str(self.dir("b")))

    def _configure(self, suite, width, decimals, compare, grants, alarm_scale, full, pairs_per_set):
        (self.dir("b") / "series" / f"{self.series}.yaml").write_text(SERIES.format(
            name=self.series, suite=suite, bits=KEY_BITS[suite], width=width, decimals=decimals,
            compare=compare, grants=grants, pairs_per_set=pairs_per_set))
        (self.dir("a") / "follow" / f"{self.series}.yaml").write_text(FOLLOW.format(
            name=self.series, alarm_scale=alarm_scale, full=str(full).lower()))

    # ---- folders, commands ----

    def dir(self, who):
        return self.root / who

    def run(self, *arguments, check=True, timeout=120, stdin=None):
        done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, env=self.env,
                              timeout=timeout, input=stdin)
        if check and done.returncode != 0:
            raise Failed(f"lotveil {' '.join(arguments)}: exit {done.returncode}\n"
                         f"{done.stdout}{done.stderr}{self.logs()}")
        return done

    def command(self, who, *arguments, **options):
        return self.run(*arguments, "--dir", str(self.dir(who)), **options)

    def json(self, who, *arguments, **options):
        return json.loads(self.command(who, *arguments, "--json", **options).stdout)

    def csv(self, name, rows, header="month,lot,moisture"):
        path = self.root / name
        path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
        return str(path)

    # ---- processes ----

    def start(self, *whom, wait=True):
        for who in whom or ROLES:
            log = open(self.dir(who) / "state" / "node.log", "ab")
            self.processes[who] = subprocess.Popen(
                [COMMAND, "serve", "--dir", str(self.dir(who))], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=self.env)
            log.close()
        if wait:
            for who in whom or ROLES:
                self.wait_ready(who)
        return self

    def wait_ready(self, who, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.processes[who].poll() is not None:
                raise Failed(f"node {who} ended by itself: {self.processes[who].returncode}"
                             f"{self.logs()}")
            try:
                if self.control(who, "GET", "/healthz")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise Failed(f"node {who} is not ready{self.logs()}")

    def stop(self, who, how=signal.SIGTERM, seconds=30):
        process = self.processes.pop(who)
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Failed(f"node {who} did not stop{self.logs()}")

    def logs(self):
        text = ""
        for who in ROLES:
            path = self.dir(who) / "state" / "node.log"
            if path.exists():
                text += f"\n--- {who}\n" + path.read_text(errors="replace")[-3000:]
        return text + (self.network.logs() if self.network else "")

    def close(self):
        for who in list(self.processes):
            process = self.processes.pop(who)
            if process.poll() is None:
                process.kill()
            process.wait()
        if self.network:
            self.network.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- doors ----

    def control(self, who, method, path, body=None, headers=None, timeout=70):
        connection = UnixConnection(self.dir(who) / "state" / "control.sock", timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def get(self, who, path, **options):
        status, body = self.control(who, "GET", path, **options)
        if status != 200:
            raise Failed(f"GET {path} at {who}: {status} {body[:300]}{self.logs()}")
        return json.loads(body)

    def certificate(self, who):
        return self.dir(who) / "msp" / "signcerts" / "cert.pem"

    def key(self, who):
        return self.dir(who) / "msp" / "keystore" / "key.pem"

    def authority(self, who):
        return self.dir(who) / "msp" / "cacerts" / "ca.pem"

    def peer(self, who, method, path, body=b"", as_who="a", certificate=None, key=None,
             timeout=60):
        """A request at the peer door of `who` with the certificate of `as_who`, or the one given, or
        none (as_who=None)."""
        context = ssl.create_default_context(cafile=str(self.authority(who)))
        if certificate or as_who:
            context.load_cert_chain(str(certificate or self.certificate(as_who)),
                                    str(key or self.key(as_who)))
        connection = http.client.HTTPSConnection("127.0.0.1", self.ports[who], context=context,
                                                 timeout=timeout)
        try:
            connection.request(method, path, body, {"Content-Type": "application/x-protobuf"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    # ---- waiting for outcomes ----

    def publish(self, rows, name="rows.csv", **options):
        return self.command("b", "publish", self.csv(name, rows), "--series", self.series,
                            **options)

    def verdicts(self, count, seconds=120):
        """Waits until the upstream has `count` verdicts; gives all."""
        end = time.monotonic() + seconds
        while True:
            found = self.get("a", "/v1/verdicts")["verdicts"]
            if len(found) >= count:
                return found
            if time.monotonic() > end:
                sets = json.dumps(self.get("a", "/v1/sets"))
                raise Failed(f"{len(found)} verdicts, not {count}: {sets[:3000]}{self.logs()}")
            time.sleep(0.05)


def quote(text):
    return urllib.parse.quote(text, safe="")
