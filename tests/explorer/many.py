"""Try many wide cases of the unchanged `Hypervisor`: `make wide`. Nobody may accuse it.

`--cases 100000 --seed 0`: so many in all, shared by all hooks' draws and the general one.
"""

import argparse
import sys
import time

from pmulab.explorer.wide.draw import PLAIN
from pmulab.explorer.wide.focus import FOCI
from pmulab.explorer.wide.search import search
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.exercises.rows import EXERCISES

# All that a machine calls.
HOOKS = ("", *(row.hook for row in EXERCISES.values() if FOCI.get(row.hook, PLAIN).cases))


def main() -> int:
    """Print what each draw comes to; 1 where a case accuses."""
    parser = argparse.ArgumentParser(description="Wide cases of the unchanged Hypervisor.")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    each, began, accused = -(-args.cases // len(HOOKS)), time.process_time(), 0
    for hook in HOOKS:
        wide = search(Hypervisor, hook, range(args.seed, args.seed + each))
        accused += wide.broken is not None
        print(f"{hook or 'any'}: {wide.result or 'no accusation'}; {wide.coverage}", flush=True)
    seeds = f"seeds {args.seed} to {args.seed + each - 1} of {len(HOOKS)} draws"
    print(f"{each * len(HOOKS)} cases, {seeds}: {accused} accused; ", end="")
    print(f"{time.process_time() - began:.0f} s of CPU")
    return 1 if accused else 0


if __name__ == "__main__":
    sys.exit(main())
