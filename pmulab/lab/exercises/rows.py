"""The exercises as rows, read from `exercises.toml`; and where a hook is asked for again, or in C.

Not modelled: an order; the notebooks give one.
"""

from dataclasses import replace
from pathlib import Path

from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.row_file import read_rows
from pmulab.native.words import BY_NAME

ROWS: tuple[Exercise, ...] = read_rows(Path(__file__).parent / "exercises.toml", Exercise)
EXERCISES: dict[str, Exercise] = {row.id: row for row in ROWS}


# The hooks of the project, in the order of notebook 11.
PROJECT = """
guest_counter_mask host_counter_mask owns_counters
apply_event_filter hardware_type write_type
write_pair pmu_load pmu_stop pmu_put
handle_host_irq handle_guest_irq overflow_status update_state kick
vgic_populate vgic_fold vgic_target vgic_flush
""".split()
BY_HOOK: dict[str, Exercise] = {row.hook: row for row in ROWS}
# A first try at two of the hooks, which the run that the learner sees judges, and no search.
FIRST = replace(
    BY_HOOK["pmu_put"],
    id="first.swap",
    notebook="1",
    about="Write a put and a load for two guests that take turns.",
    lines=10,
    worlds=(),
    hints=(
        "Put: what of the guest's would the next one change? Load: where did put leave it?",
        "Three registers are enough: the enables, PMCCNTR_EL0, PMEVCNTR0_EL0.",
        """Put: read the enables and keep them, clear them in the hardware under the CLR name, \
then read and keep the two counters. Load: the two counters, then the enables.""",
    ),
    also=("pmu_load",),
    scenario="two-guests",
)
# Asked for under an id of its own: a first swap, a repair in the hunt, each hook of the project.
AGAIN: dict[str, Exercise] = {
    row.id: row
    for row in (
        FIRST,
        replace(EXERCISES["filter.load"], id="hunt.repair", notebook="10"),
        *(replace(BY_HOOK[hook], id=f"project.{hook}", notebook="11", lines=1) for hook in PROJECT),
    )
}
# Asked for in C: the same hook, judged as it is.
IN_C: dict[str, Exercise] = {
    id: replace(row, id=id, notebook="14", prototype=BY_NAME[row.hook].prototype)
    for id, row in (
        ("c.put", EXERCISES["swap.put"]),
        ("c.load", EXERCISES["swap.load"]),
        ("c.filter", EXERCISES["filter.load"]),
        ("c.handler", EXERCISES["irq.record"]),
    )
}
GRADED: dict[str, Exercise] = {**EXERCISES, **AGAIN, **IN_C}
# A teacher's own, where a command takes some; they are in the tables above as well.
OWN: dict[str, Exercise] = {}


def exercise(id: str) -> Exercise:
    """Return an exercise; a `KeyError` lists those that exist."""
    if id not in GRADED:
        raise KeyError(f"no exercise {id}; there are {' '.join(EXERCISES)}")
    return GRADED[id]
