"""A hook is proven, refuted by a law, or neither; never proven where it is wrong."""

import sys
from itertools import combinations, islice, product

import pytest
from lab.right_hooks import RIGHT
from lab.wrong_hooks import WRONG

from pmulab import Hypervisor
from pmulab.explorer.wide.case import run
from pmulab.explorer.wide.search import search
from pmulab.kvm.vcpu import CYCLE_BIT, counters, evcntr
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.prove import compare
from pmulab.prove import prove as module
from pmulab.prove.prove import prove
from pmulab.prove.structures import FOLLOWED, structures

pytest.importorskip("z3")
# A busy machine must not fail a test: that two seconds are enough is printed, not asserted.
LONG = 30
QUICK = {"PutShortCounts"}


def params(table):
    """Return rows of a table as parameters, most of them slow."""
    return [
        pytest.param(
            EXERCISES[row.exercise].hook,
            row.hypervisor,
            id=row.hypervisor.__name__,
            marks=() if row.hypervisor.__name__ in QUICK else pytest.mark.slow,
        )
        for row in table
    ]


def test_a_hook_of_the_library_equals_itself_in_the_first_structures(monkeypatch):
    monkeypatch.setattr(compare, "structures", lambda hook: islice(structures(hook), 12))
    proof = prove(Hypervisor, "apply_event_filter", LONG)

    assert ("proven", 12) == (proof.kind, proof.structures)


@pytest.mark.slow
@pytest.mark.parametrize("hook", FOLLOWED)
def test_a_hook_of_the_library_equals_itself(hook):
    proof = prove(Hypervisor, hook, LONG)
    print(f"{hook}: {proof.seconds:.2f} s CPU, {proof}")

    assert "proven" == proof.kind, proof
    assert str(proof).startswith(
        f"proven the same as the library's for every value, in {proof.structures} structures"
    )
    assert proof.paths >= proof.structures > 1


# A proof is for every value; what no value is, its structures hold constant: names, the PMU's
# INTID, how many vCPUs a VM has, who is loaded on other CPUs, that there are three of those, the
# host's events, more than one flag at a time. A check finds
# these by its cases and tables (`test_wrong_hooks`).
CONSTANT = set(
    """
    MaskLeavesHostCycles BanByName TakeAnywhere TakeFirstVcpu SplitHandlesTwo RecordKicksSmall
    UpdateOfTwentyThree UpdateOfLoadedName TakeOneOfEachVm InjectFiveBits RecordKicksForPpis
    TakeForTheVm KickWhoseVmIsLoaded
    MaskFourth GuardBitmask DecideByTwins MaskSharedByTwins MaskCyclesOfOne GuardFirstOfVm
    GuardOneOfEachVm FoldForVm StopUnlessTwin PutKeepsWhileTwin LoadCountsOfTwin LoadTypesOfFirst
    ApplyTypesOfTwin TypeOfTwin WriteIfNoTwin WriteTypeOfVm BanOncePerVm DecideOneOfEachVm
    DecideAsTwin ControlOfVm ControlTwinE ReadFoldsFirstOfVm SplitForFirstOfVm RecordForFirstOfVm
    InjectToFirstOfVm HostMaskWhileTwinOwns DecideOneOwner TakeOneVm
""".split()
)


@pytest.mark.parametrize(("hook", "hypervisor"), params(WRONG))
def test_a_wrong_hook_is_never_proven(hook, hypervisor):
    proof = prove(hypervisor, hook)

    if proof.kind == "proven" and hypervisor.__name__ not in CONSTANT:
        wide = search(hypervisor, hook, range(10_000))
        pytest.fail(f"{proof}; 10,000 wide cases: {wide.result or 'nothing broken'}")
    if proof.kind == "differs":
        assert run(proof.case, hypervisor)[0] is not None
        assert run(proof.case, Hypervisor)[0] is None


@pytest.mark.parametrize(("hook", "hypervisor"), params(RIGHT))
def test_a_right_hook_is_not_refuted(hook, hypervisor):
    proof = prove(hypervisor, hook)

    assert proof.kind in ("proven", "not proven"), proof
    assert proof.case is None


class LoadCutsBit31(Hypervisor):
    """Counters come back with 31 bits."""

    def pmu_load(self, vcpu):
        if self.owns_counters(vcpu):
            for idx in counters(self.guest_counter_mask(vcpu)):
                vcpu.regs[evcntr(idx)] &= (1 << 31) - 1
        super().pmu_load(vcpu)


class FoldTwo(Hypervisor):
    """The flags of counter 0 and of the cycle counter."""

    def fold_overflow(self, vcpu):
        overflow = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu) & (CYCLE_BIT | 1)
        vcpu.regs["PMOVSSET_EL0"] |= overflow
        self.cpu.msr("PMOVSCLR_EL0", overflow)


@pytest.mark.parametrize(
    ("hook", "hypervisor"), [("pmu_load", LoadCutsBit31), ("fold_overflow", FoldTwo)]
)
def test_a_law_accuses_a_hook_in_the_state_that_is_found(hook, hypervisor):
    proof = prove(hypervisor, hook, LONG)

    assert "differs" == proof.kind, proof
    assert run(proof.case, hypervisor)[0] is not None


class Table(Hypervisor):
    """Looks a register up in a table."""

    def fold_overflow(self, vcpu):
        return {}.get(self.cpu.mrs("PMOVSSET_EL0"))


class Swallows(Hypervisor):
    """Hides what is raised in it."""

    def fold_overflow(self, vcpu):
        try:
            range(self.cpu.mrs("PMOVSSET_EL0"))
        except BaseException:
            super().fold_overflow(vcpu)


class EachBit(Hypervisor):
    """Decides each flag by itself."""

    def fold_overflow(self, vcpu):
        for idx in counters(self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)):
            self.cpu.msr("PMOVSCLR_EL0", 1 << idx)
            vcpu.regs["PMOVSSET_EL0"] |= 1 << idx


@pytest.mark.parametrize(
    ("hypervisor", "why"),
    [
        (Table, "in a table"),
        (Swallows, "as an index"),
        pytest.param(EachBit, "paths", marks=pytest.mark.slow),
    ],
)
def test_what_cannot_be_followed_is_said(hypervisor, why):
    proof = prove(hypervisor, "fold_overflow", LONG)

    assert "not proven" == proof.kind
    assert why in proof.about


def test_a_hook_that_is_not_modelled_is_not_proven():
    assert "not modelled" in str(prove(Hypervisor, "vgic_flush"))


DIMENSIONS = ("features", "dynamic", "lazy", "cpu", "kind")


@pytest.mark.one_in(7)
@pytest.mark.parametrize("hook", FOLLOWED)
@pytest.mark.parametrize("pair", [*combinations(DIMENSIONS, 2)], ids="-".join)
def test_every_pair_of_ways_is_among_the_structures(hook, pair):
    found = {tuple(getattr(at, name) for name in pair) for at in structures(hook)}
    ways = [{one[n] for one in found} for n in range(2)]

    assert set(product(*ways)) == found
    assert all(len(way) > 1 for way in ways)


@pytest.mark.parametrize("hook", FOLLOWED)
def test_a_guest_of_all_counters_and_one_of_none_are_among_the_structures(hook):
    sizes = {(at.counters, at.guest) for at in structures(hook)}

    assert sizes >= {(31, 31), (2, 0)}
    largest = [at for at in structures(hook) if at.guest == 31]
    assert all(len({getattr(at, name) for at in largest}) > 1 for name in DIMENSIONS)
    assert len({guest for _, guest in sizes}) > 6


def test_no_time_is_no_proof():
    assert "not proven" == prove(Hypervisor, "pmu_put", 0).kind


def test_without_z3_nothing_is_tried_and_nothing_breaks(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)

    assert "not proven: it was not tried: z3 is not installed" == str(prove(Hypervisor, "pmu_put"))


@pytest.mark.slow
def test_z3_is_loaded_by_a_proof_only():
    import subprocess

    code = "import sys, pmulab.prove.prove; print('z3' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "False" == said.stdout.strip()
