"""What a release says of itself: one version everywhere, a changelog, links that lead to us."""

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


def unknown_homes(text):
    """List what launches a repository, or names an account that is not known to be ours."""
    return re.findall(r"mybinder\.org/v2/\S+|github\.com/pmulab\S*", text)


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


@pytest.mark.parametrize("account", ["mybinder" + ".org/v2/gh/a/b/c", "github" + ".com/pmulab/x"])
def test_a_link_to_a_strangers_account_is_found(account):
    assert [account] == unknown_homes(f"see https://{account} for more")


def test_no_file_leads_to_an_account_that_is_not_known_to_be_ours():
    names = git("ls-files", "--cached", "--others", "--exclude-standard")
    paths = [ROOT / name for name in names if (ROOT / name).is_file()]
    texts = {path: path.read_text(encoding="utf-8", errors="ignore") for path in paths}

    assert ROOT / "README.md" in texts
    assert [] == [f"{path}: {hit}" for path, text in texts.items() for hit in unknown_homes(text)]
