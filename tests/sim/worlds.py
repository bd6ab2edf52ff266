"""Random small worlds, as plain data that a scenario file could hold.

One or two CPUs of any size, partitioned and emulated VMs with one or several vCPUs, their programs
and handlers; saved state, filters, a host that counts, samples and works; devices, SGIs, migration,
and a VMM that reads, writes and resets. `dimensions` names what a world has of all this.

Left out, since no hypervisor of this design can hide it: PMCR_EL0.D (the prescaler of 64 cycles has
no register that could be saved); emulated counters beyond those that the host has left.
"""

from random import Random

from hypothesis import strategies as st

from pmulab.sim.scenario import from_dict

NO_FGT = ["FEAT_PMUv3p1", "FEAT_PMUv3p4", "FEAT_PMUv3p5"]
ALL = [*NO_FGT, "FEAT_FGT", "FEAT_HPMN0"]
KINDS = [ALL, ALL, ALL, ALL[:4], NO_FGT, NO_FGT[:1], []]
SIZES = [[1], [4], [6], [6], [8], [31], [31], [6, 8], [8, 6], [4, 31], [31, 4], [1, 6]]
# What a guest counts: SW_INCR, INST_RETIRED, CPU_CYCLES, CHAIN, MEM_ACCESS; some beyond ten bits.
NUMBERS = [0x00, 0x08, 0x08, 0x11, 0x1E, 0x13, 0x13, 0x413, 0x4008]
EVENTS = [0x08, 0x11, 0x13, 0x413, "INST_RETIRED", "CPU_CYCLES"]
OPEN_GIC = ["msr ICC_PMR_EL1, 0xf8", "msr ICC_IGRPEN1_EL1, 1"]
# It takes time, or a device that keeps its line high would keep the guest at it for ever.
HANDLER = [
    "mrs x10, ICC_IAR1_EL1",
    "mrs x11, PMOVSSET_EL0",
    "msr PMOVSCLR_EL0, x11",
    "work CPU_CYCLES=3",
    "msr ICC_EOIR1_EL1, x10",
]
TWO_STEPS = "msr ICC_CTLR_EL1, 2"
# Software must take back what it has set pending: ended like this it would come for ever.
ENDS = ["msr ICC_DIR_EL1, x10", "gic {irq} unpend deactivate"]
DEVICES = [27, 40, 41, 42, 43, 255]

# Near an overflow, so that a few events reach it.
VALUES = [0, 1, 0xFFFFFFFF, 0xFFFFFFF0, 0xFFFFFE00, (1 << 64) - 1, (1 << 64) - 9]
MASKS = [1, 2, 3, 7, 8, 0x20, 0x40000000, 0x80000001, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFF, 0]
FILTER_BITS = [0, 0, 0, 1 << 27, 1 << 31, 1 << 30, 3 << 30]
TYPES = [event | bits for event in NUMBERS for bits in FILTER_BITS]
CONTROLS = [0, 1, 1, 1, 0x41, 0x81, 0xC1, 3, 5, 0x43, 0x45]
READS = (
    "PMEVCNTR{n}_EL0 PMEVCNTR{n}_EL0 PMCCNTR_EL0 PMCR_EL0 PMOVSSET_EL0 PMOVSCLR_EL0 "
    "PMCNTENSET_EL0 PMINTENSET_EL1 PMXEVCNTR_EL0 PMXEVTYPER_EL0 PMSELR_EL0 PMUSERENR_EL0 "
    "PMCEID0_EL0 PMCEID1_EL0 PMMIR_EL1 PMEVTYPER{n}_EL0 PMCCFILTR_EL0"
).split()
GIC_READS = "ICC_HPPIR1_EL1 ICC_HPPIR0_EL1 ICC_RPR_EL1 ICC_PMR_EL1".split()
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
    *[("PMEVTYPER{n}_EL0", TYPES)] * 2,
    ("PMCCFILTR_EL0", FILTER_BITS),
    ("PMSELR_EL0", [0, 1, 2, 9, 30, 31]),
    ("PMXEVTYPER_EL0", TYPES),
    ("PMXEVCNTR_EL0", VALUES),
    ("PMUSERENR_EL0", [0, 1, 2, 4, 8, 15]),
]
# What else it may do; what it does to its interrupts is privileged, and comes last.
TEMPLATES = [
    *[("mrs x0, {}", READS)] * 3,
    *[(f"msr {register}, {{}}", values) for register, values in WRITES],
    ("work CPU_CYCLES={}", [1, 5, 16, 40]),
    ("work CPU_CYCLES=20 INST_RETIRED={}", [1, 9, 16, 40]),
    ("work CPU_CYCLES=33 MEM_ACCESS={} INST_RETIRED=16", [1, 9, 16, 300]),
    ("work CPU_CYCLES=9 MEM_ACCESS={} INST_RETIRED=8", [1, 9, 16, 300]),
    ("work CPU_CYCLES=9 0x413={} 0x4008=20", [1, 9, 16, 300]),
]
PRIVILEGED = [
    ("msr DAIFSet, 2{}", [""]),
    ("msr DAIFClr, 2{}", [""]),
    ("wfi{}", [""]),
    ("mrs x1, {}", GIC_READS),
    ("msr ICC_PMR_EL1, {}", [0x80, 0xA0, 0xF8, 0]),
    ("msr ICC_BPR1_EL1, {}", [0, 3, 5, 7]),
    ("gic {{irq}} {}", "enable disable pend unpend deactivate group0 group1".split()),
    ("gic {} disable", DEVICES),
    ("gic {} enable priority=0x40", DEVICES),
]


def instruction(rng: Random, counters: int, irq: int) -> str:
    """Draw an instruction."""
    privileged = rng.random() < 0.2
    template, values = rng.choice(PRIVILEGED if privileged else TEMPLATES)
    at = "el0: " if not privileged and rng.random() < 0.15 else ""
    text = template.format(rng.choice(values), n="{n}") if "{}" in template else template
    # Often the last counter, or one that it lacks.
    n = rng.choice((0, max(counters - 1, 0), rng.randint(0, min(counters, 30))))
    return at + text.format(n=n, irq=irq)


def saved(rng: Random, counters: int) -> dict[str, int]:
    """Draw registers as a migration restores them: a VM that has run elsewhere."""
    names = ["PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0"]
    last = [1 << max(counters - 1, 0)] * 3
    registers = {name: rng.choice([*MASKS, *last]) for name in names}
    registers["PMCR_EL0"] = rng.choice([0x40, 0x41, 0x41, 0x01, 0xC1, 0x43])
    registers["PMCCNTR_EL0"] = rng.choice(VALUES)
    for n in range(counters):
        registers[f"PMEVCNTR{n}_EL0"] = rng.choice(VALUES)
        registers[f"PMEVTYPER{n}_EL0"] = rng.choice(TYPES)
    return registers


class World:
    """Draws a world: first the CPUs and the host, then the VMs, then what happens at a time."""

    def __init__(self, rng: Random, emulated: bool) -> None:
        self.rng = rng
        self.sizes, self.features = rng.choice(SIZES), rng.choice(KINDS)
        self.emulates = emulated or rng.random() < 0.25
        self.dynamic = rng.random() < 0.4
        smallest = min(self.sizes)
        self.reserved = rng.choice([0, smallest, rng.randint(0, smallest), min(2, smallest)])
        if len(self.sizes) == 2 and rng.random() < 0.3:
            self.reserved = rng.randint(smallest, max(self.sizes))
        if emulated and rng.random() < 0.5:
            self.reserved = -1
        elif self.emulates and not self.dynamic:
            # Where the host has no counters of its own there is nothing to emulate with.
            self.reserved = max(self.reserved, smallest)
        self.host = self.events()
        self.vms = [self.vm(name) for name in "ABC"[: rng.choice((1, 2, 2, 3))]]

    def events(self) -> list[dict]:
        """Draw what the host counts: little where guests' counters need the rest."""
        rng, found = self.rng, []
        for n in range(len(self.sizes)):
            most = max(min(4, self.left(n) - 1), 0) if self.emulates else 4
            for k in range(rng.randint(0, most)):
                period = rng.choice([0, 0, 5, 17])
                event = rng.choice(EVENTS[:3])
                found.append({"name": f"h{n}{k}", "event": event, "period": period, "cpu": n})
        return found

    def left(self, n: int) -> int:
        """Return how many event counters the host has on a CPU while an emulated guest is there."""
        size, least = self.sizes[n], 0 if "FEAT_HPMN0" in self.features else 1
        whole = self.dynamic or not 0 <= self.reserved <= size
        return size if whole else min(self.reserved, size - least)

    def most(self, n: int, partitioned: bool) -> int:
        """Return how many counters a guest may have on a CPU."""
        if partitioned and 0 <= self.reserved <= self.sizes[n]:
            return self.sizes[n] - self.reserved
        return self.left(n) - sum(event["cpu"] == n for event in self.host) - 1

    def vm(self, name: str) -> dict:
        """Draw a VM that has its counters wherever it may run."""
        rng = self.rng
        partitioned = not (self.emulates and rng.random() < 0.7) and self.reserved >= 0
        where = [n for n in range(len(self.sizes)) if self.most(n, partitioned) >= 0]
        if partitioned:
            where = [n for n in where if self.reserved <= self.sizes[n]]
        if not where:
            where = [max(range(len(self.sizes)), key=lambda n: self.sizes[n])]
            partitioned = True
        if len(where) > 1 and rng.random() < 0.2:
            where = [rng.choice(where)]
        most = max(min(self.most(n, partitioned) for n in where), 0)
        counters = rng.choice([most, rng.randint(0, most), min(most, 2)])
        vcpus = rng.choice([1, 1, 1, 2, 3])
        irq = rng.choice([23, 23, 23, 21] if vcpus > 1 else [23, 23, 21, 50])
        return {
            "name": name,
            "counters": counters,
            "partitioned": partitioned,
            "vcpus": vcpus,
            "cpu": where[0],
            **({"supported_cpus": where} if len(where) < len(self.sizes) else {}),
            "pmu_irq": irq,
            **self.software(counters, irq),
            "filter": [self.range() for _ in range(rng.choice([0, 0, 1, 2, 4]))],
            "restore": saved(rng, counters) if rng.random() < 0.3 else {},
        }

    def software(self, counters: int, irq: int) -> dict:
        """Draw a program and its handler, which ends an interrupt in one step or in two."""
        rng = self.rng
        program = [*OPEN_GIC, f"gic {irq} enable priority={rng.choice(['0xa0', '0x80', '0x48'])}"]
        handler = [*HANDLER] if rng.random() < 0.6 else []
        if handler and rng.random() < 0.3:
            program.append(TWO_STEPS)
            handler.append(rng.choice(ENDS).format(irq=irq))
        if rng.random() < 0.5:
            devices = rng.sample(DEVICES, rng.randint(1, len(DEVICES)))
            program += [f"gic {n} enable priority={rng.randrange(32) << 3}" for n in devices]
        drawn = (instruction(rng, counters, irq) for _ in range(rng.randint(4, 20)))
        return {"program": [*program, *drawn], "handler": handler}

    def range(self) -> dict:
        """Draw a range of the event filter: one event, none, or many."""
        rng = self.rng
        count = rng.choice([1, 1, 1, 0, 16, 0x300])
        word = rng.choice(["allow", "deny"])
        return {"action": word, "event": self.event(), "count": count}

    def event(self) -> int | str:
        """Draw an event to filter: without FEAT_PMUv3p1 its number has ten bits."""
        return self.rng.choice(EVENTS if self.features else [e for e in EVENTS if e != 0x413])

    # ---- what happens at a time

    def actions(self) -> list[dict]:
        """Draw what happens, each with its time and CPU."""
        rng, found = self.rng, []
        for n in range(rng.choice([0, 1, 2, 3, 5])):
            do = getattr(self, f"do_{rng.choice(DOES)}")
            at = {"at": rng.choice([0, rng.randint(0, 200)]), "cpu": rng.randrange(len(self.sizes))}
            found += [at | action for action in do(n)]
        return found

    def who(self) -> str:
        """Draw a VM, or one of its vCPUs."""
        vm = self.rng.choice(self.vms)
        several = vm["vcpus"] > 1 and self.rng.random() < 0.5
        return f"{vm['name']}{self.rng.randrange(vm['vcpus'])}" if several else vm["name"]

    def do_filter(self, n: int) -> list[dict]:
        """Ban or allow some events."""
        word, vm = self.rng.choice(["deny", "deny", "allow"]), self.rng.choice(self.vms)["name"]
        count = self.rng.choice([1, 1, 16])
        return [{"do": word, "vm": vm, "event": self.event(), "count": count}]

    def do_sgi(self, n: int) -> list[dict]:
        """Send one or several software-generated interrupts."""
        who = self.who()
        intids = self.rng.sample(range(16), self.rng.choice([1, 1, 3, 6]))
        return [{"do": "sgi", "vm": who, "intid": intid} for intid in intids]

    def do_line(self, n: int) -> list[dict]:
        """Let devices raise their lines, and lower them some time later."""
        rng, who = self.rng, self.who()
        intids = rng.sample(DEVICES, rng.choice([1, 1, 3, len(DEVICES)]))
        at, length = rng.randint(0, 200), rng.randint(1, 60)
        pulses = [(intid, at, 1) for intid in intids] + [(i, at + length, 0) for i in intids]
        return [
            {"at": at, "do": "line", "vm": who, "intid": intid, "level": level}
            for intid, at, level in pulses
        ]

    def do_host_work(self, n: int) -> list[dict]:
        """Let the host work."""
        return [{"do": "host_work", "cycles": self.rng.randint(1, 60)}]

    def do_migrate(self, n: int) -> list[dict]:
        """Move a vCPU or a VM."""
        return [{"do": "migrate", "vm": self.who(), "to": self.rng.randrange(len(self.sizes))}]

    def do_perf(self, n: int) -> list[dict]:
        """Begin to count something on the host, or end it."""
        if self.host and self.rng.random() < 0.5:
            event = self.rng.choice(self.host)
            return [{"do": "perf_remove", "name": event["name"], "cpu": event["cpu"]}]
        period = self.rng.choice([0, 11])
        late = {"do": "perf_add", "name": f"late{n}", "event": self.rng.choice(EVENTS[:3])}
        return [] if self.emulates or self.reserved < 0 else [late | {"period": period}]

    def do_userspace(self, n: int) -> list[dict]:
        """Let the VMM read, write or reset; what it writes is some register of a saved state."""
        rng, vm = self.rng, self.rng.choice(self.vms)
        reg, value = rng.choice(list(saved(rng, vm["counters"]).items()))
        rows = [
            {"do": "set_reg", "vm": vm["name"], "reg": reg, "value": value},
            {"do": "get_reg", "vm": vm["name"], "reg": reg},
            {"do": "reset", "vm": vm["name"]},
        ]
        return [rng.choice([*rows, rows[0]])]


DOES = "filter filter sgi line line host_work migrate migrate perf userspace userspace".split()


def world_of(rng: Random, emulated: bool = False) -> dict:
    """Draw a whole world; `emulated`: most of its PMUs are."""
    world = World(rng, emulated)
    lrs, latency = rng.choice([4, 4, 2, 16]), rng.choice([0, 0, 0, 6])
    cpu = {"features": world.features, "list_registers": lrs, "irq_latency": latency}
    return {
        "pmulab": 1,
        "name": "random",
        "cpus": [{"counters": n, **cpu} for n in world.sizes],
        "partition": {
            "reserved_host_counters": world.reserved,
            "dynamic": world.dynamic,
            "lazy": rng.random() < 0.4,
        },
        "slice_cycles": rng.randint(1, 50),
        "host_cycles": rng.choice([0, 0, 7]),
        "vms": world.vms,
        "perf_events": world.host,
        "actions": world.actions(),
    }


def scenarios(emulated: bool = False):
    """Worlds, checked and ready to run; Hypothesis draws the numbers, and shrinks them."""
    drawn = st.randoms(use_true_random=False).map(lambda rng: world_of(rng, emulated))
    return drawn.map(lambda data: (data, from_dict(data)))


# ---- what a world has


def dimensions(data: dict) -> set[str]:
    """Name what a world has, of all that it should sometimes have."""
    vms, cpus, actions = data["vms"], data["cpus"], data["actions"]
    sizes, features = [cpu["counters"] for cpu in cpus], cpus[0]["features"]
    lines = [line for vm in vms for line in vm["program"] + vm["handler"]]
    counters = {vm["counters"] for vm in vms}
    periods = [event["period"] for event in data["perf_events"]]
    n_irqs = len({line.split()[1] for line in lines if line.startswith("gic")})
    partition, ranges = data["partition"], [row for vm in vms for row in vm["filter"]]
    tests = {
        "HPMN N": counters & set(sizes),
        "VMs of different size": len(counters) > 1,
        "several vCPUs": any(vm["vcpus"] > 1 for vm in vms),
        "partitioned": any(vm["partitioned"] for vm in vms),
        "emulated": not all(vm["partitioned"] for vm in vms),
        "both kinds": len({vm["partitioned"] for vm in vms}) == 2,
        "CPUs of different size": len(set(sizes)) > 1,
        "supported_cpus": any("supported_cpus" in vm for vm in vms),
        "sampling": any(periods),
        "host cycles": any(event["event"] == 0x11 for event in data["perf_events"]),
        "allow list": any(row["action"] == "allow" for row in ranges),
        "several ranges": any(len(vm["filter"]) > 1 for vm in vms),
        "range of many": any(row["count"] > 1 for row in ranges),
        "EL0": any(line.startswith("el0:") for line in lines),
        "EL filter": any(typed(line) >> 27 for line in lines if line.startswith(("msr", "el0: m"))),
        "EOImode 1": TWO_STEPS in lines,
        "DIR": ENDS[0] in lines,
        "deactivate": any("deactivate" in line for line in lines),
        "group 0": any("group0" in line for line in lines),
        "PMR": sum("ICC_PMR" in line for line in lines) > len(vms),
        "BPR": any("ICC_BPR" in line for line in lines),
        "more interrupts than registers": n_irqs > cpus[0]["list_registers"],
        "restored": any(vm["restore"] for vm in vms),
        "restored in mid-run": any(row["do"] == "set_reg" and row["at"] for row in actions),
        "another INTID": any(vm["pmu_irq"] != 23 for vm in vms),
        "latency": cpus[0]["irq_latency"],
        "events of 16 bits": any("0x413=" in line for line in lines),
    }
    return {
        *(f"PE of {n} counters" for n in sizes),
        f"host events: {min(len(periods), 4)}",
        f"list registers: {cpus[0]['list_registers']}",
        *(action["do"] for action in actions),
        *(f"{feature} missing" for feature in ALL if feature not in features),
        *(f"HPMN {n}" for n in (0, 1) if n in counters),
        "dynamic" if partition["dynamic"] else "static",
        "lazy" if partition["lazy"] else "eager",
        *(name for name, occurs in tests.items() if occurs),
    }


def typed(line: str) -> int:
    """Return what an instruction writes to an event type, or 0."""
    words = line.removeprefix("el0: ").split()
    return int(words[-1]) if words[1:] and words[1].startswith("PMEVTYPER") and words[2:] else 0
