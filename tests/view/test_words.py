"""What the page says: the legend teaches what a trace has, and no text is written on both sides."""

import ast
import json
import re
import runpy
from dataclasses import replace

import pytest
from sim.runs import ran
from view.traces import random_trace

from pmulab.sim.machine import Machine
from pmulab.sim.scenario import load, names
from pmulab.sim.trace import MARKS, Record, Trace
from pmulab.view import bits, filter_board, interrupt_path, ownership_map, player
from pmulab.view.assets import HERE
from pmulab.view.steps import caption, loaded_at, place_names
from pmulab.view.wire import wire
from pmulab.view.words import KINDS, LETTERS, SOLID, legend, letter


@pytest.fixture(scope="module")
def traces():
    """Give the traces of all scenarios, and one in which a law is broken."""
    traces = [ran(name).trace for name in names()]
    whole = traces[0]
    broken = replace(whole[0], kind="accusation", text="a law", marks=("accusation",))
    return [*traces, replace(whole, records=(broken,))]


# ---- the legend


def test_every_letter_of_a_trace_is_explained_and_no_other(traces):
    for trace in traces:
        taught = {sign for sign, _ in legend(trace)["letters"]}

        assert {letter(record) or SOLID for record in trace} == taught, trace.scenario


def test_every_kind_that_is_known_occurs_and_every_kind_that_occurs_is_known(traces):
    kinds = {record.kind for trace in traces for record in trace}

    assert set(KINDS) == kinds
    assert {letter(record) for trace in traces for record in trace} == set(LETTERS) - {"·"}


def test_a_kind_of_another_program_has_a_sign_that_is_explained():
    trace = Trace("", ("host",), {}, (Record(0, 0, "host", "sched", "chooses A"),))

    assert [("·", LETTERS["·"])] == legend(trace)["letters"]


def test_every_mark_has_a_shape():
    shapes = (HERE / "js" / "lanes.js").read_text(encoding="utf-8").split("const SHAPES = {")[1]

    assert set(MARKS) == set(re.findall(r"^  (\w+): ", shapes.split("};")[0], re.M))


def test_the_columns_are_headed_as_in_the_text_twin(two_guests):
    for trace in (two_guests, random_trace(3, 200)):
        sent = json.loads(wire(trace))
        for n in range(len(trace) + 1):
            heads = [[at for at in p["heads"] if at[0] <= n][-1] for p in sent["places"]]
            on = loaded_at(trace, n)

            assert [sent["texts"][text] for _, text, _ in heads] == [
                caption(name, on) for name in place_names(trace)
            ]


# ---- one text, one side

LITERAL = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`", re.S
)
WORD, WORDS = re.compile(r"[^\W\d_]{3,}"), re.compile(r"[^\W\d_]{2,}")
# Names of messages and of a kind of verdict: data, that both sides must know.
NAMES = {"find_break", "find_overflow", "not finished"}
HOLE = re.compile(r"\$?\{[^{}]*\}")


def texts_of_javascript(source):
    """Return the texts of a module, with a hole where a value is filled in."""
    found = ("".join(filter(None, match.groups())) for match in LITERAL.finditer(source))
    return {HOLE.sub("{}", text) for text in found if text}


def texts_of_python(source):
    """Return the texts of a module without its docstrings, with a hole for each value."""
    tree = ast.parse(source)
    parents = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docs = {ast.get_docstring(n, clean=False) for n in ast.walk(tree) if isinstance(n, parents)}
    inside = {id(part) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for part in n.values}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
            found.add("".join(parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            own = id(node) not in inside and node.value not in docs
            found.update([HOLE.sub("{}", node.value)] if own else [])
    return found


def pieces(texts):
    """Return what stands between the holes, where it is more than one word."""
    found = {piece.strip() for text in texts for piece in text.split("{}")}
    return {piece for piece in found if len(WORDS.findall(piece)) > 1} - NAMES


@pytest.mark.slow
def test_a_text_is_written_in_python_or_in_javascript_but_not_in_both():
    modules = {path.name: path.read_text(encoding="utf-8") for path in HERE.glob("*.py")}
    scripts = [path.read_text(encoding="utf-8") for path in HERE.glob("js/*.js")]

    assert len(scripts) > 10
    assert [] == [
        (name, text) for name, module in modules.items() for text in written_again(module, scripts)
    ]


def written_again(module, scripts):
    """List the texts of a Python module that a JavaScript module has too, whole or a piece."""
    mine, theirs = texts_of_python(module), set().union(*map(texts_of_javascript, scripts))
    said = "\n".join(theirs)
    whole = {text for text in mine & theirs if "{}" in text and WORD.search(text)}
    within = {text for text in pieces(mine) if len(text.split()) > 2 and text in said}
    return sorted(whole | within | pieces(mine) & pieces(theirs))


def test_the_reader_of_texts_finds_what_is_written_on_both_sides():
    python = 'def f(n):\n    """No text."""\n    return f"step {n} of it", "It has begun."\n'
    script = "// It is a comment.\nsay(`step ${n} of it`, 'It has begun.')"

    assert {"step {} of it", "It has begun."} == texts_of_python(python)
    assert texts_of_python(python) == texts_of_javascript(script)
    assert ["It has begun.", "of it", "step {} of it"] == written_again(python, [script])
    assert [] == written_again(python, ["say(`step ${n} of ${all}`)"])


# ---- the types


@pytest.mark.slow
def test_what_python_sends_is_what_the_types_say(root, tmp_path, two_guests):
    js = runpy.run_path(str(root / ".ci" / "js.py"))
    why = js["missing"]("tsc")
    if why:
        pytest.skip(f"tsc cannot be had: {why}")
    machine = Machine(load("dynamic-reservation"))
    machine.run()
    boards = [view(machine.trace) for view in (ownership_map, filter_board, interrupt_path)]
    sent = [("TraceJson", player(trace).story) for trace in (two_guests, machine.trace)]
    sent += [("SheetJson", board.story) for board in boards]
    sent += [("RegisterJson", bits(name).register) for name in ("PMCNTENSET_EL0", "MDCR_EL2")]
    types = f"{js['SOURCES'].as_posix()}/types.js"
    lines = ["// Each text that Python sends, as an object literal: no field more, none less."]
    kinds = [f"import('{types}').{kind} = {text}" for kind, text in sent]
    lines += [f"const _{k}: {kind};" for k, kind in enumerate(kinds)]
    (tmp_path / "sent.ts").write_text("\n".join([*lines, "export {};", ""]), encoding="utf-8")
    options = json.loads((js["SOURCES"] / "tsconfig.json").read_text())["compilerOptions"]
    options |= {"noUnusedLocals": False, "allowJs": False, "checkJs": False}
    setup = {"compilerOptions": options, "files": ["sent.ts"]}
    (tmp_path / "tsconfig.json").write_text(json.dumps(setup))
    done = js["run"]("tsc", "--project", tmp_path)

    assert (0, "") == (done.returncode, done.stdout)
