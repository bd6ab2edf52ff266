"""The README is true, and so are the pages of docs/: their code, their figures, their names."""

import ast
import contextlib
import html
import io
import re
import struct
from pathlib import Path

import pytest

from pmulab.cli import main, parser
from pmulab.evidence.replay import replay
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.course.hunt import POSTED
from pmulab.lab.gallery.gallery import gallery
from pmulab.sim import scenario

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# The front page of the book is not among them: it leads to pages that are made.
PAGES = [
    ROOT / "docs" / f"{name}.md" for name in "patches conformance not-modelled front-ends".split()
]
DOCS = {path.stem: path.read_text(encoding="utf-8") for path in PAGES}
PICTURE = ROOT / "notebooks" / "images" / "first-minute.png"


def section(title, text=README):
    """Return the text below a heading."""
    return text.split(f"\n## {title}")[1].split("\n## ")[0]


def table(text):
    """Return the rows of the first table of a text, as lists of cells."""
    rows = re.search(r"(?:^\|.*\n)+", text, re.MULTILINE).group().splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def names_in(text):
    """Return what stands between backticks."""
    return re.findall(r"`([^`]+)`", text)


CODE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_it_can_be_read_in_a_minute():
    assert len(README.splitlines()) <= 120


def test_the_code_prints_what_its_comments_say():
    _, code = CODE
    due = re.findall(r"# -> (.*)", code)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})

    assert due == printed.getvalue().splitlines()
    assert 10 == len([line for line in code.splitlines() if line.strip()])


def test_the_idea_is_found_wrong(tmp_path):
    code, _ = CODE
    (tmp_path / "idea.py").write_text(code)
    command = "explore --world small --hypervisor idea.py:Idea".split()
    assert "    python -m pmulab " + " ".join(command) in README
    with contextlib.chdir(tmp_path), contextlib.redirect_stdout(io.StringIO()) as printed:
        assert 1 == main(command)

    assert "The law quiet_when_put is broken." in printed.getvalue()


def test_the_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^    |`)make (\w+)", README, re.MULTILINE))

    assert {"book", "lab", "test"} <= named
    assert [] == [name for name in named if not re.search(rf"^{name}:", makefile, re.MULTILINE)]


def test_the_table_has_every_command():
    (choices,) = [a.choices for a in parser()._actions if isinstance(a.choices, dict)]
    rows = table(section("On the command line"))
    named = [name.split()[0] for row in rows for name in names_in(row[0])]

    assert set(choices) == set(named)
    assert "two-guests" in scenario.names()


def test_links_to_files_lead_somewhere():
    links = [
        path.parent / link.split("#")[0]
        for path in (ROOT / "README.md", *PAGES)
        for link in re.findall(r"\]\(([^):]+)\)", path.read_text(encoding="utf-8"))
    ]

    assert 8 <= len(links)
    assert [] == [str(link) for link in links if not link.exists()]


def test_the_map_has_every_package():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = [name for row in table(section("The map", text)) for name in names_in(row[0])]
    packages = {f"pmulab/{path.parent.name}/" for path in ROOT.glob("pmulab/*/__init__.py")}

    assert [] == [name for name in named if not (ROOT / name).is_dir()]
    assert packages <= set(named)


def test_the_picture_is_there_and_small_and_stops_by_itself():
    png = PICTURE.read_bytes()
    at = png.index(b"acTL") + 4
    frames, plays = struct.unpack_from(">II", png, at)

    assert f'src="{PICTURE.relative_to(ROOT).as_posix()}"' in README
    assert png.startswith(b"\x89PNG")
    assert len(png) < 400_000
    assert (True, 1) == (frames > 1, plays)


# ---- the pages of docs/


def test_the_repairs_are_where_the_table_says_and_the_gallery_has_the_defects():
    rows = table(DOCS["patches"])
    hooks = [name for row in rows for name in names_in(row[2])]
    bugs = [name for row in rows for name in re.findall(r"\[([\w-]+)\]", row[1])]

    assert [] == [name for name in hooks if not hasattr(Hypervisor, name)]
    assert [] == [name for name in bugs if name not in gallery() or gallery()[name].harmless]
    assert set(POSTED) <= set(bugs)


def test_what_the_hardware_does_not_model_is_what_its_modules_say():
    said = {names_in(row[0])[0]: html.unescape(row[1]) for row in table(DOCS["not-modelled"])}
    due = {}
    for path in sorted(ROOT.glob("pmulab/hw/*.py")):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        missing = re.search(r"Not modelled: (.*?)(?:\n\n|\Z)", text, re.DOTALL)[1]
        due[path.relative_to(ROOT).as_posix()] = " ".join(missing.split())

    assert due == said


def test_the_readme_and_the_page_agree_on_the_replay():
    said = re.findall(r"\d[\d,]*", section("How far"))
    rows = {row[0].split(":")[0].strip("`"): row for row in table(DOCS["conformance"])}

    assert rows["all"][2] in said
    assert "0 differ" in README
    assert "There are 0 mismatches" in DOCS["conformance"]


@pytest.mark.slow
def test_the_figures_of_the_replay_are_those_of_the_replay():
    reports = {p: replay(str(p)) for p in sorted(ROOT.glob("tests/conformance/*/*.gz"))}
    page = DOCS["conformance"]
    due = {}
    for path, report in reports.items():
        for where in (path.parent.name, "all"):
            files, rows = due.get(where, (0, 0))
            due[where] = files + 1, rows + report.rows
    said = {row[0].split(":")[0].strip("`"): tuple(row[1:]) for row in table(page)}
    total, compared = due["all"][1], sum(r.compared for r in reports.values())

    assert said == {where: (str(files), f"{rows:,}") for where, (files, rows) in due.items()}
    assert f"{compared:,} accesses agree bit for bit, and {total - compared:,} are tagged" in page
    assert [] == [r for r in reports.values() if not r.ok]
