"""The command line: `pmulab lab`, `run SCENARIO`, `check`, `explore`, `grade` and others.

Exit status: 0 where all is right, 1 where something is not, 2 for bad input, and 3 where nothing
can be said: a limit cut a search short, or pmulab itself is at fault.

Not modelled: an editor; a submission is a file.
"""

import argparse
import io
import json
import sys
import time
from pathlib import Path

from pmulab import __version__, completion
from pmulab.commands import BAD_INPUT, NOT_FINISHED, RIGHT, WRONG, one_of, status
from pmulab.cost import cost
from pmulab.evidence.replay import TraceError, replay
from pmulab.explain.history import explore
from pmulab.explorer.result import Fault, Result, describe
from pmulab.explorer.worlds import WORLDS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.classroom.own import take
from pmulab.lab.course.check import judged
from pmulab.lab.course.glossary import glossary
from pmulab.lab.course.joined import joined
from pmulab.lab.course.progress import NAME, opened
from pmulab.lab.course.project import certify
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.gallery import gallery
from pmulab.lab.lines.lines import tried
from pmulab.lab.submission.guard import guard_all
from pmulab.lab.submission.limits import limited
from pmulab.lab.submission.load import InputError, load_class
from pmulab.opening import add_opening
from pmulab.posting import add_kernel
from pmulab.prove.prove import prove
from pmulab.sim import scenario
from pmulab.sim.machine import Machine
from pmulab.sim.reading import ScenarioError
from pmulab.teaching import add_teaching

# ---- run, cost, replay


def cmd_run(args) -> int:
    """Run a scenario and print its trace."""
    if args.list:
        width = max(map(len, scenario.names()))
        for name in scenario.names():
            print(f"{name:<{width}}  {scenario.load(name).about}")
        return 0
    if args.scenario is None:
        raise ScenarioError("name a scenario, or a file; --list shows the library's")
    if args.cost:
        print(cost.measure(args.scenario).table())
        return 0
    trace = Machine(scenario.load(args.scenario)).run()
    if args.save:
        trace.save(args.save)
    print(json.dumps(trace.as_dict(), indent=1) if args.json else trace.text())
    if not args.json:
        print(f"\n{trace!r}\n\n{trace.table(len(trace))}")
    return 0


def cmd_cost(args) -> int:
    """Compare the cover letter's workloads on both kinds of PMU."""
    found = cost.compare(prices=cost.priced(args.price))
    print(json.dumps(cost.measures(found), indent=1) if args.json else cost.report(found))
    return 0


def cmd_replay(args) -> int:
    """Replay recorded traces; 1 where a row contradicts the model."""
    reports = [replay(path) for path in args.files]
    if args.json:
        print(json.dumps([r.as_dict() for r in reports], indent=1))
    else:
        for report in reports:
            print(report.text())
    return status(all(r.ok for r in reports))


# ---- the lab


def cmd_check(args) -> int:
    """Judge a file for an exercise."""
    row = EXERCISES[one_of("exercise", args.exercise, EXERCISES)]
    # Not `check`: progress is kept beside notebooks, a command leaves no file behind.
    verdict = judged(row.id, load_class(args.file, row.hook), args.seconds)
    print(json.dumps(verdict.as_dict(), indent=1) if args.json else verdict)
    return status(verdict.right, verdict.kind == "not finished")


def cmd_join(args) -> int:
    """Join the answers that a file of progress keeps; with all hooks of the project, certify it."""
    try:
        made = joined(opened(Path(args.file)))
    except ValueError as error:
        raise InputError(str(error)) from None
    print(made.map, *made.lines(), sep="\n")
    if made.missing:
        return WRONG
    verdict = certify(made.hypervisor)
    print(verdict)
    return status(verdict.right, verdict.kind == "not finished")


def cmd_lines(args) -> int:
    """Leave out each line of a hook in turn, the library's or a file's, and say who notices."""
    row = EXERCISES[one_of("exercise", args.exercise, EXERCISES)]
    mine = load_class(args.file, row.hook) if args.file else None
    try:
        print(tried(row.id, mine, args.seconds).to_text())
    except ValueError as error:
        raise InputError(str(error)) from None
    return RIGHT


def cmd_prove(args) -> int:
    """Compare a file's hook with the library's for every value; a difference is no verdict."""
    row = EXERCISES[one_of("exercise", args.exercise, EXERCISES)]
    with limited(args.seconds + 1) as limit:
        proof = prove(load_class(args.file, row.hook), row.hook, args.seconds)
    if limit.expired:
        print(f"{row.id}: not finished: no end within {args.seconds:g} s{limit.where}")
        return NOT_FINISHED
    print(f"{row.id}: {proof}")
    return status(proof.kind == "proven", proof.kind == "not proven")


def cmd_explore(args) -> int:
    """Search a world; Ctrl-C ends it with what is certain so far, and that is not finished."""
    hypervisor = guard_all(load_class(args.hypervisor)) if args.hypervisor else Hypervisor
    world = one_of("world", args.world, WORLDS)
    # The search looks at the clock itself; a second more is for a hook that never comes back.
    with limited(args.seconds + 1 if args.seconds else 0) as limit:
        found = explore(world, hypervisor, seconds=args.seconds, ticker=Ticker())
    if limit.expired:
        print(f"not finished: no end within {args.seconds:g} s{limit.where}")
        return NOT_FINISHED
    print(json.dumps(result_dict(found), indent=1) if args.json else "\n".join(result_lines(found)))
    return status(found.holds and found.certificate.closed, found.holds)


class Ticker:
    """Says on standard error how far a long search is, every second or so."""

    def __init__(self):
        self.next = time.perf_counter() + 2

    def __call__(self, depth: int, states: int) -> None:
        """Take note of a new layer."""
        if time.perf_counter() > self.next:
            self.next += 1
            print(f"depth {depth}, {states} states", file=sys.stderr, flush=True)


def result_lines(found: Result) -> list[str]:
    """Print the outcome of a search."""
    seen = found.certificate
    if not found.holds:
        return [str(seen), "", *found.breach(), "The shortest history:", *found.steps()]
    where = "every state" if seen.closed else "the states that were seen"
    return [str(seen), f"Every law holds in {where}."]


def result_dict(found: Result) -> dict:
    """Return the outcome of a search as plain data."""
    return {
        **vars(found.certificate),
        "holds": found.holds,
        "law": found.law,
        "accusation": str(found.accusation) if found.accusation else "",
        "error": describe(found.error) if found.error else "",
        "history": list(found.history),
    }


def cmd_gallery(args) -> int:
    """Print the table of the gallery as it goes; not right where an entry breaks another law."""
    rows = gallery.gallery()
    chosen = [one_of("bug", id, rows) for id in args.ids] or list(rows)
    print(gallery.HEADING, flush=True)
    wrong = cut = 0
    for id in chosen:
        result = rows[id].explore()
        unproven = result.holds and not result.certificate.closed
        cut += unproven
        wrong += result.law != rows[id].law and not unproven
        print(gallery.line(rows[id], result), flush=True)
    return status(not wrong and not cut, not wrong)


def cmd_exercises(args) -> int:
    """List the exercises."""
    for row in EXERCISES.values():
        print(f"{row.id:<24} {row.hook:<20} {row.about}")
    return 0


def cmd_worlds(args) -> int:
    """List the worlds."""
    for world in WORLDS.values():
        print(f"{world.name:<20} {world.about}")
    return 0


def cmd_glossary(args) -> int:
    """Print the glossary, a section of it or a name."""
    try:
        print(glossary(args.name))
    except KeyError as error:
        raise InputError(error.args[0]) from None
    return 0


# ---- reading a command line


def parser() -> argparse.ArgumentParser:
    """Build the argument parser."""
    as_module = Path(sys.argv[0]).parts[-2:] == ("pmulab", "__main__.py")
    top = argparse.ArgumentParser(
        prog="python -m pmulab" if as_module else "pmulab",
        description=__doc__,
        epilog=completion.HOW,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"pmulab {__version__}")
    how = "print a script by which the shell completes words; needs shtab"
    top.add_argument("--print-completion", choices=completion.SHELLS, metavar="SHELL", help=how)
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    add_opening(commands)
    sub = commands.add_parser("run", help="run a scenario and print what happened")
    sub.add_argument("scenario", nargs="?", help="a name of the library or a JSON file")
    sub.add_argument("--list", action="store_true", help="list the library's scenarios")
    sub.add_argument("--json", action="store_true", help="print the trace as JSON")
    sub.add_argument("--save", metavar="FILE", help="also write the trace to a file")
    sub.add_argument("--cost", action="store_true", help="print what it costs instead")
    sub.set_defaults(run=cmd_run)
    sub = commands.add_parser("cost", help="compare emulated and partitioned: exits, cycles")
    sub.add_argument("--price", action="append", default=[], metavar="WHAT=CYCLES")
    sub.add_argument("--json", action="store_true", help="print the comparison as JSON")
    sub.set_defaults(run=cmd_cost)
    sub = commands.add_parser("replay", help="compare recorded accesses with the model")
    sub.add_argument("files", nargs="+", metavar="FILE")
    sub.add_argument("--json", action="store_true")
    sub.set_defaults(run=cmd_replay)
    add_lab(commands)
    add_teaching(commands)
    add_kernel(commands)
    for name in ("check", "explore", "gallery", "worlds", "exercises", "class", "grade", "report"):
        what = "take a teacher's own worlds, exercises, wrong hypervisors and sentences"
        commands.choices[name].add_argument("--with", dest="own", metavar="DIR", help=what)
    return top


def add_lab(commands) -> None:
    """Add the commands of the lab to the argument parser."""
    sub = commands.add_parser("check", help="judge a file for an exercise")
    sub.add_argument("file", metavar="FILE.py[:Class]|FILE.c")
    sub.add_argument("--exercise", required=True, metavar="ID")
    sub.add_argument("--seconds", type=float, default=60, help="give up after so many")
    sub.add_argument("--json", action="store_true")
    sub.set_defaults(run=cmd_check)
    sub = commands.add_parser("join", help="join the answers that a learner's progress keeps")
    sub.add_argument("file", nargs="?", default=NAME, metavar="FILE.json")
    sub.set_defaults(run=cmd_join)
    sub = commands.add_parser("prove", help="compare a hook with the library's for every value")
    sub.add_argument("file", metavar="FILE.py[:Class]")
    sub.add_argument("--exercise", required=True, metavar="ID")
    sub.add_argument("--seconds", type=float, default=5, help="of CPU time")
    sub.set_defaults(run=cmd_prove)
    sub = commands.add_parser("lines", help="who notices when a line of a hook is left out")
    sub.add_argument("exercise", metavar="ID")
    sub.add_argument("file", nargs="?", metavar="FILE.py[:Class]", help="instead of the library's")
    sub.add_argument("--seconds", type=float, default=20, help="for each line")
    sub.set_defaults(run=cmd_lines)
    sub = commands.add_parser("explore", help="search a small world, every order of actions")
    sub.add_argument("--world", required=True)
    sub.add_argument("--hypervisor", metavar="FILE.py:Class|FILE.c:hook")
    sub.add_argument("--seconds", type=float, help="stop after so many")
    sub.add_argument("--json", action="store_true")
    sub.set_defaults(run=cmd_explore)
    sub = commands.add_parser("gallery", help="judge the wrong hypervisors of the gallery")
    sub.add_argument("ids", nargs="*", metavar="ID")
    sub.set_defaults(run=cmd_gallery)
    sub = commands.add_parser("exercises", help="list the exercises")
    sub.set_defaults(run=cmd_exercises)
    sub = commands.add_parser("worlds", help="list the small worlds")
    sub.set_defaults(run=cmd_worlds)
    sub = commands.add_parser("glossary", help="say what a word, register, law or hook is")
    sub.add_argument("name", nargs="?", default="", metavar="NAME")
    sub.set_defaults(run=cmd_glossary)


def main(argv: list[str] | None = None) -> int:
    """Run one command; bad input is one line on standard error."""
    for stream in (sys.stdout, sys.stderr):
        # Windows gives a pipe an encoding that lacks our arrows; a ? in their place will do.
        if isinstance(stream, io.TextIOWrapper) and stream.encoding.lower() != "utf-8":
            stream.reconfigure(errors="replace")
    top = parser()
    args = top.parse_args(argv)
    try:
        if args.print_completion:
            print(completion.script(top, args.print_completion))
            return RIGHT
        if not args.command:
            top.print_help()
            return RIGHT
        if getattr(args, "own", None):
            for line in take(args.own):
                print(f"pmulab: {line}", file=sys.stderr)
        return args.run(args)
    except BrokenPipeError:
        raise
    except (TraceError, ScenarioError, InputError, OSError) as error:
        print("pmulab:", " ".join(str(error).splitlines()), file=sys.stderr)
        return BAD_INPUT
    except Fault as fault:
        print(f"pmulab: not finished: {fault}", file=sys.stderr)
        return NOT_FINISHED
