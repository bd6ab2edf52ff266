"""The command line: `python -m pmulab run SCENARIO`, `python -m pmulab replay FILE...`."""

import argparse
import json
import sys
from pathlib import Path

from pmulab.lab import commands as lab
from pmulab.sim import cost, scenario
from pmulab.sim.machine import Machine
from pmulab.sim.reading import ScenarioError
from pmulab.sim.replay import TraceError, replay


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
    return 0 if all(r.ok for r in reports) else 1


def cmd_class(args) -> int:
    """Write the copies of the notebooks for a class."""
    from pmulab.lab.classroom import KINDS, make_copies

    written = make_copies(args.dir, args.notebooks)
    print(f"{len(written)} notebooks in {args.dir}: {', '.join(KINDS)}")
    return 0


def parser() -> argparse.ArgumentParser:
    """Build the argument parser."""
    top = argparse.ArgumentParser(prog="python -m pmulab", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
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
    sub = commands.add_parser("class", help="write copies for students, instructors, nbgrader")
    sub.add_argument("dir", metavar="DIR", type=Path, help="the folder to write to")
    sub.add_argument("--notebooks", metavar="FOLDER", type=Path, default=Path("notebooks"))
    sub.set_defaults(run=cmd_class)
    lab.add_to(commands)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command; bad input is one line on standard error and exit status 2."""
    args = parser().parse_args(argv)
    try:
        return args.run(args)
    except BrokenPipeError:
        raise
    except (TraceError, ScenarioError, lab.InputError, OSError) as error:
        print("pmulab:", " ".join(str(error).splitlines()), file=sys.stderr)
        return 2


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        # Somebody piped us into `head`: not an error.
        sys.stderr.close()
    except KeyboardInterrupt:
        sys.exit(130)
