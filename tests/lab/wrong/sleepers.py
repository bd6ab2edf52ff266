"""Guests that halt just after an overflow: the host's handler is what wakes them."""

from lab.wrong.parts import INST, OPEN_GIC, TWO_CPUS, counting, host, vm

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
    "RecordKicksSmall": host(vm(*OVERFLOWS, counters=5), counters=8),
}
