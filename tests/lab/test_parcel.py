"""Hand-ins: made from notebooks and progress, read by `grade` and `report`; and hostile zips."""

import io
import json
import stat
import struct
import zipfile

import pytest

from pmulab.cli import main
from pmulab.handing import hand_in
from pmulab.lab.classroom import parcel
from pmulab.lab.classroom.beliefs import progress_in
from pmulab.lab.classroom.hand_in import HandInDesk, hand_in_of
from pmulab.lab.classroom.parcel import learner_of, name_for, newest
from pmulab.lab.classroom.submissions import sheets
from pmulab.lab.course.progress import NAME, Progress, empty

KICK = (
    "from pmulab import Hypervisor\nclass K(Hypervisor):\n    def kick(self, vcpu):\n        {}\n"
)
RIGHT = "vcpu.request = True"


def notebook(*sources, outputs=()):
    """Return a notebook of exercise cells, as text."""
    cells = [
        {"cell_type": "code", "source": source, "metadata": {"tags": ["exercise"]}}
        | {"outputs": [*outputs], "execution_count": 1}
        for source in sources
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def kept(**exercises):
    """Return progress with a guess and exercises that were right."""
    row = {"attempts": 1, "right": True, "last": "right", "law": ""}
    rows = {id.replace("_", ".", 1): row for id in exercises}
    guess = {"question": "0.1", "guess": "2600"}
    return Progress(None, {**empty(), "exercises": rows, "predictions": [guess]})


def zip_of(path, **files):
    """Write a zip with the standard library alone."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


@pytest.fixture
def handed(tmp_path):
    """Write what a learner hands in; give its path."""
    notebooks = {
        "07-injection.ipynb": notebook(KICK.format(RIGHT), outputs=[{"data": "x" * 5000}]),
        "01-nothing.ipynb": notebook(),
        "broken.ipynb": "{",
    }
    made = hand_in_of(notebooks, kept(irq_wake=1), "Ada Löve")
    path = tmp_path / made.name
    path.write_bytes(made.content)
    return path


def test_its_name_is_the_learners_and_the_days(handed):
    assert "Ada-Löve" == learner_of(handed)
    assert "ada-2026-11-30.zip" == name_for("  ../ada ", "2026-11-30")
    assert "learner-2026-11-30.zip" == name_for("", "2026-11-30")


def test_it_has_the_notebooks_that_answer_without_outputs_and_progress(handed):
    with zipfile.ZipFile(handed) as archive:
        assert ["07-injection.ipynb", NAME] == archive.namelist()
        text = archive.read("07-injection.ipynb").decode()
        about = json.loads(archive.read(NAME))

    assert "xxxxx" not in text
    assert ("Ada Löve", "0.1") == (about["learner"], about["predictions"][0]["question"])


@pytest.mark.slow
def test_it_is_reported_with_its_guesses(handed, tmp_path, capsys):
    assert 0 == main(["report", str(tmp_path), "--out", str(tmp_path / "x.html")])
    assert "1 learners, 1 files of progress" in capsys.readouterr().out
    page = (tmp_path / "x.html").read_text()
    assert "2600 ✓" in page
    assert "irq.wake" in page


def test_before_it_is_written_it_says_what_would_not_be_found():
    notebooks = {"07-injection.ipynb": notebook(KICK.format(RIGHT), "def kick(vcpu): ...")}
    says = hand_in_of(notebooks, kept(irq_wake=1, swap_put=1)).says

    assert "Answers: 1. Guesses: 1." == says[0]
    assert "irq.wake: 07-injection.ipynb, cell 1" in says
    assert any("cell 2 is an exercise's, and no class" in line for line in says)
    assert "Not found: swap.put was right, and no notebook here has its class." in says


def test_where_there_is_no_notebook_the_file_is_written_and_its_content_printed(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "07-injection.ipynb").write_text(notebook(KICK.format(RIGHT)))
    hand_in("ada")
    (path,) = tmp_path.glob("ada-*.zip")

    assert [path.name, "Answers: 1. Guesses: 0."] == capsys.readouterr().out.splitlines()[:2]
    assert HandInDesk().sees
    assert HandInDesk().file("ada")[0] == path.name


def test_the_newest_of_a_learner_counts(tmp_path):
    days = ["2026-11-29", "2026-11-30", "2026-11-30 (1)"]
    paths = [tmp_path / f"ada-{day}.zip" for day in days]
    for n, path in enumerate(paths):
        guess = {"question": "0.1", "guess": f"{n}"}
        progress = json.dumps({**empty(), "predictions": [guess]})
        zip_of(path, **{"kick.py": KICK.format(RIGHT), NAME: progress})
    zip_of(tmp_path / "bob-2026-11-28.zip", **{"kick.py": KICK.format(RIGHT)})
    (ada, bob) = sorted(sheets([tmp_path]), key=lambda sheet: sheet.learner)

    assert paths[::-1] == newest(paths)["ada"]
    assert ("ada", "bob") == (ada.learner, bob.learner)
    assert ("handed in 3 times; ada-2026-11-30 (1).zip counts",) == ada.remarks
    assert ["2"] == [one.predictions[0]["guess"] for one in progress_in(tmp_path)[0]]


def test_a_zip_in_a_learners_folder_is_read_as_well(tmp_path):
    (tmp_path / "ada").mkdir()
    zip_of(tmp_path / "ada" / "mine.zip", **{"a/b/kick.py": KICK.format(RIGHT)})

    assert ["irq.wake"] == [answer.exercise for answer in sheets([tmp_path])[0].answers]


# ---- what nobody should hand in


def plain(**files):
    """Return the content of a zip."""
    out = io.BytesIO()
    zip_of(out, **files)
    return out.getvalue()


def link():
    """A zip with a link to a file of this machine."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        row = zipfile.ZipInfo("kick.py")
        row.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(row, "/etc/passwd")
    return out.getvalue()


def locked():
    """A zip that says that it has a password."""
    content = bytearray(plain(**{"kick.py": "x = 1"}))
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(sign) + at] |= 1
    return bytes(content)


def liar():
    """A zip that says another size than it has."""
    content = bytearray(plain(**{"kick.py": "x = 1\n" * 1000}))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = struct.pack("<I", 1)
    return bytes(content)


def squeezed():
    """A zip that is packed with bzip2."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("kick.py", "x = 1")
    return out.getvalue()


HOSTILE = {
    "no zip": (b"hello", "it is no zip that can be read"),
    "empty": (b"", "it is no zip that can be read"),
    "cut": (plain(**{"kick.py": "x = 1" * 99})[:-30], "it is no zip that can be read"),
    "damaged": (plain(**{"kick.py": "x"}).replace(b"kick.py", b"kick.p\xff", 1), "no zip that"),
    "above": (plain(**{"../../out.py": "x"}), "a name in it leads out of it: '../../out.py'"),
    "absolute": (plain(**{"/tmp/out.py": "x"}), "a name in it leads out of it"),
    "drive": (plain(**{"C:\\out.py": "x"}), "a name in it leads out of it"),
    "link": (link(), "a link is in it: 'kick.py'"),
    "password": (locked(), "it has a password"),
    "liar": (liar(), "it is no zip that can be read"),
    "squeezed": (squeezed(), "it is packed in a way that is not read here"),
    "bomb": (
        plain(**{f"{n}.py": bytes(parcel.MOST_INSIDE // 8 + 4096) for n in range(9)}),
        "there is more than 32 MB in it",
    ),
    "many": (plain(**{f"{n}.py": "" for n in range(201)}), "there are more than 200 files in it"),
    "large": (bytes(parcel.MOST + 1), "it is larger than 8 MB"),
}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name == "bomb")) for name in HOSTILE],
)
def test_a_hostile_zip_is_one_line_and_writes_nowhere(name, tmp_path, capsys):
    content, says = HOSTILE[name]
    inside = tmp_path / "class"
    inside.mkdir()
    path = inside / "ada.zip"
    path.write_bytes(content)
    before = sorted(tmp_path.rglob("*"))

    assert 2 == main(["grade", str(path)])
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("pmulab: ") and says in line and "ada.zip" in line
    out = tmp_path / "x.html"
    assert 0 == main(["report", str(inside), "--out", str(out)])
    (line, _) = capsys.readouterr().out.splitlines()
    assert line.startswith("note: ") and says in line
    assert [*before, out] == sorted(tmp_path.rglob("*"))
    # In a class of many it is a remark, and nobody else's loss.
    (sheet,) = sheets([inside])
    assert () == sheet.answers
    assert says in sheet.remarks[0]


def test_a_file_in_it_that_is_a_bomb_is_read_to_its_limit(tmp_path):
    path = zip_of(tmp_path / "ada.zip", **{"a.py": bytes(1 << 24), "kick.py": KICK.format(RIGHT)})
    (sheet,) = sheets([path])

    assert ["irq.wake"] == [answer.exercise for answer in sheet.answers]
    assert ("a.py: it is larger than 4 MB",) == sheet.remarks


def test_what_programs_keep_beside_a_file_is_no_answer(tmp_path):
    junk = ("__MACOSX/._kick.py", ".ipynb_checkpoints/kick-checkpoint.ipynb", "._kick.py")
    path = zip_of(tmp_path / "ada.zip", **dict.fromkeys(junk, "x"), **{"k.py": KICK.format(RIGHT)})

    assert ((), 1) == (sheets([path])[0].remarks, len(sheets([path])[0].answers))
