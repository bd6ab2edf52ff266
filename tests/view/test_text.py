"""The text twin, and the facts that it shares with the widget and the static table."""

import subprocess
import sys

import pytest
from view.traces import random_trace

from pmulab.sim.trace import Record, Trace
from pmulab.view import to_text
from pmulab.view.steps import START, loaded_at, locations, registers, signs, step, used
from pmulab.view.text import nearby


def record(kind, text, changes=None, **more):
    """Make a record on cpu0."""
    return Record(0, 0, "host", kind, text, changes or {}, **more)


KNOWN = locations(
    Trace(
        "",
        (),
        {
            f"{p}.{r}": 0
            for p in ("cpu0", "A")
            for r in ("PMCNTENSET_EL0", "PMEVCNTR0_EL0", "PMSELR_EL0")
        },
    )
)
ENABLED, COUNT = "cpu0.PMCNTENSET_EL0", "cpu0.PMEVCNTR0_EL0"


def access(op, register, **more):
    return record("access", "", op=op, reg=register, **more)


@pytest.mark.parametrize(
    ("happened", "found"),
    [
        (record("work", "", {COUNT: (2, 7)}), {COUNT: ("counted", "+5")}),
        (record("work", "", {COUNT: (7, 2)}), {COUNT: ("counted", "was 7")}),
        (record("access", "", {COUNT: (2, 7)}), {COUNT: ("written", "was 2")}),
        (record("access", "", {ENABLED: (0, 1)}), {ENABLED: ("written", "+P0, was 0x0")}),
        (access("mrs", "PMCNTENCLR_EL0"), {ENABLED: ("read", "")}),
        (access("msr", "PMCNTENCLR_EL0"), {ENABLED: ("written", "same value")}),
        (
            access("mrs", "PMEVCNTR0_EL0", vcpu="A"),
            {COUNT: ("read", ""), "A.PMEVCNTR0_EL0": ("written", "same value")},
        ),
        (record("trap", "", op="msr", reg="PMSELR_EL0"), {}),
        (
            access("msr", "NO_SUCH", reads=("A.PMSELR_EL0",)),
            {"A.PMSELR_EL0": ("read", "")},
        ),
        (record("access", "", reads=("cpu0.NOT_IN_THIS_TRACE",)), {}),
    ],
)
def test_what_a_record_did_with_the_registers(happened, found):
    assert found == signs(happened, KNOWN)


def test_the_start_has_no_record(two_guests):
    now = step(two_guests, 0)

    assert (START, "", "", ()) == (now.sentence, now.source, now.code, now.marks)
    assert {""} == {cell.sign for _, cells in now.rows for cell in cells if cell}


def test_a_position_outside_the_trace_is_an_error_that_says_what_is_possible(two_guests):
    with pytest.raises(IndexError, match=f"this trace has states 0 to {len(two_guests)}"):
        to_text(two_guests, len(two_guests) + 1)


def test_every_position_shows_the_state_of_the_trace(two_guests):
    for n in range(len(two_guests) + 1):
        state = two_guests.snapshot(n)
        cells = [cell for _, row in step(two_guests, n).rows for cell in row if cell]

        assert all(state[cell.location] == cell.value for cell in cells)
        assert to_text(two_guests, n)


def test_who_is_loaded_stays_until_the_put_is_done(two_guests):
    put = two_guests.where(lambda r: r.kind == "put")[0]
    load = two_guests.where(lambda r: r.kind == "load")[1]

    assert {} == loaded_at(two_guests, 0)
    assert {0: "A"} == loaded_at(two_guests, 1) == loaded_at(two_guests, put + 2)
    assert {0: ""} == loaded_at(two_guests, load)
    assert {0: "B"} == loaded_at(two_guests, load + 1)


def test_a_piece_of_a_trace_knows_who_was_loaded_before_it(two_guests):
    put = two_guests.where(lambda r: r.kind == "put")[0]

    assert {0: "A"} == loaded_at(two_guests[put - 2 :], 0)


def test_registers_of_a_kind_stand_together_and_untouched_ones_are_named_last(two_guests):
    assert registers(two_guests)[0] == "PMCR_EL0"
    assert registers(two_guests)[-1] == "MDCR_EL2"
    assert "PMUSERENR_EL0" not in used(two_guests)
    assert to_text(two_guests, 0).endswith("zero all the time: PMUSERENR_EL0")


def test_an_empty_trace_has_a_start():
    text = to_text(Trace("empty", ("host",), {}), 0)

    assert text.startswith(f"empty: step 0 of 0\n{START}")


def test_a_trace_of_one_place_shows_its_values():
    text = to_text(Trace("one", ("host",), {"cpu0.PMSELR_EL0": 7}), 0)

    assert text.endswith("PMSELR_EL0     0x7 SEL=7")


@pytest.mark.parametrize(
    ("length", "n", "shown"),
    [(9, 0, [0, 1, 2, 3, 4]), (9, 5, [2, 3, 4, 5, 6]), (9, 9, [4, 5, 6, 7, 8]), (2, 2, [0, 1])],
)
def test_as_many_records_are_shown_at_the_ends_as_in_the_middle(length, n, shown):
    assert shown == list(nearby(length, n, 2))


def test_the_text_of_a_step(two_guests, golden):
    pages = [to_text(two_guests, n) for n in (0, 2, 14, 16, 20, 34, 40)]

    golden("view-text", "\n\n\n".join(pages))


def test_any_trace_has_a_text():
    trace = random_trace(3, 40)

    assert all(to_text(trace, n) for n in range(41))


def test_the_text_needs_no_widget_library():
    code = (
        "import sys; from pmulab.view import to_text;"
        "print(*{'anywidget', 'ipywidgets', 'bqplot', 'numpy'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "" == run.stdout.strip()
