"""For teachers: copies of the notebooks for a class, and grading.

Not modelled: a learning platform.
"""
