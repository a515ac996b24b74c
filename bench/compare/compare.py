#!/usr/bin/env python3
"""The same comparison with Lotveil and with other libraries, on one core, in one run: 96
encryptions, formulas (1) and (2), a zero test of all 64 columns. Each library is installed into
bench/compare/build when it is first asked for; one that cannot be is named with the reason.

    compare.py [--lotveil PATH] [--only NAME] [--bits N] [--json]
"""

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(HERE, "build")
DEFAULT_LOTVEIL = os.path.join(HERE, "..", "..", "build", "release", "lotveil")
SECONDS_MAX = 1800  # for one step
ONE_CORE = {"OMP_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1"}
PHASES = ("keygen", "encrypt", "read", "combine", "zero_test")


class Skipped(Exception):
    """Why a library takes no part."""


def run(command, cwd=HERE, **environment):
    """Standard output; Skipped with the last words of what failed."""
    try:
        done = subprocess.run(command, cwd=cwd, env={**os.environ, **environment},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=SECONDS_MAX, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Skipped(f"{os.path.basename(command[0])}: {error}") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no words"]
        raise Skipped(f"{os.path.basename(command[0])}: {lines[-1].strip()[:120]}")
    return done.stdout


def tell(words):
    print(words, file=sys.stderr, flush=True)


def on_one_core(command, **environment):
    """Runs where library and its threads have one processor, as Lotveil's runs on one core."""
    core = min(os.sched_getaffinity(0))
    return run(["taskset", "-c", str(core), *command], **ONE_CORE, **environment)


# ---- installing ----


def find_python(version):
    """An interpreter of that version ("3.10"; None: the one that runs this), or None."""
    if version is None:
        return sys.executable
    spots = [shutil.which(f"python{version}"),
             *sorted(glob.glob(os.path.expanduser(f"~/.pyenv/versions/{version}.*/bin/python")))]
    for python in filter(None, spots):
        try:
            run([python, "-c", "import venv"])
            return python
        except Skipped:
            continue
    return None


def python_with(name, candidates, module):
    """The interpreter of a virtual environment with the packages of the first candidate
    (version of Python, packages) that installs and imports."""
    reason = "no candidate"
    for version, packages in candidates:
        base = find_python(version)
        if base is None:
            reason = f"its packages are for Python {version}, which is not here"
            continue
        folder = os.path.join(BUILD, f"{name}-{version or 'here'}")
        python = os.path.join(folder, "bin", "python")
        try:
            if not os.path.exists(os.path.join(folder, "installed")):
                run([base, "-m", "venv", folder])
                run([python, "-m", "pip", "install", "-q", *packages])
                run([python, "-c", f"import {module}"])
                open(os.path.join(folder, "installed"), "w", encoding="ascii").close()
            return python
        except Skipped as error:
            reason = str(error)
    raise Skipped(reason)


def version_of(python, package):
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return f"{package} {run([python, '-c', code]).strip()}"


def python_library(name, package, module, script, candidates, *arguments):
    python = python_with(name, candidates, module)
    answer = json.loads(on_one_core([python, "-B", os.path.join(HERE, script), *arguments]))
    return version_of(python, package), answer if isinstance(answer, list) else [answer]


def rust_library(name, crate, flags, note, *arguments):
    cargo = shutil.which("cargo")
    if cargo is None:
        raise Skipped("cargo is not installed")
    folder = os.path.join(HERE, name)
    target = os.path.join(BUILD, f"{name}-{note}")
    run([cargo, "build", "--release", "-q"], cwd=folder, RUSTFLAGS=flags, CARGO_TARGET_DIR=target)
    with open(os.path.join(folder, "Cargo.lock"), encoding="utf-8") as lock:
        version = re.findall(rf'name = "{crate}"\nversion = "([^"]*)"', lock.read())[-1]
    answer = json.loads(on_one_core([os.path.join(target, "release", f"lotveil-compare-{name}"),
                                     *arguments]))
    answer["note"] = note
    return f"{crate} {version}", [answer]


# ---- the libraries ----


def libraries(bits):
    """(name, suite to compare with, how to install and run it)"""
    n = str(bits)
    openfhe = [("3.10", ["openfhe==1.6.1.0.22.4"]), ("3.12", ["openfhe==1.6.1.0.24.4"])]
    return [
        ("python-paillier", "paillier", lambda: python_library(
            "phe", "phe", "phe", "python_paillier.py", [(None, ["phe", "gmpy2"])], n)),
        ("HEU", "paillier", lambda: python_library(
            "heu", "sf-heu", "heu", "heu_paillier.py", [(None, ["sf-heu"])], n)),
        ("kzen-paillier", "paillier", lambda: rust_library(
            "kzen", "kzen-paillier", "-C target-cpu=native", "native", n)),
        ("curve25519-dalek", "ristretto255", lambda: rust_library(
            "dalek", "curve25519-dalek", "-C target-cpu=native", "native")),
        ("curve25519-dalek-serial", "ristretto255", lambda: rust_library(
            "dalek", "curve25519-dalek", '--cfg curve25519_dalek_backend="serial"', "serial")),
        ("OpenFHE", "rlwe1024", lambda: python_library(
            "openfhe", "openfhe", "openfhe", "openfhe_bfv.py", openfhe)),
    ]


def row(suite, who, measured):
    phases = {name: measured["phases"].get(name) for name in PHASES}
    return {
        "suite": suite, "who": who, "note": measured.get("note", ""), "pairs": measured["pairs"],
        "phases": phases, "work": phases["encrypt"] + phases["combine"] + phases["zero_test"],
    }


def measure_lotveil(path, suites, bits):
    rows, report = [], {}
    for suite in suites:
        tell(f"lotveil: {suite}")
        size = ["--bits", str(bits)] if suite == "paillier" else []
        report = json.loads(on_one_core([path, "bench", "--suite", suite, "--threads", "1",
                                         "--baseline", "none", "--json", *size]))
        for measured in report["suites"][0]["runs"]:
            scan, phases = measured["scan"], measured["phases"]
            note = report["vectors"] if measured["vectors"] else "portable"
            rows.append(row(suite, "lotveil", {
                "pairs": measured["pairs"], "note": note,
                "phases": {**scan, "keygen": phases["keygen"], "read": phases["read"]}}))
    return rows, report["vectors"]


# ---- what is told ----


def find(rows, who, note):
    return next((r for r in rows if r["who"].startswith(who) and note in r["note"]), None)


def ratios(rows, vectors):
    """What the project promised, where both sides were measured."""
    def add(name, theirs, ours, part, target):
        if theirs and ours:
            a, b = (r["work"] if part == "work" else r["phases"][part] for r in (theirs, ours))
            out.append({"name": name, "value": a / b, "target": target, "met": a / b >= target})

    out = []
    ours = {(r["suite"], r["note"]): r for r in rows if r["who"] == "lotveil"}
    paillier = ours.get(("paillier", vectors), ours.get(("paillier", "portable")))
    add("paillier keygen: python-paillier / ours", find(rows, "phe", ""), paillier, "keygen", 1)
    add("paillier keygen: HEU / ours", find(rows, "sf-heu", ""), paillier, "keygen", 10)
    native, serial = find(rows, "curve", "native"), find(rows, "curve", "serial")
    add(f"ristretto255 work: dalek native / ours {vectors}", native,
        ours.get(("ristretto255", vectors)), "work", 4 if vectors == "avx512ifma" else 2)
    add("ristretto255 work: dalek serial / ours portable", serial,
        ours.get(("ristretto255", "portable")), "work", 1)
    for way in "32 in blocks", "64 in blocks", "4096 in slices":
        add(f"rlwe1024 work: OpenFHE BFV, {way} / ours {vectors}", find(rows, "openfhe", way),
            ours.get(("rlwe1024", vectors)), "work", 50)
    return out


def seconds(value):
    if value is None:
        return "-"
    for unit, size in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size * 0.9995:
            break
    shown = value / size
    return f"{shown:.{2 if shown < 9.995 else 1 if shown < 99.95 else 0}f} {unit}"


def print_table(result):
    print("One pair of 32-bit values: 96 encryptions, formulas (1) and (2), 64 zero tests. One "
          "core,\nprocessor time. work: encrypt + combine + tests; times: work of the library / least work of "
          "lotveil.\n")
    print(f"{'time a pair':41}" + "".join(
        f"{name:>8}" for name in ("keygen", "encrypt", "read", "combine", "tests", "work"))
        + f"{'times':>7}")
    for suite in dict.fromkeys(r["suite"] for r in result["rows"]):
        rows = [r for r in result["rows"] if r["suite"] == suite]
        best = min((r["work"] for r in rows if r["who"] == "lotveil"), default=None)
        print(suite + (f", {result['bits']} bits" if suite == "paillier" else ""))
        for r in rows:
            name = f"  {r['who']}" + (f", {r['note']}" if r["note"] else "")
            times = f"{r['work'] / best:7.1f}" if best else f"{'-':>7}"
            print(f"{name:41}" + "".join(
                f"{seconds(v):>8}" for v in (*r["phases"].values(), r["work"])) + times)
    print(f"\n{'ratio':60}{'measured':>10}   wanted")
    for r in result["ratios"]:
        print(f"{r['name']:60}{r['value']:10.2f}   at least {r['target']:<4}"
              f"{'met' if r['met'] else 'not met'}")
    for name, reason in result["skipped"].items():
        print(f"\nskipped: {name}: {reason}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--lotveil", default=DEFAULT_LOTVEIL, help="the command to measure")
    parser.add_argument("--only", action="append", help="this library only (repeatable)")
    parser.add_argument("--bits", type=int, default=6000, help="of n in paillier (default 6000)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    options = parser.parse_args()
    wanted = [lib for lib in libraries(options.bits)
              if options.only is None or lib[0] in options.only]
    if not wanted:
        parser.error("--only: one of " + ", ".join(lib[0] for lib in libraries(options.bits)))
    os.makedirs(BUILD, exist_ok=True)
    rows, skipped = [], {}
    for name, suite, measure in wanted:
        tell(name)
        try:
            version, measured = measure()
            rows += [row(suite, version, m) for m in measured]
        except Skipped as reason:
            skipped[name] = str(reason)
    try:
        own, vectors = measure_lotveil(options.lotveil, dict.fromkeys(lib[1] for lib in wanted),
                                       options.bits)
    except Skipped as reason:
        sys.exit(f"compare: lotveil cannot be measured: {reason}")
    result = {"bits": options.bits, "vectors": vectors, "rows": own + rows,
              "ratios": ratios(own + rows, vectors), "skipped": skipped}
    if options.json:
        json.dump(result, sys.stdout, indent=1)
        print()
    else:
        print_table(result)


if __name__ == "__main__":
    main()
