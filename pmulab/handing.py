"""Hand in: notebooks and progress as one file, by a button in a notebook, as a line elsewhere.

Not modelled: a place to hand it in to.
"""

from pathlib import Path

from pmulab.asking import in_notebook
from pmulab.lab.classroom.hand_in import HandInDesk, hand_in_of, notebooks_in
from pmulab.lab.course.progress import progress


def hand_in(learner: str = "") -> None:
    """Show a button that writes one file of notebooks and progress, named and dated.

    Where there is no notebook the file is written beside them, and what is in it printed.
    """
    if in_notebook():
        from pmulab.view.guess import begin

        begin("Notebooks and progress as one file.", desk=HandInDesk())
        return
    made = hand_in_of(notebooks_in(Path.cwd()), progress(), learner)
    Path(made.name).write_bytes(made.content)
    print(made.name, *made.says, sep="\n")
