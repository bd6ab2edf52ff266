"""Fixtures for all tests: the repository's root, and texts compared with tests/golden/."""

import difflib
import gc
import re
from collections import Counter
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests" / "golden"


def pytest_addoption(parser):
    """Add --update-golden."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the files in tests/golden/ instead of comparing with them",
    )


# Counters 2 to 29 are like 1: the fast tests try the first ones and the last.
ONE_OF_MANY = re.compile(r"PM(EVCNTR|EVTYPER)([2-9]|1\d|2\d)_EL0")


# Tables of many long rows, of which `make test` runs one in so many of each; `make thorough` all.
SAMPLED = {
    "test_answers.py": 3,
    "test_c_hooks.py": 2,
    "test_exercises.py": 3,
    "test_gallery.py": 2,
    "test_left.py": 2,
    "test_notebook_runs.py": 2,
    "test_prove.py": 6,
    "test_same_verdict.py": 4,
    "test_suspects.py": 2,
    "test_wrong_hooks.py": 6,
}


def pytest_collection_modifyitems(items):
    """Mark as slow what many like it stand for: not for its time, for their number."""
    seen = Counter()
    for item in items:
        mark, test = item.get_closest_marker("one_in"), (item.path, item.function)
        one_of_many = item.path.name == "test_every_register.py" and ONE_OF_MANY.search(item.name)
        if one_of_many or (mark and seen[test] % mark.args[0]):
            item.add_marker("slow")
        if seen[test] % SAMPLED.get(item.path.name, 1):
            item.add_marker("thorough")
        seen[test] += 1


def pytest_configure():
    """Let the garbage collector look seldom: what is collected stays, and most else dies soon."""
    gc.set_threshold(100_000, 50, 50)


def pytest_collection_finish():
    """Let the garbage collector pass over what was collected."""
    gc.freeze()


LOADS_NBFORMAT = {"browser": "not browser", "test_render_notebooks.py": "not notebook"}


def pytest_ignore_collect(collection_path, config):
    """Leave what loads nbformat out of a run without it: that takes three seconds.

    And what builds and installs pmulab out of all runs but `make package`.
    """
    if collection_path.name == "package":
        return True if config.option.markexpr != "package" else None
    without = LOADS_NBFORMAT.get(collection_path.name)
    return True if without and without in config.option.markexpr else None


@pytest.fixture(scope="session")
def root():
    """Give the root of the repository."""
    return ROOT


@pytest.fixture
def briefly(monkeypatch):
    """Let checks try few cases and structures; that all of them hold is tested elsewhere."""
    from pmulab.explorer.wide.focus import FOCI

    for hook, focus in FOCI.items():
        monkeypatch.setitem(FOCI, hook, focus._replace(cases=12, beside=3))
    if find_spec("z3"):
        from pmulab.prove import compare
        from pmulab.prove.structures import structures

        monkeypatch.setattr(compare, "structures", lambda hook: islice(structures(hook), 10))


@pytest.fixture
def golden(request):
    """Compare a text with a golden file: `golden("two-guests", text)`."""
    update = request.config.getoption("--update-golden")

    def compare(name, text):
        path = GOLDEN / f"{name}.txt"
        text = text.rstrip("\n") + "\n"
        if update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        difference = _difference(path, text)
        if difference:
            pytest.fail(f"{difference}\n\nif the new text is right: make golden", pytrace=False)

    return compare


def _difference(path, text):
    """Return a unified diff from the golden file to this text, empty where they agree."""
    if not path.exists():
        return f"{path.relative_to(ROOT)} does not exist; it would begin: {text[:200]!r}"
    golden = path.read_text(encoding="utf-8")
    names = (str(path.relative_to(ROOT)), "now")
    return "\n".join(
        difflib.unified_diff(golden.splitlines(), text.splitlines(), *names, lineterm="")
    )
