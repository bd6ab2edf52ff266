"""kvm-unit-tests' arm/pmu.c on the model: the same tests, the same names, the same constants.

Each runs at EL1 on several PEs; on one of them EL1 has the first range of a partition, and must not
notice. A loop of instructions is a `retire` of the events that it would make. Interrupts go all the
way: PMUIRQ is PPI 23, EL2 puts it into a list register, EL1 acknowledges and ends it.

Sources: kvm-unit-tests, arm/pmu.c; Linux: tools/testing/selftests/kvm, vpmu_counter_access.c.
"""

from collections import Counter

import pytest

from pmulab.hw.pe import PMU_PPI, Pe
from pmulab.hw.sysreg import Trap, Undefined
from pmulab.hw.sysregs import HCR_EL2, MDCR_EL2

E, P, C, LC, LP = 1 << 0, 1 << 1, 1 << 2, 1 << 6, 1 << 7
ALL_SET_32 = 0xFFFF_FFFF
ALL_SET_64 = 0xFFFF_FFFF_FFFF_FFFF
PRE_OVERFLOW_32 = 0xFFFF_FFF0
PRE_OVERFLOW_64 = 0xFFFF_FFFF_FFFF_FFF0
PRE_OVERFLOW2_32 = 0xFFFF_FEA1
PRE_OVERFLOW2_64 = 0xFFFF_FFFF_FFFF_FEA1
COUNT, COUNT_INT = 250, 1000
EXCLUDE_EL0 = 1 << 30
SW_INCR, INST_RETIRED, CPU_CYCLES, MEM_ACCESS, INST_SPEC, CHAIN = 0x00, 0x08, 0x11, 0x13, 0x1B, 0x1E
STALL_FRONTEND, STALL_BACKEND = 0x23, 0x24


def first_range(pe, hpmn):
    """Make a partition: EL1 has the counters below `hpmn`, and EL2 counts on the others."""
    others = (1 << pe.pmu.n_counters) - (1 << hpmn)
    pe.msr("MDCR_EL2", MDCR_EL2.HPME | hpmn)
    for idx in range(hpmn, pe.pmu.n_counters):
        pe.msr(f"PMEVTYPER{idx}_EL0", CPU_CYCLES)
        pe.msr(f"PMEVCNTR{idx}_EL0", PRE_OVERFLOW_32)
    pe.msr("PMCNTENSET_EL0", others)
    pe.msr("PMOVSSET_EL0", others)
    return pe


PES = {
    "6 counters": Pe,
    "31 counters": lambda: Pe(31),
    "32-bit counters": lambda: Pe(6, ["FEAT_PMUv3p1", "FEAT_FGT"]),
    "3 of 6 counters": lambda: first_range(Pe(), 3),
}
WIDTHS = {
    f"{name}-{64 if wide else 32}": (name, wide)
    for name in PES
    for wide in (False, True)
    if not (wide and "32" in name)
}
every_pe = pytest.mark.parametrize("sw", [(name, False) for name in PES], ids=PES, indirect=True)
both_widths = pytest.mark.parametrize("sw", WIDTHS.values(), ids=WIDTHS, indirect=True)


class Software:
    """What arm/pmu.c has around its tests: PMCR_EL0's fixed bits, loops, an interrupt handler."""

    def __init__(self, name, wide):
        self.pe = PES[name]()
        self.long_counters = "FEAT_PMUv3p5" in self.pe.features
        self.all_set = ALL_SET_64 if self.long_counters else ALL_SET_32
        self.lp = LP if wide else 0
        self.pre_overflow = PRE_OVERFLOW_64 if wide else PRE_OVERFLOW_32
        self.pre_overflow2 = PRE_OVERFLOW2_64 if wide else PRE_OVERFLOW2_32
        self.interrupts = None
        self.pe.el = 1
        self.ro = self.pe.mrs("PMCR_EL0") & ~0xFF
        self.n_counters = self.ro >> 11 & 0x1F

    def mrs(self, name):
        return self.pe.mrs(name)

    def msr(self, name, value):
        self.pe.msr(name, value)
        self.take_interrupts()

    def counters(self, *types):
        for n, event in enumerate(types):
            self.msr(f"PMEVTYPER{n}_EL0", event | EXCLUDE_EL0)

    def preset(self, *values):
        for n, value in enumerate(values):
            self.msr(f"PMEVCNTR{n}_EL0", value)

    def enable(self, mask):
        self.msr("PMCNTENSET_EL0", mask)

    def count(self, n):
        return self.mrs(f"PMEVCNTR{n}_EL0")

    def overflows(self):
        return self.mrs("PMOVSCLR_EL0")

    def reset(self):
        """Zero the counters, disable them, clear flags and interrupts; event types stay."""
        self.msr("PMCR_EL0", self.ro | LC | C | P)
        for name in ("PMCNTENCLR_EL0", "PMOVSCLR_EL0", "PMINTENCLR_EL1"):
            self.msr(name, ALL_SET_32)

    def begin(self, *types, preset=(), enable=0):
        """Reset; give the first counters types and values, and enable those of a mask."""
        self.reset()
        self.counters(*types)
        self.preset(*preset)
        self.enable(enable)

    def start(self):
        self.msr("PMCR_EL0", self.ro | E | self.lp)

    def instructions(self, n, pmcr, cpi=1):
        """Run exactly n instructions between the writes that start and stop counting."""
        self.msr("PMCR_EL0", pmcr)
        self.pe.retire(INST_RETIRED, n)
        self.pe.retire(CPU_CYCLES, n * cpi)
        self.msr("PMCR_EL0", 0)

    def loads(self, n):
        """Load n times, four instructions each."""
        self.start()
        # In steps where an interrupt may be taken in between: at most ten loads late.
        step = n if self.interrupts is None else 10
        for _ in range(0, n, step):
            for event, each in ((MEM_ACCESS, 1), (INST_RETIRED, 4), (CPU_CYCLES, 4)):
                self.pe.retire(event, each * step)
                self.take_interrupts()
        self.msr("PMCR_EL0", 0)

    def software_increments(self, mask, times=100):
        for _ in range(times):
            self.msr("PMSWINC_EL0", mask)

    # ---- the interrupt

    def install_handler(self):
        self.interrupts, self.unexpected = Counter(), 0
        self.pe.el = 2
        self.pe.msr("HCR_EL2", HCR_EL2.IMO | HCR_EL2.FMO)
        self.pe.msr("ICH_VMCR_EL2", 0xF8 << 24 | 1 << 1)
        self.pe.msr("ICH_HCR_EL2", 1)
        self.pe.el = 1

    def take_interrupts(self):
        """Be the rest of the GIC: a PPI is pending while its line is high, unless it is active."""
        if self.interrupts is None:
            return
        self.sample_line()
        while self.pe.gic.virq:
            self.handler()
            self.sample_line()

    def sample_line(self):
        pending = 1 << 62 | 1 << 60 | 0x80 << 48 | PMU_PPI
        self.pe.el = 2
        idle = not self.pe.mrs("ICH_LR0_EL2") >> 63
        if idle:
            self.pe.msr("ICH_LR0_EL2", pending if self.pe.irq else 0)
        self.pe.el = 1

    def handler(self):
        intid = self.pe.mrs("ICC_IAR1_EL1")
        if intid == PMU_PPI:
            flags = self.pe.mrs("PMOVSCLR_EL0")
            self.interrupts.update(n for n in range(32) if flags >> n & 1)
            self.pe.msr("PMOVSCLR_EL0", ALL_SET_32)
        else:
            self.unexpected += 1
        self.pe.msr("ICC_EOIR1_EL1", intid)

    def seen(self):
        """Return how often each counter interrupted since the last call, and forget it."""
        seen, self.interrupts = dict(self.interrupts), Counter()

        assert 0 == self.unexpected
        return seen


@pytest.fixture
def sw(request):
    """Give software on the PE of a parameter; at the end a second range is as EL2 left it."""
    software = Software(*getattr(request, "param", ("6 counters", False)))
    yield software
    pe, first = software.pe, software.n_counters
    pe.el = 2
    others = (1 << pe.pmu.n_counters) - (1 << first)

    assert others == pe.mrs("PMCNTENSET_EL0") & others
    assert others == pe.mrs("PMOVSSET_EL0") & others
    for idx in range(first, pe.pmu.n_counters):
        assert PRE_OVERFLOW_32 <= pe.mrs(f"PMEVCNTR{idx}_EL0")


# ---- arm/pmu.c


@every_pe
def test_cycle_counter_increases_between_back_to_back_reads(sw):
    sw.begin(enable=1 << 31)
    sw.msr("PMCCFILTR_EL0", 0)
    sw.msr("PMCR_EL0", sw.mrs("PMCR_EL0") | LC | C | E)
    reads = []
    for _ in range(20):
        sw.pe.retire(CPU_CYCLES, 1)
        reads.append(sw.mrs("PMCCNTR_EL0"))

    assert list(range(1, 21)) == reads


@pytest.mark.parametrize("cpi", [1, 3])
@every_pe
def test_cycle_counter(sw, cpi):
    sw.begin(enable=1 << 31)
    for instructions in range(4, 300, 32):
        for _ in range(10):
            sw.msr("PMCCNTR_EL0", 0)
            sw.instructions(instructions, sw.ro | LC | E, cpi)

            assert instructions * cpi == sw.mrs("PMCCNTR_EL0")


def advertised(sw, event):
    """Read in PMCEID whether a common event, 0x00 to 0x3f, is implemented."""
    return sw.mrs(f"PMCEID{event >> 5}_EL0") >> event % 32 & 1


@every_pe
def test_event_introspection(sw):
    assert advertised(sw, SW_INCR)
    assert advertised(sw, CPU_CYCLES)
    assert advertised(sw, INST_RETIRED) or advertised(sw, INST_SPEC)
    assert advertised(sw, STALL_FRONTEND)
    assert advertised(sw, STALL_BACKEND)


@pytest.mark.parametrize("selected", [0, 1])
@every_pe
def test_event_counter_config(sw, selected):
    sw.begin()
    sw.msr("PMSELR_EL0", selected)
    sw.msr("PMXEVTYPER_EL0", 0xEA)
    sw.msr("PMXEVCNTR_EL0", 0xDEADBEEF)

    assert 0xEA == sw.mrs(f"PMEVTYPER{selected}_EL0") & 0xFFF
    assert 0xDEADBEEF == sw.count(selected)

    unsupported = next(event for event in range(0x40) if not advertised(sw, event))
    sw.msr("PMXEVCNTR_EL0", unsupported)

    assert unsupported == sw.mrs("PMXEVCNTR_EL0")


@both_widths
def test_basic_event_count(sw):
    implemented, low = (1 << sw.n_counters) - 1, ALL_SET_32 & ~(1 << 31)
    sw.counters(CPU_CYCLES, INST_RETIRED)
    for name, value, expected in (
        ("PMCNTENCLR_EL0", ALL_SET_32, {"PMCNTENCLR_EL0": 0, "PMCNTENSET_EL0": 0}),
        ("PMCR_EL0", sw.ro | LC | C | P | sw.lp, {"PMCR_EL0": sw.ro | LC | sw.lp}),
        ("PMEVCNTR0_EL0", sw.pre_overflow, {"PMEVCNTR0_EL0": sw.pre_overflow, "PMEVCNTR1_EL0": 0}),
        ("PMCNTENSET_EL0", low, {"PMCNTENSET_EL0": implemented, "PMCNTENCLR_EL0": implemented}),
        ("PMCNTENCLR_EL0", ~0x3, {"PMCNTENSET_EL0": 0x3, "PMCNTENCLR_EL0": 0x3}),
        ("PMOVSCLR_EL0", ALL_SET_32, {"PMOVSCLR_EL0": 0}),
        ("PMINTENCLR_EL1", ALL_SET_32, {"PMINTENCLR_EL1": 0}),
        ("PMINTENSET_EL1", low, {"PMINTENSET_EL1": implemented}),
    ):
        sw.msr(name, value)

        assert expected == {read: sw.mrs(read) for read in expected}

    # LP is dropped here, in arm/pmu.c too: the overflow is taken at 32 bits in either variant.
    sw.instructions(42, sw.ro | E)

    assert 0x1 == sw.overflows()
    assert [sw.pre_overflow + 42 & sw.all_set, 42] == [sw.count(0), sw.count(1)]


@both_widths
def test_mem_access(sw):
    sw.begin(MEM_ACCESS, MEM_ACCESS, enable=0x3)
    sw.loads(20)

    assert [20, 20, 0] == [sw.count(0), sw.count(1), sw.overflows()]

    sw.begin(preset=[sw.pre_overflow] * 2, enable=0x3)
    sw.loads(20)

    assert 0x3 == sw.overflows()


@both_widths
def test_mem_access_reliability(sw):
    for _ in range(100):
        sw.begin(MEM_ACCESS, preset=[sw.pre_overflow2], enable=0x1)
        sw.loads(COUNT)

        assert [sw.pre_overflow2 + COUNT, 0] == [sw.count(0), sw.overflows()]


@both_widths
def test_sw_incr(sw):
    sw.begin(SW_INCR, SW_INCR, preset=[sw.pre_overflow], enable=0x3)
    sw.software_increments(0x1)

    assert sw.pre_overflow == sw.count(0)

    sw.begin(preset=[sw.pre_overflow], enable=0x3)
    sw.start()
    sw.software_increments(0x3)

    assert sw.pre_overflow + 100 & sw.all_set == sw.count(0)
    assert 100 == sw.count(1)
    assert 0x1 == sw.overflows()


@every_pe
def test_chained_counters(sw):
    sw.begin(CPU_CYCLES, CHAIN, preset=[PRE_OVERFLOW_32], enable=0x2)
    sw.enable(0x1)
    sw.instructions(46, sw.ro | E)

    assert [1, 0x1] == [sw.count(1), sw.overflows()]

    sw.begin(preset=[PRE_OVERFLOW_32, 1], enable=0x2)
    sw.enable(0x1)
    sw.instructions(46, sw.ro | E)

    assert [2, 0x1] == [sw.count(1), sw.overflows()]

    sw.preset(PRE_OVERFLOW_32, sw.all_set)
    sw.instructions(46, sw.ro | E)

    assert [0, 0x3] == [sw.count(1), sw.overflows()]


@every_pe
def test_chained_sw_incr(sw):
    sw.begin(SW_INCR, CHAIN, preset=[PRE_OVERFLOW_32], enable=0x3)
    sw.start()
    sw.software_increments(0x1)

    assert [1, 0x1] == [sw.count(1), sw.overflows()]

    sw.begin(preset=[PRE_OVERFLOW_32, ALL_SET_32], enable=0x3)
    sw.start()
    sw.software_increments(0x1)

    assert 0x3 == sw.overflows()
    assert PRE_OVERFLOW_32 + 100 & sw.all_set == sw.count(0)
    assert ALL_SET_32 + 1 & sw.all_set == sw.count(1)


@every_pe
def test_chain_promotion_1_the_odd_counter_alone(sw):
    sw.begin(MEM_ACCESS, CHAIN, enable=0x2)
    sw.loads(COUNT)

    assert [0, 0] == [sw.count(0), sw.count(1)]


@every_pe
def test_chain_promotion_2_the_even_counter_alone(sw):
    sw.begin(MEM_ACCESS, CHAIN, preset=[PRE_OVERFLOW_32], enable=0x1)
    sw.loads(COUNT)

    assert [0, 0x1] == [sw.count(1), sw.overflows()]


@every_pe
def test_chain_promotion_3_the_pair_then_the_even_counter_alone(sw):
    sw.begin(MEM_ACCESS, CHAIN, preset=[PRE_OVERFLOW2_32], enable=0x3)
    sw.loads(COUNT)

    assert [PRE_OVERFLOW2_32 + COUNT, 0] == [sw.count(0), sw.overflows()]

    sw.msr("PMCNTENCLR_EL0", 0x3)
    sw.enable(0x1)
    sw.loads(COUNT)

    assert [0, 0x1] == [sw.count(1), sw.overflows()]


@every_pe
def test_chain_promotion_4_the_even_counter_alone_then_the_pair(sw):
    sw.begin(MEM_ACCESS, CHAIN, preset=[PRE_OVERFLOW2_32], enable=0x1)
    sw.loads(COUNT)
    sw.enable(0x3)
    sw.loads(COUNT)

    assert [1, 0x1] == [sw.count(1), sw.overflows()]


@every_pe
def test_chain_promotion_5_from_cpu_cycles_to_chain(sw):
    sw.begin(MEM_ACCESS, CPU_CYCLES, preset=[PRE_OVERFLOW2_32], enable=0x3)
    sw.loads(COUNT)

    assert 4 * COUNT == sw.count(1)

    sw.msr("PMCNTENCLR_EL0", 0x3)
    sw.counters(MEM_ACCESS, CHAIN)
    sw.msr("PMEVCNTR1_EL0", 0)
    sw.enable(0x3)
    sw.loads(COUNT)

    assert [1, 0x1] == [sw.count(1), sw.overflows()]


@every_pe
def test_chain_promotion_6_from_chain_to_cpu_cycles(sw):
    sw.begin(MEM_ACCESS, CHAIN, preset=[PRE_OVERFLOW2_32], enable=0x3)
    sw.loads(COUNT)
    sw.msr("PMCNTENCLR_EL0", 0x3)
    sw.counters(MEM_ACCESS, CPU_CYCLES)
    sw.enable(0x3)
    sw.loads(COUNT)

    assert 0x1 == sw.overflows()
    assert 4 * COUNT == sw.count(1)


@pytest.fixture
def interrupted(sw):
    """Give software that has done what every test_overflow_interrupt begins with."""
    sw.install_handler()
    sw.begin(MEM_ACCESS, SW_INCR, preset=[sw.pre_overflow] * 2, enable=0x3)
    return sw


@both_widths
def test_overflow_interrupt_a_is_not_taken_while_disabled(interrupted):
    interrupted.loads(COUNT_INT)

    assert ({}, 0x1) == (interrupted.seen(), interrupted.overflows())


@both_widths
def test_overflow_interrupt_b_is_not_taken_for_sw_incr_while_disabled(interrupted):
    interrupted.start()
    interrupted.software_increments(0x2)

    assert ({}, 0x2) == (interrupted.seen(), interrupted.overflows())


@both_widths
def test_overflow_interrupt_c_is_taken_once_for_each_counter(interrupted):
    interrupted.msr("PMOVSCLR_EL0", ALL_SET_32)
    interrupted.msr("PMINTENSET_EL1", ALL_SET_32)
    interrupted.loads(COUNT_INT)

    assert {0: 1} == interrupted.seen()

    interrupted.start()
    interrupted.software_increments(0x3)

    assert {1: 1} == interrupted.seen()


@both_widths
def test_overflow_interrupt_d_is_taken_for_the_even_counter_of_a_chain(interrupted):
    interrupted.msr("PMINTENSET_EL1", ALL_SET_32)
    interrupted.counters(MEM_ACCESS, CHAIN)
    interrupted.preset(interrupted.pre_overflow)
    interrupted.loads(COUNT_INT)

    assert {0: 1} == interrupted.seen()


@both_widths
def test_overflow_interrupt_e_is_taken_for_the_odd_counter_at_32_bits_only(interrupted):
    sw = interrupted
    sw.msr("PMINTENSET_EL1", ALL_SET_32)
    sw.counters(MEM_ACCESS, CHAIN)
    sw.preset(sw.pre_overflow, sw.all_set)
    sw.loads(COUNT_INT)

    assert ({0: 1} if sw.lp else {0: 1, 1: 1}) == sw.seen()
    assert (sw.all_set if sw.lp else 0) == sw.count(1)


def test_overflow_interrupt_storms_for_a_handler_that_leaves_the_flag(interrupted):
    pe = interrupted.pe
    interrupted.msr("PMINTENSET_EL1", ALL_SET_32)
    pe.msr("PMCR_EL0", interrupted.ro | E)
    pe.retire(MEM_ACCESS, 20)
    taken = []
    for _ in range(5):
        interrupted.sample_line()
        taken.append(pe.mrs("ICC_IAR1_EL1"))
        pe.msr("ICC_EOIR1_EL1", taken[-1])

    assert [PMU_PPI] * 5 == taken


# ---- the selftest vpmu_counter_access.c

BITMAPS = [
    f"{stem}{way}_{suffix}"
    for stem, suffix in (("PMCNTEN", "EL0"), ("PMINTEN", "EL1"), ("PMOVS", "EL0"))
    for way in ("SET", "CLR")
]


def with_counters(kind, n):
    """Make a PE on which EL1 has n event counters: as many as there are, or n of 31."""
    pe = Pe(n if kind == "implemented" else 31)
    pe.msr("MDCR_EL2", n)
    pe.el = 1
    return pe


KINDS = ("implemented", "partition")
each_kind = pytest.mark.parametrize("kind", KINDS)
every_size = pytest.mark.parametrize(
    ("kind", "n"), [(kind, n) for kind in KINDS for n in range(32)]
)


@pytest.fixture
def pe(kind, n):
    """Give the PE of every_size."""
    return with_counters(kind, n)


@each_kind
def test_vpmu_counter_access_finds_n_in_pmcr(kind):
    found = [with_counters(kind, n).mrs("PMCR_EL0") >> 11 & 0x1F for n in range(32)]

    assert list(range(32)) == found


@each_kind
@pytest.mark.parametrize("name", BITMAPS)
def test_vpmu_counter_access_finds_only_its_bits_in_the_bitmaps(kind, name):
    for n in range(32):
        pe = with_counters(kind, n)
        valid = 1 << 31 | (1 << n) - 1
        pe.msr(name, ALL_SET_64)

        assert (valid if "SET" in name else 0) == pe.mrs(name)


@each_kind
@pytest.mark.parametrize("name", BITMAPS)
def test_vpmu_counter_access_writes_of_other_bits_are_ignored(kind, name):
    for n in range(32):
        pe = with_counters(kind, n)
        pe.msr(name, ALL_SET_32 & ~(1 << 31 | (1 << n) - 1))
        pe.el = 2

        assert 0 == pe.mrs(name)


def direct(pe, kind, n):
    """Name the register of counter n."""
    return f"PMEV{kind}{n}_EL0"


def windowed(pe, kind, n):
    """Select counter n and name the window."""
    pe.msr("PMSELR_EL0", n)
    return f"PMXEV{kind}_EL0"


ACCESSORS = [(write, read) for write in (direct, windowed) for read in (direct, windowed)]


@every_size
def test_vpmu_counter_access_reaches_the_implemented_counters(pe, n):
    for idx in range(n):
        for write, read in ACCESSORS:
            pe.msr("PMCR_EL0", P)

            assert 0 == pe.mrs(read(pe, "CNTR", idx))

            count, event = 0x8765_4321 + idx, 0x10 + idx
            pe.msr(write(pe, "CNTR", idx), count)
            pe.msr(write(pe, "TYPER", idx), event)

            assert [count, event] == [pe.mrs(read(pe, w, idx)) for w in ("CNTR", "TYPER")]


@every_size
def test_vpmu_counter_access_sets_and_clears_each_implemented_bit(pe, n):
    for setter, clearer in zip(BITMAPS[::2], BITMAPS[1::2]):
        pe.msr(clearer, ALL_SET_64)
        for idx in range(n):
            pe.msr(setter, 1 << idx)

            assert [1 << idx] * 2 == [pe.mrs(setter), pe.mrs(clearer)]

            pe.msr(clearer, 1 << idx)

            assert [0, 0] == [pe.mrs(setter), pe.mrs(clearer)]


@every_size
def test_vpmu_counter_access_to_other_counters_takes_an_exception(pe, kind, n):
    # Behind a partition EL2 gets the trap, and it is EL2 that makes it UNDEFINED for EL1.
    expected = Undefined if kind == "implemented" else Trap
    for idx in range(n, 31):
        for accessor in (direct, windowed):
            for what in ("CNTR", "TYPER"):
                name = accessor(pe, what, idx)
                with pytest.raises(expected):
                    pe.mrs(name)
                with pytest.raises(expected):
                    pe.msr(name, 0)
