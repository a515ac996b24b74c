"""deploy/: the Compose files are YAML that says what the native scripts say, and the scripts tell
what is missing before they make anything. No binaries of Fabric are needed.

Run by ctest in the tests' Python environment."""

import hashlib
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml

DEPLOY = pathlib.Path(__file__).resolve().parent.parent.parent / "deploy"
FABRIC, DOCKER = DEPLOY / "fabric", DEPLOY / "docker"
SCRIPT = FABRIC / "network.sh"
SETTING = r"(?:CORE|ORDERER|FABRIC_CA_SERVER|LOTVEIL)_[A-Z0-9_]+|FABRIC_CFG_PATH"


class Strict(yaml.SafeLoader):
    """Refuses a key that stands twice, which YAML forbids and PyYAML lets through."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"{key} stands twice, line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def read_env(path):
    found = {}
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            name, value = line.split("=", 1)
            if name in found or not re.fullmatch(r"[A-Z][A-Z0-9_]*", name) or value[:1] in "\"'":
                raise AssertionError(f"{path.name}: {line}")
            found[name] = value
    return found


def compose(name):
    return yaml.load((DOCKER / name).read_text(), Strict)


def native_settings(function):
    """The settings that a start function of the script gives its process."""
    text = (FABRIC / "lib" / "components.sh").read_text()
    body = re.search(rf"^{function}\(\) {{\n(.*?)^}}", text, re.M | re.S).group(1)
    return set(re.findall(rf"^ +({SETTING})=", body, re.M))


def network(*arguments, **env):
    return subprocess.run([SCRIPT, *arguments], capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, **env), stdin=subprocess.DEVNULL)


class Compose(unittest.TestCase):
    COMPONENTS = (("organisation.yaml", "peer", "start_peer", "peer.env"),
                  ("organisation.yaml", "ca", "start_ca", "ca.env"),
                  ("orderer.yaml", "orderer", "start_orderer", "orderer.env"))

    def test_both_ways_name_the_same_settings(self):
        for file, service, function, env in self.COMPONENTS:
            with self.subTest(service):
                found = compose(file)["services"][service]
                self.assertEqual(found["env_file"], f"../fabric/env/{env}")
                native = native_settings(function)
                self.assertGreater(len(native), 5)
                # the images know where Fabric's configuration lies; so does the CA without one
                self.assertEqual(set(found["environment"]) - {"FABRIC_CFG_PATH"},
                                 native - {"FABRIC_CFG_PATH"})
                shared = read_env(FABRIC / "env" / env)
                self.assertGreater(len(shared), 3)
                self.assertEqual(set(shared) & native, set())

    def test_every_organisation_has_what_it_takes_part_in(self):
        services = compose("organisation.yaml")["services"]
        profiles = {name: service.get("profiles") for name, service in services.items()}
        self.assertEqual(profiles, {"peer": None, "ca": None, "node": None,
                                    "chaincode-quality": ["quality"], "chaincode-xor": ["xor"]})
        for party, channels in (("a", {"quality"}), ("b", {"quality", "xor"}), ("s", {"xor"})):
            env = read_env(DOCKER / f"{party}.env")
            self.assertEqual(set(env["COMPOSE_PROFILES"].split(",")), channels)
            self.assertEqual(env["PARTY"], party)
        for channel in ("quality", "xor"):
            command = services[f"chaincode-{channel}"]["command"]
            self.assertRegex(command, rf"^chaincode --contract {channel} --channel {channel} ")

    def test_every_variable_has_a_value(self):
        for file, envs in (("organisation.yaml", ("a.env", "b.env", "s.env")),
                           ("orderer.yaml", ("orderer.env",))):
            named = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)\}", (DOCKER / file).read_text()))
            self.assertGreaterEqual(len(named), 3)
            for env in envs:
                self.assertEqual(named - set(read_env(DOCKER / env)), set(), f"{file}, {env}")

    def test_package_ids_are_those_of_the_script(self):
        """The same bytes wherever the package is made."""
        with tempfile.TemporaryDirectory() as state:
            make = (f'set -euo pipefail; STATE={state}; mkdir "$STATE/chaincode"; '
                    f'source {FABRIC}/lib/chaincode.sh; '
                    'for c in quality xor; do make_package $c; package_id $c; done')
            ids = subprocess.run(["bash", "-c", make], capture_output=True, text=True,
                                 check=True).stdout.split()
            for made in ids:
                label, digest = made.split(":")
                package = pathlib.Path(state, "chaincode", f"{label}.tar.gz").read_bytes()
                self.assertEqual(hashlib.sha256(package).hexdigest(), digest)
        quality, xor = ids
        self.assertEqual(read_env(DOCKER / "a.env")["QUALITY_PACKAGE_ID"], quality)
        self.assertEqual(read_env(DOCKER / "b.env")["QUALITY_PACKAGE_ID"], quality)
        self.assertEqual(read_env(DOCKER / "b.env")["XOR_PACKAGE_ID"], xor)
        self.assertEqual(read_env(DOCKER / "s.env")["XOR_PACKAGE_ID"], xor)

    def test_a_doubled_key_would_be_seen(self):
        with self.assertRaises(yaml.YAMLError):
            yaml.load("a: 1\na: 2\n", Strict)


class Builder(unittest.TestCase):
    """The peer calls detect, build and release with folders."""

    def run_step(self, step, *folders, **env):
        return subprocess.run([FABRIC / "builder" / "bin" / step, *folders], capture_output=True,
                              text=True, env=dict(os.environ, **env))

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(subprocess.run, ["rm", "-r", self.root])
        for name in ("source", "metadata", "built", "release", "connections/xor"):
            (self.root / name).mkdir(parents=True)
        (self.root / "source/lotveil.json").write_text('{"contract": "xor"}\n')
        (self.root / "metadata/metadata.json").write_text('{"type": "ccaas", "label": "xor"}\n')
        self.connection = self.root / "connections/xor/connection.json"
        self.connection.write_text('{"address": "127.0.0.1:1"}\n')

    def release(self):
        return self.run_step("release", self.root / "built", self.root / "release",
                             LOTVEIL_CONNECTIONS=str(self.root / "connections"))

    def test_a_package_is_released_with_the_peers_own_connection(self):
        folders = (self.root / "source", self.root / "metadata")
        self.assertEqual(self.run_step("detect", *folders).returncode, 0)
        self.assertEqual(self.run_step("build", *folders, self.root / "built").returncode, 0)
        done = self.release()
        self.assertEqual(done.returncode, 0, done.stderr)
        released = self.root / "release/chaincode/server/connection.json"
        self.assertEqual(released.read_text(), self.connection.read_text())

    def test_other_packages_are_left_to_others(self):
        folders = (self.root / "source", self.root / "metadata")
        (self.root / "metadata/metadata.json").write_text('{"type": "golang", "label": "ccaas"}\n')
        self.assertNotEqual(self.run_step("detect", *folders).returncode, 0)
        (self.root / "metadata/metadata.json").write_text('{"type": "ccaas", "label": "xor"}\n')
        (self.root / "source/lotveil.json").unlink()
        self.assertNotEqual(self.run_step("detect", *folders).returncode, 0)

    def test_a_missing_connection_is_told(self):
        folders = (self.root / "source", self.root / "metadata")
        self.assertEqual(self.run_step("build", *folders, self.root / "built").returncode, 0)
        self.connection.unlink()
        done = self.release()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(str(self.connection), done.stderr)
        self.assertFalse((self.root / "release/chaincode").exists())


class Script(unittest.TestCase):
    def test_what_is_missing_is_named_before_anything_is_made(self):
        with tempfile.TemporaryDirectory() as root:
            for verb in ("up", "check"):
                done = network(verb, "--dir", f"{root}/state", FABRIC_BIN=root)
                self.assertEqual(done.returncode, 1)
                for part in ("peer", "orderer", "configtxgen", "osnadmin", root, "https://"):
                    self.assertIn(part, done.stderr)
            self.assertEqual(os.listdir(root), [])

    def test_wrong_usage(self):
        for arguments in ((), ("fly",), ("up", "--orderers", "2"), ("up", "--batch-timeout", "soon"),
                          ("up", "--no-such"), ("up", "--dir"), ("up", "peer.b")):
            with self.subTest(arguments):
                done = network(*arguments)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertIn("usage:", done.stderr)

    def test_a_network_that_is_not_there(self):
        with tempfile.TemporaryDirectory() as root:
            for arguments in (("status",), ("start", "peer.b"), ("kill", "peer.b")):
                done = network(*arguments, "--dir", root)
                self.assertEqual(done.returncode, 1)
                self.assertIn("no network", done.stderr)
            self.assertEqual(network("down", "--dir", f"{root}/none").returncode, 0)
            self.assertEqual(os.listdir(root), [])

    def test_a_process_of_another_is_not_ended(self):
        """A pid file whose number the system gave to somebody else since."""
        with tempfile.TemporaryDirectory() as root:
            (pathlib.Path(root) / "run").mkdir()
            other = subprocess.Popen(["sleep", "60"])
            self.addCleanup(other.wait)
            self.addCleanup(other.kill)
            (pathlib.Path(root) / "run" / "peer.b.pid").write_text(f"{other.pid} 1\n")
            self.assertEqual(network("down", "--dir", root).returncode, 0)
            self.assertIsNone(other.poll())


if __name__ == "__main__":
    unittest.main()
