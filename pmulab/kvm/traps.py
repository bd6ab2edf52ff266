"""PMU registers that trap: event types and overflow flags always, all of them without FEAT_FGT.

A trapped access acts on the register's home: memory for PMOVS and the event types, and for all
registers of a vCPU that does not own its counters; hardware otherwise.

Not modelled: the vCPU's exception entry; the machine shows an UNDEFINED to the guest instead.

Source: Linux: arch/arm64/kvm/sys_regs.c; posting v8, patches 09, 15.
"""

from typing import NamedTuple

from pmulab.hw.events import CHAIN, SW_INCR
from pmulab.hw.sysreg import Reg, Rule
from pmulab.hw.sysregs import CYCLE_IDX, PMCR_EL0, PMSELR_EL0, REGS
from pmulab.kvm.hooks import Hooks
from pmulab.kvm.vcpu import CYCLE_BIT, TYPES, Vcpu, counter_of, counters, evcntr, evtyper

EL_EXCLUDE = dict(enumerate(REGS["PMEVTYPER0_EL0"].masks("U P")))
BITMAP_HOME = {
    row.name: row.name.replace("CLR", "SET")
    for row in REGS.values()
    if row.rule in (Rule.SET, Rule.CLR)
}


class GuestUndefined(Exception):
    """The guest's access is UNDEFINED, and the hypervisor says so to the guest."""


class TrappedAccess(NamedTuple):
    """An access that trapped: `op` is mrs or msr, `el` the guest's exception level."""

    op: str
    reg: str
    value: int
    el: int


class Traps(Hooks):
    """The hooks behind the traps."""

    def handle_trap(self, vcpu: Vcpu, access: TrappedAccess) -> int | None:
        """Do a trapped access for the guest; returns what a read returns.

        Raises `GuestUndefined` for a register or a counter that the guest does not have.
        Linux: sys_regs.c, kvm_handle_sys_reg() and the access_pm*() handlers.
        """
        if access.reg == "ICC_DIR_EL1":
            self.vgic_deactivate(vcpu, access.value)
            return None
        self.take_ownership(vcpu)
        name = self.resolve(vcpu, access.reg)
        if access.op == "mrs":
            return self.trapped_read(vcpu, name)
        self.trapped_write(vcpu, name, access.value, access.el)
        return None

    def resolve(self, vcpu: Vcpu, name: str) -> str:
        """Name the register behind a window, and refuse a counter that the guest lacks.

        Raises `GuestUndefined` for that counter.
        """
        row = REGS[name]
        idx = row.index
        if row.rule is Rule.WINDOW:
            idx = self.read_home(vcpu, "PMSELR_EL0") & PMSELR_EL0.SEL
            name = evtyper(idx) if row.cell == "PMEVTYPER" else f"PMEVCNTR{idx}_EL0"
        if idx is not None and idx >= vcpu.vm.n_counters and name != "PMCCFILTR_EL0":
            raise GuestUndefined(f"{name}: the guest has {vcpu.vm.n_counters} event counters")
        return name

    # ---- the home of a register

    def in_hardware(self, vcpu: Vcpu) -> bool:
        """Tell whether this vCPU's counters are in this CPU's hardware now."""
        return self.host.loaded is vcpu and self.owns_counters(vcpu)

    def read_home(self, vcpu: Vcpu, name: str) -> int:
        """Read a register where its only valid copy is; flags have two places: `read_bitmap`."""
        if self.in_hardware(vcpu) or (name == "PMUSERENR_EL0" and self.host.loaded is vcpu):
            return self.cpu.mrs(name)
        return vcpu.regs[name]

    def write_home(self, vcpu: Vcpu, name: str, value: int) -> None:
        """Write a register where its only valid copy is."""
        if self.in_hardware(vcpu) or (name == "PMUSERENR_EL0" and self.host.loaded is vcpu):
            self.cpu.msr(name, value)
        else:
            vcpu.regs[name] = value & self.writable(REGS[name])

    def writable(self, row: Reg) -> int:
        """Return the bits of a register that a write can change on this CPU."""
        if row.rule is not Rule.COUNTER:
            return row.writable
        return self.host.cycle_mask if row.index is None else self.host.event_store

    def virtual_counter_mask(self, vcpu: Vcpu) -> int:
        """Return the counters that the guest believes to have."""
        return CYCLE_BIT | (1 << vcpu.vm.n_counters) - 1

    # ---- reads

    def trapped_read(self, vcpu: Vcpu, name: str) -> int:
        """Read a register for the guest."""
        row = REGS[name]
        if row.rule is Rule.CONTROL:
            value = self.read_home(vcpu, name) & row.writable
            return row.put(value, N=vcpu.vm.n_counters) | self.host.pmcr_ids
        if name in BITMAP_HOME:
            return self.read_bitmap(vcpu, BITMAP_HOME[name])
        if row.rule is Rule.RO:
            return self.read_identification(vcpu, row)
        if name in TYPES:
            return vcpu.regs[name] & vcpu.vm.evtyper_mask
        # What userspace restores may be wider than a register of this CPU.
        return self.emulated_read(vcpu, name) & self.writable(row)

    def read_bitmap(self, vcpu: Vcpu, name: str) -> int:
        """Read enables or flags; flags that are still in hardware count too."""
        mask = self.virtual_counter_mask(vcpu)
        if name == "PMOVSSET_EL0":
            if self.in_hardware(vcpu):
                self.fold_overflow(vcpu)
            return vcpu.regs[name] & mask
        return self.read_home(vcpu, name) & mask

    def read_identification(self, vcpu: Vcpu, row: Reg) -> int:
        """Read PMCEID<n> as the event filter leaves it; PMMIR reads as zero."""
        if row.cell == "PMMIR":
            return 0
        return vcpu.vm.event_filter.pmceid(int(row.cell[-1]), self.cpu.mrs(row.name))

    # ---- writes

    def trapped_write(self, vcpu: Vcpu, name: str, value: int, el: int) -> None:
        """Write a register for the guest."""
        row = REGS[name]
        if row.rule is Rule.CONTROL:
            self.write_control(vcpu, value)
        elif name in BITMAP_HOME:
            self.write_bitmap(vcpu, name, value & self.virtual_counter_mask(vcpu))
        elif row.rule is Rule.SW_INCR:
            self.software_increment(vcpu, value, el)
        elif name in TYPES:
            self.write_type(vcpu, name, value & vcpu.vm.evtyper_mask)
        else:
            self.emulated_write(vcpu, name, value)

    def write_control(self, vcpu: Vcpu, value: int) -> None:
        """Write PMCR_EL0 without its reset commands, and do those on the guest's counters alone.

        PMCR_EL0.P written at EL2 would zero the host's counters too.
        """
        reset = counters(self.virtual_counter_mask(vcpu) & ~CYCLE_BIT) if value & PMCR_EL0.P else []
        if value & PMCR_EL0.C:
            reset = [*reset, CYCLE_IDX]
        for idx in reset:
            self.emulated_write(vcpu, evcntr(idx), 0)
        self.emulated_write(vcpu, "PMCR_EL0", value & PMCR_EL0.writable)

    def write_bitmap(self, vcpu: Vcpu, name: str, value: int) -> None:
        """Set or clear bits of the enables or flags."""
        home = BITMAP_HOME[name]
        if home != "PMOVSSET_EL0" and self.in_hardware(vcpu):
            self.cpu.msr(name, value)
            return
        if self.in_hardware(vcpu):
            self.fold_overflow(vcpu)
        old = vcpu.regs[home]
        new = old | value if REGS[name].rule is Rule.SET else old & ~value
        if home == "PMOVSSET_EL0":
            vcpu.regs[home] = new
        else:
            self.emulated_write(vcpu, home, new)

    def write_type(self, vcpu: Vcpu, name: str, value: int) -> None:
        """Keep what the guest wrote, and give the hardware what is allowed, at once."""
        idx = counter_of(name)
        if not self.is_partitioned(vcpu):
            self.emulated_release(vcpu, 1 << idx)
        vcpu.regs[name] = value
        if self.in_hardware(vcpu):
            self.cpu.msr(name, self.hardware_type(vcpu, idx))
        elif not self.is_partitioned(vcpu):
            self.emulated_resync(vcpu)

    def software_increment(self, vcpu: Vcpu, value: int, el: int) -> None:
        """Add one to each counter that counts SW_INCR at the guest's exception level.

        A PMSWINC_EL0 write at EL2 would be an event at EL2, which no guest counter counts.
        """
        on = self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E
        enabled = self.read_home(vcpu, "PMCNTENSET_EL0") if on else 0
        for idx in counters(value & enabled & self.virtual_counter_mask(vcpu) & ~CYCLE_BIT):
            typer = vcpu.regs[evtyper(idx)]
            if typer & vcpu.vm.event_mask == SW_INCR and not typer & EL_EXCLUDE[el]:
                self.software_count(vcpu, idx, enabled, el)

    def software_count(self, vcpu: Vcpu, idx: int, enabled: int, el: int) -> None:
        """Add one to a counter: its overflow flag, and CHAIN for an even one."""
        name, width = evcntr(idx), self.counter_width(vcpu, idx)
        old = self.emulated_read(vcpu, name)
        # No perf event stands behind it; made anew here, those of a guest that is put would stay.
        self.write_home(vcpu, name, (old + 1) & self.writable(REGS[name]))
        if (old + 1) >> width == old >> width:
            return
        vcpu.regs["PMOVSSET_EL0"] |= 1 << idx
        odd = idx + 1
        typer = vcpu.regs.get(evtyper(odd), 0) if idx % 2 == 0 else 0
        chained = typer & vcpu.vm.event_mask == CHAIN and width != 64
        # The emulated PMU does not look at the odd counter's level bits: emulated_overflow().
        excluded = typer & EL_EXCLUDE[el] and self.is_partitioned(vcpu)
        if chained and not excluded and enabled >> odd & 1:
            self.software_count(vcpu, odd, enabled, el)
