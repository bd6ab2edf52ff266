"""A function of a posting as a hook: under the kernel's own signatures, with its structures.

Not modelled: what `posting.h` does not have, which a side file supplies; a hook that gives the
counters back by itself, `access` to FREE; `access` read anew after another hook has changed it.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.native.hook import CText, method
from pmulab.native.words import HELPERS, HOOKS, VCPU, Helper, Hook, registers

# -Wall, but a warning is no reason to refuse what somebody has posted.
OPTIONS = ("-DPMULAB_POSTING", "-Wno-error", "-Werror=implicit-function-declaration")
PMU = "struct arm_pmu *pmu"
# As the kernel declares them. A `struct kvm` and an `arm_pmu` know which vCPU is meant.
SIGNATURES: dict[str, tuple[str, ...]] = {
    "kvm_pmu_guest_counter_mask": (PMU,),
    "kvm_pmu_host_counter_mask": (PMU,),
    "kvm_pmu_handle_guest_irq": (PMU, "u64 overflow"),
    "kvm_pmu_set_guest_counters": (PMU, "u64 mask"),
    "kvm_pmu_is_partitioned": ("struct kvm *kvm",),
    "kvm_pmu_event_mask": ("struct kvm *kvm",),
    "armv8pmu_stop": (PMU,),
    "armv8pmu_start": (PMU,),
}
KNOWN = {row.function: row for row in HOOKS}
# Under names that no text has.
OURS = {
    "kvm_pmu_is_partitioned": "pmulab_partitioned",
    "kvm_pmu_keep_guest_owned": "pmulab_keep_access",
    "kvm_vgic_inject_irq": "pmulab_inject",
}
# It takes two arguments in the lab, and five in the kernel.
INJECT = "kvm_vgic_inject_irq"

BEFORE = """
static struct arm_pmu pmulab_pmu;
static struct { u64 nr_event_counters; } pmulab_host;
static struct kvm_vcpu *pmulab_me;
static int pmulab_access;
static bool pmulab_level;

static inline bool pmulab_allows(u64 n, const void *filter)
{
	return kvm_pmu_event_allowed((const struct pmulab_filter *)filter, n);
}
#define PMULAB_PICK(a, b, c, d, e, which, ...) which
#define PMULAB_INJECT(kvm, vcpu, irq, level, owner) (pmulab_inject((vcpu), (level)), 0)
#define kvm_vgic_inject_irq(...) \\
	PMULAB_PICK(__VA_ARGS__, PMULAB_INJECT, , , pmulab_inject, )(__VA_ARGS__)
"""
# What is filled before the text runs, where it says one of the words; each costs a question.
FETCHED = (
    ("max_guest_counters", "pmulab_pmu.max_guest_counters = kvm_pmu_max_guest_counters();"),
    ("cntr_mask", "pmulab_pmu.cntr_mask[0] = armv8pmu_cntr_mask();"),
    ("nr_event_counters", "pmulab_host.nr_event_counters = kvm_pmu_nr_host_counters();"),
)
OF_A_VCPU = (
    (
        "access kvm_pmu_get_access",
        "pmulab_access = vcpu->arch.pmu.access = kvm_pmu_guest_owned(vcpu);",
    ),
    ("irq_level", "pmulab_level = vcpu->arch.pmu.irq_level = kvm_pmu_irq_level(vcpu);"),
    (
        "KVM_ARCH_FLAG_PARTITION_PMU_ENABLED",
        "vcpu->kvm->arch.flags = (u64)pmulab_partitioned(vcpu) << 12;",
    ),
    ("nr_pmu_counters", "vcpu->kvm->arch.nr_pmu_counters = kvm_pmu_nr_counters(vcpu);"),
)
AFTER = """
static void pmulab_fetch(struct kvm_vcpu *vcpu)
{{
	pmulab_me = vcpu;
	pmulab_pmu.id = vcpu ? vcpu->id : 0;
{fetched}
	if (!vcpu)
		return;
{of_a_vcpu}
	vcpu->arch.mdcr_el2 = 0;
	vcpu->kvm->arch.arm_pmu = &pmulab_pmu;
	vcpu->kvm->arch.filter.id = vcpu->id;
	vcpu->kvm->arch.pmu_filter = &vcpu->kvm->arch.filter;
}}

static void pmulab_flush(void)
{{
	if (!pmulab_me || pmulab_me->arch.pmu.access == pmulab_access)
		return;
	pmulab_access = pmulab_me->arch.pmu.access;
	if (pmulab_access == VCPU_PMU_ACCESS_GUEST_OWNED)
		pmulab_keep_access(pmulab_me);
}}

static void pmulab_settle(struct kvm_vcpu *vcpu)
{{
	pmulab_flush();
	if (vcpu && vcpu->arch.pmu.irq_level != pmulab_level)
		kvm_pmu_keep_irq_level(vcpu, vcpu->arch.pmu.irq_level);
	if (vcpu && vcpu->arch.mdcr_el2) {{
		if ({writes_mdcr})
			write_sysreg(vcpu->arch.mdcr_el2, mdcr_el2);
		kvm_pmu_fine_traps(vcpu);
	}}
}}
"""


class Posted(NamedTuple):
    """A function as it was found: its name, file, line and text, its types, what it calls."""

    name: str
    file: str
    line: int
    text: str
    returns: str
    takes: tuple[str, ...]
    uses: frozenset[str]


def posted_class(own: Hook, parts: tuple[Posted, ...], head: str, shim: str, whole: str) -> type:
    """Make a class of a hook; `parts` are its function, the last one, and those that it calls.

    `head` has definitions of the posting's, `shim` those of a side file, `whole` the text of the
    hook's file, whose lines a trace shows.
    """
    main = parts[-1]
    text = CText(own.name, whole, 1)
    named = frozenset(part.name for part in parts)
    made = ['#line 1 "words.py"', '#include "kernel.h"', *registers()]
    made += [
        _declared(n, row) for n, row in enumerate(HELPERS) if row.function not in named | {INJECT}
    ]
    made += [row._replace(function=OURS[row.function]).macro(n) for n, row in _ours()]
    made += [BEFORE, f'#line 1 "shim"\n{shim}', *(f"#undef {name}" for name in named), head]
    made += [f'#line {part.line} "{part.file}"\n{part.text}' for part in parts]
    # On the function's line: what fills and takes over is no line of the text's.
    ours = _after(f"{head}\n{' '.join(p.text for p in parts)}") + _entry(own, main)
    made += [f'#line {main.line} "entry.c"', ours.replace("\n", " ")]
    hook = method(own, text, "\n".join(made), main.file, OPTIONS)
    return type(f"Posted_{own.name}", (Hypervisor,), {own.name: hook})


def _ours() -> Iterator[tuple[int, Helper]]:
    """Yield what our own lines call, which the text may have under that name, and its number."""
    return ((n, row) for n, row in enumerate(HELPERS) if row.function in OURS)


def _after(text: str) -> str:
    """Write what fills the fields that a text says, and takes over what it has changed."""
    words = set(re.findall(r"\w+", text))
    chosen = [
        "\n".join(f"	{line}" for said, line in rows if words & set(said.split()))
        for rows in (FETCHED, OF_A_VCPU)
    ]
    writes = re.search(r"write_sysreg\([^;]*,\s*mdcr_el2\)", text)
    return AFTER.format(fetched=chosen[0], of_a_vcpu=chosen[1], writes_mdcr=int(not writes))


def _declared(n: int, row: Helper) -> str:
    """Declare a function by the kernel's signature; a PMU says nothing that the CPU does not."""
    own = SIGNATURES.get(row.function, row.takes)
    needs_pmu = own[:1] == (PMU,) and row.takes[:1] != (VCPU,)
    made = row.macro(n, ("pmu",) if needs_pmu else ())
    if row.function not in {hook.function for hook in HOOKS}:
        return made
    name, _, called = made.partition(") (")
    return f"{name}) (pmulab_flush(), {called}"


def _entry(own: Hook, main: Posted) -> str:
    """Write what the runner calls: fields are filled, the function runs, they are taken over."""
    numbers = iter([x for x, takes in zip("ab", own.takes) if takes != VCPU])
    vcpu = "pmulab_vcpu(a)" if VCPU in own.takes else "kvm_get_running_vcpu()"
    given = ", ".join(_given(takes, numbers) for takes in main.takes)
    call = f"{main.name}({given})"
    body = f"{call};" if main.returns == "void" else f"answer = (u64){call};"
    return (
        "u64 pmulab_enter(u64 hook, u64 a, u64 b)\n{\n"
        f"	struct kvm_vcpu *vcpu = {vcpu};\n	u64 answer = 0;\n\n	(void)hook;\n"
        f"	pmulab_fetch(vcpu);\n	{body}\n	pmulab_settle(vcpu);\n	return answer;\n}}\n"
    )


def _given(takes: str, numbers: Iterator[str]) -> str:
    """Say what a parameter gets, by its type."""
    for kind, what in (("kvm_vcpu", "vcpu"), ("arm_pmu", "&pmulab_pmu"), ("kvm ", "vcpu->kvm")):
        if f"struct {kind}" in takes:
            return what
    return next(numbers, "0")
