"""Simulation: scenarios, the machine that runs them, traces of what happened, replay.

Not modelled: wall-clock time, threads, randomness that no seed names.
"""
