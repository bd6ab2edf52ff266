"""Every mistake in a scenario is one line that says where it is and what was possible.

What is left of it on the command line is that line on standard error and exit status 2.
"""

import json
import math
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmulab.__main__ import main
from pmulab.hw import events
from pmulab.hw.pmu import FEATURES
from pmulab.kvm.vcpu import reset_registers
from pmulab.sim import scenario
from pmulab.sim.host_actions import ACTIONS
from pmulab.sim.program import GIC_WORDS
from pmulab.sim.reading import ScenarioError
from pmulab.sim.scenario import MAX_BYTES

TOP = (
    "pmulab name about cpus partition vms slice_cycles host_cycles perf_events actions max_records"
)
VM = (
    "name counters partitioned has_el2 vcpus cpu supported_cpus pmu_irq filter program handler "
    "restore"
)
OPS = "msr, mrs, work, wfi, gic, repeat, when, end"
NO_ACTION = f"there are {' '.join(ACTIONS)}"
NO_FEATURE = f"there are {' '.join(FEATURES)}"
NO_EVENT = f"a number, or {' '.join(events.BY_NAME)}"
NO_VM = "cannot be a VM; letters and digits, not host, idle, cpu*"
TAKEN = "is taken, by a VM or a vCPU before it"
LONG = "characters; an instruction has 200 at most"
NOTHING = "nothing between this and what it ends"
SPI = "is an SPI, and 2 vCPUs cannot share one; possible is a PPI, 16 to 31"
IN_ALL = "vCPUs in all; possible is 1 to 64"
SMALL = {"name": "A", "counters": 1}
OUT = "is out of range; possible is"
MAX = (1 << 64) - 1
REMOVE = object()


# A scenario that uses every part of the format.
GOOD = """{
  "pmulab": 1, "name": "toy", "about": "A scenario to break.",
  "cpus": [{"counters": 6, "features": ["FEAT_PMUv3p1"], "list_registers": 4}, {}],
  "partition": {"reserved_host_counters": 2, "dynamic": false, "lazy": false},
  "slice_cycles": 500, "host_cycles": 10, "max_records": 1000,
  "perf_events": [{"name": "p", "event": "CPU_CYCLES", "period": 100, "cpu": 0}],
  "vms": [
    {"name": "A", "counters": 2, "partitioned": true, "vcpus": 1, "cpu": 0,
     "supported_cpus": [0, 1], "filter": [{"action": "deny", "event": "0x19", "count": 2}],
     "program": ["msr PMCR_EL0, 1", "repeat 2", "work CPU_CYCLES=100", "end"],
     "handler": ["mrs x0, PMOVSCLR_EL0"], "restore": {"PMCR_EL0": "0x41"}},
    {"name": "B", "counters": 0, "program": []}],
  "actions": [
    {"at": 100, "do": "deny", "vm": "A", "event": 17},
    {"at": 200, "do": "perf_add", "name": "q", "event": 8},
    {"at": 300, "do": "perf_remove", "name": "q"}]}"""


def changed(path, value):
    """Return the scenario with the value at a path replaced, added or removed."""
    inside = data = json.loads(GOOD)
    *walk, last = path
    for step in walk:
        inside = inside[step]
    inside[last] = value
    if value is REMOVE:
        del inside[last]
    return data


def steps(where):
    """Return the keys and numbers of a path as errors print it: `vms[0].name`."""
    words = re.findall(r"\w+", where)
    return [int(word) if word.isdigit() else word for word in words if word != "scenario"]


def test_the_scenario_to_break_is_good():
    world = scenario.from_dict(json.loads(GOOD))

    assert ("toy", ["A", "B"]) == (world.name, [vm.name for vm in world.vms])
    assert (0x19, 2, 1) == world.vms[0].filter[0]
    assert {"PMCR_EL0": 0x41} == world.vms[0].restore


def test_a_counter_that_the_vm_lacks_is_the_business_of_the_guest():
    # The guest sees UNDEFINED, as on hardware; that is a lesson, not a mistake in the file.
    program = ["msr PMEVCNTR7_EL0, 1", "mrs x0, PMEVTYPER30_EL0", "mrs x0, PMSWINC_EL0"]
    world = scenario.from_dict(changed(["vms", 0, "program"], program))

    assert ["msr", "mrs", "mrs"] == [i.op for i in world.vms[0].program]


def test_an_event_that_no_host_work_causes_may_have_any_period():
    data = changed(["host_cycles"], 2000)
    data["perf_events"] = [{"name": "p", "event": "MEM_ACCESS", "period": 1}]

    assert 1 == scenario.from_dict(data).perf_events[0].period


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

# Where, what is needed, and what stands there.
NEEDED = [
    ("scenario.name", "a line of text", " ", "a\nb", "\ud800"),
    ("scenario.about", "a line of text", "\ud800", 7),
    ("vms[0].name", "a line of text", "A\ud800"),
    ("perf_events[0].name", "a line of text", "\udc80"),
    ("partition", "an object", None),
    ("cpus[1]", "an object", 6),
    ("actions[0]", "an object", "deny"),
    ("scenario.slice_cycles", "a whole number", 1.5, math.nan),
    ("scenario.host_cycles", "a whole number", math.inf, True, None, "9" * 5000),
    ("scenario.max_records", "a whole number", "many"),
    ("scenario.cpus", "a list", 4),
    ("scenario.vms", "a list", {}),
    ("vms[0].supported_cpus", "a list", 0),
    ("vms[0].program", "a list", "wfi"),
    ("partition.lazy", "true or false", 1),
]

# Where, what is possible, and what stands there.
RANGES = [
    ("scenario.host_cycles", "0 to 1000000000000000", -5, 10**20, "0x" + "f" * 5000),
    ("scenario.slice_cycles", "1 to 1000000000000000", 0),
    ("scenario.max_records", "1 to 100000", 200_000),
    ("cpus[0].counters", "1 to 31", 32),
    ("cpus[0].list_registers", "2 to 16", 17),
    ("cpus[0].irq_latency", "0 to 1000000", 10**7),
    ("partition.reserved_host_counters", "-1 to 6", 7),
    ("vms[0].vcpus", "1 to 64", 65),
    ("vms[0].counters", "0 to 6", 7),
    ("vms[0].cpu", "0 to 1", 2),
    ("vms[0].pmu_irq", "16 to 1019", 15, 1020),
    ("vms[0].supported_cpus[1]", "0 to 1", 2),
    ("vms[0].filter[0].event", "0 to 65535", 0x10000),
    ("vms[0].filter[0].count", "0 to 65511", 0x10000),
    ("vms[0].restore.PMCR_EL0", "0 to 18446744073709551615", 1 << 64),
    ("perf_events[0].cpu", "0 to 1", "0x2"),
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

TWO_OPEN = ["wfi", "repeat 2", "repeat 3", "wfi", "end"]
LINE, MOVE = {"at": 1, "do": "line", "vm": "A"}, {"at": 1, "do": "migrate", "vm": "A", "to": 2}
SET = {"at": 1, "do": "set_reg", "vm": "A", "value": 1}
GET = {"at": 1, "do": "get_reg", "reg": "PMCR_EL0"}
SHARED = SMALL | {"vcpus": 2, "pmu_irq": 40}

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
    ("actions[0]", LINE | {"intid": 1020, "level": 1}, f".intid: 1020 {OUT} 16 to 1019"),
    ("actions[0]", LINE | {"intid": 40, "level": 2}, f".level: 2 {OUT} 0 to 1"),
    ("actions[0]", MOVE, f".to: 2 {OUT} 0 to 1"),
    ("actions[0]", MOVE | {"vm": "A0"}, '.vm: no VM or vCPU "A0"; there are A B'),
    ("actions[0]", SET, ": 'reg' is missing"),
    (
        "actions[0]",
        SET | {"reg": "PMEVCNTR2_EL0"},
        f'.reg: no register "PMEVCNTR2_EL0"; there are {" ".join(reset_registers(2))}',
    ),
    (
        "actions[0]",
        SET | {"reg": "PMCR_EL0", "value": 1 << 64},
        f".value: {1 << 64} {OUT} 0 to {MAX}",
    ),
    ("actions[0]", GET | {"vm": 7}, ".vm: no VM or vCPU 7; there are A B"),
    ("actions[0]", GET | {"vm": "A", "value": 1}, ': no key "value"; there are at do cpu vm reg'),
    ("actions[0]", {"at": 1, "do": "reset"}, ": 'vm' is missing"),
    ("vms[0]", SHARED, f".pmu_irq: 40 {SPI}"),
    ("vms[0].program", ["wfi"] * 10_001, ": more than 10000 instructions; use repeat"),
    ("vms[0].handler", [7], "[0] 7: an instruction is text"),
    ("vms[0].program", ["msr " + "P" * 5000], f"[0] 'msr {'P' * 52}...: 5004 {LONG}"),
    ("vms[0].program", ["repeat 1000000000000", "end"], f"[1] 'end': {NOTHING}"),
    ("vms[0].program", ["when x0 1", "end"], f"[1] 'end': {NOTHING}"),
    ("vms[0].program", TWO_OPEN, "[1] 'repeat 2': this repeat has no end"),
]

# What is wrong with one instruction, and what is said of it.
BEYOND = "0x1_0000_0000_0000_0000"
WRONG_LINES = {
    "mov x0, x1": f"no instruction mov; there are {OPS}",
    "msr PMFOO_EL0, 1": "no register PMFOO_EL0; near it: PMCR_EL0, PMOVSSET_EL0, PMOVSCLR_EL0",
    "msr PMCR_EL0": "msr takes a register and a value: msr PMCR_EL0, 1",
    "msr PMCR_EL0, x31": "the value is a number such as 16 or 0x10, not 'x31'",
    f"msr PMCR_EL0, {BEYOND}": f"the value is {BEYOND}; possible is 0 to 0xffffffffffffffff",
    "msr PMCR_EL0, -1": "the value is -1; possible is 0 to 0xffffffffffffffff",
    "msr MDCR_EL2, 0": "MDCR_EL2 belongs to EL2: a guest that has one says el2: first",
    "msr HCR_EL2, 0": "HCR_EL2 belongs to the hypervisor; a guest runs at EL1 and EL0",
    "el2: wfi": "el2: goes before msr, mrs, work, not before 'wfi'",
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
    "gic 23 explode": f"no 'explode' in the GIC; there are {' '.join(GIC_WORDS)} priority=",
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
    for at, what, *values in NEEDED:
        for value in values:
            yield steps(at), value, f"{at}: {what} is needed, not {shown(value)}"
    for at, possible, *values in RANGES:
        for value in values:
            yield steps(at), value, f"{at}: {shown(value)} {OUT} {possible}"
    for at, value, what, low, high in SIZES:
        yield steps(at), value, f"{at}: {len(value)} {what}; possible is {low} to {high}"
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


# What is in a file, and the line; with "..." at its end only the beginning, Python says the rest.
WRONG_FILES = [
    (b"", "line 1: not JSON: Expecting value"),
    (b"{\n  name\n}", "line 2: not JSON: Expecting property name enclosed in double quotes"),
    (GOOD.encode()[:-2], "line 16: not JSON: Expecting ',' delimiter"),
    (b'{"pmulab": 1,}', "line 1: not JSON: ..."),
    (b"[1, 2]", "scenario: an object is needed, not [1, 2]"),
    (b"1", "scenario: an object is needed, not 1"),
    (bytes(range(256)), "not a text file"),
    (GOOD.encode("utf-16"), "not a text file"),
    (b"\xef\xbb\xbf{}", "scenario: 'pmulab' is missing"),
    (b"[" * 100_000 + b"]" * 100_000, "nested too deep"),
    (b'{"pmulab": 1, "name": "a", "vms": ' + b"[" * 900 + b"]" * 900 + b"}", "vms[0]: an ..."),
    (b'{"pmulab": 1, "name": "a", "name": "b"}', 'key "name" is there twice in one object'),
    (b'{"pmulab": ' + b"9" * 100_000 + b"}", "a number has more digits than Python reads"),
    (b'{"pmulab": 1e999}', "scenario.pmulab: format Infinity; this pmulab reads 1"),
    (b"\n" * 1_100_000, f"1100000 bytes; a scenario has at most {MAX_BYTES}"),
]


@pytest.mark.parametrize(("content", "line"), WRONG_FILES, ids=[row[1] for row in WRONG_FILES])
def test_a_file_that_is_no_scenario_is_one_line_and_status_2(tmp_path, capsys, content, line):
    file = tmp_path / "wrong.json"
    file.write_bytes(content)

    assert 2 == main(["run", str(file)])
    out, err = capsys.readouterr()
    assert ("", 1) == (out, err.count("\n"))
    assert err.startswith(f"pmulab: {file}: {line.removesuffix('...')}")
    assert line.endswith("...") or err.endswith(f"{line}\n")


def test_a_mistake_is_one_line_on_the_command_line_too(tmp_path, capsys):
    path, value, line = WRONG[0]
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(changed(path, value)))

    assert 2 == main(["run", str(file)])
    assert ("", f"pmulab: {file}: {line}\n") == tuple(capsys.readouterr())


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path):
    file = tmp_path / "marked.json"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())

    assert scenario.from_dict(json.loads(GOOD)) == scenario.load(file)


def nested(levels):
    """Make lists in lists."""
    value = []
    for _ in range(levels):
        value = [value]
    return value


NESTED = nested(100_000)


@pytest.mark.parametrize(
    ("where", "value", "rest"),
    [
        ("vms[0].cpu", NESTED, ": a whole number is needed, not an enormous list"),
        ("vms[0].program", [NESTED], "[0] an enormous list: an instruction is text"),
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


SAMPLED = {"perf_events": [{"name": "p", "event": "CPU_CYCLES", "period": 1}]}
OPEN = ["msr ICC_PMR_EL1, 0xf8", "msr ICC_IGRPEN1_EL1, 1", "gic 23 enable priority=0xa0"]
PENDING = {"PMOVSSET_EL0": 1, "PMINTENSET_EL1": 1, "PMCR_EL0": 1}
TOO_MUCH = {
    "host work": SAMPLED | {"actions": [{"at": 1, "do": "host_work", "cycles": 10**12}]},
    "host cycles": SAMPLED | {"host_cycles": 10**12},
    "slices": {"slice_cycles": 1, "vms": [SMALL | {"program": ["work CPU_CYCLES=1000000"]}] * 2},
    "repeat": {"vms": [SMALL | {"program": ["repeat 1000000000", "work CPU_CYCLES=1", "end"]}]},
    "repeat nothing": {
        "vms": [SMALL | {"program": ["repeat 1000000000", "when x0 0", "wfi", "end", "end"]}]
    },
    "storm": {
        "partition": {"reserved_host_counters": 2},
        "vms": [
            SMALL
            | {"restore": PENDING, "program": [*OPEN, "work CPU_CYCLES=1000000"]}
            | {"handler": ["mrs x0, ICC_IAR1_EL1", "msr ICC_EOIR1_EL1, x0"]}
        ],
    },
    "large": {
        "cpus": [{"counters": 31}] * 8,
        "slice_cycles": 1,
        "vms": [
            {"name": f"A{n}", "counters": 31, "program": ["work CPU_CYCLES=1000000"]}
            for n in range(64)
        ],
    },
}
GIVEN = {"pmulab": 1, "name": "x", "vms": [SMALL | {"program": ["work CPU_CYCLES=10"]}]}


@pytest.mark.slow
@pytest.mark.parametrize("world", TOO_MUCH.values(), ids=TOO_MUCH)
def test_too_much_work_is_one_line_after_a_few_seconds(tmp_path, capsys, world):
    world = json.loads(json.dumps(GIVEN | world))
    for n, vm in enumerate(world["vms"]):
        vm["name"] = f"A{n}"
    file = tmp_path / "much.json"
    file.write_text(json.dumps(world))
    began = time.process_time()

    assert 2 == main(["run", str(file)])
    # Three or so, on a machine that does nothing else.
    assert 10 > time.process_time() - began
    out, err = capsys.readouterr()
    assert ("", 1) == (out, err.count("\n"))
    assert re.match(r"pmulab: x: cycle \d+ and \d+ records are as far as a run may go; ", err)


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


PATHS = list(paths(json.loads(GOOD)))
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
