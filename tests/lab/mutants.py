"""Mutation test of the checker: `make mutants`. Machine-made mutants of the reference's hooks.

Each is judged by the exercises of its hook: caught, or equivalent (every world closed with it).
The equivalents are explained in `EXPLAINED`; one that is not there is a survivor, exit status 1.
"""

import os
import sys
import time

os.environ["PMULAB_PROGRESS"] = "off"

from pmulab.lab.course.check import check
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.gallery.edits import compiled, mutants

ONE_STEP = "a hook is one step: nothing counts at EL2 and no interrupt comes between its lines"
FREE_ORDER = "two neighbours whose order is free, also where each access takes a moment"
SAME_STATE = "the SET and the CLR name read the same state"
EMULATED = "only for a VM without a partition; no small world has one"
# (hook, part of the mutation, why no law can tell it from the reference).
EXPLAINED = (
    ("write_pair", "swap", "the two writes touch different bits, so their order is free"),
    ("", "emulated", EMULATED),
    ("", "is_partitioned", EMULATED),
    ("guest_counter_mask", "return 0", EMULATED),
    ("guest_counter_mask", "constant 0", EMULATED),
    ("write_type", "constant 1", EMULATED),
    ("resync_event_filter", "compare self.host.loaded", EMULATED),
    *((hook, "swap", FREE_ORDER) for hook in ("pmu_load", "pmu_put")),
    ("fold_overflow", "swap", ONE_STEP),
    *((hook, "swap", ONE_STEP) for hook in ("handle_host_irq", "handle_guest_irq")),
    *((hook, "swap", ONE_STEP) for hook in ("take_ownership", "set_guest_counters")),
    *((hook, "swap", ONE_STEP) for hook in ("vgic_populate", "vgic_flush", "vgic_fold")),
    ("update_state", "swap", ONE_STEP),
    ("pmu_put", "name PM", SAME_STATE),
    ("fold_overflow", "name PM", SAME_STATE),
    ("handle_host_irq", "name PM", SAME_STATE),
    ("pmu_load", "operator mask | (1 <<", "differs only for a guest without counters, no HPMN0"),
    ("pmu_load", "constant 1", "the same: HPMN and the guest's counters are one number else"),
    ("set_guest_counters", "not self.config.dynamic", "lends what was reserved: no law forbids it"),
    ("set_guest_counters", "drop return", "the same"),
    ("set_guest_counters", "waiting", "more is rescheduled, or less: each event has a place again"),
    ("set_guest_counters", "self.host.used_mask & mask", "the same"),
    ("set_guest_counters", "compare event.idx", "the same"),
    ("set_guest_counters", "invert not mask", "the same"),
    (
        "handle_host_irq",
        "drop self.driver_stop",
        "the handler takes no time, so nothing counts in it",
    ),
    ("handle_host_irq", "operator overflow & ~own", "one more call with no flag: it does nothing"),
    ("handle_guest_irq", "drop overflow &=", "the split hands it nothing but the guest's flags"),
    ("vgic_flush", "irqs.sort", "the list is sorted by its chosen part, or not at all"),
)


def explained(hook, mutation):
    """Return why a mutant is equivalent, or nothing."""
    found = [why for on, part, why in EXPLAINED if on in ("", hook) and part in mutation]
    return found[0] if found else ""


def judge(hook, tree):
    """Return the law or error that catches a mutant, or nothing where no world does."""
    submission = compiled(hook, tree)
    for row in EXERCISES.values():
        if row.hook == hook:
            verdict = check(row.id, submission, seconds=60)
            if not verdict.right:
                return verdict.law or verdict.kind
    return ""


def main(hooks):
    """Judge every mutant of the hooks that have an exercise; print the score."""
    began, total, equivalent, survivors = time.perf_counter(), 0, [], []
    for hook in dict.fromkeys(row.hook for row in EXERCISES.values()):
        if hooks and hook not in hooks:
            continue
        caught = 0
        for mutation, tree in mutants(hook):
            total += 1
            law = judge(hook, tree)
            caught += bool(law)
            if not law:
                reason = explained(hook, mutation)
                print(f"    not caught: {mutation}", flush=True)
                (equivalent if reason else survivors).append((hook, mutation, reason))
        print(f"{hook:<22} {caught:>4} caught", flush=True)
    print(f"\n{total} mutants: {total - len(equivalent) - len(survivors)} caught, ", end="")
    print(f"{len(equivalent)} equivalent, {len(survivors)} survive unexplained", end="")
    print(f"; {time.perf_counter() - began:.0f} s")
    for title, rows in (("equivalent", equivalent), ("SURVIVES", survivors)):
        for hook, mutation, reason in rows:
            print(f"{title}: {hook}: {mutation}" + (f"\n    {reason}" if reason else ""))
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
