"""The PMU: why a counter counts, where it overflows, what is partitioned, when it interrupts.

Expected values are worked out by hand from Arm DDI 0487, D13 and D24.5.
"""

from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmulab.hw.pe import Pe
from pmulab.hw.pmu import CYCLE_IDX, FEATURES, Choices
from pmulab.hw.sysregs import MDCR_EL2, PMCCFILTR_EL0, PMCR_EL0

INST_RETIRED, CPU_CYCLES, CHAIN = 0x08, 0x11, 0x1E
E, C, P, D, DP, LC, LP = (getattr(PMCR_EL0, f) for f in "E C P D DP LC LP".split())
HPME, HPMD, HCCD, HLP = (getattr(MDCR_EL2, f) for f in "HPME HPMD HCCD HLP".split())
EXCLUDE_EL1, EXCLUDE_EL0, INCLUDE_EL2 = (getattr(PMCCFILTR_EL0, f) for f in "P U NSH".split())
V3P1 = ["FEAT_PMUv3p1", "FEAT_FGT"]


def make(pmcr=E, mdcr=HPME | 3, types=(), counts=(), features=FEATURES, n=6, **more):
    """Make a PE, all counters enabled, counter n of type types[n] at counts[n]."""
    pe = Pe(n, features, **more)
    for n, value in enumerate(types):
        pe.msr(f"PMEVTYPER{n}_EL0", value)
    for n, value in enumerate(counts):
        pe.msr(f"PMEVCNTR{n}_EL0", value)
    pe.msr("PMCNTENSET_EL0", 0xFFFF_FFFF)
    pe.msr("MDCR_EL2", mdcr)
    pe.msr("PMCR_EL0", pmcr)
    return pe


def at(el, pe, op, name, value=None):
    """Do an access at an exception level and come back."""
    pe.el, before = el, pe.el
    found = pe.mrs(name) if op == "mrs" else pe.msr(name, value)
    pe.el = before
    return found


def retire(el, pe, event, amount):
    """Let events happen at an exception level."""
    pe.el, before = el, pe.el
    pe.retire(event, amount)
    pe.el = before


def counts_of(pe):
    """Return all event counters."""
    return [pe.mrs(f"PMEVCNTR{n}_EL0") for n in range(pe.pmu.n_counters)]


# ---- why a counter counts or not: counter, EL, PMCR_EL0, MDCR_EL2 (HPMN is 3), type, reason

WHY = [
    (0, 1, E, 0, 0, ""),
    (0, 0, E, 0, 0, ""),
    (0, 1, 0, HPME, 0, "PMCR_EL0.E is 0"),
    (3, 1, E, 0, 0, "MDCR_EL2.HPME is 0"),
    (3, 1, 0, HPME, 0, ""),
    (31, 1, 0, HPME, 0, "PMCR_EL0.E is 0"),
    (31, 1, E, 0, 0, ""),
    (2, 0, E, 0, EXCLUDE_EL0, "PMEVTYPER2_EL0.U is 1"),
    (2, 1, E, 0, EXCLUDE_EL0, ""),
    (2, 1, E, 0, EXCLUDE_EL1, "PMEVTYPER2_EL0.P is 1"),
    (2, 0, E, 0, EXCLUDE_EL1, ""),
    (2, 2, E, 0, 0, "PMEVTYPER2_EL0.NSH is 0"),
    (2, 2, E, 0, INCLUDE_EL2, ""),
    (2, 2, E, 0, INCLUDE_EL2 | EXCLUDE_EL1 | EXCLUDE_EL0, ""),
    (2, 1, E, 0, INCLUDE_EL2, ""),
    (31, 0, E, 0, EXCLUDE_EL0, "PMCCFILTR_EL0.U is 1"),
    (31, 1, E, 0, EXCLUDE_EL1, "PMCCFILTR_EL0.P is 1"),
    (31, 2, E, 0, 0, "PMCCFILTR_EL0.NSH is 0"),
    (0, 2, E, HPMD, INCLUDE_EL2, "MDCR_EL2.HPMD prohibits it at EL2"),
    (0, 1, E, HPMD, INCLUDE_EL2, ""),
    (3, 2, E, HPME | HPMD, INCLUDE_EL2, ""),
    (31, 2, E, HPMD, INCLUDE_EL2, ""),
    (31, 2, E | DP, 0, INCLUDE_EL2, ""),
    (31, 2, E | DP, HPMD, INCLUDE_EL2, "MDCR_EL2.HPMD and PMCR_EL0.DP prohibit it at EL2"),
    (31, 1, E | DP, HPMD, INCLUDE_EL2, ""),
    (31, 2, E, HCCD, INCLUDE_EL2, "MDCR_EL2.HCCD prohibits it at EL2"),
    (31, 1, E, HCCD, INCLUDE_EL2, ""),
    (0, 2, E, HCCD, INCLUDE_EL2, ""),
]


def test_before_pmuv3p1_hpmd_is_res0():
    pe = Pe(features=())
    pe.load_state({"PMCR_EL0": E, "PMCNTENSET_EL0": 1, "PMEVTYPER0_EL0": INCLUDE_EL2})
    pe.pmu.cells["MDCR_EL2"] = HPMD | 6

    assert pe.pmu.counts(0, 2)


@pytest.mark.parametrize(("idx", "el", "pmcr", "mdcr", "typer", "why"), WHY)
def test_why_a_counter_does_not_count(idx, el, pmcr, mdcr, typer, why):
    pe = make(pmcr, mdcr | 3)
    name = "PMCCFILTR_EL0" if idx == CYCLE_IDX else f"PMEVTYPER{idx}_EL0"
    pe.msr(name, typer | (0 if idx == CYCLE_IDX else CPU_CYCLES))
    pe.msr("PMCR_EL0", pmcr)
    retire(el, pe, CPU_CYCLES, 7)
    counted = pe.mrs("PMCCNTR_EL0" if idx == CYCLE_IDX else f"PMEVCNTR{idx}_EL0")

    assert why == pe.pmu.why_not(idx, el)
    assert (not why) == pe.pmu.counts(idx, el)
    assert (0 if why else 7) == counted


@pytest.mark.parametrize("idx", [0, 3, 31])
def test_a_counter_that_is_not_enabled_says_so_first(idx):
    pe = Pe()

    assert f"PMCNTENSET_EL0 bit {idx} is 0" == pe.pmu.why_not(idx, 2)


def test_hccd_does_nothing_before_pmuv3p5():
    pe = make(E, HCCD | 6, features=V3P1)
    pe.msr("PMCCFILTR_EL0", INCLUDE_EL2)

    assert pe.pmu.counts(CYCLE_IDX, 2)


def test_bits_that_mean_nothing_without_el3_do_not_filter():
    nsk_nsu_m_mt = 1 << 29 | 1 << 28 | 1 << 26 | 1 << 25
    pe = make(types=[CPU_CYCLES | nsk_nsu_m_mt])

    assert ["", ""] == [pe.pmu.why_not(0, el) for el in (0, 1)]


# ---- where a counter overflows

PRE32, PRE64 = 0xFFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFF


@pytest.mark.parametrize(
    ("pmcr", "mdcr", "features", "widths"),
    [
        (E, HPME | 3, FEATURES, (32, 32, 32)),
        (E | LP, HPME | 3, FEATURES, (64, 32, 32)),
        (E, HPME | HLP | 3, FEATURES, (32, 64, 32)),
        (E | LC, HPME | 3, FEATURES, (32, 32, 64)),
        (E | LP | LC, HPME | HLP | 3, FEATURES, (64, 64, 64)),
        (E | LP | LC, HPME | HLP | 3, V3P1, (32, 32, 64)),
    ],
)
def test_the_width_of_each_range(pmcr, mdcr, features, widths):
    pe = make(pmcr, mdcr, [CPU_CYCLES] * 6, features=features)
    idx = (0, 3, CYCLE_IDX)

    assert widths == tuple(pe.pmu.width(n) for n in idx)

    for start in (PRE32, PRE64):
        for n in range(6):
            pe.msr(f"PMEVCNTR{n}_EL0", start)
        pe.msr("PMCCNTR_EL0", start)
        pe.msr("PMOVSCLR_EL0", 0xFFFF_FFFF)
        retire(1, pe, CPU_CYCLES, 1)
        # At 64 bits only the last value overflows; at 32 bits both do.
        flagged = [width == 32 or start == PRE64 for width in widths]

        assert flagged == [bool(pe.mrs("PMOVSSET_EL0") >> n & 1) for n in idx]


def test_all_64_bits_count_where_the_overflow_is_at_32():
    pe = make(types=[CPU_CYCLES], counts=[PRE32])
    retire(1, pe, CPU_CYCLES, 3)

    assert [0x1_0000_0002, 1] == [pe.mrs("PMEVCNTR0_EL0"), pe.mrs("PMOVSSET_EL0")]


def test_counters_have_32_bits_before_pmuv3p5():
    pe = make(types=[CPU_CYCLES], counts=[0x7_FFFF_FFFF], features=V3P1)

    assert PRE32 == pe.mrs("PMEVCNTR0_EL0")

    retire(1, pe, CPU_CYCLES, 3)

    assert [2, 1] == [pe.mrs("PMEVCNTR0_EL0"), pe.mrs("PMOVSSET_EL0")]


@pytest.mark.parametrize(
    ("start", "amount", "count", "flag"),
    [
        (0, 0, 0, 0),
        (PRE32, 0, PRE32, 0),
        (0, 2**32 - 1, PRE32, 0),
        (0, 2**32, 2**32, 1),
        (5, 2**64, 5, 1),
        (PRE64, 1, 0, 1),
        (2**33 - 1, 1, 2**33, 1),
        (0, 10**12, 10**12, 1),
    ],
)
def test_an_amount_overflows_when_it_passes_the_edge(start, amount, count, flag):
    pe = make(types=[CPU_CYCLES], counts=[start])
    retire(1, pe, CPU_CYCLES, amount)

    assert [count, flag] == [pe.mrs("PMEVCNTR0_EL0"), pe.mrs("PMOVSSET_EL0") & 1]


def test_writing_a_count_sets_no_flag_and_the_flag_stays_until_it_is_cleared():
    pe = make(types=[CPU_CYCLES], counts=[PRE32])
    pe.msr("PMEVCNTR0_EL0", 0)

    assert 0 == pe.mrs("PMOVSSET_EL0")

    pe.msr("PMEVCNTR0_EL0", PRE32)
    retire(1, pe, CPU_CYCLES, 1)
    pe.msr("PMEVCNTR0_EL0", 7)
    pe.msr("PMCR_EL0", E | P)

    assert 1 == pe.mrs("PMOVSSET_EL0")

    pe.msr("PMOVSCLR_EL0", 1)

    assert 0 == pe.mrs("PMOVSSET_EL0")


# ---- the cycle counter


def test_the_divider_counts_every_64th_cycle():
    pe = make(E | D)
    found = []
    for amount in (63, 1, 64, 10, 53, 1):
        retire(1, pe, CPU_CYCLES, amount)
        found.append(pe.mrs("PMCCNTR_EL0"))

    assert [0, 1, 2, 2, 2, 3] == found


def test_the_divider_does_nothing_for_a_long_cycle_counter_and_for_event_counters():
    pe = make(E | D | LC, types=[CPU_CYCLES])
    retire(1, pe, CPU_CYCLES, 10)

    assert [10, 10] == [pe.mrs("PMCCNTR_EL0"), pe.mrs("PMEVCNTR0_EL0")]


def test_c_restarts_the_divider():
    pe = make(E | D)
    retire(1, pe, CPU_CYCLES, 63)
    pe.msr("PMCR_EL0", E | D | C)
    retire(1, pe, CPU_CYCLES, 63)

    assert 0 == pe.mrs("PMCCNTR_EL0")


def test_an_event_that_is_no_cycle_leaves_the_cycle_counter():
    pe = make()
    retire(1, pe, INST_RETIRED, 100)

    assert 0 == pe.mrs("PMCCNTR_EL0")


# ---- the partition


@pytest.mark.parametrize(
    ("hpmn", "first"), [(0, 0), (1, 1), (5, 5), (6, 6), (7, 6), (31, 6)], ids=str
)
def test_hpmn_divides_the_counters_and_beyond_n_it_is_n(hpmn, first):
    pe = make(0, HPME | hpmn, [CPU_CYCLES] * 6)
    retire(1, pe, CPU_CYCLES, 1)

    assert [0] * first + [1] * (6 - first) == counts_of(pe)
    assert first == at(1, pe, "mrs", "PMCR_EL0") >> 11 & 31
    assert 6 == pe.mrs("PMCR_EL0") >> 11 & 31
    assert 1 << 31 | (1 << first) - 1 == at(1, pe, "mrs", "PMCNTENSET_EL0")
    assert 0x8000_003F == pe.mrs("PMCNTENSET_EL0")


@pytest.mark.parametrize(
    ("el", "value", "zeroed", "cycles"),
    [(2, P, 6, 9), (1, P, 3, 9), (0, P, 3, 9), (2, C, 0, 0), (1, C, 0, 0), (0, P | C, 3, 0)],
)
def test_p_and_c_zero_what_the_exception_level_can_reach(el, value, zeroed, cycles):
    pe = make(0, 3, counts=[PRE64] * 6)
    pe.msr("PMUSERENR_EL0", 1)
    pe.msr("PMCCNTR_EL0", 9)
    pe.msr("PMOVSSET_EL0", 0x8000_003F)
    at(el, pe, "msr", "PMCR_EL0", value)

    assert [0] * zeroed + [PRE64] * (6 - zeroed) == counts_of(pe)
    assert cycles == pe.mrs("PMCCNTR_EL0")
    assert 0x8000_003F == pe.mrs("PMOVSSET_EL0")


@pytest.mark.parametrize("stem", ["PMCNTEN{}_EL0", "PMINTEN{}_EL1", "PMOVS{}_EL0"])
def test_el1_neither_sees_nor_moves_the_bits_of_the_second_range(stem):
    setter, clearer = stem.format("SET"), stem.format("CLR")
    pe = Pe()
    pe.msr(setter, 0x8000_003F)
    pe.msr("MDCR_EL2", 2)

    assert [0x8000_0003] * 2 == [at(1, pe, "mrs", name) for name in (setter, clearer)]

    at(1, pe, "msr", clearer, 0xFFFF_FFFF)

    assert [0, 0x3C] == [at(1, pe, "mrs", setter), pe.mrs(setter)]

    pe.msr(clearer, 0xFFFF_FFFF)
    at(1, pe, "msr", setter, 0xFFFF_FFFF)

    assert 0x8000_0003 == pe.mrs(setter)


@pytest.mark.parametrize(("el", "expected"), [(2, 6), (1, 3), (0, 3)])
def test_a_software_increment_reaches_what_its_exception_level_reaches(el, expected):
    pe = make(types=[INCLUDE_EL2] * 6)
    pe.msr("PMUSERENR_EL0", 1)
    at(el, pe, "msr", "PMSWINC_EL0", 0xFFFF_FFFF)

    assert [1] * expected + [0] * (6 - expected) == counts_of(pe)


@pytest.mark.parametrize(
    ("mask", "typer", "counted"),
    [(0b01, 0, 1), (0b10, 0, 0), (0, 0, 0), (1, INST_RETIRED, 0), (1, EXCLUDE_EL1, 0)],
)
def test_a_software_increment_counts_where_the_type_says_so(mask, typer, counted):
    pe = make(types=[typer, INST_RETIRED])
    at(1, pe, "msr", "PMSWINC_EL0", mask)

    assert [counted, 0] == counts_of(pe)[:2]


# ---- chains


def chained(count0, count1=0, **more):
    """Make a pair: counter 0 counts cycles, counter 1 the overflows of counter 0."""
    types = [CPU_CYCLES | INCLUDE_EL2, CHAIN | INCLUDE_EL2]
    return make(types=types, counts=[count0, count1], **more)


@pytest.mark.parametrize(
    ("pmcr", "mdcr", "count1"),
    [
        (E, 3, 1),
        (E | LP, 3, 0),
        (E, HLP | 3, 1),
        (E, HPME | 0, 1),
        (E, HPME | HLP | 0, 0),
        (E | LP, HPME | 0, 1),
        (E, 1 | HPME, 0),
    ],
    ids="plain,LP,HLP of the other range,second range,second with HLP,LP of the other,split".split(
        ","
    ),
)
def test_a_chain_counts_overflows_at_32_bits_within_one_range(pmcr, mdcr, count1):
    pe = chained(PRE64, pmcr=pmcr, mdcr=mdcr)
    retire(1, pe, CPU_CYCLES, 1)

    assert [0, count1] == counts_of(pe)[:2]


def test_a_chain_across_the_partition_counts_by_choice():
    pe = chained(PRE32, mdcr=HPME | 1, choices=Choices(chain_across_hpmn=True))
    retire(1, pe, CPU_CYCLES, 1)

    assert 1 == pe.mrs("PMEVCNTR1_EL0")


@pytest.mark.parametrize(("obeys", "count1"), [(True, 0), (False, 1)])
def test_the_filter_of_the_odd_counter_holds_by_choice(obeys, count1):
    pe = chained(PRE32, choices=Choices(chain_obeys_filter=obeys))
    pe.msr("PMEVTYPER1_EL0", CHAIN | EXCLUDE_EL1)
    retire(1, pe, CPU_CYCLES, 1)

    assert count1 == pe.mrs("PMEVCNTR1_EL0")


def test_one_amount_can_chain_many_overflows():
    pe = chained(0, PRE32 - 4)
    retire(1, pe, CPU_CYCLES, 10 * 2**32 + 3)

    assert [10 * 2**32 + 3, PRE32 + 6] == counts_of(pe)[:2]
    assert 0b11 == pe.mrs("PMOVSSET_EL0") & 3


def test_a_chain_event_does_not_happen_by_itself():
    pe = chained(0)
    retire(1, pe, CHAIN, 5)

    assert [0, 0] == counts_of(pe)[:2]


def test_an_even_counter_never_counts_chain():
    pe = make(types=[CPU_CYCLES, CPU_CYCLES, CHAIN], counts=[PRE32, PRE32])
    retire(1, pe, CPU_CYCLES, 1)

    assert 0 == pe.mrs("PMEVCNTR2_EL0")


def test_the_last_even_counter_has_nobody_to_chain_to():
    pe = make(n=1, types=[CPU_CYCLES], counts=[PRE32], mdcr=1)
    retire(1, pe, CPU_CYCLES, 1)

    assert 1 == pe.mrs("PMOVSSET_EL0")


# ---- the interrupt


@pytest.mark.parametrize(
    ("ovs", "inten", "pmcr", "mdcr", "level"),
    [
        (1, 1, E, 3, True),
        (1, 0, E, 3, False),
        (0, 1, E, 3, False),
        (1, 2, E, 3, False),
        (1, 1, 0, HPME | 3, False),
        (8, 8, 0, HPME | 3, True),
        (8, 8, E, 3, False),
        (4, 4, E, HPME | 2, True),
        (4, 4, E, 2, False),
        (1 << 31, 1 << 31, E, 3, True),
        (1 << 31, 1 << 31, 0, HPME | 3, False),
        (9, 9, 0, HPME | 3, True),
        (1, 1, E, 0, False),
    ],
)
@pytest.mark.parametrize("el", [0, 1, 2])
def test_the_interrupt_is_flag_and_enable_and_the_enable_of_the_range(
    ovs, inten, pmcr, mdcr, level, el
):
    pe = Pe()
    for name, value in (
        ("PMOVSSET_EL0", ovs),
        ("PMINTENSET_EL1", inten),
        ("MDCR_EL2", mdcr),
        ("PMCR_EL0", pmcr),
    ):
        pe.msr(name, value)
    pe.el = el

    assert level == pe.irq


def test_the_interrupt_follows_each_register_at_once():
    pe = Pe()
    levels = []
    for name, value in (
        ("PMOVSSET_EL0", 0x21),
        ("PMINTENSET_EL1", 0x21),
        ("PMCR_EL0", E),
        ("PMCR_EL0", 0),
        ("MDCR_EL2", HPME | 6),
        ("MDCR_EL2", HPME | 5),
        ("PMOVSCLR_EL0", 0x20),
        ("PMCR_EL0", E),
        ("PMINTENCLR_EL1", 1),
    ):
        pe.msr(name, value)
        levels.append(int(pe.irq))

    assert [0, 0, 1, 0, 0, 1, 0, 1, 0] == levels


word = st.integers(0, 2**32 - 1)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(word, word, word, st.booleans(), st.booleans(), st.integers(0, 31))
def test_the_interrupt_depends_on_five_things_only(ovs, inten, enabled, first, second, hpmn):
    pe = Pe(6)
    pe.msr("PMCNTENSET_EL0", enabled)
    pe.msr("PMOVSSET_EL0", ovs)
    pe.msr("PMINTENSET_EL1", inten)
    pe.msr("PMCR_EL0", E * first)
    pe.msr("MDCR_EL2", HPME * second | hpmn)
    before = dict(pe.pmu.cells)
    on = [first if n < hpmn else second for n in range(6)]
    expected = any(on[n] and ovs & inten & 1 << n for n in range(6)) or (
        first and bool(ovs & inten & 1 << 31)
    )

    assert expected == pe.irq == pe.irq
    assert before == pe.pmu.cells


# ---- how far the interrupt is

near = st.sampled_from([2**32, 2**64, 2**33, 2**32 + 2**31]).flatmap(
    lambda edge: st.integers(edge - 200, edge + 3).map(lambda count: count % 2**64)
)
types = st.builds(
    int.__or__,
    st.sampled_from([INST_RETIRED, CPU_CYCLES, CPU_CYCLES, CHAIN]),
    st.sampled_from([0, 0, INCLUDE_EL2, EXCLUDE_EL1]),
)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(
    st.lists(types, min_size=4, max_size=4),
    st.lists(near, min_size=5, max_size=5),
    st.sets(st.sampled_from([E, LP, LC, D, DP])),
    st.sets(st.sampled_from([HPME, HLP, HPMD, HCCD])),
    st.integers(0, 4),
    st.sampled_from([0x1, 0x2, 0x8, 0xC, 0x8000_0000, 0x8000_000F]),
    st.sampled_from([INST_RETIRED, CPU_CYCLES]),
    st.sampled_from([0, 1, 2]),
    st.integers(0, 63),
)
@pytest.mark.slow
def test_until_irq_is_the_first_event_that_raises_it(
    types, counts, pmcr, mdcr, hpmn, inten, event, el, phase
):
    pe = make(sum(pmcr) | E, sum(mdcr) | hpmn, types, counts[:4], n=4)
    pe.msr("PMCCNTR_EL0", counts[4])
    pe.msr("PMINTENSET_EL1", inten)
    pe.pmu.count(CPU_CYCLES, phase, el)
    pe.msr("PMOVSCLR_EL0", 0xFFFF_FFFF)
    pe.el = el
    distance, single = pe.pmu.until_irq(event, el), deepcopy(pe)
    for n in range(1, 300):
        single.retire(event, 1)
        if single.irq:
            assert n == distance
            return
    assert distance is None or distance >= 300
    if distance is not None:
        short = deepcopy(pe)
        short.retire(event, distance - 1)
        pe.retire(event, distance)

        assert [False, True] == [short.irq, pe.irq]


@pytest.mark.parametrize(
    ("setup", "event", "distance"),
    [
        ({"PMINTENSET_EL1": 1, "PMOVSSET_EL0": 1}, CPU_CYCLES, 0),
        ({"PMINTENSET_EL1": 0}, CPU_CYCLES, None),
        ({"PMINTENSET_EL1": 1}, CPU_CYCLES, 16),
        ({"PMINTENSET_EL1": 1}, INST_RETIRED, None),
        ({"PMINTENSET_EL1": 2}, CPU_CYCLES, 16 + 2**32),
        ({"PMINTENSET_EL1": 3}, CPU_CYCLES, 16),
        ({"PMINTENSET_EL1": 1 << 31}, CPU_CYCLES, 2**32),
        ({"PMINTENSET_EL1": 1 << 31, "PMCR_EL0": E | LC}, CPU_CYCLES, 2**64),
        ({"PMINTENSET_EL1": 1 << 31, "PMCR_EL0": E | D}, CPU_CYCLES, 2**38),
        ({"PMINTENSET_EL1": 1 << 31, "PMCR_EL0": E | D | LC}, CPU_CYCLES, 2**64),
        ({"PMINTENSET_EL1": 1, "PMCR_EL0": 0}, CPU_CYCLES, None),
        ({"PMINTENSET_EL1": 1, "PMCR_EL0": E | LP}, CPU_CYCLES, 2**64 - 2**32 + 16),
        ({"PMINTENSET_EL1": 2, "PMCR_EL0": E | LP}, CPU_CYCLES, None),
        ({"PMINTENSET_EL1": 1, "PMCNTENCLR_EL0": 1}, CPU_CYCLES, None),
    ],
)
def test_until_irq(setup, event, distance):
    pe = chained(0xFFFF_FFF0, 0xFFFF_FFFE)
    for name, value in setup.items():
        pe.msr(name, value)

    assert distance == pe.pmu.until_irq(event, 1)


def test_a_copy_counts_apart():
    pe = make(types=[CPU_CYCLES])
    twin = deepcopy(pe.pmu)
    twin.count(CPU_CYCLES, 5, 1)

    assert [0, 5] == [pe.pmu.cells["PMEVCNTR0"], twin.cells["PMEVCNTR0"]]


@pytest.mark.parametrize(("features", "counted"), [((), 5), (V3P1, 0)])
def test_before_p1_an_event_number_has_ten_bits(features, counted):
    pe = make(types=[0x413], features=features, n=1, mdcr=HPME | 1)
    pe.el = 1
    pe.retire(0x13, 5)

    assert counted == pe.pmu.cells["PMEVCNTR0"]
