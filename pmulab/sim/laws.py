"""The laws: what must hold between a guest, its host, and a PMU of its own.

"As if nothing had happened", taken literally: what a guest observes on the shared machine equals
what it would observe on a private PMU. Each law is a function with one sentence; it returns an
accusation or None.

Not modelled: laws about time; a guest is entitled to its counts, not to a speed.
"""

from collections.abc import Callable

from pmulab.hw.sysregs import CYCLE_IDX, PMEVTYPER0_EL0, REGS
from pmulab.kvm.host import HostData
from pmulab.kvm.vcpu import Vcpu
from pmulab.sim import limits
from pmulab.sim.accusation import NUMBER, Accusation
from pmulab.sim.host_laws import (
    controls,
    host_controls,
    host_gets_back,
    host_samples,
    host_untouched,
    irq_handled,
    names,
    quiet_when_put,
)
from pmulab.sim.limits import LIMITS
from pmulab.sim.nested_laws import own_level, own_range
from pmulab.sim.parts import Parts
from pmulab.sim.peek import counters_of, counts, flags_in_hardware, partitioned
from pmulab.sim.private import TRAP_EL1, UNDEFINED, Amounts, Outcome, PrivatePmu
from pmulab.sim.private_gic import SHOWS, TAKES, PrivateGic

LR, VMCR = REGS["ICH_LR0_EL2"], REGS["ICH_VMCR_EL2"]
PENDING = LR.put(0, State=1)
STATE, INTID = LR.State, LR.vINTID
EVENT = PMEVTYPER0_EL0.evtCount


class Laws:
    """Watches a machine beside the private PMUs of its guests."""

    def __init__(self, machine: Parts) -> None:
        self.private: dict[str, PrivatePmu] = {}
        for name, vcpu in machine.vcpus.items():
            n = machine.runs_on[name]
            emulated = not partitioned(machine.hyp.hosts[n], vcpu)
            self.private[name] = PrivatePmu(vcpu, machine.cpus[n], emulated)
            self.private[name].refilter(vcpu.vm.event_filter)
        # Whether all is judged that may grow for ever: a search of states leaves it out.
        self.whole = True
        self.gics = {name: PrivateGic(vcpu) for name, vcpu in machine.vcpus.items()}
        # Who is handling its PMU interrupt.
        self.active: set[str] = set()
        # What each host event has counted by right.
        self.due: dict[str, int] = {}
        # The events that the host has asked for, on each CPU.
        self.asked = [names(host) for host in machine.hyp.hosts]
        # What the host has in the registers that are swapped whole, on each CPU.
        self.controls = [controls(machine, n) for n in range(len(machine.cpus))]
        # Where each guest was last entered, and how often it has been since without a step.
        self.entries: dict[str, tuple[object, int]] = {}
        # The limits of the design that were met: no law accuses those.
        self.limits: set[str] = set()
        self.accusation: Accusation | None = None
        # Laws that accuse nobody: whoever asks what else is wrong leaves out what is known.
        self.silent: frozenset[str] = frozenset()
        self.witness: Callable[[Accusation], None] | None = None

    def leave_out_endless(self) -> None:
        """Leave out what is no part of a small world's state: there, `active` says enough."""
        self.whole = False
        self.gics.clear()

    # ---- what the machine tells

    def access(self, vcpu: Vcpu, op: str, reg: str, value: int, el: int, outcome: Outcome) -> None:
        """Compare what a guest's access did with what its private PMU does."""
        due = self.private[vcpu.name].access(op, reg, value, el)
        # A guest's PE has no FEAT_FGT, so a counter that it lacks is CONSTRAINED UNPREDICTABLE. At
        # EL0 a PE that has the counter checks PMUSERENR_EL0 first; no hypervisor can prevent it.
        open_outcome = el == 0 and (outcome, due) == (TRAP_EL1, UNDEFINED)
        if outcome != due and not open_outcome and not self._only_res0(vcpu, reg, outcome, due):
            self.accuse(Accusation("own_reads", vcpu.name, reg, outcome, due))

    def _only_res0(self, vcpu: Vcpu, reg: str, outcome: Outcome, due: Outcome) -> bool:
        """Tell whether two values of PMCCFILTR_EL0 differ in bits that are RES0 there.

        KVM has one mask for all event types, so it keeps an event that a guest writes to it.
        Linux: sys_regs.c, access_pmu_evtyper().
        """
        if not isinstance(outcome, int) or not isinstance(due, int):
            return False
        cycles = reg == "PMXEVTYPER_EL0" and self.private[vcpu.name].selects(CYCLE_IDX)
        return (cycles or reg == "PMCCFILTR_EL0") and (outcome ^ due) & ~EVENT == 0

    def gic_access(self, vcpu: Vcpu, op: str, reg: str, value: int) -> None:
        """Follow what the guest has acknowledged (`value` was read) and ended (it was written)."""
        if reg == "ICC_IAR1_EL1" and value == vcpu.vm.irq_num:
            self.active.add(vcpu.name)
        if reg == "ICC_EOIR1_EL1" and value == vcpu.vm.irq_num:
            self.active.discard(vcpu.name)
        gic = self.gics.get(vcpu.name)
        if gic and op == "msr" and gic.is_open(reg, value):
            # From here on nobody can say what its interrupts should be.
            del self.gics[vcpu.name]
        elif gic and op == "msr":
            gic.write(reg, value)
        elif gic and reg in TAKES | SHOWS:
            due = gic.read(reg, value)
            if value != due:
                self.accuse(Accusation("own_interrupts", vcpu.name, reg, value, due))

    def gic_configured(self, vcpu: Vcpu, intid: int, what: dict[str, int]) -> None:
        """Follow a guest's write to its redistributor."""
        if vcpu.name in self.gics:
            self.gics[vcpu.name].configure(intid, **what)

    def perf_changed(self, host: HostData) -> None:
        """Follow what the host counts, where somebody has asked for more or less."""
        self.asked[host.cpu] = names(host)

    def gic_line(self, vcpu: Vcpu, intid: int, level: bool) -> None:
        """Follow an interrupt's input."""
        if vcpu.name in self.gics:
            self.gics[vcpu.name].line(intid, level)

    def work(self, vcpu: Vcpu, amounts: Amounts, el: int) -> None:
        """Let a guest's work happen on its private PMU too."""
        self.private[vcpu.name].work(amounts, el)

    def host_work(self, host: HostData, amounts: Amounts) -> None:
        """Count for each scheduled event of the host what it is entitled to."""
        for event in host.events:
            if event.vcpu is None and event.idx is not None:
                amount = sum(n for number, n in amounts if number == event.event)
                self.due[event.name] = self.due.get(event.name, 0) + amount

    def handled(self, machine: Parts, n: int) -> None:
        """Check what must hold when the host has handled the PMU's interrupt."""
        self.accuse(irq_handled(self, machine, n))

    def user_write(self, vcpu: Vcpu, name: str) -> None:
        """Follow what userspace has written to a saved register."""
        self.private[vcpu.name].restore(name, vcpu.peek(name))

    def user_read(self, vcpu: Vcpu, name: str, value: int) -> None:
        """Compare what userspace has read with what a private PMU holds."""
        private = self.private[vcpu.name]
        due, kept = private.pe.pmu.cells[REGS[name].cell], private.store(name)
        if (value ^ due) & kept:
            self.accuse(Accusation("own_reads", vcpu.name, name, value & kept, due & kept))

    def reset(self, machine: Parts, vcpu: Vcpu) -> None:
        """Follow a reset: a private PMU of the same kind, as it is at first."""
        cpu = machine.cpus[machine.runs_on[vcpu.name]]
        self.private[vcpu.name] = PrivatePmu(vcpu, cpu, self.private[vcpu.name].emulated)
        self.refilter(vcpu)

    def refilter(self, vcpu: Vcpu) -> None:
        """Follow a change of a VM's event filter."""
        self.private[vcpu.name].refilter(vcpu.vm.event_filter)

    def entered(self, machine: Parts, vcpu: Vcpu) -> None:
        """Check the laws that hold whenever a guest is entered."""
        self._tell_limits(machine, vcpu)
        self.check_vcpu(machine, vcpu)
        self.gic_line(vcpu, vcpu.vm.irq_num, self.private[vcpu.name].irq)
        for law in AT_ENTRY:
            self.accuse(law(self, machine, vcpu))

    def wrote(self, machine: Parts, vcpu: Vcpu, reg: str) -> None:
        """Say which limits of the design a guest's write, which did not trap, has met."""
        self._tell_limits(machine, vcpu, reg)

    def _tell_limits(self, machine: Parts, vcpu: Vcpu, written: str = "") -> None:
        for name in limits.met(machine, vcpu, self.private[vcpu.name], written):
            self.limits.add(name)
            machine.note("note", vcpu.name, f"limit {name}: {LIMITS[name]}", op="limit")

    def check(self, machine: Parts) -> None:
        """Check the laws that hold between any two steps."""
        for vcpu in machine.vcpus.values():
            self.check_vcpu(machine, vcpu)
        for n in range(len(machine.cpus)):
            self.check_cpu(machine, n)

    def check_vcpu(self, machine: Parts, vcpu: Vcpu) -> None:
        """Check what one vCPU is entitled to at any time.

        An emulated PMU sets flags and counts CHAIN when the host handles PMUIRQ: not before that.
        """
        n = vcpu.cpu
        if n is not None and not partitioned(machine.hyp.hosts[n], vcpu) and machine.cpus[n].irq:
            return
        for law in OF_A_HYPERVISOR if vcpu.vm.has_el2 else OF_A_GUEST:
            if self.accusation is None and (found := law(self, machine, vcpu)) is not None:
                self.accuse(found)

    def check_cpu(self, machine: Parts, n: int) -> None:
        """Check what the host is entitled to at any time on one CPU."""
        for law in OF_A_CPU:
            if self.accusation is None and (found := law(self, machine, n)) is not None:
                self.accuse(found)

    def accuse(self, accusation: Accusation | None) -> None:
        """Keep the first accusation; `witness` is called while the machine is as it was."""
        if accusation is None or accusation.law in self.silent:
            return
        if self.accusation is None:
            self.accusation = accusation
            if self.witness:
                self.witness(accusation)


# ---- the laws that hold always


def own_counts(laws: Laws, machine: Parts, vcpu: Vcpu) -> Accusation | None:
    """A guest's counters, wherever they are, hold what its private PMU has counted."""
    private, names = laws.private[vcpu.name], counters_of(vcpu.vm.n_counters)
    found, wanted = counts(machine, vcpu), names.held(private.pe.pmu.cells)
    if found == wanted:
        return None
    for name, yours, due in zip(names.names, found, wanted):
        # A copy in memory may be wider than the register: loaded, it is not.
        if yours != due and yours & private.store(name) != due:
            return Accusation("own_counts", vcpu.name, name, yours, due)
    return None


def own_flags(laws: Laws, machine: Parts, vcpu: Vcpu) -> Accusation | None:
    """A guest's overflow flags, in memory and hardware together, are those of its private PMU."""
    flags = vcpu.peek("PMOVSSET_EL0")
    if vcpu.cpu is not None:
        flags |= flags_in_hardware(machine, vcpu.cpu, vcpu)
    due = laws.private[vcpu.name].pe.pmu.cells["PMOVS"]
    if flags != due:
        return Accusation("own_flags", vcpu.name, "PMOVSSET_EL0", flags, due)
    return None


def wakes_up(laws: Laws, machine: Parts, vcpu: Vcpu) -> Accusation | None:
    """A halted guest must wake when an interrupt is due that it can take."""
    if not vcpu.halted or vcpu.cpu is not None or not _is_called(laws, vcpu):
        return None
    if machine.on_cpu(machine.runs_on[vcpu.name], machine.hyp.runnable, vcpu):
        return None
    return Accusation("wakes_up", vcpu.name, "wfi", "sleeps on", "wakes")


def _is_called(laws: Laws, vcpu: Vcpu) -> bool:
    """Tell whether a halted guest is signalled an interrupt: by a GIC of its own, if it has one."""
    gic, due = laws.gics.get(vcpu.name), laws.private[vcpu.name].irq
    if gic:
        gic.line(vcpu.vm.irq_num, due)
        return all(map(any, gic.signals()))
    irq = vcpu.vgic.irqs.get(vcpu.vm.irq_num)
    if laws.whole or irq is None or not irq.enabled or vcpu.name in laws.active:
        return False
    return due and irq.priority < VMCR.get(vcpu.vgic.vmcr, "VPMR")


SIGNALS = {
    (False, False): "nothing",
    (True, False): "an IRQ",
    (False, True): "a FIQ",
    (True, True): "an IRQ and a FIQ",
}


# ---- the laws that hold at each guest entry


def irq_level(laws: Laws, machine: Parts, vcpu: Vcpu) -> Accusation | None:
    """The guest's interrupt line has the level of its private PMU's."""
    due = laws.private[vcpu.name].irq
    if bool(vcpu.irq_level) != due:
        return Accusation(
            "irq_level", vcpu.name, "vcpu.irq_level", int(bool(vcpu.irq_level)), int(due)
        )
    return None


def irq_delivered(laws: Laws, machine: Parts, vcpu: Vcpu) -> Accusation | None:
    """The interrupt waits in a list register exactly when the line is high and it is not active."""
    irq, n = vcpu.vgic.irqs.get(vcpu.vm.irq_num), vcpu.cpu
    if irq is None or n is None or len(vcpu.vgic.ap_list) > machine.hyp.hosts[n].list_registers:
        return None
    gic = laws.gics.get(vcpu.name)
    if laws.whole and gic is None:
        return None
    waits = laws.private[vcpu.name].irq and irq.enabled and vcpu.name not in laws.active
    due = int(gic.is_due(vcpu.vm.irq_num) if gic else waits)
    cells = machine.cpus[n].gic.cells
    lrs = [cells[f"ICH_LR{lr}_EL2"] for lr in range(vcpu.vgic.used_lrs)]
    yours = sum(value & INTID == vcpu.vm.irq_num and value & STATE == PENDING for value in lrs)
    if yours != due:
        what = "pending list registers"
        return Accusation("irq_delivered", vcpu.name, what, yours, due, NUMBER)
    return None


def own_interrupts(laws: Laws, machine: Parts, vcpu: Vcpu) -> Accusation | None:
    """A guest is signalled, and reads of its interrupts, what a GIC of its own would show."""
    gic, n = laws.gics.get(vcpu.name), vcpu.cpu
    if gic is None or n is None:
        return None
    yours, due = machine.cpus[n].gic.signals, gic.signals()
    if yours not in due:
        said = [SIGNALS[both] for both in (yours, min(due))]
        return Accusation("own_interrupts", vcpu.name, "what is signalled", *said)
    return None


def gets_on(laws: Laws, machine: Parts, vcpu: Vcpu) -> Accusation | None:
    """A guest that is entered again and again gets on: it runs an instruction, or time passes."""
    if not laws.whole or vcpu.cpu is None:
        return None
    guest = machine.guests[vcpu.name]
    where = (vcpu.cpu, machine.clock[vcpu.cpu], guest.steps, guest.in_handler)
    before, times = laws.entries.get(vcpu.name, (None, 0))
    times = times + 1 if before == where else 1
    laws.entries[vcpu.name] = where, times
    if times > MOST_ENTRIES:
        return Accusation("gets_on", vcpu.name, "instructions", 0, 1, NUMBER)
    return None


# More than one for each thing that a host may have to do at one time.
MOST_ENTRIES = 500

OF_A_GUEST = (own_counts, own_flags, wakes_up)
OF_A_HYPERVISOR = (own_range, *OF_A_GUEST, own_level)
# Laws that no guest without an EL2 can break.
OF_AN_EL2 = frozenset(["own_range", "own_level"])
OF_A_CPU = (host_untouched, host_samples, quiet_when_put, host_gets_back, host_controls)
AT_ENTRY = (irq_level, irq_delivered, own_interrupts, gets_on)
LAWS = {
    **{law.__name__: law.__doc__ or "" for law in (*OF_A_HYPERVISOR, *OF_A_CPU, *AT_ENTRY)},
    "irq_handled": irq_handled.__doc__ or "",
    "host_survives": "The hypervisor takes no exception of its own.",
    "own_reads": "What a guest reads, and the exceptions it takes, are those of its private PMU.",
}
