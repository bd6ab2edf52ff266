"""Answers that passed are kept as text, read back in another process, tried and joined."""

import inspect
import json
import re
import subprocess
import sys

import pytest

from pmulab.cli import main
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.course.check import check
from pmulab.lab.course.joined import joined
from pmulab.lab.course.kept import NotKept, class_in, text_of
from pmulab.lab.course.progress import opened, progress, record
from pmulab.lab.course.project import HOOKS, checklist, so_far
from pmulab.lab.exercises.judge import judge, reveal
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.submission.load import load_class

RECORD = EXERCISES["irq.record"]
# As in two notebooks: a helper of the module, one of the class and a number, each under one name.
WRITTEN = {
    "irq.status": """
from pmulab.hw.sysregs import PMCR_EL0
from pmulab.kvm.hypervisor import Hypervisor

LIMIT = 1


def flags_of(vcpu):
    return vcpu.regs["PMOVSSET_EL0"]  # memory is their home


class Mine(Hypervisor):
    def due(self, vcpu):
        return self.read_home(vcpu, "PMINTENSET_EL1") & self.virtual_counter_mask(vcpu)

    def overflow_status(self, vcpu):
        on = self.read_home(vcpu, "PMCR_EL0") & PMCR_EL0.E
        return bool(on and flags_of(vcpu) & self.due(vcpu)) * LIMIT > 0
""",
    "irq.record": """
from pmulab.kvm.hypervisor import Hypervisor

LIMIT = 0


def flags_of(overflow, mask):
    return overflow & mask


class Mine(Hypervisor):
    def due(self, vcpu, flags):
        self.cpu.msr("PMOVSCLR_EL0", flags)
        vcpu.regs["PMOVSSET_EL0"] |= flags

    def handle_guest_irq(self, overflow):
        vcpu = self.host.loaded
        if vcpu is None or not self.owns_counters(vcpu):
            self.cpu.msr("PMOVSCLR_EL0", overflow)
            return
        self.due(vcpu, flags_of(overflow, self.guest_counter_mask(vcpu)))
        if self.overflow_status(vcpu) > LIMIT:
            self.kick(vcpu)
""",
}


@pytest.fixture(autouse=True)
def a_world_that_is_soon_seen(briefly, monkeypatch):
    """The slow test has processes of its own, with the world that all answers are tried in."""
    monkeypatch.setattr("pmulab.lab.course.joined.WORLD", "user")


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "pmulab-progress.json"
    monkeypatch.setenv("PMULAB_PROGRESS", str(path))
    return path


@pytest.fixture
def written(tmp_path):
    """Load a class from a file of its own, as the command line does."""

    def load(source, name="mine.py"):
        path = tmp_path / name
        path.write_text(source)
        return load_class(str(path))

    return load


def keep(id, answer, kind="right"):
    """Keep an answer as a check does; the tests of `check` are elsewhere."""
    record(Verdict(id, kind, proof="so"), text_of(EXERCISES[id], answer))


def library(id):
    """Write an answer as `reveal` shows it."""
    shown = str(reveal(id)).split("\nRead next")[0]
    imports, method = shown.split("\n\n", 1) if shown.startswith("from ") else ("", shown)
    body = "".join(f"    {line}" for line in method.splitlines(keepends=True))
    head = f"from pmulab.kvm.hypervisor import Hypervisor\n{imports}\n\n"
    return f"{head}class Mine(Hypervisor):\n{body}"


# ---- kept


def test_an_answer_is_kept_with_what_it_uses_and_no_more(file, written):
    keep("irq.status", written(WRITTEN["irq.status"] + "\n\ndef unused():\n    return 1\n"))
    text = progress().exercises["irq.status"]["answer"]

    assert "from pmulab.hw.sysregs import PMCR_EL0\n" in text
    assert "\nLIMIT = 1\n" in text
    assert "# memory is their home" in text
    assert "unused" not in text


def test_a_wrong_answer_is_not_kept_and_takes_no_right_one_away(file, written):
    keep("irq.status", written(WRITTEN["irq.status"]))
    text = progress().exercises["irq.status"]["answer"]
    record(Verdict("irq.status", "error", "it raised"))

    assert text == progress().exercises["irq.status"]["answer"]


def test_progress_that_is_off_keeps_nothing(monkeypatch, capsys):
    monkeypatch.setenv("PMULAB_PROGRESS", "off")
    check("irq.wake", type("Mine", (Hypervisor,), {"kick": lambda self, vcpu: None}))

    assert "" == capsys.readouterr().out


LOCAL = """
from pmulab.kvm.hypervisor import Hypervisor


class Own:
    yes = True


def make(yes):
    class Mine(Hypervisor):
        def kick(self, vcpu):
            vcpu.request = {value}
    return Mine


Mine = make(True)
Mine.__module__ = __name__
"""


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("yes", "kick uses variables of the function around it"),
        ("Own.yes", "it uses Own, a class of your own"),
    ],
)
def test_what_cannot_be_written_down_is_said(written, value, why):
    with pytest.raises(NotKept, match=why):
        text_of(EXERCISES["irq.wake"], written(LOCAL.format(value=value)))


SHADOWED = """
from pmulab.kvm.hypervisor import Hypervisor


class Event:
    pass


event = Event()
BITS = 5


class Mine(Hypervisor):
    def kick(self, vcpu, bits: int = BITS):
        for event in [vcpu]:
            event.request = bool([event for event in (bits,)])
"""


def test_a_variable_that_has_a_global_s_name_is_not_what_an_answer_uses(written):
    text = text_of(EXERCISES["irq.wake"], written(SHADOWED))

    assert "BITS = 5" in text
    assert "Event" not in text


def test_a_method_without_source_is_not_kept():
    scope = {}
    exec("def kick(self, vcpu): vcpu.request = True", scope)

    with pytest.raises(NotKept, match="the source of kick is nowhere to be read"):
        text_of(EXERCISES["irq.wake"], type("Mine", (Hypervisor,), {"kick": scope["kick"]}))


@pytest.mark.slow
def test_an_alias_a_constant_and_a_static_helper_survive(written):
    source = """
import operator as op
from pmulab.kvm.hypervisor import Hypervisor


def wake(self, vcpu):
    vcpu.request = self.yes(self.TRUE)


class Mine(Hypervisor):
    TRUE = 1
    kick = wake

    @staticmethod
    def yes(value):
        return op.truth(value)
"""
    found = class_in(text_of(EXERCISES["irq.wake"], written(source)), "irq.wake")

    assert judge("irq.wake", found).right


# ---- joined


@pytest.mark.slow
def test_helpers_of_one_name_stay_apart(file, written):
    for id, source in WRITTEN.items():
        keep(id, written(source, f"{id.replace('.', '_')}.py"))
    made = joined()

    assert {} == made.left_out
    assert ["irq.record", "irq.status"] == [row.id for row in made.rows]
    assert so_far(made.hypervisor, "interrupts").right
    assert "due_of_overflow_status" in vars(made.hypervisor)


def test_nothing_kept_is_the_empty_hypervisor(file):
    made = joined()

    assert [*HOOKS] == made.missing
    assert [] == checklist(made.hypervisor).written
    assert f"0 of {len(HOOKS)} hooks of the project are here." in repr(made)


def test_a_hook_left_as_it_is_asked_for_keeps_what_was_joined(file, written):
    keep("irq.wake", written(library("irq.wake")))

    class Mine(joined().hypervisor):
        def kick(self, vcpu): ...

        def vgic_flush(self, vcpu): ...

    assert ["kick"] == checklist(Mine).written
    assert ("not attempted", "vgic_flush") == (so_far(Mine).kind, so_far(Mine).message)


def test_the_source_of_a_joined_hook_can_be_shown(file, written):
    keep("irq.wake", written(library("irq.wake")))

    assert "vcpu.request = True" in inspect.getsource(joined().hypervisor.kick)


@pytest.mark.slow
def test_an_answer_that_calls_the_librarys_hook_is_no_answer_where_that_is_gone(
    file, written, monkeypatch
):
    monkeypatch.setattr("pmulab.lab.course.joined.WORLD", "interrupts")
    borrowed = library("irq.wake").replace("vcpu.request = True", "super().kick(vcpu)")
    keep("irq.wake", written(borrowed))

    assert "Together they break: It raised NotImplementedError: kick is empty" in repr(joined())


# ---- trusted never


def tampered(file, id, change):
    """Change a kept answer in the file."""
    data = json.loads(file.read_text())
    data["exercises"][id]["answer"] = change(data["exercises"][id]["answer"])
    file.write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param(
            lambda text: text.replace("True", "False"),
            "passed once, and is not right here: wakes_up",
            marks=pytest.mark.slow,
        ),
        (lambda text: text.replace("kick", "kikc"), "def kick\\(self, vcpu\\), roughly one line"),
        (lambda text: "print('hello')\n" + text, "line 1 is not of the kind that `check` keeps"),
        (
            lambda text: "X = print('hello')\n" + text,
            "line 1 is not of the kind that `check` keeps",
        ),
        (lambda text: text[:40], "it is no Python|is not of the kind"),
        (lambda text: "", "is not of the kind"),
        (lambda text: text + "class Other:\n    pass\n", "it has no hypervisor at its end"),
        (lambda text: "from nowhere import x\n" + text, "it cannot be read back: ModuleNotFound"),
    ],
)
def test_an_answer_that_was_changed_is_left_out_with_one_line(file, written, capsys, change, why):
    keep("irq.wake", written(library("irq.wake")))
    keep("irq.status", written(library("irq.status")))
    tampered(file, "irq.wake", change)
    made = joined()

    assert ["irq.status"] == [row.id for row in made.rows]
    assert "" == capsys.readouterr().out
    (line,) = [line for line in made.lines() if "left out" in line]
    assert re.search(why, line), line


def test_an_answer_to_an_exercise_that_is_gone_is_left_out(file, written):
    keep("irq.wake", written(library("irq.wake")))
    data = json.loads(file.read_text())
    data["exercises"]["irq.gone"] = data["exercises"]["irq.wake"]
    file.write_text(json.dumps(data))

    assert "irq.gone is left out: there is no such exercise." in repr(joined())


def test_a_file_of_another_version_is_one_line(file, capsys):
    file.write_text(json.dumps({"pmulab_progress": 2}))
    made = joined()

    assert 1 == len(capsys.readouterr().out.splitlines())
    assert [*HOOKS] == made.missing


def test_somebodys_file_is_opened_and_left_as_it_is(file):
    file.write_text("{")

    with pytest.raises(ValueError, match="is not a file of progress"):
        opened(file)
    assert "{" == file.read_text()


# ---- from notebook to notebook

# The first answers go through `check`; that each hook of the library passes it is tested elsewhere.
KERNEL = """
import sys
from pmulab.lab.course.check import check
from pmulab.lab.course.kept import text_of
from pmulab.lab.course.progress import record
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.exercises.verdict import Verdict
from pmulab.lab.submission.load import load_class
_, folder, checked, *ids = sys.argv
for id in ids:
    mine = load_class(f"{folder}/{id.replace('.', '_')}.py")
    if id in checked.split():
        assert check(id, mine).right, id
    else:
        record(Verdict(id, "right"), text_of(EXERCISES[id], mine))
"""
# How long it takes is the machine's affair; whether it is right is asked here.
LAST = """
from pmulab.lab.course import project
from pmulab.lab.course.joined import joined
from pmulab.lab.course.project import certify
project.SECONDS *= 6
made = joined()
print(made)
print(certify(made.hypervisor))
"""


@pytest.mark.slow
@pytest.mark.thorough
def test_what_passed_in_many_kernels_is_certified_in_another(file, tmp_path):
    rows = [EXERCISES[id] for id in EXERCISES if EXERCISES[id].hook in HOOKS]
    for row in rows:
        source = WRITTEN.get(row.id) or library(row.id)
        (tmp_path / f"{row.id.replace('.', '_')}.py").write_text(source)
    for notebook in dict.fromkeys(row.notebook for row in rows):
        ids = [row.id for row in rows if row.notebook == notebook]
        words = [sys.executable, "-c", KERNEL, str(tmp_path), " ".join(WRITTEN), *ids]
        subprocess.run(words, check=True)
    words = [sys.executable, "-c", LAST]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout

    assert f"{len(HOOKS)} of {len(HOOKS)} hooks of the project are here." in said
    assert "left out" not in said
    assert "project: right." in said


def test_the_command_draws_what_is_there_and_fails_where_something_is_missing(
    file, written, capsys
):
    keep("irq.wake", written(library("irq.wake")))

    assert 1 == main(["join", str(file)])
    said = capsys.readouterr().out
    assert "✓ kick" in said
    assert "▸ missing" in said
    assert f"1 of {len(HOOKS)} hooks of the project are here." in said


def test_the_command_says_in_a_line_that_a_file_is_none(tmp_path, capsys):
    assert 2 == main(["join", str(tmp_path / "nothing.json")])
    assert "is not a file of progress" in capsys.readouterr().err
