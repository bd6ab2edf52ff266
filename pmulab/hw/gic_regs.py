"""The data: registers of the GICv3 virtual CPU interface, a row each.

Not modelled: to be completed.
"""

ROWS = []
