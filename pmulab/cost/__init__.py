"""What emulated and partitioned cost: exits, accesses, cycles.

Not modelled: see `cost`.
"""
