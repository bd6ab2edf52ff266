"""Wide cases one after another, up to one that breaks a law; that one is made as short as it gets.

Seeds are the cases: the same ones each time. What a hook has met in them is measured, not assumed.

Not modelled: proof. A sample says what was tried; `pmulab.explorer.explorer` closes small worlds.
"""

from collections.abc import Container, Generator, Iterable
from typing import NamedTuple

from pmulab.explorer.moves import Move
from pmulab.explorer.result import Breach, Certificate, Result, accused, host_dies
from pmulab.explorer.wide.case import Case, run
from pmulab.explorer.wide.coverage import Coverage
from pmulab.explorer.wide.draw import PLAIN, draw
from pmulab.explorer.wide.focus import FOCI
from pmulab.explorer.wide.shrink import shrunk
from pmulab.explorer.wide.words import about, given, worded
from pmulab.hw.sysreg import Trap, Undefined
from pmulab.kvm.hypervisor import Hypervisor


class Wide(NamedTuple):
    """What came of wide cases: what was met, and the case that breaks a law, if one does."""

    coverage: Coverage
    broken: Case | None = None
    result: Result | None = None


def search(
    hypervisor: type[Hypervisor] = Hypervisor,
    hook: str = "",
    seeds: Iterable[int] | None = None,
    spared: Container[int] = (),
) -> Wide:
    """Try the cases of some seeds, but those `spared`; a hook has its own, about what it does."""
    work = steps(hypervisor, hook, seeds, spared)
    try:
        while True:
            next(work)
    except StopIteration as end:
        wide: Wide = end.value
        return wide


def steps(
    hypervisor: type[Hypervisor],
    hook: str = "",
    seeds: Iterable[int] | None = None,
    spared: Container[int] = (),
) -> Generator[int, None, Wide]:
    """Do what `search` does, a case at a time: yields how many there were."""
    coverage = Coverage(hypervisor, hook)
    focus = FOCI.get(hook, PLAIN)
    for seed in range(focus.cases + focus.beside) if seeds is None else seeds:
        if not coverage.reach(seed, spared):
            continue
        case = draw(seed, hook)
        yield coverage.cases
        found = tried(case, hypervisor, coverage)
        if found.broken:
            return found
    return Wide(coverage)


def breaks(
    hypervisor: type[Hypervisor],
    hook: str,
    seeds: Iterable[int],
    spared: Container[int],
    coverage: Coverage,
) -> int | None:
    """Go on with the cases of some seeds; returns the first that breaks a law, as it is."""
    coverage.watch(hypervisor)
    met = (seed for seed in seeds if coverage.reach(seed, spared))
    return next((seed for seed in met if _met(draw(seed, hook), coverage)[0] is not None), None)


def tried(case: Case, hypervisor: type[Hypervisor], coverage: Coverage) -> Wide:
    """Try one case; what breaks in it is made short."""
    outcome, done = _met(case, coverage)
    if outcome is None:
        return Wide(coverage)
    small, outcome = shrunk(case._replace(moves=tuple(done)), hypervisor, outcome)
    return Wide(coverage, small, _result(small, outcome, coverage))


def _met(case: Case, coverage: Coverage) -> tuple[Breach | None, list[Move]]:
    coverage.begin(case)
    limits: set[str] = set()
    outcome, done = run(case, coverage.hypervisor, limits)
    coverage.limits.update(limits)
    return outcome, done


def _result(case: Case, outcome: Breach, coverage: Coverage) -> Result:
    """Say what broke as a search of a world does."""
    if isinstance(outcome, Undefined | Trap):
        outcome = host_dies(outcome)
    moves = tuple(worded(move) for move in case.moves)
    certificate = Certificate(
        f"wide, case {case.seed}",
        about(case),
        64,
        states=coverage.cases,
        transitions=coverage.cases,
        depth=len(moves),
        closed=False,
    )
    texts = tuple(move.text for move in moves)
    return Result(certificate, texts, *accused(outcome), given(case), moves)
