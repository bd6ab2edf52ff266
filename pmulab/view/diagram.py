"""The way to a position as a Mermaid sequence diagram, to paste into a report or a text cell.

Who acts is a participant, and so is the hardware of each PE; an access is an arrow between them.

Does not show: what a record changed, beyond what its sentence says.
"""

from pmulab.sim.trace import Record, Trace

# How a kind of record is drawn: who is at the arrow's other end, and the arrow. Others are notes.
ARROWS = {
    ("access", "msr"): ("cpu", "{who}->>{other}: {text}"),
    ("access", "mrs"): ("cpu", "{other}-->>{who}: {text}"),
    ("trap", "msr"): ("host", "{who}-x{other}: {text}"),
    ("trap", "mrs"): ("host", "{who}-x{other}: {text}"),
    ("memory", ""): ("vcpu", "{who}->>{other}: {text}"),
}
NOTE = ("", "Note over {who}: {text}")
# A VM may have the name of a word of that language.
WORDS = frozenset(
    "activate actor alt and as autonumber box break create critical deactivate destroy else end"
    " left link links loop note of opt option over par participant rect right title".split()
)


def to_mermaid(trace: Trace, n: int | None = None) -> str:
    """Write the first n records, or all, as a diagram in Mermaid's language."""
    lanes = dict.fromkeys([*trace.lanes, *(record.who for record in trace)])
    cpus = dict.fromkeys(at.split(".")[0] for at in trace.initial if at.startswith("cpu"))
    names = [f"    participant {_named(name)}" for name in dict.fromkeys([*lanes, *cpus])]
    return "\n".join(["sequenceDiagram", *names, *map(arrow, trace.records[:n])])


def arrow(record: Record) -> str:
    """Write one record as a line of the diagram."""
    end, form = ARROWS.get((record.kind, record.op), NOTE)
    other = {"cpu": f"cpu{record.cpu}", "vcpu": record.vcpu}.get(end, end)
    # A semicolon ends a line there, and # begins a character's number.
    text = record.text.replace("#", "#35;").replace(";", ",")
    who, other = _named(record.who), _named(other or record.who)
    return "    " + form.format(who=who, other=other, text=text)


def _named(name: str) -> str:
    return f"{name}_" if name.lower() in WORDS else name
