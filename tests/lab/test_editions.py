"""A notebook's edition beside the library's, and a new edition taken into somebody's folder."""

import copy
import json
from pathlib import Path

import pytest
from editions import cells_of, number_of

from pmulab import lesson
from pmulab.cli import main
from pmulab.lab.classroom import folder
from pmulab.lab.classroom.merge import merged
from pmulab.lab.classroom.sheets import sheet_of
from pmulab.lab.course import editions
from pmulab.lab.course.editions import Edition, History, date_of, digest, history_of, notice

NOTEBOOKS = sorted(Path(__file__).parents[2].glob("notebooks/*.ipynb"))
FIRST, SECOND = "2026-01-10", "2026-02-20"
STARTER = """class Mine(Hypervisor):
    def pmu_put(self, vcpu):
        ..."""
ANSWER = STARTER.replace("...", "self.pmu_stop(vcpu)")


def cell(id, source, kind="code", tags=()):
    made = {"id": id, "cell_type": kind, "source": source, "metadata": {"tags": [*tags]}}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def lesson_of(date, *cells):
    begin = cell("begin", f'from pmulab import lesson\n\nlesson(4, "{date}")')
    return {"cells": [cell("head", "# Preemption", "markdown"), begin, *cells], "metadata": {}}


OLD = lesson_of(
    FIRST,
    cell("text", "## Put\n\nWhat a put saves.", "markdown"),
    cell("try", "player(machine)"),
    cell("put", STARTER, tags=["exercise"]),
    cell("gone", "print(1)"),
    cell("check", 'check("swap.put", Mine)'),
)
NEW = lesson_of(
    SECOND,
    cell("text", "## Put\n\nWhat a put must save.", "markdown"),
    cell("try", "player(machine, 3)"),
    cell("more", "A sentence more.", "markdown"),
    cell("put", STARTER, tags=["exercise"]),
    cell("check", 'check("swap.put", Mine)'),
)


def listed(notebook):
    return {one["id"]: digest(one["source"]) for one in notebook["cells"]}


HISTORY = History(()).on(FIRST, listed(OLD)).on(SECOND, listed(NEW))


def written(**sources):
    """Return the old notebook with other texts in some cells."""
    mine = copy.deepcopy(OLD)
    for one in mine["cells"]:
        one["source"] = sources.get(one["id"], one["source"])
    return mine


def joined(mine):
    made = merged(mine, NEW, HISTORY)
    changes = {change.line.split("(")[0]: change.what for change in made.changes}
    return {one["id"]: one["source"] for one in made.notebook["cells"]}, changes


def test_each_notebook_is_the_edition_that_it_says():
    for path in NOTEBOOKS:
        history = history_of(number_of(path))
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        said = {date_of("".join(one["source"])) for one in cells} - {""}

        assert cells_of(path) == history.cells(history.latest), "run tests/editions.py"
        # The glossary asks nothing, so it begins no lesson.
        assert said == (set() if number_of(path) == "13" else {history.latest}), path.name


def test_the_new_text_is_taken_and_an_answer_kept():
    cells, changes = joined(written(put=ANSWER))

    assert list(cells) == ["head", "begin", "text", "try", "more", "put", "check"]
    assert ANSWER == cells["put"]
    assert "What a put must save." in cells["text"]
    assert SECOND in cells["begin"]
    assert {
        "Put": "changed",
        "player": "changed",
        "A sentence more.": "new",
        "print": "left out",
    } == (changes)


def test_a_starter_that_is_untouched_is_the_new_one():
    new = copy.deepcopy(NEW)
    new["cells"][5]["source"] = STARTER.replace("...", "# Stops first.\n        ...")
    history = HISTORY.on("2026-03-01", listed(new))

    made = merged(written(), new, history).notebook["cells"]
    assert new["cells"][5]["source"] == made[5]["source"]
    kept = merged(written(put=ANSWER), new, history)
    assert ANSWER == kept.notebook["cells"][5]["source"]
    assert "changed, and your answer is kept" in [change.what for change in kept.changes]


def test_what_both_have_changed_stands_below_the_new_text():
    cells, changes = joined(written(**{"try": "player(machine, 99)"}))

    assert ("player(machine, 3)", "player(machine, 99)") == (cells["try"], cells["try-mine"])
    assert "changed, and yours is kept below it" == changes["player"]
    again = merged({"cells": [*made_of(written(**{"try": "x"}))], "metadata": {}}, NEW, HISTORY)
    assert made_of(written(**{"try": "x"})) == again.notebook["cells"]


def made_of(mine):
    return merged(mine, NEW, HISTORY).notebook["cells"]


def test_what_only_the_learner_has_changed_stays():
    cells, changes = joined(written(check='check("swap.put", Other)', head="# Mine"))

    assert ('check("swap.put", Other)', "# Mine") == (cells["check"], cells["head"])
    assert not {"check", "Mine"} & changes.keys()


def test_cells_of_the_learners_own_stay_where_they_are():
    mine = written(gone="print(2)  # mine")
    mine["cells"].insert(3, cell("n1", "my note", "markdown"))
    mine["cells"].insert(0, cell("n0", "first", "markdown"))
    cells, _ = joined(mine)

    assert ["n0", "head", "begin", "text", "n1", "try"] == list(cells)[:6]
    assert "print(2)  # mine" == cells["gone"]


def test_a_deleted_cell_comes_back():
    mine = written()
    del mine["cells"][4]

    assert STARTER == joined(mine)[0]["put"]


@pytest.mark.parametrize("lost", ["id", "metadata"])
def test_an_answer_is_found_again_where_a_front_end_lost_its_name(lost):
    mine = written(put=ANSWER)
    for one in mine["cells"]:
        one[lost] = {} if lost == "metadata" else None
        if lost == "id":
            del one["id"]
    cells, _ = joined(mine)

    assert ANSWER == cells["put"]
    assert ["head", "begin", "text", "try", "more", "put"] == [
        id for id in cells if not id.startswith("own")
    ][:6]


def test_a_doubled_name_loses_nothing():
    mine = written(put=ANSWER)
    mine["cells"].insert(5, cell("put", ANSWER.replace("Mine", "Second")))
    cells, _ = joined(mine)

    assert ANSWER == cells["put"]
    assert ANSWER.replace("Mine", "Second") in cells.values()


def test_an_edition_is_told_by_the_first_cell(monkeypatch, capsys):
    monkeypatch.setattr(editions, "histories", lambda: {"4": HISTORY})
    lesson(4, SECOND)
    assert "edition" not in capsys.readouterr().out
    lesson(4, FIRST)
    said = capsys.readouterr().out
    assert f"of {FIRST}, your pmulab of {SECOND}, in which 4 cells differ" in said
    assert "python -m pmulab update" in said
    assert "update pmulab" in notice("4", "2026-03-01")
    assert "" == notice("4", "") == notice("99", FIRST)


def test_a_call_that_copies_leave_out_is_no_edit():
    assert digest("x = 1\nreveal(x)") == digest("x = 1\n")
    assert digest('lesson("7b", "2026-01-01")') == digest('lesson("7b")')
    assert digest("x = 1") != digest("x = 2")


def test_only_the_cells_that_differ_are_listed_with_an_edition():
    assert Edition(SECOND, HISTORY.editions[1].changed) == HISTORY.editions[1]
    assert {"text", "try", "more", "gone"} == set(HISTORY.editions[1].changed)
    assert HISTORY == HISTORY.on("2026-03-01", listed(NEW))
    assert 2 == len(HISTORY.on(SECOND, listed(OLD)).on(SECOND, listed(NEW)).editions)


# ---- in a folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Make a folder of a learner's and one of a new edition."""
    monkeypatch.setattr(editions, "histories", lambda: {"4": HISTORY})
    for name, notebook in (("here", written(put=ANSWER)), ("there", NEW)):
        path = tmp_path / name / "04-preemption.ipynb"
        path.parent.mkdir()
        path.write_text(json.dumps(notebook), encoding="utf-8")
    return tmp_path / "here"


def test_a_folder_is_updated_and_the_old_text_kept(here, capsys):
    path = here / "04-preemption.ipynb"
    old = path.read_bytes()
    assert 0 == main(["update", str(here), "--from", str(here.parent / "there")])
    said = capsys.readouterr().out

    assert "04-preemption.ipynb: 4 cells" in said
    assert "  changed: player(machine, 3) (in: Put)" in said
    assert old == path.with_name(f"{path.name}.of-{FIRST}").read_bytes()
    (answer,) = sheet_of("ada", [path]).answers
    assert "self.pmu_stop(vcpu)" in answer.source
    assert 0 == main(["update", str(here), "--from", str(here.parent / "there")])
    assert "1 notebooks, 1 as they were" in capsys.readouterr().out
    assert 2 == len([*here.iterdir()])


@pytest.mark.parametrize("text", ["", "[]", '{"cells": [3]}', '{"cells": [{"source": 1}]}'])
def test_what_is_no_notebook_is_left_as_it_is(here, capsys, text):
    path = here / "04-preemption.ipynb"
    path.write_text(text, encoding="utf-8")

    assert 1 == main(["update", str(path), "--from", str(here.parent / "there")])
    assert "left as it is: it is no notebook" in capsys.readouterr().out
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe"])
def test_a_new_notebook_that_is_broken_is_not_the_learners_fault(here, tmp_path, capsys, content):
    (tmp_path / "new").mkdir()
    name = "04-preemption.ipynb"
    (tmp_path / "new" / name).write_bytes(content)
    (tmp_path / "new" / "05-the-event-filter.ipynb").write_bytes(content)
    before = (here / name).read_bytes()

    assert 1 == main(["update", str(here), "--from", str(tmp_path / "new")])
    said = capsys.readouterr().out
    assert f"{name}: left as it is: the new one, {tmp_path / 'new' / name}, is no notebook" in said
    assert before == (here / name).read_bytes()
    assert not (here / "05-the-event-filter.ipynb").exists()


def test_an_edition_that_the_library_does_not_know_is_taken_once_and_again(here, capsys):
    """A teacher's own: the copies say what they were given."""
    there = here.parent / "there" / "04-preemption.ipynb"
    command = ["update", str(here), "--from", str(there.parent)]
    for n in range(3):
        notebook = json.loads(there.read_text())
        notebook["cells"][2]["source"] = f"## Put\n\nA teacher's own sentence, number {n}."
        there.write_text(json.dumps(notebook))
        for _ in range(2):
            assert 0 == main(command)
        said = capsys.readouterr().out
        assert "below it" not in said
        assert "1 notebooks, 1 as they were" in said
    cells = json.loads((here / "04-preemption.ipynb").read_text())["cells"]
    assert [7, ANSWER] == [len(cells), cells[5]["source"]]


def test_an_older_edition_is_not_taken(here, tmp_path, capsys):
    later = json.dumps(written()).replace(FIRST, "2026-05-01")
    (here / "04-preemption.ipynb").write_text(later)

    assert 1 == main(["update", str(here), "--from", str(tmp_path / "there")])
    said = capsys.readouterr().out
    assert f"left as it is: it is of 2026-05-01, the other one of {SECOND}" in said
    assert later == (here / "04-preemption.ipynb").read_text()


def test_of_a_notebook_that_says_no_edition_answers_stay_and_text_is_new(here):
    mine = written(put=ANSWER, text="An old text.")
    mine["cells"][1]["source"] = "from pmulab import lesson\n\nlesson(4)"
    cells, changes = joined(mine)

    assert ANSWER == cells["put"]
    assert "What a put must save." in cells["text"]
    assert "try-mine" not in cells
    assert not any("below it" in what for what in changes.values())


@pytest.mark.parametrize("name", ["nowhere", "class"])
def test_where_no_notebook_is_nothing_is_written(here, tmp_path, capsys, name):
    (tmp_path / "class" / "student").mkdir(parents=True)

    assert 2 == main(["update", str(tmp_path / name), "--from", str(tmp_path / "there")])
    said = capsys.readouterr().err
    assert ("no such folder" in said) or ("name the folder that has them, as `student`" in said)
    assert not (tmp_path / "nowhere").exists()
    assert ["student"] == [path.name for path in (tmp_path / "class").iterdir()]


def test_a_class_copy_that_is_kept_says_how_to_take_the_edition(here, tmp_path, capsys):
    command = ["class", str(tmp_path / "class"), "--notebooks"]
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "04-preemption.ipynb").write_text(json.dumps(OLD), encoding="utf-8")
    assert 0 == main([*command, str(tmp_path / "old")])
    copy_of_mine = tmp_path / "class" / "student" / "04-preemption.ipynb"
    copy_of_mine.write_text(copy_of_mine.read_text().replace("# Preemption", "# Mine"))
    capsys.readouterr()
    assert 1 == main([*command, str(tmp_path / "there")])
    said = capsys.readouterr().out
    assert "04-preemption.ipynb: " not in said
    assert "this edition differs in 4 cells" in said
    assert "To take it: `class NEW` in another folder" in said
    assert "# Mine" in copy_of_mine.read_text()


def test_texts_that_clash_twice_have_names_of_their_own_and_the_lesson_stays():
    mine = written(**{"try": "player(machine, 99)"})
    mine["metadata"] = {"pmulab": "04"}
    once = merged(mine, NEW, HISTORY).notebook
    assert "04" == once["metadata"]["pmulab"]
    next(one for one in once["cells"] if one["id"] == "try")["source"] = "player(machine, 98)"
    newer = copy.deepcopy(NEW)
    newer["cells"][3]["source"] = "player(machine, 4)"
    newer["cells"][1]["source"] = newer["cells"][1]["source"].replace(SECOND, "2026-03-03")
    twice = merged(once, newer, HISTORY.on("2026-03-03", listed(newer))).notebook["cells"]
    tries = [(one["id"], one["source"][-3:-1]) for one in twice if one["id"].startswith("try")]

    assert [("try", " 4"), ("try-mine2", "98"), ("try-mine", "99")] == tries


def test_a_folder_without_a_course_is_told(here, tmp_path, capsys):
    (tmp_path / "empty").mkdir()

    assert 2 == main(["update", str(here), "--from", str(tmp_path / "empty")])
    assert "no notebook of the course" in capsys.readouterr().err


def test_a_class_copy_lists_the_cells_that_it_changes(here, tmp_path, capsys):
    command = ["class", str(tmp_path / "class"), "--notebooks"]
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "04-preemption.ipynb").write_text(json.dumps(OLD), encoding="utf-8")
    assert 0 == main([*command, str(tmp_path / "old")])
    assert "cells" not in capsys.readouterr().out
    assert 0 == main([*command, str(tmp_path / "there")])

    assert "04-preemption.ipynb: 4 cells" in capsys.readouterr().out


def test_what_does_not_read_as_it_was_written_is_an_error(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("before", encoding="utf-8")
    monkeypatch.setattr(folder.Path, "read_bytes", lambda self: b"")

    with pytest.raises(OSError, match="reads otherwise"):
        folder.write(path, "after")
    assert ["a.txt"] == [one.name for one in tmp_path.iterdir()]
    assert "before" == path.read_text(encoding="utf-8")
