"""A claim about the outside world carries its source: Arm's manual, Linux, a posting, the article.

A paragraph that names a party of that world (Arm, KVM, Linux, a posting, a patch) needs a source
in the same cell. The test sees words only: it cannot tell whether a source says what the text
says, and it does not see a claim that names nobody. One source serves its whole cell.
"""

import json
import re
from pathlib import Path

import pytest

NOTEBOOKS = sorted(Path(__file__).parent.parent.glob("notebooks/*.ipynb"))

# Who is spoken of. Code is cut out first, so a file's or a function's name is nobody.
PARTY = re.compile(
    r"\bArm\b|\bthe architecture\b|\bKVM\b|\bLinux\b|\bthe kernel\b|\bperf\b|\bpost(?:ed|ings?)\b"
    r"|\bthe series\b|\bpatch(?:es)?\b|\b[Vv]ersions? \d|\bv[1-9]\b|\bon the list\b"
)
SOURCE = re.compile(
    r"Arm (?:DDI 0487|IHI 0069)|Linux: |Documentation/virt/"
    r"|postings? v\d|RFC v\d|[Pp]atch(?:es)? \d|cover letter|lore\.kernel\.org"
    r"|coltonlewis\.name|spinics\.net|review of (?:v|version )\d"
    r"|[Tt]he article(?:, \"| begins| calls| lets)|says the article"
)
# Cells and sections that make no claims, and what is said to the reader rather than of the world.
EXEMPT_CELL = re.compile(r"^## (?:What this model leaves out|Read next in the kernel)", re.M)
EXEMPT_SECTION = re.compile(r"^#+ .*\bExercise\b")
EXEMPT_PARAGRAPH = re.compile(
    r"#|\*\*Predict\.\*\*|\*[^*].*\?\*$|\*\*\d+\. |\*\*\d+\.\*\*|You need "
)


def cells_of(path):
    """List the markdown cells of a notebook as (number, text)."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [(n, "".join(c["source"])) for n, c in enumerate(cells) if c["cell_type"] == "markdown"]


def claims(text):
    """Yield the paragraphs of a cell that may claim something, without code."""
    exempt = False
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    for paragraph in re.split(r"\n\s*\n", text):
        if paragraph.startswith("#"):
            exempt = bool(EXEMPT_SECTION.match(paragraph))
        if not exempt and not EXEMPT_PARAGRAPH.match(paragraph):
            yield re.sub(r"`[^`]*`", "", paragraph)


def without_source(text):
    """List the words that name a party in a cell that names no source."""
    if EXEMPT_CELL.search(text) or SOURCE.search(text):
        return []
    return [word for paragraph in claims(text) for word in PARTY.findall(paragraph)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_claim_about_arm_or_linux_has_its_source_in_its_cell(path):
    found = [f"[{n}] {words}" for n, text in cells_of(path) if (words := without_source(text))]

    assert [] == found, "cells that name a party and no source"


def test_a_claim_without_source_is_seen():
    assert ["KVM"] == without_source("KVM clears the flag.")
    assert [] == without_source("KVM clears the flag (posting v8, patch 16).")
    assert [] == without_source("Load writes `perf_start`.\n\n**Predict.** What does Linux do?")
    assert [] == without_source("## 3. Exercise: split\n\nWrite what KVM does.")
    assert ["Arm"] == without_source("## 3. Exercise: split\n\nDo.\n\n## 4. Next\n\nArm says no.")
