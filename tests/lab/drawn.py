"""Fresh bugs, each drawn once for all tests: to draw one is to search worlds."""

from functools import cache

from pmulab.lab.course.suspects import Suspect

fresh_bug = cache(Suspect)
