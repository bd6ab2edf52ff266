"""The machine: KVM's order around a guest, its scheduler, time on several CPUs, copies."""

from copy import deepcopy
from dataclasses import replace

import pytest
from hypothesis import given, settings
from sim import worlds

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.machine import Machine
from pmulab.sim.program import ProgramError, parse
from pmulab.sim.scenario import Action, ScenarioError, from_dict


def world(*vms, **top):
    """Make a scenario of plain data."""
    return from_dict(
        {
            "pmulab": 1,
            "name": "toy",
            "partition": {"reserved_host_counters": 2},
            "slice_cycles": 100,
            **top,
            "vms": list(vms),
        }
    )


def vm(name, *program, **keys):
    """Make a VM with one counter."""
    return {"name": name, "counters": 1, "program": list(program), **keys}


def run(scenario, **options):
    """Run to the end, at most 5,000 steps."""
    machine = Machine(scenario, **options)
    for _ in range(5000):
        if not machine.step():
            return machine
    raise AssertionError(f"no end at {machine.clock}")


def texts(machine):
    """Return what was noted: everything but accesses and memory."""
    return [r.text for r in machine.trace if r.kind not in ("access", "memory", "trap", "note")]


WORK = "work CPU_CYCLES={}"


def test_guests_take_turns_of_a_slice_round_robin():
    guests = [vm(name, WORK.format(150)) for name in "ABC"]
    machine = run(world(*guests))
    turns = [text.split()[-1] for text in texts(machine) if text.startswith("vcpu_load")]

    assert list("ABCABC") == turns
    assert [450] == machine.clock


def test_a_guest_that_is_alone_is_not_put_at_each_tick():
    machine = run(world(vm("A", WORK.format(350))))

    assert 1 == sum(text.startswith("vcpu_put") for text in texts(machine))
    assert 3 == sum("timer interrupt" in text for text in texts(machine))


def test_a_host_that_has_work_puts_it_at_each_tick():
    machine = run(world(vm("A", WORK.format(250)), host_cycles=10))

    assert [280] == machine.clock
    assert 3 == sum(text.startswith("host work") for text in texts(machine))


def test_the_order_around_a_guest_is_kvms():
    order = []

    class Watched(Hypervisor):
        pass

    def watched(hook):
        def method(self, *args):
            order.append(hook)
            return getattr(super(Watched, self), hook)(*args)

        return method

    for hook in "enter exit handle_host_irq handle_trap update_state vgic_flush vgic_sync".split():
        setattr(Watched, hook, watched(hook))
    overflow = [
        "msr PMEVTYPER0_EL0, 0x8",
        "msr PMEVCNTR0_EL0, 0xffffffff",
        "msr PMINTENSET_EL1, 1",
        "msr PMCNTENSET_EL0, 1",
        "msr PMCR_EL0, 1",
        "work CPU_CYCLES=5 INST_RETIRED=5",
    ]
    run(world(vm("A", *overflow)), hypervisor=Watched, laws=False)
    into, out = ["enter", "update_state", "vgic_flush"], ["exit", "update_state", "vgic_sync"]

    assert order == [*into, *out, "handle_trap", *into, *out, "handle_host_irq", *into, *out]


def test_an_interrupt_is_taken_in_the_middle_of_work_and_the_rest_is_done_after_it():
    handler = ["mrs x0, ICC_IAR1_EL1", "msr PMOVSCLR_EL0, 1", "msr ICC_EOIR1_EL1, x0"]
    program = [
        "msr ICC_PMR_EL1, 0xf0",
        "msr ICC_IGRPEN1_EL1, 1",
        "gic 23 enable priority=0xa0",
        "msr PMEVTYPER0_EL0, 0x8",
        "msr PMEVCNTR0_EL0, 0xfffffff0",
        "msr PMINTENSET_EL1, 1",
        "msr PMCNTENSET_EL0, 1",
        "msr PMCR_EL0, 1",
        "work CPU_CYCLES=90 INST_RETIRED=45",
    ]
    machine = run(world(vm("A", *program, handler=handler)))
    times = [r.time for r in machine.trace if r.kind == "work"]

    # 16 instructions take 32 of the cycles.
    assert [32, 90] == times


@pytest.mark.one_in(3)
@pytest.mark.parametrize("events", [1, 3, 7, 89, 90, 1000])
def test_events_of_work_are_spread_evenly_and_none_is_lost(events):
    program = [
        "msr PMEVTYPER0_EL0, 0x8",
        "msr PMCNTENSET_EL0, 0x80000001",
        "msr PMCR_EL0, 0x41",
        f"work CPU_CYCLES=90 INST_RETIRED={events}",
        "mrs x0, PMEVCNTR0_EL0",
        "mrs x1, PMCCNTR_EL0",
    ]
    machine = run(world(vm("A", *program), vm("B", WORK.format(50)), slice_cycles=7))

    assert [events, 90] == [o.value for o in machine.guests["A"].observed]


# ---- halting


def test_a_halted_guest_whom_nobody_wakes_ends_the_run():
    machine = run(world(vm("A", "wfi", WORK.format(10)), vm("B", WORK.format(10))))

    assert [10] == machine.clock
    assert not machine.guests["A"].finished


def test_a_line_wakes_a_halted_guest_and_time_stands_still_for_nobody():
    program = [
        "msr ICC_PMR_EL1, 0xf0",
        "gic 27 enable priority=0x80",
        "wfi",
        WORK.format(10),
    ]
    line = {"at": 500, "do": "line", "vm": "A", "intid": 27, "level": 1}
    machine = run(world(vm("A", *program), actions=[line]))

    assert [510] == machine.clock


@pytest.mark.parametrize("intid", [0, 15])
def test_an_sgi_wakes_a_halted_guest(intid):
    program = ["msr ICC_PMR_EL1, 0xf0", f"gic {intid} priority=0x80", "wfi", WORK.format(10)]
    sent = {"at": 70, "do": "sgi", "vm": "A", "intid": intid}
    machine = run(world(vm("A", *program), actions=[sent]))

    assert [80] == machine.clock


# ---- several CPUs


TWO = [{"counters": 4}, {"counters": 6}]


def test_a_vcpu_is_never_on_two_cpus():
    moves = tuple(Action(n, "migrate", 1, {"vm": "A", "to": n % 2}) for n in (15, 16, 35))
    scenario = world(vm("A", WORK.format(200)), vm("B", WORK.format(90), cpu=1), cpus=TWO)
    machine = Machine(replace(scenario, actions=moves), record=False)
    while machine.step():
        loaded = [core.loaded for core in machine.cores if core.loaded]

        assert len(set(loaded)) == len(loaded)
    assert machine.guests["A"].finished


def test_a_guest_that_moves_to_an_idle_cpu_does_not_go_back_in_time():
    move = {"at": 60, "do": "migrate", "vm": "A", "to": 1}
    machine = run(world(vm("A", WORK.format(100)), cpus=TWO, actions=[move]))
    times = [r.time for r in machine.trace]

    assert sorted(times) == times
    assert 100 == machine.clock[1]


def test_an_action_on_an_idle_cpu_happens_at_its_time():
    late = {"at": 50, "do": "line", "vm": "A", "intid": 40, "level": 1, "cpu": 1}
    machine = run(world(vm("A", WORK.format(300)), cpus=TWO, actions=[late]))
    (at,) = [r.time for r in machine.trace if r.text.startswith("line")]

    assert 50 == at


def test_a_kick_makes_a_guest_on_another_cpu_exit():
    ban = {"at": 150, "do": "deny", "vm": "A", "event": "INST_RETIRED", "cpu": 1}
    program = ["msr PMEVTYPER0_EL0, 8", "msr PMCNTENSET_EL0, 1", "msr PMCR_EL0, 1"]
    machine = run(
        world(
            vm("A", *program, "repeat 10", "work CPU_CYCLES=40 INST_RETIRED=40", "end"),
            vm("B", WORK.format(400), cpu=1),
            slice_cycles=1000,
            cpus=TWO,
            actions=[ban],
        )
    )

    assert "guest exit: kicked" in texts(machine)
    assert machine.laws.accusation is None


def test_an_unsupported_cpu_refuses_to_enter_and_is_not_tried_again():
    move = {"at": 50, "do": "migrate", "vm": "A", "to": 1}
    machine = run(world(vm("A", WORK.format(100), supported_cpus=[0]), cpus=TWO, actions=[move]))
    notes = [r.text for r in machine.trace if "FAIL_ENTRY" in r.text]

    assert ["KVM_EXIT_FAIL_ENTRY: cpu1 is unsupported"] == notes
    assert not machine.guests["A"].finished


def test_a_cpu_that_has_refused_is_tried_again_after_another_migration():
    moves = [
        {"at": at, "do": "migrate", "vm": "A", "to": to, "cpu": 1 - to}
        for at, to in ((20, 1), (40, 0), (60, 1), (80, 0))
    ]
    machine = run(world(vm("A", WORK.format(100), supported_cpus=[0]), cpus=TWO, actions=moves))

    assert 2 == sum("FAIL_ENTRY" in r.text for r in machine.trace)
    assert machine.guests["A"].finished


def test_a_vm_gets_no_more_counters_than_the_partition_leaves_it():
    machine = Machine(world(vm("A", counters=4), cpus=[{"counters": 4}]), record=False)

    assert 2 == machine.vcpus["A"].vm.n_counters


# ---- the host


def test_host_work_as_an_action_happens_at_el2_with_the_guest_loaded():
    work = {"at": 30, "do": "host_work", "cycles": 40}
    perf = {"name": "h", "event": "CPU_CYCLES"}
    machine = run(world(vm("A", WORK.format(50)), actions=[work], perf_events=[perf]))

    assert [90] == machine.clock
    assert 40 == machine.laws.due["h"]
    assert 1 == sum(text.startswith("vcpu_put") for text in texts(machine))


def test_events_of_the_host_can_come_and_go():
    actions = [
        {"at": 10, "do": "perf_add", "name": "late", "event": "CPU_CYCLES"},
        {"at": 20, "do": "host_work", "cycles": 5},
        {"at": 40, "do": "perf_remove", "name": "late"},
        {"at": 60, "do": "host_work", "cycles": 5},
    ]
    machine = run(world(vm("A", WORK.format(100)), actions=actions))

    assert 5 == machine.laws.due["late"]
    assert [] == machine.hyp.hosts[0].events


# ---- loops and conditions


@pytest.mark.parametrize(("bits", "expected"), [(0, []), (1, [10]), (2, [20]), (3, [10, 20])])
def test_when_runs_its_block_if_the_bit_is_set(bits, expected):
    program = [
        f"msr PMSELR_EL0, {bits}",
        "mrs x1, PMSELR_EL0",
        *["when x1 0", "msr PMEVCNTR0_EL0, 10", "mrs x0, PMEVCNTR0_EL0", "end"],
        *["when x1 1", "msr PMEVCNTR0_EL0, 20", "mrs x0, PMEVCNTR0_EL0", "end"],
    ]
    machine = run(world(vm("A", *program)))

    assert expected == [o.value for o in machine.guests["A"].observed[1:]]


def test_when_and_repeat_nest():
    program = [
        "msr PMSELR_EL0, 1",
        "mrs x1, PMSELR_EL0",
        "repeat 3",
        "when x1 0",
        "repeat 2",
        "work CPU_CYCLES=1",
        "end",
        "end",
        "end",
    ]

    assert [6] == run(world(vm("A", *program))).clock


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["when x1"], "[0] 'when x1': when takes x0 to x30 and a bit: when x0 3"),
        (["when x1 64"], "[0] 'when x1 64': the bit is 64; possible is 0 to 0x3f"),
        (["when y 1"], "[0] 'when y 1': when takes x0 to x30 and a bit: when x0 3"),
        (["when x1 1", "wfi"], "[0] 'when x1 1': this when has no end"),
        (["end"], "[0] 'end': end without repeat or when"),
        (
            ["msr ICC_SGI1R_EL1, 1"],
            "[0] 'msr ICC_SGI1R_EL1, 1': ICC_SGI1R_EL1 is not modelled; an action `sgi` sends one",
        ),
    ],
)
def test_a_mistake_in_a_condition_is_one_line(lines, message):
    with pytest.raises(ProgramError) as error:
        parse(lines)

    assert message == str(error.value)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (
            {"at": 1, "do": "sgi", "vm": "A", "intid": 16},
            "actions[0].intid: 16 is out of range; possible is 0 to 15",
        ),
        (
            {"at": 1, "do": "line", "vm": "A", "intid": 3, "level": 1},
            "actions[0].intid: 3 is out of range; possible is 16 to 1019",
        ),
        ({"at": 1, "do": "host_work"}, "actions[0]: 'cycles' is missing"),
        (
            {"at": 1, "do": "host_work", "cycles": 0},
            "actions[0].cycles: 0 is out of range; possible is 1 to 1000000000000",
        ),
    ],
)
def test_a_mistake_in_an_action_is_one_line(action, message):
    with pytest.raises(ScenarioError) as error:
        world(vm("A"), actions=[action])

    assert message == str(error.value)


# ---- watching and copying


def test_a_watcher_is_told_what_a_trace_would_note():
    told = []
    machine = Machine("overflow-interrupt", record=False, laws=False)
    machine.watchers.append(lambda kind, who, text, **data: told.append(text))
    while machine.step():
        pass
    recorded = Machine("overflow-interrupt").run()

    assert told == [r.text for r in recorded if r.kind not in ("access", "memory", "trap")]


def outcome(machine):
    """Return everything that two runs of one world must agree in."""
    return (
        [pe.state() for pe in machine.cpus],
        {n: dict(v.regs) for n, v in machine.vcpus.items()},
        {n: deepcopy(vars(v.vgic)) for n, v in machine.vcpus.items()},
        {n: [tuple(o) for o in g.observed] for n, g in machine.guests.items()},
        machine.clock,
        str(machine.laws.accusation),
    )


@settings(max_examples=15, deadline=None)
@given(worlds.scenarios())
@pytest.mark.slow
def test_a_copy_taken_at_any_step_ends_as_the_original(drawn):
    _, scenario = drawn
    machine = Machine(scenario, record=False)
    twins = []
    for n in range(5000):
        if n in (0, 1, 7, 40):
            twins.append(deepcopy(machine))
        if not machine.step():
            break
    for twin in twins:
        while twin.step():
            pass

        assert outcome(machine) == outcome(twin)


def test_a_step_of_a_copy_leaves_the_original_alone():
    machine = Machine("both-overflow", record=False)
    for _ in range(10):
        machine.step()
    before = outcome(machine)
    twin = deepcopy(machine)
    while twin.step():
        pass

    assert before == outcome(machine)
    assert before != outcome(twin)


def test_a_machine_without_a_recorder_has_no_trace_and_says_so():
    with pytest.raises(ValueError, match="make it with record=True"):
        _ = Machine("two-guests", record=False).trace


def test_a_run_stops_at_the_scenarios_limit_of_records():
    machine = Machine(world(vm("A", WORK.format(10**9)), max_records=500))
    trace = machine.run()

    assert trace.records[-1].text.startswith("stopped: 500 records")
