"""Tables of cases, an area a module: hooks that no small world shows whole, beside the reference.

Not modelled: how a hook gets there. Only what it returns and what it leaves counts.
"""

from pmulab.lab.cases import (
    attributes,
    company,
    event_types,
    host_moments,
    interrupts,
    masks,
    moments,
    ownership,
    traps,
    vgic,
)
from pmulab.lab.cases.table import TABLES, Raised, judge, tables_of

AREAS = (
    *(event_types, interrupts, masks, moments, ownership, traps, vgic, company, host_moments),
    attributes,
)

__all__ = ["AREAS", "TABLES", "Raised", "judge", "tables_of"]
