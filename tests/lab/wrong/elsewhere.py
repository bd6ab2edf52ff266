"""Hooks that take another CPU for the one they run on, where a machine has three.

Each is the library's hook, run with the registers and the host of that other CPU. What two CPUs
show, other tables have; `kick`, `vgic_populate`, `vgic_target` and `vgic_fold` ask no CPU.
"""

from collections.abc import Callable

from lab.wrong.table import wrong

from pmulab import Hypervisor
from pmulab.lab.exercises.rows import EXERCISES

OTHERS: dict[str, tuple[str, Callable[[int], int]]] = {
    "LastBitOfCpu": ("The last bit of a CPU's number is the CPU.", lambda n: n & 1),
    "OfTwoCpus": ("Whoever is not the first of two CPUs is the second.", lambda n: min(n, 1)),
}
ASKED = """
    guest_counter_mask host_counter_mask owns_counters write_pair fold_overflow pmu_stop pmu_put
    pmu_load apply_event_filter write_type resync_event_filter take_ownership decide_ownership
    set_guest_counters write_control read_bitmap handle_host_irq handle_guest_irq overflow_status
    vgic_flush
""".split()


def _elsewhere(hook: str, other: Callable[[int], int]) -> Callable:
    def mine(self, *args):
        here = self.host.cpu
        self.this_cpu(other(here))
        try:
            return getattr(Hypervisor, hook)(self, *args)
        finally:
            self.this_cpu(here)

    return mine


for row in EXERCISES.values():
    for name, (about, other) in OTHERS.items() if row.hook in ASKED else ():
        words = "".join(map(str.capitalize, row.hook.split("_")))
        own = {row.hook: _elsewhere(row.hook, other), "__doc__": about}
        made = type(f"{words}{name}", (Hypervisor,), own)
        wrong(row.id, "a third CPU")(made)
