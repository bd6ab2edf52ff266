"""A trace: cutting it, going back and forth in it, printing it, keeping it in a file."""

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmulab.sim.machine import Machine
from pmulab.sim.trace import FORMAT, MARKS, Record, Trace, TraceFileError

TOY = Trace(
    "toy",
    ("host", "A"),
    {"cpu0.PMCR_EL0": 0, "cpu0.PMEVCNTR0_EL0": 5, "A.PMEVCNTR0_EL0": 7},
    (
        Record(0, 0, "host", "load", "vcpu_load A", marks=("swap",)),
        Record(
            0,
            0,
            "host",
            "access",
            "msr PMCR_EL0, 0x1",
            {"cpu0.PMCR_EL0": (0, 1)},
            reads=("A.PMCR_EL0",),
            hook="pmu_load",
            at="swap.py:40",
            code='self.cpu.msr("PMCR_EL0", 1)',
        ),
        Record(
            100, 0, "A", "work", "work: 100 cycles at EL1", {"cpu0.PMEVCNTR0_EL0": (5, 105)}, (), ()
        ),
        Record(
            150,
            0,
            "A",
            "work",
            "work: 50 cycles at EL1",
            {"cpu0.PMEVCNTR0_EL0": (105, 2), "cpu0.PMCR_EL0": (1, 0)},
            marks=("overflow", "interrupt"),
        ),
    ),
)


@pytest.fixture(scope="module")
def ran():
    """Give the trace of two guests that preempt each other."""
    return Machine("two-guests").run()


# ---- states


def test_a_snapshot_is_the_first_state_and_the_changes_up_to_there():
    counts = [TOY.snapshot(n)["cpu0.PMEVCNTR0_EL0"] for n in range(5)]

    assert [5, 5, 5, 105, 2] == counts
    assert TOY.initial == TOY.snapshot(0)
    assert {"cpu0.PMCR_EL0": 0, "cpu0.PMEVCNTR0_EL0": 2, "A.PMEVCNTR0_EL0": 7} == TOY.snapshot(4)


@pytest.mark.parametrize("n", [-1, 5, 1000])
def test_a_state_outside_the_trace_is_told_which_there_are(n):
    with pytest.raises(IndexError, match=f"no state {n}; this trace has states 0 to 4"):
        TOY.snapshot(n)


def test_a_snapshot_can_be_changed_without_harm():
    TOY.snapshot(0)["cpu0.PMCR_EL0"] = 99

    assert 0 == TOY.snapshot(0)["cpu0.PMCR_EL0"]


def test_each_change_begins_where_the_last_one_ended(ran):
    state = dict(ran.initial)
    for i, record in enumerate(ran):
        before = {location: state[location] for location in record.changes}
        told = {location: old for location, (old, _) in record.changes.items()}

        assert before == told, f"record {i}: {record.text}"
        state |= {location: new for location, (_, new) in record.changes.items()}


def test_no_change_changes_nothing(ran):
    assert [] == ran.where(lambda r: any(old == new for old, new in r.changes.values()))


def test_going_back_meets_the_states_that_going_forward_met(ran):
    forward = [ran.snapshot(n) for n in range(len(ran) + 1)]
    state = forward[-1]
    for n in range(len(ran) - 1, -1, -1):
        state = state | {location: old for location, (old, _) in ran[n].changes.items()}

        assert forward[n] == state


def test_the_last_state_is_that_of_the_machine():
    machine = Machine("two-guests")
    trace = machine.run()
    pe, last = machine.cpus[0], trace.snapshot(len(trace))
    hardware = {k: v for k, v in pe.state().items() if f"cpu0.{k}" in last}

    assert len(hardware) > 20
    assert hardware == {k: last[f"cpu0.{k}"] for k in hardware}
    for name, vcpu in machine.vcpus.items():
        assert dict(vcpu.regs) == {k: last[f"{name}.{k}"] for k in vcpu.regs}


def test_a_series_is_what_a_location_held_and_since_when():
    assert [(0, 5), (100, 105), (150, 2)] == TOY.series("cpu0.PMEVCNTR0_EL0")
    assert [(0, 7)] == TOY.series("A.PMEVCNTR0_EL0")


def test_a_series_of_what_is_not_there_is_told_what_is():
    with pytest.raises(KeyError) as caught:
        TOY.series("B.PMCR_EL0")

    assert caught.value.args[0] == (
        "no location B.PMCR_EL0; there are A.PMEVCNTR0_EL0, cpu0.PMCR_EL0, cpu0.PMEVCNTR0_EL0"
    )


# ---- cutting


def test_a_trace_is_a_sequence_of_records(ran):
    assert (4, TOY.records[2], TOY.records[-1]) == (len(TOY), TOY[2], TOY[-1])
    assert list(TOY.records) == list(TOY)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(-6, 6) | st.none(), st.integers(-6, 6) | st.none())
def test_a_slice_starts_from_the_state_that_its_records_start_from(start, stop):
    part = TOY[start:stop]
    first = slice(start, stop).indices(len(TOY))[0]

    assert TOY.records[start:stop] == part.records
    assert TOY.snapshot(first) == part.initial
    assert TOY.snapshot(first + len(part)) == part.snapshot(len(part))


def test_the_lines_of_a_hook_can_be_left_out():
    quiet = TOY.without_lines("pmu_load")

    assert ("pmu_load", "", "") == (quiet[1].hook, quiet[1].at, quiet[1].code)
    assert TOY[0] == quiet[0]
    assert TOY.snapshot(len(TOY)) == quiet.snapshot(len(TOY))
    assert TOY == TOY.without_lines()
    with pytest.raises(ValueError, match="no hook pmu_put ran; there are pmu_load"):
        TOY.without_lines("pmu_put")


def test_a_slice_cannot_skip_records():
    with pytest.raises(ValueError, match="in steps of 1: its records build on each other"):
        TOY[::2]


def test_records_are_found_by_what_they_are_and_by_mark():
    assert [2, 3] == TOY.where(lambda record: record.kind == "work")
    assert [[3], [], [0], [3], []] == [TOY.marked(mark) for mark in MARKS]


def test_an_unknown_mark_is_told_which_there_are():
    with pytest.raises(ValueError, match=f"no mark boom; there are {' '.join(MARKS)}"):
        TOY.marked("boom")


def test_a_trace_and_its_records_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TOY.scenario = "other"
    with pytest.raises(dataclasses.FrozenInstanceError):
        TOY[0].time = 1


# ---- text


def test_the_text_has_a_line_for_each_record():
    rows = [
        ("    #    cycle cpu who      hook                 what", ""),
        ("    1        0   0 host                          vcpu_load A", ""),
        (
            "    2        0   0 host     pmu_load             msr PMCR_EL0, 0x1",
            "cpu0.PMCR_EL0: 0x0 -> 0x1",
        ),
        (
            "    3      100   0 A                             work: 100 cycles at EL1",
            "cpu0.PMEVCNTR0_EL0: 0x5 -> 0x69",
        ),
        (
            "    4      150   0 A                             work: 50 cycles at EL1",
            "cpu0.PMEVCNTR0_EL0: 0x69 -> 0x2  cpu0.PMCR_EL0: 0x1 -> 0x0",
        ),
    ]
    expected = "\n".join(f"{what:<93}{changed}".rstrip() for what, changed in rows)

    assert expected == TOY.text()


def test_the_text_can_be_of_some_records():
    lines = TOY.text().splitlines()

    assert [lines[0], lines[4], lines[1]] == TOY.text([3, 0]).splitlines()


def test_the_table_has_a_row_for_each_register_and_a_column_for_each_place():
    expected = """\
               cpu0    A
PMCR_EL0        0x1
PMEVCNTR0_EL0  0x69  0x7"""

    assert expected == TOY.table(3)
    assert expected.splitlines()[::2] == TOY.table(3, ["PMEVCNTR0_EL0"]).splitlines()


def test_a_trace_says_how_long_it_is():
    assert "Trace of toy: 4 records, 1 turn, 150 cycles" == repr(TOY)
    assert "Trace of toy: 0 records, 0 turns, 0 cycles" == repr(TOY[:0])


# ---- files


def test_what_is_saved_is_loaded(tmp_path, ran):
    for trace in (TOY, ran, TOY[1:3], TOY[:0]):
        trace.save(tmp_path / "trace.json")

        assert trace == Trace.load(tmp_path / "trace.json")


def test_values_are_kept_as_hex_for_readers_that_round_large_integers():
    data = TOY.as_dict()

    assert "0x5" == data["initial"]["cpu0.PMEVCNTR0_EL0"]
    assert ["0x5", "0x69"] == data["records"][2]["changes"]["cpu0.PMEVCNTR0_EL0"]
    assert FORMAT == data["pmulab_trace"]


def broken(**changes):
    """Return the data of a trace with some parts replaced."""
    return json.dumps(TOY.as_dict() | changes).encode()


def with_record(**record):
    """Return the data of a trace with one record."""
    base = {"time": 1, "who": "A", "kind": "work", "text": "x"}
    return broken(records=[{k: v for k, v in {**base, **record}.items() if v is not None}])


FIELDS = "at changes code cpu hook kind marks names op reads reg text time value vcpu who"
BAD_FILES = {
    "empty": (b"", "line 1: not JSON: Expecting value"),
    "cut off": (broken()[:-1], "line 1: not JSON: Expecting ',' delimiter"),
    "binary": (bytes(range(256)), "not a text file"),
    "a list": (b"[]", "trace format None; this pmulab reads format 2"),
    "another format": (broken(pmulab_trace=1), "trace format 1; this pmulab reads format 2"),
    "no records": (b'{"pmulab_trace": 2, "initial": {}}', "not a trace: 'records' is missing"),
    "a number for a name": (broken(scenario=7), "not a trace: scenario is 7, not text"),
    "lanes in one word": (broken(lanes="host"), "not a trace: lanes is 'host', not a list"),
    "a number for a lane": (broken(lanes=["host", 1]), "not a trace: a lane is 1, not text"),
    "no hex": (
        broken(initial={"cpu0.X": "zz"}),
        "not a trace: invalid literal for int() with base 16: 'zz'",
    ),
    "a record that is a list": (broken(records=[[]]), "not a trace: a record is [], not an object"),
    "an unknown field": (
        with_record(colour="red"),
        f"not a trace: no field colour in a record; it has {FIELDS}",
    ),
    "time in words": (with_record(time="noon"), "not a trace: time is 'noon', not a whole number"),
    "marks in one word": (with_record(marks="trap"), "not a trace: marks is 'trap', not a list"),
    "a change of nothing": (
        with_record(changes={"B.X": ["0x0", "0x1"]}),
        "not a trace: B.X changes, but had no first value",
    ),
    "a location without a dot": (
        broken(initial={"PMCR": "0x0"}),
        "not a trace: 'PMCR' is no location: that is place.REGISTER",
    ),
    "a list of first values": (broken(initial=[]), "not a trace: initial is [], not an object"),
    "a list of changes": (
        with_record(changes=["A"]),
        "not a trace: changes is ['A'], not an object",
    ),
    "a change without an end": (
        with_record(changes={"A.PMEVCNTR0_EL0": ["0x0"]}),
        "not a trace: not enough values to unpack (expected 2, got 1)",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_file_that_is_no_trace_is_one_line_that_says_why(tmp_path, case):
    content, message = BAD_FILES[case]
    path = tmp_path / "trace.json"
    path.write_bytes(content)
    with pytest.raises(TraceFileError) as caught:
        Trace.load(path)

    assert f"{path}: {message}" == str(caught.value)


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b'{"pmulab_trace": 2, "initial": ' + b"9" * 9000 + b"}"]
)
def test_a_file_beyond_all_bounds_is_one_line(tmp_path, content):
    path = tmp_path / "trace.json"
    path.write_bytes(content)
    with pytest.raises(TraceFileError) as caught:
        Trace.load(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_mark_of_the_byte_order_is_no_harm(tmp_path, ran):
    path = tmp_path / "trace.json"
    ran.save(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    found = Trace.load(path)

    assert str(found) == str(ran)


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(TraceFileError) as caught:
        Trace.load(tmp_path / "nothing.json")

    assert f"{tmp_path / 'nothing.json'}: No such file or directory" == str(caught.value)


def test_a_record_without_text_is_told_what_is_missing(tmp_path):
    with pytest.raises(TraceFileError, match=r"not a trace: .*'text'"):
        Trace.from_dict(json.loads(with_record(text=None)))
