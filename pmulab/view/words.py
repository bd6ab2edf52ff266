"""What a page and its text twins say in the same words: written here, sent with what is shown.

JavaScript shows these words and has none of its own for the same thing. `{...}` is filled in by
whoever shows them.

Does not show: what a page alone says, such as the names of its buttons.
"""

from pmulab.sim.trace import Record, Trace

START = "The start: nothing has happened yet."
HEADING = "{scenario}: step {n} of {length}"
AT_CYCLE = ", cycle {cycle}"
REGISTERS = "Registers at step {n}"
SHEET = "{title} at step {n}"
ZERO = "zero all the time"
FOLDED = "that do not change here, or only for traps and the GIC"
NO_LINE = "{who} did this, no line of the hypervisor"
NEXT_LINE = "next: {source}"
LISTING = ("step", "cycle", "who", "what happened", "the hypervisor's line")
CHANGED = "◂"

SIGNS = {"written": "◂", "read": "▸", "counted": "▴", "": " "}
FIELDS = ("+ -", "field set, field cleared")

# What the lanes write on a record: all letters, and the letter of each kind that a machine records.
LETTERS = {
    "w": "msr: writes a hardware register",
    "r": "mrs: reads a hardware register",
    "m": "writes a vCPU's saved register",
    "": "solid block: runs, events retire",
    "L": "load: a vCPU comes onto the PE",
    "P": "put: a vCPU leaves the PE",
    "e": "enters the guest",
    "x": "leaves the guest",
    "t": "an access traps to the hypervisor",
    "i": "an interrupt, physical or virtual",
    "n": "a note",
    "!": "a law is broken",
    "·": "something else: the sentence says what",
}
KINDS = {
    "access": "w",
    "memory": "m",
    "work": "",
    "load": "L",
    "put": "P",
    "enter": "e",
    "exit": "x",
    "trap": "t",
    "irq": "i",
    "note": "n",
    "accusation": "!",
}
SOLID = "▇"


def letter(record: Record) -> str:
    """Return the letter that the lanes write on a record, empty for a solid block."""
    if record.kind == "access" and record.op == "mrs":
        return "r"
    return KINDS.get(record.kind, "·")


def legend(trace: Trace) -> dict[str, list[tuple[str, str]]]:
    """List (what is seen, what it says): the letters that this trace has, and the tables' signs."""
    seen = {letter(record) for record in trace}
    letters = [(name or SOLID, says) for name, says in LETTERS.items() if name in seen]
    signs = [(symbol, f"{name} by this step") for name, symbol in SIGNS.items() if name]
    return {"letters": letters, "signs": [*signs, FIELDS]}
