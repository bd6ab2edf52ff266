"""Two more runs of the notebooks: every exercise answered rightly, and every one wrongly.

As shipped the notebooks run under nbval. Here the exercise cells are filled in: with what `reveal`
shows, then every check says right; with a bug of the gallery, then every check names its law.
"""

import ast
import json
import re
from functools import cache
from pathlib import Path
from textwrap import indent

import pytest
from front_ends import faults

from pmulab.lab.exercises.judge import refuse, reveal
from pmulab.lab.exercises.rows import EXERCISES, GRADED
from pmulab.lab.gallery.gallery import bugs_on
from pmulab.sim.laws import LAWS

NOTEBOOKS = sorted(Path(__file__).parent.parent.glob("notebooks/*.ipynb"))
CHECK = re.compile(r"""\bcheck\(\s*["']([a-z_.]+)["']\s*,\s*(\w+)""")
# Time is no part of what is tested here, and a learner's progress is nobody's business.
FIRST = """
import functools as _functools
check = _functools.partial(check, seconds=300)
"""
# Exercises whose bugs in the gallery have an empty method (that is "not attempted") or none at all.
OWN = {
    # Judged by one run, in which most bugs of the gallery do no harm.
    "first.swap": ("own_counts", "self.cpu.msr('PMCNTENCLR_EL0', 0x80000003)"),
    "swap.fold": (
        "own_reads",
        """
flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
vcpu.regs["PMOVSSET_EL0"] = flags
self.cpu.msr("PMOVSCLR_EL0", flags)
self.kick(vcpu)
""",
    ),
    "swap.stop": ("quiet_when_put", 'vcpu.regs["PMCNTENSET_EL0"] = self.cpu.mrs("PMCNTENSET_EL0")'),
    "swap.write_pair": ("write_pair", "self.cpu.msr(set_name, bits & mask)"),
    "filter.ban": ("own_counts", "self.kick(vcpu)"),
    "irq.wake": ("wakes_up", "vcpu.request = False"),
    "vgic.target": ("irq_delivered", "return irq.active"),
    "vgic.flush": ("irq_delivered", "vcpu.vgic.used_lrs = 0"),
    "user.attributes": ("set_pmu_attr", "vcpu.initialized = True"),
}


@cache
def cells_of(path):
    """Read the code cells as (number in the notebook, source, tags)."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        (n, "".join(cell["source"]), cell["metadata"].get("tags", []))
        for n, cell in enumerate(cells)
        if cell["cell_type"] == "code"
    ]


@cache
def exercises_of(path):
    """List (cell of the answer, cell of the check, exercise, class), for each check of a class.

    Those in C have a run of their own, `tests/native`.
    """
    found, classes = [], {}
    for n, source, tags in cells_of(path):
        if "exercise" in tags and not source.startswith("%%"):
            body = ast.parse(source).body
            classes |= {node.name: n for node in body if isinstance(node, ast.ClassDef)}
        for id, name in CHECK.findall(source):
            if name in classes and not source.lstrip().startswith("#"):
                found.append((classes[name], n, id, name))
    return found


WITH_EXERCISES = [path for path in NOTEBOOKS if exercises_of(path)]
each = pytest.mark.parametrize("path", WITH_EXERCISES, ids=lambda path: path.stem)


def right_answer(id, name):
    """Write the class as `reveal` shows it."""
    shown = str(reveal(id)).split("\nRead next in the kernel")[0]
    imports, method = shown.split("\n\n", 1) if shown.startswith("from ") else ("", shown)
    head = f"from pmulab import Hypervisor\n{imports}"
    return f"{head}\n\nclass {name}(Hypervisor):\n{indent(method, '    ')}"


def wrong_answers(id):
    """List the attached bugs that replace the exercise's hook alone, as (law, bug's id)."""
    row = GRADED[id]
    rows = [bug for bug in bugs_on(row.hook) if refuse(row, bug.hypervisor) is None]
    return [(bug.law, bug.id) for bug in rows]


def wrong_answer(id, name):
    """Write a class that is wrong, and name the law that it breaks."""
    if id not in OWN:
        law, bug = wrong_answers(id)[0]
        return f"from pmulab import gallery\n{name} = gallery()[{bug!r}].hypervisor", law
    law, body = OWN[id]
    row = GRADED[id]
    head = f"from pmulab import Hypervisor\n\n\nclass {name}(Hypervisor):\n"
    method = f"def {row.hook}({row.arguments}):\n{indent(body.strip(), '    ')}"
    return head + indent(method, "    "), law


def found(what):
    """Write what a verdict says of a law, or of a table of cases."""
    return f"The law {what} is broken" if what in LAWS else f"A case of {what} comes out wrong"


def run(path, answers, first=FIRST):
    """Run a notebook with some cells replaced; give the printed text of each cell."""
    # Loaded here: nbformat takes three seconds, and a fast run collects this file all the same.
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    code = [n for n, _, _ in cells_of(path)]
    notebook.cells[code[0]].source += first
    for n, source in answers.items():
        notebook.cells[n].source = source
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()
    # As a learner saves it, with live widgets: what other front ends show of it.
    assert [] == faults(notebook)
    return {n: said(notebook.cells[n]) for n in code}


def said(cell):
    """Give what a cell says, as plain text."""
    outputs = [output.get("text", "") for output in cell["outputs"]]
    shown = [output.get("data", {}).get("text/plain", "") for output in cell["outputs"]]
    return "".join("".join(lines) for lines in [*outputs, *shown])


@pytest.fixture(autouse=True)
def no_progress(monkeypatch):
    monkeypatch.setenv("PMULAB_PROGRESS", "off")
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")


def test_there_are_notebooks_with_exercises():
    assert WITH_EXERCISES


def test_each_exercise_cell_is_checked():
    unchecked = [
        f"{path.stem}: cell {n}"
        for path in WITH_EXERCISES
        for n, _, tags in cells_of(path)
        if "exercise" in tags and n not in [answer for answer, *_ in exercises_of(path)]
    ]

    assert [] == unchecked


@each
def test_no_exercise_is_answered_as_shipped(path):
    given = [
        id
        for _, n, id, _ in exercises_of(path)
        if "not attempted" not in stored(path, n) and "not yet" not in stored(path, n)
    ]

    assert [] == given, "make notebooks"


def stored(path, n):
    """Give what the committed notebook shows under a cell."""
    return said(json.loads(path.read_text())["cells"][n])


@each
@pytest.mark.notebook
@pytest.mark.slow
def test_every_check_passes_with_the_answer_that_reveal_shows(path):
    asked = exercises_of(path)
    output = run(path, {answer: right_answer(id, name) for answer, _, id, name in asked})
    wrong = {id: output[n] for _, n, id, _ in asked if f"{id}: right" not in output[n]}

    assert {} == wrong


@each
@pytest.mark.notebook
@pytest.mark.slow
def test_every_check_names_the_law_that_a_wrong_answer_breaks(path):
    asked = exercises_of(path)
    wrong = {answer: wrong_answer(id, name) for answer, _, id, name in asked}
    output = run(path, {answer: source for answer, (source, _) in wrong.items()})
    missed = {
        id: output[n] for answer, n, id, _ in asked if found(wrong[answer][1]) not in output[n]
    }

    assert {} == missed


@pytest.mark.notebook
@pytest.mark.slow
def test_notebook_11_joins_what_passed_and_signs_it(tmp_path, monkeypatch):
    from pmulab.lab.course.kept import text_of
    from pmulab.lab.course.progress import record
    from pmulab.lab.exercises.verdict import Verdict
    from pmulab.lab.submission.load import load_class

    monkeypatch.setenv("PMULAB_PROGRESS", str(tmp_path / "pmulab-progress.json"))
    for id, row in EXERCISES.items():
        answer = tmp_path / f"{id.replace('.', '_')}.py"
        head = "from pmulab.kvm.hypervisor import Hypervisor\n"
        answer.write_text(head + right_answer(id, "Mine"))
        record(Verdict(id, "right", proof="so"), text_of(row, load_class(str(answer))))
    (path,) = [path for path in NOTEBOOKS if path.name.startswith("11")]
    said = "\n".join(run(path, {}, first="").values())

    assert "19 of 19 hooks of the project are here." in said
    assert "left out" not in said
    assert "project: right." in said
    assert "not attempted" not in said
