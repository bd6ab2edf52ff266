"""Sixty answers as people hand them in: what a notebook's cells hold, for one exercise each.

`cells` are run in order; a file holds the same, one below the other.
"""

from typing import NamedTuple

from pmulab.lab.exercises.rows import EXERCISES


class Answer(NamedTuple):
    """An answer: its cells, and what is said of it in all three places."""

    name: str
    exercise: str
    cells: tuple[str, ...]
    kind: str


HEAD = "from pmulab import Hypervisor"


def hooked(id: str, body: str, before: str = "") -> str:
    """Write the cell of an exercise whose hook has this body."""
    row = EXERCISES[id]
    lines = "\n        ".join(body.split("\n"))
    head = f"{before}\nclass Mine(Hypervisor):\n    def {row.hook}({row.arguments}):"
    return f"{head}\n        {lines}"


def odd(
    name: str, body: str, kind: str = "error", *, before: str = "", earlier: str = ""
) -> Answer:
    """Make an answer for swap.put, with something odd in it."""
    cells = (HEAD, *([earlier] if earlier else []), hooked("swap.put", body, before))
    return Answer(name, "swap.put", cells, kind)


def library(id: str) -> str:
    """Write the body that asks the library."""
    row = EXERCISES[id]
    return f"return super().{row.hook}({row.arguments.partition(', ')[2]})"


WRONG = [Answer(f"five for {id}", id, (HEAD, hooked(id, "return 5")), "") for id in EXERCISES]
RIGHT = [
    Answer(f"right {id}", id, (HEAD, hooked(id, library(id))), "right")
    for id in ("swap.write_pair", "filter.type", "vgic.fold", "irq.status")
]
SUPER = library("swap.put")
CLEAR = 'self.cpu.msr("PMCNTENCLR_EL0", 1)'
RESULT = "helper(self, vcpu)"
ODD = [
    odd("helper of an earlier cell", RESULT, "broken", earlier="def helper(hyp, vcpu): vcpu.name"),
    odd("global set again", "return N[0]", "error", before="N = [1]\nN = []"),
    odd("another Mine before", CLEAR, "broken", earlier=hooked("swap.load", "return 5")),
    Answer("Mine of another exercise", "swap.put", (HEAD, hooked("swap.load", "return 5")), ""),
    odd("changes Hypervisor", CLEAR, earlier="Hypervisor.pmu_load = lambda self, vcpu: None"),
    odd("changes a base", CLEAR, earlier="Hypervisor.__mro__[2].write_pair = print"),
    odd("input", "input()"),
    odd("reads stdin", "import sys\nreturn int(sys.stdin.readline())"),
    odd("prints", "print('x' * 100_000)\nvcpu.name", "broken"),
    odd("prints half a pair", "print('\\ud800')\nvcpu.name", "broken"),
    odd("sleeps", "import time\ntime.sleep(30)", "not finished"),
    odd("endless", "while True: pass", "not finished"),
    odd("sys.exit", "import sys\nsys.exit(0)"),
    odd("quit", "raise SystemExit"),
    odd("GeneratorExit", "raise GeneratorExit"),
    odd("StopIteration", "return next(iter(()))"),
    odd("thread", "import threading\nthreading.Thread(target=print).start()", "broken"),
    odd("file", "open('left-here.txt', 'w').write('x')", "broken"),
    odd("no such file", "open('/no/such')"),
    odd("recursion", "return self.pmu_put(vcpu)"),
    odd("memory", "raise MemoryError('x')"),
    odd("huge int", "vcpu.regs['PMCR_EL0'] = 10 ** 100_000", "broken"),
    odd("object", "vcpu.regs['PMCR_EL0'] = object()"),
    odd("deletes cpu", "del self.cpu"),
    odd("empty", "...", "not attempted"),
    odd("not implemented", "raise NotImplementedError", "not attempted"),
    Answer(
        "signature",
        "swap.put",
        (HEAD, "class Mine(Hypervisor):\n    def pmu_put(self): return 5"),
        "error",
    ),
    Answer("number", "swap.put", (HEAD, "class Mine(Hypervisor):\n    pmu_put = 5"), "error"),
    Answer(
        "property",
        "swap.put",
        (HEAD, "class Mine(Hypervisor):\n    @property\n    def pmu_put(self): return 5"),
        "error",
    ),
    odd("keeps state", "self.saved = 1"),
    odd("two hooks", f"{CLEAR}\n\ndef pmu_load(self, vcpu): 1", "broken"),
    odd("half a pair", "vcpu.access = '\\ud800'", "broken"),
]
ANSWERS = [*WRONG, *RIGHT, *ODD]
