"""pmulab: learn how a hypervisor shares a CPU's performance counters with its guests.

The names here are the ones that a notebook uses; `pmulab.view` has the widgets.
"""

from pmulab.hw.pe import Pe
from pmulab.hw.sysreg import Trap, Undefined
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.exercises import check, hint, reveal
from pmulab.lab.gallery import gallery
from pmulab.sim.explorer import explore
from pmulab.sim.machine import Machine
from pmulab.sim.scenario import load
from pmulab.sim.trace import Trace

__version__ = "0.1.0"
__all__ = [
    "Hypervisor",
    "Machine",
    "Pe",
    "Trace",
    "Trap",
    "Undefined",
    "check",
    "explore",
    "gallery",
    "hint",
    "load",
    "reveal",
]
