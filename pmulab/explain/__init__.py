"""Why it broke, in words: a finished history, what each register held, what the hook changed.

`witness` says what is held, `calls` what the hook changed, and `history` joins them.

Not modelled: whose fault it is; a law names a register, not a line.
"""
