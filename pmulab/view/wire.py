"""A trace as the browser gets it: once, whole, as columns of small numbers.

Each text and each value is sent once, in a list, and named by its place there. Values are hex
texts, because JavaScript rounds large integers. What a value means is worked out here, so that the
browser, the text twin and the static table cannot disagree.

Does not show: anything; it is read by states.js.
"""

import json

from pmulab.sim.trace import MARKS, Trace
from pmulab.view.fields import fields_text, group, meaning
from pmulab.view.steps import (
    is_hardware,
    loaded,
    place_names,
    registers,
    sentence,
    source,
    used,
    written,
)

FORMAT = 1


class Pool(dict):
    """Distinct texts, each with the number under which it is sent."""

    def __missing__(self, text: str) -> int:
        self[text] = len(self)
        return self[text]


def wire(trace: Trace) -> str:
    """Write a trace for the browser, as JSON."""
    texts, values = Pool(), Pool()
    locations = list(trace.initial)
    number = {location: k for k, location in enumerate(locations)}
    data = {
        "format": FORMAT,
        "scenario": trace.scenario,
        "marks": MARKS,
        "lanes": lanes(trace),
        "places": [[name, is_hardware(name)] for name in place_names(trace)],
        "registers": _registers(trace),
        "locations": locations,
        "initial": [values[hex(value)] for value in trace.initial.values()],
        "records": _records(trace, texts),
        "changes": _changes(trace, number, values, texts),
        "reads": [[i, number[at]] for i, r in enumerate(trace) for at in r.reads if at in number],
        "loaded": loaded(trace),
        "fields": _fields(trace, values, texts),
    }
    return json.dumps(data | {"texts": list(texts), "values": list(values)}, separators=(",", ":"))


def lanes(trace: Trace) -> list[str]:
    """List the lanes: the trace's own, then whoever else acts in it."""
    return list(dict.fromkeys([*trace.lanes, *(record.who for record in trace)]))


def _registers(trace: Trace) -> list[dict]:
    shown = set(used(trace))
    return [
        {"name": name, "meaning": meaning(name), "group": group(name), "used": name in shown}
        for name in registers(trace)
    ]


def _records(trace: Trace, texts: Pool) -> dict[str, list[int]]:
    row = {name: k for k, name in enumerate(lanes(trace))}
    bits = {mark: 1 << k for k, mark in enumerate(MARKS)}
    return {
        "time": [r.time for r in trace],
        "cpu": [r.cpu for r in trace],
        "lane": [row[r.who] for r in trace],
        "marks": [sum(bits[mark] for mark in r.marks) for r in trace],
        "kind": [texts[r.kind] for r in trace],
        "text": [texts[r.text] for r in trace],
        "sentence": [texts[sentence(r)] for r in trace],
        "source": [texts[source(r)] for r in trace],
        "code": [texts[r.code] for r in trace],
    }


def _changes(trace: Trace, number, values: Pool, texts: Pool) -> list[list[int]]:
    """List [record, location, old, new, what the write did] in order."""
    return [
        [i, number[at], values[hex(old)], values[hex(new)], texts[written(_name(at), old, new)]]
        for i, record in enumerate(trace)
        for at, (old, new) in record.changes.items()
    ]


def _fields(trace: Trace, values: Pool, texts: Pool) -> list[list[int]]:
    """List [register, value, its fields in words] for all values that a register ever has."""
    row = {name: k for k, name in enumerate(registers(trace))}
    seen = {(_name(at), value) for at, value in trace.initial.items()}
    seen |= {(_name(at), new) for record in trace for at, (_, new) in record.changes.items()}
    said = [(name, value, fields_text(name, value)) for name, value in sorted(seen)]
    return [[row[name], values[hex(value)], texts[says]] for name, value, says in said if says]


def _name(location: str) -> str:
    return location.split(".", 1)[1]
