"""The lab: exercises, the gallery of wrong hypervisors, grading.

Not modelled: the learner.
"""
