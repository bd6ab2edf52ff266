"""Accesses per second of CPU time, model beside QEMU's op interpreter; and the cost of an import.

    python tests/bench/bench_access.py [--rounds 5] [--scenarios 4000]

Both run the same streams of `mrs` and `msr`: the family pmu-partition of tests/conformance/oracle
without snapshots, and plain mixes at EL2, EL1 and EL0. QEMU runs them one after the other in the
bare-metal program of the harness, which needs qemu-system-aarch64 and aarch64-linux-gnu-gcc; where
they are missing, this says so and measures the model alone. Rounds alternate, so that a busy
machine slows down both; quote the ratio, and of the rates one digit.
"""

import argparse
import gc
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from pmulab.hw.pe import Pe  # noqa: E402 (the checkout that this file is in)
from pmulab.hw.sysreg import Trap, Undefined  # noqa: E402

NEEDED = ("qemu-system-aarch64", "aarch64-linux-gnu-gcc")
LIKE_QEMU = ("FEAT_PMUv3p1", "FEAT_PMUv3p4", "FEAT_PMUv3p5")
# (register, value or None for a read), over and over.
MIX = [
    ("PMSELR_EL0", 1),
    ("PMXEVTYPER_EL0", None),
    ("PMCNTENSET_EL0", 0x8000_0003),
    ("PMEVCNTR0_EL0", None),
    ("PMEVCNTR1_EL0", 0xFFFF_FFF0),
    ("PMEVTYPER1_EL0", 0x0),
    ("PMSWINC_EL0", 0x2),
    ("PMOVSCLR_EL0", None),
    ("PMOVSCLR_EL0", 0xFFFF_FFFF),
    ("PMCCNTR_EL0", None),
    ("PMCR_EL0", 0x41),
    ("PMCNTENCLR_EL0", 0x1),
]


def harness(folder):
    """Load a copy of the harness, so that what it builds stays out of the checkout."""
    there = Path(folder) / "oracle"
    shutil.copytree(ROOT / "tests" / "conformance" / "oracle", there)
    sys.path.insert(0, str(there))
    import gen
    import oracle

    return SimpleNamespace(gen=gen, oracle=oracle)


# ---- streams: a list of operations of the harness


def plain_mix(tools, el, accesses):
    """Make a mix at one exception level; everything is open to it."""
    mrs, msr = tools.oracle.mrs, tools.oracle.msr
    body = [mrs(reg, el) if value is None else msr(reg, value, el) for reg, value in MIX]
    opened = [msr("PMUSERENR_EL0", 0xF), msr("MDCR_EL2", 6)]
    return opened + body * (accesses // len(body))


def partition(tools, scenarios):
    """Make the family pmu-partition: each scenario begins with the reset of its registers."""
    _, found = tools.gen.generate("pmu-partition", 1, scenarios, 40)
    return [op for _, _, body in found for op in [*tools.oracle.PMU_RESET, *body]]


def streams(tools, scenarios):
    """Name the streams and make each of about the same length."""
    part = partition(tools, scenarios)
    mixes = {f"msr/mrs at EL{el}": plain_mix(tools, el, len(part)) for el in (2, 1, 0)}
    return {**mixes, "pmu-partition": part}


# ---- running one


def steps_of(tools, stream):
    """Translate a stream for the model: exception level, register, value or None."""
    reads, names = tools.oracle.MRS, tools.oracle.NAMES
    return [(el, names[reg], None if op == reads else value) for op, el, reg, _, value in stream]


def run_model(steps):
    """Do every access on a fresh PE; return CPU seconds."""
    pe = Pe(6, LIKE_QEMU)
    gc.collect()
    start = time.process_time()
    for pe.el, name, value in steps:
        try:
            if value is None:
                pe.mrs(name)
            else:
                pe.msr(name, value)
        except (Undefined, Trap):
            pass
    return time.process_time() - start


def run_qemu(tools, stream):
    """Do every access in QEMU; return CPU seconds, those of starting it taken off."""
    nothing = [tools.oracle.mrs("PMCR_EL0")]
    start = min(tools.oracle.run(nothing)[1] for _ in range(3))
    return tools.oracle.run(stream)[1] - start


def compare(tools, stream, rounds, with_qemu):
    """Run both in turn; return millions of accesses a second of each, and the ratios."""
    steps, millions = steps_of(tools, stream), len(stream) / 1e6
    model, qemu = [], []
    for _ in range(rounds):
        model.append(millions / run_model(steps))
        if with_qemu:
            qemu.append(millions / run_qemu(tools, stream))
    return model, qemu, [ours / theirs for ours, theirs in zip(model, qemu)]


# ---- imports


def start_ms(code):
    """Start Python, run some code, return milliseconds."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    return (time.perf_counter() - start) * 1000


def import_ms(module, runs):
    """Return how much longer Python takes with an import: the medians' difference."""
    pairs = [(start_ms("pass"), start_ms(f"import {module}")) for _ in range(runs)]
    bare, full = (statistics.median(column) for column in zip(*pairs))
    return full - bare, bare


# ---- what is printed


def spread(values, digits=2):
    """Print the median of some values and where they lie."""
    if not values:
        return "-".center(22)
    low, mid, high = min(values), statistics.median(values), max(values)
    return f"{mid:.{digits}f} ({low:.{digits}f} .. {high:.{digits}f})".center(22)


def print_accesses(rounds, scenarios):
    """Measure and print the accesses."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    with tempfile.TemporaryDirectory() as folder:
        tools = harness(folder)
        print("million accesses per second of CPU time, median of rounds (lowest .. highest)")
        print(f"model: CPython {sys.version.split()[0]}; ", end="")
        if missing:
            print(f"QEMU is not measured: no {' and no '.join(missing)} here")
            print("(Debian, Ubuntu: apt install qemu-system-arm gcc-aarch64-linux-gnu)")
        else:
            print(tools.oracle.qemu_version())
        print(f"\n{'':<18}{'model':^22}{'QEMU':^22}{'model / QEMU':^22}")
        for name, stream in streams(tools, scenarios).items():
            columns = compare(tools, stream, rounds, not missing)
            print(f"{name:<18}{''.join(map(spread, columns))}".rstrip(), flush=True)


def print_imports(runs):
    """Measure and print the imports."""
    print(f"\nmilliseconds above a bare interpreter, median of {runs} runs")
    for module in ("pmulab", "pmulab.hw.pe", "pmulab.__main__"):
        above, bare = import_ms(module, runs)
        print(f"import {module:<18} {above:6.1f}   (bare: {bare:.1f})", flush=True)


def main():
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scenarios", type=int, default=4000, help="in a stream")
    parser.add_argument("--imports", type=int, default=21, help="how often Python is started")
    args = parser.parse_args()
    print_accesses(args.rounds, args.scenarios)
    print_imports(args.imports)


if __name__ == "__main__":
    main()
