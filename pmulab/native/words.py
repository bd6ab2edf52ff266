"""What a hook in C may say beside `kernel.h`: the hooks that C can write, and functions to call.

A name is the kernel's where it has that function; what has no counterpart there is kvm_pmu_ and the
Python name. Each row is in order: the Python name, the C function, what it returns and takes.

Not modelled: `struct arm_pmu`; there is one PMU, that of the CPU that runs.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from pmulab.hw.sysregs import REGS
from pmulab.kvm.partition import FGT_READ, FGT_WRITE
from pmulab.kvm.vcpu import EVCNTR, EVTYPER, GUEST_OWNED

VCPU = "struct kvm_vcpu *vcpu"


class Hook(NamedTuple):
    """A hook of `Hypervisor` and the C function that takes its place."""

    name: str
    function: str
    returns: str
    takes: tuple[str, ...]

    @property
    def prototype(self) -> str:
        """Return the first line of the function in C."""
        return prototype(self)

    @property
    def python(self) -> str:
        """Return how the hook is called in Python."""
        return f"self.{self.name}({', '.join(map(_name, self.takes))})"


class Helper(NamedTuple):
    """A function that C may call, and what it is in Python."""

    function: str
    returns: str
    takes: tuple[str, ...]
    python: str

    def macro(self, n: int, before: tuple[str, ...] = ()) -> str:
        """Write it in C as a macro, which knows on which line it is called; `n` is its number.

        What it takes is converted as a prototype would; names in `before` are not looked at.
        """
        names = [*map(_name, self.takes)]
        kinds = [takes.rsplit(" ", 1)[0] for takes in self.takes]
        given = [
            f"({name})->id" if kind.startswith("struct") else f"(u64)({kind})({name})"
            for name, kind in zip(names, kinds)
        ]
        a, b = (*given, "0", "0")[:2]
        ask = f"pmulab_ask(PMULAB_HELPER, __LINE__, {n}, {a}, {b})"
        answer = f"pmulab_vcpu({ask})" if "*" in self.returns else f"({self.returns}){ask}"
        first = "".join(f"(void)({name}), " for name in before)
        return f"#define {self.function}({', '.join((*before, *names))}) ({first}{answer})"


def _name(takes: str) -> str:
    """Return the name of a parameter."""
    return takes.split()[-1].lstrip("*")


def prototype(row: Hook | Helper) -> str:
    """Return the first line of a function in C."""
    star = "" if row.returns.endswith("*") else " "
    return f"{row.returns}{star}{row.function}({', '.join(row.takes) or 'void'})"


HOOKS = (
    Hook("pmu_put", "kvm_pmu_put", "void", (VCPU,)),
    Hook("pmu_load", "kvm_pmu_load", "void", (VCPU,)),
    Hook("pmu_stop", "kvm_pmu_stop", "void", (VCPU,)),
    Hook("fold_overflow", "kvm_pmu_fold_overflow", "void", (VCPU,)),
    Hook("owns_counters", "kvm_pmu_owns_counters", "bool", (VCPU,)),
    Hook("guest_counter_mask", "kvm_pmu_guest_counter_mask", "u64", (VCPU,)),
    Hook("host_counter_mask", "kvm_pmu_host_counter_mask", "u64", ()),
    Hook("hpmn", "kvm_pmu_hpmn", "u64", (VCPU,)),
    Hook("setup_traps", "kvm_arm_setup_mdcr_el2", "void", (VCPU,)),
    Hook("apply_event_filter", "kvm_pmu_apply_event_filter", "void", (VCPU,)),
    Hook("hardware_type", "kvm_pmu_hardware_type", "u64", (VCPU, "int idx")),
    Hook("handle_host_irq", "armv8pmu_handle_irq", "irqreturn_t", ()),
    Hook("handle_guest_irq", "kvm_pmu_handle_guest_irq", "void", ("u64 overflow",)),
    Hook("overflow_status", "kvm_pmu_part_overflow_status", "bool", (VCPU,)),
    Hook("update_state", "kvm_pmu_update_state", "void", (VCPU,)),
    Hook("take_ownership", "kvm_pmu_set_guest_owned", "void", (VCPU,)),
    Hook("kick", "kvm_vcpu_kick", "void", (VCPU,)),
)
BY_NAME = {row.name: row for row in HOOKS}


# In the order of the kernel's names in `kernel.h`.
CAPS = ("FEAT_FGT", "FEAT_HPMN0")

# Each hook can be called from another one, and these.
HELPERS = (
    *(Helper(row.function, row.returns, row.takes, row.python) for row in HOOKS),
    Helper("kvm_get_running_vcpu", "struct kvm_vcpu *", (), "self.host.loaded"),
    # Of a VM and a vCPU.
    Helper("kvm_pmu_is_partitioned", "bool", (VCPU,), "self.is_partitioned(vcpu)"),
    Helper("vcpu_on_unsupported_cpu", "bool", (VCPU,), "not vcpu.supports(self.host.cpu)"),
    Helper("kvm_pmu_guest_owned", "bool", (VCPU,), "vcpu.access == GUEST_OWNED"),
    Helper("kvm_pmu_keep_guest_owned", "void", (VCPU,), "vcpu.access = GUEST_OWNED"),
    Helper("kvm_pmu_in_hardware", "bool", (VCPU,), "self.in_hardware(vcpu)"),
    Helper("kvm_pmu_nr_counters", "u64", (VCPU,), "vcpu.vm.n_counters"),
    Helper("kvm_pmu_virtual_counter_mask", "u64", (VCPU,), "self.virtual_counter_mask(vcpu)"),
    Helper("kvm_pmu_event_mask", "u64", (VCPU,), "vcpu.vm.event_mask"),
    Helper(
        *("kvm_pmu_event_allowed", "bool", (VCPU, "u64 event")),
        "vcpu.vm.event_filter.allows(event)",
    ),
    # Of its interrupt.
    Helper("kvm_pmu_irq_level", "bool", (VCPU,), "vcpu.irq_level"),
    Helper(
        *("kvm_pmu_keep_irq_level", "void", (VCPU, "bool level")), "vcpu.irq_level = bool(level)"
    ),
    Helper(
        *("kvm_vgic_inject_irq", "void", (VCPU, "bool level")),
        "self.vgic_inject(vcpu, vcpu.vm.irq_num, bool(level))",
    ),
    Helper("kvm_make_request", "void", ("int request", VCPU), "vcpu.request = True"),
    # Of the host and its driver.
    Helper("kvm_pmu_host_pmcr", "u64", (), "self.host.pmcr"),
    Helper("kvm_pmu_keep_host_pmcr", "void", ("u64 pmcr",), "self.host.pmcr = pmcr"),
    Helper("kvm_pmu_nr_host_counters", "u64", (), "self.host.n_counters"),
    Helper("kvm_pmu_max_guest_counters", "int", (), "self.host.max_guest_counters"),
    Helper("kvm_pmu_set_guest_counters", "void", ("u64 mask",), "self.set_guest_counters(mask)"),
    Helper("armv8pmu_cntr_mask", "u64", (), "self.host.cntr_mask"),
    Helper("armv8pmu_stop", "void", (), "self.driver_stop()"),
    Helper("armv8pmu_start", "void", (), "self.driver_start()"),
    Helper("armv8pmu_overflow", "void", ("int idx",), "self.perf_overflow(idx)"),
    Helper("cpus_have_final_cap", "bool", ("enum cap which",), "CAPS[which] in self.host.features"),
    # What follows `kvm_arm_setup_mdcr_el2` in the library's hook. Linux: kvm_vcpu_load_fgt().
    Helper("kvm_pmu_fine_traps", "void", (VCPU,), "fine_traps(self)"),
)


def fine_traps(hyp: Any) -> None:
    """Program the fine-grained traps as the library does."""
    if "FEAT_FGT" in hyp.host.features:
        hyp.cpu.msr("HDFGRTR_EL2", FGT_READ)
        hyp.cpu.msr("HDFGWTR_EL2", FGT_WRITE)


@cache
def called(row: Helper) -> Callable[..., Any]:
    """Make the Python function that a function in C stands for."""
    given = ", ".join(["self", *map(_name, row.takes)])
    body = row.python if row.returns == "void" else f"return {row.python}"
    scope = {"GUEST_OWNED": GUEST_OWNED, "CAPS": CAPS, "fine_traps": fine_traps}
    exec(f"def call({given}):\n {body}", scope)
    made: Callable[..., Any] = scope["call"]  # type: ignore[assignment]
    return made


def listed() -> str:
    """List what a hook in C may call, and what it is in Python."""
    rows = [(prototype(row), row.python) for row in HELPERS]
    width = max(len(one) for one, _ in rows)
    return "\n".join(f"{one:<{width}}  {python}" for one, python in rows)


# ---- registers, as numbers

# Those of the counters side by side: C finds one by adding its number.
REGISTERS = tuple(dict.fromkeys((*EVCNTR, *EVTYPER, *REGS)))
# Saved registers in the order of the kernel's enum: counter 31 stands behind counter 30.
SAVED = (
    *("PMCR_EL0", "PMSELR_EL0"),
    *(*EVCNTR, "PMCCNTR_EL0"),
    *(*EVTYPER, "PMCCFILTR_EL0"),
    *("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0", "PMUSERENR_EL0"),
)


def registers() -> list[str]:
    """Write in C the registers' numbers."""
    lines = [f"enum {{ {', '.join(f'PMULAB_REG_{r.lower()}' for r in REGISTERS)} }};"]
    same = ", ".join(f"PMULAB_REG_SYS_{r} = PMULAB_REG_{r.lower()}" for r in REGISTERS)
    return [*lines, f"enum {{ {same} }};", f"enum vcpu_sysreg {{ {', '.join(SAVED)} }};"]


def declarations(own: Hook) -> str:
    """Write in C the registers' numbers and the functions, but for the one that the text has."""
    helpers = enumerate(HELPERS)
    made = [row.macro(n) for n, row in helpers if row.function != own.function]
    return "\n".join([*registers(), *made])


def entry(own: Hook) -> str:
    """Write in C what the runner calls: the hook, with what it is given."""
    numbers = ("a", "b")
    given = ", ".join(
        f"pmulab_vcpu({number})" if takes == VCPU else number
        for takes, number in zip(own.takes, numbers)
    )
    call = f"{own.function}({given})"
    body = f"{call}; return 0;" if own.returns == "void" else f"return (u64){call};"
    return f"u64 pmulab_enter(u64 hook, u64 a, u64 b) {{ (void)hook; {body} }}\n"
