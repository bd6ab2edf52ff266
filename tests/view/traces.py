"""A trace made by hand: two guests take turns on one PE; and a random one of any length."""

import random

from pmulab.sim.trace import Record, Trace

GUEST = 0x8000000F
SAVED = ("PMCR_EL0", "PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0", "PMSELR_EL0")
SAVED += ("PMCCNTR_EL0", "PMEVCNTR0_EL0", "PMEVCNTR1_EL0", "PMEVTYPER0_EL0", "PMEVTYPER1_EL0")
HARDWARE = (*SAVED, "MDCR_EL2", "PMUSERENR_EL0")
FIRST = {
    "cpu0.PMCR_EL0": 0x41003040,
    "cpu0.MDCR_EL2": 0x2000084,
    "A.PMCR_EL0": 0x41,
    "B.PMCR_EL0": 0x41,
    "A.PMCNTENSET_EL0": 0x80000001,
    "A.PMINTENSET_EL1": 0x1,
    "B.PMCNTENSET_EL0": 0x3,
    "A.PMEVTYPER0_EL0": 0x8,
    "B.PMEVTYPER0_EL0": 0x8000011,
    "B.PMEVTYPER1_EL0": 0x10,
    "A.PMEVCNTR0_EL0": 0xFFFFFFF0,
    "A.PMCCNTR_EL0": 0xFFFFFFFFFFFFF000,
}


class Tape:
    """Writes records and keeps the state that they lead to."""

    def __init__(self):
        places = [("cpu0", HARDWARE), ("A", SAVED), ("B", SAVED)]
        self.initial = {f"{p}.{r}": FIRST.get(f"{p}.{r}", 0) for p, names in places for r in names}
        self.state, self.records, self.time = dict(self.initial), [], 0

    def add(self, who, kind, text, *, cycles=4, changes=None, **more):
        """Add a record; `changes` are the new values."""
        self.time += cycles
        changes = {at: (self.state[at], new) for at, new in (changes or {}).items()}
        self.state |= {at: new for at, (_, new) in changes.items()}
        self.records.append(Record(self.time, 0, who, kind, text, changes, **more))

    def hook(self, name, line, code):
        """Name a line of the hypervisor."""
        return {"hook": name, "at": f"pmulab/kvm/swap.py:{line}", "code": code}

    def load(self, guest):
        """Load a vCPU."""
        self.add("host", "load", f"load {guest} onto cpu0", marks=("swap",), vcpu=guest)
        for line, register in enumerate(SAVED[5:] + SAVED[:5], 24):
            code = f'cpu.msr("{register}", regs["{register}"])'
            value = self.state[f"{guest}.{register}"]
            where = self.hook("pmu_load", line, code)
            changes = {f"cpu0.{register}": value}
            text = f"msr {register}, {value:#x}"
            data = {"op": "msr", "reg": register, "value": value}
            self.add("host", "access", text, changes=changes, **data, **where)
        self.add(guest, "enter", f"enter {guest} at EL1")

    def run(self, guest, cycles, overflow=False):
        """Let a guest run."""
        counted = self.state["cpu0.PMEVCNTR0_EL0"] + cycles // 3
        changes = {
            "cpu0.PMEVCNTR0_EL0": counted % (1 << 32),
            "cpu0.PMEVCNTR1_EL0": self.state["cpu0.PMEVCNTR1_EL0"] + cycles // 2,
            "cpu0.PMCCNTR_EL0": self.state["cpu0.PMCCNTR_EL0"] + cycles,
        }
        if overflow:
            changes["cpu0.PMOVSSET_EL0"] = 1
        text = f"{cycles} cycles, {cycles // 3} instructions"
        marks = ("overflow",) if overflow else ()
        self.add(guest, "work", text, cycles=cycles, changes=changes, marks=marks)

    def put(self, guest):
        """Put a vCPU."""
        self.add("host", "exit", "timer interrupt: leave the guest", marks=("interrupt",))
        self.add("host", "put", f"put {guest} off cpu0", marks=("swap",), vcpu=guest)
        for line, register in enumerate(SAVED, 46):
            where = self.hook("pmu_put", line, f'regs["{register}"] = cpu.mrs("{register}")')
            source, value = f"cpu0.{register}", self.state[f"cpu0.{register}"]
            text = f"mrs {register} gives {value:#x}"
            data = {"op": "mrs", "reg": register, "value": value}
            self.add("host", "access", text, reads=(source,), **data, **where)
            changes = {f"{guest}.{register}": value}
            self.add("host", "memory", f"save {guest}.{register}", changes=changes, **where)
        where = self.hook("pmu_put", 57, 'cpu.msr("PMCNTENCLR_EL0", mask)')
        changes = {"cpu0.PMCNTENSET_EL0": 0}
        text = f"msr PMCNTENCLR_EL0, {GUEST:#x}"
        data = {"op": "msr", "reg": "PMCNTENCLR_EL0", "value": GUEST}
        self.add("host", "access", text, changes=changes, **data, **where)


def two_guests_trace(rounds=1):
    """Make the trace of two guests that take turns."""
    tape = Tape()
    for _ in range(rounds):
        for guest in "AB":
            tape.load(guest)
            tape.run(guest, 30)
            if guest == "A":
                text = "msr PMEVTYPER0_EL0, 0x11 traps"
                tape.add("A", "trap", text, marks=("trap",), changes={"A.PMEVTYPER0_EL0": 0x11})
            tape.run(guest, 120, overflow=guest == "A")
            tape.put(guest)
        tape.add("idle", "sched", "nothing to run", cycles=50)
    return Trace("two-guests", ("host", "A", "B", "idle"), tape.initial, tuple(tape.records))


def random_trace(seed, length):
    """Make a trace of random records, with names and texts that HTML would trip over."""
    tape, dice = Tape(), random.Random(seed)
    lanes = ("host", "A", "B", "idle")
    for _ in range(length):
        at = dice.sample(list(tape.initial), dice.randrange(3))
        changes = {a: dice.choice((0, 1, 0x8000003F, (1 << 64) - 1, 0xFFFFFFF0)) for a in at}
        reads = tuple(dice.sample(list(tape.initial), dice.randrange(2)))
        who, kind = dice.choice(lanes), dice.choice(("work", "access"))
        marks = tuple(dice.sample(("overflow", "trap", "accusation"), dice.randrange(2)))
        tape.add(who, kind, "<b>&amp; text", changes=changes, reads=reads, marks=marks)
    return Trace("random & <odd>", lanes, tape.initial, tuple(tape.records))
