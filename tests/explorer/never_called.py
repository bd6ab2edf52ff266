"""Write down in which drawn cases the library never calls a hook: `spared.py` reads it.

Run it after a change of what is drawn, or of when the library calls a hook.
"""

import json

from pmulab.explorer.wide.draw import PLAIN
from pmulab.explorer.wide.focus import FOCI
from pmulab.explorer.wide.search import search
from pmulab.explorer.wide.spared import FILE
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.exercises.rows import EXERCISES


def never_called(hook, seeds):
    """Return those of some seeds in whose cases the library never calls a hook."""
    called = []

    def counted(hyp, *args, **named):
        called.append(True)
        return getattr(super(watched, hyp), hook)(*args, **named)

    watched = type("Watched", (Hypervisor,), {hook: counted})
    found = []
    for seed in seeds:
        called.clear()
        assert search(watched, hook, (seed,)).broken is None, (hook, seed)
        found += [] if called else [seed]
    return found


def row(hook):
    """Make the row of a hook: of how many cases, and a bit for each that never calls it."""
    focus = FOCI.get(hook, PLAIN)
    bits = sum(1 << seed for seed in never_called(hook, range(focus.cases + focus.beside)))
    return [focus.cases, focus.beside, f"{bits:x}"]


def main():
    """Write the rows of all exercises' hooks."""
    rows = {hook: row(hook) for hook in sorted({one.hook for one in EXERCISES.values()})}
    lines = ",\n".join(f"  {json.dumps(hook)}: {json.dumps(found)}" for hook, found in rows.items())
    FILE.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
