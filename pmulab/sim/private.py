"""A PMU of one's own: what a guest would observe if nobody shared its counters.

The oracle of the laws. It is the same hardware model without a hypervisor: N is the guest's number
of counters, nothing traps, and events that the host denies do not happen. An emulated PMU is held
to what KVM's emulation has: no divider, and CHAIN without the odd counter's level bits. A guest's
own EL2 is one here too.

Not modelled: what a guest could learn from time.
"""

from collections.abc import Sequence

from pmulab.hw.pe import Pe
from pmulab.hw.pmu import Choices
from pmulab.hw.sysreg import MASK64, Rule, Trap, Undefined
from pmulab.hw.sysregs import MDCR_EL2, PMCR_EL0, REGS
from pmulab.kvm.event_filter import EventFilter
from pmulab.kvm.vcpu import GUEST_MDCR, TYPES, Vcpu, reset_registers

# A type by its own name or through the window.
TYPE_NAMES = TYPES | {"PMXEVTYPER_EL0"}
D = PMCR_EL0.D
DIVIDER = D | PMCR_EL0.LC
UNDEFINED, TRAP_EL1 = "UNDEFINED", "trap to EL1"
# What an access comes to: what was read, nothing, or the exception's name.
Outcome = int | str | None
# What happens in some work: events, and how often each of them does.
Amounts = Sequence[tuple[int, int]]


class PrivatePmu:
    """The PMU that one vCPU is entitled to."""

    def __init__(self, vcpu: Vcpu, pe: Pe, emulated: bool = False):
        self.types, self.emulated = vcpu.vm.evtyper_mask, emulated
        cells = pe.pmu.cells
        ids = {"PMCR_EL0": cells["PMCR"], "PMCEID0_EL0": cells["PMCEID0"]}
        ids |= {"PMCEID1_EL0": cells["PMCEID1"], "PMMIR_EL1": 0}
        self.implemented = (cells["PMCEID0"], cells["PMCEID1"])
        # With FEAT_HPMN0 a PE without event counters of its own is well defined.
        features = pe.features | {"FEAT_HPMN0", "FEAT_FGT"}
        bits = pe.counter_bits
        choices = Choices(chain_obeys_filter=not emulated)
        self.pe = Pe(vcpu.vm.n_counters, features, 4, choices, ids, bits)
        for name in reset_registers(vcpu.vm.n_counters, vcpu.vm.has_el2):
            self.restore(name, vcpu.peek(name))

    def restore(self, name: str, value: int) -> None:
        """Set a register as userspace does: a value, so the reset commands in it are not given.

        It may be wider than the register of this PE.
        """
        cells, cell, kept = self.pe.pmu.cells, REGS[name].cell, self.store(name)
        cells[cell] = cells[cell] & ~kept | value & kept

    def store(self, name: str) -> int:
        """Return the bits that a register of this PE holds."""
        row, pmu = REGS[name], self.pe.pmu
        if row is MDCR_EL2:
            return GUEST_MDCR
        if row.rule is not Rule.COUNTER:
            types = self.types if name in TYPES else MASK64
            return MASK64 if row.rule in (Rule.SET, Rule.CLR) else row.writable & types
        return pmu.cycle_store if row.index is None else pmu.event_store

    def selects(self, idx: int) -> bool:
        """Tell whether the window registers show this counter."""
        return self.pe.pmu.cells["PMSELR"] == idx

    def access(self, op: str, reg: str, value: int, el: int) -> Outcome:
        """Do a guest's access."""
        if op == "msr" and el == 2:
            value, el = self._written_at_el2(reg, value)
        self.pe.el = el
        try:
            if op == "mrs":
                return self.pe.mrs(reg)
            # A PE without EL2, EL3 and threads, so these bits are RES0, and KVM reads them as zero.
            self.pe.msr(reg, value & self.types if reg in TYPE_NAMES else value)
        except Undefined:
            return UNDEFINED
        except Trap as trap:
            # Of a counter that is its EL2's: without FEAT_FGT it may be UNDEFINED, and KVM's is.
            return UNDEFINED if trap.target_el == 2 else TRAP_EL1
        return None

    def _written_at_el2(self, reg: str, value: int) -> tuple[int, int]:
        """Return what KVM lets a guest's EL2 write, and as which level.

        HPMN beyond N is N; PMCR_EL0.P is about the first range, whoever writes it.
        """
        if reg == "MDCR_EL2":
            hpmn = min(MDCR_EL2.get(value, "HPMN"), self.pe.pmu.n_counters)
            value = MDCR_EL2.put(value & GUEST_MDCR, HPMN=hpmn)
        return value, 1 if reg == "PMCR_EL0" else 2

    def work(self, amounts: Amounts, el: int) -> None:
        """Let the events of a guest's work happen, those that the host allows."""
        self.pe.el = el
        cells, divider = self.pe.pmu.cells, 0
        if self.emulated:
            divider = cells["PMCR"] & PMCR_EL0.D
        cells["PMCR"] ^= divider
        for event, amount in amounts:
            if self.filter.allows(event):
                self.pe.retire(event, amount)
        cells["PMCR"] ^= divider

    def refilter(self, event_filter: EventFilter) -> None:
        """Follow an event filter, and show the identification registers that go with it.

        As it is now: whose hook changes the ranges later has not changed what is due.
        """
        self.filter = EventFilter(event_filter.space)
        self.filter.default, self.filter.ranges = event_filter.default, [*event_filter.ranges]
        for n, implemented in enumerate(self.implemented):
            self.pe.pmu.cells[f"PMCEID{n}"] = event_filter.pmceid(n, implemented)

    @property
    def divides(self) -> bool:
        """Tell whether PMCCNTR_EL0 counts every 64th cycle."""
        return self.pe.pmu.cells["PMCR"] & DIVIDER == D

    @property
    def irq(self) -> bool:
        """Return the level of this PMU's interrupt."""
        return self.pe.irq
