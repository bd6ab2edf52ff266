"""What the notebooks call: glossary, bug hunt, project, progress.

Not modelled: the lessons themselves; they are the notebooks.
"""
