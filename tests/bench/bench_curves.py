"""How far the explorer gets: states, seconds and memory against counters, bits and guests.

    python tests/bench/bench_curves.py [counters] [bits] [guests] [spin]    (apt install spin gcc)

One dimension at a time, each world in a process of its own, whose CPU seconds and peak memory are
those of a whole command. A world that reaches the limit of states, or of seconds by the clock, is
"not finished": its figures are those of the part that was seen. `spin` has the same for the world
of `swap.pml` and ours of as many states, `closed`, at 1 to 3 bits.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pmulab.explorer.alphabets import ON_OFF, bitmaps, each
from pmulab.explorer.explorer import Explorer
from pmulab.explorer.world import World
from pmulab.explorer.worlds import WORLDS

HERE = Path(__file__).resolve().parent
MAX_STATES, SECONDS, SPIN_MB = 5_000_000, 60, 2_000
HEADS = "states transitions depth CPU-s states/s MB".split()
# Each dimension from its smallest world on: one event counter of one bit for each guest.
CURVES: dict[str, list[dict[str, int]]] = {
    "counters": [{"guests": 1, "counters": n} for n in range(1, 5)],
    "bits": [{"guests": 2, "bits": n} for n in range(1, 5)],
    "guests": [{"guests": n} for n in range(1, 4)],
}


def closed(bits: int) -> World:
    """Make the world `closed` with counters of so many bits."""
    return WORLDS["closed"].variant("curve", counter_bits=bits)


def world(guests: int = 1, counters: int = 1, bits: int = 1) -> World:
    """Make a world whose guests program all of their counters, each of them alike."""
    return WORLDS["small"].variant(
        "curve",
        guests=tuple("ABC"[:guests]),
        counters=counters,
        n_counters=counters + 1,
        counter_bits=bits,
        setups=tuple(f"msr PMEVTYPER{n}_EL0, 0x8" for n in range(counters)),
        alphabets=((*ON_OFF, *(move for n in range(counters) for move in moves(n))),),
        works=("INST_RETIRED=1",),
        denied=(),
    )


def moves(n: int) -> tuple[tuple[str, ...], ...]:
    """Return what a guest does with one of its counters."""
    bit = f"{1 << n:#x}"
    set_up = each(f"msr PMEVCNTR{n}_EL0, {{top}}; msr PMOVSCLR_EL0, {bit}")
    return (*bitmaps(bit)[:3], *set_up, ("mrs x0, PMOVSSET_EL0", f"mrs x0, PMEVCNTR{n}_EL0"))


def explore(one: World) -> None:
    """Search one world and print what was seen of it."""
    seen = Explorer(one).run(MAX_STATES, SECONDS).certificate
    print(json.dumps([seen.states, seen.transitions, seen.depth, seen.stopped]))


def measured(*words: str, cwd: str | None = None) -> tuple[str, float, float]:
    """Run a command; returns what it printed, its CPU seconds and its peak memory in MB."""
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen(words, cwd=cwd, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        return out.read(), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def row(title: str, states: int, transitions: int, depth: int, cpu: float, mb: float) -> str:
    """Print what was seen of a world."""
    seen, per_second = f"{states:>9,} {transitions:>11,} {depth:>5}", f"{states / cpu:,.0f}"
    return f"{title:<18} {seen} {cpu:>6.1f} {per_second:>9} {mb:>6.0f}"


def ours(title: str, kind: str, sizes: dict[str, int]) -> None:
    """Search a world in a process of its own and print its row."""
    out, cpu, mb = measured(sys.executable, __file__, "one", kind, json.dumps(sizes))
    *seen, stopped = json.loads(out)
    tell(row(title, *seen, cpu, mb), stopped)


def tell(line: str, stopped: str) -> None:
    """Print a row, and why it is not all."""
    print(f"{line}  not finished: {stopped}" if stopped else line, flush=True)


def count(n: int, what: str) -> str:
    """Print a number of things."""
    return f"{n} {what if n == 1 else f'{what}s'}"


def curve(name: str) -> None:
    """Print the rows of one dimension."""
    for sizes in CURVES[name]:
        ours(", ".join(count(n, what[:-1]) for what, n in sizes.items()), "world", sizes)


def theirs(bits: int) -> None:
    """Print the row of Spin at so many bits: spin, gcc and pan."""
    # The host's counter begins at half its range, as swap.pml says.
    top = (1 << bits) - 1
    defines = [f"-DTOP={top}", f"-DHALF={-(top >> 1) & top}"]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HERE / "swap.pml", folder)
        gcc = ["gcc", "-O2", "-DSAFETY", "-DBFS", f"-DMEMLIM={SPIN_MB}", "-o", "pan", "pan.c"]
        steps = [["spin", "-a", *defines, "swap.pml"], gcc, ["./pan"]]
        done = [measured(*words, cwd=folder) for words in steps]
    out = done[-1][0]
    # A large number has an exponent.
    patterns = (r"([\d.e+]+) states, stored", r"([\d.e+]+) transitions", r"depth reached (\d+)")
    found = [re.search(pattern, out) for pattern in patterns]
    seen = [int(float(match[1])) if match else 0 for match in found]
    stopped = f"out of its {SPIN_MB:,} MB" if "not completed" in out else ""
    cpu = sum(cpu for _, cpu, _ in done)
    tell(row(f"Spin, {count(bits, 'bit')}", *seen, cpu, done[-1][2]), stopped)


def spin() -> None:
    """Print rows of Spin and of ours in turn."""
    missing = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
    for bits in range(1, 4):
        if missing:
            print(f"no {' and no '.join(missing)} here (apt install spin gcc)")
            return
        theirs(bits)
        ours(f"closed, {count(bits, 'bit')}", "closed", {"bits": bits})


def main(wanted: list[str]) -> None:
    """Run what was asked for, or all of it."""
    if wanted[:1] == ["one"]:
        kind, sizes = wanted[1], json.loads(wanted[2])
        explore({"world": world, "closed": closed}[kind](**sizes))
        return
    print("{:<18} {:>9} {:>11} {:>5} {:>6} {:>9} {:>6}".format("", *HEADS))
    for name in wanted or [*CURVES, "spin"]:
        spin() if name == "spin" else curve(name)


if __name__ == "__main__":
    main(sys.argv[1:])
