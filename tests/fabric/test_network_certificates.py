"""Certificates of a real Fabric network's organisations, replaced while everything works."""

import concurrent.futures
import pathlib
import socket
import ssl
import sys
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
for folder in ("harness", "fabric"):
    sys.path.insert(0, str(TESTS / folder))

import network  # noqa: E402
from client import until  # noqa: E402
from publishing import OnNetwork  # noqa: E402


class Certificates(OnNetwork):
    """Every organisation has a Fabric CA on its own root; its node gets certificates of it while it works."""

    ROUNDS = 3

    def enroll(self, who, *arguments):
        self.cluster.command(who, "enroll", *arguments, "--ca", f"https://{self.network.addresses[f'ca.{who}']}",
                             "--ca-name", "ca", "--tls-roots", str(self.cluster.authority(who)))

    def renew_all(self):
        for number in range(self.ROUNDS):
            for who in "abs":
                if number == 0:
                    password = self.network.state / f"ca.{who}" / "password"
                    self.enroll(who, "--user", "admin", "--secret-file", str(password))
                else:
                    self.enroll(who, "renew")
            time.sleep(1)

    def served(self, name):
        """The certificate that a chaincode server shows to its organisation's peer."""
        who = name.split(".")[1]
        context = ssl.create_default_context(cafile=str(self.cluster.authority(who)))
        msp = self.network.peer_msp(who)
        context.load_cert_chain(str(msp / "signcerts" / "cert.pem"), str(msp / "keystore" / "key.pem"))
        context.set_alpn_protocols(["h2"])
        host, _, port = self.network.addresses[name].rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as line, \
                context.wrap_socket(line, server_hostname=host) as secure:
            return ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True)).strip()

    def creators(self, channel, msp):
        return {t.creator for t in self.on.parties.transactions(channel) if t.submitter == msp}

    def publish_until(self, over, batches):
        while not over.is_set():
            for name, pairs in (("bulk", 100), ("moisture", 10)):
                batches.append(self.on.hand_in(self.on.fresh_file(name, pairs), name))
                self.on.finish(batches[-1])

    def test_certificates_are_replaced_under_load(self):
        if "ca.b" not in self.network.addresses:
            self.skipTest("no fabric-ca-server beside Fabric's binaries")
        self.survives(lambda: None, pairs=100)  # with the first ones
        over, batches = threading.Event(), []
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            load = pool.submit(self.publish_until, over, batches)
            try:
                self.renew_all()
            finally:
                over.set()
            load.result()
        self.on.check(self)
        self.on.check_verdicts(self)
        for name in self.network.names("chaincode."):
            newest = self.cluster.certificate(name.split(".")[1]).read_text().strip()
            until(lambda: self.served(name) == newest, 20, f"{name} serves the newest certificate")
        # Peers and chaincode servers that are started anew know nothing of earlier certificates, and need not.
        for name in self.network.names("peer.") + self.network.names("chaincode."):
            self.network.kill(name)
            self.network.start(name)
        self.survives(lambda: None, pairs=100)
        counts = {}
        for channel, msp in (("quality", "BMSP"), ("xor", "BMSP"), ("xor", "SMSP")):
            counts[channel, msp] = len(self.creators(channel, msp))
            self.assertGreaterEqual(counts[channel, msp], 2, f"{msp} wrote {channel} with one certificate alone")
        print(f"  {len(batches)} files published meanwhile; certificates that wrote: {counts}; "
              f"invalid on the ledgers: {self.on.invalid()}", flush=True)


if __name__ == "__main__":
    network.main(Certificates)
