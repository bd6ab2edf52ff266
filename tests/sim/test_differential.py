"""As if nothing had happened: random worlds, shared, against a private PMU for each guest.

The laws compare after every step: values read, exceptions, counts, flags, the interrupt's level,
what is in the list registers, and what the host is entitled to.

    python tests/sim/test_differential.py --runs 20000 --seed 7

prints runs, seed, seconds and accusations; `make differential` does it with both kinds of PMU.
"""

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from sim import worlds

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.host_actions import ACTIONS
from pmulab.sim.machine import Machine
from pmulab.sim.scenario import from_dict

RUNS = int(os.environ.get("PMULAB_RUNS", "60"))
MAX_STEPS = 20_000
EVERYTHING = list(HealthCheck)


def run(scenario, hypervisor=Hypervisor):
    """Run a world to its end; returns the machine."""
    machine = Machine(scenario, hypervisor, record=False)
    for _ in range(MAX_STEPS):
        if not machine.step():
            return machine
    raise AssertionError(f"no end after {MAX_STEPS} steps, at cycle {machine.clock}")


@pytest.mark.slow
@settings(max_examples=RUNS, deadline=None, suppress_health_check=EVERYTHING)
@given(worlds.scenarios())
def test_guests_with_a_partition_observe_a_pmu_of_their_own(world):
    data, scenario = world

    assert run(scenario).laws.accusation is None, data


@pytest.mark.slow
@settings(max_examples=RUNS // 2, deadline=None, suppress_health_check=EVERYTHING)
@given(worlds.scenarios(emulated=True))
def test_guests_with_an_emulated_pmu_observe_a_pmu_of_their_own(world):
    data, scenario = world

    assert run(scenario).laws.accusation is None, data


class KeepsTypes(Hypervisor):
    """Load without the event types: the guest counts what was there before."""

    def apply_event_filter(self, vcpu):
        """Do nothing."""


class ForgetsOverflow(Hypervisor):
    """Clear the guest's flags and record nothing."""

    def handle_guest_irq(self, overflow):
        """Clear the flags."""
        self.cpu.msr("PMOVSCLR_EL0", overflow)


class SavesWrongCounters(Hypervisor):
    """Swap the cycle counter alone."""

    def guest_counter_mask(self, vcpu):
        """Build the mask with `&` for `|`, as posting v6 did."""
        return super().guest_counter_mask(vcpu) & 1 << 31


def searched(runs, start=7, emulated=False, hypervisor=Hypervisor):
    """Run the worlds of a seed in order; returns how many ran, and what was said of the last."""
    for n in range(runs):
        data = worlds.world_of(Random(f"{start} {n}"), emulated)
        accusation = run(from_dict(data), hypervisor).laws.accusation
        if accusation:
            return n + 1, f"{accusation}\nworld {n} of seed {start}: {data}"
    return runs, ""


@pytest.mark.parametrize("emulated", [False, True])
def test_the_first_worlds_of_a_seed_are_lawful(emulated):
    assert (5, "") == searched(5, emulated=emulated)


@pytest.mark.slow
@pytest.mark.parametrize("emulated", [False, True])
def test_the_next_worlds_of_a_seed_are_lawful(emulated):
    assert (12, "") == searched(12, emulated=emulated)


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [KeepsTypes, ForgetsOverflow, SavesWrongCounters])
def test_random_worlds_find_a_wrong_hypervisor(wrong):
    count, said = searched(1000, hypervisor=wrong)

    assert said, f"{count} worlds show nothing"


# What only a run shows: where the vCPU of a VM is when an event is banned.
BANS = ("banned while loaded", "banned while put", "banned while halted")


def bans(machine):
    """Name where vCPUs are when the host bans an event."""
    found = set()

    def watch(kind, who, text, **data):
        for vcpu in machine.vcpus_of(data["vcpu"]) if data.get("op") == "deny" else ():
            loaded, halted, put = vcpu.cpu is not None, vcpu.halted, vcpu.cpu is None
            found.update(what for what, so in zip(BANS, (loaded, put and not halted, halted)) if so)

    machine.watchers.append(watch)
    return found


@pytest.mark.slow
def test_every_dimension_occurs_in_the_first_few_hundred_worlds():
    seen = Counter()
    for n in range(400):
        data = worlds.world_of(Random(f"7 {n}"), emulated=n % 4 == 3)
        machine = Machine(from_dict(data), record=False)
        found = bans(machine) if any(a["do"] == "deny" for a in data["actions"]) else set()
        while found is not None and machine.actions and machine.step():
            pass
        seen.update(worlds.dimensions(data) | found)
    print(*(f"{count:>4} {name}" for name, count in sorted(seen.items())), sep="\n")

    assert {} == {name: seen[name] for name in DIMENSIONS if seen[name] < 3}


DIMENSIONS = (
    *(f"PE of {n} counters" for n in (1, 4, 6, 8, 31)),
    *(f"HPMN {n}" for n in (0, 1, "N")),
    *(f"{feature} missing" for feature in worlds.ALL),
    *(f"host events: {n}" for n in range(5)),
    *(f"list registers: {n}" for n in (2, 4, 16)),
    *("VMs of different size", "several vCPUs", "partitioned", "emulated", "both kinds"),
    *("CPUs of different size", "supported_cpus", "static", "dynamic", "lazy", "eager"),
    *("sampling", "host cycles", "allow list", "several ranges", "range of many"),
    *("EL0", "EL filter", "EOImode 1", "DIR", "deactivate", "group 0", "PMR", "BPR"),
    *("more interrupts than registers", "restored", "restored in mid-run"),
    *("another INTID", "latency", "events of 16 bits", *BANS, *ACTIONS),
)


def main(argv=None) -> int:
    """Search both kinds of PMU and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args(argv)
    accusations = 0
    for kind, emulated in (("partitioned", False), ("emulated", True)):
        began = time.perf_counter()
        count, said = searched(args.runs, args.seed, emulated)
        seconds = time.perf_counter() - began
        accusations += bool(said)
        verdict = "an accusation" if said else "no accusation"
        shown = f"{kind:<12} {count:>7} runs, seed {args.seed}, {seconds:6.1f} s: {verdict}"
        print(shown, flush=True)
        if said:
            print(said)
    return 1 if accusations else 0


if __name__ == "__main__":
    sys.exit(main())
