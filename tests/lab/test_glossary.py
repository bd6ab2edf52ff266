"""The glossary says all that the tables hold, finds names, and its words are where it says."""

import json
import re
from pathlib import Path

import pytest

from pmulab.hw.events import EVENTS
from pmulab.hw.sysregs import REGS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.course.glossary import SECTIONS, glossary
from pmulab.lab.course.words import words
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.sim.laws import LAWS

FILES = Path(__file__).parents[2].glob("notebooks/[0-9]*.ipynb")
NOTEBOOKS = {path.name.split("-")[0]: path for path in FILES}


def names(section):
    return [entry.name for entry in glossary(section).entries]


def prose(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def test_every_law_hook_and_event_has_its_line():
    assert sorted(LAWS) == names("laws")
    assert {row.hook for row in EXERCISES.values()} <= set(names("hooks"))
    assert all(hasattr(Hypervisor, name) for name in names("hooks"))
    assert [event.name for event in EVENTS.values()] == names("events")


def test_every_register_has_its_line_or_that_of_its_number_left_open():
    numbered = {name for name, row in REGS.items() if row.index is not None}
    due = {re.sub(r"\d+(?=_EL)", "<n>", name) if name in numbered else name for name in REGS}

    assert sorted(due) == names("registers")


def test_a_name_is_found_in_any_case_and_without_the_level():
    assert "size of the first range" in repr(glossary("hpmn"))
    assert "Control." in repr(glossary("pmcr"))
    assert ["words", "hooks"] == [entry.section for entry in glossary("kick").entries]
    assert ["EL0, EL1, EL2"] == [entry.name for entry in glossary("EL1").entries]


def test_a_hook_is_found_by_the_kernels_name():
    assert ["pmu_put"] == [entry.name for entry in glossary("kvm_pmu_put").entries]
    assert ["handle_host_irq"] == [e.name for e in glossary("armv8pmu_handle_irq").entries]


def test_a_name_that_is_not_there_says_what_is_near():
    with pytest.raises(KeyError, match="no kik in the glossary; near are: kick"):
        glossary("kik")
    with pytest.raises(KeyError, match=f"sections are {' '.join(SECTIONS)}"):
        glossary("zzzz")


def test_no_entry_is_empty_or_twice():
    entries = glossary().entries

    assert [] == [entry.name for entry in entries if not entry.meaning.strip()]
    assert len(entries) == len({(entry.section, entry.name) for entry in entries})


def test_a_word_is_in_the_notebook_that_explains_it():
    texts = {chapter: prose(path).lower() for chapter, path in NOTEBOOKS.items()}

    lost = [
        (name, word.chapter)
        for word in words()
        for name in word.name.lower().split(", ")
        if name not in texts[word.chapter]
    ]

    assert [] == lost


def test_the_table_is_html_with_the_same_names():
    html = glossary("laws")._repr_html_()

    assert html.count("<tr>") == len(LAWS) + 1
    assert all(f"<code>{name}</code>" in html for name in LAWS)
    assert "for counter <code>idx</code>" in glossary("hardware_type")._repr_html_()
