"""Scenarios that show more wrong hooks, as in `scenarios`.

Most had to be put twice before anything was wrong, or count what is seldom counted.
"""

from lab.wrong.parts import (
    CYCLES_COUNTED,
    HANDLER,
    INST,
    MEM,
    OPEN_GIC,
    TURNS,
    WORK,
    counting,
    host,
    vm,
)

PENDS = (*OPEN_GIC[:2], "gic 40 enable priority=0x80", "gic 40 pend")
TAKES = ("mrs x0, ICC_IAR1_EL1",)
MORE: dict[str, dict] = {
    "StopOrs": host(
        vm(
            *counting(INST),
            WORK,
            "msr PMCNTENCLR_EL0, 1",
            *(WORK, WORK),
            "mrs x0, PMCNTENSET_EL0",
            "mrs x1, PMEVCNTR0_EL0",
        ),
        **TURNS,
    ),
    "StopSavesSome": host(
        vm(*counting(INST), WORK, "msr PMCNTENCLR_EL0, 1", WORK, "mrs x0, PMCNTENSET_EL0"),
        **TURNS,
    ),
    "PutSkipsZeros": host(
        vm(*counting(INST), WORK, "msr PMCNTENCLR_EL0, 1", "msr PMEVCNTR0_EL0, 0", WORK, WORK),
        **TURNS,
    ),
    "PutOrsControl": host(
        vm("msr PMCR_EL0, 0x9", WORK, "msr PMCR_EL0, 0x1", WORK, "mrs x0, PMCR_EL0"), **TURNS
    ),
    "PutKeepsSelectorOfZero": host(
        vm("msr PMSELR_EL0, 1", WORK, "msr PMSELR_EL0, 0", WORK, "mrs x0, PMSELR_EL0"), **TURNS
    ),
    "PutKeepsLarger": host(vm("msr PMEVCNTR0_EL0, 9", WORK, "msr PMEVCNTR0_EL0, 5", WORK), **TURNS),
    "LoadLendsMaskAlone": host(
        vm("msr PMCNTENSET_EL0, 0x80000000", "work CPU_CYCLES=100", counters=0),
        counters=1,
        reserved=0,
        dynamic=True,
        features=["FEAT_PMUv3p1", "FEAT_FGT"],
        perf_events=[{"name": "inst", "event": INST}],
        actions=[{"at": 50, "do": "host_work", "cycles": 30}],
    ),
    "ApplyRawWithoutRanges": host(
        vm(
            "msr PMCNTENSET_EL0, 0x1",
            "msr PMCR_EL0, 0x41",
            WORK,
            restore={"PMEVTYPER0_EL0": 0x8000008},
        ),
        features=["FEAT_FGT", "FEAT_HPMN0"],
        actions=[{"at": 50, "do": "host_work", "cycles": 30}],
    ),
    "ApplyUnlessSameRanges": host(
        vm(*counting(INST), WORK, WORK),
        actions=[{"at": 50, "do": "set_reg", "vm": "A", "reg": "PMEVTYPER0_EL0", "value": MEM}],
    ),
    "TypeNeverByLowByte": host(
        vm(
            *counting(0x400),
            "work CPU_CYCLES=20 0x400=20",
            filter=[{"action": "deny", "event": 0x400}],
        ),
    ),
    "TypeKeyWithoutBit9": host(
        vm(
            *counting(0x208),
            "work CPU_CYCLES=20 0x208=20",
            filter=[{"action": "deny", "event": 0x208}],
        ),
    ),
    "TypeSortsRanges": host(
        vm(
            *counting(INST),
            WORK,
            filter=[
                {"action": "deny", "event": INST},
                {"action": "allow", "event": 0, "count": 16},
            ],
        ),
    ),
    "WriteKeepsCyclesEvent": host(
        vm(*CYCLES_COUNTED[:3], "msr PMCCFILTR_EL0, 0x80000000", *CYCLES_COUNTED[2:]),
        reserved=-1,
    ),
    "WriteUpToFifteen": host(
        vm(*counting(INST, 17), WORK, "msr PMEVTYPER17_EL0, 0x13", WORK, counters=20),
        counters=24,
    ),
    "WriteChainToPair": host(
        vm(*counting(INST), "msr PMEVTYPER1_EL0, 0x8000001e", WORK, counters=2)
    ),
    "BanWithoutThirty": host(
        vm(*counting(INST, 30), WORK, WORK, counters=31),
        counters=31,
        reserved=0,
        actions=[{"at": 50, "do": "deny", "vm": "A", "event": INST}],
    ),
    "DecideFirstOnly": host(
        vm(WORK, WORK, WORK, restore={"PMEVTYPER0_EL0": INST, "PMCR_EL0": 1}),
        lazy=True,
        actions=[{"at": 50, "do": "set_reg", "vm": "A", "reg": "PMCNTENSET_EL0", "value": 1}],
    ),
    "ReserveStaticToo": host(
        vm(*counting(INST, 5), WORK, WORK, WORK, WORK, counters=6),
        reserved=0,
        perf_events=[{"name": "inst", "event": INST}],
        actions=[{"at": 100, "do": "perf_add", "name": "mem", "event": MEM, "period": 0}],
        **TURNS,
    ),
    "UpdateOfTwentyThree": host(
        vm(
            *OPEN_GIC[:2],
            "gic 21 enable priority=0xa0",
            "msr DAIFClr, 2",
            "msr PMEVCNTR0_EL0, 0xfffffff0",
            "msr PMINTENSET_EL1, 1",
            *counting(INST),
            WORK,
            handler=list(HANDLER),
            pmu_irq=21,
        ),
    ),
    "ControlKeepsLcWidth": host(
        vm(
            "msr PMCCNTR_EL0, 0xfffffff0",
            *("msr PMCNTENSET_EL0, 0x80000000", "msr PMCR_EL0, 0x41", "msr PMCR_EL0, 0x1"),
            WORK,
            "mrs x0, PMOVSSET_EL0",
        ),
        reserved=-1,
    ),
    "FoldSoftPpisOnly": host(
        vm(*PENDS, *TAKES, "msr ICC_EOIR1_EL1, x0", "work CPU_CYCLES=10", "mrs x1, ICC_IAR1_EL1")
    ),
    "TargetSpisByLine": host(vm(*PENDS, *TAKES)),
    "TargetNotIdle": host(
        vm(*PENDS[:2], "gic 40 enable priority=0xf8", "gic 40 pend", "mrs x0, ICC_HPPIR1_EL1")
    ),
    "TargetDisabledSpi": host(
        vm(
            *PENDS,
            *TAKES,
            "gic 40 disable",
            "gic 41 enable priority=0x80",
            "msr ICC_EOIR1_EL1, x0",
            "gic 40 enable",
            "gic 40 pend",
            "mrs x1, ICC_IAR1_EL1",
        ),
    ),
    "PopulateEatsSpiLatch": host(vm(*PENDS, "gic 41 enable priority=0x80", *TAKES)),
}
