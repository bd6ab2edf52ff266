"""What a class of thirty believes: every number on the page is counted again here."""

import json
import re
from collections import Counter

import pytest

from pmulab.cli import main
from pmulab.lab.classroom.beliefs import beliefs, progress_in
from pmulab.lab.classroom.marks import Grade, Mark
from pmulab.lab.classroom.page import page
from pmulab.lab.course.kept import text_of
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.gallery.gallery import gallery

MADE = (
    "put-loses-flags",
    "put-keeps-enables",
    "put-forgets-cycles",
    "mask-and",
    "mask-without-cycles",
    "filter-whole-register",
    "status-without-e",
    "inject-recorded",
    "level-consumed",
)
KICK = (
    "from pmulab import Hypervisor\nclass K(Hypervisor):\n    def kick(self, vcpu):\n        {}\n"
)
RIGHT, FORGOTTEN = "vcpu.request = True", "vcpu.halted = False"
GUESSES = ("2600", "2000", "2600 ", "1300")
BY_HOOK = {row.hook: row for row in EXERCISES.values()}


def mistake(n):
    """Return the mistake that the learner of this number has made; every tenth made none."""
    return None if n % 10 == 9 else MADE[n % 9]


def hand_in(folder):
    """Write what thirty learners hand in: a kick, most a known mistake, guesses."""
    for n in range(30):
        own = folder / f"learner{n:02}"
        own.mkdir()
        (own / "kick.py").write_text(KICK.format(FORGOTTEN if n == 4 else RIGHT))
        if mistake(n):
            bug = gallery()[mistake(n)]
            (own / "other.py").write_text(text_of(BY_HOOK[bug.hook], bug.hypervisor))
        rows = [{"question": "0.1", "guess": GUESSES[n % 4]}, {"question": "nosuch", "guess": "1"}]
        progress = {"pmulab_progress": 1, "exercises": {}, "predictions": rows}
        (own / "pmulab-progress.json").write_text(json.dumps(progress))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return the page of a class of thirty, and what was printed beside it."""
    folder = tmp_path_factory.mktemp("class")
    hand_in(folder)
    out = folder.parent / "report.html"
    assert 0 == main(["report", str(folder), "--out", str(out), "--jobs", "2"])
    return out.read_text()


def section(text, title):
    """Return the rows of a section's tables, as the texts of their cells."""
    (found,) = re.findall(rf"<h2>{title}</h2>.*?</section>", text, re.S)
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", found, re.S)
    return [[re.sub("<[^>]*>", "", cell) for cell in re.split("</th>|</td>", row)] for row in rows]


@pytest.mark.slow
def test_mistakes_are_named_with_those_who_made_them(written):
    # Who forgets the kick has made another one with a name.
    due = Counter(filter(None, map(mistake, range(30)))) + Counter(["sleeps-on"])
    rows = section(written, "Mistakes with a name")
    found = {row[0]: int(row[1]) for row in rows}

    assert 8 <= len(found)
    assert due == found
    for row in rows:
        who = [f"learner{n:02}" for n in range(30) if mistake(n) == row[0]]
        who += ["learner04"] * (row[0] == "sleeps-on")
        assert ", ".join(who) == row[4]


@pytest.mark.slow
def test_exercises_are_counted_by_learners(written):
    wrong = Counter(BY_HOOK[gallery()[mistake(n)].hook].id for n in range(30) if mistake(n))
    rows = {row[0]: [*map(int, row[1:4])] for row in section(written, "Exercises")}

    assert {*wrong, "irq.wake"} == set(rows)
    assert [29, 1, 0] == rows["irq.wake"]
    for id, n in wrong.items():
        assert [0, n, 30 - n] == rows[id]


@pytest.mark.slow
def test_guesses_are_pooled_beside_the_answer(written):
    due = Counter(GUESSES[n % 4].strip() for n in range(30))
    rows = section(written, "Guesses")

    assert {f"{guess}{' ✓' * (guess == '2600')}": n for guess, n in due.items()} == {
        row[0]: int(row[1]) for row in rows
    }
    assert "2600 ✓" == rows[0][0]


@pytest.mark.slow
def test_the_page_asks_nobody_for_anything(written):
    assert [] == re.findall(r"(?:src|href)=|url\(|@import", written)


def mark(id, verdict, law="", nearest=""):
    return Mark(id, verdict, "", law=law, nearest=nearest)


CLASS = [
    Grade("Ada <b>", (mark("swap.put", "right"), mark("irq.wake", "right"))),
    Grade("Bob", (mark("swap.put", "right"), mark("irq.wake", "broken", "wakes_up"))),
    Grade("Cid <b>", (mark("swap.put", "broken", "own_flags", "put-loses-flags"),) * 2),
]


def test_a_law_counts_once_for_a_learner():
    assert (("own_flags", 1), ("wakes_up", 1)) == beliefs(CLASS, []).laws


def test_who_is_stuck_has_less_than_half_of_the_middle():
    assert (("Cid <b>", 0, 2),) == beliefs(CLASS, []).stuck


def test_names_are_kept_back_and_escaped():
    named, without = (page(beliefs(CLASS, [], hidden), "A class") for hidden in (False, True))

    assert "Cid &lt;b&gt;" in named
    assert "<b>" not in named
    assert not {"Ada", "Bob", "Cid"} & set(re.findall(r"\w+", without))
    assert "learner 3" in without


def test_what_is_no_file_of_progress_is_named(tmp_path):
    (tmp_path / "other.json").write_text("[]")
    kept, remarks = progress_in(tmp_path)

    assert [] == kept
    assert [f"{tmp_path / 'other.json'} is not a file of progress"] == remarks


def test_a_folder_without_anything_is_one_line(tmp_path, capsys):
    assert 2 == main(["report", str(tmp_path), "--out", str(tmp_path / "x.html")])
    assert 1 == capsys.readouterr().err.count("\n")
    assert not (tmp_path / "x.html").exists()
