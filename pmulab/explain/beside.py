"""The same moves through two hypervisors: what a hook made of each step, and where they part.

Not modelled: moves that the other one cannot do; its side ends there, and says why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import NamedTuple

from pmulab.explain.calls import Calls, Change, noted, shown
from pmulab.explorer.moves import Move
from pmulab.explorer.result import PASSING, Breach, Result, Telling, describe
from pmulab.explorer.stage import Stage, play
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.trace import Record

# What has a value after a step: registers by place, interrupts and notes of software as text.
State = dict[str, object]
NOTED = ("access", "request", "halted")
# As many changes of a step as can be read side by side.
MOST = 4


class Side(NamedTuple):
    """What one hypervisor made of some moves: per step its state and its hook's changes.

    `wrote` are the registers that the host wrote in each step, also with what they held.
    """

    states: tuple[State, ...]
    changes: tuple[tuple[Change, ...], ...]
    ran: frozenset[int]
    broke: Breach | None
    wrote: tuple[frozenset[str], ...] = ()

    @property
    def accusation(self) -> tuple[object, ...]:
        """Return what broke, to compare: an accusation without its line, or an error."""
        if isinstance(self.broke, tuple):
            return (*self.broke[:5],)
        return (describe(self.broke).partition(" in ")[0],) if self.broke else ()


class Pair(NamedTuple):
    """A step of both: what each hook changed there, and what differs then: name, yours, its."""

    step: int
    text: str
    ran: bool
    yours: tuple[str, ...]
    reference: tuple[str, ...]
    apart: tuple[tuple[str, str, str], ...]


def side(telling: Telling, moves: Sequence[Move], hypervisor: type, hook: str) -> Side:
    """Do a history's moves with a hypervisor, up to what breaks."""
    assert telling.make is not None
    calls, states, cut = Calls(hypervisor, hook), [], [0]
    try:
        stage = telling.make(calls.hypervisor)
    except PASSING:
        raise
    except BaseException as error:
        return Side((), (), frozenset(), error)
    recorder, begins = stage.machine.recorder, [0]
    assert recorder is not None, "a telling's stage records"
    calls.begin(recorder)
    calls.all += given_changes(recorder.records, hook)

    def before(n: int, move: Move) -> None:
        states.append(state_of(stage))
        cut.append(len(calls.all))
        begins.append(len(recorder.records))
        calls.step = n

    broke = play(stage, moves, before)
    calls.frozen = True
    ends = [*cut[1:], len(calls.all)]
    changes = tuple(tuple(calls.all[a:b]) for a, b in zip(cut, ends))
    steps = [recorder.records[a:b] for a, b in zip(begins, [*begins[1:], None])]
    wrote = tuple(frozenset(r.reg for r in s if (r.who, r.op) == ("host", "msr")) for s in steps)
    return Side((*states, state_of(stage)), changes, frozenset(calls.ran), broke, wrote)


def given_changes(records: Sequence[Record], hook: str) -> list[Change]:
    """List what a hook made of registers in what is given, before anybody watches its calls."""
    found: dict[str, tuple[int, int]] = {}
    for record in records:
        for at, (old, new) in record.changes.items() if record.hook == hook else ():
            found[at] = (found.get(at, (old, new))[0], new)
    split = ((*at.partition(".")[::2], *values) for at, values in found.items())
    return [Change(0, hook, *change) for change in split if change[2] != change[3]]


def state_of(stage: Stage) -> State:
    """Return all that a hook can change, by name; nothing where a submission has spoilt it."""
    machine = stage.machine
    try:
        state: State = dict(machine.recorder.observe()) if machine.recorder else {}
        for vcpu in machine.vcpus.values():
            state |= {noted(vcpu.name, name): getattr(vcpu, name, "") for name in NOTED}
            for intid, irq in vcpu.vgic.irqs.items():
                where = f"of {vcpu.name}'s INTID {intid}"
                what = asdict(irq).items()
                state |= {f"{name} {where}": value for name, value in what if name != "intid"}
        for n, host in enumerate(machine.hyp.hosts):
            state |= {f"host{n}.cntr_mask": host.cntr_mask, f"host{n}.pmcr": host.pmcr}
            state |= {f"what the host's event {e.name} has counted": e.count for e in host.events}
    except Exception:
        return {}
    return state


def apart(yours: State, reference: State) -> tuple[str, ...]:
    """Name what differs between two states."""
    if not yours or not reference:
        return ()
    names = yours | reference
    return tuple(name for name in names if yours.get(name, 0) != reference.get(name, 0))


def beside(yours: Side, reference: Side, moves: Sequence[Move], given: str = "") -> list[Pair]:
    """Put two sides next to each other, a pair for each step that both have done."""
    texts = [f"(given: {given})" if given else "", *(move.text for move in moves)]
    return [
        Pair(
            n,
            text,
            n in yours.ran or n in reference.ran,
            _said(yours.changes[n], reference.changes[n]),
            _said(reference.changes[n], yours.changes[n]),
            tuple(_values(yours.states[n], reference.states[n])),
        )
        for n, text in enumerate(texts[: min(len(yours.states), len(reference.states))])
        if text or apart(yours.states[n], reference.states[n])
    ]


# What nobody has touched holds, by its type; a submission may have left anything there.
AT_FIRST: dict[type, object] = {bool: False, str: ""}


def _values(yours: State, reference: State) -> Iterator[tuple[str, str, str]]:
    for name in apart(yours, reference):
        # What one has not, an interrupt never used, is what it is at first.
        none = AT_FIRST.get(type(yours.get(name, reference.get(name))), 0)
        yield name, _held(name, yours.get(name, none)), _held(name, reference.get(name, none))


def _held(name: str, value: object) -> str:
    """Say what a register holds: of a wide number only a list register's has fields."""
    if type(value) is int and "ICH_LR" not in name:
        return hex(value)
    return "nothing" if value == "" else shown(value)


def parts_at(pairs: Sequence[Pair]) -> int | None:
    """Return the place in a list of pairs of the first step that differs; None where none does."""
    return next((n for n, pair in enumerate(pairs) if pair.apart), None)


def _said(changes: Sequence[Change], of_the_other: Sequence[Change]) -> tuple[str, ...]:
    """Say the changes of a side, those first that the other one has not made."""
    others = {change.said() for change in of_the_other}
    lines = sorted((change.said() for change in changes), key=lambda line: line in others)
    more = [f"and {len(lines) - MOST} more"] if len(lines) > MOST else []
    return (*lines[:MOST], *more)


def with_reference(result: Result, mine: type, hook: str) -> list[Pair]:
    """Put a history beside what the library's own hypervisor makes of the same moves."""
    assert result.telling is not None
    yours, due = (side(result.telling, result.moves, h, hook) for h in (mine, Hypervisor))
    return beside(yours, due, result.moves, result.given)
