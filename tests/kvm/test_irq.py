"""Overflow: whose flag it is, where it is kept, what level the guest's interrupt has, who wakes.

Linux: drivers/perf/arm_pmuv3.c, armv8pmu_handle_irq(); posting v8, patches 16 and 17.
"""

import pytest
from kvm.bench import INST, LC, NO_FGT, Bench, C, E

from pmulab.kvm.vgic_state import PMU_PPI

ENABLED = {"PMINTENSET_EL1": 0b11 | C, "PMCNTENSET_EL0": 0b11 | C, "PMCR_EL0": E | LC}


def test_the_driver_clears_its_own_flags_and_kvm_the_guests():
    bench = Bench(6, reserved=2)
    bench.perf()
    vcpu = bench.loaded(counters=2, **ENABLED)
    bench.pe.msr("PMOVSSET_EL0", 0b100001)
    start = len(bench.log)

    assert bench.hyp.handle_host_irq()
    cleared = [value for op, reg, value in bench.log[start:] if reg == "PMOVSCLR_EL0"]
    assert [0b100000, 0b000001] == cleared
    assert (0, 0b01) == (bench["PMOVSSET_EL0"], vcpu.regs["PMOVSSET_EL0"])


def test_flags_without_an_enabled_interrupt_are_left_for_whoever_polls():
    bench = Bench()
    bench.perf()
    vcpu = bench.loaded(counters=2, PMINTENSET_EL1=0b01, PMCR_EL0=E)
    bench.pe.msr("PMOVSSET_EL0", 0b100010)
    bench.hyp.handle_host_irq()

    assert (0b10, 0) == (bench["PMOVSSET_EL0"], vcpu.regs["PMOVSSET_EL0"])


def test_an_interrupt_that_is_not_the_pmus_is_refused():
    bench = Bench()
    bench.pe.msr("PMOVSSET_EL0", 0b11)

    assert not bench.hyp.handle_host_irq()
    assert 0b11 == bench["PMOVSSET_EL0"]


def test_a_guests_flag_is_ored_to_those_in_memory():
    bench = Bench()
    vcpu = bench.loaded(counters=2, PMOVSSET_EL0=0b10, **ENABLED)
    bench.pe.msr("PMOVSSET_EL0", 0b01)
    bench.hyp.handle_host_irq()

    assert 0b11 == vcpu.regs["PMOVSSET_EL0"]


def test_the_cycle_counters_flag_is_the_guests():
    bench = Bench()
    vcpu = bench.loaded(**ENABLED)
    bench.pe.msr("PMOVSSET_EL0", C)
    bench.hyp.handle_host_irq()

    assert C == vcpu.regs["PMOVSSET_EL0"]


def test_with_no_vcpu_loaded_a_stray_flag_is_cleared_and_the_line_falls():
    bench = Bench()
    bench.pe.msr("PMINTENSET_EL1", 1)
    bench.pe.msr("PMOVSSET_EL0", 1)
    before = bench.pe.irq
    bench.hyp.handle_host_irq()

    assert (True, False) == (before, bench.pe.irq)


@pytest.mark.parametrize(
    ("host", "guest"), [({"lazy": True}, {}), ({}, {"partitioned": False})], ids=["free", "emul"]
)
def test_a_flag_of_the_host_is_never_given_to_a_guest_that_owns_no_counter(host, guest):
    bench = Bench(dynamic=True, **host)
    # With dynamic reservation the host counts with all counters, the cycle counter too.
    events = [bench.perf(f"h{n}", 0x11 if not n else INST) for n in range(7)]
    vcpu = bench.loaded(**guest)
    bench.pe.msr("PMOVSSET_EL0", 0b111111 | C)
    bench.hyp.handle_host_irq()

    assert 7 == sum(event.idx is not None for event in events)
    assert 0 == vcpu.regs["PMOVSSET_EL0"]
    assert 0 == bench["PMOVSSET_EL0"]


def test_a_stray_flag_is_never_given_to_a_guest_that_is_free():
    bench = Bench(lazy=True)
    vcpu = bench.loaded()
    bench.pe.msr("PMINTENSET_EL1", 1)
    bench.pe.msr("PMOVSSET_EL0", 1)
    bench.hyp.handle_host_irq()

    assert (0, 0) == (vcpu.regs["PMOVSSET_EL0"], bench["PMOVSSET_EL0"])


@pytest.mark.parametrize(
    ("is_loaded", "register", "bit"), [(True, "MDCR_EL2", 0x80), (False, "PMCR_EL0", 1)]
)
def test_the_hosts_counters_stand_still_while_the_driver_looks_at_them(is_loaded, register, bit):
    bench = Bench()
    bench.perf(period=5)
    if is_loaded:
        bench.loaded(PMCR_EL0=E)
    enabled = []
    bench.pe.watch(
        lambda access: access.reg == "PMEVCNTR5_EL0" and enabled.append(bench[register] & bit)
    )
    bench.pe.msr("PMOVSSET_EL0", 1 << 5)
    bench.hyp.handle_host_irq()

    assert [0, 0] == enabled
    assert bench[register] & bit


@pytest.mark.parametrize("pmcr", [0, E])
def test_handling_the_hosts_interrupt_leaves_a_loaded_guests_enable_alone(pmcr):
    bench = Bench()
    bench.perf(period=5)
    bench.loaded(PMCR_EL0=pmcr)
    seen = []
    bench.pe.watch(lambda access: seen.append(bench.pe.pmu.cells["PMCR"] & 1))
    bench.pe.msr("PMOVSSET_EL0", 1 << 5)
    bench.hyp.handle_host_irq()

    assert {pmcr} == set(seen)
    assert bench["MDCR_EL2"] & 0x80


def test_a_sampled_overflow_of_the_host_rearms_its_period():
    bench = Bench()
    host = bench.perf(period=5)
    bench.work(INST, 12, el=2)
    bench.hyp.handle_host_irq()

    # 12 events are two periods and two events of the third.
    assert (2, 12, 3) == (host.samples, host.count, host.left)
    assert -3 & 0xFFFFFFFF == bench["PMEVCNTR5_EL0"]


# ---- the level


# Flags, interrupt enables, PMCR_EL0.E; the level.
LEVELS = [
    (0b01, 0b01, E, True),
    (C, C, E, True),
    (0b11, 0b10, E, True),
    (0b01, 0b10, E, False),
    (0b01, 0b01, 0, False),
    (0b00, 0b11, E, False),
    (0b100, 0b100, E, False),
]
HOSTS = {
    "fgt": {},
    "no fgt": {"features": NO_FGT},
    "emulated": {"reserved": -1},
    "free": {"lazy": True},
}


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
@pytest.mark.parametrize("is_loaded", [True, False], ids=["loaded", "put"])
@pytest.mark.parametrize(("flags", "enables", "pmcr", "level"), LEVELS)
def test_the_level_is_what_the_architecture_computes(host, is_loaded, flags, enables, pmcr, level):
    bench = Bench(**host)
    vcpu = bench.loaded(counters=2, PMOVSSET_EL0=flags, PMINTENSET_EL1=enables, PMCR_EL0=pmcr)
    if not is_loaded:
        bench.hyp.vcpu_put(vcpu)

    assert level == bench.hyp.overflow_status(vcpu)


def test_pmcnten_takes_no_part_in_the_level():
    bench = Bench()
    vcpu = bench.loaded(PMOVSSET_EL0=1, PMINTENSET_EL1=1, PMCNTENSET_EL0=0, PMCR_EL0=E)

    assert bench.hyp.overflow_status(vcpu)


def test_the_level_follows_a_write_that_did_not_trap():
    bench = Bench()
    vcpu = bench.loaded(PMOVSSET_EL0=1, PMCR_EL0=E)
    levels = []
    for name in ("PMINTENSET_EL1", "PMINTENCLR_EL1"):
        bench.at_el1(vcpu, name, 1)
        levels.append(bench.hyp.overflow_status(vcpu))

    assert [True, False] == levels


def test_the_vgic_is_told_of_a_change_and_only_of_a_change():
    bench = Bench()
    vcpu = bench.loaded(PMINTENSET_EL1=1, PMCR_EL0=E)
    told = []
    bench.hyp.vgic_inject = lambda vcpu, intid, level: told.append((intid, level))
    for flags in (0, 0, 1, 1, 1, 0, 0):
        vcpu.regs["PMOVSSET_EL0"] = flags
        bench.hyp.update_state(vcpu)

    assert [(PMU_PPI, True), (PMU_PPI, False)] == told


@pytest.mark.parametrize("side", ["enter", "exit"])
def test_the_pmus_level_is_sampled_before_the_vgic_on_both_sides_of_the_guest(side):
    bench = Bench()
    vcpu = bench.loaded()
    order = []
    bench.hyp.update_state = lambda vcpu: order.append("pmu")
    bench.hyp.vgic_flush = bench.hyp.vgic_sync = lambda vcpu: order.append("vgic")
    getattr(bench.hyp, side)(vcpu)

    assert ["pmu", "vgic"] == order


# ---- waking


def overflowed(bench, **regs):
    """Load a vCPU whose flag rises and is handled; returns it."""
    vcpu = bench.loaded(**regs)
    bench.pe.msr("PMOVSSET_EL0", 1)
    bench.hyp.handle_host_irq()
    return vcpu


def test_an_overflow_that_raises_the_level_kicks():
    vcpu = overflowed(Bench(), **ENABLED)

    assert vcpu.request


def test_an_overflow_that_does_not_raise_the_level_does_not_kick():
    vcpu = overflowed(Bench(), **{**ENABLED, "PMCR_EL0": 0})

    assert not vcpu.request


def test_a_halted_vcpu_that_is_kicked_must_run():
    bench = Bench()
    vcpu = overflowed(bench, **ENABLED)
    vcpu.halted = True

    assert bench.hyp.runnable(vcpu)


def test_an_entry_serves_the_request():
    bench = Bench()
    vcpu = overflowed(bench, **ENABLED)
    bench.hyp.enter(vcpu)

    assert not vcpu.request


def test_flags_that_put_saves_wake_nobody_for_no_interrupt_is_enabled():
    bench = Bench()
    vcpu = bench.loaded()
    bench.pe.msr("PMOVSSET_EL0", 1)
    bench.hyp.vcpu_put(vcpu)

    assert 1 == vcpu.regs["PMOVSSET_EL0"]
    assert not vcpu.request


@pytest.mark.parametrize(
    ("priority", "mask", "enabled", "wakes"),
    [(0xA0, 0xF0, True, True), (0xA0, 0xA0, True, False), (0xA0, 0xF0, False, False)],
)
def test_a_pending_interrupt_wakes_if_the_priority_mask_lets_it_through(
    priority, mask, enabled, wakes
):
    bench = Bench()
    vcpu = bench.loaded()
    bench.hyp.vgic_configure(vcpu, 27, enabled=enabled, priority=priority)
    bench.pe.msr("ICH_VMCR_EL2", mask << 24)
    bench.hyp.vgic_inject(vcpu, 27, True)
    vcpu.request = False
    loaded = bench.hyp.runnable(vcpu)
    bench.hyp.vcpu_put(vcpu)
    vcpu.request = False

    assert (wakes, wakes) == (loaded, bench.hyp.runnable(vcpu))
