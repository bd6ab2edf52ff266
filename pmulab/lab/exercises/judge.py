"""`check`, `hint` and `reveal`.

A learner replaces one hook of `Hypervisor`. The explorer judges it in every world that the
exercise names; the answer to compare with is the library itself.

Not modelled: style. A right answer is one that the laws cannot tell from the reference.
"""

import ast
import builtins
import dis
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import chain, repeat
from textwrap import dedent

from pmulab.explain.history import explore, widely, widely_in
from pmulab.explorer.explorer import MAX_STATES
from pmulab.explorer.result import Certificate, Expired, Result, describe, name_of
from pmulab.explorer.wide.draw import PLAIN
from pmulab.explorer.wide.focus import FOCI
from pmulab.explorer.wide.search import Wide, breaks
from pmulab.explorer.wide.spared import spared
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.cases import TABLES, Raised, tables_of
from pmulab.lab.cases import judge as judge_table
from pmulab.lab.exercises.exercise import Exercise
from pmulab.lab.exercises.own import isolate, own_class
from pmulab.lab.exercises.rows import exercise
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.submission.guard import brisk, is_of_an_object
from pmulab.lab.submission.limits import limited
from pmulab.prove.prove import Proof, prove

SECONDS = 60
# How many states of a first world, and of later ones, are searched for a shorter history.
FIRST, LATER = 2100, 400
# Seconds of CPU time for a comparison for every value.
VALUES = 2.5
# How many wide cases come before that comparison.
SOON = 60
UNTRIED = Proof("not proven", "it was not tried: it is not needed", 0.0)
UNHEARD = "a law was broken that is kept when the same is done again"
# Hears what is done, and the seconds that it took so far.
Ticker = Callable[[list[str], float], None]


# ---- check


def judge(
    id: str, submission: type, seconds: float = SECONDS, ticker: Ticker | None = None
) -> Verdict:
    """Judge a class that replaces one hook of `Hypervisor`; `ticker` hears how far it is."""
    row = exercise(id)
    refusal = refuse(row, submission)
    if refusal:
        return refusal
    done: list[str] = []
    with limited(seconds, partial(ticker, done) if ticker else None) as limit:
        verdict = judge_hook(row, submission, done)
    if limit.expired:
        return Verdict(row.id, "not finished", limit.why)
    return verdict


def judge_hook(row: Exercise, submission: type, done: list[str] | None = None) -> Verdict:
    """Try wide cases, compare for every value, search small worlds, then try tables of cases.

    Wide cases find soonest what is wrong; the beginning of a small world, if it breaks, tells it in
    a shorter history. What equals the library's for every value needs one small world, and every
    wide case all the same: they and the tables are there for what a comparison of single calls
    holds constant: names, numbers of vCPUs, what an earlier call has left. What is done goes to the
    list `done`.
    """
    done = [] if done is None else done
    hypervisor = isolate(row, submission)
    wide, proof, found = drawn(row, submission, hypervisor, done)
    if wide.result:
        return _verdict(row, shortest(row, hypervisor) or wide.result)
    worlds = row.worlds[:1] if proof.kind == "proven" else row.worlds
    certificates, failed = search(worlds, hypervisor, row.hook, done)
    broken = failed or found
    if broken:
        return _verdict(row, broken)
    return judge_units(row, hypervisor) or Verdict(
        *(row.id, "right"),
        certificates=certificates,
        proof=" ".join(TABLES[name].about for name in tables_of(row.hook)),
        wide=(wide.coverage,) if wide.coverage.cases else (),
        values=str(proof),
        unnoticed=proof.unnoticed,
    )


def drawn(
    row: Exercise, submission: type, hypervisor: type, done: list[str]
) -> tuple[Wide, Proof, Result | None]:
    """Try wide cases, and compare for every value between the first of them and the others.

    The first cases look at what each call leaves. Later ones do without, as small worlds do: what
    breaks is tried again with that look, and told is what the lowest seed shows.
    """
    hook, never, focus = row.hook, spared(row.hook), FOCI.get(row.hook, PLAIN)
    soon, end = min(SOON, focus.cases), focus.cases + focus.beside
    wide = widely(hypervisor, hook, range(soon), never)
    if wide.result:
        return wide, UNTRIED, None
    done.append("wide cases")
    proof, found = judge_values(row, submission)
    done.append("every value")
    seed = breaks(brisk(hypervisor), hook, range(soon, end), never, wide.coverage)
    if seed is not None:
        wide = widely(hypervisor, hook, range(seed, end), never)
    done.append("more wide cases")
    return wide, proof, found


def _verdict(row: Exercise, failed: Result) -> Verdict:
    """Make a verdict of what broke, or of a hook that says itself that it is not written."""
    if isinstance(failed.error, NotImplementedError):
        return Verdict(row.id, "not attempted", row.starter)
    return verdict_of(row.id, failed, row.hook)


def shortest(row: Exercise, hypervisor: type) -> Result | None:
    """Look for a break where small worlds begin: most mistakes show there, in a few moves."""
    for world, states in zip(row.worlds, chain((FIRST,), repeat(LATER))):
        result = _explored(world, hypervisor, row.hook, states)
        if not result.holds:
            return result
    return None


def judge_values(
    row: Exercise, submission: type, seconds: float = VALUES
) -> tuple[Proof, Result | None]:
    """Compare a hook with the library's for every value; the laws judge where they differ.

    It runs without a guard, which would look at what the values are.
    """
    proof = prove(own_class(row, submission), row.hook, seconds)
    if proof.case is None:
        return proof, None
    found = widely_in(proof.case, isolate(row, submission), row.hook).result
    return proof if found else proof._replace(kind="not proven", about=UNHEARD), found


def search(
    worlds: Iterable[str], hypervisor: type, hook: str = "", done: list[str] | None = None
) -> tuple[tuple[Certificate, ...], Result | None]:
    """Search worlds in order; returns what was proven, and the first result that proves nothing."""
    certificates: list[Certificate] = []
    for world in worlds:
        result = _explored(world, hypervisor, hook)
        if not (result.holds and result.certificate.closed):
            return tuple(certificates), result
        certificates.append(result.certificate)
        if done is not None:
            done.append(f"world {world}")
    return tuple(certificates), None


def _explored(world: str, hypervisor: type, hook: str, states: int = MAX_STATES) -> Result:
    """Search a world without a look at what each call leaves.

    What breaks is found again with that look: it may be the reason.
    """
    try:
        result = explore(world, brisk(hypervisor), hook, max_states=states)
        if result.holds:
            return result
    except Expired:
        raise
    except BaseException as error:
        # A real Ctrl-C comes while the library or the hook runs; what is left may raise one, too.
        if isinstance(error, KeyboardInterrupt) and not is_of_an_object(error):
            raise
    return explore(world, hypervisor, hook, max_states=states)


def verdict_of(exercise: str, failed: Result, hook: str = "") -> Verdict:
    """Make a verdict of a search that proves nothing."""
    if failed.holds:
        return Verdict(exercise, "not finished", f"nothing is proven: {failed.certificate}")
    return Verdict(exercise, "error" if failed.error else "broken", result=failed, hook=hook)


def judge_units(row: Exercise, hypervisor: type) -> Verdict | None:
    """Try a hook's tables of cases; return what is wrong, or nothing."""
    try:
        found = (judge_table(name, hypervisor) for name in tables_of(row.hook))
        accusation = next(filter(None, found), None)
    except Raised as raised:
        if isinstance(raised.error, NotImplementedError):
            return Verdict(row.id, "not attempted", row.starter)
        said = f"it raised {describe(raised.error)}, where {raised.where}"
        return Verdict(row.id, "error", said)
    return Verdict(row.id, "broken", accusation=accusation) if accusation else None


def refuse(row: Exercise, submission) -> Verdict | None:
    """Say what is wrong with a submission before it runs, if anything is."""
    if not (isinstance(submission, type) and issubclass(submission, Hypervisor)):
        what = f"check takes a class: class Mine(Hypervisor): def {row.hook}(...)"
        kind = "a class without Hypervisor" if isinstance(submission, type) else ""
        return Verdict(row.id, "error", f"{what}, not {kind or type(submission).__name__}")
    mine, reference = getattr(submission, row.hook), getattr(Hypervisor, row.hook)
    if mine is reference or is_empty(mine):
        return Verdict(row.id, "not attempted", row.starter)
    if fault := getattr(mine, "fault", ""):
        return Verdict(row.id, "error", fault)
    want, got = parameters(reference), parameters(mine)
    if got is None:
        what = f"{row.hook} is to be a function; yours is {describe_kind(mine)}"
        return Verdict(row.id, "error", what)
    if not takes(mine, len(want or ())):
        said = f"{row.hook} takes {', '.join(want or ())}; yours {', '.join(got)}"
        return Verdict(row.id, "error", said)
    known = set(dir(Hypervisor))
    extra = [name for name in vars(submission) if name in known and name != row.hook]
    extra = [name for name in extra if not name.startswith("__")]
    if extra:
        return Verdict(row.id, "error", f"replace {row.hook} alone; yours replaces {extra[0]} too")
    return None


def parameters(hook) -> tuple[str, ...] | None:
    """Return the names of a hook's parameters; None for what is no method, a property say."""
    if inspect.isbuiltin(hook):
        return None
    try:
        return tuple(inspect.signature(hook).parameters)
    except (TypeError, ValueError):
        return None


def takes(hook, n: int) -> bool:
    """Tell whether a hook can be called with so many arguments; more may have defaults."""
    try:
        inspect.signature(hook).bind(*range(n))
    except TypeError:
        return False
    return True


def describe_kind(value) -> str:
    """Return the name of a value's type with its article."""
    name = name_of(type(value))
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def is_empty(function) -> bool:
    """Tell whether a function's body does nothing: `...`, `pass`, a docstring, "not written"."""
    if text := getattr(function, "c_text", None):
        return text.empty
    code = getattr(function, "__code__", None)
    steps = list(dis.get_instructions(code)) if code else []
    names = {step.opname for step in steps}
    if "RAISE_VARARGS" in names:
        # As nbgrader writes what is to be written.
        raised = [step for step in steps if "NotImplementedError" in step.argrepr]
        return names <= NOTHING | RAISES and bool(raised)
    answers = [
        s for s in steps if s.opname in ("LOAD_CONST", "RETURN_CONST") and s.argval is not None
    ]
    return bool(steps) and names <= NOTHING and not answers


# What is left of a body that does nothing, or raises what it names.
NOTHING = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "POP_TOP"}
RAISES = {"LOAD_GLOBAL", "LOAD_COMMON_CONSTANT", "PUSH_NULL", "PRECALL", "CALL", "RAISE_VARARGS"}


# ---- hint and reveal


@dataclass(frozen=True)
class Text:
    """Some text that shows itself."""

    text: str

    def __repr__(self) -> str:
        return self.text


def hint(id: str, n: int = 1) -> Text:
    """Return a hint: 1 says where to look, 2 what to think of, 3 how; none is the answer."""
    row = exercise(id)
    if not 1 <= n <= len(row.hints):
        raise ValueError(f"{id} has hints 1 to {len(row.hints)}, not {n}")
    more = f"  (hint({id!r}, {n + 1}) says more)" if n < len(row.hints) else ""
    return Text(row.hints[n - 1] + more)


def reveal(id: str) -> Text:
    """Return the reference's source with its imports, and what to read next in the kernel."""
    row = exercise(id)
    hooks = [getattr(Hypervisor, name) for name in row.hooks]
    sources = [dedent(inspect.getsource(hook)) for hook in hooks]
    found = [imports_of(source, hook) for source, hook in zip(sources, hooks, strict=True)]
    imports = "".join(f"{line}\n" for line in dict.fromkeys(chain(*found)))
    gap = "\n" if imports else ""
    source = "\n".join(sources)
    return Text(f"{imports}{gap}{source}\nRead next in the kernel: {row.read_next}")


def imports_of(source: str, function) -> list[str]:
    """Return the imports that a function's source needs to stand somewhere else."""
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    known = function.__globals__
    used = sorted(n for n in names if n in known and not hasattr(builtins, n))
    return [f"from {function.__module__} import {', '.join(used)}"] if used else []
