"""The exercises: their rows, the judge and its verdicts.

Not modelled: see each module.
"""
