"""The map of the course: every exercise has its place, and each state its sign."""

import pytest

from pmulab.asking import lesson
from pmulab.lab.course.course_map import COLUMNS, LIT, course_map
from pmulab.lab.course.progress import progress, record
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.exercises.verdict import Verdict
from pmulab.view.drawing import PARTS


@pytest.fixture(autouse=True)
def file(tmp_path, monkeypatch):
    monkeypatch.setenv("PMULAB_PROGRESS", str(tmp_path / "pmulab-progress.json"))


def test_every_exercise_has_a_place_in_a_column_that_is_not_too_long():
    places = course_map(0).places
    rows = [
        len([p for p in places if p.column == n]) + len(set(rooms.values()))
        for n, rooms in enumerate(COLUMNS)
    ]

    assert [row.hook for row in EXERCISES.values()] == [place.hook for place in places]
    assert max(rows) == 8


def test_what_is_written_and_what_is_asked_for_have_their_signs_in_the_text():
    record(Verdict("swap.fold", "right", proof="so"))
    record(Verdict("swap.guard", "right", proof="so"))
    text = course_map(4).to_text()

    for part in (
        "2 of 27 hooks are written",
        "✓▸ fold_overflow",
        "▸ pmu_put",
        "✓ owns_counters",
        "7b vgic_flush",
    ):
        assert part in text


def test_each_lit_part_is_in_the_machine():
    names = {part.name for part in PARTS}

    assert set() == {name for lit in LIT.values() for name in lit} - names
    assert set(LIT) >= {row.notebook for row in EXERCISES.values()}


def test_a_lesson_begins_with_the_map_and_its_predictions(capsys):
    lesson("7b")
    said = capsys.readouterr().out

    assert said.startswith("The map: notebook 7b. 0 of 27 hooks are written.")
    test = "0 of 2 questions of the self-test right"
    assert f"0 of 4 exercises right, 0 of 2 predictions made, {test}." == said.splitlines()[-1]


def test_a_notebook_ends_with_a_line_of_progress():
    record(Verdict("swap.fold", "right", proof="so"))
    said = repr(progress(4))

    assert said.startswith("Notebook 4: 1 of 4 exercises right, 0 of 7 predictions made, 0 of 5")
    assert said.endswith(" Left: swap.stop, swap.put, swap.load. The course: 1 of 27 exercises.")
    said = (
        "Notebook 9: 0 of 3 predictions made, 0 of 4 questions of the self-test right. The course:"
    )
    assert f"{said} 1 of 27" in repr(progress(9))
    assert "<pre>Notebook 4: 1 of 4" in progress(4)._repr_html_()


def test_the_project_s_notebook_says_whether_it_is_certified():
    before = repr(progress(11))
    record(Verdict("project", "broken"))
    broken = repr(progress(11))
    record(Verdict("project", "right"))

    assert "Your hypervisor is not certified yet." in before
    assert "Your hypervisor is not certified yet." in broken
    assert "Your hypervisor is certified. The course: 0 of 27 exercises." in repr(progress(11))
