"""Every order of actions in a small world: worlds, moves, states, the search, what comes of it.

Not modelled: see `explorer`; why something broke is told by `pmulab.explain`.
"""
