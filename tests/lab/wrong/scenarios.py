"""Scenarios that show wrong hooks which a drawn case seldom or never shows, a row each.

A row is what `pmulab.sim.scenario.from_dict` takes. Whoever is wrong there breaks a law, or lets a
guest observe or the host count something else than the reference does.
"""

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


WORK = "work CPU_CYCLES=100 INST_RETIRED=80 MEM_ACCESS=20"
TWO_CPUS = [{"counters": 6}, {"counters": 6}]
AT_CPU_1 = {"cpu": 1}

SCENARIOS: dict[str, dict] = {
    "TypeFiltersChain": host(
        vm(
            "msr PMEVTYPER0_EL0, 0x8",
            "msr PMEVTYPER1_EL0, 0x1e",
            "msr PMEVCNTR0_EL0, 0xfffffff0",
            "msr PMCNTENSET_EL0, 0x3",
            "msr PMCR_EL0, 0x41",
            WORK,
            "mrs x0, PMEVCNTR1_EL0",
            counters=2,
            filter=[{"action": "allow", "event": INST}],
        ),
    ),
    "TypeDeniesTheKernel": host(
        vm(
            *counting(INST),
            f"el0: {WORK}",
            "mrs x0, PMEVCNTR0_EL0",
            filter=[{"action": "deny", "event": INST}],
        ),
    ),
    "WriteOneDigit": host(
        vm(
            "msr PMEVTYPER1_EL0, 0x13",
            *counting(INST, 12),
            WORK,
            "mrs x0, PMEVCNTR12_EL0",
            counters=14,
        ),
        counters=16,
    ),
    "WriteKeepsPerfEvent": host(
        vm(*counting(INST), WORK, "msr PMEVTYPER0_EL0, 0x13", WORK, "mrs x0, PMEVCNTR0_EL0"),
        reserved=-1,
    ),
    "BanSparesEmulated": host(
        vm(*counting(INST), WORK, WORK, "mrs x0, PMEVCNTR0_EL0"),
        reserved=-1,
        actions=[{"at": 50, "do": "deny", "vm": "A", "event": INST}],
    ),
    "BanNeverAllowsAgain": host(
        vm(*counting(INST), WORK, WORK, "mrs x0, PMEVCNTR0_EL0"),
        reserved=-1,
        actions=[
            {"at": 50, "do": "deny", "vm": "A", "event": INST},
            {"at": 90, "do": "allow", "vm": "A", "event": INST},
        ],
    ),
    "BanOnBootCpu": host(
        vm(*counting(INST), WORK, WORK, "mrs x0, PMEVCNTR0_EL0", cpu=1),
        cpus=TWO_CPUS,
        actions=[{"at": 50, "do": "deny", "vm": "A", "event": INST, "cpu": 1}],
    ),
    "BanOnSixteen": host(
        vm(*counting(INST, 17), WORK, WORK, "mrs x0, PMEVCNTR17_EL0", counters=20),
        counters=24,
        actions=[{"at": 50, "do": "deny", "vm": "A", "event": INST}],
    ),
    "SplitGivesCyclesAway": host(
        vm(WORK, WORK),
        reserved=-1,
        slice_cycles=40,
        host_cycles=30,
        perf_events=[{"name": "cycles", "event": CYCLES, "period": 25}],
    ),
    "SplitHandlesSamples": host(
        vm(WORK, WORK),
        slice_cycles=40,
        host_cycles=1 << 31,
        perf_events=[{"name": "inst", "event": INST}],
    ),
    "SplitByLoadedGuest": host(
        vm(WORK, WORK, counters=6),
        reserved=0,
        dynamic=True,
        lazy=True,
        actions=[{"at": 50, "do": "host_work", "cycles": 30}],
        perf_events=[{"name": "inst", "event": INST, "period": 25}],
    ),
    "RecordForBootCpu": host(
        vm(
            *OPEN_GIC,
            "msr DAIFClr, 2",
            "msr PMEVCNTR0_EL0, 0xfffffff0",
            "msr PMINTENSET_EL1, 0x1",
            *counting(INST),
            WORK,
            "mrs x0, PMOVSSET_EL0",
            handler=list(HANDLER),
            cpu=1,
        ),
        cpus=TWO_CPUS,
    ),
    "HostMaskWithoutCycles": host(
        vm(
            "msr PMEVTYPER0_EL0, 0x8",
            "msr PMEVTYPER1_EL0, 0x13",
            "msr PMCNTENSET_EL0, 0x80000003",
            "msr PMCR_EL0, 0x41",
            WORK,
            "mrs x0, PMEVCNTR0_EL0",
            "mrs x1, PMEVCNTR1_EL0",
            "mrs x2, PMCCNTR_EL0",
            counters=2,
        ),
        counters=2,
        reserved=-1,
    ),
    "TakeAsBootCpuLends": host(
        vm(*counting(INST), WORK, "mrs x0, PMEVCNTR0_EL0", cpu=1, supported_cpus=[1]),
        cpus=[{"counters": 2}, {"counters": 6}],
        reserved=4,
        lazy=True,
    ),
    "DecideAsBootCpuLends": host(
        vm(*counting(INST), WORK, "mrs x0, PMEVCNTR0_EL0", cpu=1, supported_cpus=[1]),
        cpus=[{"counters": 2}, {"counters": 6}],
        reserved=4,
        slice_cycles=40,
        host_cycles=1,
    ),
    "ReserveDropsWaiting": host(
        vm(WORK, WORK, counters=2),
        counters=2,
        reserved=0,
        dynamic=True,
        slice_cycles=40,
        host_cycles=30,
        perf_events=[{"name": "inst", "event": INST}, {"name": "mem", "event": MEM}],
    ),
    "ReserveRestartsPeriods": host(
        vm(WORK, WORK),
        reserved=0,
        dynamic=True,
        slice_cycles=40,
        host_cycles=30,
        perf_events=[{"name": "inst", "event": INST, "period": 100}],
    ),
    "FoldDropsDisabled": host(
        vm(
            *OPEN_GIC[:2],
            "gic 3 enable priority=0x80",
            WORK,
            "mrs x0, ICC_IAR1_EL1",
            WORK,
            "gic 3 disable",
            WORK,
            "gic 3 enable",
            "msr ICC_EOIR1_EL1, x0",
            WORK,
            "mrs x1, ICC_IAR1_EL1",
        ),
        actions=[
            {"at": 50, "do": "sgi", "vm": "A", "intid": 3},
            {"at": 150, "do": "sgi", "vm": "A", "intid": 3},
        ],
        slice_cycles=40,
    ),
}

# A guest whose counter overflows just before it halts: the host's handler is what wakes it.
OVERFLOWS = (
    *OPEN_GIC,
    "msr PMEVCNTR0_EL0, 0xffffffff",
    "msr PMINTENSET_EL1, 0x1",
    *counting(INST),
)
CYCLES_OVERFLOW = (
    *OPEN_GIC,
    "msr PMCCNTR_EL0, 0xffffffff",
    "msr PMINTENSET_EL1, 0x80000000",
    "msr PMCNTENSET_EL0, 0x80000000",
    "msr PMCR_EL0, 0x1",
)
SLEEPERS: dict[str, dict] = {
    "KickOnBootCpu": host(vm(*OVERFLOWS, cpu=1), cpus=TWO_CPUS),
    "KickPartitioned": host(vm(*OVERFLOWS), reserved=-1),
    "KickForEventCounters": host(vm(*CYCLES_OVERFLOW, counters=0)),
    "KickWhoSleeps": host(vm(*OVERFLOWS)),
}
