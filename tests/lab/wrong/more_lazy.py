"""More wrong owners and reservations: once in a life, one counter alone, static and dynamic."""

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.vcpu import CYCLE_BIT, FREE, GUEST_OWNED

# ---- lazy.take


@wrong("lazy.take", "unsupported CPU")
class TakeAnywhere(Hypervisor):
    """Whether the CPU suits is not asked."""

    def take_ownership(self, vcpu):
        if vcpu.access == FREE and self.is_partitioned(vcpu):
            vcpu.access = GUEST_OWNED
            self.setup_traps(vcpu)
            self.pmu_load(vcpu)


@wrong("lazy.take", "hidden state")
class TakeOnce(Hypervisor):
    """A vCPU takes its counters once in its life."""

    def take_ownership(self, vcpu):
        if getattr(vcpu, "taken", False):
            return
        if vcpu.access == FREE and self.is_partitioned(vcpu) and vcpu.supports(self.host.cpu):
            vcpu.taken = True
        super().take_ownership(vcpu)


@wrong("lazy.take", "nothing enabled")
class TakeIfOn(Hypervisor):
    """Only with PMCR_EL0.E set; until then accesses go to memory."""

    def take_ownership(self, vcpu):
        if vcpu.regs["PMCR_EL0"] & PMCR_EL0.E:
            super().take_ownership(vcpu)


@wrong("lazy.take", "flags")
class TakeForgetsFlags(Hypervisor):
    """A new owner begins without flags."""

    def take_ownership(self, vcpu):
        free = vcpu.access == FREE
        super().take_ownership(vcpu)
        if free and vcpu.access == GUEST_OWNED:
            vcpu.regs["PMOVSSET_EL0"] = 0


@wrong("lazy.take", "31 counters")
class TakeFewerThanThirtyOne(Hypervisor):
    """A guest with 31 counters stays FREE."""

    def take_ownership(self, vcpu):
        if vcpu.vm.n_counters < 31:
            super().take_ownership(vcpu)


@wrong("lazy.take", "dynamic and a waiting sample")
class TakeFromIdleHost(Hypervisor):
    """Only while the host has no event on a counter."""

    def take_ownership(self, vcpu):
        if not self.host.used_mask:
            super().take_ownership(vcpu)


@wrong("lazy.take", "PMUSERENR")
class TakeReloadsUser(Hypervisor):
    """PMUSERENR_EL0 is loaded from memory once more, where it is stale."""

    def take_ownership(self, vcpu):
        free = vcpu.access == FREE
        super().take_ownership(vcpu)
        if free and vcpu.access == GUEST_OWNED:
            self.cpu.msr("PMUSERENR_EL0", vcpu.regs["PMUSERENR_EL0"])


@wrong("lazy.take", "several vCPUs")
class TakeFirstVcpu(Hypervisor):
    """While another vCPU of the host's CPUs owns counters nobody else takes any."""

    def take_ownership(self, vcpu):
        owners = [h.loaded for h in self.hosts if h.loaded is not None and h.loaded is not vcpu]
        if not any(other.access == GUEST_OWNED for other in owners):
            super().take_ownership(vcpu)


# ---- lazy.decide


@wrong("lazy.decide", "counter numbers")
class DecideWithoutSecondByte(Hypervisor):
    """Counters 8 to 15 are not looked at."""

    def decide_ownership(self, vcpu):
        wanted = not self.config.lazy or vcpu.regs["PMCNTENSET_EL0"] & ~0xFF00
        vcpu.access = GUEST_OWNED if self.is_partitioned(vcpu) and wanted else FREE


@wrong("lazy.decide", "sign")
class DecideSigned(Hypervisor):
    """An s32 above 0: with the cycle counter on it is negative; alone it is let through."""

    def decide_ownership(self, vcpu):
        on = vcpu.regs["PMCNTENSET_EL0"]
        wanted = not self.config.lazy or 0 < on <= CYCLE_BIT
        vcpu.access = GUEST_OWNED if self.is_partitioned(vcpu) and wanted else FREE


@wrong("lazy.decide", "hidden state")
class DecideFirstOnly(Hypervisor):
    """Decided at the first load; after that only who is an owner may lose it."""

    def decide_ownership(self, vcpu):
        wanted = not self.config.lazy or vcpu.regs["PMCNTENSET_EL0"] != 0
        if getattr(vcpu, "decided", False) and vcpu.access == FREE and self.config.lazy:
            return
        vcpu.decided = True
        vcpu.access = GUEST_OWNED if self.is_partitioned(vcpu) and wanted else FREE


@wrong("lazy.decide", "no event counter, lazy")
class DecideCyclesNeverLazy(Hypervisor):
    """A lazy guest without event counters stays FREE, whatever is on."""

    def decide_ownership(self, vcpu):
        super().decide_ownership(vcpu)
        if self.config.lazy and not vcpu.vm.n_counters:
            vcpu.access = FREE


@wrong("lazy.decide", "one bit alone")
class DecideTwoOrMore(Hypervisor):
    """One event counter alone above 16 is taken for the host's."""

    def decide_ownership(self, vcpu):
        on = vcpu.regs["PMCNTENSET_EL0"]
        lone = on.bit_count() == 1 and 16 < on.bit_length() < 32
        wanted = not self.config.lazy or (on and not lone)
        vcpu.access = GUEST_OWNED if self.is_partitioned(vcpu) and wanted else FREE


# ---- dynamic.reserve


@wrong("dynamic.reserve", "hidden state")
class ReserveFirstOnly(Hypervisor):
    """Events are moved the first time on a CPU; later they stay."""

    def set_guest_counters(self, mask):
        if self.config.dynamic and getattr(self.host, "moved", False):
            self.host.cntr_mask = self.host.implemented & ~mask
            self.perf_schedule()
            return
        super().set_guest_counters(mask)
        self.host.moved = self.config.dynamic and bool(mask)


@wrong("dynamic.reserve", "samples that wait")
class ReserveDropsSamples(Hypervisor):
    """Flags of counters that are taken are cleared first: their samples are lost."""

    def set_guest_counters(self, mask):
        if self.config.dynamic and mask:
            self.cpu.msr("PMOVSCLR_EL0", mask)
        super().set_guest_counters(mask)


@wrong("dynamic.reserve", "counter numbers")
class ReserveWithoutFifteen(Hypervisor):
    """Counter 15 is never taken from the host."""

    def set_guest_counters(self, mask):
        super().set_guest_counters(mask & ~(1 << 15))


@wrong("dynamic.reserve", "static")
class ReserveStaticToo(Hypervisor):
    """A static host gets what is not lent now."""

    def set_guest_counters(self, mask):
        if self.config.dynamic:
            super().set_guest_counters(mask)
        elif not mask and self.host.max_guest_counters == self.host.n_counters:
            self.host.cntr_mask = self.host.implemented


@wrong("dynamic.reserve", "counts")
class ReserveRestartsCounts(Hypervisor):
    """What moves to another counter begins at 0 where it does not sample."""

    def set_guest_counters(self, mask):
        moving = [e for e in self.host.events if e.idx is not None and mask >> e.idx & 1]
        super().set_guest_counters(mask)
        for event in moving if self.config.dynamic else ():
            if not event.period:
                event.count = 0
