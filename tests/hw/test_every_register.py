"""Every register, one by one: its row against the manual's table, and the model against its row.

`MANUAL` below is a copy, by hand, of facts that the rows of `pmulab.hw` state a second time.

Sources: Arm DDI 0487, D24.5, the "Accessing" block of each register, HDFGRTR_EL2, HDFGWTR_EL2;
Arm IHI 0069, encodings of ICC and ICH registers.
"""

import re
from itertools import combinations

import pytest

from pmulab.hw import gic_regs, pmu_regs
from pmulab.hw.pe import Pe
from pmulab.hw.sysreg import Access, Rule, Trap, Undefined
from pmulab.hw.sysregs import HCR_EL2, PMUSERENR_EL0, REGS

ALL_ONES = (1 << 64) - 1
# What an access raises, as (EC, target EL).
TRAP, GATE, UNDEFINED = (0x18, 2), (0x18, 1), (0x00, 1)

# Encoding (op0 op1 CRn CRm op2), lowest EL that reads and writes, what opens it to EL0 (read,
# write; a dash: nothing needs to), bits in HDFGRTR_EL2 and HDFGWTR_EL2.
MANUAL = """
PMCR_EL0         3 3 9 12 0    0 0   EN     EN      -  21
PMCNTENSET_EL0   3 3 9 12 1    0 0   EN     EN     16  16
PMCNTENCLR_EL0   3 3 9 12 2    0 0   EN     EN     16  16
PMOVSCLR_EL0     3 3 9 12 3    0 0   EN     EN     18  18
PMSWINC_EL0      3 3 9 12 4    - 0   -      EN|SW   -  20
PMSELR_EL0       3 3 9 12 5    0 0   EN|ER  EN|ER  19  19
PMCEID0_EL0      3 3 9 12 6    0 -   EN     -      58   -
PMCEID1_EL0      3 3 9 12 7    0 -   EN     -      58   -
PMCCNTR_EL0      3 3 9 13 0    0 0   EN|CR  EN     15  15
PMXEVTYPER_EL0   3 3 9 13 1    0 0   EN     EN     13  13
PMXEVCNTR_EL0    3 3 9 13 2    0 0   EN|ER  EN     12  12
PMUSERENR_EL0    3 3 9 14 0    0 1   -      -      57  57
PMOVSSET_EL0     3 3 9 14 3    0 0   EN     EN     18  18
PMCCFILTR_EL0    3 3 14 15 7   0 0   EN     EN     14  14
PMINTENSET_EL1   3 0 9 14 1    1 1   -      -      17  17
PMINTENCLR_EL1   3 0 9 14 2    1 1   -      -      17  17
PMMIR_EL1        3 0 9 14 6    1 -   -      -      22   -
MDCR_EL2         3 4 1 1 1     2 2   -      -       -   -
HCR_EL2          3 4 1 1 0     2 2   -      -       -   -
HDFGRTR_EL2      3 4 3 1 4     2 2   -      -       -   -
HDFGWTR_EL2      3 4 3 1 5     2 2   -      -       -   -
ICC_PMR_EL1      3 0 4 6 0     1 1   -      -       -   -
ICC_IAR0_EL1     3 0 12 8 0    1 -   -      -       -   -
ICC_EOIR0_EL1    3 0 12 8 1    - 1   -      -       -   -
ICC_HPPIR0_EL1   3 0 12 8 2    1 -   -      -       -   -
ICC_BPR0_EL1     3 0 12 8 3    1 1   -      -       -   -
ICC_AP0R0_EL1    3 0 12 8 4    1 1   -      -       -   -
ICC_AP1R0_EL1    3 0 12 9 0    1 1   -      -       -   -
ICC_DIR_EL1      3 0 12 11 1   - 1   -      -       -   -
ICC_RPR_EL1      3 0 12 11 3   1 -   -      -       -   -
ICC_SGI1R_EL1    3 0 12 11 5   - 1   -      -       -   -
ICC_IAR1_EL1     3 0 12 12 0   1 -   -      -       -   -
ICC_EOIR1_EL1    3 0 12 12 1   - 1   -      -       -   -
ICC_HPPIR1_EL1   3 0 12 12 2   1 -   -      -       -   -
ICC_BPR1_EL1     3 0 12 12 3   1 1   -      -       -   -
ICC_CTLR_EL1     3 0 12 12 4   1 1   -      -       -   -
ICC_SRE_EL1      3 0 12 12 5   1 1   -      -       -   -
ICC_IGRPEN0_EL1  3 0 12 12 6   1 1   -      -       -   -
ICC_IGRPEN1_EL1  3 0 12 12 7   1 1   -      -       -   -
ISR_EL1          3 0 12 1 0    1 -   -      -       -   -
ICH_AP0R0_EL2    3 4 12 8 0    2 2   -      -       -   -
ICH_AP1R0_EL2    3 4 12 9 0    2 2   -      -       -   -
ICH_HCR_EL2      3 4 12 11 0   2 2   -      -       -   -
ICH_VTR_EL2      3 4 12 11 1   2 -   -      -       -   -
ICH_MISR_EL2     3 4 12 11 2   2 -   -      -       -   -
ICH_EISR_EL2     3 4 12 11 3   2 -   -      -       -   -
ICH_ELRSR_EL2    3 4 12 11 5   2 -   -      -       -   -
ICH_VMCR_EL2     3 4 12 11 7   2 2   -      -       -   -
"""
INDEXED = """
PMEVCNTR{n}_EL0  3 3 14 {counter} {low}   0 0   EN|ER  EN   12  12
PMEVTYPER{n}_EL0 3 3 14 {type} {low}      0 0   EN     EN   13  13
"""
LIST_REGISTER = "ICH_LR{n}_EL2    3 4 12 {list} {low}   2 2   -      -       -   -"


def manual():
    """Read the tables above as {name: (encoding, lowest ELs, gates, FGT bits)}."""
    lines = MANUAL.split("\n")
    for n in range(31):
        places = {"low": n % 8, "counter": 8 + n // 8, "type": 12 + n // 8, "list": 12 + n // 8}
        lines += INDEXED.format(n=n, **places).split("\n")
        lines += [LIST_REGISTER.format(n=n, **places)] if n < 16 else []
    table = {}
    for line in filter(None, lines):
        name, *words = line.split()
        numbers = [None if w == "-" else int(w) for w in words[:7] + words[9:]]
        gates = tuple(set() if w == "-" else set(w.split("|")) for w in words[7:9])
        table[name] = (tuple(numbers[:5]), tuple(numbers[5:7]), gates, tuple(numbers[7:]))
    return table


TABLE = manual()
PMU_NAMES = [row.name for row in pmu_regs.ROWS]
every_register = pytest.mark.parametrize("name", REGS)


def directions(name):
    """List (direction, its place in the table, lowest EL) for what a register has below EL2."""
    ways = zip(("mrs", "msr"), (0, 1), TABLE[name][1])
    return [(op, way, el) for op, way, el in ways if el is not None and el < 2]


def access(pe, name, op, value=0):
    """Read or write a register."""
    return pe.mrs(name) if op == "mrs" else pe.msr(name, value)


def outcome(pe, name, op):
    """Do an access; return what it raised as (EC, target EL), or None."""
    try:
        access(pe, name, op)
    except (Undefined, Trap) as error:
        return error.ec, error.target_el
    return None


def open_pe(el=1, **choices):
    """Make a PE on which nothing traps, with all counters and list registers there can be."""
    pe = Pe(31, list_registers=16, **choices)
    pe.msr("HCR_EL2", HCR_EL2.IMO | HCR_EL2.FMO)
    pe.msr("PMUSERENR_EL0", 0xF)
    pe.el = el
    return pe


# ---- the rows against the manual


def test_the_manual_and_the_model_have_the_same_registers():
    assert set(TABLE) == set(REGS)


@every_register
def test_a_row_says_what_the_manual_says(name):
    row = REGS[name]
    encoding, lowest, gates, _ = TABLE[name]

    assert encoding == row.encoding
    assert lowest == (row.read_el, row.write_el)
    # A gate matters only for a direction that EL0 has.
    if lowest[0] == 0:
        assert gates[0] == set(row.read_gate)
    if lowest[1] == 0:
        assert gates[1] == set(row.write_gate)


@every_register
def test_a_row_is_well_formed(name):
    row = REGS[name]
    overlaps = [(a.name, b.name) for a, b in combinations(row.fields, 2) if a.mask & b.mask]

    assert [] == overlaps
    assert all(63 >= f.msb >= f.lsb >= 0 for f in row.fields)
    assert len(row.fields) == len({f.name for f in row.fields})
    assert re.match(r"Arm (DDI|IHI) \d{4}", row.source)
    assert row.meaning.endswith(".")
    assert row.fields
    assert row.reset == row.reset & ALL_ONES

    lines = row.datasheet().splitlines()

    assert lines[0].startswith(f"{name}  S3_")
    assert [f.name for f in row.fields] == [
        f.name for f in row.fields if any(f.name in line.split() for line in lines)
    ]


def test_no_two_registers_have_one_encoding():
    assert len(REGS) == len({row.encoding for row in REGS.values()})


# ---- the model against the rows


@every_register
def test_an_access_from_a_lower_exception_level_is_undefined(name):
    for op, lowest in zip(("mrs", "msr"), TABLE[name][1]):
        for el in range(lowest or 0):
            with pytest.raises(Undefined) as caught:
                access(open_pe(el), name, op)

            assert f"lowest exception level is EL{lowest}" in caught.value.reason
            assert 1 == caught.value.target_el


@every_register
def test_an_access_from_the_lowest_exception_level_works(name):
    # Software interrupts have no virtual interface: EL2 must make them.
    expected = TRAP if name == "ICC_SGI1R_EL1" else None
    for op, lowest in zip(("mrs", "msr"), TABLE[name][1]):
        if lowest is not None:
            assert expected == outcome(open_pe(lowest), name, op)


@pytest.mark.parametrize("name", [n for n in TABLE if None in TABLE[n][1]])
def test_the_direction_that_a_register_lacks_is_undefined_everywhere(name):
    op, only = ("mrs", "write-only") if TABLE[name][1][0] is None else ("msr", "read-only")
    for el in (0, 1, 2):
        with pytest.raises(Undefined, match=f"{name} is {only}"):
            access(open_pe(el), name, op)


@pytest.mark.parametrize("name", [n for n in PMU_NAMES if REGS[n].rule in (Rule.RW, Rule.COUNTER)])
def test_the_writable_bits_read_back_and_the_others_do_not(name):
    pe, row = open_pe(2), REGS[name]
    for bits in (ALL_ONES, 0, 0x5555_5555_5555_5555, 0xAAAA_AAAA_AAAA_AAAA):
        pe.msr(name, bits)

        assert bits & row.writable == pe.mrs(name)


# What all zeros and all ones leave in the registers of the virtual CPU interface: unimplemented
# bits of priorities and INTIDs are RES0, binary points have a minimum, VFIQEn is RES1.
LEFT = {
    "ICH_HCR_EL2": (0, 0xF800_7CFF),
    "ICH_VMCR_EL2": (0x004C_0008, 0xF8FC_021B),
    "ICH_AP0R0_EL2": (0, 0xFFFF_FFFF),
    "ICH_AP1R0_EL2": (0, 0xFFFF_FFFF),
    **{f"ICH_LR{n}_EL2": (0, 0xF0F8_1FFF_00FF_FFFF) for n in range(16)},
}


@pytest.mark.parametrize("name", LEFT)
def test_the_virtual_interface_keeps_the_bits_that_it_has(name):
    pe, found = open_pe(2), []
    for bits in (0, ALL_ONES):
        pe.msr(name, bits)
        found.append(pe.mrs(name))

    assert list(LEFT[name]) == found


@pytest.mark.parametrize("name", [n for n in PMU_NAMES if REGS[n].rule is Rule.RO])
def test_a_read_only_register_reads_as_the_pe_was_made(name):
    pe = Pe(ids={name: 0x1234})

    assert 0x1234 == pe.mrs(name)


def test_the_control_register_keeps_its_fixed_fields_and_reads_its_actions_as_zero():
    pe = Pe(6, ids={"PMCR_EL0": 0xAB << 24 | 0xCD << 16})
    row = REGS["PMCR_EL0"]
    for bits in (ALL_ONES, 0):
        pe.msr("PMCR_EL0", bits)

        assert 0xABCD_3000 | bits & 0xF9 == pe.mrs("PMCR_EL0")
    assert 0xF9 == row.writable
    assert {"C", "P"} == {f.name for f in row.fields if f.access is Access.W1}


PAIRS = [(n, n.replace("SET", "CLR")) for n in REGS if REGS[n].rule is Rule.SET]


@pytest.mark.parametrize(("setter", "clearer"), PAIRS)
def test_a_pair_of_names_sets_and_clears_the_bits_of_one_cell(setter, clearer):
    pe = Pe(31)
    assert REGS[setter].cell == REGS[clearer].cell
    state = 0
    for name, value in (
        (setter, 0xFFFF_0000),
        (setter, 0x0F0F_0F0F),
        (clearer, 0x00FF_00FF),
        (setter, 0),
        (clearer, 0),
        (clearer, 0x8000_0001),
        (setter, ALL_ONES),
        (clearer, 0x7FFF_FFFF),
    ):
        pe.msr(name, value)
        state = state | value if name == setter else state & ~value
        state &= 0xFFFF_FFFF

        assert [state, state] == [pe.mrs(setter), pe.mrs(clearer)]


def test_there_are_three_pairs():
    assert ["PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0"] == [s for s, _ in PAIRS]


# ---- traps


below_el2 = pytest.mark.parametrize("name", [n for n in PMU_NAMES if directions(n)])


@below_el2
def test_the_fine_grained_trap_of_a_register_traps_it_and_no_other_does(name):
    pe = open_pe(2)
    for op, way, lowest in directions(name):
        register = ("HDFGRTR_EL2", "HDFGWTR_EL2")[way]
        n = TABLE[name][3][way]
        own = 0 if n is None else 1 << n
        for bits in (own, REGS[register].writable & ~own):
            for el in range(lowest, 3):
                pe.el = 2
                pe.msr(register, bits)
                pe.el = el
                expected = TRAP if bits == own and own and el < 2 else None

                assert expected == outcome(pe, name, op)


@pytest.mark.parametrize("register", ["HDFGRTR_EL2", "HDFGWTR_EL2"])
def test_each_fine_grained_trap_is_of_some_register(register):
    used = {TABLE[name][3][register == "HDFGWTR_EL2"] for name in TABLE} - {None}

    assert used == {f.lsb for f in REGS[register].fields}


@below_el2
def test_tpm_traps_every_pmu_register_and_tpmcr_the_control_register(name):
    pe = open_pe(2)
    for field, traps in (("TPM", True), ("TPMCR", name == "PMCR_EL0")):
        for op, _, lowest in directions(name):
            for el in range(lowest, 3):
                pe.el = 2
                pe.msr("MDCR_EL2", REGS["MDCR_EL2"].put(31, **{field: 1}))
                pe.el = el

                assert (TRAP if traps and el < 2 else None) == outcome(pe, name, op)


@pytest.mark.parametrize("name", [n for n in PMU_NAMES if n.endswith("_EL0")])
def test_el0_reaches_a_register_when_one_of_its_gates_is_open(name):
    pe = open_pe(2)
    for op, way, lowest in directions(name):
        gates = TABLE[name][2][way]
        for bits in range(16):
            opened = {f.name for f in PMUSERENR_EL0.fields if bits & f.mask}
            pe.el = 2
            pe.msr("PMUSERENR_EL0", bits)
            pe.el = 0
            closed = GATE if gates and not gates & opened else None

            assert (UNDEFINED if lowest else closed) == outcome(pe, name, op)


@pytest.mark.parametrize("name", [n for n in PMU_NAMES if n.startswith(("PMEV", "PMXEV"))])
def test_an_event_counter_beyond_hpmn_traps_below_el2(name):
    pe, n = open_pe(2), REGS[name].index
    for hpmn in (1, 5, 31) if n is None else (n, n + 1):
        for el in (0, 1, 2):
            for sel in (0, 4, 5, 30) if n is None else (0,):
                pe.el = 2
                pe.msr("MDCR_EL2", hpmn)
                pe.msr("PMSELR_EL0", sel)
                pe.el = el
                idx = sel if n is None else n
                expected = TRAP if el < 2 and idx >= hpmn else None

                assert [expected] * 2 == [outcome(pe, name, op) for op in ("mrs", "msr")]


@pytest.mark.parametrize("name", [n for n in PMU_NAMES if n.startswith("PMEV")])
def test_an_event_counter_that_is_not_there_is_undefined_at_every_level(name):
    n = REGS[name].index
    pe = Pe(n)
    pe.msr("PMUSERENR_EL0", 0xF)
    for el in (0, 1, 2):
        pe.el = el
        target = 2 if el == 2 else 1

        assert [(0x00, target)] * 2 == [outcome(pe, name, op) for op in ("mrs", "msr")]


@pytest.mark.parametrize("name", [n for n in REGS if REGS[n].needs])
def test_a_register_of_an_absent_feature_is_undefined(name):
    features = [f for f in Pe().features if f != REGS[name].needs]
    for el in (0, 1, 2):
        pe = Pe(features=features)
        pe.el = el

        assert [(0x00, 2 if el == 2 else 1)] * 2 == [outcome(pe, name, o) for o in ("mrs", "msr")]


def test_the_registers_that_need_a_feature():
    needs = {n: REGS[n].needs for n in REGS if REGS[n].needs}

    assert {
        "PMMIR_EL1": "FEAT_PMUv3p4",
        "HDFGRTR_EL2": "FEAT_FGT",
        "HDFGWTR_EL2": "FEAT_FGT",
    } == needs


def test_the_list_registers_are_rows_and_those_that_are_not_there_are_undefined():
    assert 16 == len(gic_regs.LIST_REGISTERS)
    for n in range(16):
        assert (None if n < 4 else (0x00, 2)) == outcome(Pe(), f"ICH_LR{n}_EL2", "mrs")
