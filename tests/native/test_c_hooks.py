"""Hooks in C: right ones are certified, mistakes refused with a history, harm stays where it is."""

import shutil

import pytest
from native.answers import RIGHT
from native.mistakes import BY_TABLE, CALLED, COMPILED, HOSTILE, REFUSED, edited

from pmulab.in_c import c_hook, in_c
from pmulab.lab.exercises.judge import judge
from pmulab.lab.exercises.rows import IN_C, exercise

needs_cc = pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler here")
ROWS = [(id, name, edits) for id, rows in COMPILED.items() for name, edits in rows.items()]


def test_every_hook_in_c_has_a_right_answer():
    assert set(RIGHT) | set(IN_C) == set(in_c())
    assert {row.hook for row in IN_C.values()} == {exercise(id).hook for id in COMPILED}


def test_each_of_the_four_exercises_has_at_least_twenty_mistakes():
    assert {"swap.put", "swap.load", "filter.load", "irq.record"} == set(COMPILED)
    assert [] == [id for id, rows in COMPILED.items() if len(rows.keys() - BY_TABLE) < 20]


@needs_cc
@pytest.mark.slow
@pytest.mark.parametrize("id", RIGHT)
def test_a_right_answer_is_certified(id):
    verdict = judge(id, c_hook(id, RIGHT[id]))

    assert "right" == verdict.kind, repr(verdict)
    assert all(certificate.closed for certificate in verdict.certificates)


@needs_cc
@pytest.mark.slow
@pytest.mark.parametrize(("id", "name", "edits"), ROWS, ids=[f"{i}: {n}" for i, n, _ in ROWS])
def test_a_mistake_is_refused_with_a_law_and_a_history(id, name, edits):
    verdict = judge(id, c_hook(id, edited(id, edits)))

    assert verdict.kind in ("broken", "error"), repr(verdict)
    if name in BY_TABLE:
        assert verdict.law == exercise(id).hook or "where no vCPU is loaded" in verdict.message
    else:
        assert verdict.law and verdict.history


@needs_cc
@pytest.mark.slow
@pytest.mark.parametrize("name", REFUSED)
def test_what_the_compiler_refuses_is_said_in_its_words_at_the_line(name):
    id, *edits = REFUSED[name]
    verdict = judge(id, c_hook(id, edited(id, tuple(edits))))

    assert "error" == verdict.kind
    assert f"{id}.c:" in verdict.message and "error:" in verdict.message


@needs_cc
@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_harm_stays_in_the_process_of_the_hook_and_is_a_verdict(name):
    old, new, said = HOSTILE[name]
    edits = [(old, new), *([CALLED[name]] if name in CALLED else [])]
    verdict = judge("swap.put", c_hook("swap.put", edited("swap.put", edits)))

    assert "error" == verdict.kind and said in repr(verdict)
    assert ("host loads and enters A", "host exits and puts A") == verdict.history or not said
