"""Bad submissions: each gets a verdict within its limits, and none passes that should not."""

import json
import sys
import time

import pytest

from pmulab.cli import main
from pmulab.explorer.explorer import Explorer
from pmulab.lab.classroom.grading import grade

HEAD = "from pmulab.kvm.hypervisor import Hypervisor\n"
RIGHT = """
class Mine(Hypervisor):
    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr(set_name, bits & mask)
        self.cpu.msr(clr_name, ~bits & mask)
"""
# A body that is right, after something that is not.
HOOK = """
class Mine(Hypervisor):
    def write_pair(self, set_name, clr_name, bits, mask):
        {bad}
        self.cpu.msr(set_name, bits & mask)
"""
PUT = """
class Mine(Hypervisor):
    def pmu_put(self, vcpu):
        {bad}
"""
PATCH = """
from pmulab.sim import laws
laws.Laws.check_vcpu = lambda self, machine, vcpu: None
laws.Laws.check_cpu = lambda self, machine, n: None
laws.Laws.entered = lambda self, machine, vcpu: None
laws.Laws.access = lambda *a: None
"""
FORGED = """
import json, os
print(json.dumps({"verdict": "right", "text": "right", "token": ""}), flush=True)
for fd in range(3, 20):
    try:
        os.write(fd, b'{"verdict": "right", "text": "right", "token": ""}\\n')
    except OSError:
        pass
os._exit(0)
"""
BAD = {
    "syntax": ("def (", None, "line 2"),
    "no class": ("x = 1", None, "no class in it replaces a hook"),
    "raises at import": ("raise RuntimeError('no idea')", None, "RuntimeError: no idea"),
    "exits at import": ("raise SystemExit(0)", None, "SystemExit"),
    "loops at import": ("while True: pass", None, "did not end within 1 s"),
    "ends the process": (FORGED, "swap.write_pair", "ended the process"),
    "signature": (
        "class Mine(Hypervisor):\n    def pmu_put(self): print(self)",
        "swap.put",
        "pmu_put takes self, vcpu; yours self",
    ),
    "raises": (PUT.format(bad="raise KeyError('no idea')"), "swap.put", "KeyError: 'no idea'"),
    "loops": (PUT.format(bad="while True: pass"), "swap.put", "no end within 1 s"),
    "loops on": (
        PUT.format(
            bad="\n        while True:\n            try: vcpu.name\n            except: pass"
        ),
        "swap.put",
        "no end within",
    ),
    "prints": (PUT.format(bad="print('x' * 1_000_000)"), "swap.put", "not yet."),
    "deletes its vcpu": (PUT.format(bad="vcpu.__dict__.clear()"), "swap.put", "vcpu.name is gone"),
    "patches the laws": (PATCH + PUT.format(bad="vcpu.name"), "swap.put", "not yet."),
    "patches a class": (
        "Hypervisor.pmu_put = lambda self, vcpu: None\n" + PUT.format(bad="vcpu.name"),
        "swap.put",
        "it changes pmulab.kvm.hypervisor.Hypervisor",
    ),
    "patches code": (
        "from pmulab.sim.laws import own_flags\n"
        "own_flags.__code__ = (lambda laws, machine, vcpu: None).__code__\n"
        + PUT.format(bad="vcpu.name"),
        "swap.put",
        "not yet.",
    ),
    "patches the rows": (
        "from pmulab.lab.exercises.rows import GRADED\n"
        "GRADED['swap.put'] = GRADED['swap.write_pair']\n" + PUT.format(bad="vcpu.name"),
        "swap.put",
        "not attempted",
    ),
    "patches late": (
        PUT.format(bad="import pmulab.sim.laws as w; w.OF_A_GUEST = w.OF_A_CPU = w.AT_ENTRY = ()"),
        "swap.put",
        "not yet.",
    ),
    "exits in the hook": (
        PUT.format(bad="import os; os._exit(0)"),
        "swap.put",
        "ended the process",
    ),
    "reads standard input": (PUT.format(bad="input()"), "swap.put", "EOFError"),
    "forks": (PUT.format(bad="import os; os.fork()"), "swap.put", "swap.put"),
    "takes all memory": (PUT.format(bad="bytearray(1 << 34)"), "swap.put", "MemoryError"),
    "two hooks": (
        "class Mine(Hypervisor):\n"
        "    def pmu_put(self, vcpu): vcpu.name\n    def pmu_load(self, vcpu): vcpu.name",
        "swap.put",
        "swap.put: not yet.",
    ),
    "half an answer": (HOOK.format(bad=""), "swap.write_pair", "not yet. A case of write_pair"),
}


@pytest.fixture
def submit(tmp_path):
    def write(text, name="mine.py"):
        path = tmp_path / name
        path.write_text(HEAD + text)
        return str(path)

    return write


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no process groups")
@pytest.mark.parametrize("id", BAD)
def test_a_bad_submission_gets_a_verdict_and_does_not_pass(id, submit):
    text, exercise, words = BAD[id]
    began = time.perf_counter()
    # What loops has a second; a machine that is busy may need more for what ends.
    seconds = 1 if "loops" in id else 10
    result = grade(submit(text), [exercise] if exercise else [], seconds=seconds)

    assert words in repr(result)
    assert (0, False) == (result.score, result.full)
    assert time.perf_counter() - began < 40


@pytest.mark.slow
def test_a_text_that_cannot_be_read_is_told_with_its_exercise_and_cell_first(tmp_path):
    broken = ["class Mine(Hypervisor):\n    def pmu_put(self, vcpu):\n        (", "1 / 0"]
    answer = "class Mine(Hypervisor):\n    def pmu_load(self, vcpu):\n        vcpu.name"
    sources = [broken[0], f"n = {broken[1]}", answer + " + n"]
    cells = [{"cell_type": "code", "metadata": {}, "source": source} for source in sources]
    (tmp_path / "04-preemption.ipynb").write_text(json.dumps({"cells": cells}))
    texts = {mark.exercise: mark.text for mark in grade(str(tmp_path)).marks}

    where = "04-preemption.ipynb, cell"
    assert texts["swap.put"].startswith(f"swap.put: {where} 1, line 3: '(' was never closed")
    assert texts["swap.load"].startswith(f"swap.load: {where} 3 cannot be imported: ZeroDiv")


@pytest.mark.slow
def test_a_right_submission_passes(submit):
    result = grade(submit(RIGHT))

    assert (1, True) == (result.score, result.full)
    assert ["swap.write_pair"] == [mark.exercise for mark in result.marks]


@pytest.mark.slow
def test_grade_prints_scores_and_tells_by_its_status(submit, capsys):
    good, bad = submit(RIGHT, "good.py"), submit(HOOK.format(bad=""), "bad.py")

    assert [0, 1, 1] == [main(["grade", good]), main(["grade", bad]), main(["grade", good, bad])]
    assert f"{good}: 1 of 1" in capsys.readouterr().out
    main(["grade", "--json", good, bad])
    assert [1, 0] == [row["score"] for row in json.loads(capsys.readouterr().out)]


# ---- the other commands: bad input is one line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "{bad}", "--exercise", "nosuch"], "no exercise nosuch; there are "),
        (["check", "nosuch.py", "--exercise", "swap.put"], "nosuch.py: no such file"),
        (["check", "{syntax}", "--exercise", "swap.put"], "line 2: "),
        (["check", "{empty}", "--exercise", "swap.put"], "write class Mine(Hypervisor)"),
        (["check", "{bad}:Other", "--exercise", "swap.put"], "no hypervisor Other; it has Mine"),
        (["explore", "--world", "nosuch"], "no world nosuch; there are "),
        (["gallery", "nosuch"], "no bug nosuch; there are "),
        (["grade", "nosuch.py"], "nosuch.py: no such file"),
    ],
)
def test_bad_input_is_one_line_and_status_2(words, said, submit, capsys):
    files = {
        "{bad}": submit(HOOK.format(bad=""), "bad.py"),
        "{syntax}": submit("def (", "syntax.py"),
        "{empty}": submit("", "empty.py"),
    }
    for name, path in files.items():
        words = [word.replace(name, path) for word in words]

    assert 2 == main(words)
    captured = capsys.readouterr()
    assert "" == captured.out
    assert captured.err.startswith("pmulab: ")
    assert said in captured.err
    assert 1 == captured.err.count("\n")


@pytest.mark.slow
def test_check_prints_a_verdict_and_tells_by_its_status(submit, capsys):
    good, bad = submit(RIGHT, "good.py"), submit(HOOK.format(bad=""), "bad.py")
    option = ["--exercise", "swap.write_pair"]

    assert [0, 1] == [main(["check", good, *option]), main(["check", f"{bad}:Mine", *option])]
    out = capsys.readouterr().out
    assert "swap.write_pair: right." in out
    assert "swap.write_pair: not yet." in out
    main(["check", "--json", bad, *option])
    assert "broken" == json.loads(capsys.readouterr().out)["verdict"]


@pytest.mark.slow
def test_prove_says_what_came_of_it(submit, capsys):
    pytest.importorskip("z3")
    right = submit(PUT.format(bad="return Hypervisor.pmu_put(self, vcpu)"))
    wrong = submit(PUT.format(bad="vcpu.regs['PMSELR_EL0'] = 0"), "wrong.py")

    assert 0 == main(["prove", right, "--exercise", "swap.put"])
    assert "swap.put: proven the same as the library's for every value" in capsys.readouterr().out
    assert 1 == main(["prove", wrong, "--exercise", "swap.put"])
    assert "swap.put: differs: " in capsys.readouterr().out
    assert 3 == main(["prove", right, "--exercise", "swap.put", "--seconds", "0"])
    assert "swap.put: not proven: " in capsys.readouterr().out


def test_explore_prints_a_certificate_or_a_history(submit, capsys):
    bad = submit(PUT.format(bad="vcpu.name"))

    assert 0 == main(["explore", "--world", "user"])
    assert "every state was seen" in capsys.readouterr().out
    assert 1 == main(["explore", "--world", "small", "--hypervisor", f"{bad}:Mine"])
    assert "The shortest history:" in capsys.readouterr().out
    assert 1 == main(["explore", "--json", "--world", "small", "--hypervisor", bad])
    assert json.loads(capsys.readouterr().out)["history"]


@pytest.mark.slow
def test_a_hook_that_never_returns_ends_with_its_place(submit, capsys):
    endless = submit(PUT.format(bad="while True: pass"))

    assert 3 == main(["explore", "--world", "small", "--hypervisor", endless, "--seconds", "0.2"])
    assert "not finished: no end within 0.2 s, in pmu_put: " in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["explore", "--world", "small"],
        ["gallery", "ok-load-set-only"],
        ["check", "--exercise", "swap.put", "FILE"],
    ],
    ids=lambda words: words[0],
)
def test_a_search_that_is_cut_short_has_a_status_of_its_own(
    submit, capsys, monkeypatch, words, briefly
):
    right = submit(PUT.format(bad="return Hypervisor.pmu_put(self, vcpu)"))
    run = Explorer.run
    monkeypatch.setattr(Explorer, "run", lambda self, *_, **__: run(self, max_states=50))

    assert 3 == main([right if word == "FILE" else word for word in words])
    assert "every state was seen" not in capsys.readouterr().out


def test_a_hook_misspelt_is_told(submit, capsys):
    path = submit(PUT.format(bad="vcpu.name").replace("def pmu_put", "def pmu_putt"))

    assert 0 == main(["explore", "--world", "user", "--hypervisor", path])
    assert "note: Mine.pmu_putt replaces nothing; there is pmu_put\n" == capsys.readouterr().err


def test_the_gallery_exercises_and_worlds_are_listed(capsys):
    assert [0, 0, 0] == [main(["gallery", "no-swap"]), main(["exercises"]), main(["worlds"])]
    out = capsys.readouterr().out
    assert "no-swap " in out
    assert "swap.put " in out
    assert "cycles-el2 " in out
