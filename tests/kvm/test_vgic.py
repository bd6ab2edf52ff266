"""KVM's vGIC for one vCPU: inputs, flush, fold, prune, and what happens beyond the list registers.

Linux: arch/arm64/kvm/vgic/vgic.c, vgic-v3.c, vgic-mmio.c. The guest's side is the real interface of
`hw.gic`.
"""

import random

import pytest
from kvm.bench import Bench, E

from pmulab.kvm.vgic import vgic_order
from pmulab.kvm.vgic_state import EDGE, LEVEL, PMU_PPI, VgicIrq

INVALID, PENDING, ACTIVE, BOTH = range(4)
EN, UIE, LRENPIE, NPIE, TDIR = 1, 2, 4, 8, 1 << 14
VGRP0E, VGRP0D, VGRP1E = 1 << 4, 1 << 5, 1 << 6
EOI_BIT, GROUP1 = 1 << 41, 1 << 60
SPURIOUS = 1023
SGI, PPI, SPI = 3, 27, 40


class Guest:
    """A vCPU whose interface is open; methods are what its software does."""

    def __init__(self, lrs=4, **regs):
        self.bench = Bench(lrs=lrs)
        self.hyp = self.bench.hyp
        self.vcpu = self.bench.loaded(**regs)
        self.enter()
        self("PMR", 0xF8)
        self("IGRPEN1", 1)
        self.exit()

    def __call__(self, short, *value):
        return self.bench.at_el1(self.vcpu, f"ICC_{short}_EL1", *value)

    def enable(self, intid, priority=0xA0, **what):
        self.hyp.vgic_configure(self.vcpu, intid, enabled=True, priority=priority, **what)

    def line(self, intid, level):
        self.hyp.vgic_inject(self.vcpu, intid, bool(level))

    def enter(self):
        self.hyp.enter(self.vcpu)

    def exit(self):
        self.hyp.exit(self.vcpu)

    def cycle(self):
        """Exit and enter, as on any trap."""
        self.exit()
        self.enter()

    def irq(self, intid):
        """Return what the vGIC's software knows of an interrupt."""
        return self.vcpu.vgic.irq(intid)

    @property
    def listed(self):
        """Return the ap_list."""
        return self.vcpu.vgic.ap_list

    @property
    def lrs(self):
        """Return (INTID, State) of the list registers that are not empty."""
        values = [self.bench[f"ICH_LR{n}_EL2"] for n in range(len(self.bench.pe.gic.lrs))]
        return [(value & 0xFFFFFFFF, value >> 62) for value in values if value]

    @property
    def hcr(self):
        """Return ICH_HCR_EL2 without EOIcount."""
        return self.bench["ICH_HCR_EL2"] & 0x07FFFFFF

    @property
    def maintenance(self):
        """Return the level of the maintenance interrupt."""
        return self.bench.pe.gic.maintenance


# ---- 5.1 what an interrupt is at first


@pytest.mark.parametrize(
    ("intid", "config", "enabled"),
    [(0, EDGE, True), (15, EDGE, True), (16, LEVEL, False), (PMU_PPI, LEVEL, False)],
)
def test_an_sgi_is_an_enabled_edge_and_a_ppi_a_disabled_level(intid, config, enabled):
    irq = Guest().irq(intid)

    assert (config, enabled, 0, 1) == (irq.config, irq.enabled, irq.priority, irq.group)


@pytest.mark.parametrize(
    ("intid", "line", "latch", "pending"),
    [
        (PPI, False, False, False),
        (PPI, True, False, True),
        (PPI, False, True, True),
        (SGI, False, True, True),
        (SGI, True, False, False),
    ],
)
def test_pending_is_the_latch_or_the_line_of_a_level(intid, line, latch, pending):
    irq = Guest().irq(intid)
    irq.line_level, irq.pending_latch = line, latch

    assert pending == irq.pending


# ---- 5.2 the inputs


@pytest.mark.parametrize(
    ("enabled", "pending", "active", "target"),
    [
        (True, True, False, True),
        (True, False, False, False),
        (False, True, False, False),
        (False, False, True, True),
        (True, True, True, True),
    ],
)
def test_the_target_rule_active_or_enabled_and_pending(enabled, pending, active, target):
    guest = Guest()
    irq = guest.irq(PPI)
    irq.enabled, irq.line_level, irq.active = enabled, pending, active

    assert target == guest.hyp.vgic_target(irq)


def test_a_level_is_queued_when_its_line_rises_and_the_vcpu_is_kicked():
    guest = Guest()
    guest.enable(PPI)
    guest.vcpu.request = False
    guest.line(PPI, 1)

    assert ([PPI], True, True) == (guest.listed, guest.irq(PPI).queued, guest.vcpu.request)


def test_the_same_level_again_is_ignored():
    guest = Guest()
    guest.enable(PPI)
    guest.line(PPI, 1)
    guest.vcpu.request = False
    guest.line(PPI, 1)

    assert ([PPI], False) == (guest.listed, guest.vcpu.request)


def test_lowering_a_level_does_not_dequeue_but_the_next_sync_prunes():
    guest = Guest()
    guest.enable(PPI)
    guest.line(PPI, 1)
    guest.line(PPI, 0)
    before = list(guest.listed)
    guest.cycle()

    assert ([PPI], [], False) == (before, guest.listed, guest.irq(PPI).queued)


def test_an_edge_latches_and_lowering_it_does_nothing():
    guest = Guest()
    guest.line(SGI, 1)
    guest.line(SGI, 0)

    assert guest.irq(SGI).pending_latch
    assert [SGI] == guest.listed


def test_two_edges_before_the_guest_looks_are_one():
    guest = Guest()
    guest.line(SGI, 1)
    guest.line(SGI, 1)
    guest.enter()

    assert SGI == guest("IAR1")
    guest("EOIR1", SGI)
    guest.cycle()
    assert SPURIOUS == guest("IAR1")


def test_a_disabled_interrupt_is_not_queued_until_the_guest_enables_it():
    guest = Guest()
    guest.line(PPI, 1)
    before = list(guest.listed)
    guest.enable(PPI)

    assert ([], [PPI]) == (before, guest.listed)


def test_disabling_leaves_it_on_the_list_until_the_next_sync():
    guest = Guest()
    guest.enable(PPI)
    guest.line(PPI, 1)
    guest.hyp.vgic_configure(guest.vcpu, PPI, enabled=False)
    before = list(guest.listed)
    guest.cycle()

    assert ([PPI], []) == (before, guest.listed)
    assert SPURIOUS == guest("IAR1")


def test_an_already_queued_interrupt_is_not_queued_twice():
    guest = Guest()
    guest.enable(PPI)
    guest.line(PPI, 1)
    guest.enable(PPI, pending=True)

    assert [PPI] == guest.listed


def test_software_can_pend_a_level_and_take_it_back_but_not_its_line():
    guest = Guest()
    guest.enable(PPI, pending=True)
    guest.line(PPI, 1)
    guest.hyp.vgic_configure(guest.vcpu, PPI, pending=False)

    assert (True, False) == (guest.irq(PPI).pending, guest.irq(PPI).pending_latch)


def test_setting_active_queues_and_clearing_it_prunes():
    guest = Guest()
    guest.hyp.vgic_configure(guest.vcpu, PPI, active=True)
    guest.enter()
    before = guest.lrs
    guest.exit()
    guest.hyp.vgic_configure(guest.vcpu, PPI, active=False)
    guest.enter()
    guest.exit()

    assert ([(PPI, ACTIVE)], []) == (before, guest.listed)


@pytest.mark.parametrize(("written", "kept"), [(0xA0, 0xA0), (0xA7, 0xA0), (0xFF, 0xF8), (7, 0)])
def test_five_bits_of_priority_are_kept(written, kept):
    guest = Guest()
    guest.enable(PPI, priority=written)

    assert kept == guest.irq(PPI).priority


# ---- 5.3 flush


def test_a_pending_level_asks_for_maintenance_at_its_end():
    guest = Guest()
    guest.enable(PPI, priority=0x80)
    guest.line(PPI, 1)
    guest.enter()

    assert PENDING << 62 | GROUP1 | 0x80 << 48 | EOI_BIT | PPI == guest.bench["ICH_LR0_EL2"]
    assert guest.irq(PPI).line_level


def test_a_pending_edge_is_consumed_by_the_flush_and_asks_for_nothing():
    guest = Guest()
    guest.line(SGI, 1)
    guest.enter()

    assert PENDING << 62 | GROUP1 | SGI == guest.bench["ICH_LR0_EL2"]
    assert not guest.irq(SGI).pending_latch


def test_an_active_level_is_never_pending_too():
    guest = Guest()
    guest.enable(PPI)
    guest.line(PPI, 1)
    guest.enter()
    guest("IAR1")
    guest.cycle()

    assert [(PPI, ACTIVE)] == guest.lrs


def test_an_active_edge_that_comes_again_is_both():
    guest = Guest()
    guest.line(SGI, 1)
    guest.enter()
    guest("IAR1")
    guest.exit()
    guest.line(SGI, 1)
    guest.enter()

    assert [(SGI, BOTH)] == guest.lrs
    guest("EOIR1", SGI)
    assert SGI == guest("IAR1")


def test_what_fits_goes_in_by_order_of_arrival():
    guest = Guest()
    for intid, priority in ((40, 0xC0), (41, 0x20), (42, 0x80)):
        guest.enable(intid, priority)
        guest.line(intid, 1)
    guest.enter()

    assert [40, 41, 42] == [intid for intid, _ in guest.lrs]
    assert EN == guest.hcr


def test_what_does_not_fit_goes_in_by_urgency():
    guest = Guest(lrs=2)
    for intid, priority in ((40, 0xC0), (41, 0x20), (42, 0x80)):
        guest.enable(intid, priority)
        guest.line(intid, 1)
    guest.enter()

    assert [41, 42] == [intid for intid, _ in guest.lrs]
    assert [41, 42, 40] == guest.listed
    assert EN | UIE | NPIE == guest.hcr


def test_equal_priorities_keep_their_order_of_arrival():
    guest = Guest(lrs=2)
    for intid in (44, 41, 43, 42):
        guest.enable(intid, 0x80)
        guest.line(intid, 1)
    guest.enter()

    assert [44, 41] == [intid for intid, _ in guest.lrs]


def test_one_that_has_nowhere_to_go_takes_no_list_register():
    guest = Guest(lrs=2)
    for intid in (40, 41, 42):
        guest.enable(intid)
        guest.line(intid, 1)
    guest.line(40, 0)
    guest.enter()

    assert [41, 42] == [intid for intid, _ in guest.lrs]
    assert EN == guest.hcr


def test_a_list_register_that_is_no_longer_needed_is_cleared():
    guest = Guest()
    for intid in (40, 41):
        guest.enable(intid)
        guest.line(intid, 1)
    guest.enter()
    guest.exit()
    guest.line(41, 0)
    guest.enter()

    assert [(40, PENDING)] == guest.lrs


# ---- 5.4 fold and prune


def test_an_edge_that_was_not_taken_is_pending_again():
    guest = Guest()
    guest.line(SGI, 1)
    guest.enter()
    guest.exit()

    assert (True, [SGI]) == (guest.irq(SGI).pending_latch, guest.listed)


@pytest.mark.parametrize(("ended", "latch"), [(False, True), (True, False)])
def test_software_that_pended_a_level_is_answered_when_it_is_over(ended, latch):
    guest = Guest()
    guest.enable(PPI, pending=True)
    guest.enter()
    guest("IAR1")
    if ended:
        guest("EOIR1", PPI)
    guest.exit()

    assert latch == guest.irq(PPI).pending_latch


def test_an_ended_interrupt_leaves_the_list():
    guest = Guest()
    guest.line(SGI, 1)
    guest.enter()
    guest("IAR1")
    guest("EOIR1", SGI)
    guest.exit()

    assert ([], False) == (guest.listed, guest.irq(SGI).queued)


def test_put_and_load_keep_active_priorities_and_what_the_guest_configured():
    guest = Guest()
    guest.enable(PPI, 0x80)
    guest.line(PPI, 1)
    guest.enter()
    guest("IAR1")
    guest.exit()
    guest.hyp.vcpu_put(guest.vcpu)
    empty = (guest.lrs, guest.hcr)
    other = guest.bench.loaded("B")
    guest.hyp.vcpu_put(other)
    guest.hyp.vcpu_load(guest.vcpu)
    guest.enter()

    assert ([], 0) == empty
    assert [(PPI, ACTIVE)] == guest.lrs
    assert (0x80, 0xF8) == (guest("RPR"), guest("PMR"))
    guest("EOIR1", PPI)
    assert [(PPI, INVALID)] == guest.lrs


# ---- 5.5 the life of the PMU's interrupt, a test for each row


class Overflowing(Guest):
    """A guest whose counter 0 has overflowed while it ran."""

    def __init__(self):
        super().__init__(PMINTENSET_EL1=1, PMCR_EL0=E)
        self.enable(PMU_PPI)
        self.enter()
        self.bench.pe.msr("PMOVSSET_EL0", 1)

    def handled(self):
        """Exit, let the host handle its interrupt, enter again."""
        self.exit()
        self.hyp.handle_host_irq()
        self.enter()

    @property
    def state(self):
        """Return line, active and what the list registers hold."""
        irq = self.irq(PMU_PPI)
        return irq.line_level, irq.active, self.lrs


def test_row_1_overflow_the_line_rises_at_the_update_after_the_hosts_interrupt():
    guest = Overflowing()
    guest.exit()
    guest.hyp.handle_host_irq()
    before = guest.state
    guest.hyp.update_state(guest.vcpu)

    assert (False, False, []) == before
    assert (True, False, []) == guest.state
    assert [PMU_PPI] == guest.listed


def test_row_2_the_next_entry_puts_it_into_a_list_register():
    guest = Overflowing()
    guest.handled()

    assert (True, False, [(PMU_PPI, PENDING)]) == guest.state
    assert guest.bench["ICH_LR0_EL2"] & EOI_BIT
    assert guest.bench.pe.gic.virq


def test_row_3_the_guest_acknowledges_it():
    guest = Overflowing()
    guest.handled()

    assert PMU_PPI == guest("IAR1")
    assert [(PMU_PPI, ACTIVE)] == guest.lrs
    assert guest.irq(PMU_PPI).line_level


def test_row_4_the_guest_clears_the_flag_the_line_falls_and_it_stays_active():
    guest = Overflowing()
    guest.handled()
    guest("IAR1")
    guest.exit()
    guest.bench.at_el1(guest.vcpu, "PMOVSCLR_EL0", 1)
    guest.enter()

    assert (False, True, [(PMU_PPI, ACTIVE)]) == guest.state


def test_row_5_the_guest_ends_it_and_maintenance_takes_it_off_the_list():
    guest = Overflowing()
    guest.handled()
    guest("IAR1")
    guest.exit()
    guest.bench.at_el1(guest.vcpu, "PMOVSCLR_EL0", 1)
    guest.enter()
    guest("EOIR1", PMU_PPI)
    asked = guest.maintenance
    guest.exit()

    assert asked
    assert (False, False, []) == (*guest.state[:2], guest.listed)
    guest.enter()
    assert [] == guest.lrs


def test_row_6_ended_without_clearing_the_flag_it_is_pending_again():
    guest = Overflowing()
    guest.handled()
    for _ in range(3):
        guest("IAR1")
        guest("EOIR1", PMU_PPI)
        guest.cycle()

        assert (True, False, [(PMU_PPI, PENDING)]) == guest.state


def test_a_flag_that_is_cleared_before_the_guest_looks_withdraws_the_interrupt():
    guest = Overflowing()
    guest.handled()
    guest.exit()
    guest.bench.at_el1(guest.vcpu, "PMOVSCLR_EL0", 1)
    guest.enter()

    assert (False, False, []) == guest.state
    assert SPURIOUS == guest("IAR1")


# ---- groups that the guest has disabled


def competing(*enabled, lrs=2):
    """Let two of group 0 and two of group 1, which are less urgent, wait; enable some groups."""
    guest = Guest(lrs=lrs)
    guest("IGRPEN1", int(1 in enabled))
    guest("IGRPEN0", int(0 in enabled))
    for intid in (40, 41, 42, 43):
        guest.irq(intid).group = int(intid > 41)
        guest.enable(intid, 0x10 * (intid - 39))
        guest.line(intid, 1)
    guest.enter()
    return guest


@pytest.mark.parametrize(
    ("enabled", "chosen", "asked"),
    [
        ((0, 1), [40, 41], VGRP0D),
        ((0,), [40, 41], VGRP1E),
        ((1,), [42, 43], VGRP0E),
        ((), [40, 41], VGRP1E),
    ],
)
def test_those_of_a_disabled_group_come_last(enabled, chosen, asked):
    guest = competing(*enabled)

    assert chosen == [intid for intid, _ in guest.lrs]
    assert chosen == guest.listed[:2]
    assert EN | UIE | NPIE | asked == guest.hcr


def test_a_group_that_the_guest_enables_is_sorted_in():
    guest = competing(1)
    guest("IGRPEN0", 1)

    assert guest.maintenance
    guest.cycle()
    assert [40, 41] == [intid for intid, _ in guest.lrs]
    assert (False, 40) == (guest.maintenance, guest("IAR0"))


def test_a_group_that_the_guest_disables_makes_room():
    guest = competing(0, 1)
    guest("IGRPEN0", 0)

    assert (True, SPURIOUS) == (guest.maintenance, guest("HPPIR1"))
    guest.cycle()
    assert [42, 43] == [intid for intid, _ in guest.lrs]
    assert (False, 42) == (guest.maintenance, guest("IAR1"))


def test_an_active_one_comes_before_a_pending_one_of_a_disabled_group():
    guest = Guest(lrs=2)
    for intid, group, active in ((40, 0, False), (41, 1, True), (42, 1, False)):
        guest.irq(intid).group = group
        guest.enable(intid, 0x20, active=active)
        guest.line(intid, not active)
    guest.enter()

    assert [42, 41, 40] == guest.listed


def test_where_all_fits_a_group_is_no_reason_to_sort():
    guest = competing(1, lrs=4)

    assert [40, 41, 42, 43] == [intid for intid, _ in guest.lrs]
    assert EN == guest.hcr


@pytest.mark.parametrize("groups", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_the_order_without_a_vmcr_is_that_of_both_groups_enabled(groups):
    urgent, other = (VgicIrq(40 + k, LEVEL, 0x20 * k, g, True, True) for k, g in enumerate(groups))

    assert vgic_order(urgent) < vgic_order(other)
    assert vgic_order(urgent) == vgic_order(urgent, 0b11)


# ---- 5.6 beyond the list registers


def urgent_first(n):
    """List `n` SPIs with different priorities, in no order."""
    priorities = [8 * k for k in range(1, n + 1)]
    random.Random(7).shuffle(priorities)
    return list(zip(range(40, 40 + n), priorities))


def serve(guest, limit=200):
    """Acknowledge and end whatever comes; returns the INTIDs in their order."""
    taken = []
    for _ in range(limit):
        if guest.maintenance:
            guest.cycle()
        elif guest.bench.pe.gic.virq:
            intid = guest("IAR1")
            taken.append(intid)
            guest.line(intid, 0)
            guest("EOIR1", intid)
        else:
            return taken
    raise AssertionError(f"still at it after {limit} steps: {taken}")


@pytest.mark.parametrize("lrs", [2, 3, 4, 16])
def test_12_pending_interrupts_all_come_once_and_by_urgency(lrs):
    guest = Guest(lrs=lrs)
    rows = urgent_first(12)
    for intid, priority in rows:
        guest.enable(intid, priority)
        guest.line(intid, 1)
    guest.enter()

    assert [intid for intid, _ in sorted(rows, key=lambda row: row[1])] == serve(guest)
    assert ([], [], EN) == (guest.listed, guest.lrs, guest.hcr)


@pytest.mark.parametrize("lrs", [2, 4])
def test_12_edges_all_come_once(lrs):
    guest = Guest(lrs=lrs)
    for intid in range(12):
        guest.enable(intid, 8 * (12 - intid))
        guest.line(intid, 1)
    guest.enter()

    assert list(reversed(range(12))) == serve(guest)


def nest(guest, rows):
    """Let each interrupt come while the one before is active; returns what IAR gave."""
    taken = []
    for intid, priority in rows:
        guest.enable(intid, priority)
        guest.line(intid, 1)
        guest.cycle()
        taken.append(guest("IAR1"))
        guest.line(intid, 0)
    return taken


NESTED = [(intid, 0xF0 - 8 * n) for n, intid in enumerate(range(40, 49))]


@pytest.mark.parametrize("lrs", [2, 4])
def test_nine_nested_interrupts_preempt_each_other_though_few_list_registers_are_there(lrs):
    guest = Guest(lrs=lrs)
    guest.enter()

    assert list(range(40, 49)) == nest(guest, NESTED)
    assert len(guest.lrs) == lrs


@pytest.mark.parametrize("lrs", [2, 4])
def test_nested_interrupts_are_ended_by_eoicount_innermost_first(lrs):
    guest = Guest(lrs=lrs)
    guest.enter()
    nest(guest, NESTED)
    left = []
    for intid in reversed(range(40, 49)):
        guest("EOIR1", intid)
        guest.cycle()
        left.append(sorted(i for i in range(40, 49) if guest.irq(i).active))

    assert [list(range(40, intid)) for intid in reversed(range(40, 49))] == left
    assert ([], EN) == (guest.listed, guest.hcr)


def test_eoicount_is_never_replayed_on_an_interrupt_that_has_a_list_register():
    # List, 2026-03-07, "Skip interrupts in LRs during EOIcount replay".
    guest = Guest(lrs=2)
    guest.enter()
    nest(guest, [(40, 0x80)])
    for intid in (41, 42):
        guest.enable(intid, 0xA0)
        guest.line(intid, 1)
    guest.cycle()
    in_registers = guest.lrs
    # Both before the maintenance interrupt arrives.
    guest("EOIR1", 40)
    taken = guest("IAR1")
    guest.exit()

    assert ([(41, PENDING), (42, PENDING)], 41) == (in_registers, taken)
    assert [41] == [i for i in (40, 41, 42) if guest.irq(i).active]


def test_while_an_active_interrupt_is_beyond_the_registers_maintenance_and_dir_are_watched():
    guest = Guest(lrs=2)
    guest.enter()
    nest(guest, NESTED[:3])
    guest.cycle()

    assert EN | UIE | LRENPIE | TDIR == guest.hcr


def test_with_eoimode_1_all_twelve_come_before_any_is_deactivated():
    guest = Guest(lrs=4)
    guest.enter()
    guest("CTLR", 2)
    rows = [(intid, 8 * (intid - 39)) for intid in range(40, 52)]
    for intid, priority in rows:
        guest.enable(intid, priority)
        guest.line(intid, 1)
    taken = []
    guest.cycle()
    for _ in rows:
        taken.append(guest("IAR1"))
        guest.line(taken[-1], 0)
        guest("EOIR1", taken[-1])
        guest.cycle()

    assert list(range(40, 52)) == taken
    assert taken == [i for i in range(40, 52) if guest.irq(i).active]


@pytest.mark.parametrize("order", [1, -1])
def test_with_eoimode_1_dir_ends_just_the_interrupt_that_it_names(order):
    guest = Guest(lrs=2)
    guest.enter()
    guest("CTLR", 2)
    taken = []
    for intid in range(40, 46):
        guest.enable(intid, 0x80)
        guest.line(intid, 1)
        guest.cycle()
        taken.append(guest("IAR1"))
        guest.line(intid, 0)
        guest("EOIR1", intid)
    left = []
    for intid in taken[::order]:
        guest.cycle()
        if guest.bench.traps("ICC_DIR_EL1", intid):
            # KVM has folded the list registers before it handles the trap.
            guest.exit()
            guest("DIR", intid)
            guest.enter()
        guest.cycle()
        left.append([i for i in taken if guest.irq(i).active])

    assert [[i for i in taken if i not in taken[::order][: n + 1]] for n in range(6)] == left


def test_a_write_of_dir_in_eoimode_0_ends_nothing():
    guest = Guest(lrs=2)
    guest.enter()
    nest(guest, NESTED[:3])
    guest.cycle()
    guest.exit()
    guest("DIR", 40)

    assert guest.irq(40).active


def test_more_pending_than_registers_beside_an_active_one_and_none_is_lost():
    guest = Guest(lrs=2)
    guest.enter()
    nest(guest, [(40, 0xE0)])
    for intid, priority in urgent_first(12)[1:]:
        guest.enable(intid, priority)
        guest.line(intid, 1)
    guest.cycle()
    served = serve(guest)

    assert sorted(served) == list(range(41, 52))
    guest("EOIR1", 40)
    guest.cycle()
    assert [] == guest.listed


@pytest.mark.parametrize("seed", range(10))
def test_random_traffic_loses_and_invents_nothing(seed):
    rng = random.Random(seed)
    guest = Guest(lrs=rng.choice([2, 3, 4]))
    intids = list(range(40, 52))
    for n, intid in enumerate(rng.sample(intids, 12)):
        guest.enable(intid, 8 * (n + 1))
    guest.enter()
    waiting, stack, taken = set(), [], []
    for _ in range(300):
        if guest.maintenance or rng.random() < 0.2:
            guest.cycle()
        intid = rng.choice(intids)
        roll = rng.random()
        if roll < 0.4 and intid not in waiting | set(stack):
            guest.exit()
            guest.line(intid, 1)
            waiting.add(intid)
            guest.enter()
        elif roll < 0.7 and guest.bench.pe.gic.virq:
            found = guest("IAR1")

            assert found in waiting
            waiting.remove(found)
            stack.append(found)
            taken.append(found)
            guest.line(found, 0)
        elif stack and not guest.maintenance:
            guest("EOIR1", stack.pop())
    while stack:
        guest("EOIR1", stack.pop())
        guest.cycle()

    assert waiting == set(serve(guest))
    assert [] == [i for i in intids if guest.irq(i).active]
    assert len(taken) > 10
