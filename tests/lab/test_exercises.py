"""The exercises: the reference passes, wrong answers do not, and each verdict says why."""

import inspect
import time
from contextlib import suppress

import pytest

from pmulab.explorer.explorer import Explorer
from pmulab.explorer.wide.spared import spared
from pmulab.explorer.worlds import WORLDS
from pmulab.hw.sysregs import PMCR_EL0, REGS
from pmulab.kvm.event_filter import KvmError
from pmulab.kvm.filter import EXCLUDE_ALL, INCLUDE_EL2
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED, counters, evcntr, evtyper
from pmulab.kvm.vgic import ACTIVE_BIT, PENDING_BIT, vgic_order
from pmulab.kvm.vgic_state import PMU_PPI
from pmulab.lab.cases import judge, tables_of
from pmulab.lab.course import project
from pmulab.lab.course.check import check
from pmulab.lab.course.project import HOOKS, certify, so_far
from pmulab.lab.exercises.judge import hint, is_empty, judge_values, reveal
from pmulab.lab.exercises.rows import EXERCISES, exercise
from pmulab.lab.gallery.gallery import bugs_on

ROWS = list(EXERCISES.values())
each = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch):
    monkeypatch.setenv("PMULAB_PROGRESS", "off")


def mine(hook, function):
    """Make a submission that replaces one hook."""
    return type("Mine", (Hypervisor,), {hook: function})


def reference(row):
    """Return the library's own hook, as a learner would hand it in."""
    function = getattr(Hypervisor, row.hook)
    parameters = ", ".join(inspect.signature(function).parameters)
    scope = {"reference": function}
    exec(f"def answer({parameters}): return reference({parameters})", scope)
    return mine(row.hook, scope["answer"])


def alone(bug, row):
    """Tell whether a gallery entry replaces this hook and no other, in a way worth judging."""
    replaced = [name for name in vars(bug.hypervisor) if hasattr(Hypervisor, name)]
    own = [name for name in replaced if not name.startswith("__")]
    return own == [row.hook] and not is_empty(vars(bug.hypervisor)[row.hook])


# ---- the rows


@each
def test_a_row_is_complete(row):
    assert hasattr(Hypervisor, row.hook)
    assert set(row.worlds) <= set(WORLDS)
    assert row.worlds or tables_of(row.hook)
    assert 3 == len(row.hints)
    assert row.read_next


def test_there_are_at_least_twelve():
    assert len(ROWS) >= 12


# ---- right


@pytest.mark.slow
@each
def test_the_reference_is_right(row):
    verdict = check(row.id, reference(row), seconds=60)

    assert verdict.right, verdict
    assert all(certificate.closed for certificate in verdict.certificates)


def test_the_reference_is_right_in_a_sample(briefly):
    row = EXERCISES["filter.ban"]
    verdict = check(row.id, reference(row))

    assert (True, "right") == (verdict.right, verdict.kind)
    assert "drawn cases (seeds 0 to 14)" in repr(verdict)


def test_a_search_that_was_cut_short_proves_nothing(monkeypatch, briefly):
    run = Explorer.run
    monkeypatch.setattr(Explorer, "run", lambda self, **limits: run(self, max_states=50))
    verdict = check("filter.ban", reference(EXERCISES["filter.ban"]))

    assert "not finished" == verdict.kind
    assert "nothing is proven" in repr(verdict)


# ---- wrong: the gallery

# An exercise's first world has no event of the host: there the register itself is looked at.
TOLD_SOONER = {"put-keeps-control": "host_controls"}
PAIRS = [(row, bug) for row in ROWS for bug in bugs_on(row.hook) if alone(bug, row)]


@pytest.mark.slow
@pytest.mark.parametrize(("row", "bug"), PAIRS, ids=lambda item: item.id)
def test_a_bug_of_the_gallery_fails_its_exercise_with_the_law_it_names(row, bug):
    verdict = check(row.id, bug.hypervisor, seconds=60)

    assert ("broken", TOLD_SOONER.get(bug.id, bug.law)) == (verdict.kind, verdict.law)


def test_most_bugs_of_the_gallery_have_an_exercise():
    assert len(PAIRS) >= 30


# ---- wrong: answers of our own


def no_cycles(self, vcpu):
    return (1 << self.guest_counters(vcpu)) - 1


def anded(self, vcpu):
    return CYCLE_BIT & (1 << self.guest_counters(vcpu)) - 1


def set_only(self, set_name, clr_name, bits, mask):
    self.cpu.msr(set_name, bits & mask)


def unmasked(self, set_name, clr_name, bits, mask):
    self.cpu.msr(set_name, bits)
    self.cpu.msr(clr_name, ~bits)


def enables_first(self, vcpu):
    if self.owns_counters(vcpu):
        self.cpu.msr("PMCNTENSET_EL0", vcpu.regs["PMCNTENSET_EL0"])
    Hypervisor.pmu_load(self, vcpu)
    if self.owns_counters(vcpu):
        self.cpu.msr("PMCR_EL0", 0)


def load_with_flags(self, vcpu):
    Hypervisor.pmu_load(self, vcpu)
    if self.owns_counters(vcpu):
        mask = self.guest_counter_mask(vcpu)
        self.write_pair("PMOVSSET_EL0", "PMOVSCLR_EL0", vcpu.regs["PMOVSSET_EL0"], mask)


def load_without_types(self, vcpu):
    mask = self.guest_counter_mask(vcpu)
    self.host.pmcr = self.cpu.mrs("PMCR_EL0")
    for idx in counters(mask):
        self.cpu.msr(evcntr(idx), vcpu.regs[evcntr(idx)])
    self.cpu.msr("PMCR_EL0", vcpu.regs["PMCR_EL0"])
    self.cpu.msr("PMOVSCLR_EL0", mask)
    self.cpu.msr("PMCNTENSET_EL0", vcpu.regs["PMCNTENSET_EL0"])
    self.cpu.msr("PMINTENSET_EL1", vcpu.regs["PMINTENSET_EL1"])


def put_saves_after_clearing(self, vcpu):
    mask = self.guest_counter_mask(vcpu)
    self.cpu.msr("PMCNTENCLR_EL0", mask)
    Hypervisor.pmu_put(self, vcpu)


def put_drops_flags(self, vcpu):
    self.cpu.msr("PMOVSCLR_EL0", self.guest_counter_mask(vcpu))
    Hypervisor.pmu_put(self, vcpu)


def fold_assigns(self, vcpu):
    flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
    vcpu.regs["PMOVSSET_EL0"] = flags
    self.cpu.msr("PMOVSCLR_EL0", flags)


def fold_copies(self, vcpu):
    vcpu.regs["PMOVSSET_EL0"] |= self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)


def types_of_events_only(self, vcpu):
    for idx in range(self.guest_counters(vcpu)):
        self.cpu.msr(evtyper(idx), self.hardware_type(vcpu, idx))


def types_unfiltered(self, vcpu):
    for idx in counters(self.guest_counter_mask(vcpu)):
        self.cpu.msr(evtyper(idx), vcpu.regs[evtyper(idx)])


def whole_register_as_key(self, vcpu, idx):
    typer = vcpu.regs[evtyper(idx)]
    allowed = vcpu.vm.event_filter.allows(typer)
    return typer & ~INCLUDE_EL2 | (0 if allowed else EXCLUDE_ALL)


def always_excluded(self, vcpu, idx):
    return vcpu.regs[evtyper(idx)] | EXCLUDE_ALL


def type_in_memory_only(self, vcpu, name, value):
    vcpu.regs[name] = value


def type_in_hardware_only(self, vcpu, name, value):
    self.cpu.msr(name, value)


def flags_of_all(self):
    overflow = self.cpu.mrs("PMOVSSET_EL0")
    self.cpu.msr("PMOVSCLR_EL0", overflow)
    self.handle_guest_irq(0)
    return True


def host_share_forgotten(self):
    self.handle_guest_irq(self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1"))
    return True


def recorded_by_assigning(self, overflow):
    vcpu = self.host.loaded
    self.cpu.msr("PMOVSCLR_EL0", overflow)
    if vcpu is not None:
        vcpu.regs["PMOVSSET_EL0"] = overflow & self.guest_counter_mask(vcpu)


def not_recorded(self, overflow):
    self.cpu.msr("PMOVSCLR_EL0", overflow)


def level_of_flags(self, vcpu):
    return vcpu.regs["PMOVSSET_EL0"] != 0


def level_from_hardware(self, vcpu):
    return bool(self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1"))


def inject_when_high(self, vcpu):
    if self.overflow_status(vcpu):
        vcpu.irq_level = True
        self.vgic_inject(vcpu, PMU_PPI, True)


def inject_without_memory(self, vcpu):
    self.vgic_inject(vcpu, PMU_PPI, self.overflow_status(vcpu))


def wake_by_running(self, vcpu):
    vcpu.halted = False


def wake_nobody(self, vcpu):
    return vcpu.request


def wake_by_the_level_alone(self, vcpu):
    self.update_state(vcpu)


def never_pending(self, irq):
    return Hypervisor.vgic_populate(self, irq) & ~PENDING_BIT


def always_pending(self, irq):
    return irq.intid | irq.priority << 48 | irq.group << 60 | PENDING_BIT


def active_forgotten(self, vcpu, value):
    return Hypervisor.vgic_fold(self, vcpu, value & ~ACTIVE_BIT)


def always_active(self, vcpu, value):
    return Hypervisor.vgic_fold(self, vcpu, value | ACTIVE_BIT)


def flag_only(self, vcpu):
    vcpu.access = GUEST_OWNED


def load_without_traps(self, vcpu):
    if vcpu.access == FREE:
        vcpu.access = GUEST_OWNED
        self.pmu_load(vcpu)


def always_free(self, vcpu):
    vcpu.access = FREE


def free_if_lazy(self, vcpu):
    vcpu.access = FREE if self.config.lazy else GUEST_OWNED


def mask_only(self, mask):
    self.host.cntr_mask = self.host.implemented & ~mask


def never_back(self, mask):
    if mask:
        Hypervisor.set_guest_counters(self, mask)


def control_at_el2(self, vcpu, value):
    self.cpu.msr("PMCR_EL0", value)


def control_without_resets(self, vcpu, value):
    self.cpu.msr("PMCR_EL0", value & 1)


def flags_from_hardware(self, vcpu, name):
    return self.cpu.mrs(name) & self.virtual_counter_mask(vcpu)


def flags_unmasked(self, vcpu, name):
    return self.read_home(vcpu, name)


def flush_without_clearing(self, vcpu):
    for lr, intid in enumerate(vcpu.vgic.ap_list):
        self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(vcpu.vgic.irqs[intid]))
    self.cpu.msr("ICH_HCR_EL2", 1)


def flush_one_too_high(self, vcpu):
    for lr, intid in enumerate(vcpu.vgic.ap_list, 1):
        self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(vcpu.vgic.irqs[intid]))
        vcpu.vgic.used_lrs = lr


def ban_at_next_load(self, vcpu):
    return self.in_hardware(vcpu)


def ban_in_memory(self, vcpu):
    for idx in counters(self.guest_counter_mask(vcpu)):
        vcpu.regs[evtyper(idx)] = self.hardware_type(vcpu, idx)


def host_mask_all(self):
    return self.host.implemented


def host_mask_none(self):
    return self.host.cntr_mask & 0


def owns_always(self, vcpu):
    return self.is_partitioned(vcpu)


def owns_with_fgt(self, vcpu):
    return vcpu.access == GUEST_OWNED and "FEAT_FGT" in self.host.features


# Answers of a student, each against a sentence of its exercise, that an earlier check let through.


def keeps_nsh(self, vcpu, idx):
    return Hypervisor.hardware_type(self, vcpu, idx) | vcpu.regs[evtyper(idx)] & INCLUDE_EL2


def owned_for_ever(self, vcpu):
    if vcpu.access == FREE:
        Hypervisor.decide_ownership(self, vcpu)


def control_to_hardware(self, vcpu, value):
    for idx in counters(self.virtual_counter_mask(vcpu)):
        if value & (PMCR_EL0.C if idx == 31 else PMCR_EL0.P):
            self.cpu.msr(evcntr(idx), 0)
    self.cpu.msr("PMCR_EL0", value & PMCR_EL0.writable)


def always_folds(self, vcpu, name):
    if name == "PMOVSSET_EL0":
        self.fold_overflow(vcpu)
    return self.read_home(vcpu, name) & self.virtual_counter_mask(vcpu)


def type_to_hardware(self, vcpu, name, value):
    vcpu.regs[name] = value
    idx = REGS[name].index
    self.cpu.msr(name, self.hardware_type(vcpu, 31 if idx is None else idx))


def ban_for_everybody(self, vcpu):
    self.apply_event_filter(vcpu)


def fold_clears_the_mask(self, vcpu):
    mask = self.guest_counter_mask(vcpu)
    vcpu.regs["PMOVSSET_EL0"] |= self.cpu.mrs("PMOVSSET_EL0") & mask
    self.cpu.msr("PMOVSCLR_EL0", mask)


def tells_always(self, vcpu):
    vcpu.irq_level = self.overflow_status(vcpu)
    self.vgic_inject(vcpu, PMU_PPI, vcpu.irq_level)


def splits_while_counting(self):
    overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
    own = overflow & self.host_counter_mask()
    self.cpu.msr("PMOVSCLR_EL0", own)
    for idx in counters(own):
        self.perf_overflow(idx)
    if overflow & ~own:
        self.handle_guest_irq(overflow & ~own)
    return bool(overflow)


def loads_before_traps(self, vcpu):
    if vcpu.access == FREE and self.is_partitioned(vcpu) and vcpu.supports(self.host.cpu):
        vcpu.access = GUEST_OWNED
        self.pmu_load(vcpu)
        self.setup_traps(vcpu)


def lends_the_reserved(self, mask):
    for event in self.host.events:
        self.perf_stop(event)
    self.host.cntr_mask = self.host.implemented & ~mask
    self.perf_schedule()


# Answers of newcomers, which an earlier check let through.


def owns_if_it_says_so(self, vcpu):
    return vcpu.access == GUEST_OWNED


def always_owned(self, vcpu):
    vcpu.access = GUEST_OWNED


def lazy_inverted(self, vcpu):
    wanted = self.config.lazy or vcpu.regs["PMCNTENSET_EL0"] != 0
    vcpu.access = GUEST_OWNED if self.is_partitioned(vcpu) and wanted else FREE


def nothing_for_the_host(self):
    overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
    self.handle_guest_irq(overflow & ~self.host_counter_mask())
    return bool(overflow)


def clears_all_then_splits(self):
    overflow = self.cpu.mrs("PMOVSSET_EL0") & self.cpu.mrs("PMINTENSET_EL1")
    own = overflow & self.host_counter_mask()
    self.cpu.msr("PMOVSCLR_EL0", overflow)
    for idx in counters(own):
        self.perf_overflow(idx)
    self.handle_guest_irq(overflow & ~own)
    return bool(overflow)


def always_the_pmu(self):
    Hypervisor.handle_host_irq(self)
    return True


def recorded_with_the_hosts(self, overflow):
    vcpu = self.host.loaded
    self.cpu.msr("PMOVSCLR_EL0", overflow)
    if vcpu and self.owns_counters(vcpu):
        vcpu.regs["PMOVSSET_EL0"] |= overflow
        if self.overflow_status(vcpu):
            self.kick(vcpu)


def recorded_and_left(self, overflow):
    vcpu = self.host.loaded
    vcpu.regs["PMOVSSET_EL0"] |= overflow & self.guest_counter_mask(vcpu)
    self.kick(vcpu)


def without_group(self, irq):
    return Hypervisor.vgic_populate(self, irq) & ~(1 << 60)


def without_end(self, irq):
    return Hypervisor.vgic_populate(self, irq) & ~(1 << 41)


def unsorted(self, vcpu):
    ranked = self.vgic_populate
    irqs = [vcpu.vgic.irqs[n] for n in vcpu.vgic.ap_list]
    chosen = [irq for irq in irqs if self.vgic_target(irq)][: self.host.list_registers]
    for lr in range(self.host.list_registers):
        self.cpu.msr(f"ICH_LR{lr}_EL2", ranked(chosen[lr]) if lr < len(chosen) else 0)
    vcpu.vgic.used_lrs = len(chosen)


def folds_active_alone(self, vcpu, value):
    vcpu.vgic.irqs[value & 0xFFFFFFFF].active = bool(value >> 63)
    return value & 0xFFFFFFFF


def resets_cycles_too(self, vcpu, value):
    if value & PMCR_EL0.P:
        value |= PMCR_EL0.C
    Hypervisor.write_control(self, vcpu, value)


def never_resets_cycles(self, vcpu, value):
    Hypervisor.write_control(self, vcpu, value & ~PMCR_EL0.C)


def enables_from_memory(self, vcpu, name):
    return vcpu.regs[name] & self.virtual_counter_mask(vcpu)


def stops_and_then_saves(self, vcpu):
    self.cpu.msr("PMCNTENCLR_EL0", self.guest_counter_mask(vcpu))
    Hypervisor.pmu_stop(self, vcpu)


def stops_everybody(self, vcpu):
    Hypervisor.pmu_stop(self, vcpu)
    self.cpu.msr("PMCNTENCLR_EL0", self.host.implemented)


def stops_counters_alone(self, vcpu):
    mask = self.guest_counter_mask(vcpu)
    vcpu.regs["PMCNTENSET_EL0"] = self.cpu.mrs("PMCNTENSET_EL0") & mask
    vcpu.regs["PMINTENSET_EL1"] = self.cpu.mrs("PMINTENSET_EL1") & mask
    self.cpu.msr("PMCNTENCLR_EL0", mask)


def due_if_pending(self, irq):
    return irq.enabled and irq.pending


def due_whatever_is_enabled(self, irq):
    return irq.active or irq.pending


def attrs_of_any_number(self, vcpu, attr, value=0):
    vm = vcpu.vm
    if attr == "SET_NR_COUNTERS" and not vcpu.initialized:
        self.set_nr_counters(vcpu, value)
    elif attr == "ENABLE_PARTITION" and not vcpu.initialized:
        vm.partitioned = bool(value)
    else:
        Hypervisor.set_pmu_attr(self, vcpu, attr, value)


def attrs_for_ever(self, vcpu, attr, value=0):
    vcpu.initialized = False
    Hypervisor.set_pmu_attr(self, vcpu, attr, value)


def attrs_in_silence(self, vcpu, attr, value=0):
    with suppress(KvmError):
        Hypervisor.set_pmu_attr(self, vcpu, attr, value)


WRONG = {
    "partition.guest_mask": (no_cycles, anded),
    "partition.host_mask": (host_mask_all, host_mask_none),
    "swap.write_pair": (set_only, unmasked),
    "swap.guard": (owns_always, owns_with_fgt, owns_if_it_says_so),
    "swap.load": (enables_first, load_without_types, load_with_flags),
    "swap.stop": (stops_and_then_saves, stops_everybody, stops_counters_alone),
    "swap.put": (put_saves_after_clearing, put_drops_flags),
    "swap.fold": (fold_clears_the_mask, fold_assigns, fold_copies),
    "filter.load": (types_of_events_only, types_unfiltered),
    "filter.type": (keeps_nsh, whole_register_as_key, always_excluded),
    "filter.write": (type_to_hardware, type_in_memory_only, type_in_hardware_only),
    "filter.ban": (ban_for_everybody, ban_at_next_load, ban_in_memory),
    "irq.split": (
        splits_while_counting,
        flags_of_all,
        host_share_forgotten,
        nothing_for_the_host,
        clears_all_then_splits,
        always_the_pmu,
    ),
    "irq.record": (
        recorded_by_assigning,
        not_recorded,
        recorded_and_left,
        recorded_with_the_hosts,
    ),
    "irq.status": (level_of_flags, level_from_hardware),
    "irq.inject": (tells_always, inject_when_high, inject_without_memory),
    "irq.wake": (wake_by_running, wake_nobody, wake_by_the_level_alone),
    "vgic.populate": (never_pending, always_pending, without_group, without_end),
    "vgic.target": (due_if_pending, due_whatever_is_enabled),
    "vgic.flush": (flush_without_clearing, flush_one_too_high, unsorted),
    "vgic.fold": (active_forgotten, always_active, folds_active_alone),
    "lazy.take": (loads_before_traps, flag_only, load_without_traps),
    "lazy.decide": (owned_for_ever, always_free, free_if_lazy, always_owned, lazy_inverted),
    "dynamic.reserve": (lends_the_reserved, mask_only, never_back),
    "trap.control": (
        control_to_hardware,
        control_at_el2,
        control_without_resets,
        resets_cycles_too,
        never_resets_cycles,
    ),
    "trap.flags": (always_folds, flags_from_hardware, flags_unmasked, enables_from_memory),
    "user.attributes": (attrs_of_any_number, attrs_for_ever, attrs_in_silence),
}
ANSWERS = [(id, answer) for id, answers in WRONG.items() for answer in answers]
FAST = ("swap.put",)


def judged_wrong(id, answer):
    verdict = check(id, mine(EXERCISES[id].hook, answer), seconds=60)

    assert verdict.kind in ("broken", "error"), verdict
    assert len(repr(verdict).splitlines()) > 1


def sorts_by_itself(self, vcpu):
    vgic, n_lrs = vcpu.vgic, self.host.list_registers
    if not vgic.ap_list and not vgic.used_lrs:
        return
    due = [irq for irq in (vgic.irqs[n] for n in vgic.ap_list) if self.vgic_target(irq)]
    if len(due) > n_lrs:
        due.sort(key=vgic_order)
        vgic.ap_list.sort(key=lambda intid: vgic_order(vgic.irqs[intid]))
    for lr in range(max(min(len(due), n_lrs), vgic.used_lrs)):
        self.cpu.msr(f"ICH_LR{lr}_EL2", self.vgic_populate(due[lr]) if lr < len(due) else 0)
    vgic.used_lrs = min(len(due), n_lrs)
    self.cpu.msr("ICH_HCR_EL2", 1 | self.vgic_maintenance(due[n_lrs:]))


def test_the_table_of_flush_has_both_groups_enabled_as_vgic_order_takes_them():
    assert judge("vgic_flush", mine("vgic_flush", sorts_by_itself)) is None
    assert judge("vgic_flush", mine("vgic_flush", unsorted)) is not None


def test_every_exercise_has_two_wrong_answers():
    assert set(EXERCISES) == set(WRONG)
    assert 2 == min(len(answers) for answers in WRONG.values())


@pytest.mark.slow
@pytest.mark.parametrize(("id", "answer"), ANSWERS)
def test_a_wrong_answer_is_told_from_a_right_one(id, answer):
    judged_wrong(id, answer)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("id", "answer"), [pair for pair in ANSWERS if EXERCISES[pair[0]].hook in HOOKS]
)
def test_the_project_refuses_what_an_exercise_refuses(id, answer, monkeypatch):
    row = EXERCISES[id]

    # Its own worlds and cases are among the project's; the others would only take time.
    assert set(row.worlds) <= set(project.WORLDS)
    monkeypatch.setattr(project, "HOOKS", {row.hook: HOOKS[row.hook]})
    assert not certify(mine(row.hook, answer), row.worlds).right


@pytest.mark.parametrize(("id", "answer"), [pair for pair in ANSWERS if pair[0] in FAST][:1])
def test_a_wrong_answer_is_told_from_a_right_one_in_a_sample(id, answer):
    judged_wrong(id, answer)


@pytest.mark.parametrize(
    ("source", "nothing"),
    [
        ("...", True),
        ("pass", True),
        ("'A docstring.'", True),
        ("return None", True),
        ("return 0", False),
        ("return value", False),
        ("while True: pass", False),
        ("self.x", False),
    ],
)
def test_only_a_body_that_does_nothing_is_no_attempt(source, nothing):
    scope = {}
    exec(f"def answer(self, value):\n    {source}", scope)

    assert nothing == is_empty(scope["answer"])


# ---- the words of a verdict


def empty(self, vcpu):
    """Do it."""


def raises(self, vcpu):
    return vcpu.regs["PMNOSUCH_EL0"]


def illegal(self, vcpu):
    self.cpu.msr("PMSELR_EL0", 31)
    self.cpu.mrs("PMXEVCNTR_EL0")


def unknown_register(self, vcpu):
    self.cpu.mrs("PMNOSUCH_EL0")


def hidden(self, vcpu):
    self.saved = dict(vcpu.regs)


def two_arguments(self, vcpu, mask):
    self.cpu.msr("PMCNTENCLR_EL0", mask)


def not_implemented(self, vcpu):
    raise NotImplementedError


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (empty, "not attempted", "swap.put: not attempted yet. Write def pmu_put(self, vcpu)"),
        (not_implemented, "not attempted", "roughly 11 lines"),
        (two_arguments, "error", "pmu_put takes self, vcpu; yours self, vcpu, mask"),
        (raises, "error", "KeyError: 'PMNOSUCH_EL0' in raises, line "),
        (illegal, "broken", "PMXEVCNTR_EL0 is counter 31"),
        (illegal, "broken", "in illegal, line "),
        (unknown_register, "error", "in unknown_register, line "),
        (hidden, "error", "self.saved: keep state in vcpu.regs or self.host"),
    ],
)
def test_a_verdict_says_what_happened(answer, kind, words):
    verdict = check("swap.put", mine("pmu_put", answer))

    assert kind == verdict.kind
    assert words in repr(verdict)
    assert repr(verdict) == verdict.as_dict()["text"]


@pytest.mark.parametrize("submission", [None, 3, dict, Hypervisor([]), empty])
def test_something_that_is_no_class_of_the_library_is_an_error(submission):
    verdict = check("swap.put", submission)

    assert "error" == verdict.kind
    assert "class Mine(Hypervisor)" in repr(verdict)


def test_the_library_itself_is_not_an_attempt():
    assert "not attempted" == check("swap.put", Hypervisor).kind


def test_a_second_hook_is_named():
    both = type("Both", (Hypervisor,), {"pmu_put": illegal, "pmu_load": illegal})

    assert "replace pmu_put alone; yours replaces pmu_load too" in repr(check("swap.put", both))


@pytest.mark.slow
def test_helpers_of_one_s_own_are_welcome():
    def write(self, set_name, clr_name, bits, mask):
        self.force(set_name, clr_name, bits, mask)

    def force(self, set_name, clr_name, bits, mask):
        self.cpu.msr(set_name, bits & mask)
        self.cpu.msr(clr_name, ~bits & mask)

    helped = type("Helped", (Hypervisor,), {"write_pair": write, "force": force})

    assert check("swap.write_pair", helped).right


def test_an_endless_loop_ends_with_its_place():
    def endless(self, vcpu):
        while True:
            vcpu.name  # noqa: B018

    began = time.perf_counter()
    verdict = check("swap.put", mine("pmu_put", endless), seconds=0.1)

    assert "no end within 0.1 s, in endless: " in repr(verdict)
    assert time.perf_counter() - began < 3


def test_what_a_submission_prints_is_dropped(capsys):
    def chatty(self, vcpu):
        print("x" * 1000)
        raise RuntimeError("no idea")

    check("swap.put", mine("pmu_put", chatty))

    assert "" == capsys.readouterr().out


@pytest.mark.slow
def test_a_broken_verdict_names_law_register_values_and_step():
    verdict = check("swap.put", mine("pmu_put", put_drops_flags))
    text = repr(verdict)

    assert "not yet. The law own_flags is broken." in text
    assert "  A, PMOVSSET_EL0: yours 0x0, entitled 0x1" in text
    assert "on a PMU of its own" in text
    assert f"{len(verdict.history)}  host exits and puts A" in text
    assert "accusation" == verdict.trace.records[-1].kind
    assert list(verdict.history) == verdict.as_dict()["history"]


def test_a_verdict_without_a_history_says_so():
    with pytest.raises(ValueError, match="no history"):
        _ = check("swap.put", Hypervisor).trace


@pytest.mark.slow
def test_an_answer_is_judged_where_no_clock_can_stop_it(monkeypatch):
    """As in a browser, whose Python has no signal.setitimer."""
    monkeypatch.delattr("signal.setitimer")

    assert check("vgic.fold", reference(EXERCISES["vgic.fold"])).right


@pytest.mark.one_in(6)
@pytest.mark.parametrize("odd", [None, "x", [1], 1.5])
@pytest.mark.parametrize(
    "id", ["irq.status", "partition.guest_mask", "filter.type", "vgic.populate"]
)
def test_an_answer_of_another_kind_is_a_verdict(id, odd):
    row = EXERCISES[id]
    scope = {"odd": odd}
    exec(f"def answer({row.arguments}): return odd", scope)

    assert "not yet" in repr(check(id, mine(row.hook, scope["answer"])))


@pytest.mark.slow
def test_super_reaches_the_library():
    class Mine(Hypervisor):
        def pmu_put(self, vcpu):
            super().pmu_put(vcpu)

        def vgic_fold(self, vcpu, value):
            return super().vgic_fold(vcpu, value)

    class Fold(Hypervisor):
        def vgic_fold(self, vcpu, value):
            return super().vgic_fold(vcpu, value)

    assert check("vgic.fold", Fold).right
    assert "replaces pmu_put too" in repr(check("vgic.fold", Mine))


# ---- hint and reveal


@each
def test_no_hint_contains_a_line_of_the_answer(row):
    lines = [line.strip() for line in reveal(row.id).text.splitlines()]
    answer = [
        line for line in lines if len(line) > 12 and not line.startswith(("def ", '"""', "#"))
    ]

    assert answer
    assert [] == [line for line in answer for text in row.hints if line in text]


@each
def test_reveal_shows_the_reference_and_what_to_read_next(row):
    text = repr(reveal(row.id))

    assert f"def {row.hook}(" in text
    assert row.read_next in text


def test_a_hint_points_to_the_next_one():
    assert "(hint('swap.put', 2) says more)" in repr(hint("swap.put"))
    assert "says more" not in repr(hint("swap.put", 3))


@pytest.mark.parametrize("n", [0, 4])
def test_there_is_no_such_hint(n):
    with pytest.raises(ValueError, match="hints 1 to 3"):
        hint("swap.put", n)


def test_an_unknown_exercise_lists_those_that_exist():
    with pytest.raises(KeyError, match=r"no exercise x; there are .*swap\.put"):
        check("x", Hypervisor)


@pytest.mark.slow
def test_what_is_proven_needs_one_world_and_what_is_not_all_of_them():
    class Same(Hypervisor):
        def pmu_put(self, vcpu):
            return Hypervisor.pmu_put(self, vcpu)

    class Keeps(Hypervisor):
        def pmu_put(self, vcpu):
            Hypervisor.pmu_put(self, vcpu)
            vcpu.mine = 1

    same, keeps = check("swap.put", Same), check("swap.put", Keeps)

    assert same.right and keeps.right
    assert same.values.startswith("proven the same as the library's for every value, in")
    assert same.lines()[-1] == f"  values   {same.values}"
    assert ["small"] == [certificate.world for certificate in same.certificates]
    assert keeps.values.startswith("not proven")
    assert [*exercise("swap.put").worlds] == [c.world for c in keeps.certificates]
    # Those in which the library never calls the hook are not run.
    assert same.wide[0].cases == keeps.wide[0].cases == 400 - len(spared("pmu_put"))


@pytest.mark.slow
def test_a_state_that_a_proof_finds_is_a_verdict():
    class Mine(Hypervisor):
        def pmu_put(self, vcpu):
            super().pmu_put(vcpu)
            for name in [name for name in vcpu.regs if name.startswith("PMEVCNTR")]:
                vcpu.regs[name] &= (1 << 40) - 1

    proof, found = judge_values(exercise("swap.put"), Mine)

    assert proof.kind == "differs"
    assert found.law == "own_counts"
    assert found.history


@pytest.mark.slow
def test_a_project_blames_the_hook_that_breaks_a_drawn_case_alone():
    class Mine(Hypervisor):
        def write_pair(self, *args):
            return Hypervisor.write_pair(self, *args)

        def pmu_load(self, vcpu):
            Hypervisor.pmu_load(self, vcpu)
            if vcpu.regs["PMCR_EL0"] & PMCR_EL0.LP:
                self.cpu.msr("PMCR_EL0", self.cpu.mrs("PMCR_EL0") & ~PMCR_EL0.LP)

    verdict = so_far(Mine)

    assert "own_reads" == verdict.law
    assert "> pmu_load runs" in repr(verdict)
