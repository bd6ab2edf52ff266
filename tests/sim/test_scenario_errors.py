"""Every mistake in a scenario is one line that names the place and says what was possible.

The table holds the whole line. What is left of a mistake on the command line is that line on
standard error and exit status 2.
"""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmulab.__main__ import main
from pmulab.hw import events
from pmulab.hw.pmu import FEATURES
from pmulab.kvm.vcpu import reset_registers
from pmulab.sim import scenario
from pmulab.sim.host_actions import ACTIONS as ROWS
from pmulab.sim.program import MAX_INSTRUCTIONS
from pmulab.sim.reading import ScenarioError
from pmulab.sim.scenario import MAX_BYTES

KNOWN_EVENTS = " ".join(events.BY_NAME)
TOP = (
    "pmulab name about cpus partition vms slice_cycles host_cycles perf_events actions max_records"
)
VM = "name counters partitioned vcpus cpu supported_cpus filter program handler restore"
OPS = "msr, mrs, work, wfi, gic, repeat, when, end"
ACTIONS = " ".join(ROWS)
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


# What is replaced by what, and the line.
WRONG = {
    # ---- the whole
    "a format of the future": (["pmulab"], 2, "scenario.pmulab: format 2; this pmulab reads 1"),
    "true for a format": (["pmulab"], True, "scenario.pmulab: format true; this pmulab reads 1"),
    "no format": (["pmulab"], REMOVE, "scenario: 'pmulab' is missing"),
    "no name": (["name"], REMOVE, "scenario: 'name' is missing"),
    "an empty name": (["name"], " ", 'scenario.name: a line of text is needed, not " "'),
    "two lines": (["name"], "a\nb", r'scenario.name: a line of text is needed, not "a\nb"'),
    "half a character": (
        ["about"],
        "\ud800",
        r'scenario.about: a line of text is needed, not "\ud800"',
    ),
    "a number for text": (["about"], 7, "scenario.about: a line of text is needed, not 7"),
    "an unknown key": (["vmz"], [], f'scenario: no key "vmz"; there are {TOP}'),
    "a very long key": (
        ["k" * 5000],
        1,
        f'scenario: no key "{"k" * 36}...; there are {TOP}',
    ),
    "nothing for an object": (["partition"], None, "partition: an object is needed, not null"),
    # ---- numbers
    "a fraction": (
        ["slice_cycles"],
        1.5,
        "scenario.slice_cycles: a whole number is needed, not 1.5",
    ),
    "not a number": (
        ["slice_cycles"],
        float("nan"),
        "scenario.slice_cycles: a whole number is needed, not NaN",
    ),
    "infinity": (
        ["host_cycles"],
        float("inf"),
        "scenario.host_cycles: a whole number is needed, not Infinity",
    ),
    "true for a number": (
        ["host_cycles"],
        True,
        "scenario.host_cycles: a whole number is needed, not true",
    ),
    "null for a number": (
        ["host_cycles"],
        None,
        "scenario.host_cycles: a whole number is needed, not null",
    ),
    "words for a number": (
        ["max_records"],
        "many",
        'scenario.max_records: a whole number is needed, not "many"',
    ),
    "a negative number": (
        ["host_cycles"],
        -5,
        "scenario.host_cycles: -5 is out of range; possible is 0 to 1000000000000000",
    ),
    "a slice of nothing": (
        ["slice_cycles"],
        0,
        "scenario.slice_cycles: 0 is out of range; possible is 1 to 1000000000000000",
    ),
    "a number beyond 64 bits": (
        ["host_cycles"],
        10**20,
        "scenario.host_cycles: 100000000000000000000 is out of range; "
        "possible is 0 to 1000000000000000",
    ),
    "a number of a million digits": (
        ["host_cycles"],
        "0x" + "f" * 5000,
        f'scenario.host_cycles: "0x{"f" * 34}... is out of range; '
        "possible is 0 to 1000000000000000",
    ),
    # ---- CPUs and the partition
    "no CPU": (["cpus"], [], "scenario.cpus: 0 CPUs; possible is 1 to 8"),
    "too many CPUs": (["cpus"], [{}] * 9, "scenario.cpus: 9 CPUs; possible is 1 to 8"),
    "a number for a list": (["cpus"], 4, "scenario.cpus: a list is needed, not 4"),
    "a number for a CPU": (["cpus", 1], 6, "cpus[1]: an object is needed, not 6"),
    "too many counters": (
        ["cpus", 0, "counters"],
        32,
        "cpus[0].counters: 32 is out of range; possible is 1 to 31",
    ),
    "too many list registers": (
        ["cpus", 0, "list_registers"],
        17,
        "cpus[0].list_registers: 17 is out of range; possible is 2 to 16",
    ),
    "an unknown feature": (
        ["cpus", 0, "features"],
        ["FEAT_SVE"],
        f'cpus[0].features: no feature "FEAT_SVE"; known are {" ".join(FEATURES)}',
    ),
    "a list for a feature": (
        ["cpus", 0, "features"],
        [["FEAT_FGT"]],
        f'cpus[0].features: no feature ["FEAT_FGT"]; known are {" ".join(FEATURES)}',
    ),
    "too much reserved": (
        ["partition", "reserved_host_counters"],
        7,
        "partition.reserved_host_counters: 7 is out of range; possible is -1 to 6",
    ),
    "a number for a flag": (
        ["partition", "lazy"],
        1,
        "partition.lazy: true or false is needed, not 1",
    ),
    # ---- VMs
    "no VM": (["vms"], [], "scenario.vms: a scenario needs at least one VM"),
    "an object for a list": (["vms"], {}, "scenario.vms: a list is needed, not {}"),
    "a VM without a name": (["vms", 1, "name"], REMOVE, "vms[1]: 'name' is missing"),
    "the name of the host": (
        ["vms", 0, "name"],
        "Host",
        'vms[0].name: "Host" cannot be a VM; letters and digits, not host, idle, cpu*',
    ),
    "a name with a dot": (
        ["vms", 0, "name"],
        "A.B",
        'vms[0].name: "A.B" cannot be a VM; letters and digits, not host, idle, cpu*',
    ),
    "one name twice": (
        ["vms", 1, "name"],
        "A",
        "vms[1].name: 'A' is taken, by a VM or a vCPU before it",
    ),
    "the name of a vCPU": (
        ["vms"],
        [{"name": "A", "counters": 1, "vcpus": 3}, {"name": "A2", "counters": 1}],
        "vms[1].name: 'A2' is taken, by a VM or a vCPU before it",
    ),
    "too many vCPUs": (
        ["vms", 0, "vcpus"],
        65,
        "vms[0].vcpus: 65 is out of range; possible is 1 to 64",
    ),
    "too many vCPUs in all": (
        ["vms", 1, "vcpus"],
        64,
        "scenario.vms: 65 vCPUs in all; possible is 1 to 64",
    ),
    "a VM without a number of counters": (
        ["vms", 0, "counters"],
        REMOVE,
        "vms[0]: 'counters' is missing",
    ),
    "more counters than any CPU": (
        ["vms", 0, "counters"],
        7,
        "vms[0].counters: 7 is out of range; possible is 0 to 6",
    ),
    "a CPU that is not there": (
        ["vms", 0, "cpu"],
        2,
        "vms[0].cpu: 2 is out of range; possible is 0 to 1",
    ),
    "a supported CPU that is not there": (
        ["vms", 0, "supported_cpus"],
        [0, 2],
        "vms[0].supported_cpus[1]: 2 is out of range; possible is 0 to 1",
    ),
    "no supported CPU": (
        ["vms", 0, "supported_cpus"],
        [],
        "vms[0].supported_cpus: a VM needs at least one CPU",
    ),
    "one supported CPU without a list": (
        ["vms", 0, "supported_cpus"],
        0,
        "vms[0].supported_cpus: a list is needed, not 0",
    ),
    "an unknown key of a VM": (
        ["vms", 0, "prog"],
        [],
        f'vms[0]: no key "prog"; there are {VM}',
    ),
    # ---- the event filter
    "an unknown rule": (
        ["vms", 0, "filter", 0, "action"],
        "forbid",
        'vms[0].filter[0].action: no action "forbid"; there are allow deny',
    ),
    "an event by a wrong name": (
        ["vms", 0, "filter", 0, "event"],
        "CYCLES",
        f'vms[0].filter[0].event: no event "CYCLES"; a number, or {KNOWN_EVENTS}',
    ),
    "a fraction of an event": (
        ["vms", 0, "filter", 0, "event"],
        1.0,
        f"vms[0].filter[0].event: no event 1.0; a number, or {KNOWN_EVENTS}",
    ),
    "true for an event": (
        ["vms", 0, "filter", 0, "event"],
        True,
        f"vms[0].filter[0].event: no event true; a number, or {KNOWN_EVENTS}",
    ),
    "an event of 17 bits": (
        ["vms", 0, "filter", 0, "event"],
        0x10000,
        "vms[0].filter[0].event: 65536 is out of range; possible is 0 to 65535",
    ),
    "more events than there are": (
        ["vms", 0, "filter", 0, "count"],
        0x10000,
        "vms[0].filter[0].count: 65536 is out of range; possible is 0 to 65511",
    ),
    # ---- what is restored
    "a register that no vCPU has": (
        ["vms", 0, "restore"],
        {"PMEVCNTR2_EL0": 0},
        'vms[0].restore: no key "PMEVCNTR2_EL0"; there are ' + " ".join(reset_registers(2)),
    ),
    "a value of 65 bits": (
        ["vms", 0, "restore", "PMCR_EL0"],
        1 << 64,
        "vms[0].restore.PMCR_EL0: 18446744073709551616 is out of range; "
        "possible is 0 to 18446744073709551615",
    ),
    # ---- the host
    "a perf event without an event": (
        ["perf_events", 0, "event"],
        REMOVE,
        "perf_events[0]: 'event' is missing",
    ),
    "a perf event on a CPU that is not there": (
        ["perf_events", 0, "cpu"],
        "0x2",
        'perf_events[0].cpu: "0x2" is out of range; possible is 0 to 1',
    ),
    "an unknown thing to do": (
        ["actions", 1, "do"],
        "explode",
        f'actions[1].do: no action "explode"; there are {ACTIONS}',
    ),
    "a list of things to do": (
        ["actions", 1, "do"],
        ["deny"],
        f'actions[1].do: no action ["deny"]; there are {ACTIONS}',
    ),
    "an action that is no object": (
        ["actions", 0],
        "deny",
        'actions[0]: an object is needed, not "deny"',
    ),
    "an action of no time": (["actions", 0, "at"], REMOVE, "actions[0]: 'at' is missing"),
    "an action on nobody": (
        ["actions", 0, "vm"],
        "C",
        'actions[0].vm: no VM "C"; there are A B',
    ),
    "a key of another action": (
        ["actions", 0, "intid"],
        23,
        'actions[0]: no key "intid"; there are at do cpu vm event count',
    ),
    "an end of what never began": (
        ["actions", 2, "name"],
        "r",
        'actions[2].name: no perf event "r"; there are p q',
    ),
    "an interrupt of nobody's own": (
        ["actions", 0],
        {"at": 1, "do": "line", "vm": "A", "intid": 1020, "level": 1},
        "actions[0].intid: 1020 is out of range; possible is 16 to 1019",
    ),
    "a level of two": (
        ["actions", 0],
        {"at": 1, "do": "line", "vm": "A", "intid": 40, "level": 2},
        "actions[0].level: 2 is out of range; possible is 0 to 1",
    ),
    "a journey to nowhere": (
        ["actions", 0],
        {"at": 1, "do": "migrate", "vm": "A", "to": 2},
        "actions[0].to: 2 is out of range; possible is 0 to 1",
    ),
    # ---- programs
    "a program that is no list": (
        ["vms", 0, "program"],
        "wfi",
        'vms[0].program: a list is needed, not "wfi"',
    ),
    "a million lines": (
        ["vms", 0, "program"],
        ["wfi"] * (MAX_INSTRUCTIONS + 1),
        f"vms[0].program: more than {MAX_INSTRUCTIONS} instructions; use repeat",
    ),
}

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
    "work CYCLES=100": f"no event CYCLES; known are {KNOWN_EVENTS}",
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
WRONG |= {
    f"the instruction {line}": (
        ["vms", 0, "program"],
        ["msr PMCR_EL0, 1", line],
        f"vms[0].program[1] {line!r}: {why}",
    )
    for line, why in WRONG_LINES.items()
}
WRONG |= {
    "an instruction that is no text": (
        ["vms", 0, "handler"],
        [7],
        "vms[0].handler[0] 7: an instruction is text",
    ),
    "an instruction without end": (
        ["vms", 0, "program"],
        ["msr " + "P" * 5000],
        f"vms[0].program[0] 'msr {'P' * 52}...: 5004 characters; an instruction has 200 at most",
    ),
    "a loop around nothing": (
        ["vms", 0, "program"],
        ["repeat 1000000000000", "end"],
        "vms[0].program[1] 'end': nothing between this and what it ends",
    ),
    "a condition of nothing": (
        ["vms", 0, "program"],
        ["when x0 1", "end"],
        "vms[0].program[1] 'end': nothing between this and what it ends",
    ),
    "the first of several mistakes": (
        ["vms", 0, "program"],
        ["wfi", "repeat 2", "repeat 3", "wfi", "end"],
        "vms[0].program[1] 'repeat 2': this repeat has no end",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_mistake_is_one_line_that_names_the_place(tmp_path, case):
    path, value, message = WRONG[case]
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(changed(path, value)))
    with pytest.raises(ScenarioError) as caught:
        scenario.load(file)

    assert f"{file}: {message}" == str(caught.value)
    assert "\n" not in message


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
    "a mark before the text": (b"\xef\xbb\xbf{}", None),
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
    path, value, message = WRONG["a CPU that is not there"]
    file = tmp_path / "wrong.json"
    file.write_text(json.dumps(changed(path, value)))

    assert 2 == main(["run", str(file)])
    assert ("", f"pmulab: {file}: {message}\n") == tuple(capsys.readouterr())


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


def places(data, path=()):
    """List the paths of all values inside some data."""
    items = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in items:
        yield [*path, key]
        if isinstance(value, dict | list):
            yield from places(value, [*path, key])


PLACES = list(places(good()))
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
@given(st.sampled_from(PLACES), something)
def test_whatever_stands_somewhere_is_used_or_refused_in_one_line(path, value):
    try:
        world = scenario.from_dict(changed(path, value))
    except ScenarioError as error:
        text = str(error)

        assert "\n" not in text
        assert len(text) < 1000
    else:
        assert world.vms
