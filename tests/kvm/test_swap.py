"""Load and put: the order of their accesses, exact bits, and what must survive.

Linux: posting v8, patch 12, kvm_pmu_load() and kvm_pmu_put(), with the review's repairs.
"""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kvm.bench import INST, LC, LP, NO_FGT, RESET_C, Bench, C, E, P

from pmulab.kvm.vcpu import CYCLE_BIT

ENABLES = ["PMCNTENSET_EL0", "PMCNTENCLR_EL0", "PMINTENSET_EL1", "PMINTENCLR_EL1"]


def accesses(bench, hook, vcpu):
    """Return what a hook does, as (op, register)."""
    start = len(bench.log)
    hook(vcpu)
    return [(op, reg) for op, reg, _ in bench.log[start:]]


def test_load_writes_types_then_counters_then_control_then_flags_and_the_enables_last():
    bench = Bench()
    vcpu = bench.loaded(counters=1)
    found = [reg for op, reg in accesses(bench, bench.hyp.pmu_load, vcpu) if op == "msr"]

    assert found == [
        "PMEVTYPER0_EL0",
        "PMCCFILTR_EL0",
        "PMEVCNTR0_EL0",
        "PMCCNTR_EL0",
        "PMSELR_EL0",
        "PMCR_EL0",
        "PMOVSCLR_EL0",
        *ENABLES,
    ]


def test_put_reads_the_enables_then_clears_them_before_it_reads_a_counter():
    bench = Bench()
    vcpu = bench.loaded(counters=1)
    found = accesses(bench, bench.hyp.pmu_put, vcpu)

    assert found == [
        ("mrs", "PMCNTENSET_EL0"),
        ("mrs", "PMINTENSET_EL1"),
        ("msr", "PMCNTENCLR_EL0"),
        ("msr", "PMINTENCLR_EL1"),
        ("mrs", "PMEVCNTR0_EL0"),
        ("mrs", "PMCCNTR_EL0"),
        ("mrs", "PMSELR_EL0"),
        ("mrs", "PMCR_EL0"),
        ("mrs", "PMOVSSET_EL0"),
        ("msr", "PMCR_EL0"),
    ]


def test_put_takes_the_hosts_traps_before_it_touches_the_counters():
    bench = Bench()
    vcpu = bench.loaded()
    names = [reg for _, reg in accesses(bench, bench.hyp.vcpu_put, vcpu)]

    assert names.index("MDCR_EL2") < names.index("PMCNTENSET_EL0")


def test_load_programs_the_traps_before_it_touches_the_counters():
    bench = Bench()
    names = [reg for _, reg in accesses(bench, bench.hyp.vcpu_load, bench.vcpu())]

    assert names.index("MDCR_EL2") < names.index("PMEVTYPER0_EL0")


@pytest.mark.parametrize(("set_name", "cell"), [(ENABLES[0], 0), (ENABLES[2], 1)])
def test_set_and_clr_together_force_the_guests_bits_and_no_other(set_name, cell):
    bench = Bench(4, reserved=2)
    names = ENABLES[2 * cell : 2 * cell + 2]
    for left, wanted in product(range(16), range(4)):
        bench.pe.msr(names[1], 0xFFFFFFFF)
        bench.pe.msr(names[0], left)
        bench.hyp.write_pair(*names, wanted, 0b11)

        assert left & 0b1100 | wanted == bench[set_name]


@pytest.mark.parametrize("mine", [0, 1, 2, 3])
def test_load_forces_the_saved_enables_whatever_was_left_in_hardware(mine):
    bench = Bench(4, reserved=2)
    for name in ("PMCNTENSET_EL0", "PMINTENSET_EL1"):
        bench.pe.msr(name, 0b1111 | C)
    bench.loaded(counters=2, PMCNTENSET_EL0=mine, PMINTENSET_EL1=mine ^ 3)

    assert 0b1100 | mine == bench["PMCNTENSET_EL0"]
    assert 0b1100 | mine ^ 3 == bench["PMINTENSET_EL1"]


@pytest.mark.parametrize("resets", [P, RESET_C, P | RESET_C])
def test_the_reset_commands_are_never_replayed(resets):
    bench = Bench()
    host = bench.perf()
    bench.work(INST, 7, el=2)
    vcpu = bench.loaded(PMCR_EL0=E | LC | resets, PMEVCNTR0_EL0=5, PMCCNTR_EL0=6)

    assert (5, 6) == (bench["PMEVCNTR0_EL0"], bench["PMCCNTR_EL0"])
    bench.hyp.vcpu_put(vcpu)
    bench.hyp.perf_update(host)
    assert 7 == host.count


@pytest.mark.parametrize("guest", [0, E, E | LC, LP | LC, E | LC | LP])
@pytest.mark.parametrize("host", [E | LC, LC, E])
def test_the_hosts_pmcr_survives_a_guest(guest, host):
    bench = Bench()
    bench.pe.msr("PMCR_EL0", host)
    before = bench["PMCR_EL0"]
    vcpu = bench.loaded(PMCR_EL0=guest)

    assert guest == bench["PMCR_EL0"] & 0xFF
    bench.hyp.vcpu_put(vcpu)
    assert before == bench["PMCR_EL0"]
    assert guest == vcpu.regs["PMCR_EL0"]


def test_put_ors_the_flags_in_hardware_to_those_in_memory():
    bench = Bench()
    vcpu = bench.loaded(counters=3, PMOVSSET_EL0=0b010)
    bench.pe.msr("PMOVSSET_EL0", 0b101)
    bench.hyp.vcpu_put(vcpu)

    assert 0b111 == vcpu.regs["PMOVSSET_EL0"]


def test_put_leaves_the_hosts_flags_alone():
    bench = Bench(6, reserved=2)
    vcpu = bench.loaded(counters=3)
    bench.pe.msr("PMOVSSET_EL0", 0b110001)
    bench.hyp.vcpu_put(vcpu)

    assert 0b000001 == vcpu.regs["PMOVSSET_EL0"]
    assert 0b110000 == bench["PMOVSSET_EL0"]


def test_load_clears_flags_that_somebody_left_before_it_enables_an_interrupt():
    bench = Bench()
    bench.pe.msr("PMOVSSET_EL0", 0b11 | C)
    irqs = []
    bench.pe.watch(lambda access: irqs.append(bench.pe.irq))
    bench.loaded(counters=2, PMINTENSET_EL1=0b11 | C, PMCR_EL0=E)

    assert not any(irqs)
    assert 0 == bench["PMOVSSET_EL0"]


def test_load_does_not_put_the_flags_of_memory_into_hardware():
    bench = Bench()
    vcpu = bench.loaded(counters=2, PMOVSSET_EL0=0b11)

    assert 0 == bench["PMOVSSET_EL0"]
    assert 0b11 == vcpu.regs["PMOVSSET_EL0"]


def test_put_leaves_the_guest_range_quiet():
    bench = Bench(6, reserved=2)
    bench.perf()
    vcpu = bench.loaded(counters=4, PMCNTENSET_EL0=0b1111 | C, PMINTENSET_EL1=0b1111 | C)
    bench.pe.msr("PMOVSSET_EL0", 0b1111 | C)
    bench.hyp.vcpu_put(vcpu)

    assert (0b100000, 0b100000, 0) == tuple(
        bench[name] for name in ("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0")
    )


def test_nothing_of_the_guest_counts_between_put_and_load():
    bench = Bench()
    vcpu = bench.loaded(PMEVTYPER0_EL0=INST, PMCNTENSET_EL0=1 | C, PMCR_EL0=E)
    bench.hyp.vcpu_put(vcpu)
    for el in (0, 1, 2):
        bench.work(INST, 100, el)
        bench.work(0x11, 100, el)
    bench.hyp.vcpu_load(vcpu)

    assert (0, 0) == (bench["PMEVCNTR0_EL0"], bench["PMCCNTR_EL0"])


def test_a_loaded_guest_does_not_count_the_host_even_if_it_asks_to():
    bench = Bench()
    nsh = 1 << 27
    bench.loaded(PMEVTYPER0_EL0=INST | nsh, PMCCFILTR_EL0=nsh, PMCNTENSET_EL0=1 | C, PMCR_EL0=E)
    bench.work(INST, 100, el=2)
    bench.work(0x11, 100, el=2)

    assert (0, 0) == (bench["PMEVCNTR0_EL0"], bench["PMCCNTR_EL0"])


values = st.integers(0, (1 << 64) - 1)
bits = st.integers(0, 0b111).map(lambda n: n | (CYCLE_BIT if n & 1 else 0))
saved = st.fixed_dictionaries(
    {
        "PMCR_EL0": st.sampled_from([0, E, LC, E | LC, LP, E | LP | LC]),
        "PMCNTENSET_EL0": bits,
        "PMINTENSET_EL1": bits,
        "PMOVSSET_EL0": bits,
        "PMSELR_EL0": st.integers(0, 31),
        "PMUSERENR_EL0": st.integers(0, 15),
        "PMCCNTR_EL0": values,
        "PMCCFILTR_EL0": st.sampled_from([0, 1 << 31, 3 << 30]),
        **{f"PMEVCNTR{n}_EL0": values for n in range(3)},
        **{f"PMEVTYPER{n}_EL0": st.integers(0, 0xFFFF) for n in range(3)},
    }
)


@settings(max_examples=30, deadline=None)
@given(saved, saved, st.booleans())
def test_two_guests_in_turn_find_their_registers_again(one, two, fgt):
    bench = Bench(features=("FEAT_PMUv3p5", "FEAT_PMUv3p1", *(["FEAT_FGT"] if fgt else [])))
    a, b = bench.vcpu("A", 3, **one), bench.vcpu("B", 3, **two)
    for vcpu in (a, b, a, b):
        bench.hyp.vcpu_load(vcpu)
        bench.hyp.vcpu_put(vcpu)

    assert (one, two) == (dict(a.regs), dict(b.regs))


def test_the_hosts_user_access_is_saved_and_the_guests_is_swapped():
    bench = Bench()
    bench.pe.msr("PMUSERENR_EL0", 0b1111)
    vcpu = bench.loaded(PMUSERENR_EL0=0b0010)

    assert 0b0010 == bench["PMUSERENR_EL0"]
    bench.at_el1(vcpu, "PMUSERENR_EL0", 0b0100)
    bench.hyp.vcpu_put(vcpu)
    assert (0b1111, 0b0100) == (bench["PMUSERENR_EL0"], vcpu.regs["PMUSERENR_EL0"])


def test_an_emulated_guest_finds_no_selector_that_would_make_a_window_undefined():
    bench = Bench(reserved=-1)
    bench.pe.msr("PMSELR_EL0", 31)
    vcpu = bench.loaded(PMSELR_EL0=1, PMEVCNTR1_EL0=77)

    assert 77 == bench.at_el1(vcpu, "PMXEVCNTR_EL0")


def test_without_fgt_the_counters_are_swapped_all_the_same():
    bench = Bench(features=NO_FGT)
    vcpu = bench.loaded(PMEVTYPER0_EL0=INST, PMCNTENSET_EL0=1, PMCR_EL0=E, PMEVCNTR0_EL0=5)
    bench.work(INST, 3)
    bench.hyp.vcpu_put(vcpu)

    assert 8 == vcpu.regs["PMEVCNTR0_EL0"]


def test_a_vcpu_can_move_between_cpus_of_different_size():
    bench = Bench([4, 8], reserved=2)
    vcpu = bench.vcpu(PMEVTYPER0_EL0=INST, PMCNTENSET_EL0=1, PMCR_EL0=E)
    for n in (0, 1, 0):
        bench.hyp.this_cpu(n)
        bench.hyp.vcpu_load(vcpu)
        bench.pes[n].el = 1
        bench.pes[n].retire(INST, 10)
        bench.pes[n].el = 2
        bench.hyp.vcpu_put(vcpu)

    assert 30 == vcpu.regs["PMEVCNTR0_EL0"]


def test_restored_registers_lose_the_bits_of_counters_that_the_vm_lacks():
    bench = Bench()
    vcpu = bench.vcpu(counters=1)
    vcpu.restore({"PMOVSSET_EL0": 0xFFFFFFFF, "PMEVCNTR0_EL0": 9, "PMEVCNTR1_EL0": 9})

    assert C | 1 == vcpu.regs["PMOVSSET_EL0"]
    assert 9 == vcpu.regs["PMEVCNTR0_EL0"]
    assert "PMEVCNTR1_EL0" not in vcpu.regs
