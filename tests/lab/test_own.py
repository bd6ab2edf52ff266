"""A teacher's own folder: worlds, exercises, wrong hypervisors, sentences; a process for each."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "notebooks" / "teacher" / "README.md").read_text(encoding="utf-8")
PUT = """from pmulab.kvm.hypervisor import Hypervisor
class Mine(Hypervisor):
    def pmu_put(self, vcpu):
        {}super().pmu_put(vcpu)
        {}
"""
RIGHT = PUT.format("", "")
WRONG = PUT.format(
    "old = vcpu.regs.get('PMEVCNTR0_EL0', 0)\n        ", "vcpu.regs['PMEVCNTR0_EL0'] = old"
)
pytestmark = pytest.mark.slow


def pmulab(*words, status=0):
    """Run a command; returns what it prints and what it says on standard error."""
    command = [sys.executable, "-m", "pmulab", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert status in (None, done.returncode), done.stderr + done.stdout
    return done.stdout, done.stderr


def files_of_the_page():
    """Return the files that the teacher's page shows, by name."""
    found = re.findall(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", PAGE, re.M | re.S)
    return dict(found)


@pytest.fixture
def folder(tmp_path):
    """Make the folder of the teacher's page."""
    made = tmp_path / "own"
    made.mkdir()
    for name, text in files_of_the_page().items():
        (made / name).write_text(text, encoding="utf-8")
    return made


@pytest.fixture
def learners(tmp_path):
    for name, text in {"ada": RIGHT, "bob": WRONG}.items():
        (tmp_path / "class" / name).mkdir(parents=True)
        (tmp_path / "class" / name / "put.py").write_text(text)
    return tmp_path / "class"


def test_the_folder_of_the_page_has_one_of_each():
    assert {"worlds.toml", "exercises.toml", "wrong.py", "sentences.toml"} == {*files_of_the_page()}


def test_its_world_closes_and_its_wrong_hypervisor_breaks_the_law_that_it_says(folder):
    assert "every state was seen" in pmulab("explore", "--world", "tiny", "--with", folder)[0]
    out, said = pmulab("gallery", "put-forgets-count", "--with", folder)

    assert re.search(r"put-forgets-count +own_counts +tiny", out)
    assert "worlds.toml: tiny" in said and "wrong.py: put-forgets-count" in said


def test_check_uses_its_exercise_world_and_sentences(folder, learners):
    ask = ("--exercise", "mine.put", "--with", folder)
    out, _ = pmulab("check", learners / "bob" / "put.py", *ask, status=1)

    assert out.startswith("mine.put: noch nicht. Das Gesetz own_counts gilt nicht.\n")
    assert "was A getan hat, ergibt 1." in out and "(world tiny: " in out
    assert pmulab("check", learners / "ada" / "put.py", *ask)[0].startswith("mine.put: richtig. ")
    out = pmulab("check", learners / "bob" / "put.py", *ask[:2], status=2)[1]
    assert "no exercise mine.put" in out


def test_grade_and_report_use_them_in_the_sandbox_too(folder, learners, tmp_path):
    out, _ = pmulab("grade", learners, "--with", folder, "--json", "--jobs", 2, status=1)
    marks = {row["learner"]: row["marks"] for row in json.loads(out)}

    assert [("mine.put", "right")] == [(m["exercise"], m["verdict"]) for m in marks["ada"]]
    (bob,) = marks["bob"]
    assert ("broken", "put-forgets-count") == (bob["verdict"], bob["nearest"])
    assert "noch nicht" in bob["text"]
    page = tmp_path / "report.html"
    pmulab("report", learners, "--with", folder, "--out", page)
    assert "<code>put-forgets-count</code></th><td>1</td>" in page.read_text(encoding="utf-8")
    # Without the folder it is the course's own exercise.
    out = json.loads(pmulab("grade", learners, "--json", status=1)[0])
    assert ["swap.put", "swap.put"] == [one["marks"][0]["exercise"] for one in out]


def test_an_exam_draws_from_its_exercises_and_is_marked_with_it_alone(folder, tmp_path):
    pmulab("class", tmp_path / "exam", "--exam", 7, "--with", folder)
    key = (tmp_path / "exam" / "exam" / "key-7.md").read_text()
    made = json.loads((tmp_path / "exam" / "exam" / "exam-7.ipynb").read_text())
    text = json.dumps(made)

    assert "of `pmu_put`" in key and 'check(\\"mine.put\\", Mine)' in text
    hand_in = tmp_path / "handed" / "ada"
    hand_in.mkdir(parents=True)
    due = re.search(r"the line: (\d+)", key)[1]
    (hand_in / "exam-7.ipynb").write_text(text.replace("line = ...", f"line = {due}"))
    ask = ("grade", tmp_path / "handed", "--exam", 7, "--exercise", "exam.line")
    assert "exam.line of exam 7" in pmulab(*ask, "--with", folder)[0]
    # A line's number may be right in the other exam as well.
    out, _ = pmulab(*ask, status=None)
    assert "exam 7 was written by pmulab" in out and "asks something else" in out


BAD = {
    "a world that is like none": ("worlds.toml", '[w]\nlike = "nosuch"\n', "w: no world nosuch"),
    "a world that is like nothing": ("worlds.toml", "[w]\ncpus = 1\n", "w: `like` is missing"),
    "a key": ("worlds.toml", '[w]\nlike = "small"\ncpu = 1\n', "w: no key cpu; there are about"),
    "no machine": (
        "worlds.toml",
        '[w]\nlike = "small"\nworks = ["NOSUCH=1"]\n',
        "w: no machine can be made of it",
    ),
    "a text for a list": (
        "worlds.toml",
        '[w]\nlike = "small"\nguests = "A"\n',
        "w: guests must be list[str, ...], not 'A'",
    ),
    "a list that is too short": (
        "worlds.toml",
        '[w]\nlike = "small"\ndenied = [["A"]]\n',
        "w: denied must be list[list[str, str], ...], not [['A']]",
    ),
    "a name that is taken": ("worlds.toml", '[small]\nlike = "small"\n', "small: the library has"),
    "no TOML": ("worlds.toml", "[w\n", "worlds.toml: "),
    "no table": ("worlds.toml", "w = 3\n", "w: a table is needed"),
    "an exercise's key": ("exercises.toml", '["a.b"]\nhok = "x"\n', "a.b: no key hok; there are"),
    "an exercise's world": ("exercises.toml", "world", "no world nosuch; there are"),
    "an exercise's hook": ("exercises.toml", "hook", "no hook nosuch; there are"),
    "an exercise's id": ("exercises.toml", "id", "swap.put: an id of its own"),
    "no Python": ("wrong.py", "def (\n", "wrong.py: line 1: "),
    "what raises": ("wrong.py", "1 / 0\n", "it cannot be read: ZeroDivisionError"),
    "a law": ("wrong.py", "law", "mine: no law nosuch; there are own_range own_counts"),
    "a bug's world": ("wrong.py", "world", "mine: no world nosuch"),
    "a class without the hook": ("wrong.py", "method", "mine: its class needs a docstring and def"),
    "a part": ("sentences.toml", "[nosuch]\n", "no part nosuch; there are plain laws"),
    "a sentence": ("sentences.toml", '[plain]\nnosuch = "x"\n', "no sentence in [plain] nosuch"),
    "a place": ("sentences.toml", '[plain]\nown_flags = "{x}"\n', "plain.own_flags has {x}; there"),
    "a brace": ("sentences.toml", '[plain]\nown_flags = "{x"\n', "sentences.toml: "),
    "no text": ("sentences.toml", "[said]\nright = 3\n", "said.right is no text"),
}
ROW = """["{id}"]
notebook = "T1"
hook = "{hook}"
about = "a"
lines = 1
worlds = ["{world}"]
hints = ["a", "b", "c"]
read_next = "a"
"""
BUG = """from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.gallery.gallery import bug
@bug("mine", "pmu_put", "{law}", "{world}")
class Mine(Hypervisor):
    "It is wrong."
    def {method}(self, vcpu): pass
"""
SAME = {"id": "mine.put", "hook": "pmu_put", "world": "small", "law": "", "method": "pmu_put"}


def broken(name, text):
    """Write a file with one thing wrong: as it is said, or a whole row with one name changed."""
    if text not in SAME:
        return text
    other = "swap.put" if text == "id" else "nosuch"
    return (ROW if name.endswith("toml") else BUG).format(**{**SAME, text: other})


@pytest.mark.parametrize(("name", "text", "says"), BAD.values(), ids=BAD)
def test_what_is_wrong_in_it_is_one_line(name, text, says, tmp_path):
    (tmp_path / name).write_text(broken(name, text))
    out, said = pmulab("worlds", "--with", tmp_path, status=2)

    assert "" == out and 1 == len(said.splitlines()), said
    assert f"pmulab: {tmp_path / name}: " in said and says in said


@pytest.mark.parametrize(("make", "says"), [(False, "no such folder"), (True, "nothing of a")])
def test_a_folder_that_is_none_is_told(make, says, tmp_path):
    if make:
        (tmp_path / "own").mkdir()

    assert says in pmulab("worlds", "--with", tmp_path / "own", status=2)[1]


def test_a_cluster_has_no_folder(folder, learners):
    said = pmulab("grade", learners, "--with", folder, "--dask", "127.0.0.1:1", status=2)[1]

    assert "the workers of --dask have none" in said


def test_marks_that_are_kept_are_those_of_a_folder(folder, learners, tmp_path):
    keep = ("--keep", tmp_path / "marks.jsonl")
    pmulab("grade", learners, "--with", folder, *keep, status=1)
    pmulab("grade", learners, *keep, status=1)
    rows = [json.loads(line) for line in (tmp_path / "marks.jsonl").read_text().splitlines()]

    assert {"mine.put": 2, "swap.put": 2} == {
        id: sum(row["exercise"] == id for row in rows) for id in ("mine.put", "swap.put")
    }
    assert 2 == len({row["edition"] for row in rows})
