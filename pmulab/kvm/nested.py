"""One level deeper: a VM with an EL2 of its own partitions the PMU that it was given.

Its MDCR_EL2 is in memory: HPMN cuts its counters in two, and the second range is for its EL2 alone.
Both of its levels run at EL1, so nothing of that is in the hardware; every access traps, and perf
events stand behind the counters of whichever level runs.

As in KVM, PMCR_EL0.P zeroes the first range alone, whoever writes it, and HPMN beyond N is N.

Not modelled: a guest hypervisor whose counters are in the hardware (a partition), the traps that it
sets for its own guest (TPM, TPMCR), HCCD, EL0 under HCR_EL2.TGE, CHAIN across its boundary; to
which of its levels an interrupt goes; that KVM puts and loads the vCPU at each change of level.

Source: Linux: arch/arm64/kvm/pmu-emul.c, kvm_pmu_hyp_counter_mask(), kvm_pmu_nested_transition();
sys_regs.c, access_mdcr().
"""

from pmulab.hw.events import SW_INCR
from pmulab.hw.sysregs import CYCLE_IDX, MDCR_EL2, PMCR_EL0, PMEVTYPER0_EL0, REGS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.traps import BITMAP_HOME, EL_EXCLUDE, GuestUndefined
from pmulab.kvm.vcpu import CYCLE_BIT, GUEST_MDCR, Vcpu, counters, evcntr, evtyper

EXCLUDE_EL1, INCLUDE_EL2 = PMEVTYPER0_EL0.masks("P NSH")


class Nested(Hypervisor):
    """The hooks for a VM that has an EL2; without one, `Hypervisor` as it is."""

    # ---- the guest's own partition

    def hyp_counter_mask(self, vcpu: Vcpu) -> int:
        """Return the counters that are for the guest's EL2 alone: HPMN to N-1.

        Linux: pmu-emul.c, kvm_pmu_hyp_counter_mask().
        """
        if not vcpu.vm.has_el2:
            return 0
        n = vcpu.vm.n_counters
        return (1 << n) - (1 << min(MDCR_EL2.get(vcpu.regs["MDCR_EL2"], "HPMN"), n))

    def accessible_counter_mask(self, vcpu: Vcpu) -> int:
        """Return the counters that the level which runs can reach.

        Linux: pmu-emul.c, kvm_pmu_accessible_counter_mask().
        """
        mask = self.virtual_counter_mask(vcpu)
        return mask if vcpu.in_el2 else mask & ~self.hyp_counter_mask(vcpu)

    def running_ranges(self, vcpu: Vcpu) -> int:
        """Return the counters whose range is on: PMCR_EL0.E for the first, HPME for the second."""
        hyp = self.hyp_counter_mask(vcpu)
        first = self.virtual_counter_mask(vcpu) & ~hyp if vcpu.regs["PMCR_EL0"] & PMCR_EL0.E else 0
        return first | (hyp if hyp and vcpu.regs["MDCR_EL2"] & MDCR_EL2.HPME else 0)

    def write_mdcr(self, vcpu: Vcpu, value: int) -> None:
        """Write the guest's MDCR_EL2: the boundary moves, and whoever is on the wrong side with it.

        Linux: sys_regs.c, access_mdcr().
        """
        value &= GUEST_MDCR
        hpmn = min(MDCR_EL2.get(value, "HPMN"), vcpu.vm.n_counters)
        self.emulated_release(vcpu, self.virtual_counter_mask(vcpu))
        vcpu.regs["MDCR_EL2"] = MDCR_EL2.put(value, HPMN=hpmn)
        self.emulated_resync(vcpu)

    # ---- the two levels

    def nested_transition(self, vcpu: Vcpu) -> None:
        """Make anew what counts at one of the guest's two levels only; another one runs now.

        Linux: pmu-emul.c, kvm_pmu_nested_transition().
        """
        differ = 0
        for idx in counters(self.enabled_counters(vcpu)):
            at_el1 = not vcpu.regs[evtyper(idx)] & EXCLUDE_EL1
            if at_el1 != self.counts_at_el2(vcpu, idx):
                differ |= 1 << idx
        self.emulated_release(vcpu, differ)
        self.emulated_resync(vcpu)

    def counts_at_el2(self, vcpu: Vcpu, idx: int) -> bool:
        """Tell whether a counter counts while the guest's EL2 runs.

        Linux: pmu-emul.c, kvm_pmc_counts_at_el2().
        """
        if not vcpu.regs[evtyper(idx)] & INCLUDE_EL2:
            return False
        prohibited = vcpu.regs["MDCR_EL2"] & MDCR_EL2.HPMD
        if idx == CYCLE_IDX:
            # The cycle counter goes on where nobody has asked that it stop too.
            prohibited = prohibited and vcpu.regs["PMCR_EL0"] & PMCR_EL0.DP
        return bool(self.hyp_counter_mask(vcpu) >> idx & 1) or not prohibited

    def guest_levels(self, vcpu: Vcpu, idx: int) -> int:
        """Return where a perf event must not count: its EL2 runs at EL1, by what NSH says."""
        levels = super().guest_levels(vcpu, idx)
        if not vcpu.in_el2:
            return levels
        return levels & ~EXCLUDE_EL1 | (0 if self.counts_at_el2(vcpu, idx) else EXCLUDE_EL1)

    # ---- what counts, and what interrupts

    def enabled_counters(self, vcpu: Vcpu) -> int:
        """Return the counters that run: enabled, and their range is on.

        Linux: pmu-emul.c, kvm_pmu_counter_is_enabled().
        """
        return vcpu.regs["PMCNTENSET_EL0"] & self.running_ranges(vcpu)

    def overflow_status(self, vcpu: Vcpu) -> bool:
        """Return the level of the guest's interrupt: one line for both of its ranges.

        Linux: pmu-emul.c, kvm_pmu_overflow_status().
        """
        if not vcpu.vm.has_el2:
            return super().overflow_status(vcpu)
        flags = vcpu.regs["PMOVSSET_EL0"] & vcpu.regs["PMINTENSET_EL1"]
        return bool(flags & self.running_ranges(vcpu))

    def counter_width(self, vcpu: Vcpu, idx: int) -> int:
        """Return the width at which a counter overflows: HLP for the second range."""
        if not self.hyp_counter_mask(vcpu) >> idx & 1:
            return super().counter_width(vcpu, idx)
        wide = self.host.wide_counters and vcpu.regs["MDCR_EL2"] & MDCR_EL2.HLP
        return 64 if wide else self.host.counter_bits

    # ---- what each level reaches

    def resolve(self, vcpu: Vcpu, name: str) -> str:
        """Name the register behind a window; its EL1 has no counter of its EL2."""
        name = super().resolve(vcpu, name)
        idx = REGS[name].index
        if idx is not None and not self.accessible_counter_mask(vcpu) >> idx & 1:
            raise GuestUndefined(f"{name}: this counter is for the guest's EL2")
        return name

    def trapped_read(self, vcpu: Vcpu, name: str) -> int:
        """Read a register as the level that runs sees it."""
        value, reach = super().trapped_read(vcpu, name), self.accessible_counter_mask(vcpu)
        if name == "PMCR_EL0":
            return PMCR_EL0.put(value, N=(reach & ~CYCLE_BIT).bit_length())
        return value & reach if name in BITMAP_HOME else value

    def trapped_write(self, vcpu: Vcpu, name: str, value: int, el: int) -> None:
        """Write a register as far as the level that runs can reach."""
        if name == "MDCR_EL2":
            self.write_mdcr(vcpu, value)
        elif name in BITMAP_HOME or name == "PMSWINC_EL0":
            super().trapped_write(vcpu, name, value & self.accessible_counter_mask(vcpu), el)
        else:
            super().trapped_write(vcpu, name, value, el)

    def write_control(self, vcpu: Vcpu, value: int) -> None:
        """Write PMCR_EL0; its P is about the first range, at either level.

        Linux: pmu-emul.c, kvm_pmu_handle_pmcr().
        """
        first = self.virtual_counter_mask(vcpu) & ~self.hyp_counter_mask(vcpu) & ~CYCLE_BIT
        for idx in counters(first) if value & PMCR_EL0.P else ():
            self.emulated_write(vcpu, evcntr(idx), 0)
        super().write_control(vcpu, value & ~PMCR_EL0.P)

    def software_increment(self, vcpu: Vcpu, value: int, el: int) -> None:
        """Add one to each counter that counts SW_INCR at the level that runs."""
        if not vcpu.vm.has_el2:
            super().software_increment(vcpu, value, el)
            return
        enabled = self.enabled_counters(vcpu)
        for idx in counters(value & enabled & ~CYCLE_BIT):
            typer = vcpu.regs[evtyper(idx)]
            counts = self.counts_at_el2(vcpu, idx) if el == 2 else not typer & EL_EXCLUDE[el]
            if typer & vcpu.vm.event_mask == SW_INCR and counts:
                self.software_count(vcpu, idx, enabled, min(el, 1))
