"""Everybody who may come to a cluster's Fabric network: its organisations, their peers and administrators, and an outsider."""

from client import Orderer, Peer, Signer

MSP = {"a": "AMSP", "b": "BMSP", "s": "SMSP"}
CHANNELS = {"quality": "ab", "xor": "bs"}  # who takes part


class Parties:
    def __init__(self, cluster):
        self.cluster, self.network = cluster, cluster.network
        self.roots = b"".join(cluster.authority(who).read_bytes() for who in MSP) + \
            (self.network.state / "orderer" / "msp" / "cacerts" / "ca.pem").read_bytes()
        self.client = {who: Signer(cluster.dir(who) / "msp", MSP[who]) for who in MSP}
        self.admin = {who: Signer(self.network.admin_msp(who), MSP[who]) for who in MSP}
        self.peer_of = {who: Signer(self.network.peer_msp(who), MSP[who]) for who in MSP}
        outside = cluster.root / "outsider"
        if not outside.exists():
            cluster.run("init", "--dir", str(outside), "--org", "XMSP", "--identity-only")
        self.outsider = Signer(outside / "msp", "XMSP")
        # its own key under the name of an organisation that may
        self.impostor = Signer(outside / "msp", "BMSP")

    def gateway(self, who, signer=None, tls=None):
        """A connection to that organisation's peer as `signer`, with the certificate of `tls`; its own client by default."""
        signer = signer or self.client[who]
        return Peer(self.network.addresses[f"peer.{who}"], self.roots, tls or signer, signer)

    def orderer(self, tls, number=1):
        return Orderer(self.network.addresses[f"orderer.{number}"], self.roots, tls)

    def transactions(self, channel, who="b", chaincode=None):
        """All that wrote to this chaincode, as that organisation's peer has them."""
        with self.gateway(who) as peer:
            return [t for t in peer.transactions(channel) if (chaincode or channel) in t.writes]

    def records(self, channel, kind="set/", who="b"):
        """{key: [values]} of the valid writes whose keys begin so: more than one value means written twice."""
        found = {}
        for transaction in self.transactions(channel, who):
            if transaction.code == 0:
                for key, value in transaction.writes[channel].items():
                    if key.startswith(kind):
                        found.setdefault(key, []).append(value)
        return found
