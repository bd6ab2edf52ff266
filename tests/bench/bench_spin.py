"""Time Spin on swap.pml, the small world of the explorer as its peer sees it.

    python tests/bench/bench_spin.py bugs|passes|big        (Debian, Ubuntu: apt install spin gcc)

One line of JSON for each model: states, transitions, seconds of each tool, and where a law breaks
the shortest history. `README.md` beside this file has figures.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODELS = [None, *(f"BUG_{bug}" for bug in "SETONLY PUTOVS KEEPOVS MASK FILTER PMCRP DROP".split())]
MODELS += "OK_LOADSET OK_LOADOVS V8_OVSMEM V8_TYPER V8_PMCR V8_START".split()
BREADTH_FIRST = "-O2 -DSAFETY -DBFS"
# All six laws, and the two that a guest can see.
LAWS = {"all": [], "guest": ["-DLAWS=33"]}


def run(title, defines, gcc=BREADTH_FIRST, pan=()):
    """Make a verifier, run it, and print what it found."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HERE / "swap.pml", folder)

        def step(*words):
            start = time.perf_counter()
            done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
            return done.stdout + done.stderr, round(time.perf_counter() - start, 2)

        _, spin_s = step("spin", "-a", *defines, "swap.pml")
        _, gcc_s = step("gcc", *gcc.split(), "-o", "pan", "pan.c")
        out, pan_s = step("./pan", *pan)
        trail = Path(folder, "swap.pml.trail").exists()
        history = step("spin", "-t", *defines, "swap.pml")[0] if trail else ""
    seconds = {"spin": spin_s, "gcc": gcc_s, "pan": pan_s}
    print(json.dumps({"model": title, **found(out), **seconds, "history": actions(history)}))


def found(out):
    """Read what a verifier prints."""
    patterns = {
        "errors": r"errors: (\d+)",
        "states": r"(\d+) states, stored",
        "transitions": r"(\d+) transitions",
        "depth": r"depth reached (\d+)",
        "megabytes": r"([\d.]+)\s+total actual",
        "violated": r"(assertion violated[^\n]{0,90})",
    }
    matches = {name: re.search(pattern, out) for name, pattern in patterns.items()}
    return {name: match[1] for name, match in matches.items() if match}


def actions(history):
    """List the actions of a history."""
    words = ("enter", "exit", "guest", "host")
    return [line.strip() for line in history.splitlines() if line.strip().startswith(words)]


def bugs():
    """Run the correct model and each wrong one, with all laws and with the guest's."""
    for title, laws in LAWS.items():
        for model in MODELS:
            run(f"{model or 'correct'}, laws: {title}", [f"-D{model}"] * bool(model) + laws)


def passes():
    """Run the correct model to closure in several ways."""
    for _ in range(3):
        run("breadth first", [])
        run("depth first", [], "-O2 -DSAFETY", ["-m4000000"])
    run("breadth first, collapsed", [], f"{BREADTH_FIRST} -DCOLLAPSE")


def big():
    """Run the larger world; it needs 12 GB."""
    run("guest A has both counters", ["-DUA=3"], f"{BREADTH_FIRST} -DMEMLIM=12000", ["-w26"])


def main():
    """Run one of the three sets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("bugs", "passes", "big"))
    missing = [name for name in ("spin", "gcc") if shutil.which(name) is None]
    what = parser.parse_args().what
    if missing:
        sys.exit(f"no {' and no '.join(missing)} here (Debian, Ubuntu: apt install spin gcc)")
    {"bugs": bugs, "passes": passes, "big": big}[what]()


if __name__ == "__main__":
    main()
