"""Ask for a guess before the machine answers: a field in a notebook, a printed line elsewhere.

Not modelled: whether a guess is right. Nobody but the learner judges that.
"""

import sys

from pmulab.lab.course.progress import guess_of, keep_guess


def predict(question: str, guess: object = ...) -> None:
    """Ask what a learner expects, above what then comes, and keep it in the progress file.

    In a notebook there is a field to type into, and what the cell shows below waits for it. A guess
    as second argument needs no field; it is printed, as everything is where there is no notebook.
    """
    if guess is not ...:
        keep_guess(question, guess)
    elif in_notebook():
        from pmulab.view.guess import ask

        ask(question, guess_of(question), keep_guess)
        return
    print("Your guess:", "none yet" if guess is ... else guess)


def in_notebook() -> bool:
    """Tell whether a front end with cells runs this: IPython, but not its terminal."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell is not None and type(shell).__name__ != "TerminalInteractiveShell"
