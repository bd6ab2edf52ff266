"""C in a notebook, in files and in what is handed in: the same class, the same verdict."""

import json
import shutil
from pathlib import Path

import pytest
from native.answers import RIGHT
from native.mistakes import COMPILED, edited

from pmulab.cli import main
from pmulab.explain.history import explore
from pmulab.in_c import c_case, c_hook, kernel_c
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.classroom.grading import grade
from pmulab.lab.classroom.sheets import sheet_of_cells
from pmulab.lab.exercises.judge import judge
from pmulab.native import build
from pmulab.native.mistakes import mistakes
from pmulab.native.words import HELPERS, HOOKS, called
from pmulab.view.wire import wire

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "14-in-c.ipynb"
needs_cc = pytest.mark.skipif(not build.compiler(), reason="no C compiler here")
# What notebook 14 asks for, and which answer fits.
ASKED = {
    "c.put": "swap.put",
    "c.load": "swap.load",
    "c.filter": "filter.load",
    "c.handler": "irq.record",
}
OWNS = """\
bool kvm_pmu_owns_counters(struct kvm_vcpu *vcpu)
{
	return read_sysreg(pmcr_el0) & 1;
}
"""
STARTER = "%%kernel_c c.put Put\nvoid kvm_pmu_put(struct kvm_vcpu *vcpu)\n{\n\t/* {;} later */\n}\n"


def cell(source):
    return {"cell_type": "code", "source": source, "metadata": {}}


# ---- without a compiler


def test_no_compiler_is_one_clear_line(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    build.built.cache_clear()
    verdict = judge("swap.put", c_hook("swap.put", RIGHT["swap.put"]))

    assert f"swap.put: cannot be judged: {build.NO_COMPILER}" == repr(verdict)


def test_where_there_are_no_processes_it_is_said_as_well(monkeypatch):
    monkeypatch.setattr(build.os, "name", "nt")

    assert build.NO_PROCESSES == build.missing()


def test_a_hook_without_a_statement_is_not_attempted(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    verdict = judge("c.put", c_hook("c.put", STARTER.partition("\n")[2]))

    assert "not attempted" == verdict.kind
    assert "void kvm_pmu_put(struct kvm_vcpu *vcpu)" in verdict.message


def test_a_cell_in_c_is_an_answer_and_a_starter_is_an_empty_one():
    put = f"%%kernel_c c.put Put\n{RIGHT['swap.put']}"
    (mine,) = sheet_of_cells("ada", "14-in-c.ipynb", [cell(put)], "14").answers
    (empty,) = sheet_of_cells("ada", "14-in-c.ipynb", [cell(STARTER)], "14").answers

    assert ("c.put", False) == (mine.exercise, mine.empty)
    assert "Put = c_hook('c.put', " in mine.source and "import c_hook" in mine.source
    assert empty.empty


def test_an_exercise_that_has_no_c_is_named_with_those_that_have():
    with pytest.raises(KeyError, match=r"no exercise in C; there are .* c\.put, "):
        c_hook("vgic.flush", "")
    with pytest.raises(KeyError, match="negative-flags"):
        c_case("nobody")


def test_the_names_in_c_are_told_apart():
    functions = [row.function for row in HELPERS]

    assert len(functions) == len(set(functions))
    assert all(hasattr(Hypervisor, row.name) for row in HOOKS)
    assert all(callable(called(row)) for row in HELPERS)


def test_the_magic_alone_lists_what_c_may_say(capsys):
    kernel_c("", "")
    said = capsys.readouterr().out

    assert "swap.put" in said and "c.handler" in said
    assert "u64 kvm_pmu_host_pmcr(void)" in said and "self.host.pmcr" in said


# ---- with one


@needs_cc
def test_a_trace_names_the_lines_of_the_c_text():
    wrong = c_hook("swap.guard", OWNS)
    found = explore("small", wrong, "owns_counters", max_states=50)
    ours = [record for record in found.trace if ".c:" in record.at]

    assert not found.holds and ours
    assert {(3, "return read_sysreg(pmcr_el0) & 1;")} == {
        (int(record.at.split(":")[1]), record.code) for record in ours
    }
    (text,) = [source for source in found.trace.sources if source.file.endswith(".c")]
    assert (1, OWNS) == (text.first, text.text)
    sent = json.loads(wire(found.trace))
    (shown,) = [k for k, (file, _) in enumerate(sent["sources"]) if file.endswith(".c")]
    assert [2] == [row for _, source, row in sent["lines"] if source == shown]


@needs_cc
@pytest.mark.slow
@pytest.mark.parametrize("id", mistakes())
def test_a_mistake_of_the_notebook_is_refused_and_its_repair_is_told(id, capsys):
    verdict = c_case(id)

    assert mistakes()[id].source in capsys.readouterr().out
    assert "error" == verdict.kind if id in ("no-return", "below-zero") else verdict.history


@needs_cc
@pytest.mark.slow
def test_a_file_in_c_is_judged_by_the_command_line(tmp_path, capsys):
    path = tmp_path / "mine.c"
    path.write_text(edited("swap.put", COMPILED["swap.put"]["no flags"]))

    assert 1 == main(["check", str(path), "--exercise", "swap.put"])
    assert "own_flags" in capsys.readouterr().out
    assert 2 == main(["explore", "--world", "small", "--hypervisor", str(path)])
    assert "name a hook with FILE.c:hook" in capsys.readouterr().err


@needs_cc
@pytest.mark.slow
def test_answers_in_c_are_graded_apart_from_the_judge(tmp_path):
    texts = [
        f"%%kernel_c c.handler H\n{edited('irq.record', COMPILED['irq.record']['never kicks'])}",
        f"%%kernel_c swap.stop Stop\n{RIGHT['swap.stop']}",
        STARTER,
    ]
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps({"cells": [*map(cell, texts)]}))
    marks = {mark.exercise: mark.verdict for mark in grade(str(path), seconds=120).marks}

    assert {"c.handler": "broken", "swap.stop": "right", "c.put": "not attempted"} == marks


@needs_cc
@pytest.mark.slow
@pytest.mark.notebook
def test_every_exercise_of_the_notebook_passes_with_a_right_answer(monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PMULAB_PROGRESS", "off")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for one in notebook.cells:
        if "exercise" in one.metadata.get("tags", []):
            head = one.source.partition("\n")[0]
            one.source = f"{head}\n{RIGHT[ASKED[head.split()[1]]]}"
        one.source = one.source.replace("# check(", "check(").replace(")\ncheck(", "), check(")
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": "."}}).execute()
    (checked,) = [one for one in notebook.cells if one.source.startswith('check("c.put", Put)')]
    said = json.dumps(checked.outputs)

    assert [] == [id for id in ASKED if f"{id}: right" not in said]
