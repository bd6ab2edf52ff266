"""Ask for a guess before the machine answers: a field in a notebook, a printed line elsewhere.

Not modelled: more than one learner at a kernel.
"""

import sys
from collections.abc import Iterable, Sequence
from functools import partial

from pmulab.lab.classroom.hand_in import HandInDesk
from pmulab.lab.classroom.renewal import renewal
from pmulab.lab.course.carry import carry
from pmulab.lab.course.course_map import course_map
from pmulab.lab.course.editions import notice
from pmulab.lab.course.predictions import Prediction, predictions
from pmulab.lab.course.progress import Progress, guess_of, keep_guess
from pmulab.lab.course.progress import progress as kept_progress
from pmulab.lab.course.self_tests import Question, questions


def predict(question: str, guess: object = ...) -> None:
    """Ask what a learner expects, above what then comes; keep the guess and judge it.

    `question` is the number of a row, "4.2", or a question of your own, which nobody judges. In a
    notebook there is a field, and what the cell shows below waits for it. A guess as second
    argument needs no field; it is printed, as everything is where there is no notebook.
    """
    row = predictions().get(question, Prediction(question, question, "", ""))
    if guess is not ...:
        keep_guess(question, guess)
    elif in_notebook():
        from pmulab.view.guess import ask

        ask(row, guess_of(question), keep_guess)
        return
    print("Your guess:", "none yet" if guess is ... else guess)
    if guess is not ... and row.answer:
        print(row.judge(guess).says, row.why, sep="\n")


def lesson(number: int | str, edition: str = "") -> None:
    """Show the map of a notebook and say how many of its exercises and predictions are done.

    An `edition` that is not the library's is told. From here on no key for a prediction is lost.
    """
    newer = renewal(f"{number}", edition)
    if not newer and (other := notice(f"{number}", edition)):
        print(other)
    chart, carried = course_map(number), carry()
    says = kept_progress().so_far(f"{number}")
    if in_notebook():
        from pmulab.view.guess import begin
        from pmulab.view.map_drawing import show_map

        # What a page must say of what it keeps is read before all else.
        acts = [lambda: show_map(chart), lambda: begin(says, carried, HandInDesk(), newer)]
        for act in acts[::-1] if carried or newer else acts:
            act()
    else:
        print(chart, says, sep="\n")


def self_test(number: int | str) -> None:
    """Ask the questions of a notebook's self-test, one after another, and keep the answers."""
    _asked(questions(f"{number}"))


def _asked(rows: Iterable[Question]) -> None:
    """Ask questions with choices, or print them."""
    for row in rows:
        if in_notebook():
            from pmulab.view.guess import quiz

            quiz(row, guess_of(row.key), keep_guess)
        else:
            print(row.question, *map(row.named, row.choices), sep="\n")


def progress(notebook: int | str = "") -> Progress:
    """Return what has been kept, as something that shows itself; of a notebook as a line.

    Beside it stand questions about the learner's own histories, one for each exercise checked.
    """
    made = kept_progress(notebook)
    rows = _of_histories(made) if made.notebook and made.exercises else []
    if in_notebook():
        # What stands below a question waits for its answer, so the line is first.
        made.show = partial(_show, made, rows) if rows else None
    else:
        _asked(rows)
    return made


def _of_histories(made: Progress) -> Sequence[Question]:
    # It knows the explorer and the gallery, which a lesson's first cell need not load.
    from pmulab.lab.course.own_history import questions_of

    return questions_of(made.exercises, made.notebook)


def _show(made: Progress, rows: Iterable[Question]) -> None:
    print(made)
    _asked(rows)


def in_notebook() -> bool:
    """Tell whether a front end with cells runs this: IPython, but not its terminal."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell is not None and type(shell).__name__ != "TerminalInteractiveShell"
