"""`Hypervisor`: each hook replaceable alone, small, and named after its kernel counterpart."""

import ast
import inspect
from copy import deepcopy

import pytest
from kvm.bench import INST, Bench, C, E

from pmulab.kvm.attributes import Attributes
from pmulab.kvm.emulated import Emulated
from pmulab.kvm.filter import Filter
from pmulab.kvm.hooks import Hooks
from pmulab.kvm.host import HostDriver
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.irq import Irq
from pmulab.kvm.partition import Partition
from pmulab.kvm.swap import Swap
from pmulab.kvm.traps import Traps
from pmulab.kvm.vgic import Vgic
from pmulab.sim import scenario
from pmulab.sim.machine import Machine

# The table of DESIGN.md.
KERNEL = {
    "guest_counter_mask": "kvm_pmu_guest_counter_mask",
    "host_counter_mask": "kvm_pmu_host_counter_mask",
    "hpmn": "kvm_pmu_hpmn",
    "setup_traps": "kvm_arm_setup_mdcr_el2",
    "pmu_load": "kvm_pmu_load",
    "pmu_put": "kvm_pmu_put",
    "pmu_stop": "kvm_pmu_put",
    "apply_event_filter": "kvm_pmu_apply_event_filter",
    "handle_trap": "kvm_handle_sys_reg",
    "handle_host_irq": "armv8pmu_handle_irq",
    "handle_guest_irq": "kvm_pmu_handle_guest_irq",
    "overflow_status": "kvm_pmu_part_overflow_status",
    "update_state": "kvm_pmu_update_state",
    "vgic_flush": "kvm_vgic_flush_hwstate",
    "vgic_sync": "kvm_vgic_sync_hwstate",
    "vcpu_load": "kvm_arch_vcpu_load",
    "vcpu_put": "kvm_arch_vcpu_put",
    "set_guest_counters": "kvm_pmu_set_guest_counters",
    "is_partitioned": "kvm_pmu_is_partitioned",
    "take_ownership": "kvm_pmu_set_guest_owned",
    "vgic_inject": "kvm_vgic_inject_irq",
    "vgic_queue": "vgic_queue_irq_unlock",
    "vgic_target": "vgic_target_oracle",
    "vgic_populate": "vgic_v3_populate_lr",
    "vgic_pending": "kvm_vgic_vcpu_pending_irq",
    "runnable": "kvm_arch_vcpu_runnable",
    "kick": "kvm_vcpu_kick",
    "emulated_overflow": "kvm_pmu_perf_overflow",
    "emulated_create": "kvm_pmu_create_perf_event",
    "driver_stop": "armv8pmu_stop",
    "driver_start": "armv8pmu_start",
    "perf_rotate": "perf_rotate_context",
    "set_pmu_attr": "kvm_arm_pmu_v3_set_attr",
    "host_pmus": "arm_pmus",
    "has_partition_support": "has_kvm_pmu_partition_support",
    "max_counters": "kvm_arm_pmu_get_max_counters",
    "set_nr_counters": "kvm_arm_set_nr_counters",
}
MIXINS = (Partition, Swap, Filter, Traps, Irq, Vgic, HostDriver, Emulated, Attributes)
HOOKS = sorted(
    name
    for name, member in inspect.getmembers(Hypervisor, inspect.isfunction)
    if not name.startswith("__")
)


@pytest.mark.parametrize(("hook", "kernel"), KERNEL.items(), ids=KERNEL)
def test_a_hooks_docstring_names_its_kernel_counterpart(hook, kernel):
    doc = inspect.getdoc(getattr(Hypervisor, hook))

    assert "Linux: " in doc
    assert kernel in doc


def test_a_hook_is_shorter_than_25_lines():
    lengths = {hook: len(inspect.getsourcelines(getattr(Hypervisor, hook))[0]) for hook in HOOKS}

    assert {} == {hook: lines for hook, lines in lengths.items() if lines >= 25}


@pytest.mark.parametrize("mixin", MIXINS)
def test_a_part_of_the_hypervisor_reaches_the_others_only_through_self(mixin):
    others = {part.__name__ for part in MIXINS} - {mixin.__name__}
    named = {
        node.id for node in ast.walk(ast.parse(inspect.getsource(mixin))) if hasattr(node, "id")
    }

    assert set() == others & named


def test_the_types_of_self_name_what_a_part_takes_from_another_and_no_more():
    taken = set()
    for mixin in MIXINS:
        nodes = ast.walk(ast.parse(inspect.getsource(mixin)))
        used = {n.attr for n in nodes if getattr(getattr(n, "value", None), "id", "") == "self"}
        taken |= used - set(vars(mixin))

    assert set(Hooks.__annotations__) == taken
    assert {"cpu", "host", "hosts", "config"} == taken - set(HOOKS)


def test_no_two_parts_define_the_same_hook():
    defined = [
        name
        for part in (*MIXINS, Hypervisor)
        for name, member in vars(part).items()
        if inspect.isfunction(member) and not name.startswith("__")
    ]

    assert sorted(defined) == sorted(set(defined)) == HOOKS


def called_by_scenarios(names, kind):
    """Run scenarios on a hypervisor and return the hooks that were called."""
    called = set()

    def counting(hook):
        def method(self, *args, **kwargs):
            called.add(hook)
            return getattr(super(replaced, self), hook)(*args, **kwargs)

        return method

    replaced = type("Replaced", (kind,), {hook: counting(hook) for hook in HOOKS})
    for name in names:
        machine = Machine(scenario.load(name), replaced, record=False)
        while machine.step():
            pass

        assert machine.laws.accusation is None, name
    return called


LIBRARY = (
    "two-guests overflow-interrupt vgic-competition dynamic-reservation lazy-ownership no-fgt "
    "same-guest-emulated banned-while-loaded host-multiplexing halted-guest-wakes never-filtered "
    "both-overflow no-event-counters"
).split()


def test_every_hook_that_a_subclass_replaces_is_the_one_that_runs():
    # The rest is called by what no scenario does: EOImode 1, a removed event, a VMM's attributes.
    rare = {"perf_remove", "vgic_deactivate", "software_increment", "software_count"}
    rare |= {name for name in HOOKS if name in vars(Attributes)}

    assert set(HOOKS) - rare == called_by_scenarios(LIBRARY, Hypervisor) - rare


def test_a_learners_put_is_called_and_judged():
    class Forgets(Hypervisor):
        def pmu_put(self, vcpu):
            vcpu.regs["PMCNTENSET_EL0"] = 0

    machine = Machine(scenario.load("two-guests"), Forgets, record=False)
    while machine.step():
        pass

    assert ("own_counts", "A") == machine.laws.accusation[:2]


def test_a_copy_is_of_the_same_class_and_shares_nothing_that_changes():
    class Mine(Hypervisor):
        pass

    bench = Bench(kind=Mine)
    bench.perf(period=5)
    vcpu = bench.loaded(PMEVTYPER0_EL0=INST, PMCNTENSET_EL0=1 | C, PMCR_EL0=E)
    twin, its = deepcopy((bench.hyp, vcpu))

    def state():
        events = [vars(event).copy() for event in twin.host.events]
        return events, twin.host.cntr_mask, its.regs.copy(), twin.cpu.mrs("PMEVCNTR0_EL0")

    before = state()
    bench.work(INST, 7)
    bench.work(INST, 7, el=2)
    bench.hyp.handle_host_irq()
    bench.hyp.vcpu_put(vcpu)

    assert Mine is type(twin)
    assert before == state()
    assert [1, 0] == [event.samples for event in (*bench.hyp.host.events, *twin.host.events)]
    assert twin.host is twin.hosts[0]
    assert twin.host.loaded is its


def test_the_module_says_what_it_does_not_model():
    for part in (*MIXINS, Hypervisor):
        assert "Not modelled:" in inspect.getmodule(part).__doc__, part
