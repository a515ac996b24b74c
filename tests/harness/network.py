"""Networks of Hyperledger Fabric's own binaries, by deploy/fabric/network.sh, and the releases there are to test on.

LOTVEIL_TEST_FABRIC names folders of binaries, separated by ':', and every test runs on each; else FABRIC_BIN names one; else
they are looked for on PATH. Where there are none, the tests are skipped, in one line that says why."""

import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "fabric" / "network.sh"
NEEDED = ["peer", "orderer", "configtxgen", "osnadmin"]
SKIPPED = 77  # ctest's SKIP_RETURN_CODE of these tests
GUARD = 'cat <&3; "$0" down --dir "$1"; rm -rf "$1"'
ORGANISATIONS = {"a": "upstream", "b": "downstream", "s": "servicer"}  # options of network.sh

Release = collections.namedtuple("Release", "version folder")  # folder None: on PATH


class Broken(AssertionError):
    """The network does not do what the test needs."""


# ---- releases ----


def version_of(peer):
    told = subprocess.run([peer, "version"], capture_output=True, text=True, check=True).stdout
    return next(line.split()[-1].lstrip("v") for line in told.splitlines() if "Version:" in line)


def named_folders():
    for name in ("LOTVEIL_TEST_FABRIC", "FABRIC_BIN"):
        if os.environ.get(name):
            return name, os.environ[name].split(":") if name == "LOTVEIL_TEST_FABRIC" else [os.environ[name]]
    return None, []


def releases():
    """-> ([Release], None), or ([], why there are none). A folder that was named and lacks one is an error."""
    name, folders = named_folders()
    for folder in folders:
        missing = [tool for tool in NEEDED if not os.access(pathlib.Path(folder, tool), os.X_OK)]
        if missing:
            raise Broken(f"{name}: {folder} lacks {', '.join(missing)}")
    if folders:
        return [Release(version_of(pathlib.Path(f, "peer")), f) for f in folders], None
    missing = [tool for tool in NEEDED if shutil.which(tool) is None]
    if missing:
        return [], (f"Hyperledger Fabric's {', '.join(missing)} not found on PATH; "
                    "FABRIC_BIN names the folder of its binaries")
    return [Release(version_of("peer"), None)], None


def main(*cases):
    """Runs the test cases on every release, one release after the other; the class attribute `release` tells which."""
    found, reason = releases()
    load = unittest.defaultTestLoader.loadTestsFromTestCase
    if not found:
        count = sum(load(case).countTestCases() for case in cases)
        print(f"skipped: {count} tests on real Fabric networks: {reason}", flush=True)
        sys.exit(SKIPPED)
    suite = unittest.TestSuite()
    for release in found:
        for case in cases:
            name = f"{case.__name__}_on_{release.version}"
            of_release = type(name, (case,), {"release": release, "__module__": case.__module__})
            of_release.__qualname__ = name
            suite.addTest(load(of_release))
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""  # a part of a test's name: these alone
    suite = unittest.TestSuite([unittest.TestSuite([t for t in group if wanted in t.id()]) for group in suite])
    if suite.countTestCases() == 0:
        raise SystemExit(f"no test has '{wanted}' in its name")
    begun = time.monotonic()
    ok = unittest.TextTestRunner(verbosity=2, stream=sys.stdout, resultclass=Telling).run(suite).wasSuccessful()
    print(f"{suite.countTestCases()} tests on Fabric {', '.join(r.version for r in found)}: "
          f"{time.monotonic() - begun:.0f} s", flush=True)
    sys.exit(0 if ok else 1)


class Telling(unittest.TextTestResult):
    """Tells what went wrong when it did: networks take minutes."""

    def addError(self, test, err):
        super().addError(test, err)
        self.stream.writeln(self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.stream.writeln(self.failures[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.stream.writeln((self.failures + self.errors)[-1][1])

    def printErrors(self):
        for flavour, found in (("ERROR", self.errors), ("FAIL", self.failures)):
            for test, _ in found:
                self.stream.writeln(f"{flavour}: {self.getDescription(test)}")


# ---- networks ----


class Network:
    """One network, below `state`, with the organisations in `folders` ({"a": path ...}; made where nothing is there). It is
    ended by close(), and also where this process is killed."""

    def __init__(self, state, release, folders, command, env, orderers=1):
        self.state, self.release = pathlib.Path(state), release
        self.folders = [self.state, *folders.values()]
        self.env = dict(env, LOTVEIL=str(pathlib.Path(command).resolve()))
        self.env.pop("FABRIC_BIN", None)
        if release.folder:
            self.env["FABRIC_BIN"] = release.folder
        self.guard = self._guard()
        options = [text for who, role in ORGANISATIONS.items() for text in (f"--{role}", str(folders[who]))]
        try:
            self.script("up", "--orderers", str(orderers), *options, timeout=180)
            self._learn()
        except BaseException:
            self.close()
            raise

    def _guard(self):
        """The network's processes outlive us on purpose; this one waits for our end and ends them then. It is no child of ours:
        whoever kills a test kills its children too."""
        return subprocess.Popen(
            ["sh", "-c", f'exec 3<&0; ({GUARD}) >/dev/null 2>&1 & exit 0', str(SCRIPT), str(self.state)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=self.env, start_new_session=True)

    def script(self, verb, *arguments, timeout=90, check=True):
        done = subprocess.run([str(SCRIPT), verb, *arguments, "--dir", str(self.state)], capture_output=True,
                              text=True, env=self.env, timeout=timeout, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise Broken(f"network.sh {verb} {' '.join(arguments)}: exit {done.returncode}\n"
                         f"{done.stdout}{done.stderr}{self.logs()}")
        return done

    def status(self):
        return json.loads(self.script("status", "--json", check=False).stdout)

    def _learn(self):
        status = self.status()
        self.addresses = {c["name"]: c["address"] for c in status["components"]}
        self.channels = {c["name"]: c for c in status["channels"]}

    # ---- components: "orderer.1", "peer.b", "chaincode.b.xor" ----

    def names(self, kind=""):
        return [name for name in self.addresses if name.startswith(kind)]

    def pid(self, name):
        return next(c["pid"] for c in self.status()["components"] if c["name"] == name)

    def kill(self, name):
        """kill -9."""
        self.script("kill", name)
        if self.pid(name) is not None:
            raise Broken(f"{name} outlived kill -9")

    def start(self, name):
        """Starts it, and returns when it listens."""
        self.script("start", name)

    def pause(self, name):
        """Nothing that is sent to it is answered, and nothing comes from it; its connections stay."""
        self.script("pause", name)

    def resume(self, name):
        self.script("resume", name)

    # ---- whom a test acts as ----

    def peer_msp(self, who):
        return self.state / f"peer.{who}" / "msp"

    def admin_msp(self, who):
        return self.state / f"admin.{who}" / "msp"

    # ---- its end ----

    def processes(self):
        """pids of all that runs for this network, the organisations' chaincode servers and nodes included: one of its folders stands
        in their arguments or environment."""
        needles, found = [str(folder).encode() for folder in self.folders], []
        for folder in pathlib.Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) == os.getpid():
                continue
            try:
                told = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
            except OSError:
                continue  # not ours, or gone
            if any(needle in told for needle in needles) and GUARD.encode() not in told:
                found.append(int(folder.name))
        return found

    def ports(self):
        """Every TCP port that one of its processes listens on."""
        sockets = set()
        for pid in self.processes():
            try:
                sockets |= {os.readlink(link) for link in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
            except OSError:
                continue
        return sorted(port for port, inode in listening() if f"socket:[{inode}]" in sockets)

    @staticmethod
    def open_ports(ports):
        return sorted(set(ports) & {port for port, _ in listening()})

    def logs(self, lines=12):
        """The end of every log: what runs, and the steps of making it."""
        text = ""
        for path in sorted((self.state / "logs").glob("*.log")):
            last = path.read_text(errors="replace").splitlines()[-lines:]
            if last and not path.name.startswith("ca."):
                text += f"\n--- {path.name}\n" + "\n".join(last)
        return text

    def down(self):
        self.script("down")

    def close(self):
        try:
            if (self.state / "run").is_dir():
                self.script("down", check=False)
        finally:
            self.guard.wait()
            self.guard.stdin.close()


def listening():
    """(port, inode of the socket) of every TCP socket of this machine that listens."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in pathlib.Path(table).read_text().splitlines()[1:]:
            parts = line.split()
            if parts[3] == "0A":
                yield int(parts[1].rpartition(":")[2], 16), int(parts[9])
