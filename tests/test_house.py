"""The rules of the house: directions of imports, sizes, docstrings, notebooks, environment files.

Everything is read from the files, so a rule holds for code that nobody has tested yet.
"""

import ast
import json
import re
import statistics
import subprocess
import sys
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
SOURCES = sorted(ROOT.glob("pmulab/**/*.py"))
NOTEBOOKS = sorted(ROOT.glob("notebooks/*.ipynb"))

# What each package may import of pmulab, as in the map of the house. "pmulab.hw" allows all of it.
NAMES_OF_REGISTERS = ("pmulab.hw.sysreg", "pmulab.hw.sysregs")
BELOW = ("pmulab.hw", "pmulab.kvm")
ALLOWED = {
    "hw": ("pmulab.hw",),
    "kvm": ("pmulab.kvm", *NAMES_OF_REGISTERS, "pmulab.hw.events"),
    "native": ("pmulab.native", *NAMES_OF_REGISTERS, "pmulab.kvm"),
    "sim": ("pmulab.sim", *BELOW),
    "explorer": ("pmulab.explorer", "pmulab.sim", *BELOW),
    "prove": ("pmulab.prove", "pmulab.explorer", "pmulab.sim", *BELOW),
    "explain": ("pmulab.explain", "pmulab.explorer", "pmulab.sim", *BELOW),
    "evidence": ("pmulab.evidence", "pmulab.hw"),
    "cost": ("pmulab.cost", "pmulab.sim", *BELOW),
    "lab": (
        *("pmulab.lab", "pmulab.explain", "pmulab.prove.prove", "pmulab.explorer", "pmulab.sim"),
        "pmulab.native",
        *BELOW,
    ),
    "view": (
        "pmulab.view",
        *NAMES_OF_REGISTERS,
        "pmulab.hw.events",
        "pmulab.sim.trace",
        "pmulab.sim.tables",
    ),
    "face": ("pmulab",),
}
# Everybody else runs on the standard library alone.
WIDGETS = {"IPython", "anywidget", "bqplot", "ipywidgets", "numpy", "traitlets"}
NBGRADER = {"nbformat", "nbgrader", "traitlets"}
FOREIGN = {
    "view": WIDGETS,
    "prove": {"z3"},
    "pmulab.lab.classroom.autograde": NBGRADER,
    # Loaded where the command `kernel` is given a text.
    "pmulab.native.parser": {"tree_sitter", "tree_sitter_c"},
    # Loaded where `grade --dask` asks for it.
    "pmulab.lab.classroom.cluster": {"distributed"},
    # It makes the script for the Tab key, where somebody asks for one.
    "pmulab.completion": {"shtab"},
}

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
MAX_MODULE, MAX_FUNCTION, MAX_MEDIAN = 350, 45, 6
# The lines of each package: what a learner may have to read. A number is raised with its reason.
TOTALS = {
    # Plans and cells that are worked out once, both virtual lines in one look (30).
    "hw": 1882,
    # A VM's masks from its features; what userspace does to a vCPU.
    # A guest that is a hypervisor too (195).
    # A vCPU's PMU attributes (115).
    "kvm": 2005,
    # The private GIC, and laws of the host that are exact (what was asked for, samples, phases);
    # limits of the design by name, and that a guest gets on; what userspace does, and what a run
    # may cost; 30 record what a line's names were, and each method's text once.
    # An end after an active interrupt got another priority (9).
    # What stands around a plain sentence, as a row (2).
    # All counters of a guest in one look (35).
    # Laws that accuse nobody, for who asks what else is wrong (4).
    # A guest's own EL2: its level, and two laws (145).
    "sim": 3480,
    # 1,240 of them draw, run and shrink cases of full size: a VMM and the host act in them, and
    # what a move is about happens after it.
    # Emulated PMUs are packed, and a VMM acts; both searches go in steps.
    # A third CPU, PMUs on named CPUs, hosts without a partition, SPIs (25).
    # Several vCPUs loaded at once, guests that set their GIC up, CPUs that do not suit (315).
    # Cases that the library never calls a hook in, and coverage that goes on (75);
    # dicts that are copied (15).
    # A world of a guest hypervisor (35).
    # A state without a loaded vCPU is in batches of each; what a machine holds stays there (100).
    "explorer": 3930,
    # A history beside the reference's: what differs first, what was given among it.
    "explain": 785,
    # Hooks in C: words, a compiler, a process.
    # The same under a posting's signatures and structures (140), filled as the text asks (55).
    # Where C is read, for postings and lines (35).
    "native": 961,
    "evidence": 480,
    "cost": 390,
    # Values, registers and structures for z3; no other package needs it.
    # 65 keep what came of an operation and of a question: both hooks and many structures ask alike.
    # A third CPU, and CPUs that differ in features (20).
    # What its structures hold constant (4).
    # What a boot leaves is remembered (15).
    "prove": 1355,
    # What a submission gives back and leaves is guarded; the gallery has the posted text's faults.
    # A verdict is a scene: known mistakes, edits of the reference (they were a test's), hints.
    # Three rooms for the hands: lines, bench, catch (1,100).
    # Two guests in turns, the first thing that moves (140).
    # Answers are kept and joined for the project (310), the map (110), fresh bugs to click (190).
    # The scene of a whole hypervisor, whose guilty hook is found (110), and of a case (60).
    # Tables of each of 31 types, of each bit of one, of both groups, of any number of list
    # registers, of what the host may use (180); of ends of ranges, of all that is not an enable, of
    # what is in the vGIC beside the line (160).
    # Marks (1,550): answers are read from notebooks, run in a sandbox, and are judged again from
    # outside, by a hook whose calls cross as data; nbgrader's judge, tables for platforms.
    # The page of what a class believes (260).
    # Tables of the host's own moments, of twins, of a CPU of before, of lists that are full (440).
    # Which lesson a notebook is, and whose exercises it answers (50).
    # Editions, and a learner's notebook joined with a new one (430).
    # Self-tests as rows, and what they count (110); the project's and the hunt's points (110);
    # exams (290).
    # Tasks for a cluster's workers, what is lost there, marks that are kept in a file (510).
    # Progress in a browser without a folder: a store, a file to carry, what was written read back
    # (180).
    # Hand-ins: a zip that is made, and read within limits (345).
    # Notebooks that came with the wheel, laid out in a folder of the learner's (60). A thread that
    # looks at the clock on Windows, what grading needs there (100).
    # A first swap that is judged by one run (85). What an exam asks for, who wrote it (60), who it
    # was by Moodle's names (55), a question about one's own history (215), a teacher's folder
    # (245), marks of before (120), progress in hand-ins that counts (35).
    # Exercises in C, and answers to them in files and cells (90).
    # A posting: its texts, its functions, what breaks, a page for a mail (560).
    # The table of a VMM's attributes, and what of them crosses (140).
    # Five hosts of a guest hypervisor in the gallery (45).
    # Real mails: their order, encodings, gaps; each finding with the entry that explains it (200).
    # A page that joins the findings of one mistake and says its worlds (50).
    # Functions of a posting in their places at once, and what each did about it (170).
    # Lines of a hook in C (210).
    "lab": 15450,
    # The player shows what stood behind a line, which way a value went, the way as a diagram.
    # The card of a verdict.
    # Their panels, and two outputs of each widget. The machine as a drawing (170), and in turns.
    # The map (80), the hunt's desk (150), HPMN that moves and the world that runs again.
    # A self-test asks (25).
    # bqplot without pandas: 29 MB less in each kernel that draws a chart (50).
    # What is kept is said when it was told, and carried by hand (45). A button to hand in (20).
    # Charts as SVG (175). A newer edition in a page (15). Beside ipywidgets 7 (10).
    "view": 4070,
    # `checking` joins the lab's scene and the card; `trying` the rooms for the hands and their
    # panels; the map is drawn where a lesson begins; a project is judged as an answer is.
    # A teacher's commands have more to say: folders, tables, what was kept, a page (75).
    # The command that updates, and lists what it changes (35). Who hands in (40).
    # Grading on a cluster, and from a file (20).
    # `pmulab lab` starts JupyterLab, in place of a script of .ci (120); the Tab key (65).
    # Grading on a cluster, and from a file (20). Questions beside the line of progress, a teacher's
    # folder, a page of several sources (62).
    # Cells in C, and wrong hooks in C to look at (95). The command for a posting (50).
    "face": 1355,
}
MAX_CELLS, MAX_CELL_LINES = 30, 100


def name_of(path):
    """Return a module's dotted name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(path):
    """Return the package that a module is in; what lies at the top is the face."""
    parts = path.relative_to(ROOT).parts
    return parts[1] if len(parts) > 2 else "face"


@cache
def tree_of(path):
    """Parse a module."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def nodes_of(path):
    """List the nodes of a module's tree."""
    return list(ast.walk(tree_of(path)))


@cache
def imports_of(path):
    """List (line, module) for each import of a module, relative ones made absolute.

    `from package import name` is listed as package.name where that is a module of ours.
    """
    found = []
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = absolute(path, node)
            found += [(node.lineno, submodule(base, alias.name)) for alias in node.names]
    return found


def absolute(path, node):
    """Resolve the module of a `from ... import`."""
    if not node.level:
        return node.module
    package = name_of(path).split(".")
    if path.name != "__init__.py":
        package.pop()
    package = package[: len(package) - node.level + 1]
    return ".".join([*package, node.module] if node.module else package)


def submodule(base, name):
    """Return base.name where that is a module of ours, else base."""
    path = ROOT.joinpath(*base.split("."), name)
    return f"{base}.{name}" if path.with_suffix(".py").exists() or path.is_dir() else base


def is_within(module, allowed):
    """Say whether a module is one of these or inside one of them."""
    return any(module == name or module.startswith(f"{name}.") for name in allowed)


def functions_in(path):
    """List every function and method of a module, nested ones too."""
    return [node for node in nodes_of(path) if isinstance(node, FUNCTIONS)]


def lines_of(node):
    """Return the line numbers of a definition."""
    return range(node.lineno, node.end_lineno + 1)


def public_definitions(node, prefix):
    """Yield (name, node) for the public classes, functions and methods of a module or class."""
    for child in node.body:
        if isinstance(child, DEFINITIONS) and not child.name.startswith("_"):
            yield f"{prefix}.{child.name}", child
            if isinstance(child, ast.ClassDef) and not tells_a_story(child):
                yield from public_definitions(child, f"{prefix}.{child.name}")


def tells_a_story(node):
    """Tell whether a class is a row of the gallery: its docstring is what its hooks do wrong."""
    return any(
        isinstance(d, ast.Call) and getattr(d.func, "id", "") == "bug" for d in node.decorator_list
    )


each_module_of_hw = pytest.mark.parametrize(
    "path", [path for path in SOURCES if package_of(path) == "hw"], ids=name_of
)
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


# ---- directions


def test_there_is_something_to_examine():
    assert len(SOURCES) > 5
    assert set(ALLOWED) >= {package_of(path) for path in SOURCES}


def test_a_module_imports_only_what_its_package_may():
    foreign = [
        f"{path}:{line}: {module}; may import {', '.join(ALLOWED[package_of(path)])}"
        for path in SOURCES
        for line, module in imports_of(path)
        if not may_import(package_of(path), module) and not may_use(name_of(path), module)
    ]

    assert [] == foreign


def may_import(package, module):
    """Say whether the table of directions allows this import."""
    top = module.split(".")[0]
    if top == "pmulab":
        return is_within(module, ALLOWED[package])
    return top in sys.stdlib_module_names or top in FOREIGN.get(package, ())


def may_use(name, module):
    """Say whether one module has a package of its own to work with."""
    return module.split(".")[0] in FOREIGN.get(name, ())


# The rooms of lab in their order: each imports only from its left.
ROOMS = (
    "row_file",
    "submission",
    "cases",
    "exercises",
    "gallery",
    "posting",
    "lines",
    "bench",
    "course",
    "classroom",
)


def room_of(module):
    """Return the place of a module's room in the order of the lab."""
    return ROOMS.index(module.split(".")[2])


def test_a_room_of_the_lab_imports_only_from_its_left():
    inside = [path for path in SOURCES if name_of(path).startswith("pmulab.lab.")]
    pairs = [
        (name_of(path), module)
        for path in inside
        for _, module in imports_of(path)
        if module.startswith("pmulab.lab.")
    ]

    assert len(pairs) > len(ROOMS)
    assert [] == [(path, module) for path, module in pairs if room_of(path) < room_of(module)]


@pytest.mark.parametrize("path", [p for p in SOURCES if package_of(p) == "face"], ids=name_of)
def test_the_face_loads_no_view_before_it_is_asked(path):
    inside = {line for node in functions_in(path) for line in lines_of(node)}
    views = [line for line, module in imports_of(path) if is_within(module, ["pmulab.view"])]

    assert [] == [line for line in views if line not in inside]


@pytest.mark.parametrize(
    ("package", "module", "allowed"),
    [
        ("hw", "enum", True),
        ("hw", "pmulab.hw.sysreg", True),
        ("hw", "pmulab.kvm.swap", False),
        ("kvm", "pmulab.hw.sysregs", True),
        ("kvm", "pmulab.hw.pmu", False),
        ("kvm", "pmulab.hw", False),
        ("kvm", "pmulab.sim.trace", False),
        ("sim", "pmulab.view.text", False),
        ("sim", "numpy", False),
        ("sim", "pmulab.explorer.world", False),
        ("explorer", "pmulab.sim.laws", True),
        ("explorer", "pmulab.explain.history", False),
        ("prove", "z3", True),
        ("explorer", "z3", False),
        ("prove", "pmulab.lab.cases", False),
        ("explain", "pmulab.explorer.result", True),
        ("explain", "pmulab.lab.exercises", False),
        ("evidence", "pmulab.kvm.vcpu", False),
        ("lab", "pmulab.view", False),
        ("view", "bqplot", True),
        ("view", "pandas", False),
        ("view", "pmulab.sim.trace", True),
        ("view", "pmulab.sim.machine", False),
    ],
)
def test_the_table_of_directions_says_what_the_design_says(package, module, allowed):
    assert allowed == may_import(package, module)


def test_import_pmulab_loads_only_the_standard_library():
    code = (
        "import sys; before = set(sys.modules); import pmulab;"
        "print(*{name.split('.')[0] for name in set(sys.modules) - before})"
    )
    words = [sys.executable, "-c", code]
    loaded = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    names = set(loaded.stdout.split())

    assert "pmulab" in names
    assert set() == names - {"pmulab"} - sys.stdlib_module_names


def test_no_module_hides_a_name_of_the_face():
    # Importing pmulab.check would make pmulab.check the module, and nobody could call it.
    import pmulab

    found = {path.stem for path in (ROOT / "pmulab").iterdir()}

    assert set() == found & set(pmulab.__all__)


def test_no_module_can_be_reached_from_itself():
    graph = {
        name_of(path): {module for line, module in imports_of(path) if line not in for_types(path)}
        for path in SOURCES
    }

    assert len(graph) > 100
    assert "" == circle(graph)


@cache
def for_types(path):
    """Return the lines under `if TYPE_CHECKING`: a hook may name the class that inherits it."""
    blocks = [node for node in nodes_of(path) if isinstance(node, ast.If)]
    return {
        line
        for node in blocks
        if getattr(node.test, "id", "") == "TYPE_CHECKING"
        for line in range(node.lineno, node.end_lineno + 1)
    }


def circle(graph):
    """Name a module that can be reached from itself; empty where there is none."""
    done = set()

    def reaches(name, path):
        if name in path:
            return name
        if name in done:
            return ""
        found = next(filter(None, (reaches(n, {*path, name}) for n in graph.get(name, ()))), "")
        done.add(name)
        return found

    return next(filter(None, (reaches(name, set()) for name in graph)), "")


# ---- sizes


def test_a_module_is_small():
    lengths = [(name_of(path), len(path.read_text().splitlines())) for path in SOURCES]
    too_long = [(name, lines) for name, lines in lengths if lines > MAX_MODULE]

    assert [] == too_long, f"more than {MAX_MODULE} lines; a learner reads it all"


def test_a_package_is_no_longer_than_it_was():
    lines = Counter()
    for path in SOURCES:
        lines[package_of(path)] += len(path.read_text(encoding="utf-8").splitlines())
    print("\n".join(f"{count:>6}  {name}" for name, count in lines.items()))

    assert set(TOTALS) == set(lines)
    assert {} == {name: count for name, count in lines.items() if count > TOTALS[name]}


def test_a_function_is_small():
    nodes = [(path, node) for path in SOURCES for node in functions_in(path)]
    lengths = [(f"{name_of(path)}.{node.name}", len(lines_of(node))) for path, node in nodes]
    too_long = [(name, lines) for name, lines in lengths if lines > MAX_FUNCTION]

    assert [] == too_long, f"more than {MAX_FUNCTION} lines; is there a table that wants out?"


def test_most_functions_are_very_small():
    lengths = [len(lines_of(node)) for path in SOURCES for node in functions_in(path)]

    assert lengths
    assert statistics.median(lengths) <= MAX_MEDIAN


# ---- words


def test_public_names_have_a_docstring_that_begins_with_a_sentence():
    nodes = []
    for path in SOURCES:
        tree = tree_of(path)
        nodes += [(name_of(path), tree), *public_definitions(tree, name_of(path))]
    bad = [name for name, node in nodes if not first_line(node).endswith(".")]

    assert [] == bad, "each needs a docstring whose first line is a sentence and ends with a period"


def first_line(node):
    """Return the first line of a docstring, empty where there is none."""
    return (ast.get_docstring(node) or "").split("\n")[0]


@each_module_of_hw
def test_a_module_of_hw_says_what_it_does_not_model(path):
    assert "Not modelled:" in (ast.get_docstring(tree_of(path)) or "")


@each_module_of_hw
def test_hw_does_not_know_its_user(path):
    words = re.compile(r"(?<![A-Za-z])(guest|host|vcpu|kvm)s?(?![A-Za-z])", re.IGNORECASE)
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    said = [f"line {number}: {line.strip()}" for number, line in lines if words.search(line)]

    assert [] == said, "say first range, second range, software at EL2"


# ---- notebooks


def cells_of(path, kind="code"):
    """List the cells of a notebook as (source, tags)."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        ("".join(cell["source"]), cell["metadata"].get("tags", []))
        for cell in cells
        if cell["cell_type"] == kind
    ]


@each_notebook
def test_a_notebook_keeps_static_outputs_only(path):
    text = path.read_text(encoding="utf-8")
    notebook = json.loads(text)

    assert "widgets" not in notebook["metadata"], "make notebooks"
    assert "application/vnd.jupyter.widget" not in text, "make notebooks"


@each_notebook
def test_a_notebook_is_short(path):
    cells = cells_of(path)
    lines = sum(len(source.splitlines()) for source, tags in cells if "exercise" not in tags)

    assert 0 < len(cells) <= MAX_CELLS
    assert lines <= MAX_CELL_LINES


@each_notebook
def test_a_notebook_leaves_the_code_to_the_library(path):
    forbidden = re.compile(r"^\s*(import|from)\s+(ipywidgets|bqplot|anywidget)\b|sys\.path", re.M)
    cells = cells_of(path)

    assert [] == [source for source, _ in cells if forbidden.search(source)]
    # `yours`: a class to try with, which no check asks for.
    own = {"exercise", "yours"}
    defining = [source for source, tags in cells if not own.intersection(tags) and defines(source)]
    assert [] == defining, "tag the cell `exercise`, or move the definition into pmulab"


def defines(source):
    """Say whether a cell defines a function or class."""
    return any(isinstance(node, DEFINITIONS) for node in ast.walk(parse_cell(source)))


def parse_cell(source):
    """Parse a cell; lines for the front end (%magic, !command) are left out, and cells in C."""
    if source.startswith("%%"):
        return ast.Module([], [])
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    return ast.parse("\n".join(lines))


@each_notebook
def test_a_notebook_ends_with_what_is_missing_and_what_to_read(path):
    ending = "\n".join(source for source, _ in cells_of(path, "markdown")[-3:])

    assert "What this model leaves out" in ending
    assert "Read next in the kernel" in ending


# ---- environment files


def environment(name):
    """Read an environment file as (conda packages, pip lines)."""
    packages = yaml.safe_load((ROOT / name).read_text())["dependencies"]
    (pip,) = (package["pip"] for package in packages if isinstance(package, dict))
    return [package for package in packages if isinstance(package, str)], pip


def test_the_two_environment_files_agree():
    packages, pip = environment("environment.yml")

    # pmulab itself comes from postBuild on Binder, see there.
    assert (packages, [line for line in pip if line != "-e ."]) == environment(
        "binder/environment.yml"
    )
    assert "-e ." in pip
    assert "pip install" in (ROOT / "binder" / "postBuild").read_text()


def test_the_environment_files_name_python_and_exact_versions():
    packages, pip = environment("binder/environment.yml")

    assert "python=3.11" in packages
    assert [] == [line for line in pip if not re.fullmatch(r"[a-z0-9-]+==\d+\.\d+\.\d+", line)]


def test_the_environment_files_fit_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lab = [line for line in extras["lab"] + extras["widgets"] if line != "pmulab[widgets]"]
    needs = {need.name: need.specifier for need in map(Requirement, lab + extras["test"])}
    pins = dict(line.split("==") for line in environment("binder/environment.yml")[1])

    assert [] == project["dependencies"]
    assert {Requirement(line).name for line in lab} <= set(pins)
    assert [] == [name for name, version in pins.items() if version not in needs[name]]


# ---- what must not be published


def test_no_file_names_a_build_machine():
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    found = [f"{path.relative_to(ROOT)}: {hit}" for path in paths for hit in private_names(path)]

    assert len(paths) > 10
    assert [] == found


def private_names(path):
    """List the places of one machine, and hosts of package registries, that a text file names."""
    home = r"(?<![\w.])/(?:home/\w+|root|work|Users/\w+)/"
    hosts = r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org|proxy\.golang\.org"
    try:
        return re.findall(f"{home}|{hosts}", path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, FileNotFoundError):
        return []
