"""The explorer beside its peers, in one run: Spin on swap.pml, and Hypothesis on our own machine.

    python tests/bench/bench_explorer.py [bugs] [hypothesis] [closure]    (apt install spin gcc)

Times are CPU seconds of the process and its children, so that a busy machine counts less; Spin's
are end to end: spin, gcc and pan.
"""

import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from pmulab.explorer.explorer import Explorer
from pmulab.explorer.stage import stage_of
from pmulab.explorer.worlds import NO_FGT, WORLDS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.gallery.gallery import gallery

HERE = Path(__file__).resolve().parent
# Our bug that is Spin's.
PAIRS = {
    "BUG_SETONLY": "load-set-only",
    "BUG_PUTOVS": "put-loses-flags",
    "BUG_KEEPOVS": "put-leaves-flags",
    "BUG_MASK": "mask-and",
    "BUG_FILTER": "filter-ignored",
    "BUG_PMCRP": "reset-at-el2",
    "BUG_DROP": "record-nothing",
    "V8_OVSMEM": "flags-from-memory",
    "V8_TYPER": "type-waits",
    "V8_PMCR": "put-keeps-control",
    "V8_START": "start-enables-guest",
}
# Spin's type register begins as event 0, which A may count; ours as SW_INCR, which nobody retires.
SPIN = WORLDS["closed"].variant(
    "spin", host_events=("INST_RETIRED",), setups=("msr PMEVTYPER0_EL0, 0x8",)
)
# A setup is a turn of each guest: a put that leaves something behind has done so before it begins.
FRESH = SPIN.variant("spin, no setup", setups=())
TRAPPED = FRESH.variant("spin, no FGT", features=NO_FGT, alphabets=((("msr PMCR_EL0, 0x3",),),))
ELSEWHERE = {"put-keeps-control": FRESH, "reset-at-el2": TRAPPED, "start-enables-guest": FRESH}


def cpu():
    """Return the CPU seconds of this process and of the children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def timed(call):
    """Return what a call returns, and the CPU seconds it took."""
    began = cpu()
    return call(), cpu() - began


def spin(define, optimise):
    """Run Spin end to end; returns the output of pan and the length of the trail."""
    defines = [f"-D{define}"] if define else []
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(HERE / "swap.pml", folder)

        def step(*words):
            done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
            return done.stdout + done.stderr

        step("spin", "-a", *defines, "swap.pml")
        step("gcc", optimise, "-DSAFETY", "-DBFS", "-o", "pan", "pan.c")
        out = step("./pan")
        trail = step("spin", "-t", *defines, "swap.pml") if define else ""
    words = ("enter", "exit", "guest", "host")
    return out, sum(line.strip().startswith(words) for line in trail.splitlines())


def bugs():
    """Compare the shortest history of each bug, and how long it took to find."""
    columns = ("bug", "ours", "spin", "ours", "spin s", "ours s", "ratio")
    print("{:<12} {:<20} {:>5} {:>5} {:>7} {:>7} {:>6}".format(*columns))
    for define, id in PAIRS.items():
        bug = gallery()[id]
        world = ELSEWHERE.get(id, SPIN)
        found, ours = timed(lambda w=world, b=bug: Explorer(w, b.hypervisor).run())
        (_, length), theirs = timed(lambda d=define: spin(d, "-O0"))
        row = f"{define:<12} {id:<20} {length:>5} {len(found.history):>5} {theirs:>7.2f}"
        print(f"{row} {ours:>7.2f} {ours / theirs:>6.2f}", flush=True)


def closure():
    """Compare how long it takes to see every state of a world of the same kind.

    `closed` has as many states as Spin's; `spin` has the same actors, an event of the host too. It
    has more states than Spin's, for the vGIC and its list registers are part of ours.
    """
    (out, _), theirs = timed(lambda: spin("", "-O2"))
    states = re.search(r"(\d+) states, stored", out)
    print(f"spin -O2: {states[1] if states else '?'} states, {theirs:.1f} s")
    for world in (WORLDS["closed"], SPIN):
        result, ours = timed(lambda w=world: Explorer(w, Hypervisor).run())
        print(f"ours: {result.certificate}, {ours:.1f} s; {ours / theirs:.1f} times Spin's")


def state_machine(bug):
    """Make a Hypothesis state machine of our own stage."""

    class Machine(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.stage = stage_of(ELSEWHERE.get(bug.id, SPIN), bug.hypervisor)

        @precondition(lambda self: True)
        @rule(data=st.data())
        def act(self, data):
            possible = [a for a in self.stage.moves if self.stage.enabled(a)]
            action = data.draw(st.sampled_from(possible), label="action")
            self.stage.perform(action)
            assert self.stage.machine.laws.accusation is None

    return Machine


def hypothesis():
    """See which bugs Hypothesis finds, at its defaults and with 2,000 examples."""
    options = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
    unshrunk = [Phase.explicit, Phase.generate]
    for title, more in (
        ("defaults", {}),
        ("2,000 examples, no shrinking", {"max_examples": 2000, "phases": unshrunk}),
    ):
        print(f"hypothesis, {title}")
        for define, id in PAIRS.items():
            began, outcome = time.process_time(), "missed"
            try:
                machine = state_machine(gallery()[id])
                run_state_machine_as_test(machine, settings=settings(**options, **more))
            except AssertionError:
                outcome = "found"
            print(f"  {define:<12} {outcome:<7} {time.process_time() - began:>6.2f} s", flush=True)


def main(wanted):
    """Run what was asked for, or all of it."""
    parts = {"bugs": bugs, "hypothesis": hypothesis, "closure": closure}
    missing = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
    for name in wanted or parts:
        if missing and name != "hypothesis":
            print(f"{name}: no {' and no '.join(missing)} here (apt install spin gcc)")
        else:
            parts[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
