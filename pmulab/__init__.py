"""pmulab: learn how a hypervisor shares a CPU's performance counters with its guests."""

__version__ = "0.1.0"
