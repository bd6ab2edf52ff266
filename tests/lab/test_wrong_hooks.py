"""Wrong hooks of every kind are refused, and right ones that look wrong are accepted."""

from pathlib import Path
from zlib import crc32

import pytest
from lab.right_hooks import RIGHT
from lab.wrong import more_scenarios, scenarios
from lab.wrong.parts import CYCLES, INST
from lab.wrong.sleepers import SLEEPERS
from lab.wrong_hooks import WRONG

from pmulab import Hypervisor, Machine, check
from pmulab.explorer.moves import Move
from pmulab.explorer.stage import Stage, play
from pmulab.explorer.wide.coverage import Coverage
from pmulab.explorer.wide.draw import PLAIN
from pmulab.explorer.wide.focus import FOCI
from pmulab.explorer.wide.search import breaks
from pmulab.explorer.wide.spared import spared
from pmulab.lab.classroom.grading import grade
from pmulab.lab.course import scene
from pmulab.lab.exercises.judge import SOON, isolate, judge_units
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.sim.scenario import from_dict

# One or two of each area, found soon; the others are slow, as are right ones, judged to the end.
QUICK = set(
    """
    GuestGenmask TakeLoadsFirst KickWhoSleeps
""".split()
)
# A look at some, chosen by name: what their card says is a hint of this mistake, but for few.
SCENES = [row for row in WRONG if crc32(row.hypervisor.__name__.encode()) % 12 == 0]
# Refused by a case of a table, or by one that no edit of the library resembles.
HINTLESS = set(
    """
    ReadSixteen ReadWithoutSeven TargetDropsLatch TypeNshOfDenied
    BanExcludesAllFirst TakeClearsFlags SplitReadsGuestAfresh
    AttrInvalidForNotThere AttrNumberAlone
""".split()
)
HINTED = {row.hypervisor for row in SCENES if row.hypervisor.__name__ not in HINTLESS}
# These are checked whole, with whatever tells of them first.
CHECKED = {row.hypervisor for row in SCENES}
SCENARIOS = scenarios.SCENARIOS | more_scenarios.MORE
BY_NAME = {row.hypervisor.__name__: row.hypervisor for row in WRONG}


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch):
    monkeypatch.setenv("PMULAB_PROGRESS", "off")


def params(table):
    """Return rows of a table as parameters, the slow ones marked."""
    return [
        pytest.param(
            row.exercise,
            row.hypervisor,
            id=f"{row.exercise}-{row.hypervisor.__name__}",
            marks=() if row.hypervisor.__name__ in QUICK else pytest.mark.slow,
        )
        for row in table
    ]


# ---- the verdicts


@pytest.mark.parametrize(("exercise", "hypervisor"), params(WRONG))
def test_a_wrong_hook_is_not_called_right(exercise, hypervisor, monkeypatch):
    row = EXERCISES[exercise]
    if hypervisor not in CHECKED and _is_told(row, isolate(row, hypervisor)):
        # Whom a table or a drawn case accuses nothing else can call right: the rest is only dear.
        return
    verdict = check(exercise, hypervisor)

    assert verdict.kind in ("broken", "error"), verdict
    assert "did not end" not in verdict.message
    if hypervisor in HINTED:
        # A busy machine must not cost a hint.
        monkeypatch.setattr(scene, "SECONDS", 60)
        hints = scene.Scene(verdict, hypervisor).hints
        assert len(hints) > len(EXERCISES[exercise].hints), "no hint of its own; is that common?"


def _is_told(row, hypervisor):
    """Tell whether a table or one of the cases that no proof makes needless accuses a hook."""
    hook, focus = row.hook, FOCI.get(row.hook, PLAIN)
    beside = range(focus.cases, focus.cases + focus.beside)
    cases = hook, (*range(SOON), *beside), spared(hook), Coverage(hypervisor, hook)
    return judge_units(row, hypervisor) or breaks(hypervisor, *cases) is not None


def test_most_wrong_answers_get_a_hint_of_their_own():
    assert len(HINTED) >= 0.8 * len(SCENES)
    assert HINTLESS <= {row.hypervisor.__name__ for row in SCENES}


@pytest.mark.parametrize(("exercise", "hypervisor"), params(RIGHT))
def test_a_right_hook_is_called_right_however_odd(exercise, hypervisor):
    verdict = check(exercise, hypervisor)

    assert "right" == verdict.kind, verdict


# ---- the tables


def test_each_exercise_has_at_least_three_wrong_hooks():
    found = [row.exercise for row in WRONG]

    assert {} == {id: found.count(id) for id in EXERCISES if found.count(id) < 3}


def test_a_row_replaces_the_hook_of_its_exercise_alone():
    for row in (*WRONG, *RIGHT):
        own = (name for name in vars(row.hypervisor) if not name.startswith("__"))
        replaced = [name for name in own if hasattr(Hypervisor, name)]

        assert [EXERCISES[row.exercise].hook] == replaced, row.hypervisor
        assert row.hypervisor.__doc__, row.hypervisor


def test_no_two_rows_have_one_name():
    names = [row.hypervisor.__name__ for row in (*WRONG, *RIGHT)]

    assert len(names) == len(set(names))
    assert set(names) >= QUICK | set(SCENARIOS) | set(SLEEPERS)


# ---- the scenarios: what is wrong with those that drawn cases seldom show


def seen(hypervisor, data):
    """Run a scenario; return what broke, what the guests observed and what the host counted."""
    machine = Machine(from_dict(data), hypervisor, record=True)
    try:
        machine.run()
    except AttributeError as error:
        return error, {}, {}
    observed = {name: guest.observed for name, guest in machine.guests.items()}
    events = [event for host in machine.hyp.hosts for event in host.events]
    counted = {e.name: (e.count, e.samples) for e in events if e.vcpu is None}
    return machine.laws.accusation, observed, counted


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.slow
def test_a_scenario_shows_what_is_wrong(name):
    reference, wrong = (seen(h, SCENARIOS[name]) for h in (Hypervisor, BY_NAME[name]))

    assert reference[0] is None
    assert wrong != reference


def asleep(hypervisor, data):
    """Let a guest's counter overflow, and the guest halt before the host has handled that."""
    machine = Machine(from_dict(data), hypervisor, record=False)
    n, program = machine.runs_on["A"], machine.scenario.vms[0].program
    moves = [
        Move("", "enter", n, "A"),
        Move("", "guest", n, "A", program),
        Move("", "work", n, "A", ((INST, 1), (CYCLES, 1))),
        Move("", "wfi", n, "A"),
    ]
    return play(Stage(machine), moves)


@pytest.mark.parametrize("name", SLEEPERS)
def test_a_guest_sleeps_on_where_nobody_kicks_it(name):
    assert asleep(Hypervisor, SLEEPERS[name]) is None
    assert "wakes_up" == asleep(BY_NAME[name], SLEEPERS[name]).law


# ---- all of them at once


ALL_WRONG = """
import sys

sys.path.insert(0, {tests!r})
from lab.wrong_hooks import WRONG
from pmulab import Hypervisor
from pmulab.lab.exercises.rows import EXERCISES

hooks = {{EXERCISES[row.exercise].hook: row.hypervisor for row in WRONG}}
Mine = type("Mine", (Hypervisor,), {{hook: vars(cls)[hook] for hook, cls in hooks.items()}})
"""


@pytest.mark.slow
def test_a_class_with_all_hooks_wrong_gets_none_right(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(ALL_WRONG.format(tests=str(Path(__file__).resolve().parents[1])))

    graded = grade(str(path))

    assert (0, len(EXERCISES)) == (graded.score, len(graded.marks)), graded
    assert {"broken", "error"} >= {mark.verdict for mark in graded.marks}, graded
