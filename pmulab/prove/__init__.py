"""A hook on values that are not known, beside the library's: equal for all of them, or a case.

Not modelled: see `prove`; z3 is needed only where something is proven.
"""
