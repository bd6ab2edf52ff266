"""A trace as the browser gets it: once, whole, as columns of small numbers.

Each text and each value is sent once, in a list, and named by its place there. Values are hex
texts, because JavaScript rounds large integers. What a value means is worked out here, so that the
browser, the text twin and the static table cannot disagree.

Does not show: anything; it is read by js/states.js.
"""

import json
from collections.abc import Iterator
from itertools import groupby

from pmulab.sim.trace import MARKS, Trace
from pmulab.view import steps, words
from pmulab.view.diagram import arrow, to_mermaid
from pmulab.view.fields import group, meaning
from pmulab.view.text import AROUND

FORMAT = 3
WORDS = {
    "start": words.START,
    "heading": words.HEADING,
    "cycle": words.AT_CYCLE,
    "registers": words.REGISTERS,
    "zero": words.ZERO,
    "folded": words.FOLDED,
    "noLine": words.NO_LINE,
    "nextLine": words.NEXT_LINE,
    "listing": words.LISTING,
}


class Pool(dict[str, int]):
    """Distinct texts, each with the number under which it is sent."""

    def __missing__(self, text: str) -> int:
        self[text] = len(self)
        return self[text]


def wire(trace: Trace, show: str = "") -> str:
    """Write a trace for the browser, as JSON; `show` names the registers that are seen first."""
    texts, values, tone = Pool(), Pool(), steps.tones(lanes(trace))
    number = {location: k for k, location in enumerate(trace.initial)}
    data = {
        "format": FORMAT,
        "scenario": trace.scenario,
        "marks": MARKS,
        "words": WORDS,
        "legend": words.legend(trace),
        "around": AROUND,
        "lanes": [[name, tone.get(name, 0)] for name in lanes(trace)],
        "places": _places(trace, texts, tone),
        "registers": _registers(trace, show),
        "locations": list(number),
        "initial": [values[hex(value)] for value in trace.initial.values()],
        "records": _records(trace, texts),
        "sources": [[source.file, source.text.split("\n")] for source in trace.sources],
        "lines": _lines(trace, texts),
        "travels": _travels(trace, number),
        "diagram": to_mermaid(trace, 0).split("\n"),
        "changes": [
            [i, number[at], values[hex(new)]]
            for i, record in enumerate(trace)
            for at, (_, new) in record.changes.items()
        ],
        "signs": [[name, symbol] for name, symbol in words.SIGNS.items() if name],
        "signed": _signed(trace, number, texts),
        "loaded": steps.loaded(trace),
        "fields": _fields(trace, values, texts),
    }
    return json.dumps(data | {"texts": list(texts), "values": list(values)}, separators=(",", ":"))


def lanes(trace: Trace) -> list[str]:
    """List the lanes: the trace's own, then whoever else acts in it."""
    return list(dict.fromkeys([*trace.lanes, *(record.who for record in trace)]))


def _places(trace: Trace, texts: Pool, tone: dict[str, int]) -> list[dict]:
    """List the places, each with what heads its column: [position, caption, colour] from there."""
    heads: dict[str, list[list[int]]] = {name: [] for name in steps.place_names(trace)}
    on: dict[int, str] = {}
    for n, moves in groupby([(0, -1, ""), *steps.loaded(trace)], key=lambda move: move[0]):
        on |= {cpu: guest for _, cpu, guest in moves}
        for name, kept in heads.items():
            head = [texts[steps.caption(name, on)], tone.get(steps.whose(name, on), 0)]
            if not kept or kept[-1][1:] != head:
                kept.append([n, *head])
    return [{"name": name, "heads": kept} for name, kept in heads.items()]


def _registers(trace: Trace, show: str) -> list[dict]:
    used, first = set(steps.used(trace)), set(steps.foremost(trace, show))
    return [
        {"name": name, "meaning": meaning(name), "group": group(name)}
        | {"used": name in used or name in first, "first": name in first}
        for name in steps.registers(trace)
    ]


def _lines(trace: Trace, texts: Pool) -> list[list[int]]:
    """List [`file:line`, source, line of its text] for each line of the hypervisor that ran."""
    found = []
    for at in dict.fromkeys(record.at for record in trace if record.at):
        file, _, line = at.rpartition(":")
        for k, source in enumerate(trace.sources):
            row = int(line) - source.first
            if file == source.file and 0 <= row < source.text.count("\n") + 1:
                found.append([texts[at], k, row])
    return found


def _travels(trace: Trace, number: dict[str, int]) -> list[list[int]]:
    """List [record, from, to] for each value that went between hardware and memory."""
    known = steps.locations(trace)
    ways = ((i, steps.travels(record, known)) for i, record in enumerate(trace))
    return [[i, number[way[0]], number[way[1]]] for i, way in ways if way]


def _held(trace: Trace) -> Iterator[str]:
    state = dict(trace.initial)
    for record in trace:
        yield steps.held(record, state)
        state |= {at: new for at, (_, new) in record.changes.items()}


def _records(trace: Trace, texts: Pool) -> dict[str, list[int]]:
    row = {name: k for k, name in enumerate(lanes(trace))}
    bits = {mark: 1 << k for k, mark in enumerate(MARKS)}
    return {
        "time": [r.time for r in trace],
        "cpu": [r.cpu for r in trace],
        "lane": [row[r.who] for r in trace],
        "marks": [sum(bits[mark] for mark in r.marks) for r in trace],
        "letter": [texts[words.letter(r)] for r in trace],
        "text": [texts[r.text] for r in trace],
        "sentence": [texts[steps.sentence(r)] for r in trace],
        "hook": [texts[r.hook] for r in trace],
        "at": [texts[r.at] for r in trace],
        "source": [texts[steps.source(r)] for r in trace],
        "code": [texts[r.code] for r in trace],
        "held": [texts[said] for said in _held(trace)],
        "arrow": [texts[arrow(r)] for r in trace],
    }


def _signed(trace: Trace, number: dict[str, int], texts: Pool) -> list[list[int]]:
    """List [record, location, sign, difference] in order."""
    known, names = steps.locations(trace), [name for name in words.SIGNS if name]
    return [
        [i, number[at], names.index(sign), texts[says]]
        for i, record in enumerate(trace)
        for at, (sign, says) in steps.signs(record, known).items()
    ]


def _fields(trace: Trace, values: Pool, texts: Pool) -> list[list[int]]:
    """List [register, value, its fields in words] for all values that a register ever has."""
    row = {name: k for k, name in enumerate(steps.registers(trace))}
    held = list(trace.initial.items())
    held += [(at, new) for record in trace for at, (_, new) in record.changes.items()]
    seen = {(steps.register_of(at), value) for at, value in held}
    said = [(name, value, steps.meant(name, value)) for name, value in sorted(seen)]
    return [[row[name], values[hex(value)], texts[says]] for name, value, says in said if says]
