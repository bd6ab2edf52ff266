"""Who owns which counter: HPMN, the two masks, MDCR_EL2 and the fine-grained traps.

Linux: posting v8 of the partitioned PMU, patches 08, 10 and 11.
"""

import pytest
from kvm.bench import INST, LC, NO_FGT, NO_HPMN0, Bench, C, E

from pmulab.hw.pmu import FEATURES
from pmulab.hw.sysregs import HDFGRTR_EL2, HDFGWTR_EL2, MDCR_EL2
from pmulab.kvm.vcpu import FREE, GUEST_OWNED

TPM, TPMCR, HPME, HPMD, HCCD = (getattr(MDCR_EL2, f) for f in "TPM TPMCR HPME HPMD HCCD".split())

# N, reserved for the host, the VM's counters; the guest's mask, the host's mask, HPMN.
MASKS = [
    (6, 2, 4, C | 0b1111, 0b110000, 4),
    (6, 2, 2, C | 0b11, 0b110000, 2),
    (6, 2, 0, C, 0b110000, 0),
    (6, 5, 1, C | 0b1, 0b111110, 1),
    (6, 6, 0, C, 0b111111, 0),
    (6, 0, 6, C | 0b111111, 0, 6),
    (1, 0, 1, C | 0b1, 0, 1),
    (1, 1, 0, C, 0b1, 0),
    (31, 1, 30, C | (1 << 30) - 1, 1 << 30, 30),
]


@pytest.mark.parametrize(("n", "reserved", "counters", "guest", "host", "hpmn"), MASKS)
def test_a_static_partition_gives_these_masks(n, reserved, counters, guest, host, hpmn):
    bench = Bench(n, reserved=reserved)
    vcpu = bench.vcpu(counters=counters)

    assert guest == bench.hyp.guest_counter_mask(vcpu)
    assert host == bench.hyp.host_counter_mask()
    assert hpmn == bench.hyp.hpmn(vcpu)


@pytest.mark.parametrize("n", [1, 2, 3, 6, 31])
def test_guest_and_host_never_share_a_counter(n):
    for reserved in range(n + 1):
        bench = Bench(n, reserved=reserved)
        for counters in range(n - reserved + 1):
            guest = bench.hyp.guest_counter_mask(bench.vcpu(counters=counters))

            assert 0 == guest & bench.hyp.host_counter_mask()
            assert counters + 1 == guest.bit_count()


def test_a_vm_that_uses_fewer_counters_than_it_could_leaves_the_rest_to_nobody():
    bench = Bench(6, reserved=2)
    taken = bench.hyp.guest_counter_mask(bench.vcpu(counters=1)) | bench.hyp.host_counter_mask()

    assert C | 0b110001 == taken


@pytest.mark.parametrize("reserved", [-1, 7, 100])
def test_without_a_partition_that_fits_the_host_has_everything(reserved):
    bench = Bench(6, reserved=reserved)
    vcpu = bench.vcpu()

    assert not bench.hyp.is_partitioned(vcpu)
    assert 0 == bench.hyp.guest_counter_mask(vcpu)
    assert C | 0b111111 == bench.hyp.host_counter_mask()
    assert 6 == bench.hyp.hpmn(vcpu)


def test_an_emulated_vm_on_a_partitioned_host_has_no_guest_range():
    bench = Bench(6, reserved=2)
    vcpu = bench.vcpu(partitioned=False)

    assert 0 == bench.hyp.guest_counter_mask(vcpu)
    assert 6 == bench.hyp.hpmn(vcpu)


def test_without_hpmn0_a_guest_without_event_counters_costs_one_that_nobody_counts_with():
    bench = Bench(6, NO_HPMN0, reserved=6)
    vcpu = bench.vcpu(counters=0)

    assert 1 == bench.hyp.hpmn(vcpu)
    assert C == bench.hyp.guest_counter_mask(vcpu)
    assert 0b111110 == bench.hyp.host_counter_mask()


def test_hpmn_is_that_of_the_cpu_where_the_vcpu_is():
    bench = Bench([6, 3], reserved=2)
    vcpu = bench.vcpu(counters=4, supported=(0,))
    small = bench.vcpu(counters=4)
    found = []
    for n in (0, 1):
        bench.hyp.this_cpu(n)
        found.append((bench.hyp.hpmn(vcpu), bench.hyp.hpmn(small)))

    # CPU 1 is unsupported for the first VM, and has one counter to lend to the second.
    assert [(4, 4), (3, 1)] == found


# Case, MDCR_EL2 while the vCPU is loaded. N is 6, two counters are the host's.
OWNED = HPME | HPMD | HCCD
MDCR = [
    ("a guest with four counters", {}, {"counters": 4}, OWNED | 4),
    ("with none, and FEAT_HPMN0", {}, {"counters": 0}, OWNED | 0),
    (
        "with none, no HPMN0: traps stay",
        {"features": NO_HPMN0},
        {"counters": 0},
        OWNED | TPM | TPMCR | 1,
    ),
    ("no FGT: traps stay", {"features": NO_FGT}, {"counters": 4}, OWNED | TPM | TPMCR | 4),
    ("an emulated PMU", {}, {"partitioned": False}, HPME | TPM | TPMCR | 6),
    ("no partition", {"reserved": -1}, {}, HPME | TPM | TPMCR | 6),
    ("lazy, not touched yet", {"lazy": True}, {}, HPME | TPM | TPMCR | 6),
    ("an unsupported CPU", {}, {"supported": (1,)}, HPME | TPM | TPMCR | 6),
]

each_case = pytest.mark.parametrize(
    ("host", "guest", "mdcr"), [row[1:] for row in MDCR], ids=[row[0] for row in MDCR]
)


@each_case
def test_mdcr_el2_while_a_vcpu_is_loaded(host, guest, mdcr):
    bench = Bench(**host)
    bench.loaded(**guest)

    assert mdcr == bench["MDCR_EL2"]


@each_case
def test_after_put_mdcr_el2_is_the_hosts(host, guest, mdcr):
    bench = Bench(**host)
    before = bench["MDCR_EL2"]
    bench.hyp.vcpu_put(bench.loaded(**guest))

    assert HPME | 6 == before == bench["MDCR_EL2"]


def test_the_fine_grained_traps_are_those_of_the_series():
    bench = Bench()
    bench.loaded()
    read = "PMOVS PMEVTYPERn_EL0 PMCCFILTR_EL0 PMCEIDn_EL0 PMMIR_EL1"
    write = "PMOVS PMEVTYPERn_EL0 PMCCFILTR_EL0"

    assert sum(getattr(HDFGRTR_EL2, f) for f in read.split()) == bench["HDFGRTR_EL2"]
    assert sum(getattr(HDFGWTR_EL2, f) for f in write.split()) == bench["HDFGWTR_EL2"]


def test_after_put_no_fine_grained_trap_is_left():
    bench = Bench()
    bench.hyp.vcpu_put(bench.loaded())

    assert (0, 0) == (bench["HDFGRTR_EL2"], bench["HDFGWTR_EL2"])


def test_without_fgt_nobody_writes_its_registers():
    bench = Bench(features=NO_FGT)
    bench.hyp.vcpu_put(bench.loaded())

    assert [] == [name for name in bench.written() if name.startswith("HDFG")]


DIRECT = (
    "PMCR_EL0 PMUSERENR_EL0 PMSELR_EL0 PMCCNTR_EL0 PMCNTENSET_EL0 PMCNTENCLR_EL0 PMINTENSET_EL1 "
    "PMINTENCLR_EL1 PMEVCNTR0_EL0 PMEVCNTR1_EL0 PMXEVCNTR_EL0"
).split()
TRAPPED = (
    "PMOVSSET_EL0 PMOVSCLR_EL0 PMEVTYPER0_EL0 PMEVTYPER1_EL0 PMXEVTYPER_EL0 PMCCFILTR_EL0"
).split()


@pytest.mark.parametrize("name", DIRECT)
def test_a_guest_with_counters_of_its_own_reaches_them_directly(name):
    bench = Bench()
    bench.loaded(counters=2)

    assert not bench.traps(name)
    assert not bench.traps(name, 0)


@pytest.mark.parametrize("name", TRAPPED)
def test_flags_and_event_types_trap_all_the_same(name):
    bench = Bench()
    bench.loaded(counters=2)

    assert bench.traps(name)
    assert bench.traps(name, 0)


@pytest.mark.parametrize("name", ["PMCEID0_EL0", "PMCEID1_EL0", "PMMIR_EL1"])
def test_what_the_host_implements_is_hidden(name):
    bench = Bench()
    bench.loaded(counters=2)

    assert bench.traps(name)


def test_software_increments_are_direct():
    bench = Bench()
    bench.loaded(counters=2)

    assert not bench.traps("PMSWINC_EL0", 1)


@pytest.mark.parametrize("idx", [2, 3, 4, 5])
def test_a_counter_beyond_the_partition_traps(idx):
    bench = Bench()
    bench.loaded(counters=2)

    assert bench.traps(f"PMEVCNTR{idx}_EL0")


@pytest.mark.parametrize(
    ("host", "guest"),
    [({"features": NO_FGT}, {}), ({"reserved": -1}, {}), ({}, {"partitioned": False})],
)
def test_all_other_guests_trap_on_every_register(host, guest):
    bench = Bench(**host)
    bench.loaded(**guest)
    names = [*DIRECT, *TRAPPED]

    assert names == [name for name in names if bench.traps(name) and bench.traps(name, 0)]


@pytest.mark.parametrize(
    ("host", "guest"),
    [
        ({"reserved": -1}, {}),
        ({}, {"partitioned": False}),
        ({"lazy": True}, {}),
        ({}, {"supported": (1,)}),
    ],
)
def test_the_guard_at_the_top_of_load_and_put_does_nothing_at_all(host, guest):
    bench = Bench(**host)
    vcpu = bench.vcpu(**guest)
    bench.hyp.host.loaded = vcpu
    bench.hyp.decide_ownership(vcpu)
    bench.log.clear()
    bench.hyp.pmu_load(vcpu)
    bench.hyp.pmu_put(vcpu)

    assert [] == bench.log


def test_dynamic_reservation_leaves_the_host_everything_until_a_guest_is_loaded():
    bench = Bench(6, reserved=2, dynamic=True)
    vcpu = bench.vcpu(counters=4)
    found = [bench.hyp.host_counter_mask()]
    bench.hyp.vcpu_load(vcpu)
    found.append(bench.hyp.host_counter_mask())
    bench.hyp.vcpu_put(vcpu)
    found.append(bench.hyp.host_counter_mask())

    assert [C | 0b111111, 0b110000, C | 0b111111] == found


def test_dynamic_reservation_also_takes_the_counter_that_hpmn_costs():
    bench = Bench(6, NO_HPMN0, reserved=6, dynamic=True)
    bench.loaded(counters=0)

    # Counter 0 is in the first range: the guest's PMCR_EL0.E would gate a host's event there.
    assert 0b111110 == bench.hyp.host_counter_mask()


def test_every_feature_set_boots_into_the_same_quiet_state():
    for features in (FEATURES, NO_FGT, NO_HPMN0):
        bench = Bench(6, features)

        assert (0, 0, 0) == tuple(
            bench[name] for name in ("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0")
        )
        assert 1 == bench["PMCR_EL0"] & 1


# ---- lazy ownership


def test_a_lazy_guest_is_free_until_its_first_access():
    bench = Bench(lazy=True)
    vcpu = bench.loaded()
    before = vcpu.access
    bench.at_el1(vcpu, "PMCR_EL0")

    assert (FREE, GUEST_OWNED) == (before, vcpu.access)


def test_the_first_access_is_a_whole_load():
    bench = Bench(lazy=True)
    bench.pe.msr("PMOVSSET_EL0", 0b11)
    vcpu = bench.loaded(PMEVCNTR0_EL0=1000, PMEVTYPER0_EL0=INST, PMINTENSET_EL1=1, PMCR_EL0=E | LC)

    assert 0 == bench["PMEVCNTR0_EL0"]
    assert 1000 == bench.at_el1(vcpu, "PMEVCNTR0_EL0")
    found = [bench[n] for n in ("PMEVCNTR0_EL0", "PMEVTYPER0_EL0", "PMINTENSET_EL1")]
    assert [1000, INST, 1] == found
    assert (0, E | LC) == (bench["PMOVSSET_EL0"], bench["PMCR_EL0"] & 0xFF)
    bench.hyp.vcpu_put(vcpu)
    assert 1000 == vcpu.regs["PMEVCNTR0_EL0"]


@pytest.mark.parametrize(("enabled", "access"), [(0, FREE), (1, GUEST_OWNED), (C, GUEST_OWNED)])
def test_at_load_a_guest_owns_its_counters_again_only_if_one_is_enabled(enabled, access):
    bench = Bench(lazy=True)
    vcpu = bench.loaded()
    bench.at_el1(vcpu, "PMCNTENSET_EL0", enabled)
    bench.hyp.vcpu_put(vcpu)
    bench.hyp.vcpu_load(vcpu)

    assert access == vcpu.access


def test_a_free_guest_costs_no_access_to_a_counter():
    bench = Bench(lazy=True)
    vcpu = bench.vcpu(counters=4)
    start = len(bench.log)
    bench.hyp.vcpu_load(vcpu)
    bench.hyp.vcpu_put(vcpu)
    touched = {reg for _, reg, _ in bench.log[start:] if "CNT" in reg or "OVS" in reg}

    assert set() == touched


def test_an_access_on_an_unsupported_cpu_takes_nothing_and_stays_in_memory():
    bench = Bench()
    vcpu = bench.loaded(supported=(1,), PMEVCNTR0_EL0=5)
    bench.at_el1(vcpu, "PMCNTENSET_EL0", 1)

    assert 0 == bench["PMCNTENSET_EL0"]
    assert 1 == vcpu.regs["PMCNTENSET_EL0"]
    assert 5 == bench.at_el1(vcpu, "PMEVCNTR0_EL0")
