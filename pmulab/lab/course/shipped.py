"""Where the notebooks of this pmulab are: in a wheel inside the package, in a checkout beside it.

Not modelled: copies of them; a folder that somebody works in is theirs.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2]
# Settings of JupyterLab for a lesson: the news pop-up would cover the corner of every first
# session, and without a default kernel "Run All" may open a dialog and run nothing.
JUPYTER = PACKAGE / "jupyter"


def notebooks() -> Path:
    """Return the folder of the notebooks; raises `FileNotFoundError` where none came along."""
    for folder in (PACKAGE / "notebooks", PACKAGE.parent / "notebooks"):
        if any(folder.glob("[0-9]*.ipynb")):
            return folder
    raise FileNotFoundError("this pmulab came without notebooks; name a folder that has them")
