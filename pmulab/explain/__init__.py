"""Why it broke, in words: a finished history, what each register held, what the hook changed.

Not modelled: whose fault it is; a law names a register, not a line.
"""
