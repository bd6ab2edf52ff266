"""What a trapped access does: to memory, to the hardware, to nobody else's counters.

Linux: arch/arm64/kvm/sys_regs.c; posting v8, patches 09 and 15.
"""

import pytest
from kvm.bench import CYCLES, INST, LC, LP, MEM, NO_FGT, RESET_C, V3P1, Bench, C, E, P

from pmulab.hw.events import CHAIN, SW_INCR
from pmulab.kvm.event_filter import DENY

HOSTS = {"fgt": {}, "no fgt": {"features": NO_FGT}, "emulated": {"reserved": -1}}
each_host = pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
EL1, EL0 = 1 << 31, 1 << 30


# ---- event types


@each_host
def test_a_type_is_read_back_as_it_was_written(host):
    bench = Bench(**host)
    vcpu = bench.loaded(counters=2)
    # Linux keeps an event number in PMCCFILTR_EL0 too: one mask for all types.
    for name, value in (("PMEVTYPER0_EL0", 0x80000011), ("PMCCFILTR_EL0", 0x40001234)):
        bench.at_el1(vcpu, name, value)

        assert value == bench.at_el1(vcpu, name) == vcpu.regs[name]


@each_host
@pytest.mark.parametrize("name", ["PMEVTYPER0_EL0", "PMCCFILTR_EL0"])
def test_a_guest_without_el2_has_no_nsh(host, name):
    bench = Bench(**host)
    vcpu = bench.loaded(counters=2)
    bench.at_el1(vcpu, name, 0x88000000)

    assert 0x80000000 == bench.at_el1(vcpu, name) == vcpu.regs[name]


@each_host
def test_a_guest_has_no_type_bits_of_el3_and_threads(host):
    """On a PE with EL3, NSK and NSU turn P and U round: a denied event would count."""
    bench = Bench(**host)
    vcpu = bench.loaded(counters=2)
    bench.at_el1(vcpu, "PMEVTYPER0_EL0", 0x36000008)

    assert 0x8 == bench.at_el1(vcpu, "PMEVTYPER0_EL0") == vcpu.regs["PMEVTYPER0_EL0"]
    vcpu.restore({"PMEVTYPER1_EL0": 0xFFFFFFFF})

    assert 0xC800FFFF == vcpu.regs["PMEVTYPER1_EL0"]


@each_host
def test_the_type_of_a_running_counter_changes_at_once(host):
    bench = Bench(**host)
    vcpu = bench.loaded(PMEVTYPER0_EL0=INST, PMCNTENSET_EL0=1, PMCR_EL0=E)
    bench.work(INST, 5)
    bench.at_el1(vcpu, "PMEVTYPER0_EL0", MEM)
    bench.work(INST, 5)
    bench.work(MEM, 2)

    assert 7 == bench.at_el1(vcpu, "PMEVCNTR0_EL0")


@each_host
def test_a_banned_type_stops_a_running_counter_at_once(host):
    bench = Bench(**host)
    vcpu = bench.vcpu(PMEVTYPER0_EL0=MEM, PMCNTENSET_EL0=1, PMCR_EL0=E)
    vcpu.vm.event_filter.set_range(INST, 1, DENY)
    bench.hyp.vcpu_load(vcpu)
    bench.work(MEM, 5)
    bench.at_el1(vcpu, "PMEVTYPER0_EL0", INST)
    bench.work(INST, 5)

    assert 5 == bench.at_el1(vcpu, "PMEVCNTR0_EL0")


def test_bits_of_a_type_that_this_model_lacks_are_not_kept():
    bench = Bench()
    vcpu = bench.loaded()
    bench.at_el1(vcpu, "PMEVTYPER0_EL0", (1 << 64) - 1)

    assert 0 == vcpu.regs["PMEVTYPER0_EL0"] >> 32


@each_host
@pytest.mark.parametrize("sel", [0, 1])
def test_a_window_reaches_what_the_guests_selector_names(host, sel):
    bench = Bench(**host)
    vcpu = bench.loaded(counters=2)
    bench.at_el1(vcpu, "PMSELR_EL0", sel)
    bench.at_el1(vcpu, "PMXEVTYPER_EL0", INST)
    bench.at_el1(vcpu, "PMXEVCNTR_EL0", 77)

    assert INST == bench.at_el1(vcpu, f"PMEVTYPER{sel}_EL0") == vcpu.regs[f"PMEVTYPER{sel}_EL0"]
    assert 77 == bench.at_el1(vcpu, f"PMEVCNTR{sel}_EL0")


@each_host
def test_the_type_window_of_selector_31_is_the_cycle_counters_filter(host):
    bench = Bench(**host)
    vcpu = bench.loaded()
    bench.at_el1(vcpu, "PMSELR_EL0", 31)
    bench.at_el1(vcpu, "PMXEVTYPER_EL0", EL0)

    assert EL0 == bench.at_el1(vcpu, "PMCCFILTR_EL0")


# ---- counters that the guest lacks


BEYOND = ["PMEVCNTR2_EL0", "PMEVTYPER2_EL0", "PMEVCNTR5_EL0", "PMEVTYPER30_EL0"]


@each_host
@pytest.mark.parametrize("name", BEYOND)
def test_a_counter_that_the_guest_lacks_is_undefined(host, name):
    bench = Bench(**host)
    vcpu = bench.loaded(counters=2)

    assert "UNDEFINED" == bench.at_el1(vcpu, name)
    assert "UNDEFINED" == bench.at_el1(vcpu, name, 1)


@each_host
@pytest.mark.parametrize(("sel", "what"), [(2, "CNTR"), (2, "TYPER"), (5, "TYPER"), (31, "CNTR")])
def test_a_window_to_a_counter_that_the_guest_lacks_is_undefined(host, sel, what):
    bench = Bench(**host)
    vcpu = bench.loaded(counters=2)
    bench.at_el1(vcpu, "PMSELR_EL0", sel)

    assert "UNDEFINED" == bench.at_el1(vcpu, f"PMXEV{what}_EL0")


# ---- PMCR_EL0


@each_host
@pytest.mark.parametrize("counters", [0, 1, 3])
def test_pmcr_says_how_many_counters_the_guest_has(host, counters):
    bench = Bench(**host)
    vcpu = bench.loaded(counters=counters)

    assert counters == bench.at_el1(vcpu, "PMCR_EL0") >> 11 & 0x1F


@pytest.mark.parametrize("command", [P, RESET_C, P | RESET_C])
@pytest.mark.parametrize("host", [{"features": NO_FGT}, {"reserved": -1}], ids=["no fgt", "emul"])
def test_reset_commands_reach_the_guests_counters_and_not_the_hosts(host, command):
    bench = Bench(**host)
    sampled = bench.perf(event=MEM)
    bench.work(MEM, 9, el=2)
    vcpu = bench.loaded(
        PMEVTYPER0_EL0=INST,
        PMEVCNTR0_EL0=5,
        PMEVCNTR1_EL0=6,
        PMCCNTR_EL0=7,
        PMCNTENSET_EL0=1 | C,
        PMCR_EL0=E,
    )
    bench.at_el1(vcpu, "PMCR_EL0", E | LC | command)
    names = ("PMEVCNTR0_EL0", "PMEVCNTR1_EL0", "PMCCNTR_EL0")
    found = tuple(bench.at_el1(vcpu, name) for name in names)
    bench.hyp.perf_update(sampled)

    plain = (0, 0) if command & P else (5, 6)
    assert (*plain, 0 if command & RESET_C else 7) == found
    assert 9 == sampled.count
    assert E | LC == bench.at_el1(vcpu, "PMCR_EL0") & 0xFF


def test_with_fgt_the_hardware_does_the_reset_and_spares_the_second_range():
    bench = Bench(6, reserved=2)
    sampled = bench.perf(event=MEM)
    bench.work(MEM, 9, el=2)
    vcpu = bench.loaded(counters=4, **{f"PMEVCNTR{n}_EL0": 5 for n in range(4)})
    bench.at_el1(vcpu, "PMCR_EL0", P)
    bench.hyp.perf_update(sampled)

    assert [0] * 4 == [bench[f"PMEVCNTR{n}_EL0"] for n in range(4)]
    assert 9 == sampled.count


# ---- enables and flags


@each_host
@pytest.mark.parametrize("name", ["PMCNTEN{}_EL0", "PMINTEN{}_EL1", "PMOVS{}_EL0"])
def test_set_and_clr_show_one_state_with_the_guests_bits_alone(host, name):
    bench = Bench(**host)
    vcpu = bench.loaded(counters=2)
    set_name, clr_name = name.format("SET"), name.format("CLR")
    bench.at_el1(vcpu, set_name, 0xFFFFFFFF)

    assert C | 0b11 == bench.at_el1(vcpu, set_name) == bench.at_el1(vcpu, clr_name)
    bench.at_el1(vcpu, clr_name, 0b01)
    assert C | 0b10 == bench.at_el1(vcpu, set_name) == bench.at_el1(vcpu, clr_name)


@each_host
def test_the_guests_bitmaps_never_show_or_touch_the_hosts(host):
    bench = Bench(**host)
    bench.perf()
    before = bench["PMCNTENSET_EL0"], bench["PMINTENSET_EL1"]
    vcpu = bench.loaded(counters=1)
    for name in ("PMCNTENCLR_EL0", "PMINTENCLR_EL1", "PMOVSCLR_EL0"):
        bench.at_el1(vcpu, name, 0xFFFFFFFF)

        assert 0 == bench.at_el1(vcpu, name)
    assert before == (bench["PMCNTENSET_EL0"], bench["PMINTENSET_EL1"])


@pytest.mark.parametrize("host", [{}, {"features": NO_FGT}], ids=["fgt", "no fgt"])
def test_polling_sees_a_flag_that_is_still_in_hardware(host):
    bench = Bench(**host)
    vcpu = bench.loaded(PMEVTYPER0_EL0=INST, PMEVCNTR0_EL0=0xFFFFFFFF, PMCNTENSET_EL0=1, PMCR_EL0=E)
    bench.work(INST, 1)

    assert 0 == vcpu.regs["PMOVSSET_EL0"]
    assert 1 == bench.at_el1(vcpu, "PMOVSSET_EL0") == bench.at_el1(vcpu, "PMOVSCLR_EL0")
    assert (0, 1) == (bench["PMOVSSET_EL0"], vcpu.regs["PMOVSSET_EL0"])


@pytest.mark.parametrize(("name", "left"), [("PMOVSCLR_EL0", 0b10), ("PMOVSSET_EL0", 0b11)])
def test_writing_a_flag_counts_in_those_still_in_hardware(name, left):
    bench = Bench()
    vcpu = bench.loaded(counters=2)
    bench.pe.msr("PMOVSSET_EL0", 0b11)
    bench.at_el1(vcpu, name, 0b01)

    assert left == vcpu.regs["PMOVSSET_EL0"]
    assert 0 == bench["PMOVSSET_EL0"]


# ---- identification


@each_host
def test_pmceid_shows_what_is_implemented_and_allowed(host):
    bench = Bench(**host)
    vcpu = bench.vcpu()
    vcpu.vm.event_filter.set_range(INST, 1, DENY)
    bench.hyp.vcpu_load(vcpu)

    expected = bench["PMCEID0_EL0"] & ~(1 << INST) | 1 << CHAIN
    assert hex(expected) == hex(bench.at_el1(vcpu, "PMCEID0_EL0"))


@each_host
def test_pmmir_reads_as_zero(host):
    bench = Bench(**host)
    bench.pe.pmu.cells["PMMIR"] = 0x1234

    assert 0 == bench.at_el1(bench.loaded(), "PMMIR_EL1")


# ---- software increments


TRAPPING = {"no fgt": {"features": NO_FGT}, "emulated": {"reserved": -1}}
# Type of counter 0, PMCR_EL0, PMCNTEN, the exception level; what one increment adds.
INCREMENTS = [
    (SW_INCR, E, 1, 1, 1),
    (SW_INCR, E, 1, 0, 1),
    (SW_INCR | EL1, E, 1, 1, 0),
    (SW_INCR | EL1, E, 1, 0, 1),
    (SW_INCR | EL0, E, 1, 0, 0),
    (SW_INCR, 0, 1, 1, 0),
    (SW_INCR, E, 0, 1, 0),
    (INST, E, 1, 1, 0),
]


@each_host
@pytest.mark.parametrize(("typer", "pmcr", "enabled", "el", "added"), INCREMENTS)
def test_a_software_increment_counts_where_the_counter_does(host, typer, pmcr, enabled, el, added):
    bench = Bench(**host)
    vcpu = bench.loaded(
        PMEVTYPER0_EL0=typer, PMCNTENSET_EL0=enabled, PMCR_EL0=pmcr, PMUSERENR_EL0=1
    )
    bench.at_el1(vcpu, "PMSWINC_EL0", 0b11, el=el)

    assert added == bench.at_el1(vcpu, "PMEVCNTR0_EL0")


@each_host
@pytest.mark.parametrize(("long", "odd"), [(0, 1), (LP, 0)])
def test_a_software_increment_overflows_and_chains(host, long, odd):
    bench = Bench(**host)
    vcpu = bench.loaded(
        PMEVTYPER0_EL0=SW_INCR,
        PMEVTYPER1_EL0=CHAIN,
        PMEVCNTR0_EL0=0xFFFFFFFF,
        PMCNTENSET_EL0=0b11,
        PMCR_EL0=E | long,
    )
    bench.at_el1(vcpu, "PMSWINC_EL0", 1)

    assert 1 << 32 == bench.at_el1(vcpu, "PMEVCNTR0_EL0")
    assert odd == bench.at_el1(vcpu, "PMEVCNTR1_EL0")
    assert (0 if long else 1) == bench.at_el1(vcpu, "PMOVSSET_EL0")


@pytest.mark.parametrize("host", [{"features": V3P1}, {"features": V3P1, "reserved": -1}])
def test_before_p5_a_counter_has_32_bits(host):
    bench = Bench(**host)
    vcpu = bench.loaded(PMEVTYPER0_EL0=SW_INCR, PMCNTENSET_EL0=1, PMCR_EL0=E)
    bench.at_el1(vcpu, "PMEVCNTR0_EL0", 0x1_FFFFFFFF)
    bench.at_el1(vcpu, "PMSWINC_EL0", 1)

    assert (0, 1) == tuple(bench.at_el1(vcpu, n) for n in ("PMEVCNTR0_EL0", "PMOVSSET_EL0"))


# ---- EL0


@each_host
@pytest.mark.parametrize(
    ("name", "opened_by"),
    [("PMCCNTR_EL0", 0b0101), ("PMEVCNTR0_EL0", 0b1001), ("PMCNTENSET_EL0", 0b0001)],
)
def test_the_guests_pmuserenr_decides_what_its_el0_may_read(host, name, opened_by):
    bench = Bench(**host)
    vcpu = bench.loaded()
    open_bits = 0
    for bit in range(4):
        bench.at_el1(vcpu, "PMUSERENR_EL0", 1 << bit)
        if bench.at_el1(vcpu, name, el=0) != "trap to EL1":
            open_bits |= 1 << bit

    assert opened_by == open_bits


# ---- the home of a register


@pytest.mark.parametrize("host", [{}, {"features": NO_FGT}], ids=["fgt", "no fgt"])
def test_while_a_guest_owns_its_counters_its_registers_live_in_hardware(host):
    bench = Bench(**host)
    vcpu = bench.loaded()
    for name in ("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMSELR_EL0", "PMEVCNTR0_EL0", "PMCCNTR_EL0"):
        bench.at_el1(vcpu, name, 1)

        assert (1, 0) == (bench[name] & 0xFF, vcpu.regs[name])


def test_cycles_and_instructions_are_not_mixed_up():
    bench = Bench()
    vcpu = bench.loaded(PMEVTYPER0_EL0=INST, PMCNTENSET_EL0=1 | C, PMCR_EL0=E)
    bench.work(INST, 3)
    bench.work(CYCLES, 7)

    assert (3, 7) == tuple(bench.at_el1(vcpu, n) for n in ("PMEVCNTR0_EL0", "PMCCNTR_EL0"))
