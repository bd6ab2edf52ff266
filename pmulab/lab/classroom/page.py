"""The page of what a class believes: one file, no network, to be projected.

Not modelled: anything that moves; a bar is a picture of the number beside it.
"""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from pmulab.lab.classroom.beliefs import Beliefs, Guesses

STYLE = Path(__file__).with_name("page.css")
SAME = "Answers that do the same as an entry of the gallery; gallery()[ID] tells its story."
OWN = (
    "Learners who could say where their own first wrong answer, or a known mistake if they had "
    "none, went wrong: in which step, by which line, in which register."
)
# Of a question, as many guesses as can be read from the back of a room.
MOST_GUESSES = 6


def page(found: Beliefs, title: str) -> str:
    """Write the page."""
    parts = [
        _section("Exercises", "Those that most got wrong first.", _exercises(found)),
        _section(
            "Mistakes with a name",
            SAME,
            _known(found),
        ),
        _section("Laws that broke", "Learners, each counted once for a law.", _laws(found)),
        _section("Their own histories", OWN, _histories(found)),
        _section("Guesses", "The answer is marked ✓.", "".join(map(_question, found.guesses))),
        _section(
            "Who is stuck", "Less than half of what the middle of the class has.", _stuck(found)
        ),
    ]
    style = STYLE.read_text(encoding="utf-8")
    head = f"<h1>{escape(title)}</h1><p>{found.learners} learners</p>"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>\n{style}</style></head>\n"
        f"<body><main>{head}\n{''.join(parts)}</main></body></html>\n"
    )


def _section(title: str, about: str, body: str) -> str:
    body = body or "<p>Nothing.</p>"
    return f"<section><h2>{title}</h2><p>{escape(about)}</p>\n{body}</section>\n"


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; the first cell of a row names it."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in heading)
    body = "\n".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for first, *cells in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>\n" if body else ""


def _bar(n: int, of: int, kind: str) -> str:
    """Draw a number as a part of the width; who hears the page has heard the number."""
    share = 100 * n / of if of else 0
    return f'<span class="bar {kind}" style="width: {share:.1f}%" aria-hidden="true"></span>'


def _alone(n: int, of: int, kind: str = "wrong") -> str:
    """Draw a number beside the largest one."""
    return f'<span class="bars">{_bar(n, of, kind)}</span>'


def _exercises(found: Beliefs) -> str:
    rows = []
    for row in found.exercises:
        parts = ((row.right, "right"), (row.wrong, "wrong"), (row.missing, "missing"))
        all_of = sum(n for n, _ in parts)
        bars = "".join(_bar(n, all_of, kind) for n, kind in parts)
        numbers = [str(n) for n, _ in parts]
        rows.append([f"<code>{row.exercise}</code>", *numbers, f'<span class="bars">{bars}</span>'])
    return _table(("exercise", "right", "wrong", "missing", "right, wrong, missing"), rows)


def _known(found: Beliefs) -> str:
    rows = [
        [
            f"<code>{row.id}</code>",
            str(len(row.learners)),
            f"<code>{row.exercise}</code>",
            escape(row.about),
            escape(", ".join(row.learners)),
        ]
        for row in found.mistakes
    ]
    return _table(("mistake", "learners", "exercise", "what it does", "who"), rows)


def _laws(found: Beliefs) -> str:
    most = max((n for _, n in found.laws), default=0)
    rows = [[f"<code>{escape(law)}</code>", str(n), _alone(n, most)] for law, n in found.laws]
    return _table(("law", "learners", "learners, as a bar"), rows)


def _histories(found: Beliefs) -> str:
    rows = []
    for row in found.histories:
        parts = ((row.right, "right"), (row.wrong, "wrong"))
        bars = "".join(_bar(n, row.right + row.wrong, kind) for n, kind in parts)
        bars = f'<span class="bars">{bars}</span>'
        rows.append([f"<code>{row.exercise}</code>", *(str(n) for n, _ in parts), bars])
    return _table(("exercise", "right", "wrong", "right, wrong"), rows)


def _question(row: Guesses) -> str:
    most = max(n for _, n, _ in row.made)
    rows = [
        [
            f"{escape(guess)}{' ✓' if right else ''}",
            str(n),
            _alone(n, most, "right" if right else "wrong"),
        ]
        for guess, n, right in row.made[:MOST_GUESSES]
    ]
    left = len(row.made) - len(rows)
    more = f"<p>and {left} more guesses</p>" if left > 0 else ""
    head = f"<h3>{row.id} {escape(row.question)}</h3><p>It is {escape(row.answer)}.</p>"
    made = _table(("guess", "learners", "learners, as a bar"), rows)
    return f"<article>{head}{made}{more}</article>\n"


def _stuck(found: Beliefs) -> str:
    rows = [[escape(who), str(right), str(wrong)] for who, right, wrong in found.stuck]
    return _table(("who", "right", "wrong"), rows)
