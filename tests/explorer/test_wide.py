"""Wide cases: what is drawn, that the library passes, and what is shown of one that does not."""

import json
from collections import Counter

import pytest
from explorer.never_called import never_called

from pmulab import Hypervisor
from pmulab.explain.history import widely
from pmulab.explorer.stage import DO
from pmulab.explorer.wide.case import run
from pmulab.explorer.wide.coverage import Coverage
from pmulab.explorer.wide.draw import PLAIN, draw
from pmulab.explorer.wide.focus import FOCI
from pmulab.explorer.wide.search import breaks, search
from pmulab.explorer.wide.spared import FILE, spared
from pmulab.explorer.wide.words import SAY, worded
from pmulab.hw.sysregs import PMCR_EL0
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.gallery.gallery import gallery
from pmulab.sim.limits import LIMITS

HOOKS = tuple(row.hook for row in EXERCISES.values())
# A VMM's hook has no case, for no machine calls it.
CALLED = tuple(hook for hook in HOOKS if FOCI.get(hook, PLAIN).cases)


class Forgets(Hypervisor):
    """put keeps 32 bits of a count."""

    def pmu_put(self, vcpu):
        super().pmu_put(vcpu)
        for name, value in vcpu.regs.items():
            if name.startswith("PMEVCNTR"):
                vcpu.regs[name] = value & 0xFFFF_FFFF


class WithoutChain(Hypervisor):
    """An SW_INCR that wraps does not count CHAIN."""

    def software_count(self, vcpu, idx, enabled, el):
        super().software_count(vcpu, idx, 0, el)


class DriverClosesAll(Hypervisor):
    """The driver closes PMUSERENR_EL0 while a vCPU is loaded."""

    def driver_start(self):
        super().driver_start()
        self.cpu.msr("PMUSERENR_EL0", 0)


class DropsDisabled(Hypervisor):
    """A level that comes while its interrupt is disabled is dropped."""

    def vgic_inject(self, vcpu, intid, level):
        if vcpu.vgic.irq(intid).enabled:
            super().vgic_inject(vcpu, intid, level)


# ---- what is drawn


def test_a_seed_is_a_case_and_always_the_same_one():
    assert draw(7, "pmu_put") == draw(7, "pmu_put")
    assert draw(7, "pmu_put") != draw(8, "pmu_put")


def dimensions(case):
    """Name what is special about a case."""
    machine = case.machine
    sizes = [cpu.counters for cpu in machine.cpus]
    features = machine.cpus[0].features
    partitioned = [vm for vm in machine.vms if vm.partitioned]
    yield from (f"PE of {n} counters" for n in sizes)
    yield from (f"list registers {cpu.list_registers}" for cpu in machine.cpus)
    yield from (f"without {name}" for name in LACKING if name not in features)
    yield f"{len(machine.perf_events)} host events"
    yield "dynamic" if machine.dynamic else "static"
    yield "lazy" if machine.lazy else "eager"
    yield f"{len(machine.vms)} VMs"
    if len(set(sizes)) > 1:
        yield "CPUs of different size"
    if len({vm.counters for vm in machine.vms}) > 1:
        yield "VMs of different size"
    if 0 < len(partitioned) < len(machine.vms):
        yield "partitioned beside emulated"
    if any(len(vm.vcpu_names) > 1 for vm in machine.vms):
        yield "VM of several vCPUs"
    if any(len(saved.irqs) > 4 for saved in case.vgics.values()):
        yield "more than 4 interrupts"
    for vm in machine.vms:
        yield f"guest of {min(vm.counters, 2)}{'+' * (vm.counters > 2)} counters"
        yield f"filter of {len(vm.filter)} ranges" if vm.filter else "no filter"
    if any(vm.restore["PMCR_EL0"] & (PMCR_EL0.D | PMCR_EL0.LC) == PMCR_EL0.D for vm in machine.vms):
        yield "cycles divided by 64"
    yield from (f"move {move.do}" for move in case.moves)


ONLY_IN_WORLDS = ("handler", "load", "hyp_work")
LACKING = ("FEAT_FGT", "FEAT_HPMN0", "FEAT_PMUv3p5", "FEAT_PMUv3p1")
DUE = (
    *("static", "dynamic", "lazy", "eager"),
    *(f"PE of {n} counters" for n in (1, 4, 6, 8, 31)),
    *(f"without {name}" for name in LACKING),
    *(f"{n} host events" for n in range(3)),
    *("CPUs of different size", "VMs of different size", "partitioned beside emulated"),
    *("guest of 0 counters", "guest of 2+ counters", "more than 4 interrupts"),
    *("cycles divided by 64", "VM of several vCPUs"),
    *(f"move {do}" for do in DO if do not in ONLY_IN_WORLDS),
)


@pytest.mark.slow
def test_every_dimension_is_drawn():
    found = Counter(name for seed in range(2000) for name in set(dimensions(draw(seed))))
    print("\n".join(f"{count:>5}  {name}" for name, count in sorted(found.items())))

    assert {} == {name: found[name] for name in DUE if found[name] < 20}


def test_every_move_that_is_drawn_has_words():
    assert DO.keys() == SAY.keys()
    moves = [move for seed in range(200) for move in draw(seed).moves]

    assert {move.do for move in moves} > {"userspace", "perf_add", "perf_remove", "change"}
    assert all(worded(move).text for move in moves)


# ---- the library


def test_the_library_passes_its_first_cases():
    wide = search(Hypervisor, seeds=range(40))

    assert wide.broken is None
    assert 40 == wide.coverage.cases


@pytest.mark.slow
@pytest.mark.parametrize("hook", CALLED)
def test_the_library_passes_the_cases_of_each_hook(hook):
    wide = search(Hypervisor, hook, range(300, 700))

    assert wide.broken is None, wide.result
    assert 400 == wide.coverage.cases
    assert wide.coverage.ran >= 40


@pytest.mark.slow
@pytest.mark.parametrize("hook", HOOKS)
def test_in_a_case_that_is_spared_the_library_never_calls_the_hook(hook):
    assert sorted(spared(hook)) == never_called(hook, sorted(spared(hook)))


def test_the_one_hook_without_cases_is_the_one_that_no_machine_calls():
    assert {"set_pmu_attr"} == set(HOOKS) - set(CALLED)
    assert list(range(20)) == never_called("set_pmu_attr", range(20))


def test_the_cases_that_are_spared_are_those_of_now():
    focus = {hook: FOCI.get(hook, PLAIN) for hook in HOOKS}
    rows = json.loads(FILE.read_text())

    assert set(HOOKS) == set(rows)
    assert {hook: [one.cases, one.beside] for hook, one in focus.items()} == {
        hook: row[:2] for hook, row in rows.items()
    }


def test_some_cases_never_call_a_hook_and_others_do():
    seeds = sorted(spared("handle_guest_irq"))

    assert 500 < len(seeds) < 700
    assert seeds[:4] == never_called("handle_guest_irq", range(seeds[3] + 1))


def test_other_numbers_of_cases_spare_none(monkeypatch):
    monkeypatch.setitem(FOCI, "kick", FOCI["kick"]._replace(cases=5))

    assert not spared("kick")


def test_a_spared_case_is_counted_and_the_same_case_breaks_as_without():
    wide = search(Forgets, "pmu_put", range(40), spared={0, 1, 2})
    coverage = Coverage(Hypervisor, "pmu_put")

    assert None is breaks(Hypervisor, "pmu_put", range(3), (), coverage)
    assert wide.broken.seed == breaks(Forgets, "pmu_put", range(3, 40), (), coverage)
    assert 3 == wide.coverage.spared
    assert [[0, wide.broken.seed]] == wide.coverage.seeds == coverage.seeds
    assert coverage.cases == wide.coverage.cases + 3
    assert "but for 3 in which nobody ever calls it" in str(wide.coverage)


class BansHereAlone(Hypervisor):
    """A ban reaches nobody who is loaded on another CPU than the first."""

    def resync_event_filter(self, vcpu):
        if self.host.cpu == 0:
            super().resync_event_filter(vcpu)


@pytest.mark.slow
def test_a_ban_reaches_the_vcpus_of_a_vm_that_are_loaded_elsewhere():
    assert search(BansHereAlone, "resync_event_filter", range(900)).broken


@pytest.mark.slow
def test_limits_of_the_design_are_met_and_the_certificate_names_them():
    coverage = search(Hypervisor, "overflow_status").coverage
    said = repr(Verdict("irq.status", "right", wide=(coverage,)))

    assert LIMITS.keys() == coverage.limits.keys()
    for name, cases in coverage.limits.items():
        assert f"limit    {name}, met in {cases} cases, nobody's fault: {LIMITS[name]}" in said


# ---- one that breaks


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wrong", "hook"),
    [(WithoutChain, ""), (DriverClosesAll, ""), (DropsDisabled, "vgic_flush")],
)
def test_halves_of_a_bug_meet_that_no_small_world_has_together(wrong, hook):
    assert search(wrong, hook, range(600)).broken


def test_a_wrong_hook_is_shown_with_the_shortest_case_that_breaks():
    wide = widely(Forgets, "pmu_put")

    assert run(wide.broken, Forgets)[0].law == wide.result.law
    assert run(wide.broken, Hypervisor)[0] is None
    assert len(wide.broken.moves) <= 4
    assert wide.result.telling.witness


def test_no_move_of_a_shrunk_case_can_be_left_out():
    case = search(Forgets, "pmu_put").broken
    without = [case.moves[:n] + case.moves[n + 1 :] for n in range(len(case.moves))]

    assert not any(run(case._replace(moves=moves), Forgets)[0] for moves in without)


def test_a_shrunk_case_is_the_same_each_time():
    assert search(Forgets, "pmu_put").broken == search(Forgets, "pmu_put").broken


@pytest.mark.slow
@pytest.mark.parametrize(
    "bug", [row for row in gallery().values() if not row.law], ids=lambda bug: bug.id
)
def test_what_is_called_harmless_passes_wide_cases_too(bug):
    wide = search(bug.hypervisor, bug.hook)

    assert wide.broken is None, wide.result
