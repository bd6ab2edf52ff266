"""What scenarios of wrong hooks are made of."""

INST, CYCLES, MEM, CHAIN = 0x8, 0x11, 0x13, 0x1E
CYCLE_BIT = 1 << 31
OPEN_GIC = ("msr ICC_PMR_EL1, 0xf8", "msr ICC_IGRPEN1_EL1, 1", "gic 23 enable priority=0xa0")
HANDLER = ("mrs x10, ICC_IAR1_EL1", "mrs x11, PMOVSSET_EL0", "msr PMOVSCLR_EL0, x11")
HANDLER += ("msr ICC_EOIR1_EL1, x10",)


def vm(*program: str, name: str = "A", counters: int = 1, **keys) -> dict:
    """Return a VM that runs a program."""
    return {"name": name, "counters": counters, "program": list(program), **keys}


def host(*vms: dict, counters=6, features=None, cpus=None, reserved=2, **keys) -> dict:
    """Return a scenario: a PE with some counters, a partition, VMs."""
    partition = {"reserved_host_counters": reserved}
    partition |= {key: keys.pop(key) for key in ("dynamic", "lazy") if key in keys}
    cpu = {"counters": counters} | ({} if features is None else {"features": features})
    top = {"pmulab": 1, "name": "wrong", "cpus": cpus or [cpu], "partition": partition}
    return top | {"vms": list(vms)} | keys


def counting(event: int, counter: int = 0) -> tuple[str, ...]:
    """Return a program's beginning: one counter that counts an event."""
    return (
        f"msr PMEVTYPER{counter}_EL0, {event:#x}",
        f"msr PMCNTENSET_EL0, {1 << counter:#x}",
        "msr PMCR_EL0, 0x41",
    )


CYCLES_COUNTED = (
    "msr PMCNTENSET_EL0, 0x80000000",
    "msr PMCR_EL0, 0x41",
    "work CPU_CYCLES=100",
    "mrs x0, PMCCNTR_EL0",
)
TURNS = {"slice_cycles": 40, "host_cycles": 30}
WORK = "work CPU_CYCLES=100 INST_RETIRED=80 MEM_ACCESS=20"
TWO_CPUS = [{"counters": 6}, {"counters": 6}]
