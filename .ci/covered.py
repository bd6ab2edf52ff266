"""Print what the tests have run of pmulab, folder by folder, and each function that none has run.

coverage json -q -o - | python .ci/covered.py
"""

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

KINDS = ("lines", "branches", "functions")


def main():
    """Print the table, then the list."""
    files = json.load(sys.stdin)["files"]
    folders = defaultdict(Counter)
    for name, file in files.items():
        folders[Path(name).parent.as_posix()] += counts(file)
    folders["all"] = sum(folders.values(), Counter())
    print(f"{'folder':<18}" + "".join(f"{kind:>11}{'run':>8}" for kind in KINDS))
    for folder, sums in folders.items():
        print(f"{folder:<18}" + "".join(f"{sums[k]:>11}{share(sums, k):>8}" for k in KINDS))
    for name, file in files.items():
        if missed := never_run(file):
            print(f"never run in {name}: {', '.join(missed)}")


def counts(file):
    """Count lines, branches and functions of a file, each also as far as it was run."""
    known, functions = file["summary"], [name for name in file["functions"] if name]
    return Counter(
        {
            "lines": known["num_statements"],
            "lines run": known["covered_lines"],
            "branches": known["num_branches"],
            "branches run": known["covered_branches"],
            "functions": len(functions),
            "functions run": len(functions) - len(never_run(file)),
        }
    )


def never_run(file):
    """List the functions of a file of which no line was run; coverage.py calls the module ''."""
    parts = {name: of["summary"] for name, of in file["functions"].items() if name}
    return [n for n, part in parts.items() if part["num_statements"] and not part["covered_lines"]]


def share(sums, kind):
    """Say how much of a kind was run."""
    return f"{sums[f'{kind} run'] / sums[kind]:.1%}" if sums[kind] else "-"


if __name__ == "__main__":
    main()
