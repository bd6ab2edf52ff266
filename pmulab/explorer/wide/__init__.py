"""Machines of full size: states that satisfy the contract, made directly, and a few moves.

Not modelled: see `draw` for what is left out, each with its reason.
"""
