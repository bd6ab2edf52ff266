"""Every mistake in a scenario is one line that says where it is and says what was possible.

The tables hold each line. What is left of a mistake on the command line is that line on
standard error and exit status 2.
"""

import json
import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmulab.__main__ import main
from pmulab.hw import events
from pmulab.hw.pmu import FEATURES
from pmulab.kvm.vcpu import reset_registers
from pmulab.sim import scenario
from pmulab.sim.host_actions import ACTIONS
from pmulab.sim.reading import ScenarioError
from pmulab.sim.scenario import MAX_BYTES

TOP = (
    "pmulab name about cpus partition vms slice_cycles host_cycles perf_events actions max_records"
)
VM = "name counters partitioned vcpus cpu supported_cpus filter program handler restore"
OPS = "msr, mrs, work, wfi, gic, repeat, when, end"
NO_ACTION = f"there are {' '.join(ACTIONS)}"
NO_FEATURE = f"there are {' '.join(FEATURES)}"
NO_EVENT = f"a number, or {' '.join(events.BY_NAME)}"
NO_VM = "cannot be a VM; letters and digits, not host, idle, cpu*"
TAKEN = "is taken, by a VM or a vCPU before it"
LONG = "characters; an instruction has 200 at most"
NOTHING = "nothing between this and what it ends"
IN_ALL = "vCPUs in all; possible is 1 to 64"
PERIODS = "periods of a perf event; possible is 0 to"
SMALL = {"name": "A", "counters": 1}
REMOVE = object()


def good():
    """Make a scenario that uses every part of the format."""
    return {
        "pmulab": 1,
        "name": "toy",
        "about": "A scenario to break.",
        "cpus": [{"counters": 6, "features": ["FEAT_PMUv3p1"], "list_registers": 4}, {}],
        "partition": {"reserved_host_counters": 2, "dynamic": False, "lazy": False},
        "slice_cycles": 500,
        "host_cycles": 10,
        "max_records": 1000,
        "perf_events": [{"name": "p", "event": "CPU_CYCLES", "period": 100, "cpu": 0}],
        "vms": [
            {
                "name": "A",
                "counters": 2,
                "partitioned": True,
                "vcpus": 1,
                "cpu": 0,
                "supported_cpus": [0, 1],
                "filter": [{"action": "deny", "event": "0x19", "count": 2}],
                "program": ["msr PMCR_EL0, 1", "repeat 2", "work CPU_CYCLES=100", "end"],
                "handler": ["mrs x0, PMOVSCLR_EL0"],
                "restore": {"PMCR_EL0": "0x41"},
            },
            {"name": "B", "counters": 0, "program": []},
        ],
        "actions": [
            {"at": 100, "do": "deny", "vm": "A", "event": 17},
            {"at": 200, "do": "perf_add", "name": "q", "event": 8},
            {"at": 300, "do": "perf_remove", "name": "q"},
        ],
    }


def changed(path, value):
    """Return the scenario with the value at a path replaced, added or removed."""
    data = good()
    *walk, last = path
    inside = data
    for step in walk:
        inside = inside[step]
    if value is REMOVE:
        del inside[last]
    else:
        inside[last] = value
    return data


def steps(where):
    """Return the keys and numbers of a path as errors print it: `vms[0].name`."""
    words = re.findall(r"\w+", where)
    return [int(word) if word.isdigit() else word for word in words if word != "scenario"]


def test_the_scenario_to_break_is_good():
    world = scenario.from_dict(good())

    assert ("toy", ["A", "B"]) == (world.name, [vm.name for vm in world.vms])
    assert (0x19, 2, 1) == world.vms[0].filter[0]
    assert {"PMCR_EL0": 0x41} == world.vms[0].restore


def test_a_counter_that_the_vm_lacks_is_the_business_of_the_guest():
    # The guest sees UNDEFINED, as on hardware; that is a lesson, not a mistake in the file.
    program = ["msr PMEVCNTR7_EL0, 1", "mrs x0, PMEVTYPER30_EL0", "mrs x0, PMSWINC_EL0"]
    world = scenario.from_dict(changed(["vms", 0, "program"], program))

    assert ["msr", "mrs", "mrs"] == [i.op for i in world.vms[0].program]


# What must be there.
MISSING = ("scenario.pmulab", "scenario.name", "vms[1].name", "vms[0].counters")
MISSING += ("perf_events[0].event", "actions[0].at")

# Where, a key that nobody knows, and those that there are.
UNKNOWN = [
    ("scenario", "vmz", TOP),
    ("scenario", "k" * 5000, TOP),
    ("scenario", "\ud800", TOP),
    ("vms[0]", "prog", VM),
    ("vms[0].restore", "PMEVCNTR2_EL0", " ".join(reset_registers(2))),
    ("actions[0]", "intid", "at do cpu vm event count"),
]

# Where, what stands there, and what is needed.
NEEDED = [
    ("scenario.name", " ", "a line of text"),
    ("scenario.name", "a\nb", "a line of text"),
    ("scenario.name", "\ud800", "a line of text"),
    ("scenario.about", "\ud800", "a line of text"),
    ("scenario.about", 7, "a line of text"),
    ("vms[0].name", "A\ud800", "a line of text"),
    ("perf_events[0].name", "\udc80", "a line of text"),
    ("partition", None, "an object"),
    ("cpus[1]", 6, "an object"),
    ("actions[0]", "deny", "an object"),
    ("scenario.slice_cycles", 1.5, "a whole number"),
    ("scenario.slice_cycles", math.nan, "a whole number"),
    ("scenario.host_cycles", math.inf, "a whole number"),
    ("scenario.host_cycles", True, "a whole number"),
    ("scenario.host_cycles", None, "a whole number"),
    ("scenario.host_cycles", "9" * 5000, "a whole number"),
    ("scenario.max_records", "many", "a whole number"),
    ("scenario.cpus", 4, "a list"),
    ("scenario.vms", {}, "a list"),
    ("vms[0].supported_cpus", 0, "a list"),
    ("vms[0].program", "wfi", "a list"),
    ("partition.lazy", 1, "true or false"),
]

# Where, a number that cannot be there, and what is possible.
RANGES = [
    ("scenario.host_cycles", -5, 0, 10**15),
    ("scenario.host_cycles", 10**20, 0, 10**15),
    ("scenario.host_cycles", "0x" + "f" * 5000, 0, 10**15),
    ("scenario.slice_cycles", 0, 1, 10**15),
    ("scenario.max_records", 200_000, 1, 100_000),
    ("cpus[0].counters", 32, 1, 31),
    ("cpus[0].list_registers", 17, 2, 16),
    ("partition.reserved_host_counters", 7, -1, 6),
    ("vms[0].vcpus", 65, 1, 64),
    ("vms[0].counters", 7, 0, 6),
    ("vms[0].cpu", 2, 0, 1),
    ("vms[0].supported_cpus[1]", 2, 0, 1),
    ("vms[0].filter[0].event", 0x10000, 0, 0xFFFF),
    ("vms[0].filter[0].count", 0x10000, 0, 65511),
    ("vms[0].restore.PMCR_EL0", 1 << 64, 0, (1 << 64) - 1),
    ("perf_events[0].cpu", "0x2", 0, 1),
]

# Where, so many of something, what they are, and how many are possible.
SIZES = [
    ("scenario.name", "n" * 65, "characters", 1, 64),
    ("scenario.about", "n" * 1001, "characters", 1, 1000),
    ("scenario.cpus", [], "CPUs", 1, 8),
    ("scenario.cpus", [{}] * 9, "CPUs", 1, 8),
    ("scenario.vms", [], "VMs", 1, 64),
    ("scenario.perf_events", [{"name": "p", "event": 8}] * 5000, "perf events", 0, 64),
    ("scenario.actions", [{}] * 201, "actions", 0, 200),
    ("vms[0].supported_cpus", [], "CPUs", 1, 8),
    ("vms[0].filter", [{}] * 101, "ranges", 0, 100),
]

# What is done with VM A at 1, the key of it that is wrong, and what is possible.
ON_A = {"at": 1, "vm": "A"}
ACTION_RANGES = [
    ({"do": "line", "intid": 1020, "level": 1}, "intid", 16, 1019),
    ({"do": "line", "intid": 40, "level": 2}, "level", 0, 1),
    ({"do": "migrate", "to": 2}, "to", 0, 1),
]
WORK = {"at": 1, "do": "host_work", "cycles": 10**12}

# Where, what stands there, and the rest of the line.
OTHERS = [
    ("scenario.pmulab", 2, ": format 2; this pmulab reads 1"),
    ("scenario.pmulab", True, ": format true; this pmulab reads 1"),
    ("vms[0].name", "Host", f': "Host" {NO_VM}'),
    ("vms[0].name", "A.B", f': "A.B" {NO_VM}'),
    ("vms[1].name", "A", f": 'A' {TAKEN}"),
    ("vms", [{**SMALL, "vcpus": 3}, {**SMALL, "name": "A2"}], f"[1].name: 'A2' {TAKEN}"),
    (
        "scenario.vms",
        [SMALL, {**SMALL, "vcpus": 64, "name": "B"}],
        f": 65 {IN_ALL}",
    ),
    ("cpus[0].features[0]", "FEAT_SVE", f': no feature "FEAT_SVE"; {NO_FEATURE}'),
    ("cpus[0].features[0]", ["FEAT_FGT"], f': no feature ["FEAT_FGT"]; {NO_FEATURE}'),
    ("vms[0].filter[0].action", "forbid", ': no action "forbid"; there are allow deny'),
    ("vms[0].filter[0].event", "CYCLES", f': no event "CYCLES"; {NO_EVENT}'),
    ("vms[0].filter[0].event", 1.0, f": no event 1.0; {NO_EVENT}"),
    ("vms[0].filter[0].event", True, f": no event true; {NO_EVENT}"),
    ("actions[1].do", "explode", f': no action "explode"; {NO_ACTION}'),
    ("actions[1].do", ["deny"], f': no action ["deny"]; {NO_ACTION}'),
    ("actions[1].do", REMOVE, f": no action null; {NO_ACTION}"),
    ("actions[0].vm", "C", ': no VM "C"; there are A B'),
    ("actions[2].name", "r", ': no perf event "r"; there are p q'),
    ("actions[0]", WORK, f".cycles: {10**12} cycles are {10**10} {PERIODS} 1000000"),
    ("scenario.host_cycles", 100_100, f": 100100 cycles are 1001 {PERIODS} 1000"),
    ("vms[0].program", ["wfi"] * 10_001, ": more than 10000 instructions; use repeat"),
    ("vms[0].handler", [7], "[0] 7: an instruction is text"),
    ("vms[0].program", ["msr " + "P" * 5000], f"[0] 'msr {'P' * 52}...: 5004 {LONG}"),
    ("vms[0].program", ["repeat 1000000000000", "end"], f"[1] 'end': {NOTHING}"),
    ("vms[0].program", ["when x0 1", "end"], f"[1] 'end': {NOTHING}"),
    (
        "vms[0].program",
        ["wfi", "repeat 2", "repeat 3", "wfi", "end"],
        "[1] 'repeat 2': this repeat has no end",
    ),
]

# What is wrong with one instruction, and what is said of it.
WRONG_LINES = {
    "mov x0, x1": f"no instruction mov; there are {OPS}",
    "msr PMFOO_EL0, 1": "no register PMFOO_EL0; near it: PMCR_EL0, PMOVSSET_EL0, PMOVSCLR_EL0",
    "msr PMCR_EL0": "msr takes a register and a value: msr PMCR_EL0, 1",
    "msr PMCR_EL0, x31": "the value is a number such as 16 or 0x10, not 'x31'",
    "msr PMCR_EL0, 0x1_0000_0000_0000_0000": (
        "the value is 0x1_0000_0000_0000_0000; possible is 0 to 0xffffffffffffffff"
    ),
    "msr PMCR_EL0, -1": "the value is -1; possible is 0 to 0xffffffffffffffff",
    "msr MDCR_EL2, 0": "MDCR_EL2 belongs to the hypervisor; a guest runs at EL1 and EL0",
    "msr DAIFSet, 1": "DAIFSet takes 2, the bit of IRQs: the others are not modelled",
    "msr DAIFClr, x0": "the value is a number such as 16 or 0x10, not 'x0'",
    "mrs PMCR_EL0": "mrs takes x0 to x30 and a register: mrs x0, PMCCNTR_EL0",
    "mrs x31, PMCR_EL0": "mrs takes x0 to x30 and a register: mrs x0, PMCCNTR_EL0",
    "work": "work needs CPU_CYCLES=1 or more: how long it takes",
    "work INST_RETIRED=5": "work needs CPU_CYCLES=1 or more: how long it takes",
    "work CPU_CYCLES=0": "work needs CPU_CYCLES=1 or more: how long it takes",
    "work 100": "work takes EVENT=amount, not '100'",
    "work CYCLES=100": f"no event CYCLES; known are {' '.join(events.BY_NAME)}",
    "work 0xzz=100": "an event is a number such as 16 or 0x10, not '0xzz'",
    "work 0x10000=100": "event 0x10000 is outside 0x0000 to 0xffff",
    "work CPU_CYCLES=ten": "CPU_CYCLES is a number such as 16 or 0x10, not 'ten'",
    "work CPU_CYCLES=1 0x11=2": "0x11 is there twice",
    "work CPU_CYCLES=1 CHAIN=1": "CHAIN and SW_INCR do not happen by work",
    "work CPU_CYCLES=1 SW_INCR=1": "CHAIN and SW_INCR do not happen by work",
    "wfi 1": "wfi takes nothing",
    "gic": "gic takes an INTID and what to do: gic 23 enable priority=0xa0",
    "gic 1020 enable": "the INTID is 1020; possible is 0 to 0x3fb",
    "gic 23 explode": "no 'explode' in the GIC; there are enable disable pend unpend priority=",
    "gic 23 priority=256": "priority is 256; possible is 0 to 0xff",
    "el0: wfi": "el0: goes before msr, mrs, work, not before 'wfi'",
    "el0:": "el0: goes before msr, mrs, work, not before ''",
    "repeat": "repeat takes one number, how many times",
    "repeat 0": "repeat is 0; possible is 1 and up",
    "repeat often": "repeat is a number such as 16 or 0x10, not 'often'",
    "repeat 5": "this repeat has no end",
    "when x0": "when takes x0 to x30 and a bit: when x0 3",
    "when x0 64": "the bit is 64; possible is 0 to 0x3f",
    "when x0 3": "this when has no end",
    "end": "end without repeat or when",
}


def shown(value):
    """Print a value as errors do: JSON, at most 40 characters."""
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."


def cases():
    """List (path, what stands there, the line) for each row above."""
    for at in MISSING:
        yield steps(at), REMOVE, "{}: {!r} is missing".format(*at.rsplit(".", 1))
    for at, key, known in UNKNOWN:
        yield [*steps(at), key], 0, f"{at}: no key {shown(key)}; there are {known}"
    for at, value, what in NEEDED:
        yield steps(at), value, f"{at}: {what} is needed, not {shown(value)}"
    for at, value, low, high in RANGES:
        line = f"{shown(value)} is out of range; possible is {low} to {high}"
        yield steps(at), value, f"{at}: {line}"
    for at, value, what, low, high in SIZES:
        yield steps(at), value, f"{at}: {len(value)} {what}; possible is {low} to {high}"
    for action, key, low, high in ACTION_RANGES:
        line = f"{action[key]} is out of range; possible is {low} to {high}"
        yield ["actions", 0], ON_A | action, f"actions[0].{key}: {line}"
    for at, value, rest in OTHERS:
        yield steps(at), value, f"{at}{rest}"
    for line, why in WRONG_LINES.items():
        program = ["msr PMCR_EL0, 1", line]
        yield ["vms", 0, "program"], program, f"vms[0].program[1] {line!r}: {why}"


WRONG = list(cases())


@pytest.mark.parametrize(("path", "value", "line"), WRONG, ids=[row[2][:50] for row in WRONG])
def test_a_mistake_is_one_line_that_says_where_it_is(tmp_path, path, value, line):
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(changed(path, value)))
    with pytest.raises(ScenarioError) as caught:
        scenario.load(file)

    assert f"{file}: {line}" == str(caught.value)
    assert "\n" not in line


WRONG_FILES = {
    "empty": (b"", "line 1: not JSON: Expecting value"),
    "not JSON": (
        b"{\n  name\n}",
        "line 2: not JSON: Expecting property name enclosed in double quotes",
    ),
    "cut off": (json.dumps(good()).encode()[:-2], "line 1: not JSON: Expecting ',' delimiter"),
    "a comma too many": (b'{"pmulab": 1,}', None),
    "a list": (b"[1, 2]", "scenario: an object is needed, not [1, 2]"),
    "a number": (b"1", "scenario: an object is needed, not 1"),
    "binary": (bytes(range(256)), "not a text file"),
    "UTF-16": (json.dumps(good()).encode("utf-16"), "not a text file"),
    "a mark before the text": (b"\xef\xbb\xbf{}", "scenario: 'pmulab' is missing"),
    "deep nesting": (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
    "a level below what can be read": (
        b'{"pmulab": 1, "vms": [' + b"[" * 900 + b"]" * 900 + b"]}",
        None,
    ),
    "a key twice": (
        b'{"pmulab": 1, "name": "a", "name": "b"}',
        'key "name" is there twice in one object',
    ),
    "a number of a million digits": (
        b'{"pmulab": ' + b"9" * 100_000 + b"}",
        "a number has more digits than Python reads",
    ),
    "infinity": (
        b'{"pmulab": 1e999}',
        "scenario.pmulab: format Infinity; this pmulab reads 1",
    ),
    "a million lines": (
        b'{"pmulab": 1,\n' + b"\n" * 1_100_000 + b"}",
        f"1100015 bytes; a scenario has at most {MAX_BYTES}",
    ),
}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_a_file_that_is_no_scenario_is_one_line_and_status_2(tmp_path, capsys, case):
    content, message = WRONG_FILES[case]
    file = tmp_path / "wrong.json"
    file.write_bytes(content)

    assert 2 == main(["run", str(file)])
    out, err = capsys.readouterr()
    assert "" == out
    assert err.startswith(f"pmulab: {file}: ")
    assert 1 == err.count("\n")
    assert message is None or f"pmulab: {file}: {message}\n" == err


def test_a_mistake_is_one_line_on_the_command_line_too(tmp_path, capsys):
    path, value, line = WRONG[0]
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(changed(path, value)))

    assert 2 == main(["run", str(file)])
    assert ("", f"pmulab: {file}: {line}\n") == tuple(capsys.readouterr())


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    file = tmp_path / "marked.json"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(good()).encode())

    assert scenario.from_dict(good()) == scenario.load(file)


def nested(levels):
    """Make lists in lists."""
    value = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("where", "value", "rest"),
    [
        ("vms[0].cpu", nested(100_000), ": a whole number is needed, not an enormous list"),
        ("vms[0].program", [nested(100_000)], "[0] an enormous list: an instruction is text"),
        ("vms[0].program", [10**5000], "[0] an enormous int: an instruction is text"),
        ("vms[0].cpu", 10**5000, ": an enormous int is out of range; possible is 0 to 1"),
        ("scenario.pmulab", 10**5000, ": format an enormous int; this pmulab reads 1"),
    ],
    ids=["levels", "levels in a program", "digits in a program", "digits", "digits of a format"],
)
def test_what_python_cannot_print_is_one_line_too(where, value, rest):
    with pytest.raises(ScenarioError) as caught:
        scenario.from_dict(changed(steps(where), value))

    assert f"{where}{rest}" == str(caught.value)


@pytest.mark.slow
def test_a_program_that_never_ends_and_does_nothing_is_stopped(tmp_path, capsys):
    program = ["repeat 1000000000", "when x0 0", "wfi", "end", "end"]
    file = tmp_path / "endless.json"
    file.write_text(json.dumps({"pmulab": 1, "name": "x", "vms": [SMALL | {"program": program}]}))

    assert 0 == main(["run", str(file)])
    assert "stopped: 12 records, 400000 steps" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no-such-world", "no-such-world: no such file, and no such scenario; there are "),
        ("missing.json", "missing.json: no such file, and no such scenario; there are "),
        (".", ".: a folder; a scenario is a JSON file"),
        ("x" * 300, f"{'x' * 300}: File name too long"),
        ("a\0b", "a\0b: "),
        ("", ": "),
        ("a\nb", "a b: no such file"),
    ],
)
def test_a_name_that_leads_nowhere_is_one_line(capsys, name, message):
    assert 2 == main(["run", name])
    out, err = capsys.readouterr()
    assert "" == out
    assert err.startswith(f"pmulab: {message}")
    assert 1 == err.count("\n")


def paths(data, path=()):
    """List the paths of all values inside some data."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        yield [*path, key]
        if isinstance(value, dict | list):
            yield from paths(value, [*path, key])


PATHS = list(paths(good()))
something = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["0x10", "-1", "A", "end", "CPU_CYCLES", "el0: mrs x0, PMCR_EL0", "deny"]),
    st.lists(st.integers(-1, 40), max_size=3),
    st.just({}),
    st.just([[]]),
    st.just(REMOVE),
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(PATHS), something)
def test_whatever_stands_somewhere_is_used_or_refused_in_one_line(path, value):
    try:
        world = scenario.from_dict(changed(path, value))
    except ScenarioError as error:
        text = str(error)

        assert "\n" not in text
        assert len(text) < 1000
    else:
        assert world.vms
