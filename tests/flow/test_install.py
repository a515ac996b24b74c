"""What `cmake --install` puts down is complete: a C program builds and runs against it by pkg-config."""

import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = os.environ["LOTVEIL_BUILD"]
COMPILER = [os.environ.get("CC", "cc"), *shlex.split(os.environ.get("LOTVEIL_LINK_FLAGS", ""))]

# liblotveil computes; reading files, talking to others and telling the time are its user's.
NO_IO = {"open", "open64", "fopen", "fopen64", "socket", "connect", "bind", "unlink", "rename",
         "mkdir", "system", "fork", "execve", "getenv"}


def run(*arguments, **options):
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=300, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, arguments))}\n{done.stdout}{done.stderr}")
    return done.stdout


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="lotveil-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        run("cmake", "--install", BUILD, "--prefix", str(cls.root))
        cls.lib = next(cls.root.rglob("liblotveil.a")).parent
        cls.env = dict(os.environ, PKG_CONFIG_PATH=str(cls.lib / "pkgconfig"))

    def test_the_network_script_runs_from_there(self):
        script = self.root / "share" / "lotveil" / "fabric" / "network.sh"
        self.assertIn("network.sh up", run(str(script), "help"))
        empty = self.root / "empty"
        empty.mkdir()
        refused = subprocess.run([script, "up", "--dir", str(self.root / "state")],
                                 capture_output=True, text=True,
                                 env=dict(os.environ, FABRIC_BIN=str(empty)))
        self.assertEqual(refused.returncode, 1)
        for part in ("peer", "orderer", str(empty), "https://"):
            self.assertIn(part, refused.stderr)
        self.assertFalse((self.root / "state").exists())

    def flags(self, *arguments):
        return shlex.split(run("pkg-config", *arguments, "lotveil", env=self.env))

    def compare(self, program, *arguments):
        return run(str(program), *arguments, env=dict(self.env, LD_LIBRARY_PATH=str(self.lib)))

    def test_everything_is_there(self):
        for name in ("bin/lotveil", "include/lotveil/compare.h", "share/lotveil/examples/dehumidifier/moisture.csv",
                     "share/lotveil/fabric/network.sh", "share/lotveil/fabric/lib/state.sh"):
            self.assertTrue((self.root / name).exists(), name)
        self.assertEqual(run(str(self.root / "bin" / "lotveil"), "--version").split()[1],
                         run("pkg-config", "--modversion", "lotveil", env=self.env).strip())

    def test_a_program_on_the_shared_library(self):
        program = self.root / "consumer"
        run(*COMPILER, "-std=c17", "-Wall", "-Wextra", "-Werror", "-o", str(program),
            str(HERE / "consumer.c"), *self.flags("--cflags", "--libs"))
        self.assertIn("liblotveil.so", run("ldd", str(program),
                                           env=dict(self.env, LD_LIBRARY_PATH=str(self.lib))))
        self.assertEqual(self.compare(program, "0.41", "0.76"), "rise 64\n")
        self.assertEqual(self.compare(program, "1.32", "0.76"), "fall 128\n")
        self.assertEqual(self.compare(program, "0.76", "0.76"), "equal 0\n")
        refused = subprocess.run([program, "0.41", "999.99"], capture_output=True, text=True,
                                 env=dict(self.env, LD_LIBRARY_PATH=str(self.lib)))
        self.assertEqual((refused.returncode, refused.stdout), (1, ""))

    def test_a_program_on_the_static_library(self):
        program = self.root / "consumer-static"
        libs = [flag for flag in self.flags("--cflags", "--libs", "--static") if flag != "-llotveil"]
        run(*COMPILER, "-std=c17", "-o", str(program), str(HERE / "consumer.c"),
            str(self.lib / "liblotveil.a"), *libs)
        self.assertEqual(self.compare(program, "0.41", "0.76"), "rise 64\n")

    def test_every_header_stands_alone(self):
        for header in sorted((self.root / "include" / "lotveil").glob("*.h")):
            with self.subTest(header.name):
                run(*COMPILER, "-std=c17", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                    "-fsyntax-only", *self.flags("--cflags"), "-x", "c", str(header))

    def test_the_library_does_no_input_or_output(self):
        asked = set()
        member = ""
        for line in run("nm", "-u", str(self.lib / "liblotveil.a")).splitlines():
            member = line if line.endswith(":") else member
            # LOTVEIL_CPU, which chooses among equal results, is all that is read of the environment.
            if line.split() == ["U", "getenv"] and member == "cpu.c.o:":
                continue
            if line.strip().startswith("U "):
                asked.add(line.split()[1])
        self.assertIn("malloc", asked)
        self.assertEqual(asked & NO_IO, set())


if __name__ == "__main__":
    unittest.main()
