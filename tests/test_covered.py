"""The table of `make coverage`: sums by folder, shares, and functions that no test runs."""

import io
import json
import runpy
import sys
from pathlib import Path

COVERED = runpy.run_path(str(Path(__file__).parent.parent / ".ci" / "covered.py"))


def part(lines, run, branches=0, taken=0):
    names = ("num_statements", "covered_lines", "num_branches", "covered_branches")
    return dict(zip(names, (lines, run, branches, taken)))


def file(summary, **functions):
    """Write what coverage.py reports of a file; its module-level code is the function ''."""
    parts = {"": {"summary": part(9, 9)}}
    return {
        "summary": summary,
        "functions": parts | {n: {"summary": s} for n, s in functions.items()},
    }


def test_the_table_adds_up_folders_and_names_what_was_never_run(monkeypatch, capsys):
    files = {
        "lab/a/one.py": file(part(10, 5, 4, 1), seen=part(2, 1), missed=part(3, 0)),
        "lab/a/two.py": file(part(10, 10), declared=part(0, 0)),
        "lab/b/three.py": file(part(20, 20, 4, 4)),
    }
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps({"files": files})))
    COVERED["main"]()
    _, *lines = [line.split() for line in capsys.readouterr().out.splitlines()]

    assert [
        ["lab/a", "20", "75.0%", "4", "25.0%", "3", "66.7%"],
        ["lab/b", "20", "100.0%", "4", "100.0%", "0", "-"],
        ["all", "40", "87.5%", "8", "62.5%", "3", "66.7%"],
        ["never", "run", "in", "lab/a/one.py:", "missed"],
    ] == lines
