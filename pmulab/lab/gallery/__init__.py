"""Wrong hypervisors, a class each, by what they get wrong; `gallery` has their table.

Not modelled: see `gallery`.
"""
