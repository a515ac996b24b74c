"""A channel of made-up organisations (tests/ledger/world.c) with peers of D0 and S, for tests of the client without Fabric."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from fabric.fake import gateway, network
from fabric.fake.msp import Members

CHANNEL = "xor.example"
SUITE = os.environ["LOTVEIL_SUITE_FABRIC"]
POLICY = ("D0", "S")


class Playground:
    """@param peers  one gateway for each, such as ("D0", "peer0"); the first of an organisation endorses for the others."""

    def __init__(self, peers=(("D0", "peer0"), ("S", "peer0")), gateways=None, batch_timeout=0.05):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lotveil-fabric-"))
        subprocess.run([SUITE, "make", self.folder], check=True)
        roots = {name: self._root(name) for name in ("D0", "D1", "D2", "S")}
        self.members = Members(roots)
        self.chaincodes = {name: network.ChaincodeServer([SUITE, "chaincode", self.folder, name, f"xor:{name}"]) for name in POLICY}
        self.orderer = network.Orderer(CHANNEL, self.members, batch_timeout)
        self.peers = [network.Peer(CHANNEL, self.members, POLICY, network.load_peer(self.folder, msp_id, name), roots[msp_id],
                                   self.chaincodes[msp_id].address) for msp_id, name in peers]
        self.orderer.peers = self.peers
        self.orderer.start()
        endorsers = {msp_id: next(peer for peer in self.peers if peer.msp_id == msp_id) for msp_id in POLICY}
        self.gateways = [gateway.Server(peer, self.orderer, self.members, [endorsers[name] for name in POLICY if name != peer.msp_id])
                         for peer in self.peers[:gateways]]

    def _root(self, name):
        return (self.folder / name / "msp/cacerts/ca.pem").read_bytes()

    def environment(self, **more):
        addresses = ",".join(server.address for server in self.gateways)
        return dict(os.environ, LOTVEIL_FABRIC_WORLD=str(self.folder), LOTVEIL_FABRIC_GATEWAYS=addresses, **more)

    @property
    def ledger(self):
        return self.peers[0].ledger

    def stop(self):
        for server in self.gateways:
            server.stop()
        for chaincode in self.chaincodes.values():
            chaincode.stop()
        shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()
