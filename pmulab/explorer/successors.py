"""What the moves of a world do in a state, each done once and remembered.

Successors are remembered per part of the state: what a loaded vCPU does depends on its CPU and
itself alone. `memo=False` is the plain way, which assumes nothing.

Not modelled: which state comes first; that is the search's affair.
"""

from typing import NamedTuple

from pmulab.explorer.moves import Move
from pmulab.explorer.numbering import Numbering
from pmulab.explorer.result import PASSING, Breach, blamed, host_died
from pmulab.explorer.stage import Stage


class Next(NamedTuple):
    """What a group's moves do: how many there are, what each changes, what broke.

    `deltas` are added to a state's number, `moves` did them; `broken` is the move and the breach.
    """

    transitions: int
    deltas: tuple[int, ...]
    moves: tuple[int, ...]
    broken: tuple[int, Breach] | None


class Group(NamedTuple):
    """Moves that concern the same parts of a state, and what is known of them.

    `mask` has the bits of those parts: in states that agree there the moves do the same.
    """

    concern: tuple[int, ...]
    moves: tuple[int, ...]
    mask: int
    known: dict[int, Next]


class Successors:
    """The successors of any state of a stage."""

    def __init__(self, stage: Stage, memo: bool) -> None:
        self.stage, self.memo = stage, memo
        self.numbering = Numbering(stage.machine)
        self.groups_of: dict[tuple[str, ...], list[Group]] = {}
        # By the part of a state that says who is loaded where.
        self.groups_at: dict[int, list[Group]] = {}

    def groups(self, state: int) -> list[Group]:
        """List the moves that who is loaded where does not rule out, by what they concern."""
        loaded = self.numbering.loaded_in(state)
        found = self.groups_of.get(loaded)
        if found is None:
            by_concern: dict[tuple[int, ...], list[int]] = {}
            for index, move in enumerate(self.stage.moves):
                if _fits(move, loaded):
                    by_concern.setdefault(self._concern(move, loaded), []).append(index)
            mask_of, rows = self.numbering.mask_of, by_concern.items()
            found = [Group(c, tuple(moves), mask_of(c), {}) for c, moves in rows]
            self.groups_of[loaded] = found
        self.groups_at[state >> self.numbering.cpus_at] = found
        return found

    def _concern(self, move: Move, loaded: tuple[str, ...]) -> tuple[int, ...]:
        """Return the indices of the parts of a state that a move reads and changes."""
        numbering = self.numbering
        if not self.memo:
            return tuple(range(numbering.n_parts))
        names = dict.fromkeys(name for name in (move.vcpu, loaded[move.cpu]) if name)
        cpus = [move.cpu]
        if move.do == "change":
            # All vCPUs of the VM feel it, wherever they are loaded.
            vcpus = self.stage.machine.vcpus
            vm = vcpus[move.vcpu].vm
            names |= dict.fromkeys(name for name, vcpu in vcpus.items() if vcpu.vm is vm)
            cpus += [n for n, at in enumerate(loaded) if n != move.cpu and at in names]
        return (*cpus, *(numbering.n_cpus + numbering.names.index(name) for name in names))

    def of(self, group: Group, state: int) -> Next:
        """Return what a group's moves do in a state, remembered by the parts they concern."""
        known = group.known.get(state & group.mask)
        if known is None:
            known = self.tried(group, state)
            if self.memo:
                group.known[state & group.mask] = known
        return known

    def tried(self, group: Group, state: int) -> Next:
        """Do a group's moves for real, whatever is known of them."""
        count = 0
        found: dict[int, int] = {}
        for index in group.moves:
            delta, breach = self.attempt(self.stage.moves[index], state, group.concern)
            if breach is not None:
                return Next(count + 1, (), (), (index, breach))
            if delta is not None:
                count += 1
                found.setdefault(delta, index)
        found.pop(0, None)
        return Next(count, tuple(found), tuple(found.values()), None)

    def attempt(
        self, move: Move, state: int, concern: tuple[int, ...]
    ) -> tuple[int | None, Breach | None]:
        """Do a move for real; returns how the state changes (or None) and what broke."""
        stage = self.stage
        self.numbering.unpack(state, concern)
        laws = stage.machine.laws
        laws.accusation = None
        self.numbering.forget()
        try:
            if not stage.enabled(move):
                return None, None
            stage.perform(move)
            if laws.accusation is None:
                return self.numbering.delta(state, concern), None
        except PASSING:
            raise
        except BaseException as error:
            return None, host_died(blamed(error))
        return None, laws.accusation


def _fits(move: Move, loaded: tuple[str, ...]) -> bool:
    if move.do in ("enter", "load"):
        return not loaded[move.cpu] and move.vcpu not in loaded
    if move.do == "userspace":
        return move.vcpu not in loaded
    if move.do == "change":
        return move.vcpu in loaded or not loaded[move.cpu]
    return not move.vcpu or loaded[move.cpu] == move.vcpu
