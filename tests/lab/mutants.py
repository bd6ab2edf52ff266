"""Mutation test of the checker: `make mutants`. Machine-made mutants of the reference's hooks.

Each is judged as `check` does: found, or not. One that is not is proven equal for every value (z3),
or explained in `EXPLAINED`, and then tried in many more wide cases, which must not refute that;
another one is a survivor, exit status 1. `--every 10` takes each tenth, `--tries` says how many.
"""

import argparse
import os
import sys
import time
from functools import lru_cache

os.environ["PMULAB_PROGRESS"] = "off"

from lab.mutation import mutants

from pmulab.explorer.wide.case import run
from pmulab.explorer.wide.draw import draw
from pmulab.explorer.wide.focus import FOCI
from pmulab.lab.exercises.judge import judge_units, search
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.gallery.edits import compiled
from pmulab.lab.submission.limits import limited
from pmulab.prove.prove import prove

ROWS = {row.hook: row for row in EXERCISES.values()}
# Here z3 may take longer than in a check.
SECONDS = 20
drawn = lru_cache(2000)(draw)

ONE_STEP = "a hook is one step: nothing counts at EL2 and no interrupt comes between its lines"
FREE_ORDER = "two neighbours whose order is free, also where each access takes a moment"
SAME_STATE = "the SET and the CLR name read the same state"
EMULATED = "only for a VM without a partition; no small world has one"
MASKED = "bits of counters that the guest lacks: whoever uses them masks them"
QUIET = "put leaves no flag in a guest's range, and the host's driver none in what it gives away"
OF_THE_HOST = "the host's PMCR_EL0 has E and LC as it boots, and no other bit of it is ever written"
EXITS_MORE = "a request too many costs an exit, and no time passes in it"
HAS_CYCLES = "a guest that owns counters has the cycle counter among them"
NO_SUCH = "no counter has a number above 31"
NO_EL3 = "a bit of EL3's, or none: RES0 in a PE without EL3"
NO_BIT = "a bit that no INTID, priority, group or state of a list register has"
SAME_VCPU = "whoever is loaded here is that vCPU"
EARLY = "whether a counter that has not overflowed is looked at, too, loses nothing"
SAME_COUNTERS = "counters that nobody counts on, or that are asked for anyway"
KINDS = ("cut: ", "sign: ", "bit: ")
LOADED = ("overflow_status", "update_state", "vgic_flush")
# (hook, part of the mutation or of what z3 says differs, why no law can tell it).
EXPLAINED = (
    ("write_pair", "swap", "the two writes touch different bits, so their order is free"),
    ("", "emulated", EMULATED),
    ("", "is_partitioned", EMULATED),
    ("guest_counter_mask", "return 0", EMULATED),
    ("guest_counter_mask", "constant: return 0", EMULATED),
    ("write_type", "constant: ", EMULATED),
    ("resync_event_filter", "compare: self.host.loaded", EMULATED),
    *((hook, "differ in A PM", MASKED) for hook in ("pmu_put", "pmu_stop")),
    ("pmu_put", "differ in cpu0 PMC", "the host writes what is due to it, and takes no old count"),
    ("pmu_load", "pmcr", OF_THE_HOST),
    ("pmu_load", "differ in cpu0 PMOVS", QUIET),
    ("pmu_load", "differ in effects", SAME_COUNTERS),
    ("fold_overflow", "flags cleared", "a flag that is not set can be cleared again"),
    *((hook, "request", EXITS_MORE) for hook in ("handle_host_irq", "handle_guest_irq")),
    *((hook, "swap", FREE_ORDER) for hook in ("pmu_load", "pmu_put", "pmu_stop")),
    ("fold_overflow", "swap", ONE_STEP),
    *((hook, "swap", ONE_STEP) for hook in ("handle_host_irq", "handle_guest_irq")),
    *((hook, "swap", ONE_STEP) for hook in ("take_ownership", "set_guest_counters")),
    *((hook, "swap", ONE_STEP) for hook in ("vgic_populate", "vgic_flush", "vgic_fold")),
    ("update_state", "swap", ONE_STEP),
    *((hook, "name: ", SAME_STATE) for hook in ("pmu_put", "pmu_stop")),
    ("fold_overflow", "name: ", SAME_STATE),
    ("handle_host_irq", "name: ", SAME_STATE),
    ("pmu_load", "operator: mask | (1 <<", "differs only for a guest without counters, no HPMN0"),
    ("pmu_load", "constant: ", "the same: HPMN and the guest's counters are one number else"),
    ("set_guest_counters", "not self.config.dynamic", "lends what was reserved: no law forbids it"),
    ("set_guest_counters", "drop: return", "the same"),
    ("set_guest_counters", "waiting", "more is rescheduled, or less: each event has a place again"),
    ("set_guest_counters", "self.host.used_mask & mask", "the same"),
    ("set_guest_counters", "compare: event.idx", "the same"),
    ("set_guest_counters", "invert: ", "the same"),
    (
        "handle_host_irq",
        "drop: self.driver_stop",
        "the handler takes no time, so nothing counts in it",
    ),
    ("handle_host_irq", "operator: overflow & ~own", "one more call with no flag: it does nothing"),
    ("handle_guest_irq", "drop: overflow &=", "the split hands it nothing but the guest's flags"),
    *((hook, "| 2147483648", HAS_CYCLES) for hook in ("fold_overflow", "pmu_stop")),
    ("apply_event_filter", "guest_counter_mask(vcpu) | 2147483648", HAS_CYCLES),
    ("pmu_put", "hosts[0].pmcr", OF_THE_HOST),
    ("set_guest_counters", "4294967295", NO_SUCH),
    ("set_guest_counters", "9223372036854775808", NO_SUCH),
    *(("hardware_type", f"| {1 << bit}", NO_EL3) for bit in (26, 29, 63)),
    *((hook, kind, NO_BIT) for hook in ("vgic_populate", "vgic_fold") for kind in KINDS),
    *(("vgic_flush", kind, NO_BIT) for kind in KINDS[:2]),
    *((hook, "self.host.loaded or vcpu", SAME_VCPU) for hook in LOADED),
    ("vgic_flush", "len(chosen) > n_lrs", "they are sorted where all fit, too"),
    ("read_bitmap", "(mask | 1)", "a guest without counters: that bit is 0 wherever it lives"),
    *(("handle_host_irq", f"counters(own | {1 << bit})", EARLY) for bit in range(31)),
    *(("handle_host_irq", f"own = (overflow | {1 << bit})", EARLY) for bit in range(31)),
    ("handle_host_irq", "self.cpu.mrs('PMINTENSET_EL1') |", "a flag may be recorded early"),
    ("vgic_flush", "irqs.sort", "the list is sorted by its chosen part, or not at all"),
    ("set_pmu_attr", "self.host.loaded or vcpu", "nobody is loaded where a VMM sets an attribute"),
    ("set_pmu_attr", "swap: refuse(vcpu.initialized", "what is listed first costs nothing"),
    ("set_pmu_attr", "value: int=", "each attribute but INIT has a value, and INIT looks at none"),
    ("set_pmu_attr", "vm.pmu, vcpu.supported_cpus = (", "what is there by then is 0 or 1"),
    ("set_pmu_attr", "self.set_nr_counters(vcpu, ", "it is within the limit by then"),
    ("set_pmu_attr", "if value and vm.n", "without a partition the most is N, which no VM exceeds"),
    ("set_pmu_attr", "bool(-value)", "the same"),
    ("set_pmu_attr", "and vm.pmu != ", "by then the value is 0 or 1"),
    ("set_pmu_attr", "not in range(len(pmus))", "there are two, 0 and 1, and a value has 32 bits"),
    *(
        ("set_pmu_attr", wide, "a value has 32 bits")
        for wide in ("4294967295", "9223372036854775808")
    ),
)


def explained(hook, mutation, about):
    """Return why a mutant is equivalent, or nothing; `about` is what z3 says of it."""
    texts = f"{mutation} {about}"
    found = [why for on, part, why in EXPLAINED if on in ("", hook) and part in texts]
    return found[0] if found else ""


def found(hook, submission):
    """Tell whether a check finds a mutant: by a wide case, a table, a world, or its time."""
    row = ROWS[hook]
    with limited(60) as limit:
        cases = (drawn(seed, hook) for seed in range(FOCI[hook].cases))
        if any(run(case, submission)[0] is not None for case in cases):
            return True
        return bool(judge_units(row, submission) or search(row.worlds, submission, hook)[1])
    return limit.expired


def refuted(hook, submission, tries):
    """Return the seed and the draw that refute an explanation, if one of many does."""
    for own in (hook, "") if FOCI[hook].cases else ():
        for seed in range(1000, 1000 + tries // 2):
            if run(draw(seed, own), submission)[0] is not None:
                return f"seed {seed} of {own or 'any'}"
    return ""


def verdict(hook, mutation, tree, args):
    """Return what becomes of a mutant, and why."""
    submission = compiled(hook, tree)
    if found(hook, submission):
        return "found", ""
    proof = prove(submission, hook, SECONDS)
    if proof.kind == "differs":
        return "found", ""
    kind = "proven" if proof.kind == "proven" else "explained"
    why = str(proof) if kind == "proven" else explained(hook, mutation, proof.about)
    if not why:
        return "SURVIVES", f"the proof says: {proof}"
    against = refuted(hook, submission, args.tries if kind == "explained" else 10_000)
    return ("REFUTED", f"{kind} ({why}), but {against}") if against else (kind, why)


def main():
    """Judge the mutants; print the score."""
    parser = argparse.ArgumentParser(description="Mutation test of the checker.")
    parser.add_argument("hooks", nargs="*", metavar="HOOK")
    parser.add_argument("--every", type=int, default=20, help="take each so-manieth (20)")
    parser.add_argument("--tries", type=int, default=3000, help="wide cases for an explanation")
    args = parser.parse_args()
    began, score = time.process_time(), {}
    for hook in args.hooks or ROWS:
        for mutation, tree in list(mutants(hook))[:: args.every]:
            kind, why = verdict(hook, mutation, tree, args)
            score[kind] = score.get(kind, 0) + 1
            if kind != "found":
                print(f"{kind}: {hook}: {mutation}\n    {why}", flush=True)
        print(f"{hook} done", flush=True)
    print(f"{sum(score.values())} mutants, each {args.every}th of all: ", end="")
    print(f"{score}; {time.process_time() - began:.0f} s of CPU")
    return 1 if score.keys() & {"SURVIVES", "REFUTED"} else 0


if __name__ == "__main__":
    sys.exit(main())
