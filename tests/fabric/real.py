"""Hyperledger Fabric itself, from its binaries, for the organisations of tests/ledger/world.c: one orderer, peers of D0 and S, the
channel of the world, and one package of chaincode under as many names as are wanted."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from fabric.playground import CHANNEL, POLICY, SUITE
from fabric.fake.network import ChaincodeServer

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = SOURCE / "deploy/fabric"
NEEDED = ("peer", "orderer", "configtxgen", "osnadmin")
MEMBERS = ("D0", "D1", "D2", "S")


def find_binaries():
    """@return the folder of Fabric's binaries that FABRIC_BIN or PATH names, or None."""
    folder = os.environ.get("FABRIC_BIN") or str(pathlib.Path(shutil.which("orderer") or "/nowhere/orderer").parent)
    return pathlib.Path(folder) if all((pathlib.Path(folder) / name).is_file() for name in NEEDED) else None


def find_config(binaries):
    for folder in (binaries / "config", binaries.parent / "config", pathlib.Path(os.environ.get("FABRIC_CFG_PATH") or "/etc/hyperledger/fabric")):
        if (folder / "core.yaml").is_file() and (folder / "orderer.yaml").is_file():
            return folder
    raise FileNotFoundError("core.yaml and orderer.yaml are not beside Fabric's binaries: name their folder with FABRIC_CFG_PATH")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def settings_of(name):
    lines = (DEPLOY / f"env/{name}.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def policy(kind, rule):
    return {"Type": kind, "Rule": rule}


class Network:
    def __init__(self, lotveil, chaincode, count, batch_timeout="100ms"):
        """@param chaincode  prefix of the chaincodes' names."""
        self.lotveil, self.binaries = lotveil, find_binaries()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lotveil-fabric-"))
        self.processes, self.chaincodes = [], {}
        self.ports = {name: free_port() for name in ("orderer", "admin", "orderer-op", "D0", "D0-cc", "D0-op", "S", "S-cc", "S-op")}
        try:
            self._make(chaincode, count, batch_timeout)
        except BaseException:
            self.stop()
            raise

    def _make(self, chaincode, count, batch_timeout):
        subprocess.run([SUITE, "make", self.folder], check=True)
        shutil.copytree(find_config(self.binaries), self.folder / "config")
        self.run(self.lotveil, "init", "--dir", self.folder / "orderer", "--org", "OrdererMSP", "--identity-only")
        for name in (*POLICY, "orderer"):
            self.issue(name, "admin")
        self.issue("orderer", "orderer")
        roots = [(self.folder / name / "msp/cacerts/ca.pem").read_bytes() for name in (*MEMBERS, "orderer")]
        (self.folder / "roots.pem").write_bytes(b"".join(roots))
        self._make_block(batch_timeout)
        self._start_orderer()
        self._package()
        for name in POLICY:
            self.chaincodes[name] = ChaincodeServer([SUITE, "chaincode", self.folder, name, self.package_id])
            self._connect(name)
            self._start_peer(name)
        self._join()
        for name in POLICY:
            self.as_admin(name, "lifecycle", "chaincode", "install", self.folder / "package.tar.gz")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self._deploy, [f"{chaincode}-{number}" for number in range(1, count + 1)]))

    # -- tools

    def run(self, *command, env=None, patience=0):
        """Runs a command to its end, again and again for `patience` seconds where it fails. @return what it says."""
        until = time.monotonic() + patience
        while True:
            done = subprocess.run([str(part) for part in command], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode == 0:
                return done.stdout
            if time.monotonic() > until:
                raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout[-2000:]}")
            time.sleep(0.5)

    def issue(self, name, unit):
        self.run(self.lotveil, "issue", "--dir", self.folder / name, "--unit", unit, "--host", "127.0.0.1", "--host", "localhost",
                 "--out", self.folder / name / unit)

    def as_admin(self, name, *command, patience=10):
        msp = self.folder / name / "admin"
        settings = {"FABRIC_CFG_PATH": self.folder / "config", "FABRIC_LOGGING_SPEC": "warning", "CORE_PEER_LOCALMSPID": name,
                    "CORE_PEER_MSPCONFIGPATH": msp, "CORE_PEER_ADDRESS": self.address(name), "CORE_PEER_TLS_ENABLED": "true",
                    "CORE_PEER_TLS_ROOTCERT_FILE": self.folder / name / "msp/cacerts/ca.pem", "CORE_PEER_TLS_CLIENTAUTHREQUIRED": "true",
                    "CORE_PEER_TLS_CLIENTCERT_FILE": msp / "signcerts/cert.pem", "CORE_PEER_TLS_CLIENTKEY_FILE": msp / "keystore/key.pem"}
        return self.run(self.binaries / "peer", *command, env={name: str(value) for name, value in settings.items()}, patience=patience)

    def address(self, name):
        return f"127.0.0.1:{self.ports[name]}"

    def start(self, name, program, settings):
        log = (self.folder / f"{name}.log").open("wb")
        settings = dict(settings, PATH=os.environ["PATH"], HOME=self.folder, FABRIC_CFG_PATH=self.folder / "config")
        environment = {key: str(value) for key, value in settings.items()}
        self.processes.append(subprocess.Popen([str(part) for part in program], env=environment, stdout=log, stderr=log, cwd=self.folder))
        log.close()

    # -- channel and orderer

    def _organisation(self, name):
        own = {"Readers": policy("Signature", f"OR('{name}.admin', '{name}.peer', '{name}.client')"),
               "Writers": policy("Signature", f"OR('{name}.admin', '{name}.client')"),
               "Admins": policy("Signature", f"OR('{name}.admin')"), "Endorsement": policy("Signature", f"OR('{name}.peer')")}
        made = {"Name": name, "ID": name, "MSPDir": str(self.folder / name / "msp"), "Policies": own}
        if name in POLICY:
            made["AnchorPeers"] = [{"Host": "127.0.0.1", "Port": self.ports[name]}]
        return made

    def _make_block(self, batch_timeout):
        meta = {name: policy("ImplicitMeta", f"ANY {name}") for name in ("Readers", "Writers")}
        meta["Admins"] = policy("ImplicitMeta", "MAJORITY Admins")
        member = policy("Signature", "OR('OrdererMSP.member')")
        certificate = str(self.folder / "orderer/orderer/signcerts/cert.pem")
        both = policy("Signature", "AND('D0.peer', 'S.peer')")
        orderer = {"Name": "OrdererMSP", "ID": "OrdererMSP", "MSPDir": str(self.folder / "orderer/msp"),
                   "Policies": {"Readers": member, "Writers": member, "Admins": policy("Signature", "OR('OrdererMSP.admin')")},
                   "OrdererEndpoints": [self.address("orderer")]}
        consenter = {"Host": "127.0.0.1", "Port": self.ports["orderer"], "ClientTLSCert": certificate, "ServerTLSCert": certificate}
        raft = {"TickInterval": "100ms", "ElectionTick": 10, "HeartbeatTick": 1, "MaxInflightBlocks": 5, "SnapshotIntervalSize": "64 MB"}
        profile = {"Policies": meta, "Capabilities": {"V2_0": True},
                   "Orderer": {"OrdererType": "etcdraft", "Addresses": [], "BatchTimeout": batch_timeout,
                               "BatchSize": {"MaxMessageCount": 500, "AbsoluteMaxBytes": "16 MB", "PreferredMaxBytes": "4 MB"},
                               "EtcdRaft": {"Consenters": [consenter], "Options": raft}, "Organizations": [orderer],
                               "Policies": dict(meta, BlockValidation=policy("ImplicitMeta", "ANY Writers")), "Capabilities": {"V2_0": True}},
                   "Application": {"Organizations": [self._organisation(name) for name in MEMBERS],
                                   "Policies": dict(meta, LifecycleEndorsement=both, Endorsement=both), "Capabilities": {"V2_5": True}}}
        (self.folder / "configtx.yaml").write_text(json.dumps({"Profiles": {"world": profile}}))
        self.run(self.binaries / "configtxgen", "-configPath", self.folder, "-profile", "world", "-channelID", CHANNEL,
                 "-outputBlock", self.folder / "channel.block", env={"FABRIC_CFG_PATH": str(self.folder), "PATH": os.environ["PATH"]})

    def _start_orderer(self):
        msp, root = self.folder / "orderer/orderer", self.folder / "orderer/msp/cacerts/ca.pem"
        certificate, key, data = msp / "signcerts/cert.pem", msp / "keystore/key.pem", self.folder / "data-orderer"
        self.start("orderer", [self.binaries / "orderer"], dict(
            settings_of("orderer"), ORDERER_GENERAL_LISTENADDRESS="127.0.0.1", ORDERER_GENERAL_LISTENPORT=self.ports["orderer"],
            ORDERER_GENERAL_LOCALMSPDIR=msp, ORDERER_GENERAL_TLS_CERTIFICATE=certificate, ORDERER_GENERAL_TLS_PRIVATEKEY=key,
            ORDERER_GENERAL_TLS_ROOTCAS=f"[{root}]", ORDERER_GENERAL_TLS_CLIENTROOTCAS=f"[{self.folder}/roots.pem]",
            ORDERER_GENERAL_CLUSTER_CLIENTCERTIFICATE=certificate, ORDERER_GENERAL_CLUSTER_CLIENTPRIVATEKEY=key,
            ORDERER_GENERAL_CLUSTER_ROOTCAS=f"[{root}]", ORDERER_ADMIN_LISTENADDRESS=self.address("admin"),
            ORDERER_ADMIN_TLS_CERTIFICATE=certificate, ORDERER_ADMIN_TLS_PRIVATEKEY=key, ORDERER_ADMIN_TLS_ROOTCAS=f"[{root}]",
            ORDERER_ADMIN_TLS_CLIENTROOTCAS=f"[{root}]", ORDERER_OPERATIONS_LISTENADDRESS=self.address("orderer-op"),
            ORDERER_FILELEDGER_LOCATION=data / "ledger", ORDERER_CONSENSUS_WALDIR=data / "wal", ORDERER_CONSENSUS_SNAPDIR=data / "snapshot"))

    # -- peers

    def _start_peer(self, name):
        msp, data, address = self.folder / name / "peer0", self.folder / f"data-{name}", self.address(name)
        builder = json.dumps([{"name": "lotveil", "path": str(DEPLOY / "builder"), "propagateEnvironment": ["LOTVEIL_CONNECTIONS"]}])
        self.start(name, [self.binaries / "peer", "node", "start"], dict(
            settings_of("peer"), CORE_PEER_ID=name, CORE_PEER_LOCALMSPID=name, CORE_PEER_MSPCONFIGPATH=msp, CORE_PEER_ADDRESS=address,
            CORE_PEER_LISTENADDRESS=address, CORE_PEER_CHAINCODEADDRESS=self.address(f"{name}-cc"),
            CORE_PEER_CHAINCODELISTENADDRESS=self.address(f"{name}-cc"), CORE_PEER_GOSSIP_BOOTSTRAP=address,
            CORE_PEER_GOSSIP_EXTERNALENDPOINT=address, CORE_PEER_TLS_CERT_FILE=msp / "signcerts/cert.pem",
            CORE_PEER_TLS_KEY_FILE=msp / "keystore/key.pem", CORE_PEER_TLS_ROOTCERT_FILE=msp / "cacerts/ca.pem",
            CORE_PEER_TLS_CLIENTROOTCAS_FILES=self.folder / "roots.pem", CORE_PEER_FILESYSTEMPATH=data,
            CORE_LEDGER_SNAPSHOTS_ROOTDIR=data / "snapshots", CORE_OPERATIONS_LISTENADDRESS=self.address(f"{name}-op"),
            CORE_CHAINCODE_EXTERNALBUILDERS=builder, LOTVEIL_CONNECTIONS=self.folder / f"connections-{name}"))

    def _join(self):
        admin = self.folder / "orderer/admin"
        self.run(self.binaries / "osnadmin", "channel", "join", "--channelID", CHANNEL, "--config-block", self.folder / "channel.block",
                 "-o", self.address("admin"), "--ca-file", self.folder / "orderer/msp/cacerts/ca.pem", "--client-cert",
                 admin / "signcerts/cert.pem", "--client-key", admin / "keystore/key.pem", patience=20)
        for name in POLICY:
            self.as_admin(name, "channel", "join", "-b", self.folder / "channel.block", patience=20)

    # -- chaincode

    def _package(self):
        work = self.folder / "package"
        work.mkdir()
        (work / "lotveil.json").write_text('{"contract": "xor"}\n')
        (work / "metadata.json").write_text('{"type": "ccaas", "label": "xor"}\n')
        self.run("tar", "-C", work, "-czf", work / "code.tar.gz", "lotveil.json")
        self.run("tar", "-C", work, "-czf", self.folder / "package.tar.gz", "code.tar.gz", "metadata.json")
        self.package_id = "xor:" + hashlib.sha256((self.folder / "package.tar.gz").read_bytes()).hexdigest()

    def _connect(self, name):
        peer, folder = self.folder / name / "peer0", self.folder / f"connections-{name}/xor"
        folder.mkdir(parents=True)
        (folder / "connection.json").write_text(json.dumps({
            "address": self.chaincodes[name].address, "dial_timeout": "10s", "tls_required": True, "client_auth_required": True,
            "client_key": (peer / "keystore/key.pem").read_text(), "client_cert": (peer / "signcerts/cert.pem").read_text(),
            "root_cert": (self.folder / name / "msp/cacerts/ca.pem").read_text()}))

    def _deploy(self, chaincode):
        definition = ["--channelID", CHANNEL, "--name", chaincode, "--version", "1", "--sequence", "1",
                      "--signature-policy", "AND('D0.peer', 'S.peer')"]
        peers = []
        for name in POLICY:
            admin = self.folder / name / "admin"
            orderer = ["-o", self.address("orderer"), "--tls", "--cafile", self.folder / "orderer/msp/cacerts/ca.pem", "--clientauth",
                       "--certfile", admin / "signcerts/cert.pem", "--keyfile", admin / "keystore/key.pem"]
            self.as_admin(name, "lifecycle", "chaincode", "approveformyorg", *orderer, *definition, "--package-id", self.package_id, patience=30)
            peers += ["--peerAddresses", self.address(name), "--tlsRootCertFiles", self.folder / name / "msp/cacerts/ca.pem"]
        self.as_admin("S", "lifecycle", "chaincode", "commit", *orderer, *definition, *peers, patience=30)

    # -- for the tests

    def environment(self, **more):
        """All organisations of the suite read from the two that have peers."""
        return dict(os.environ, LOTVEIL_FABRIC_WORLD=str(self.folder), LOTVEIL_FABRIC_GATEWAYS=f"{self.address('D0')},{self.address('S')}",
                    LOTVEIL_FABRIC_PEERS_OF_D0_AND_S="1", **more)

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)
        for chaincode in self.chaincodes.values():
            chaincode.stop()
        shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()
