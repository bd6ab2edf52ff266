"""Random small worlds, as plain data that a scenario file could hold.

One or two CPUs of different size, one to three guests with programs and handlers, saved state,
filters that change, host load and sampling, device lines and SGIs, migration; static or dynamic,
lazy or not, FGT or not.

Left out, since no hypervisor of this design can hide it: PMCR_EL0.D (the prescaler of 64 cycles has
no register that could be saved).
"""

from hypothesis import strategies as st

from pmulab.sim.scenario import from_dict

NO_FGT = ["FEAT_PMUv3p1", "FEAT_PMUv3p4", "FEAT_PMUv3p5"]
V3P1 = ["FEAT_PMUv3p1"]
ALL = [*NO_FGT, "FEAT_FGT", "FEAT_HPMN0"]
# What a guest counts: SW_INCR, INST_RETIRED, CPU_CYCLES, CHAIN, MEM_ACCESS.
NUMBERS = [0x00, 0x08, 0x11, 0x1E, 0x13]
# What a filter or the host names.
EVENT = st.sampled_from(["INST_RETIRED", "CPU_CYCLES"])
# It takes time, or a device that keeps its line high would keep the guest at it for ever.
HANDLER = [
    "mrs x10, ICC_IAR1_EL1",
    "mrs x11, PMOVSSET_EL0",
    "msr PMOVSCLR_EL0, x11",
    "work CPU_CYCLES=3",
    "msr ICC_EOIR1_EL1, x10",
]
OPEN_GIC = ["msr ICC_PMR_EL1, 0xf8", "msr ICC_IGRPEN1_EL1, 1", "gic 23 enable priority=0xa0"]
DEVICES = [27, 40]
OPEN_DEVICES = ["gic 27 enable priority=0x80", "gic 40 enable priority=0xb0"]

# Near an overflow, so that a few events reach it.
VALUES = [0, 1, 0xFFFFFFFF, 0xFFFFFFF0, 0xFFFFFE00, (1 << 64) - 1, (1 << 64) - 9]
MASKS = [1, 2, 3, 7, 0x80000001, 0x80000000, 0xFFFFFFFF, 0]
FILTER_BITS = [0, 0, 0, 1 << 27, 1 << 31, 1 << 30, 3 << 30]
TYPES = [event | bits for event in NUMBERS for bits in FILTER_BITS]
CONTROLS = [0, 1, 1, 1, 0x41, 0x81, 0xC1, 3, 5, 0x43, 0x45]
READS = (
    "PMEVCNTR0_EL0 PMEVCNTR1_EL0 PMEVCNTR2_EL0 PMCCNTR_EL0 PMCR_EL0 PMOVSSET_EL0 PMOVSCLR_EL0 "
    "PMCNTENSET_EL0 PMINTENSET_EL1 PMXEVCNTR_EL0 PMXEVTYPER_EL0 PMSELR_EL0 PMUSERENR_EL0 "
    "PMCEID0_EL0 PMMIR_EL1 PMEVTYPER0_EL0 PMEVTYPER1_EL0 PMCCFILTR_EL0"
).split()
BITMAPS = (
    "PMCNTENSET_EL0 PMCNTENSET_EL0 PMCNTENCLR_EL0 PMINTENSET_EL1 PMINTENSET_EL1 PMINTENCLR_EL1 "
    "PMOVSCLR_EL0 PMOVSSET_EL0 PMSWINC_EL0"
).split()
# What a guest writes, and with what: `{n}` is a counter. What stands twice is tried twice as often.
WRITES = [
    *[(bitmap, MASKS) for bitmap in BITMAPS],
    *[("PMCR_EL0", CONTROLS)] * 2,
    ("PMEVCNTR{n}_EL0", VALUES),
    ("PMCCNTR_EL0", VALUES),
    ("PMEVTYPER{n}_EL0", TYPES),
    ("PMCCFILTR_EL0", FILTER_BITS),
    ("PMSELR_EL0", [0, 1, 2, 31]),
    ("PMXEVTYPER_EL0", TYPES),
    ("PMXEVCNTR_EL0", VALUES),
    ("PMUSERENR_EL0", [0, 1, 2, 4, 8, 15]),
]
# What else it may do.
TEMPLATES = [
    *[("mrs x0, {}", READS)] * 2,
    *[(f"msr {register}, {{}}", values) for register, values in WRITES],
    ("msr DAIFSet, 2{}", [""]),
    ("msr DAIFClr, 2{}", [""]),
    ("wfi{}", [""]),
    ("work CPU_CYCLES={}", [1, 5, 16, 40]),
    ("work CPU_CYCLES=20 INST_RETIRED={}", [1, 9, 16, 40]),
    ("work CPU_CYCLES=33 MEM_ACCESS={} INST_RETIRED=16", [1, 9, 16, 300]),
    ("work CPU_CYCLES=9 MEM_ACCESS={} INST_RETIRED=8", [1, 9, 16, 300]),
]


def decode(number: int, counters: int) -> str:
    """Turn a number into an instruction: one draw each keeps Hypothesis fast and shrinks well."""
    number, which = divmod(number, len(TEMPLATES))
    template, values = TEMPLATES[which]
    number, k = divmod(number, len(values))
    number, n = divmod(number, counters + 1)
    privileged = "DAIF" in template or "wfi" in template
    at = "el0: " if number % 5 == 4 and not privileged else ""
    return at + template.format(values[k], n=n)


@st.composite
def saved(draw, counters: int):
    """Registers as a migration restores them: a VM that has run elsewhere."""
    mask = (1 << counters) - 1 | 1 << 31
    names = ["PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0"]
    registers = {name: draw(st.sampled_from(MASKS)) & mask for name in names}
    registers["PMCR_EL0"] = draw(st.sampled_from([0x40, 0x41, 0x41, 0x01]))
    registers["PMCCNTR_EL0"] = draw(st.sampled_from(VALUES))
    for n in range(counters):
        registers[f"PMEVCNTR{n}_EL0"] = draw(st.sampled_from(VALUES[:5]))
        registers[f"PMEVTYPER{n}_EL0"] = draw(st.sampled_from(NUMBERS))
    return registers


@st.composite
def vms(draw, name: str, cpus: int, emulated: bool):
    """One VM."""
    counters = draw(st.integers(0, 3))
    numbers = draw(st.lists(st.integers(0, 1 << 16), min_size=1, max_size=16))
    program = [*OPEN_GIC, *(decode(number, counters) for number in numbers)]
    if draw(st.booleans()):
        program = [*OPEN_DEVICES, *program]
    ranges = st.fixed_dictionaries({"action": st.sampled_from(["allow", "deny"]), "event": EVENT})
    return {
        "name": name,
        "counters": counters,
        "partitioned": not emulated,
        "cpu": draw(st.integers(0, cpus - 1)),
        "program": program,
        "handler": HANDLER if draw(st.booleans()) else [],
        "filter": draw(st.lists(ranges, max_size=1)),
        "restore": draw(saved(counters)) if draw(st.integers(0, 3)) == 3 else {},
    }


def changes(names: str, cpus: int, host: list[str], emulated: bool):
    """What may happen at a time, one or two actions each."""
    vm, cpu = st.sampled_from(list(names)), st.integers(0, cpus - 1)
    late = {"name": st.just("late"), "event": EVENT, "period": st.just(11)}
    rows = [
        ("deny", {"vm": vm, "event": EVENT}),
        ("allow", {"vm": vm, "event": EVENT}),
        ("sgi", {"vm": vm, "intid": st.integers(0, 15)}),
        ("host_work", {"cycles": st.integers(1, 40)}),
        ("line", {"vm": vm, "intid": st.sampled_from(DEVICES), "level": st.just(1)}),
        ("migrate", {"vm": vm, "to": cpu}) if cpus > 1 else None,
        ("perf_add", late) if not emulated else None,
        ("perf_remove", {"name": st.sampled_from(host)}) if host else None,
    ]
    return st.one_of([change(cpu, *row) for row in rows if row])


def change(cpu, do: str, keys: dict):
    """One action as a list; a device's line falls again some time later."""
    always = {"at": st.integers(0, 200), "do": st.just(do), "cpu": cpu}
    one = st.fixed_dictionaries(always | keys).map(lambda action: [action])
    return st.builds(pulse, one, st.integers(1, 60)) if do == "line" else one


def pulse(up: list[dict], length: int) -> list[dict]:
    """Let a line that rises fall again."""
    return [*up, {**up[0], "at": up[0]["at"] + length, "level": 0}]


@st.composite
def worlds(draw, emulated: bool = False):
    """A whole world; with emulated PMUs no host events, which would take their counters away."""
    names = "ABC"[: draw(st.integers(1, 3))]
    features = draw(st.sampled_from([ALL, ALL, NO_FGT, V3P1]))
    lrs = draw(st.sampled_from([4, 4, 2]))
    sizes = draw(st.sampled_from([[6], [6], [6, 8], [8, 6]]))
    perf = st.fixed_dictionaries(
        {
            "event": EVENT,
            "period": st.sampled_from([0, 5, 17]),
            "cpu": st.integers(0, len(sizes) - 1),
        }
    )
    host = draw(st.lists(perf, max_size=0 if emulated else 2))
    host = [{"name": f"h{n}", **row} for n, row in enumerate(host)]
    change = changes(names, len(sizes), [row["name"] for row in host], emulated)
    actions = draw(st.lists(change, max_size=3))
    return {
        "pmulab": 1,
        "name": "random",
        "cpus": [{"counters": n, "features": features, "list_registers": lrs} for n in sizes],
        "partition": {
            "reserved_host_counters": -1 if emulated else draw(st.sampled_from([2, 3])),
            "dynamic": draw(st.booleans()),
            "lazy": draw(st.booleans()),
        },
        "slice_cycles": draw(st.integers(1, 50)),
        "host_cycles": draw(st.sampled_from([0, 0, 7])),
        "vms": [draw(vms(name, len(sizes), emulated)) for name in names],
        "perf_events": host,
        "actions": [
            {**one, "name": f"late{n}"} if one["do"] == "perf_add" else one
            for n, one in enumerate(one for some in actions for one in some)
        ],
    }


def scenarios(emulated: bool = False):
    """Worlds, checked and ready to run."""
    return worlds(emulated).map(lambda data: (data, from_dict(data)))
