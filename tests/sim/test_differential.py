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
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from sim import worlds

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.machine import Machine

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


@settings(max_examples=RUNS, deadline=None, suppress_health_check=EVERYTHING)
@given(worlds.scenarios())
def test_guests_with_a_partition_observe_a_pmu_of_their_own(world):
    data, scenario = world

    assert run(scenario).laws.accusation is None, data


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


@pytest.mark.slow
@pytest.mark.parametrize("wrong", [KeepsTypes, ForgetsOverflow, SavesWrongCounters])
def test_random_worlds_find_a_wrong_hypervisor(wrong):
    # Without shrinking: that there is a counterexample is enough here.
    @seed(1)
    @settings(
        max_examples=3000,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=EVERYTHING,
    )
    @given(worlds.scenarios())
    def each(world):
        assert run(world[1], wrong).laws.accusation is None

    with pytest.raises(AssertionError):
        each()


def search(runs: int, start: int, emulated: bool) -> tuple[int, object]:
    """Run that many worlds from a seed; returns how many ran and the first counterexample."""
    count = 0

    @seed(start)
    @settings(max_examples=runs, database=None, deadline=None, suppress_health_check=EVERYTHING)
    @given(worlds.scenarios(emulated))
    def each(world):
        nonlocal count
        count += 1
        accusation = run(world[1]).laws.accusation

        assert accusation is None, f"{accusation}\n{world[0]}"

    try:
        each()
    except AssertionError as error:
        return count, error
    return count, None


def main(argv=None) -> int:
    """Search both kinds of PMU and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args(argv)
    accusations = 0
    for kind, emulated in (("partitioned", False), ("emulated", True)):
        began = time.perf_counter()
        count, error = search(args.runs, args.seed, emulated)
        seconds = time.perf_counter() - began
        accusations += error is not None
        verdict = "an accusation" if error else "no accusation"
        shown = f"{kind:<12} {count:>7} runs, seed {args.seed}, {seconds:6.1f} s: {verdict}"
        print(shown, flush=True)
        if error:
            print(error)
    return 1 if accusations else 0


if __name__ == "__main__":
    sys.exit(main())
