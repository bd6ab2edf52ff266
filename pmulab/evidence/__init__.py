"""Recorded hardware: traces of others replayed on the model, and what each of their tags allows.

Not modelled: how they were recorded; `tests/conformance` has that.
"""
