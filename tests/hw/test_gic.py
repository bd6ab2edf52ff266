"""The virtual CPU interface: golden vectors, then the corners of its state machine.

The vectors V1 to V9 were measured on QEMU 7.2 with 4 list registers. Where QEMU is not the
architecture (a register page of Arm DDI 0595 says otherwise), the test says what Arm says.
"""

from copy import deepcopy

import pytest

from pmulab.hw import gic_regs
from pmulab.hw.gic import Choices, Gic
from pmulab.hw.pe import NotModelled, Pe
from pmulab.hw.sysreg import Trap, Undefined

INVALID, PENDING, ACTIVE, BOTH = range(4)
EN, UIE, LRENPIE, NPIE = 1, 2, 4, 8
TC, TALL0, TALL1, TSEI, TDIR = (1 << n for n in range(10, 15))
VMCR = 0xF84C000B
EOIMODE, CBPR = 1 << 9, 1 << 4
EOI, HW = 1 << 41, 1 << 61
NONE = 1023


def lr(state, intid, priority=0x80, group=1, more=0):
    """Make the value of a list register."""
    return state << 62 | group << 60 | priority << 48 | intid | more


class Bench:
    """A PE with the interface on; attributes are what EL1 sees, methods what it does."""

    def __init__(self, *lrs, vmcr=VMCR, hcr=EN, choices=None, **more):
        self.pe = Pe(list_registers=4)
        self.pe.gic = Gic(4, choices)
        self.pe.msr("HCR_EL2", 0x18)
        self.pe.msr("ICH_VMCR_EL2", vmcr)
        self.pe.msr("ICH_HCR_EL2", hcr)
        for name, value in [*((f"ICH_LR{n}_EL2", v) for n, v in enumerate(lrs)), *more.items()]:
            self.pe.msr(name, value)

    def at(self, el, name, *value):
        """Read a register at a level, or write it."""
        self.pe.el = el
        return self.pe.msr(name, *value) if value else self.pe.mrs(name)

    def __call__(self, short, *value):
        """Do `IAR1`, `EOIR1`, ...: an access of EL1."""
        return self.at(1, f"ICC_{short}_EL1", *value)

    def __getitem__(self, short):
        """Read `HCR`, `LR0`, ...: an ICH register of EL2."""
        return self.at(2, f"ICH_{short}_EL2")

    def states(self):
        """Return the State of each list register."""
        return [self[f"LR{n}"] >> 62 for n in range(4)]

    @property
    def eoicount(self):
        """Return ICH_HCR_EL2.EOIcount."""
        return self["HCR"] >> 27


# ---- golden vectors


def test_v1_an_interrupt_is_acknowledged_ended_and_asks_for_maintenance():
    b = Bench(lr(PENDING, 23, more=EOI))
    assert b.at(1, "ISR_EL1") == 0x80
    assert (b("HPPIR1"), b("RPR")) == (23, 0xFF)
    assert b("IAR1") == 23
    assert (b.states(), b["AP1R0"], b("RPR")) == ([ACTIVE, 0, 0, 0], 0x10000, 0x80)
    assert (b("HPPIR1"), b["ELRSR"], b("IAR1")) == (NONE, 0xE, NONE)

    b("EOIR1", 23)

    assert b["LR0"] == lr(INVALID, 23, more=EOI)
    assert (b["AP1R0"], b["EISR"], b["MISR"], b["ELRSR"], b("RPR")) == (0, 1, 1, 0xE, 0xFF)
    assert b.pe.gic.maintenance


def test_v2_priority_then_list_register_decides_and_the_mask_is_strict():
    b = Bench(lr(PENDING, 40, 0xA0), lr(PENDING, 41, 0x60), lr(PENDING, 42, 0x60))
    assert b("IAR1") == 41
    assert b("IAR1") == NONE
    b("EOIR1", 41)
    assert b("IAR1") == 42
    b("EOIR1", 42)
    b("PMR", 0xA0)
    assert b("IAR1") == NONE
    b("PMR", 0xA8)

    assert b("IAR1") == 40


def test_v3_with_eoimode_1_eoir_drops_the_priority_and_dir_deactivates():
    b = Bench(lr(PENDING, 40, 0xA0), vmcr=VMCR | EOIMODE)
    assert b("IAR1") == 40
    b("EOIR1", 40)
    assert (b.states()[0], b["AP1R0"], b("RPR")) == (ACTIVE, 0, 0xFF)
    b("DIR", 40)
    assert b.states()[0] == INVALID
    b("DIR", 40)

    assert b.eoicount == 1


def test_v4_the_end_of_an_interrupt_that_no_list_register_holds_is_counted():
    b = Bench(hcr=EN | LRENPIE, ICH_AP1R0_EL2=1 << 20)
    b("EOIR1", 50)
    assert (b["AP1R0"], b.eoicount, b["MISR"]) == (0, 1, 4)
    b("EOIR1", 50)

    assert (b["AP1R0"], b.eoicount, b["MISR"]) == (0, 1, 4)


def test_v4b_with_eoimode_1_eoir_counts_nothing():
    # Arm DDI 0595, ICH_HCR_EL2.EOIcount: EOIR "when EOI mode is zero". QEMU counts.
    b = Bench(hcr=EN | LRENPIE, vmcr=VMCR | EOIMODE, ICH_AP1R0_EL2=1 << 20)
    b("EOIR1", 50)

    assert (b["AP1R0"], b.eoicount, b["MISR"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("lrs", "misr"),
    [
        ([], 0xA),
        ([lr(PENDING, 40)], 0x2),
        ([lr(ACTIVE, 40)], 0xA),
        ([lr(PENDING, 40), lr(ACTIVE, 41)], 0x0),
        ([lr(BOTH, 40), lr(ACTIVE, 41)], 0x8),
    ],
)
def test_v5_underflow_and_no_pending_look_at_the_states(lrs, misr):
    b = Bench(*lrs, hcr=EN | UIE | NPIE)

    assert b["MISR"] == misr


@pytest.mark.parametrize(("veng", "misr"), [(0b00, 0xA0), (0b01, 0x90), (0b10, 0x60), (0b11, 0x50)])
def test_v6_each_group_reports_its_own_enable(veng, misr):
    # QEMU's VGrp0D looks at VENG1.
    b = Bench(vmcr=VMCR & ~3 | veng, hcr=EN | 0xF0)

    assert b["MISR"] == misr


def test_v7_active_and_pending_is_not_signalled_again():
    b = Bench(lr(BOTH, 40))

    assert (b("HPPIR1"), b("IAR1"), b.at(1, "ISR_EL1")) == (NONE, NONE, 0)


def test_v8_unimplemented_bits_of_the_priority_mask_are_zero_whoever_writes_them():
    # QEMU keeps them in ICH_VMCR_EL2.VPMR, and then takes the interrupt.
    b = Bench(lr(PENDING, 40, 0xF8), vmcr=VMCR | 0xFF << 24)
    assert (b["VMCR"] >> 24, b("PMR"), b("IAR1")) == (0xF8, 0xF8, NONE)
    b("BPR1", 0)
    assert b("BPR1") == 3
    b("BPR1", 7)
    assert b("BPR1") == 7
    b("PMR", 0xFF)

    assert b("PMR") == 0xF8


def test_v9_an_interrupt_of_group_0_is_not_ended_by_the_register_of_group_1():
    b = Bench(lr(PENDING, 40, group=0))
    assert (b("IAR1"), b("IAR0"), b["AP0R0"]) == (NONE, 40, 0x10000)
    b("EOIR1", 40)

    assert (b["AP0R0"], b.states()[0]) == (0, ACTIVE)


# ---- the state machine


def test_an_interrupt_that_is_active_and_pending_comes_back_after_its_end():
    b = Bench(lr(BOTH, 40), ICH_AP1R0_EL2=1 << 16)
    b("EOIR1", 40)

    assert (b.states()[0], b("IAR1")) == (PENDING, 40)


def test_a_higher_group_priority_preempts_and_both_end_in_reverse():
    b = Bench(lr(PENDING, 40, 0x80))
    assert b("IAR1") == 40
    b.at(2, "ICH_LR1_EL2", lr(PENDING, 41, 0x40))
    assert (b("IAR1"), b("RPR"), b["AP1R0"]) == (41, 0x40, 0x10100)
    b("EOIR1", 41)
    assert (b.states()[:2], b("RPR")) == ([ACTIVE, INVALID], 0x80)
    b("EOIR1", 40)

    assert (b.states()[:2], b("RPR")) == ([INVALID, INVALID], 0xFF)


def test_the_same_group_priority_does_not_preempt():
    b = Bench(lr(PENDING, 40, 0x40))
    b("BPR1", 7)
    assert (b("IAR1"), b("RPR")) == (40, 0)
    b.at(2, "ICH_LR1_EL2", lr(PENDING, 41, 0x08))

    assert (b("IAR1"), b("HPPIR1")) == (NONE, 41)


@pytest.mark.parametrize(
    ("vmcr", "group", "mask"),
    [
        (2 << 21 | 3 << 18, 0, 0xF8),
        (2 << 21 | 3 << 18, 1, 0xF8),
        (4 << 21 | 6 << 18, 0, 0xE0),
        (4 << 21 | 6 << 18, 1, 0xC0),
        (4 << 21 | 6 << 18 | CBPR, 1, 0xE0),
        (7 << 21 | 7 << 18, 0, 0x00),
        (7 << 21 | 7 << 18, 1, 0x80),
    ],
)
def test_the_binary_point_cuts_the_group_priority(vmcr, group, mask):
    assert gic_regs.group_mask(vmcr, group) == mask


@pytest.mark.parametrize(("written", "bpr0", "bpr1"), [(0, 2, 3), (2, 2, 3), (3, 3, 3), (7, 7, 7)])
def test_a_binary_point_has_a_minimum(written, bpr0, bpr1):
    b = Bench()
    b("BPR0", written)
    b("BPR1", written)

    assert (b("BPR0"), b("BPR1")) == (bpr0, bpr1)
    assert b["VMCR"] >> 18 & 0x3F == bpr0 << 3 | bpr1


def test_with_cbpr_binary_point_1_follows_binary_point_0_and_ignores_writes():
    b = Bench()
    b("BPR1", 5)
    b("BPR0", 4)
    b("CTLR", 1)
    assert b("BPR1") == 5
    b("BPR0", 7)
    assert b("BPR1") == 7
    b("BPR1", 3)
    b("CTLR", 0)

    assert b("BPR1") == 5


@pytest.mark.parametrize("group", [0, 1])
def test_only_the_group_of_the_most_urgent_interrupt_is_signalled(group):
    b = Bench(lr(PENDING, 40, 0x40, group), lr(PENDING, 41, 0x80, 1 - group))

    assert (b.pe.gic.vfiq, b.pe.gic.virq) == (group == 0, group == 1)
    assert b.at(1, "ISR_EL1") == (0x40, 0x80)[group]
    assert (b(f"HPPIR{1 - group}"), b(f"IAR{1 - group}")) == (NONE, NONE)
    assert (b(f"HPPIR{group}"), b(f"IAR{group}")) == (40, 40)


def test_an_interrupt_of_a_disabled_group_hides_nothing():
    b = Bench(lr(PENDING, 40, 0x40, 0), lr(PENDING, 41, 0x80))
    b("IGRPEN0", 0)

    assert (b.pe.gic.virq, b("IAR1")) == (True, 41)


def test_nothing_is_signalled_while_the_interface_is_off():
    b = Bench(lr(PENDING, 40), hcr=UIE)

    assert (b.pe.gic.virq, b("IAR1"), b("HPPIR1")) == (False, NONE, 40)
    assert (b["MISR"], b.pe.gic.maintenance) == (2, False)


def test_hppir_ignores_the_mask_and_what_runs():
    b = Bench(lr(PENDING, 40), lr(ACTIVE, 41, 0x40), ICH_AP1R0_EL2=1 << 8)
    b("PMR", 0)

    assert (b("HPPIR1"), b("IAR1")) == (40, NONE)


@pytest.mark.parametrize(("mode", "name"), [(0, "EOIR1"), (EOIMODE, "DIR")])
def test_eoicount_wraps(mode, name):
    b = Bench(vmcr=VMCR | mode, hcr=EN | LRENPIE | 31 << 27, ICH_AP1R0_EL2=1)
    assert b["MISR"] == 4
    b(name, 77)

    assert (b["HCR"], b["MISR"]) == (EN | LRENPIE, 0)


@pytest.mark.parametrize("intid", range(1020, 1024))
@pytest.mark.parametrize("name", ["EOIR0", "EOIR1", "DIR"])
def test_special_intids_are_ignored(name, intid):
    b = Bench(vmcr=VMCR | EOIMODE, ICH_AP1R0_EL2=1 << 16)
    b(name, intid)

    assert (b("RPR"), b.eoicount) == (0x80, 0)


@pytest.mark.parametrize("mode", [0, EOIMODE])
def test_a_virtual_lpi_ends_with_eoir_in_both_modes(mode):
    b = Bench(lr(PENDING, 8192), vmcr=VMCR | mode)
    assert (b("IAR1"), b.states()[0]) == (8192, ACTIVE)
    b("DIR", 8192)
    assert (b.states()[0], b.eoicount) == (ACTIVE, 0)
    b("EOIR1", 8192)

    assert (b.states()[0], b.eoicount) == (INVALID, 0)


@pytest.mark.parametrize(("intid", "count"), [(8191, 1), (8192, 0)])
def test_an_lpi_that_no_list_register_holds_is_not_counted(intid, count):
    b = Bench(ICH_AP1R0_EL2=1 << 16)
    b("EOIR1", intid)

    assert (b("RPR"), b.eoicount) == (0xFF, count)


def test_an_interrupt_that_is_only_pending_cannot_be_deactivated():
    b = Bench(lr(PENDING, 40), vmcr=VMCR | EOIMODE)
    b("DIR", 40)

    assert (b.states()[0], b.eoicount) == (PENDING, 1)


def test_the_active_priority_is_the_group_priority():
    b = Bench(lr(PENDING, 40, 0x88))
    b("BPR1", 6)
    assert (b("IAR1"), b["AP1R0"], b("RPR")) == (40, 1 << 16, 0x80)
    b("EOIR1", 40)

    assert (b.states()[0], b["AP1R0"]) == (INVALID, 0)


def test_without_group_priority_an_interrupt_is_taken_but_never_preempts():
    b = Bench(lr(PENDING, 40, 0x80, 0), lr(PENDING, 41, 0x40, 0))
    b("BPR0", 7)

    assert (b("IAR0"), b("RPR"), b("IAR0")) == (41, 0, NONE)


def test_dir_is_ignored_in_eoimode_0():
    # Arm DDI 0595, ICV_DIR_EL1: "When EOImode == 0, writes are ignored."
    b = Bench(lr(ACTIVE, 40))
    b("DIR", 40)
    b("DIR", 41)

    assert (b.states()[0], b.eoicount) == (ACTIVE, 0)


def test_a_list_register_with_a_special_intid_is_dropped_when_it_is_read():
    b = Bench(lr(PENDING, 1022))

    assert (b("IAR1"), b.states()[0], b["AP1R0"]) == (1022, INVALID, 0)


@pytest.mark.parametrize(("mode", "name"), [(0, "EOIR1"), (EOIMODE, "DIR")])
def test_deactivation_with_hw_reaches_the_physical_spi(mode, name):
    b = Bench(lr(PENDING, 40, more=HW | 45 << 32), vmcr=VMCR | mode)
    b.pe.gic.load("GICD_ISACTIVER1", 0xFF00)
    assert b("IAR1") == 40
    b("EOIR1", 40)
    if name == "DIR":
        assert b.pe.gic.cells["GICD_ISACTIVER1"] == 0xFF00
        b("DIR", 40)

    assert b.pe.gic.cells["GICD_ISACTIVER1"] == 0xDF00
    assert (b["EISR"], b["ELRSR"]) == (0, 0xF)


@pytest.mark.parametrize("pintid", [27, 31, 64, 45 + 1024])
def test_a_physical_interrupt_that_is_not_modelled_is_left_alone(pintid):
    b = Bench(lr(PENDING, 40, more=HW | pintid << 32))
    b.pe.gic.load("GICD_ISACTIVER1", 0xFFFFFFFF)
    b("IAR1")
    b("EOIR1", 40)

    assert (b.states()[0], b.pe.gic.cells["GICD_ISACTIVER1"]) == (INVALID, 0xFFFFFFFF)


def test_without_hw_the_same_bits_of_pintid_reach_nothing():
    b = Bench(lr(PENDING, 40, more=45 << 32))
    b.pe.gic.load("GICD_ISACTIVER1", 0xFF00)
    b("IAR1")
    b("EOIR1", 40)

    assert b.pe.gic.cells["GICD_ISACTIVER1"] == 0xFF00


@pytest.mark.parametrize(
    ("value", "eisr", "free"),
    [
        (0, 0, 1),
        (lr(INVALID, 40, more=EOI), 1, 0),
        (lr(INVALID, 40, more=EOI | HW), 0, 1),
        (lr(PENDING, 40), 0, 0),
        (lr(ACTIVE, 40, more=EOI), 0, 0),
    ],
)
def test_eisr_and_elrsr_share_the_invalid_list_registers(value, eisr, free):
    b = Bench(0, 0, value)

    assert (b["EISR"], b["ELRSR"]) == (eisr << 2, 0xB | free << 2)


# ---- what is open is a choice


def grown_binary_point(choices):
    b = Bench(lr(PENDING, 32, 0x88), choices=choices)
    assert b("IAR1") == 32
    b("BPR1", 6)
    b.at(2, "ICH_LR1_EL2", lr(PENDING, 33, 0x80))
    return b("IAR1")


def test_the_running_priority_is_cut_by_the_present_binary_point_or_not():
    assert grown_binary_point(Choices()) == NONE
    assert grown_binary_point(Choices(running_in_group=False)) == 33


@pytest.mark.parametrize("counts", [False, True])
def test_eoir_without_an_active_priority_counts_or_not(counts):
    b = Bench(choices=Choices(idle_eoi_counts=counts))
    b("EOIR1", 50)

    assert b.eoicount == counts


@pytest.mark.parametrize("deactivates", [False, True])
def test_eoir_of_an_interrupt_that_is_not_the_running_one_deactivates_or_not(deactivates):
    b = Bench(lr(ACTIVE, 40, 0x80), choices=Choices(stray_eoi_deactivates=deactivates))
    b.at(2, "ICH_AP1R0_EL2", 1 << 4 | 1 << 16)
    b("EOIR1", 40)

    assert (b.states()[0], b["AP1R0"]) == (INVALID if deactivates else ACTIVE, 1 << 16)


def test_of_equal_active_priorities_group_0_is_dropped_first():
    b = Bench(ICH_AP0R0_EL2=1 << 5, ICH_AP1R0_EL2=1 << 5)
    b("EOIR1", 50)

    assert (b["AP0R0"], b["AP1R0"]) == (0, 1 << 5)


# ---- registers


@pytest.mark.parametrize("present", [1, 4, 16])
def test_a_list_register_beyond_the_last_is_undefined(present):
    pe = Pe(list_registers=present)
    assert pe.mrs("ICH_VTR_EL2") == 0x90B80000 | present - 1
    assert pe.mrs("ICH_ELRSR_EL2") == (1 << present) - 1
    for n in range(present):
        pe.msr(f"ICH_LR{n}_EL2", lr(PENDING, 40 + n))
        assert pe.mrs(f"ICH_LR{n}_EL2") == lr(PENDING, 40 + n)
    for n in range(present, 16):
        with pytest.raises(Undefined, match="not implemented") as caught:
            pe.msr(f"ICH_LR{n}_EL2", 0)
        assert caught.value.target_el == 2


@pytest.mark.parametrize("n", [0, 17])
def test_an_interface_has_1_to_16_list_registers(n):
    with pytest.raises(ValueError, match="possible are 1 to 16"):
        Gic(n)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("ICH_HCR_EL2", 0xF8007CFF),
        ("ICH_VMCR_EL2", 0xF8FC021B),
        ("ICH_AP0R0_EL2", 0xFFFFFFFF),
        ("ICH_AP1R0_EL2", 0xFFFFFFFF),
        ("ICH_LR0_EL2", 0xF0F81FFF00FFFFFF),
    ],
)
def test_a_register_keeps_only_the_bits_that_it_has(name, kept):
    pe = Pe()
    pe.msr(name, -1)

    assert pe.mrs(name) == kept


def test_fields_of_el1_live_in_vmcr():
    b = Bench(vmcr=0)
    assert b["VMCR"] == 0x4C0008
    for name, value in dict(PMR=0xA8, BPR0=5, BPR1=6, CTLR=3, IGRPEN0=1, IGRPEN1=1).items():
        b(name, value)

    # BPR1 was written before CBPR, so it has its own value.
    assert b["VMCR"] == 0xA8 << 24 | 5 << 21 | 6 << 18 | 0x21B
    assert (b("CTLR"), b("IGRPEN0"), b("IGRPEN1"), b("SRE")) == (0x8C03, 1, 1, 7)


def test_active_priorities_are_the_same_word_at_el1():
    b = Bench()
    b("AP0R0", 1 << 3)
    b("AP1R0", 1 << 33 | 1 << 7)

    assert (b["AP0R0"], b["AP1R0"], b("RPR")) == (1 << 3, 1 << 7, 0x18)


# ---- traps

COMMON = {"PMR", "RPR", "CTLR", "DIR", "SGI1R"}
GROUP = {g: {f"{n}{g}" for n in ("IAR", "EOIR", "HPPIR", "BPR", "IGRPEN")} for g in (0, 1)}
GROUP = {g: names | {f"AP{g}R0"} for g, names in GROUP.items()}
WRITE_ONLY = {"EOIR0", "EOIR1", "DIR", "SGI1R"}
EVERY_NAME = sorted(COMMON | GROUP[0] | GROUP[1] | {"SRE"})
TRAPPED = {TC: COMMON, TALL0: GROUP[0], TALL1: GROUP[1], TSEI: set(), TDIR: {"DIR"}}


def access(b, short):
    """Read a register at EL1, or write it if it can only be written."""
    return b(short, NONE) if short in WRITE_ONLY else b(short)


@pytest.mark.parametrize("trap", [0, *TRAPPED])
def test_a_trap_takes_its_registers_and_no_others(trap):
    # SGIs have no virtual interface, so theirs is trapped anyway.
    taken = TRAPPED.get(trap, set()) | {"SGI1R"}
    b = Bench(hcr=EN | trap)
    for short in EVERY_NAME:
        if short in taken:
            with pytest.raises(Trap) as caught:
                access(b, short)
            assert caught.value.target_el == 2
        else:
            access(b, short)


def test_a_trap_holds_for_the_physical_interface_too():
    b = Bench(hcr=EN | TC | TALL0 | TALL1)
    b.at(2, "HCR_EL2", 0)
    for short in EVERY_NAME:
        if short != "SRE":
            with pytest.raises(Trap):
                access(b, short)


@pytest.mark.parametrize("hcr", [0, 0x08, 0x10])
def test_a_name_is_virtual_where_its_interrupt_is_routed_to_el2(hcr):
    b = Bench()
    b.at(2, "HCR_EL2", hcr)
    virtual = {"SRE"} | (GROUP[0] if hcr & 0x08 else set()) | (GROUP[1] if hcr & 0x10 else set())
    virtual |= COMMON - {"SGI1R"} if hcr else set()
    for short in EVERY_NAME:
        if short in virtual:
            access(b, short)
        else:
            with pytest.raises(Trap if hcr and short == "SGI1R" else NotModelled):
                access(b, short)


@pytest.mark.parametrize("el", [0, 1])
def test_registers_of_el2_are_undefined_below(el):
    b = Bench()
    for name in ("ICH_HCR_EL2", "ICH_LR0_EL2", "ICH_LR9_EL2", "ICH_MISR_EL2"):
        with pytest.raises(Undefined) as caught:
            b.at(el, name)
        assert caught.value.target_el == 1


def test_names_of_el1_are_undefined_at_el0_and_physical_at_el2():
    b = Bench(hcr=EN | TC | TALL0 | TALL1)
    for short in EVERY_NAME:
        write = (0,) if short in WRITE_ONLY else ()
        with pytest.raises(Undefined):
            b.at(0, f"ICC_{short}_EL1", *write)
        with pytest.raises(NotModelled, match="at EL2 is the physical CPU interface"):
            b.at(2, f"ICC_{short}_EL1", *write)


@pytest.mark.parametrize("name", ["ICC_EOIR1_EL1", "ICC_DIR_EL1", "ICC_IAR1_EL1", "ISR_EL1"])
def test_the_direction_that_a_register_does_not_have_is_undefined(name):
    b = Bench(hcr=EN | TC | TALL1)
    wrong = () if "EOIR" in name or "DIR" in name else (0,)
    with pytest.raises(Undefined, match="-only"):
        b.at(1, name, *wrong)


# ---- state, copies, words


def test_what_el1_reads_is_part_of_the_state_unless_it_is_trapped():
    b = Bench(lr(PENDING, 40), hcr=EN | TALL1)
    state = b.pe.gic.state()

    assert (state["el1:ICC_HPPIR1_EL1"], state["el1:ICC_HPPIR0_EL1"]) == (None, NONE)
    assert (state["el1:ISR_EL1"], state["ICH_ELRSR_EL2"]) == (0x80, 0xE)


def test_a_state_that_is_loaded_elsewhere_gives_the_same_state():
    b = Bench(lr(ACTIVE, 40), lr(PENDING, 41, 0x20, 0), vmcr=VMCR | EOIMODE, ICH_AP1R0_EL2=1 << 16)
    other = Gic(4)
    for name, value in b.pe.gic.state().items():
        other.load(name, value)

    assert other.state() == b.pe.gic.state()


def test_a_name_that_is_no_state_is_answered_with_those_that_are():
    with pytest.raises(KeyError, match=r"no state ICH_LR4_EL2.*ICH_LR3_EL2"):
        Gic(4).load("ICH_LR4_EL2", 0)


def test_a_copy_is_independent():
    b = Bench(lr(PENDING, 40))
    twin = deepcopy(b.pe.gic)
    b("IAR1")

    assert (twin.virq, b.pe.gic.virq) == (True, False)


def test_what_holds_an_interrupt_back_is_said_in_words():
    b = Bench(
        lr(PENDING, 40, 0x80), lr(PENDING, 41, 0x40), lr(ACTIVE, 42), lr(PENDING, 43, 0x10, group=0)
    )
    gic = b.pe.gic
    b("IGRPEN0", 0)
    said = [gic.why_not(n) for n in range(4)]
    assert said[:2] == ["ICH_LR1_EL2 is more urgent", ""]
    assert said[2:] == ["its State is active", "ICH_VMCR_EL2.VENG0 is 0"]
    b("PMR", 0x40)
    assert gic.why_not(1) == "priority 0x40 is not above the priority mask 0x40"
    b("PMR", 0xF8)
    b("AP1R0", 1 << 8)
    assert gic.why_not(1) == "group priority is not above that of 0x40, which runs"
    b.at(2, "ICH_HCR_EL2", 0)
    assert gic.why_not(1) == "ICH_HCR_EL2.En is 0"


def test_the_list_registers_can_be_read_as_words():
    b = Bench(lr(PENDING, 23, more=EOI), lr(BOTH, 40, 0xA0, 0), lr(ACTIVE, 45, more=HW | 45 << 32))

    assert b.pe.gic.text().splitlines() == [
        "LR0  pending            group 1  priority 0x80  INTID 23  EOI",
        "LR1  active and pending group 0  priority 0xa0  INTID 40",
        "LR2  active             group 1  priority 0x80  INTID 45  HW, pINTID 45",
        "LR3  invalid",
    ]


def test_the_banner_shows_registers_and_lines():
    b = Bench(lr(PENDING, 23), hcr=EN | UIE)

    assert repr(b.pe.gic).splitlines()[:2] == [
        "ICH_HCR_EL2 ICH_VMCR_EL2 ICH_AP0R0_EL2 ICH_AP1R0_EL2 RPR vIRQ vFIQ maintenance",
        "   00000003     f84c000b      00000000      00000000  ff    1    0           1",
    ]
