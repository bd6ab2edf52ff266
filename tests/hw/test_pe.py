"""The processing element: which exception an access takes when several could, and what it tells.

The order is that of the MRS and MSR pseudocode in Arm DDI 0487, D24.5.
"""

import copy

import pytest

from pmulab.hw.pe import NotModelled, Pe
from pmulab.hw.pmu import FEATURES, Choices
from pmulab.hw.sysreg import Trap, Undefined
from pmulab.hw.sysregs import HCR_EL2, HDFGRTR_EL2, HDFGWTR_EL2, MDCR_EL2, REGS

TGE, E2H = HCR_EL2.TGE, HCR_EL2.E2H

# What can stand in the way of an access, in the order of the architecture: how to put it there,
# and what the access raises for it: exception, target EL, a word of the reason.
ABSENT = dict(features={"FEAT_FGT", "FEAT_PMUv3p1"})
RULES = {
    "feature": (ABSENT, {}, (Undefined, 1, "needs FEAT_PMUv3p4")),
    "beyond N": (dict(n_counters=3), {}, (Undefined, 1, "counter 3 of 3")),
    "level": ({}, {}, (Undefined, 1, "lowest exception level")),
    "direction": ({}, {}, (Undefined, 1, "-only")),
    "gate": ({}, {"PMUSERENR_EL0": 0}, (Trap, 1, "PMUSERENR_EL0 does not open it")),
    "fine-grained": (
        {},
        {"HDFGRTR_EL2": HDFGRTR_EL2.writable, "HDFGWTR_EL2": HDFGWTR_EL2.writable},
        (Trap, 2, "fine-grained trap"),
    ),
    "TPM": ({}, {"MDCR_EL2": MDCR_EL2.TPM}, (Trap, 2, "MDCR_EL2.TPM")),
    "TPMCR": ({}, {"MDCR_EL2": MDCR_EL2.TPMCR}, (Trap, 2, "MDCR_EL2.TPM")),
    "beyond HPMN": ({}, {"HPMN": 2}, (Trap, 2, "counter 3, MDCR_EL2.HPMN=2")),
}

# An access to which both rules apply: EL, op, register. Where there is none, no register has both.
PAIRS = [
    ("feature", "level", 0, "mrs", "PMMIR_EL1"),
    ("feature", "direction", 1, "msr", "PMMIR_EL1"),
    ("feature", "fine-grained", 1, "mrs", "PMMIR_EL1"),
    ("feature", "TPM", 1, "mrs", "PMMIR_EL1"),
    ("beyond N", "gate", 0, "mrs", "PMEVCNTR3_EL0"),
    ("beyond N", "gate", 0, "msr", "PMXEVTYPER_EL0"),
    ("beyond N", "fine-grained", 1, "msr", "PMEVTYPER3_EL0"),
    ("beyond N", "fine-grained", 1, "mrs", "PMXEVCNTR_EL0"),
    ("beyond N", "TPM", 1, "mrs", "PMEVCNTR3_EL0"),
    ("beyond N", "TPM", 0, "msr", "PMXEVCNTR_EL0"),
    ("beyond N", "beyond HPMN", 1, "mrs", "PMEVCNTR3_EL0"),
    ("beyond N", "beyond HPMN", 0, "msr", "PMXEVTYPER_EL0"),
    ("level", "fine-grained", 0, "mrs", "PMINTENSET_EL1"),
    ("level", "fine-grained", 0, "msr", "PMUSERENR_EL0"),
    ("level", "TPM", 0, "msr", "PMINTENCLR_EL1"),
    ("level", "TPM", 0, "mrs", "PMMIR_EL1"),
    ("direction", "gate", 0, "mrs", "PMSWINC_EL0"),
    ("direction", "gate", 0, "msr", "PMCEID0_EL0"),
    ("direction", "fine-grained", 1, "msr", "PMCEID1_EL0"),
    ("direction", "fine-grained", 1, "mrs", "PMSWINC_EL0"),
    ("direction", "TPM", 1, "msr", "PMMIR_EL1"),
    ("direction", "TPM", 0, "mrs", "PMSWINC_EL0"),
    ("gate", "fine-grained", 0, "mrs", "PMCCNTR_EL0"),
    ("gate", "fine-grained", 0, "msr", "PMSWINC_EL0"),
    ("gate", "TPM", 0, "msr", "PMSELR_EL0"),
    ("gate", "TPMCR", 0, "msr", "PMCR_EL0"),
    ("gate", "beyond HPMN", 0, "mrs", "PMEVCNTR3_EL0"),
    ("gate", "beyond HPMN", 0, "msr", "PMXEVCNTR_EL0"),
    ("fine-grained", "TPM", 1, "mrs", "PMCCNTR_EL0"),
    ("fine-grained", "TPMCR", 1, "msr", "PMCR_EL0"),
    ("fine-grained", "beyond HPMN", 1, "mrs", "PMEVTYPER3_EL0"),
    ("TPM", "beyond HPMN", 1, "msr", "PMEVCNTR3_EL0"),
    ("TPM", "beyond HPMN", 0, "mrs", "PMXEVTYPER_EL0"),
]

# These two belong to the access itself and cannot be taken away from it.
INHERENT = ("level", "direction")
REMOVABLE = [pair for pair in PAIRS if pair[0] not in INHERENT]


def make(rules, el):
    """Make a PE with these rules in the way; everything else is open, and PMSELR selects 3."""
    options, state = {}, {"PMUSERENR_EL0": 0xF, "MDCR_EL2": 0}
    for rule in rules:
        options |= RULES[rule][0]
    pe = Pe(**options)
    for rule in rules:
        needed = dict(RULES[rule][1])
        state["MDCR_EL2"] |= needed.pop("MDCR_EL2", 0)
        state |= needed
    state["MDCR_EL2"] |= min(state.pop("HPMN", 6), pe.pmu.n_counters)
    for name, value in (state | {"PMSELR_EL0": 3}).items():
        pe.msr(name, value)
    pe.el = el
    return pe


def raised(pe, op, name):
    """Return what an access raises, or None."""
    try:
        pe.mrs(name) if op == "mrs" else pe.msr(name, 0)
    except (Undefined, Trap) as error:
        return type(error), error.target_el, error.reason
    return None


@pytest.mark.parametrize(("earlier", "later", "el", "op", "name"), PAIRS)
def test_the_earlier_of_two_rules_decides(earlier, later, el, op, name):
    (kind, target, word), other = RULES[earlier][2], RULES[later][2][2]
    found = raised(make([earlier, later], el), op, name)

    assert (kind, target) == found[:2]
    assert word in found[2]
    assert other not in found[2] or other == word


@pytest.mark.parametrize(("earlier", "later", "el", "op", "name"), REMOVABLE)
def test_without_the_earlier_rule_the_later_one_decides(earlier, later, el, op, name):
    kind, target, word = RULES[later][2]
    found = raised(make([later], el), op, name)

    assert (kind, target) == found[:2]
    assert word in found[2]


@pytest.mark.parametrize(("earlier", "later", "el", "op", "name"), REMOVABLE)
def test_without_both_rules_the_access_works(earlier, later, el, op, name):
    expected = RULES[later][2][0] if later in INHERENT else type(None)
    found = raised(make([], el), op, name)

    assert expected is (found[0] if found else type(None))


def test_the_table_of_pairs_has_every_pair_that_some_register_can_show():
    names = list(RULES)
    # Both go to EL2 with one EC and one reason.
    same = {("TPM", "TPMCR")}
    # No event counter is behind a feature, belongs to one EL, or lacks a direction.
    same |= {(r, c) for r in ("feature", "level", "direction") for c in names if "beyond" in c}
    same |= {("beyond N", r) for r in ("level", "direction", "TPMCR")}
    # PMCR_EL0 is behind no feature, has both directions at EL0, and is no counter.
    same |= {(r, "TPMCR") for r in ("feature", "level", "direction")} | {("TPMCR", "beyond HPMN")}
    # PMMIR_EL1 has no gate; what EL0 has not at all has none either.
    same |= {("feature", "gate"), ("level", "gate"), ("level", "direction")}
    wanted = {(a, b) for n, a in enumerate(names) for b in names[n + 1 :]} - same

    assert wanted == {(a, b) for a, b, *_ in PAIRS}


# ---- where exceptions go


@pytest.mark.parametrize(
    ("el", "tge", "target"), [(0, 0, 1), (0, TGE, 2), (1, 0, 1), (2, 0, 2), (2, TGE, 2)]
)
def test_an_undefined_access_is_taken_to_el1_unless_el0_belongs_to_el2(el, tge, target):
    pe = Pe(2)
    pe.msr("HCR_EL2", tge)
    pe.el = el

    assert (Undefined, target) == raised(pe, "mrs", "PMEVCNTR2_EL0")[:2]


@pytest.mark.parametrize(("tge", "target"), [(0, 1), (TGE, 2), (TGE | E2H, 2)])
def test_a_closed_gate_traps_to_el1_unless_el0_belongs_to_el2(tge, target):
    pe = Pe()
    pe.msr("HCR_EL2", tge)
    pe.el = 0

    assert (Trap, target) == raised(pe, "mrs", "PMCCNTR_EL0")[:2]


@pytest.mark.parametrize(
    ("hcr", "trapped"), [(0, True), (TGE, True), (E2H, True), (E2H | TGE, False)]
)
def test_el0_of_a_kernel_at_el2_has_no_fine_grained_traps(hcr, trapped):
    pe = make(["fine-grained"], 2)
    pe.msr("HCR_EL2", hcr)
    pe.el = 0

    assert trapped == (raised(pe, "mrs", "PMCCNTR_EL0") is not None)


def test_nothing_traps_el2():
    pe = make(["gate", "fine-grained", "TPM", "TPMCR", "beyond HPMN"], 2)
    for name in ("PMCR_EL0", "PMCCNTR_EL0", "PMEVCNTR5_EL0", "PMXEVTYPER_EL0", "PMINTENSET_EL1"):
        assert raised(pe, "mrs", name) is None


def test_reads_of_the_control_register_have_no_fine_grained_trap():
    pe = make(["fine-grained"], 1)

    assert raised(pe, "mrs", "PMCR_EL0") is None
    assert (Trap, 2) == raised(pe, "msr", "PMCR_EL0")[:2]


def test_el0_always_reads_pmuserenr():
    pe = make(["gate"], 0)

    assert 0 == pe.mrs("PMUSERENR_EL0")


# ---- without FEAT_FGT

NO_FGT = [f for f in FEATURES if f != "FEAT_FGT"]


@pytest.mark.parametrize("idx", [4, 7])
def test_without_fgt_a_counter_out_of_reach_is_undefined_by_choice(idx):
    pe = Pe(6, features=NO_FGT)
    pe.msr("MDCR_EL2", 2)
    pe.el = 1
    kind, target, why = raised(pe, "mrs", f"PMEVCNTR{idx}_EL0")

    assert (Undefined, 1) == (kind, target)
    assert "a choice of this PE" in why


@pytest.mark.parametrize("idx", [4, 7])
def test_without_fgt_a_counter_out_of_reach_reads_as_zero_by_another_choice(idx):
    pe = Pe(6, features=NO_FGT, choices=Choices(beyond="raz/wi"))
    pe.msr("MDCR_EL2", 2)
    pe.msr("PMEVCNTR4_EL0", 99)
    pe.el = 1
    pe.msr(f"PMEVCNTR{idx}_EL0", 1)

    assert 0 == pe.mrs(f"PMEVCNTR{idx}_EL0")
    assert 99 == pe.pmu.cells["PMEVCNTR4"]


def test_without_fgt_the_choice_does_not_open_what_is_closed():
    pe = Pe(6, features=NO_FGT, choices=Choices(beyond="raz/wi"))
    pe.msr("MDCR_EL2", MDCR_EL2.TPM | 2)
    pe.el = 1

    assert (Trap, 2) == raised(pe, "mrs", "PMEVCNTR4_EL0")[:2]


def test_the_window_on_31_is_the_cycle_filter_and_no_counter():
    pe = Pe()
    pe.msr("PMSELR_EL0", 31)
    pe.msr("PMXEVTYPER_EL0", 1 << 31)

    assert 1 << 31 == pe.mrs("PMCCFILTR_EL0") == pe.mrs("PMXEVTYPER_EL0")
    assert (Undefined, 2, "PMXEVCNTR_EL0 is counter 31 of 6") == raised(pe, "mrs", "PMXEVCNTR_EL0")


def test_the_window_on_31_stays_open_to_el1_behind_a_partition():
    pe = make(["beyond HPMN"], 2)
    pe.msr("PMSELR_EL0", 31)
    pe.el = 1
    pe.msr("PMXEVTYPER_EL0", 1 << 30)

    assert 1 << 30 == pe.mrs("PMCCFILTR_EL0")


# ---- the rest of a PE


def test_a_written_value_has_64_bits():
    pe = Pe()
    pe.msr("PMCCNTR_EL0", -1)

    assert (1 << 64) - 1 == pe.mrs("PMCCNTR_EL0")

    pe.msr("PMCCNTR_EL0", 1 << 64 | 5)

    assert 5 == pe.mrs("PMCCNTR_EL0")


@pytest.mark.parametrize(
    ("make_it", "error", "message"),
    [
        (lambda: Pe(32), ValueError, "32 event counters; possible are 0 to 31"),
        (lambda: Pe(-1), ValueError, "-1 event counters; possible are 0 to 31"),
        (
            lambda: Pe(features=["FEAT_SVE"]),
            ValueError,
            f"no feature FEAT_SVE; known are {' '.join(FEATURES)}",
        ),
        (
            lambda: Pe(list_registers=17),
            ValueError,
            "17 list registers; possible are 1 to 16",
        ),
        (
            lambda: Pe().mrs("PMCNTENSET"),
            KeyError,
            "no register PMCNTENSET; near it: PMCNTENSET_EL0, PMINTENSET_EL1, PMCNTENCLR_EL0",
        ),
        (lambda: Pe().retire(0x10000), ValueError, "event 0x10000 is outside 0x0000 to 0xffff"),
        (lambda: Pe().retire(0x11, -1), ValueError, "-1 events; an amount is 0 or more"),
        (
            lambda: Pe().load_state({"PMFOO_EL0": 0}),
            KeyError,
            "no state PMFOO_EL0 in the GIC; it has",
        ),
    ],
)
def test_a_mistake_is_told_what_was_possible(make_it, error, message):
    with pytest.raises(error) as caught:
        make_it()

    assert caught.value.args[0].startswith(message)


def test_events_have_names_and_numbers():
    pe = Pe()
    pe.msr("PMEVTYPER0_EL0", 0x13 | 1 << 27)
    pe.msr("PMCNTENSET_EL0", 1)
    pe.msr("PMCR_EL0", 1)
    pe.retire("MEM_ACCESS", 3)
    pe.retire(0x13)

    assert 4 == pe.mrs("PMEVCNTR0_EL0")

    with pytest.raises(KeyError, match="no event MEM; known are SW_INCR"):
        pe.retire("MEM")


def test_the_physical_cpu_interface_is_refused_and_not_guessed():
    pe = Pe()
    with pytest.raises(NotModelled, match="ICC_IAR1_EL1 at EL2 is the physical CPU interface"):
        pe.mrs("ICC_IAR1_EL1")
    pe.el = 1
    with pytest.raises(NotModelled):
        pe.mrs("ICC_IAR1_EL1")


def test_a_watcher_is_told_of_each_access_and_its_exception():
    pe, seen = Pe(2), []
    stop = pe.watch(seen.append)
    pe.msr("PMSELR_EL0", 1)
    pe.mrs("PMSELR_EL0")
    with pytest.raises(Undefined):
        pe.mrs("PMEVCNTR5_EL0")
    with pytest.raises(Undefined):
        pe.msr("PMEVCNTR6_EL0", 8)
    stop()
    pe.mrs("PMSELR_EL0")

    assert [
        ("msr", "PMSELR_EL0", 1, type(None)),
        ("mrs", "PMSELR_EL0", 1, type(None)),
        ("mrs", "PMEVCNTR5_EL0", None, Undefined),
        ("msr", "PMEVCNTR6_EL0", 8, Undefined),
    ] == [(a.op, a.reg, a.value, type(a.error)) for a in seen]
    assert all(a.pe is pe for a in seen)


def test_a_watcher_may_stop_itself_while_it_is_told():
    pe, seen = Pe(), []
    stops = [pe.watch(lambda a: stops[0]()), pe.watch(seen.append)]
    pe.mrs("PMCR_EL0")
    pe.mrs("PMCR_EL0")

    assert 2 == len(seen)


def busy_pe():
    """Make a PE whose every cell holds something."""
    pe = Pe(6)
    for n in range(6):
        pe.msr(f"PMEVCNTR{n}_EL0", 0x1111 * n)
        pe.msr(f"PMEVTYPER{n}_EL0", 0x11 + n)
    pe.msr("PMCNTENSET_EL0", 0x8000_0015)
    pe.msr("PMINTENSET_EL1", 0x3)
    pe.msr("PMOVSSET_EL0", 0x2)
    pe.msr("PMCR_EL0", 0x41)
    pe.msr("MDCR_EL2", 0x83)
    pe.msr("ICH_LR1_EL2", 1 << 62 | 27)
    pe.msr("ICH_HCR_EL2", 1)
    return pe


def test_a_state_can_be_loaded_into_another_pe():
    pe, other = busy_pe(), Pe(6)
    assert pe.state() != other.state()

    other.load_state(pe.state())

    assert pe.state() == other.state()


def test_a_copy_goes_its_own_way_and_shares_the_rows():
    pe = busy_pe()
    before = copy.deepcopy(pe.state())
    twin = copy.deepcopy(pe)
    twin.el = 0
    twin.retire("CPU_CYCLES", 100)
    twin.el = 2
    twin.msr("PMOVSCLR_EL0", 2)
    twin.msr("ICH_LR1_EL2", 0)

    assert before == pe.state() != twin.state()
    assert copy.deepcopy(REGS["PMCR_EL0"]) is REGS["PMCR_EL0"]


def test_the_banner_shows_the_registers_under_their_names():
    expected = """\
EL PMCR_EL0 MDCR_EL2  PMCNTEN  PMINTEN    PMOVS PMUIRQ
 2 41013041 00000083 80000015 00000003 00000002      1"""

    assert expected == repr(busy_pe())
