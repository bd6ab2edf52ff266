"""An accusation: a law that is broken, as data, and said in one line.

Not modelled: the laws; `laws` has them, and what their values mean.
"""

from typing import NamedTuple

from pmulab.hw.sysreg import Rule
from pmulab.hw.sysregs import REGS
from pmulab.sim.phrases import fields_in
from pmulab.sim.private import Outcome

# What the values of an accusation are: the bits of a register, or a number of things.
BITS, NUMBER = "bits", "number"


class Accusation(NamedTuple):
    """A law that is broken: whose, what it is about, what was found and what was due.

    `subject` is a register, an event of the host or what is counted. `case` says which case of a
    table it is, `line` where in a hypervisor's own code.
    """

    law: str
    who: str
    subject: str
    yours: Outcome
    entitled: Outcome
    unit: str = BITS
    case: str = ""
    line: str = ""

    def values(self) -> str:
        """Say the two values."""
        say = str if self.unit == NUMBER else hex
        both = (self.yours, self.entitled)
        yours, entitled = (say(v) if isinstance(v, int) else v or "nothing" for v in both)
        where = f", where {self.case}" if self.case else f" {self.line}" if self.line else ""
        return f"{self.subject}{where}: yours {yours}, entitled {entitled}{self._differing()}"

    def _differing(self) -> str:
        """Name the fields that differ, where a register's value is more than one number."""
        yours, entitled, row = self.yours, self.entitled, REGS.get(self.subject)
        if row is None or row.rule is Rule.COUNTER:
            return ""
        if isinstance(yours, int) and isinstance(entitled, int) and yours != entitled:
            return f" (differs in {', '.join(fields_in(row, yours ^ entitled))})"
        return ""

    def __str__(self) -> str:
        return f"{self.law}: {self.who} {self.values()}"
