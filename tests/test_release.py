"""What a release says of itself: one version everywhere, a changelog, links that lead to us."""

import importlib.util
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import pmulab

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def git(*words):
    """Return the words that git prints; skip where this is no git checkout."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    return done.stdout.split()


def test_the_version_is_the_same_everywhere():
    versions = {PROJECT["version"], pmulab.__version__, CITATION["version"]}

    assert {PROJECT["version"]} == versions


def test_the_citation_has_what_a_citation_needs_and_the_licence_of_the_project():
    assert {"cff-version", "message", "title", "authors", "version"} <= set(CITATION)
    assert PROJECT["license"] == CITATION["license"]


# ---- the changelog


def test_the_changelog_has_this_version_below_what_is_unreleased():
    named = re.findall(r"^## \[(.+?)\]( - \d{4}-\d\d-\d\d)?$", CHANGELOG, re.MULTILINE)
    headings = re.findall(r"^## .*", CHANGELOG, re.MULTILINE)

    assert ["Unreleased", PROJECT["version"]] == [name for name, _ in named][:2]
    assert [bool(date) for _, date in named] == [name != "Unreleased" for name, _ in named]
    assert len(headings) == len(named)


def test_the_changelog_has_no_other_parts_than_keep_a_changelog():
    parts = set(re.findall(r"^### (.*)", CHANGELOG, re.MULTILINE))

    assert parts
    assert parts <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


# ---- links


def tags_in(text):
    """List the tags to which links of a text lead."""
    return re.findall(r"https?://[^\s)]*?[/@](v?\d+\.\d+\.\d+)(?=[/?#)\s]|$)", text)


# Accounts and places that would be ours. A stranger's could run code in our name.
HOMES = re.compile(
    r"mybinder\.org/v2/(?!gh/\{)\S+"
    r"|colab\.research\.google\.com/github/[^{\s]\S*"
    r"|(?:github|gitlab|codeberg|bitbucket)\.(?:com|org)/(?:pmulab|[\w.-]+/pmulab)\b\S*"
    r"|\b[\w-]+\.(?:github|gitlab)\.io/pmulab\S*|\bpmulab\.(?:\w+\.)?(?:io|org|com|dev)\b\S*"
    r"|(?:ghcr|quay|docker)\.io/[\w.-]+/pmulab\S*|(?:pypi|anaconda)\.org/\S*\bpmulab\b\S*"
)


def homes_in(text, urls=()):
    """List the addresses of ours in a text: those that are known, and what looks like one."""
    return [*HOMES.findall(text), *(url for url in urls if url in text)]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("[x](https://a.org/v2/gh/b/c/v0.1.0?urlpath=lab/tree/x.ipynb),", ["v0.1.0"]),
        (
            "https://a.org/b/c/tree/v1.2.3/README.md https://a.org/b/c/tag/0.2.0",
            ["v1.2.3", "0.2.0"],
        ),
        ("https://a.org/b/c/issues/12 v0.1.0", []),
    ],
)
def test_a_link_to_a_tag_is_found(text, tags):
    assert tags == tags_in(text)


def test_the_readme_links_to_no_tag_that_does_not_exist():
    tags = git("tag")

    assert [] == [tag for tag in tags_in(README) if tag not in tags]


ADDRESSES = [
    "mybinder" + ".org/v2/gh/a/b/c",
    "github" + ".com/pmulab/x",
    "github" + ".com/somebody/pmulab.git",
    "colab" + ".research.google.com/github/a/b/blob/main/x.ipynb",
    "somebody" + ".github.io/pmulab/",
    "pmulab" + ".readthedocs.io/en/latest",
    "pypi" + ".org/project/pmulab/",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_would_be_ours_is_found(address):
    assert [address] == homes_in(f"see https://{address} for more")


def test_a_known_address_is_found_and_one_of_others_is_not():
    known = "https://class.example.org/pmu"

    assert [known] == homes_in(f"at {known}/lab", [known])
    assert [] == homes_in(
        "https://github" + ".com/containers/bubblewrap, pmulab.view.board", [known]
    )


def test_addresses_of_ours_are_in_pyproject_alone():
    names = git("ls-files", "--cached", "--others", "--exclude-standard")
    paths = [ROOT / name for name in names if (ROOT / name).is_file()]
    texts = {path: path.read_text(encoding="utf-8", errors="ignore") for path in paths}
    del texts[ROOT / "pyproject.toml"]
    urls = PROJECT["urls"].values()

    assert ROOT / "README.md" in texts
    assert [] == [f"{path}: {hit}" for path, text in texts.items() for hit in homes_in(text, urls)]


def addresses():
    """Load .ci/addresses.py."""
    spec = importlib.util.spec_from_file_location("addresses", ROOT / ".ci" / "addresses.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("urls", "due"),
    [
        ({}, {}),
        ({"Repository": "https://git.example.org/a/b"}, {}),
        (
            {"Repository": "https://github" + ".com/a/b"},
            {
                "Binder": "https://mybinder"
                + ".org/v2/gh/a/b/v1.2.3?urlpath=lab/tree/notebooks/04-x.ipynb",
                "Colab": "https://colab"
                + ".research.google.com/github/a/b/blob/v1.2.3/notebooks/04-x.ipynb",
            },
        ),
        (
            {"Site": "https://a.example.org/s/"},
            {"Site": "https://a.example.org/s/lab/index.html?path=04-x.ipynb"},
        ),
    ],
)
def test_what_needs_an_address_is_made_from_it_and_else_left_out(urls, due):
    assert due == addresses().launch(urls, "1.2.3", "04-x.ipynb")


def test_the_names_of_addresses_are_those_that_are_read():
    names = {"Repository", "Book", *(source for source, _ in addresses().LAUNCH.values())}

    assert set(PROJECT["urls"]) <= names
