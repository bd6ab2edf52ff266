"""Somebody else's code: reading it from a file, and limits for running it."""
