"""Hooks in C: compiled by the system's compiler, run in a process of their own.

`words` has what C may say, `build` compiles, `child` runs and answers, `hook` makes a class of it.

Not modelled: the kernel around a hook; a hook in C knows what `kernel.h` and `words` have.
"""
