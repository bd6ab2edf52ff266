"""Every system register of the lab, by name.

Not modelled: registers outside the PMU, its traps and the virtual CPU interface of the GIC.
"""

import re
from difflib import get_close_matches

from pmulab.hw import gic_regs, pmu_regs
from pmulab.hw.pmu_regs import CYCLE_IDX, MAX_COUNTERS, event_mask
from pmulab.hw.sysreg import Reg

__all__ = ["CYCLE_IDX", "MAX_COUNTERS", "REGS", "event_mask", "reg"]

REGS: dict[str, Reg] = {row.name: row for row in (*pmu_regs.ROWS, *gic_regs.ROWS)}


# One of many registers: PMEVCNTR3_EL0, ICH_LR3_EL2.
NUMBERED = re.compile(r"([A-Z_]+?)(\d+)(_EL\d)")


def reg(name: str) -> Reg:
    """Return the row of that name; a `KeyError` names the nearest ones."""
    row = REGS.get(name)
    if row is None:
        raise KeyError(f"no register {name}; {_near(str(name)[:40])}")
    return row


def _near(name: str) -> str:
    """Say which numbers registers of that kind have, or which names are near."""
    asked = NUMBERED.fullmatch(name)
    found = [NUMBERED.fullmatch(known) for known in REGS] if asked else []
    numbers = [int(m[2]) for m in found if m and asked and (m[1], m[3]) == (asked[1], asked[3])]
    if asked and len(numbers) > 1:
        return f"{asked[1]}<n>{asked[3]} has n from {min(numbers)} to {max(numbers)}"
    near = get_close_matches(name, REGS, n=3, cutoff=0.5)
    return f"near it: {', '.join(near)}" if near else "see pmulab.hw.sysregs.REGS"


PMCR_EL0 = REGS["PMCR_EL0"]
PMSELR_EL0 = REGS["PMSELR_EL0"]
PMCCFILTR_EL0 = REGS["PMCCFILTR_EL0"]
PMEVTYPER0_EL0 = REGS["PMEVTYPER0_EL0"]
PMUSERENR_EL0 = REGS["PMUSERENR_EL0"]
MDCR_EL2 = REGS["MDCR_EL2"]
HCR_EL2 = REGS["HCR_EL2"]
ICH_VTR_EL2 = REGS["ICH_VTR_EL2"]
HDFGRTR_EL2 = REGS["HDFGRTR_EL2"]
HDFGWTR_EL2 = REGS["HDFGWTR_EL2"]
