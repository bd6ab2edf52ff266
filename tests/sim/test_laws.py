"""The laws: each holds for the hypervisor as it is, and accuses one that breaks just it."""

from random import Random

import pytest
from sim.worlds import world_of

from pmulab.kvm.event_filter import EventFilter
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.accusation import Accusation
from pmulab.sim.laws import LAWS, Laws
from pmulab.sim.machine import Machine
from pmulab.sim.scenario import from_dict


def accusation(name, **hooks):
    """Run a scenario on a hypervisor with some hooks replaced; returns the accusation."""
    machine = Machine(name, type("Wrong", (Hypervisor,), hooks), record=False)
    for _ in range(5000):
        if not machine.step():
            break
    return machine.laws.accusation


def keeps_enables(self, vcpu):
    """Put, but leave the counters enabled."""
    before = self.cpu.mrs("PMCNTENSET_EL0")
    Hypervisor.pmu_put(self, vcpu)
    self.cpu.msr("PMCNTENSET_EL0", before)


def forgets_flags(self, vcpu):
    """Do not fold the flags into memory, but clear them."""
    self.cpu.msr("PMOVSCLR_EL0", self.guest_counter_mask(vcpu))


def saves_nothing(self, vcpu):
    """Put, but lose a counter's value."""
    Hypervisor.pmu_put(self, vcpu)
    if "PMEVCNTR0_EL0" in vcpu.regs:
        vcpu.regs["PMEVCNTR0_EL0"] = 0


def never_raises(self, vcpu):
    """Say that no interrupt is due."""
    return False


def flushes_nothing(self, vcpu):
    """Leave the list registers empty."""


def puts_everything_off(self, vcpu):
    """Put, and disable the host's counters too."""
    Hypervisor.pmu_put(self, vcpu)
    self.cpu.msr("PMCNTENCLR_EL0", self.host.implemented)


def reads_hardware(self, vcpu, name):
    """Read an event type where the filter has changed it."""
    return self.cpu.mrs(name) if "TYPER" in name else Hypervisor.trapped_read(self, vcpu, name)


def gives_nothing_back(self, mask):
    """Take the host's counters and keep them."""
    if mask:
        Hypervisor.set_guest_counters(self, mask)


def clears_and_forgets(self, idx):
    """Clear the host's overflow flag, and take no sample of it."""


def looks_away(self, overflow):
    """Leave the guest's flags where they are."""


def latches_nothing(self, vcpu, value):
    """Take a list register back, but lose an edge that the guest has not taken yet."""
    irq = vcpu.vgic.irqs[value & 0xFFFFFFFF]
    intid = Hypervisor.vgic_fold(self, vcpu, value)
    irq.pending_latch = False
    return intid


# The law, a scenario that shows it, the hook that breaks it; whom it accuses, of which register.
BREAKS = [
    ("own_counts", "two-guests", {"pmu_put": saves_nothing}, "A", "PMEVCNTR0_EL0"),
    ("own_flags", "flag-across-put", {"fold_overflow": forgets_flags}, "A", "PMOVSSET_EL0"),
    ("own_reads", "guest-reads-back", {"trapped_read": reads_hardware}, "A", "PMEVTYPER1_EL0"),
    ("quiet_when_put", "two-guests", {"pmu_put": keeps_enables}, "cpu0", "PMCNTENSET_EL0"),
    ("host_untouched", "host-sampling", {"pmu_put": puts_everything_off}, "host", None),
    ("irq_handled", "both-overflow", {"handle_guest_irq": looks_away}, "cpu0", "PMUIRQ"),
    ("host_samples", "host-sampling", {"perf_overflow": clears_and_forgets}, "host", None),
    (
        "host_gets_back",
        "dynamic-reservation",
        {"set_guest_counters": gives_nothing_back},
        "host",
        "running events",
    ),
    ("irq_level", "overflow-interrupt", {"overflow_status": never_raises}, "A", "vcpu.irq_level"),
    ("irq_delivered", "overflow-interrupt", {"vgic_flush": flushes_nothing}, "A", None),
    ("own_interrupts", "vgic-competition", {"vgic_fold": latches_nothing}, "A", None),
]


@pytest.mark.parametrize(
    ("law", "name", "hooks", "who", "register"), BREAKS, ids=[row[0] for row in BREAKS]
)
def test_a_law_accuses_who_breaks_it(law, name, hooks, who, register):
    found = accusation(name, **hooks)

    assert (law, who) == (found.law, found.who)
    assert register in (None, found.subject)
    assert accusation(name) is None


def test_a_guest_that_sleeps_through_its_interrupt_is_a_broken_law():
    # Halted by hand: in a machine an interrupt that is due ends the wfi at once.
    machine = Machine("restored-overflow", record=False)
    vcpu = machine.vcpus["A"]
    # As in a search of states: nobody has told a GIC of its own what happens here.
    machine.laws.leave_out_endless()
    machine.hyp.vgic_configure(vcpu, 23, enabled=True, priority=0x80)
    vcpu.vgic.vmcr = 0xF0 << 24
    vcpu.halted, vcpu.request = True, False
    machine.laws.check(machine)
    asleep = machine.laws.accusation
    machine.laws.accusation = None
    vcpu.request = True
    machine.laws.check(machine)

    assert "wakes_up" == asleep.law
    assert machine.laws.accusation is None


# Two SPIs taken and not ended fill both list registers; then one comes that has to wait for them.
ALL_ACTIVE = {
    "pmulab": 1,
    "name": "all-active",
    "cpus": [{"counters": 4, "list_registers": 2}],
    "partition": {"reserved_host_counters": 2},
    "actions": [
        {"at": 10 * k, "do": "line", "vm": "A", "intid": 39 + k, "level": 1} for k in (1, 2, 3)
    ],
    "vms": [
        {
            "name": "A",
            "counters": 1,
            "program": [
                "msr ICC_PMR_EL1, 0xf0",
                "msr ICC_IGRPEN1_EL1, 1",
                "gic 40 enable priority=0x80",
                "gic 41 enable priority=0x60",
                "gic 42 enable priority=0xe0",
                *["work CPU_CYCLES=10", "mrs x0, ICC_IAR1_EL1"] * 3,
            ],
        }
    ],
}


def sorts_active_first(self, vcpu):
    """Order the list as KVM did up to 6.18."""
    irqs = vcpu.vgic.irqs
    vcpu.vgic.ap_list.sort(key=lambda intid: (not irqs[intid].active, irqs[intid].priority))


@pytest.mark.one_in(2)
@pytest.mark.parametrize("hooks", [{}, {"vgic_sort_ap_list": sorts_active_first}])
def test_a_guest_that_never_runs_again_is_a_broken_law_and_the_last_record(hooks):
    machine = Machine(from_dict(ALL_ACTIVE), type("Wrong", (Hypervisor,), hooks))
    last = machine.run().records[-1]
    found = machine.laws.accusation

    assert bool(hooks) == (last.kind == "accusation")
    assert ("gets_on: A instructions: yours 0, entitled 1" if hooks else "None") == str(found)


def leaves_it_open(self, vcpu):
    """Put, but leave PMUSERENR_EL0 as the guest had it."""
    mine = self.cpu.mrs("PMUSERENR_EL0")
    Hypervisor.vcpu_put(self, vcpu)
    self.cpu.msr("PMUSERENR_EL0", mine)


def only_for_partitions(self, vcpu):
    """Put; an emulated guest is thought not to have changed PMUSERENR_EL0."""
    (Hypervisor.vcpu_put if vcpu.vm.partitioned else leaves_it_open)(self, vcpu)


def closes_it(self, vcpu):
    """Put, and let EL0 reach nothing: but the host may have opened it."""
    Hypervisor.vcpu_put(self, vcpu)
    self.cpu.msr("PMUSERENR_EL0", 0)


# A put, whether the guest is partitioned, what the host has opened; whether that is right.
PUTS = [
    (Hypervisor.vcpu_put, True, 2, True),
    (Hypervisor.vcpu_put, False, 2, True),
    (leaves_it_open, True, 0, False),
    (only_for_partitions, True, 0, True),
    (only_for_partitions, False, 0, False),
    (closes_it, True, 0, True),
    (closes_it, True, 2, False),
]


@pytest.mark.parametrize(("put", "partitioned", "opened", "right"), PUTS)
def test_what_el0_may_reach_is_the_hosts_again_after_put(put, partitioned, opened, right):
    vm = {"name": "A", "counters": 1, "partitioned": partitioned}
    vm["program"] = ["msr PMUSERENR_EL0, 1", "work CPU_CYCLES=1"]
    data = {"pmulab": 1, "name": "opened", "partition": {"reserved_host_counters": 3}, "vms": [vm]}
    kind = type("Wrong", (Hypervisor,), {"vcpu_put": put})
    machine = Machine(from_dict(data), kind, record=False, laws=False)
    machine.cpus[0].msr("PMUSERENR_EL0", opened)
    machine.laws = Laws(machine)
    while machine.step():
        pass
    found = machine.laws.accusation

    assert right == (found is None)
    assert right or ("host_controls", "cpu0", "PMUSERENR_EL0") == found[:3]


def starts_late(self, event, idx):
    """Start a counter a whole range away, whatever the period is."""
    return 0


def test_a_sample_of_the_host_that_is_a_whole_range_late_is_a_broken_law():
    found = accusation("host-sampling", perf_start_value=starts_late)

    assert ("host_samples", "host") == (found.law, found.who)


# These have tests of their own. Only the explorer, which plays any order of actions, makes a
# hypervisor trip over itself.
SHOWN_APART = {"wakes_up", "host_survives", "gets_on", "host_controls"}
# Of a guest that is a hypervisor too: tests/kvm/test_nested.py.
SHOWN_APART |= {"own_level", "own_range"}


def test_every_law_has_a_sentence():
    assert {row[0] for row in BREAKS} | SHOWN_APART == set(LAWS)
    assert [] == [law for law, sentence in LAWS.items() if not sentence.endswith(".")]


def test_an_accusation_is_one_line_with_both_values():
    found = Accusation("own_counts", "A", "PMEVCNTR0_EL0", 5, 7)

    assert "own_counts: A PMEVCNTR0_EL0: yours 0x5, entitled 0x7" == str(found)
    assert "own_reads: A PMCR_EL0: yours UNDEFINED, entitled 0x41" == str(
        Accusation("own_reads", "A", "PMCR_EL0", "UNDEFINED", 0x41)
    )


def test_the_first_accusation_stands_and_ends_the_run_and_the_trace():
    wrong = type("Wrong", (Hypervisor,), {"pmu_put": saves_nothing})
    machine = Machine("two-guests", wrong)
    trace = machine.run()

    assert str(machine.laws.accusation) == trace.records[-1].text
    assert ("accusation",) == trace.records[-1].marks
    assert not machine.step()


def test_laws_can_be_switched_off():
    wrong = type("Wrong", (Hypervisor,), {"pmu_put": saves_nothing})
    machine = Machine("two-guests", wrong, record=False, laws=False)
    while machine.step():
        pass

    assert machine.laws is None
    assert machine.guests["B"].finished


def test_the_private_pmu_counts_only_what_the_host_allows():
    machine = Machine("denied-at-load", record=False)
    private = machine.laws.private["A"]
    event_filter = EventFilter()
    event_filter.set_range(0x08, 1, 1)
    private.refilter(event_filter)
    private.access("msr", "PMEVTYPER0_EL0", 8, 1)
    private.access("msr", "PMCNTENSET_EL0", 1 | 1 << 31, 1)
    private.access("msr", "PMCR_EL0", 1, 1)
    private.work([(0x08, 5), (0x11, 9)], 1)

    assert 0 == private.access("mrs", "PMEVCNTR0_EL0", 0, 1)
    assert 9 == private.access("mrs", "PMCCNTR_EL0", 0, 1)


@pytest.mark.parametrize(
    ("reg", "el", "outcome"),
    [
        ("PMEVCNTR1_EL0", 1, "UNDEFINED"),
        ("PMCCNTR_EL0", 0, "trap to EL1"),
        ("PMCR_EL0", 1, 0x41010840),
        ("PMMIR_EL1", 1, 0),
    ],
)
def test_the_private_pmu_has_the_guests_counters_and_no_traps(reg, el, outcome):
    machine = Machine("denied-at-load", record=False)

    assert outcome == machine.laws.private["A"].access("mrs", reg, 0, el)


def test_an_emulated_pmu_is_judged_when_the_host_has_handled_its_interrupt():
    machine = Machine("same-guest-emulated", record=False)
    pending = 0
    while machine.step():
        pending += machine.cpus[0].irq and machine.vcpus["A"].cpu is not None

    assert pending
    assert machine.laws.accusation is None


@pytest.mark.slow
def test_an_event_that_perf_has_not_moved_yet_is_no_fault():
    """World 7102 of seed 7: what held the cycle counter is removed, and perf moves nobody."""
    scenario = from_dict(world_of(Random("7 7102")))

    machine = Machine(scenario)
    machine.run()

    assert machine.laws.accusation is None
