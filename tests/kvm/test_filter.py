"""The event filter: KVM's range rules with their error codes, and the hardware's event types.

Linux: Documentation/virt/kvm/devices/vcpu.rst 1.3; pmu-emul.c, kvm_arm_pmu_v3_set_attr();
posting v8, patch 13, kvm_pmu_apply_event_filter().
"""

import pytest
from kvm.bench import CYCLES, INST, MEM, NO_P1, Bench, C, E

from pmulab.hw.events import CHAIN, SW_INCR
from pmulab.kvm.event_filter import ALLOW, DENY, EventFilter, KvmError
from pmulab.kvm.filter import EXCLUDE_ALL, INCLUDE_EL2


def filtered(*ranges, space=0x10000):
    """Make a filter of (base, count, action) ranges."""
    event_filter = EventFilter(space)
    for row in ranges:
        event_filter.set_range(*row)
    return event_filter


# Ranges; events that are allowed; events that are denied.
RANGES = [
    ("no range allows all", [], [0x08, 0x11, 0x4005, 0xFFFF], []),
    ("a first ALLOW denies the rest", [(0x11, 1, ALLOW)], [0x11], [0x08, 0x10, 0x12, 0x4005]),
    ("a first DENY allows the rest", [(0x11, 1, DENY)], [0x08, 0x10, 0x12, 0x4005], [0x11]),
    ("the last writer wins", [(0x10, 8, ALLOW), (0x12, 2, DENY)], [0x11, 0x14], [0x12, 0x13, 0x18]),
    ("also if it allows", [(0x10, 8, DENY), (0x12, 2, ALLOW)], [0x12, 0x13, 0x18], [0x11, 0x14]),
    ("undo ALLOW: no default back", [(0x10, 8, ALLOW), (0x10, 8, DENY)], [], [0x08, 0x10, 0x17]),
    ("undo DENY", [(0x10, 8, DENY), (0x10, 8, ALLOW)], [0x08, 0x10, 0x17], []),
    ("an empty ALLOW denies all", [(0x08, 0, ALLOW)], [], [0x08, 0x11, 0x4005]),
    ("an empty DENY allows all", [(0x08, 0, DENY)], [0x08, 0x11, 0x4005], []),
    ("an empty later range", [(0x08, 1, ALLOW), (0x11, 0, DENY)], [0x08], [0x11]),
    ("the whole space", [(0, 0xFFFF, DENY)], [0xFFFF], [0x08, 0xFFFE]),
    ("the last event", [(0xFFFF, 1, DENY)], [0x08], [0xFFFF]),
]


@pytest.mark.parametrize(
    ("ranges", "allowed", "denied"), [row[1:] for row in RANGES], ids=[row[0] for row in RANGES]
)
def test_ranges_of_a_filter(ranges, allowed, denied):
    event_filter = filtered(*ranges)

    assert allowed == [event for event in allowed + denied if event_filter.allows(event)]


def test_the_kvmtool_example_means_what_its_author_says():
    # kvmtool: --pmu-filter "A:0x11-0x11,A:0x23-0x3a,D:0x30-0x30"
    event_filter = filtered((0x11, 1, ALLOW), (0x23, 0x18, ALLOW), (0x30, 1, DENY))
    allowed = [event for event in range(1, 0x60) if event_filter.listed(event)]

    assert [0x11, *range(0x23, 0x30), *range(0x31, 0x3B)] == allowed


@pytest.mark.parametrize("event", [SW_INCR, CHAIN])
@pytest.mark.parametrize("ranges", [[(0, 0x40, DENY)], [(0x11, 1, ALLOW)]])
def test_sw_incr_and_chain_are_never_filtered_though_pmceid_hides_them(event, ranges):
    event_filter = filtered(*ranges)

    assert event_filter.allows(event)
    assert not event_filter.pmceid(0, 0xFFFFFFFF) >> event & 1


@pytest.mark.parametrize(("ranges", "allowed"), [([(0x11, 1, DENY)], False), ([], True)])
def test_the_cycle_counter_obeys_event_0x11(ranges, allowed):
    assert allowed == filtered(*ranges).allows(CYCLES)


# Base, count, action, the event space, whether the VM has run; the error.
ERRORS = [
    (0xFFFF, 2, ALLOW, 0x10000, False, "EINVAL"),
    (0x400, 1, ALLOW, 0x400, False, "EINVAL"),
    (0x3FF, 2, DENY, 0x400, False, "EINVAL"),
    (0x11, 1, 2, 0x10000, False, "EINVAL"),
    (-1, 1, DENY, 0x10000, False, "EINVAL"),
    (0x11, 1, ALLOW, 0x10000, True, "EBUSY"),
    # EINVAL is found before that EBUSY.
    (0xFFFF, 2, ALLOW, 0x10000, True, "EINVAL"),
    (0x11, 1, 7, 0x10000, True, "EINVAL"),
]


@pytest.mark.parametrize(("base", "count", "action", "space", "has_run", "code"), ERRORS)
def test_errors_and_their_order(base, count, action, space, has_run, code):
    event_filter = EventFilter(space)
    with pytest.raises(KvmError) as error:
        event_filter.set_range(base, count, action, has_run)

    assert code == error.value.code
    assert [] == event_filter.ranges
    assert str(error.value).startswith(f"-{code}: ")


@pytest.mark.parametrize("action", [DENY, 7])
def test_an_initialized_pmu_refuses_every_change_before_it_looks_at_it(action):
    event_filter = EventFilter()
    with pytest.raises(KvmError, match="-EBUSY: the vCPU's PMU is initialized"):
        event_filter.set_range(0x11, 1, action, initialized=True)

    assert event_filter.allows(0x11)


@pytest.mark.parametrize(("base", "count"), [(0x3FF, 1), (0, 0x400), (0x400, 0)])
def test_the_event_space_ends_where_the_pmu_version_says(base, count):
    event_filter = EventFilter(0x400)
    event_filter.set_range(base, count, DENY)

    assert [(base, base + count, DENY)] == event_filter.ranges


ALL64 = (1 << 64) - 1


@pytest.mark.parametrize(
    ("n", "implemented", "ranges", "expected"),
    [
        # CHAIN (0x1E) is forced in, the STALL_SLOT events 0x3D to 0x3F are always hidden.
        (0, 0, [], 1 << 0x1E),
        (0, ALL64, [], ALL64),
        (1, ALL64, [], ALL64 & ~(7 << 0x1D)),
        (0, ALL64, [(0x11, 1, DENY)], ALL64 & ~(1 << 0x11)),
        (0, ALL64, [(0x11, 1, ALLOW)], 1 << 0x11),
        (0, 0, [(0x1E, 1, DENY)], 0),
        (1, ALL64, [(0x21, 2, ALLOW)], 0b110),
        # The high half: events 0x4000 to 0x401F, and 0x4020 to 0x403F.
        (0, ALL64, [(0x4005, 1, ALLOW)], 1 << 37),
        (1, ALL64, [(0x4024, 1, ALLOW)], 1 << 36),
    ],
)
def test_pmceid_is_what_is_implemented_and_listed(n, implemented, ranges, expected):
    assert hex(expected) == hex(filtered(*ranges).pmceid(n, implemented))


def test_a_filter_prints_its_ranges():
    assert "EventFilter(all events)" == repr(EventFilter())
    assert "EventFilter(deny INST_RETIRED; allow BUS_ACCESS..MEMORY_ERROR)" == repr(
        filtered((0x08, 1, DENY), (0x19, 2, ALLOW))
    )
    # All are denied: the first range sets the default, though it names none.
    assert "EventFilter(allow no event; deny CPU_CYCLES)" == repr(
        filtered((0x11, 0, ALLOW), (0x11, 1, DENY))
    )


# ---- enforced


DENIES_INST = [(INST, 1, DENY)]
# What the guest wrote, the ranges; the hardware's type. A VM without EL2 has no NSH.
TYPES = [
    (INST, [], INST),
    (INST, DENIES_INST, INST | EXCLUDE_ALL),
    (INST | 1 << 31, DENIES_INST, INST | EXCLUDE_ALL),
    (INST | INCLUDE_EL2, DENIES_INST, INST | EXCLUDE_ALL),
    (MEM | INCLUDE_EL2, [], MEM),
    (MEM | 1 << 30, DENIES_INST, MEM | 1 << 30),
    (SW_INCR, [(CYCLES, 1, ALLOW)], SW_INCR),
    (CHAIN, [(CYCLES, 1, ALLOW)], CHAIN),
    # The look-up key is the event number alone, all 16 bits of it.
    (0x4008, DENIES_INST, 0x4008),
]


@pytest.mark.parametrize(("written", "ranges", "expected"), TYPES)
def test_the_hardware_gets_what_is_allowed_and_the_guest_reads_what_it_wrote(
    written, ranges, expected
):
    bench = Bench()
    vcpu = bench.vcpu()
    vcpu.vm.event_filter = filtered(*ranges)
    bench.hyp.vcpu_load(vcpu)
    bench.at_el1(vcpu, "PMEVTYPER1_EL0", written)

    assert hex(expected) == hex(bench["PMEVTYPER1_EL0"])
    kept = written & ~INCLUDE_EL2
    assert hex(kept) == hex(bench.at_el1(vcpu, "PMEVTYPER1_EL0"))
    bench.hyp.vcpu_put(vcpu)
    bench.hyp.vcpu_load(vcpu)
    assert hex(expected) == hex(bench["PMEVTYPER1_EL0"])
    assert hex(kept) == hex(vcpu.regs["PMEVTYPER1_EL0"])


@pytest.mark.parametrize(
    ("ranges", "expected"), [([], 0), ([(CYCLES, 1, DENY)], EXCLUDE_ALL), (DENIES_INST, 0)]
)
def test_the_cycle_counter_is_filtered_as_event_0x11(ranges, expected):
    bench = Bench()
    vcpu = bench.vcpu(PMCCFILTR_EL0=INCLUDE_EL2, PMCNTENSET_EL0=C, PMCR_EL0=E)
    vcpu.vm.event_filter = filtered(*ranges)
    bench.hyp.vcpu_load(vcpu)
    bench.work(CYCLES, 10)

    assert expected == bench["PMCCFILTR_EL0"]
    assert (0 if expected else 10) == bench["PMCCNTR_EL0"]
    # Restored from a KVM that let a guest write it.
    assert INCLUDE_EL2 == vcpu.regs["PMCCFILTR_EL0"]
    assert 0 == bench.at_el1(vcpu, "PMCCFILTR_EL0")


def test_without_p1_an_event_number_has_ten_bits_for_hardware_guest_and_filter():
    bench = Bench(features=NO_P1)
    vcpu = bench.vcpu(features=NO_P1, PMCNTENSET_EL0=3, PMCR_EL0=E)
    vcpu.vm.event_filter.set_range(INST, 1, DENY)
    bench.hyp.vcpu_load(vcpu)
    for n, aliased in enumerate((MEM | 0x400, INST | 0x8400)):
        bench.at_el1(vcpu, f"PMEVTYPER{n}_EL0", aliased)
    bench.work(MEM, 5)
    bench.work(INST, 7)

    assert [MEM, INST] == [bench.at_el1(vcpu, f"PMEVTYPER{n}_EL0") for n in (0, 1)]
    assert [5, 0] == [bench.at_el1(vcpu, f"PMEVCNTR{n}_EL0") for n in (0, 1)]


@pytest.mark.parametrize("wide", [False, True])
def test_a_key_of_16_bits_would_let_a_guest_round_the_filter_where_hardware_compares_ten(wide):
    bench = Bench(features=NO_P1)
    vcpu = bench.vcpu(features=NO_P1, PMCNTENSET_EL0=1, PMCR_EL0=E)
    vcpu.vm.event_filter.set_range(INST, 1, DENY)
    # As if userspace had set more than a VM of this PMU has.
    vcpu.regs["PMEVTYPER0_EL0"] = INST | 0x400
    vcpu.vm.event_mask = 0xFFFF if wide else vcpu.vm.event_mask
    bench.hyp.vcpu_load(vcpu)
    bench.work(INST, 7)

    assert (7 if wide else 0) == bench["PMEVCNTR0_EL0"]


def test_without_p1_no_common_event_above_0x4000_is_shown_where_there_is_a_filter():
    some, none = EventFilter(0x400), EventFilter(0x400)
    some.set_range(INST, 1, DENY)

    assert ALL64 == none.pmceid(0, ALL64)
    assert ALL64 >> 32 & ~(1 << INST) == some.pmceid(0, ALL64)


def test_types_that_the_host_or_another_guest_left_are_overwritten_at_load():
    bench = Bench(6, reserved=2)
    for n in range(6):
        bench.pe.msr(f"PMEVTYPER{n}_EL0", INST | INCLUDE_EL2)
    vcpu = bench.vcpu(counters=3)
    vcpu.vm.event_filter = filtered(*DENIES_INST)
    bench.hyp.vcpu_load(vcpu)

    left = [bench[f"PMEVTYPER{n}_EL0"] for n in range(6)]
    assert [0, 0, 0, *[INST | INCLUDE_EL2] * 3] == left


def test_an_event_that_is_banned_while_the_vcpu_is_away_stops_at_the_next_load():
    bench = Bench()
    vcpu = bench.loaded(PMEVTYPER0_EL0=INST, PMCNTENSET_EL0=1, PMCR_EL0=E)
    bench.work(INST, 5)
    bench.hyp.vcpu_put(vcpu)
    vcpu.vm.event_filter.force_range(INST, 1, DENY)
    bench.hyp.vcpu_load(vcpu)
    bench.work(INST, 5)

    assert 5 == bench["PMEVCNTR0_EL0"]


def test_a_change_reaches_a_loaded_vcpu_when_the_filter_is_enforced_again():
    bench = Bench()
    vcpu = bench.loaded(PMEVTYPER0_EL0=INST, PMCNTENSET_EL0=1, PMCR_EL0=E)
    counts = []
    for action in (ALLOW, DENY, ALLOW):
        vcpu.vm.event_filter.force_range(INST, 1, action)
        bench.hyp.resync_event_filter(vcpu)
        bench.work(INST, 5)
        counts.append(bench["PMEVCNTR0_EL0"])

    assert [5, 5, 10] == counts


@pytest.mark.parametrize("partitioned", [True, False])
def test_enforcing_the_filter_of_an_unloaded_vcpu_writes_nothing(partitioned):
    bench = Bench()
    vcpu = bench.vcpu(partitioned=partitioned, PMCNTENSET_EL0=1, PMCR_EL0=E, PMEVTYPER0_EL0=INST)
    bench.log.clear()
    bench.hyp.resync_event_filter(vcpu)

    assert [] == bench.log
