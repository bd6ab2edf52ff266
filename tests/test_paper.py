"""The paper for JOSE: its parts, its references and its figures."""

import json
import re
from pathlib import Path

import yaml

from pmulab import gallery
from pmulab.lab.course.predictions import predictions
from pmulab.lab.exercises.rows import EXERCISES

ROOT = Path(__file__).parent.parent
PAPER = (ROOT / "paper.md").read_text(encoding="utf-8")
BIB = (ROOT / "paper.bib").read_text(encoding="utf-8")
HEAD, TEXT = PAPER.split("---\n")[1:3]
SAID = " ".join(TEXT.split())
# What JOSE asks for in a paper (openjournals.readthedocs.io/en/jose).
PARTS = ("Summary", "Statement of need", "Learning objectives", "References")
PARTS += ("Content and instructional design", "Use in teaching", "The story of the project")


def test_the_paper_has_the_head_and_the_parts_that_the_journal_asks_for():
    head = yaml.safe_load(HEAD)

    assert {"title", "tags", "authors", "affiliations", "date", "bibliography"} <= set(head)
    assert (ROOT / head["bibliography"]).is_file()
    assert {row["affiliation"] for row in head["authors"]} == {
        r["index"] for r in head["affiliations"]
    }
    assert set(PARTS) <= set(re.findall(r"^# (.*)", TEXT, re.MULTILINE))


def test_it_is_short_and_its_picture_is_there():
    (picture,) = re.findall(r"!\[[^]]+\]\(([^)]+)\)", TEXT)

    assert 500 < len(TEXT.split()) < 1300
    assert (ROOT / picture).is_file()


def test_each_reference_is_cited_and_each_citation_is_a_reference():
    cited = set(re.findall(r"@([\w-]+)", TEXT))
    entries = dict(re.findall(r"^@\w+\{([\w-]+),\n(.*?)^\}", BIB, re.MULTILINE | re.DOTALL))

    assert cited == set(entries)
    assert [] == [
        key for key, entry in entries.items() if not re.search(r"^  title = \{", entry, re.M)
    ]
    # What has no DOI is a web page, a posting, a manual, or an old conference.
    without = {key for key, entry in entries.items() if not re.search(r"doi = \{10\.\d+/", entry)}
    assert {"lewis-article", "lewis-patches", "arm-arm", "bellard2005"} == without


def test_its_numbers_are_those_of_the_course():
    bugs = gallery().values()
    page = (ROOT / "notebooks" / "teacher" / "README.md").read_text(encoding="utf-8")
    table = page.split("## Goals and time")[1].split("\n## ")[0]
    minutes = sum(int(found) for found in re.findall(r"\| (\d+)(?:, or [^|]*)? \|$", table, re.M))

    assert len(list(ROOT.glob("notebooks/*.ipynb"))) == 17
    assert "in seventeen Jupyter notebooks" in SAID
    assert f"about {minutes / 60:.0f} hours" in SAID
    assert f"{len(EXERCISES)} exercises, {len(predictions())} predictions" in SAID
    harmless = sum(bug.harmless for bug in bugs)
    assert f"{len(bugs) - harmless} wrong hypervisors" in SAID
    assert f"and {harmless} that only look wrong" in SAID


def test_its_posting_is_the_one_that_the_notebook_names():
    notebook = json.loads((ROOT / "notebooks" / "12-the-posted-text.ipynb").read_text())
    (message,) = re.findall(r"message (\S+@\S+?)\}", BIB)

    assert message in "".join(notebook["cells"][0]["source"])
    (total,) = re.findall(r"compared with ([\d,]+) recorded", SAID)
    assert total in (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
