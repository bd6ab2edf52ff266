"""Whatever userspace has restored and a guest writes, no law accuses the hypervisor as it is."""

from random import Random

import pytest
from kvm.bench import FEATURES, NO_FGT, NO_P1, V3P1

from pmulab.kvm.vcpu import reset_registers
from pmulab.sim.machine import Machine
from pmulab.sim.scenario import from_dict

KINDS = {"all": FEATURES, "no fgt": NO_FGT, "p1": (*V3P1, "FEAT_FGT"), "before p1": NO_P1}
HOSTS = [*KINDS, "emulated"]
ALL64 = (1 << 64) - 1
TYPED = ("PMEVTYPER0_EL0", "PMEVTYPER1_EL0", "PMCCFILTR_EL0")
COUNTED = ("PMEVCNTR0_EL0", "PMEVCNTR1_EL0", "PMCCNTR_EL0")
READ = (*TYPED, *COUNTED, "PMSELR_EL0", "PMUSERENR_EL0", "PMXEVTYPER_EL0", "PMCEID0_EL0")
WRITTEN = (
    *"PMCR_EL0 PMCNTENSET_EL0 PMCNTENCLR_EL0 PMINTENSET_EL1 PMINTENCLR_EL1 PMOVSSET_EL0".split(),
    *"PMOVSCLR_EL0 PMSELR_EL0 PMUSERENR_EL0 PMXEVTYPER_EL0 PMXEVCNTR_EL0 PMSWINC_EL0".split(),
    *(*TYPED, *COUNTED),
)


def run(host, programs, restored, slice_cycles=50, actions=()):
    """Run guests with programs, which begin with something restored; returns the machine."""
    emulated = host == "emulated"
    vms = [
        {"name": name, "counters": 2, "partitioned": not emulated, "program": p, "restore": r}
        for name, p, r in zip("AB", programs, restored, strict=False)
    ]
    data = {
        "pmulab": 1,
        "name": "restored",
        "cpus": [{"counters": 8, "features": list(KINDS.get(host, FEATURES))}],
        "partition": {"reserved_host_counters": 8 if emulated else 4},
        "slice_cycles": slice_cycles,
        "vms": vms,
        "actions": list(actions),
    }
    machine = Machine(from_dict(data), record=False)
    while machine.step():
        pass
    return machine


def seen(machine, name="A"):
    """Return what a guest has read, by register, the last word of each."""
    return {o.what: o.value for o in machine.guests[name].observed}


@pytest.mark.parametrize("host", HOSTS)
def test_restored_registers_wider_than_their_rows_are_read_as_their_rows_are(host):
    program = ["work CPU_CYCLES=9 INST_RETIRED=9", *(f"mrs x0, {name}" for name in READ)]
    machine = run(host, [program], [dict.fromkeys(reset_registers(2), ALL64)])
    read, p5, event = (
        seen(machine),
        host not in ("p1", "before p1"),
        0x3FF if host == "before p1" else 0xFFFF,
    )

    assert machine.laws.accusation is None
    assert (0x1F, 0xF) == (read["PMSELR_EL0"], read["PMUSERENR_EL0"])
    assert [3 << 30 | event] == list({read[name] for name in TYPED} - {3 << 30})
    assert (ALL64 if p5 else ALL64 >> 32) == read["PMEVCNTR0_EL0"]


@pytest.mark.parametrize("host", HOSTS)
def test_pmccfiltr_keeps_an_event_number_as_linux_does_and_nobody_is_accused(host):
    program = ["msr PMCCFILTR_EL0, 0x40000234", "mrs x0, PMCCFILTR_EL0", "msr PMSELR_EL0, 31"]
    machine = run(host, [[*program, "mrs x0, PMXEVTYPER_EL0"]], [{}])

    assert {"PMCCFILTR_EL0": 0x40000234, "PMXEVTYPER_EL0": 0x40000234} == seen(machine)
    assert machine.laws.accusation is None


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("flags", [0, 1])
def test_a_guest_that_pends_its_own_interrupt_takes_it_once_and_nobody_is_accused(host, flags):
    take = ["mrs x0, ICC_IAR1_EL1", "msr PMOVSCLR_EL0, 1", "msr ICC_EOIR1_EL1, x0"]
    program = [
        "msr ICC_PMR_EL1, 0xf0",
        "msr ICC_IGRPEN1_EL1, 1",
        "msr PMINTENSET_EL1, 1",
        "msr PMCR_EL0, 1",
        f"msr PMOVSSET_EL0, {flags}",
        "gic 23 enable priority=0x80",
        "gic 23 pend",
        *take,
        *take,
    ]
    machine = run(host, [program], [{}])
    taken = [o.value for o in machine.guests["A"].observed if o.what == "ICC_IAR1_EL1"]

    assert [23, 1023] == taken
    assert machine.laws.accusation is None


@pytest.mark.parametrize("divider", [0, 8])
def test_an_emulated_pmu_has_no_divider_and_its_oracle_knows(divider):
    program = ["msr PMCNTENSET_EL0, 0x80000000", f"msr PMCR_EL0, {divider | 1}"]
    program += ["work CPU_CYCLES=640", "mrs x0, PMCCNTR_EL0"]
    counts = {
        host: seen(run(host, [program], [{}], 9999))["PMCCNTR_EL0"] for host in ("all", "emulated")
    }

    assert {"all": 10 if divider else 640, "emulated": 640} == counts
    assert run("emulated", [program], [{}]).laws.accusation is None


@pytest.mark.parametrize(("host", "chained"), [("all", 0), ("no fgt", 0), ("emulated", 1)])
@pytest.mark.parametrize("how", ["work CPU_CYCLES=9 INST_RETIRED=9", "msr PMSWINC_EL0, 1"])
def test_an_emulated_counter_with_chain_counts_whatever_its_level_bits_say(host, chained, how):
    event = 0 if "SWINC" in how else 8
    program = [
        f"msr PMEVTYPER0_EL0, {event}",
        "msr PMEVTYPER1_EL0, 0x8000001e",
        "msr PMEVCNTR0_EL0, 0xffffffff",
        "msr PMCNTENSET_EL0, 3",
        "msr PMCR_EL0, 0x41",
        how,
        "mrs x0, PMEVCNTR1_EL0",
    ]
    machine = run(host, [program], [{}])

    assert {"PMEVCNTR1_EL0": chained} == seen(machine)
    assert machine.laws.accusation is None


def value(rng):
    """Draw what is written or restored: any bits, or some that matter."""
    near = rng.choice((1 << 32, 1 << 64)) - rng.randint(1, 4)
    some = rng.choice((0, 1, 9, 0x1E, 0x413, 0x8000011))
    return rng.choice((rng.getrandbits(64), rng.getrandbits(32), rng.getrandbits(8), near, some))


def instruction(rng):
    """Draw an instruction: an access at EL1 or EL0, or work."""
    kind, el = rng.random(), rng.choice(("", "", "", "", "el0: "))
    if kind < 0.5:
        return f"{el}msr {rng.choice(WRITTEN)}, {value(rng):#x}"
    if kind < 0.7:
        return f"{el}mrs x0, {rng.choice(READ)}"
    if kind < 0.75:
        return f"gic 23 {rng.choice(('pend', 'unpend', 'enable', 'disable'))}"
    return f"{el}work CPU_CYCLES={rng.choice((5, 70, 130))} INST_RETIRED={rng.choice((3, 40))}"


def looks(rng, length):
    """Draw a program that looks at what it may have changed."""
    return [*(instruction(rng) for _ in range(length)), *(f"mrs x0, {name}" for name in READ)]


@pytest.mark.one_in(3)
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("seed", range(16))
def test_any_accesses_from_anything_restored_are_those_of_a_pmu_of_ones_own(host, seed):
    rng = Random(seed)
    restored = [
        {name: value(rng) for name in reset_registers(2) if rng.random() < 0.7} for _ in "AB"
    ]
    machine = run(host, [looks(rng, rng.randint(3, 14)) for _ in "AB"], restored)

    assert machine.laws.accusation is None
