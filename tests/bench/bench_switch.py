"""What a context switch costs this model: 10^9 guest cycles under a 1 kHz scheduler at 1 GHz.

    python tests/bench/bench_switch.py [--rounds 5] [--vms 2] [--seconds 1]

Two guests with four counters each take turns of a millisecond; a switch is a put and a load, with
an exit and an entry between guests. No trace and no laws, as in the cost model; then with laws.
The aim is less than a second of CPU time for 1,000 switches.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from pmulab.sim.machine import Machine  # noqa: E402 (the checkout that this file is in)
from pmulab.sim.scenario import from_dict  # noqa: E402

HERTZ, SCHEDULER = 10**9, 1000
COUNT = ["msr PMEVTYPER0_EL0, 0x8", "msr PMCNTENSET_EL0, 0x8000000f", "msr PMCR_EL0, 0x41"]


def world(vms: int, cycles: int, partitioned: bool):
    """Make guests that share one CPU for that many cycles."""
    work = f"work CPU_CYCLES={cycles // vms} INST_RETIRED={cycles // vms}"
    vm = {"counters": 4, "partitioned": partitioned, "program": [*COUNT, work]}
    return from_dict(
        {
            "pmulab": 1,
            "name": "switch",
            "cpus": [{"counters": 6}],
            "partition": {"reserved_host_counters": 2 if partitioned else -1},
            "slice_cycles": HERTZ // SCHEDULER,
            "vms": [{"name": f"V{n}", **vm} for n in range(vms)],
        }
    )


def run(scenario, laws: bool) -> tuple[float, int]:
    """Run a world; returns the seconds of CPU time and how many switches there were."""
    machine = Machine(scenario, record=False, laws=laws)
    puts = []
    machine.watchers.append(
        lambda kind, who, text, **data: puts.append(0) if kind == "put" else None
    )
    began = time.process_time()
    while machine.step():
        pass
    return time.process_time() - began, len(puts)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--vms", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=1)
    args = parser.parse_args()
    print(f"{args.seconds} s at 1 GHz, {args.vms} guests, 1 kHz: median of {args.rounds} rounds\n")
    print(f"{'':<20}  CPU time   switches  a switch")
    for kind, partitioned in (("partitioned", True), ("emulated", False)):
        for laws in (False, True):
            scenario = world(args.vms, args.seconds * HERTZ, partitioned)
            rounds = [run(scenario, laws) for _ in range(args.rounds)]
            seconds, n = statistics.median(s for s, _ in rounds), rounds[0][1]
            name = kind + (", laws" if laws else "")
            print(f"{name:<20}  {seconds:6.3f} s  {n:>9,}  {seconds / n * 1e6:5.0f} us")


if __name__ == "__main__":
    main()
