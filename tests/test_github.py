"""What a code host reads: issue forms, workflows, the development container, the conda recipe.

Nothing here runs them. The rules are those of the manual (docs.github.com, "Syntax for issue
forms", "Workflow syntax"). Once, by hand, check-jsonschema 0.39 found no fault in forms and
workflows by the schemas that it brings, and rattler-build 0.73 read the recipe and filled it in.
"""

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from pmulab.cli import parser

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BUILD = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def read(path):
    """Read a file of YAML."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


# ---- issue forms

TEMPLATES = ROOT / ".github" / "ISSUE_TEMPLATE"
FORMS = sorted(path for path in TEMPLATES.glob("*.yml") if path.stem != "config")
each_form = pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
TOP = {"name", "description", "body", "title", "labels", "assignees", "projects", "type"}
# What each kind of element may say, and what it must.
ELEMENTS = {
    "markdown": ({"value"}, {"value"}),
    "input": ({"label", "description", "placeholder", "value"}, {"label"}),
    "textarea": ({"label", "description", "placeholder", "value", "render"}, {"label"}),
    "dropdown": ({"label", "description", "options", "multiple", "default"}, {"label", "options"}),
    "checkboxes": ({"label", "description", "options"}, {"label", "options"}),
}


def faults_of_element(element):
    """List what is wrong with an element of a form."""
    allowed, needed = ELEMENTS[element["type"]]
    said = element.get("attributes", {})
    found = [f"no {name}" for name in needed if not said.get(name)]
    found += [f"{name} is not known" for name in said if name not in allowed]
    found += [
        f"{name} is no text"
        for name in said
        if name in ("label", "description", "placeholder") and not isinstance(said[name], str)
    ]
    others = set(element) - {"type", "id", "attributes", "validations"}
    found += [f"{name} is not known" for name in others]
    if element["type"] == "markdown" and "validations" in element:
        found.append("markdown cannot be required")
    if not re.fullmatch(r"[\w-]*", element.get("id", "")):
        found.append("an id is made of letters, digits, - and _")
    return found


def faults_of_form(form):
    """List what is wrong with a form."""
    found = [f"no {name}" for name in ("name", "description", "body") if not form.get(name)]
    found += [f"{name} is not known" for name in form if name not in TOP]
    elements = form.get("body", [])
    for element in elements:
        found += faults_of_element(element)
    for key in ("id", "label"):
        named = [e.get(key) or e.get("attributes", {}).get(key) for e in elements]
        named = [name for name in named if name]
        found += [f"two elements with the {key} {n}" for n in {*named} if named.count(n) > 1]
    if all(element["type"] == "markdown" for element in elements):
        found.append("nothing can be filled in")
    return found


@each_form
def test_an_issue_form_is_one_by_the_manual(path):
    assert [] == faults_of_form(read(path))


@pytest.mark.parametrize(
    ("change", "due"),
    [
        ({"name": ""}, "no name"),
        ({"labels": [], "question": 1}, "question is not known"),
        ({"body": [{"type": "markdown", "attributes": {"value": "x"}}]}, "nothing can be filled"),
        ({"body": [{"type": "input", "attributes": {}}]}, "no label"),
        ({"body": [{"type": "input", "attributes": {"label": True}}]}, "label is no text"),
        (
            {"body": [{"type": "input", "id": "a", "attributes": {"label": "a"}}] * 2},
            "two elements",
        ),
        ({"body": [{"type": "input", "id": "a b", "attributes": {"label": "a"}}]}, "an id is made"),
    ],
)
def test_a_fault_of_a_form_is_seen(change, due):
    good = {"name": "a", "description": "b"}
    good["body"] = [{"type": "input", "attributes": {"label": "c"}}]

    assert [] == faults_of_form(good)
    assert due in ", ".join(faults_of_form(good | change))


def test_the_forms_are_those_that_were_asked_for_and_each_asks_for_a_version():
    asked = {"a-statement-is-wrong", "a-wrong-answer-was-accepted", "a-right-answer-was-refused"}

    assert asked == {path.stem for path in FORMS}
    for path in FORMS:
        needed = {e["id"] for e in read(path)["body"] if e.get("validations", {}).get("required")}
        assert "edition" in needed


def commands_in(text):
    """List the commands of pmulab in a text, as words."""
    return [shlex.split(found) for found in re.findall(r"`python -m pmulab ([^`]+)`", text)]


@pytest.mark.parametrize("path", [*FORMS, ROOT / "SECURITY.md"], ids=lambda path: path.stem)
def test_the_commands_that_make_a_report_exist(path):
    commands = commands_in(path.read_text(encoding="utf-8"))

    assert commands
    for words in commands:
        # It ends the test where the words cannot be read.
        assert parser().parse_args([*words, *(["DIR"] if words == ["grade"] else [])])


def test_nothing_leads_elsewhere_than_to_the_forms():
    assert {"blank_issues_enabled": True} == read(TEMPLATES / "config.yml")


# ---- workflows

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
# The current ones, as other projects' updates named them in August and September 2026. Older ones
# ask for Node.js 20, which the same updates say was taken from the runners in that September.
MAJORS = {
    "actions/checkout": "v7",
    "actions/configure-pages": "v6",
    "actions/deploy-pages": "v5",
    "actions/download-artifact": "v8",
    "actions/setup-node": "v7",
    "actions/setup-python": "v7",
    "actions/upload-artifact": "v7",
    "actions/upload-pages-artifact": "v5",
    # Its manual asks for this branch.
    "pypa/gh-action-pypi-publish": "release/v1",
}


def jobs_of(path):
    """Return the jobs of a workflow."""
    return read(path)["jobs"]


def steps_of(path):
    """List the steps of a workflow."""
    return [step for job in jobs_of(path).values() for step in job["steps"]]


@each_workflow
def test_a_workflow_may_read_and_each_job_has_an_end(path):
    workflow = read(path)

    # YAML 1.1 reads the key `on` as true.
    assert workflow["name"] == path.stem
    assert workflow[True]
    assert {"contents": "read"} == workflow["permissions"]
    assert [] == [n for n, job in workflow["jobs"].items() if not job.get("timeout-minutes")]
    assert [] == [step for step in steps_of(path) if len({"uses", "run"} & set(step)) != 1]
    # No step after it needs the token with which the sources were fetched.
    fetched = [step["with"] for step in steps_of(path) if "checkout" in step.get("uses", "")]
    assert [] == [given for given in fetched if given["persist-credentials"] is not False]


@each_workflow
def test_actions_are_current_and_known(path):
    used = [step["uses"].split("@") for step in steps_of(path) if "uses" in step]

    assert used
    assert [] == [f"{name}@{major}" for name, major in used if MAJORS.get(name) != major]


def test_what_a_workflow_makes_is_made_by_the_makefile():
    named = {name for path in WORKFLOWS for name in re.findall(r"\bmake (\w+)", path.read_text())}

    assert {"book", "site"} <= named
    assert [] == [name for name in named if not re.search(rf"^{name}:", MAKEFILE, re.MULTILINE)]


def test_the_book_that_is_published_finds_the_site_beside_it():
    steps = jobs_of(ROOT / ".github" / "workflows" / "pages.yml")["build"]["steps"]
    runs = [step["run"] for step in steps if "run" in step]

    assert ["make site", "make book"] == runs[:2]
    assert "cp -r build/book build/site build/pages/" in runs[2]


def test_the_tests_run_on_three_systems_and_four_pythons_and_all_of_them_on_one():
    jobs = jobs_of(ROOT / ".github" / "workflows" / "test.yml")
    matrix = jobs["quick"]["strategy"]["matrix"]
    (full,) = [step for step in jobs["full"]["steps"] if ".ci/run" in step.get("run", "")]

    assert ["ubuntu-latest", "macos-latest", "windows-latest"] == matrix["os"]
    assert ["3.11", "3.12", "3.13", "3.14"] == matrix["python"]
    assert f">={matrix['python'][0]}" == PROJECT["requires-python"]
    assert "ubuntu-latest" == jobs["full"]["runs-on"]
    assert "bash .ci/run" == full["run"]


def test_only_who_publishes_has_a_token_and_no_secret_is_named():
    allowed = {
        ("release", "publish"): {"id-token": "write"},
        ("pages", "deploy"): {"pages": "write", "id-token": "write"},
    }
    given = {
        (path.stem, name): job["permissions"]
        for path in WORKFLOWS
        for name, job in jobs_of(path).items()
        if "permissions" in job
    }

    assert allowed == given
    assert [] == [path.name for path in WORKFLOWS if "secrets." in path.read_text()]


# ---- a container for developers


def test_the_development_container_installs_with_make():
    made = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    version = re.search(r"python:(\d+)\.(\d+)$", made["image"]).groups()

    assert made["postCreateCommand"].endswith("&& make venv")
    assert re.search("^venv:", MAKEFILE, re.MULTILINE)
    assert (3, 11) <= tuple(map(int, version))
    assert [8888] == made["forwardPorts"]


# ---- the recipe for conda

RECIPE = read(ROOT / "conda" / "recipe" / "recipe.yaml")


def needs(extra):
    """List what an extra needs, with those that it names itself, as conda writes it."""
    found = []
    for need in PROJECT["optional-dependencies"][extra]:
        name, versions = re.match(r"([\w-]+(?:\[\w+\])?)(.*)", need).groups()
        own = re.fullmatch(r"pmulab\[(\w+)\]", name)
        found += needs(own[1]) if own else [f"{name} {versions}"]
    return found


def filled_in(text):
    """Return a text of the recipe with its variables filled in."""
    return re.sub(r"\$\{\{ (\w+) \}\}", lambda match: RECIPE["context"][match[1]], text)


def test_the_recipe_is_of_this_project():
    about = RECIPE["about"]
    scripts = [f"{name} = {where}" for name, where in PROJECT.get("scripts", {}).items()]

    assert PROJECT["name"] == RECIPE["package"]["name"]
    assert PROJECT["version"] == filled_in(RECIPE["package"]["version"])
    assert (PROJECT["description"], PROJECT["license"]) == (about["summary"], about["license"])
    assert (ROOT / about["license_file"]).is_file()
    assert ROOT == (ROOT / "conda" / "recipe" / RECIPE["source"]["path"]).resolve()
    assert scripts == RECIPE["build"]["python"]["entry_points"]
    assert "python" == RECIPE["build"]["noarch"]


def test_the_recipe_needs_what_the_package_needs():
    run, host = ([filled_in(need) for need in RECIPE["requirements"][k]] for k in ("run", "host"))
    built_by = [re.sub(r"(?=[<>=])", " ", need, count=1) for need in BUILD["requires"]]

    assert [f"python {PROJECT['requires-python']}", *sorted(needs("lab"))] == run
    assert [f"python {PROJECT['requires-python'].strip('>=')}.*", "pip", *built_by] == host
    assert [] == PROJECT["dependencies"]
