"""A cell, the command line and grade say the same of sixty answers."""

import json

import pytest
from IPython.core.interactiveshell import InteractiveShell
from lab.answers_60 import ANSWERS, HEAD, hooked

from pmulab.cli import main
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.classroom.grading import grade

SECONDS = 60
# What never ends is not waited for as long.
SHORT = {"sleeps": 2, "endless": 2}


@pytest.fixture(autouse=True)
def a_place_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("PMULAB_PROGRESS", "off")
    monkeypatch.chdir(tmp_path)
    before = [(cls, dict(vars(cls))) for cls in Hypervisor.__mro__[:-1]]
    yield
    for cls, was in before:
        for name in [name for name in vars(cls) if vars(cls)[name] is not was.get(name)]:
            if name in was:
                setattr(cls, name, was[name])
            else:
                delattr(cls, name)


def in_cells(cells, exercise, seconds=SECONDS):
    """Run cells in a kernel, and check in the last one."""
    shell = InteractiveShell()
    for cell in (*cells, f"from pmulab import check\nv = check({exercise!r}, Mine, {seconds})"):
        shell.run_cell(cell).raise_error()
    verdict = shell.user_ns["v"]
    return verdict.kind, repr(verdict).splitlines()[0]


def in_a_file(cells, exercise, capsys, seconds=SECONDS):
    """Check and grade a file of the same cells."""
    with open("mine.py", "w") as file:
        file.write("\n".join(cells))
    capsys.readouterr()
    options = ["--exercise", exercise, "--seconds", str(seconds), "--json"]
    main(["check", "mine.py:Mine", *options])
    told = json.loads(capsys.readouterr().out)
    mark = grade("mine.py", [exercise], seconds).marks[0]
    checked = told["verdict"], told["text"].splitlines()[0]
    return checked, (mark.verdict, mark.text.splitlines()[0])


def placeless(found):
    """Leave out where a line is: a cell counts its lines from its own first one."""
    kind, said = found
    return kind, said.partition(" in ")[0] if kind == "error" else said.partition(", in ")[0]


def test_there_are_sixty_and_more():
    assert 60 <= len(ANSWERS)
    assert len(ANSWERS) == len({answer.name for answer in ANSWERS})


@pytest.mark.slow
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.name)
def test_three_places_say_the_same(answer, capsys):
    what, seconds = (answer.cells, answer.exercise), SHORT.get(answer.name, SECONDS)
    checked, graded = map(placeless, in_a_file(*what, capsys, seconds))
    cell = placeless(in_cells(*what, seconds))

    assert cell == checked == graded
    assert answer.kind in ("", cell[0])


@pytest.mark.slow
def test_what_only_the_kernel_knows_is_named_where_it_is_missing(capsys):
    stale = (HEAD, "def helper(hyp, vcpu): return super(type(hyp), hyp)")
    mine = (HEAD, hooked("swap.put", "helper(self, vcpu)"))
    checked, graded = in_a_file(mine, "swap.put", capsys)

    assert "broken" == in_cells((*stale, *mine), "swap.put")[0]
    assert "error" == checked[0] == graded[0]
    assert "NameError: name 'helper' is not defined" in checked[1]
    assert checked == graded
