"""The command line: `python -m pmulab replay FILE...`."""

import argparse
import json
import sys

from pmulab.sim.replay import TraceError, replay


def cmd_replay(args) -> int:
    """Replay recorded traces; 1 where a row contradicts the model."""
    reports = [replay(path) for path in args.files]
    if args.json:
        print(json.dumps([r.as_dict() for r in reports], indent=1))
    else:
        for report in reports:
            print(report.text())
    return 0 if all(r.ok for r in reports) else 1


def parser() -> argparse.ArgumentParser:
    """Build the argument parser."""
    top = argparse.ArgumentParser(prog="python -m pmulab", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    sub = commands.add_parser("replay", help="compare recorded accesses with the model")
    sub.add_argument("files", nargs="+", metavar="FILE")
    sub.add_argument("--json", action="store_true")
    sub.set_defaults(run=cmd_replay)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command; bad input is one line on standard error and exit status 2."""
    args = parser().parse_args(argv)
    try:
        return args.run(args)
    except TraceError as error:
        print(f"pmulab: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
