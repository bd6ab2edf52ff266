"""Counting by amount agrees with a PMU that adds one event at a time.

`Naive` is written from the prose of the manual, with sets and plain loops, and shares nothing with
`pmulab.hw.pmu`: no table of registers, no masks, no carries. A counter overflows when the bits that
count have all become zero.

Sources: Arm DDI 0487, D13.3 (overflow), D13.5 (what counts when), D24.5 (PMCR, PMSWINC, bitmaps).
"""

import sys
from copy import deepcopy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmulab.hw.pe import Pe
from pmulab.hw.pmu import Choices

SW_INCR, INST_RETIRED, CPU_CYCLES, CHAIN = 0x00, 0x08, 0x11, 0x1E
V3P1 = ["FEAT_PMUv3p1", "FEAT_FGT", "FEAT_HPMN0"]
V3P5 = [*V3P1, "FEAT_PMUv3p4", "FEAT_PMUv3p5"]


def bits(value):
    """List the bits that are set."""
    return {n for n in range(64) if value >> n & 1}


class Naive:
    """A PMU that knows only how to count one event."""

    def __init__(self, n, v3p5, across, obeys):
        self.n, self.v3p5, self.across, self.obeys = n, v3p5, across, obeys
        self.enabled, self.interrupting, self.flags = set(), set(), set()
        self.count, self.type = [0] * n, [0] * n
        self.cycles, self.cycle_filter, self.prescaler = 0, 0, 0
        self.control = self.hypervisor = set()
        self.hpmn = n

    # ---- registers

    def write(self, name, value, el):
        """Write a register at an exception level."""
        if name == "PMCR_EL0":
            self.write_control(value, el)
        elif name == "MDCR_EL2":
            self.hypervisor, self.hpmn = bits(value), min(value & 31, self.n)
        elif name == "PMSWINC_EL0":
            for i in sorted(bits(value)):
                if i in self.reachable(el) and i != 31 and self.type[i] & 0xFFFF == SW_INCR:
                    self.one_event_for(i, el)
        elif name == "PMCCNTR_EL0":
            self.cycles = value
        elif name == "PMCCFILTR_EL0":
            self.cycle_filter = value
        elif name.startswith("PMEVCNTR"):
            self.count[int(name[8:-4])] = value % 2 ** (64 if self.v3p5 else 32)
        elif name.startswith("PMEVTYPER"):
            self.type[int(name[9:-4])] = value
        else:
            self.write_bitmap(name, bits(value) & self.reachable(el))

    def write_bitmap(self, name, chosen):
        """Add to a set of counters, or take away from it."""
        word = {"PMCN": self.enabled, "PMIN": self.interrupting, "PMOV": self.flags}[name[:4]]
        if "SET" in name:
            word |= chosen
        else:
            word -= chosen

    def write_control(self, value, el):
        """Write PMCR_EL0."""
        self.control = bits(value)
        if 1 in self.control:
            for i in self.reachable(el) - {31}:
                self.count[i] = 0
        if 2 in self.control:
            self.cycles = self.prescaler = 0

    def reachable(self, el):
        """Return the counters that software at an exception level has."""
        return set(range(self.n if el == 2 else self.hpmn)) | {31}

    # ---- counting

    def second_range(self, i):
        return i != 31 and i >= self.hpmn

    def switched_on(self, i):
        """Tell whether the enable of a counter's range is on: HPME or E."""
        return 7 in self.hypervisor if self.second_range(i) else 0 in self.control

    def prohibited(self, i, el):
        """Tell whether EL2 is a place where this counter must not count."""
        if el != 2 or self.second_range(i):
            return False
        hpmd, hccd, dp = 17 in self.hypervisor, 23 in self.hypervisor, 5 in self.control
        if i == 31:
            return (hpmd and dp) or (hccd and self.v3p5)
        return hpmd

    def filtered(self, i, el):
        """Tell whether the counter's own filter leaves this exception level out."""
        chosen = bits(self.cycle_filter if i == 31 else self.type[i])
        if el == 0:
            return 30 in chosen
        return 31 in chosen if el == 1 else 27 not in chosen

    def may_count(self, i, el):
        return i in self.enabled and self.switched_on(i) and not self.prohibited(i, el)

    def happens(self, event, amount, el):
        """Let events happen, one after another."""
        for _ in range(amount):
            for i in range(self.n):
                if self.type[i] & 0xFFFF == event:
                    self.one_event_for(i, el)
            if event == CPU_CYCLES and self.may_count(31, el) and not self.filtered(31, el):
                self.one_cycle()

    def one_event_for(self, i, el):
        """Count one event, if this counter counts here."""
        if self.may_count(i, el) and not self.filtered(i, el):
            self.increment(i, el)

    def increment(self, i, el):
        """Add one; flag the overflow, and let the odd counter above count it."""
        long = 26 in self.hypervisor if self.second_range(i) else 7 in self.control
        size = 2**64 if long and self.v3p5 else 2**32
        self.count[i] = (self.count[i] + 1) % (2**64 if self.v3p5 else 2**32)
        if self.count[i] % size:
            return
        self.flags.add(i)
        odd = i + 1
        pair = i % 2 == 0 and odd < self.n and (odd != self.hpmn or self.across)
        if pair and size == 2**32 and self.type[odd] & 0xFFFF == CHAIN:
            ignored = self.obeys and self.filtered(odd, el)
            if self.may_count(odd, el) and not ignored:
                self.increment(odd, el)

    def one_cycle(self):
        """Count one cycle, or every 64th."""
        long = 6 in self.control
        if 3 in self.control and not long:
            self.prescaler = (self.prescaler + 1) % 64
            if self.prescaler:
                return
        self.cycles = (self.cycles + 1) % 2**64
        if self.cycles % (2**64 if long else 2**32) == 0:
            self.flags.add(31)

    def irq(self):
        """Return the level of PMUIRQ."""
        known = self.reachable(2)
        return any(i in self.interrupting and self.switched_on(i) for i in self.flags & known)

    # ---- what can be seen

    def seen(self):
        """Return what software at EL2 and, of the bitmaps, at EL1 reads; and the line."""
        words = [
            sum(1 << i for i in word & self.reachable(el))
            for el in (2, 1)
            for word in (self.enabled, self.interrupting, self.flags)
        ]
        return words, self.count, self.type, self.cycles, self.cycle_filter, self.irq()


def seen_on(pe):
    """Return of a PE what `Naive.seen` returns."""
    words = []
    for pe.el in (1, 2):
        bitmaps = ("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0")
        words = [pe.mrs(name) for name in bitmaps] + words
    counts, types = (
        [pe.mrs(f"PMEV{what}{n}_EL0") for n in range(pe.pmu.n_counters)]
        for what in ("CNTR", "TYPER")
    )
    return words, counts, types, pe.mrs("PMCCNTR_EL0"), pe.mrs("PMCCFILTR_EL0"), pe.irq


# ---- random programs

N = 5
EDGES = [2**32 - 1, 2**32 - 2, 2**32 - 64, 2**64 - 1, 2**64 - 3, 2**64 - 2**32 - 2, 2**33 - 1, 0]
FILTERS = [0, 1 << 27, 1 << 31, 1 << 30, 1 << 31 | 1 << 30, 1 << 31 | 1 << 27, 1 << 29 | 1 << 28]
level = st.sampled_from([0, 1, 2])
bitmap = st.one_of(
    st.just(0xFFFF_FFFF), st.integers(0, 31).map(lambda n: 1 << n), st.integers(0, 2**32 - 1)
)
control = st.sets(st.sampled_from([0, 0, 0, 1, 2, 3, 5, 6, 7])).map(
    lambda s: sum(1 << n for n in s)
)
hypervisor = st.builds(
    lambda hpmn, chosen: hpmn | sum(1 << n for n in chosen),
    st.integers(0, N + 1),
    st.sets(st.sampled_from([7, 7, 17, 23, 26])),
)
edge = st.one_of(st.sampled_from(EDGES), st.integers(0, 2**64 - 1))
event = st.sampled_from([SW_INCR, INST_RETIRED, CPU_CYCLES, CPU_CYCLES, CHAIN, CHAIN])
el_filter = st.sampled_from(FILTERS)
typer = st.builds(lambda event, chosen: event | chosen, event, el_filter)


def write(names, value, el=level):
    """Draw a write: name, value, exception level."""
    return st.tuples(st.sampled_from(names), value, el)


write_counter = write([f"PMEVCNTR{n}_EL0" for n in range(N)], edge, st.just(2))
write_typer = write([f"PMEVTYPER{n}_EL0" for n in range(N)], typer, st.just(2))
retire = st.tuples(
    st.sampled_from([INST_RETIRED, CPU_CYCLES, CPU_CYCLES]),
    st.sampled_from([1, 2, 3, 63, 64, 65, 130]),
    level,
)
anything = st.one_of(
    retire,
    retire,
    retire,
    write(["PMCR_EL0"], control),
    write(["MDCR_EL2"], hypervisor, st.just(2)),
    write(["PMCNTENSET_EL0", "PMCNTENCLR_EL0", "PMOVSSET_EL0", "PMOVSCLR_EL0"], bitmap),
    write(["PMINTENSET_EL1", "PMINTENCLR_EL1"], bitmap, st.sampled_from([1, 2])),
    write(["PMSWINC_EL0", "PMSWINC_EL0"], bitmap),
    write_counter,
    write_typer,
    write(["PMCCNTR_EL0"], edge),
    write(["PMCCFILTR_EL0"], el_filter),
)
# A beginning in which most things count: else most programs would be quiet.
beginning = st.tuples(
    *(st.tuples(st.just(f"PMEVTYPER{n}_EL0"), typer, st.just(2)) for n in range(N)),
    *(st.tuples(st.just(f"PMEVCNTR{n}_EL0"), edge, st.just(2)) for n in range(N)),
    write(["PMCCNTR_EL0"], edge, st.just(2)),
    write(["PMCNTENSET_EL0"], st.sampled_from([0xFFFF_FFFF, 0x8000_000F]), st.just(2)),
    write(["PMINTENSET_EL1"], bitmap, st.just(2)),
    write(["MDCR_EL2"], hypervisor, st.just(2)),
    write(["PMCR_EL0"], control.map(lambda value: value | 1), st.just(2)),
)
program = st.builds(lambda a, b: [*a, *b], beginning, st.lists(anything, min_size=1, max_size=8))


def pair(v3p5, across, obeys):
    """Make a PE and the naive PMU that should agree with it."""
    choices = Choices(chain_across_hpmn=across, chain_obeys_filter=obeys)
    pe = Pe(N, V3P5 if v3p5 else V3P1, choices=choices)
    pe.msr("PMUSERENR_EL0", 0xF)
    return pe, Naive(N, v3p5, across, obeys)


def do(pe, what, value, el):
    """Do one step of a program on a PE."""
    pe.el = el
    if isinstance(what, str):
        pe.msr(what, value)
    else:
        pe.retire(what, value)


def check_program(v3p5, across, obeys, steps):
    """Run a program on both and compare after each step."""
    pe, naive = pair(v3p5, across, obeys)
    for what, value, el in steps:
        do(pe, what, value, el)
        if isinstance(what, str):
            naive.write(what, value, el)
        else:
            naive.happens(what, value, el)

        assert naive.seen() == seen_on(pe)


quick = settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.mark.slow
@quick
@given(st.booleans(), st.booleans(), st.booleans(), program)
def test_counting_by_amount_agrees_with_adding_one_at_a_time(v3p5, across, obeys, steps):
    check_program(v3p5, across, obeys, steps)


@pytest.mark.slow
@settings(quick, max_examples=2000, derandomize=False)
@given(st.booleans(), st.booleans(), st.booleans(), program)
def test_many_programs_agree_with_adding_one_at_a_time(v3p5, across, obeys, steps):
    check_program(v3p5, across, obeys, steps)


# Small amounts agree with the naive counter, and amounts add up: so large ones agree too.
huge = st.one_of(st.integers(0, 2**34), st.integers(0, 2**66), st.sampled_from([2**32, 2**64 - 1]))


@pytest.mark.slow
@settings(quick, max_examples=30)
@given(st.booleans(), program, retire, huge, huge)
def test_two_amounts_count_as_their_sum(v3p5, steps, last, a, b):
    pe, _ = pair(v3p5, False, True)
    for step in steps:
        do(pe, *step)
    what, _, el = last
    at_once = deepcopy(pe)
    do(pe, what, a, el)
    do(pe, what, b, el)
    do(at_once, what, a + b, el)

    assert seen_on(pe) == seen_on(at_once)


# ---- what it costs


def overflowing(amount):
    """Make a PE on which every counter overflows, and the work that makes it."""
    pe = Pe(6)
    for n in range(6):
        pe.msr(f"PMEVTYPER{n}_EL0", (CHAIN if n % 2 else CPU_CYCLES) | 1 << 27)
        pe.msr(f"PMEVCNTR{n}_EL0", 2**32 - 1)
    pe.msr("PMCCNTR_EL0", 2**32 - 1)
    pe.msr("PMCCFILTR_EL0", 1 << 27)
    pe.msr("PMCNTENSET_EL0", 0x8000_003F)
    pe.msr("PMINTENSET_EL1", 0x8000_003F)
    pe.msr("PMCR_EL0", 1)
    return pe, lambda: (pe.retire(CPU_CYCLES, amount), pe.irq)


def calls_of(work):
    """Count the functions, of Python and of C, that some work calls."""
    calls, before = [], sys.getprofile()
    sys.setprofile(lambda frame, what, arg: calls.append(what))
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls.count("call"), calls.count("c_call")


def bytecodes_of(work):
    """Count the bytecodes that some work executes."""
    executed, before = [], sys.gettrace()

    def trace(frame, what, arg):
        frame.f_trace_opcodes = True
        if what == "opcode":
            executed.append(frame.f_lasti)
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return len(executed)


@pytest.mark.parametrize("measure", [calls_of, bytecodes_of])
def test_a_million_million_events_cost_what_ten_cost(measure):
    costs = []
    for amount in (10, 10**12):
        pe, work = overflowing(amount)
        costs.append(measure(work))

        assert 0x8000_003F == pe.mrs("PMOVSSET_EL0")
        assert pe.irq

    assert costs[0] == costs[1] != 0


def test_the_naive_counter_costs_what_it_counts():
    # The measure can tell: what adds one at a time calls functions for each of them.
    _, naive = pair(True, False, True)
    naive.write("PMCNTENSET_EL0", 1 << 31, 2)
    naive.write("PMCR_EL0", 1, 2)
    few, many = (calls_of(lambda n=n: naive.happens(CPU_CYCLES, n, 1))[0] for n in (10, 1000))

    assert few * 50 < many
