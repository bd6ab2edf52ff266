"""The scenarios of the library, each run once for all tests."""

from functools import cache

from pmulab.sim.machine import Machine


@cache
def ran(name):
    """Run a scenario with its trace; nobody changes the machine."""
    machine = Machine(name)
    while machine.step():
        pass
    return machine
