"""A method whose lines have switches: who notices when one is off, or elsewhere.

`method` edits, `attempt` judges, `lines` joins them.

Not modelled: see each module.
"""
