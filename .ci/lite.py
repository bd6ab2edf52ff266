"""Build the lab as a static site: JupyterLite, with Python and pmulab in the reader's browser.

    python .ci/lite.py [FOLDER]                build it in FOLDER, by default in build/site
    python .ci/lite.py --from DIR [FOLDER]     of the notebooks in DIR: a class's copy, say

Any server of files can serve the site, and it asks no other machine for anything. All of it comes
in packages, once, by npm (which comes with Node) and pip, into build/lite; later builds need no
network. The interpreter is Pyodide, of which npm has the core alone. There is no numpy, so charts
are drawn as SVG; everything else runs.

A notebook's `import pmulab` finds pmulab because Pyodide's list of packages, pyodide-lock.json,
names it: the list is cut down to the wheels that are here, and pmulab is one of them.
"""

import hashlib
import json
import re
import runpy
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "build" / "site"
CACHE = ROOT / "build" / "lite"
# What the site has of its own, beside JupyterLite's.
OWN = ROOT / ".ci" / "site"
SAY = runpy.run_path(str(ROOT / ".ci" / "say.py"))
THIN = runpy.run_path(str(ROOT / ".ci" / "thin.py"))

# As `pmulab lab` has them.
SETTINGS = ROOT / "pmulab" / "jupyter" / "labconfig" / "default_setting_overrides.json"
NOTEBOOKS = ROOT / "notebooks"
USAGE = "python .ci/lite.py [--from DIR] [FOLDER]"

# The kernel names the one Pyodide that it was made for, and Pyodide its Python.
PYODIDE, PYTHON = "314.0.6", "3.14"
CORE = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
)
TOOLS = (
    "jupyterlite-core==0.8.6",
    "jupyterlite-pyodide-kernel==0.8.6",
    # It writes the list of the notebooks.
    "jupyter-server==2.21.1",
    "setuptools==80.9.0",
)
# Pyodide's list has these, with their versions and with what they need.
LISTED = ("ipython", "jedi", "micropip", "python-dateutil", "typing-extensions")
# It does not have these: name, version, what it needs. Each is imported by its own name.
ADDED = {
    "comm": ("0.2.3", []),
    "psygnal": ("0.16.1", []),
    "ipywidgets": ("8.1.9", ["comm", "ipython", "python-dateutil"]),
    "anywidget": ("0.11.0", ["ipywidgets", "psygnal", "typing-extensions"]),
}
# What these bring for the page, not for Python: they draw the widgets.
EXTENSIONS = ("jupyterlab_widgets==3.0.17", "anywidget==0.11.0")

# The kernel's own, which come with it: to install them it would ask for one after another.
KERNEL = {
    "ipykernel": ("6.9.2", []),
    "piplite": ("0.8.6", ["micropip"]),
    "pyodide-kernel": ("0.8.6", ["ipython", "comm"]),
}
# The kernel loads these together while it starts; each left out would wait for the one before.
AT_ONCE = ["micropip", "ipython", "jedi", "comm", *KERNEL, "pmulab"]
# JupyterLite's own first page leads to an empty lab. Its pages look for the script in this one.
FRONT = """<!doctype html>
<html lang="en">
<title>pmulab</title>
<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{{}}</script>
<meta http-equiv="refresh" content="0; url={lesson}">
<p><a href="{lesson}">The first lesson</a></p>
</html>
"""

# A page of its says what JupyterLite does not: that the browser refuses it all stores.
STORES = '<script type="module" src="../stores.js"></script>'

# What npm prints when its registry cannot be reached; pip's words are in say.py.
NO_NETWORK = (*SAY["NO_NETWORK"], "EAI_AGAIN", "ENOTFOUND", "ECONNREFUSED", "ETIMEDOUT")


def main(words):
    """Carry out one command line."""
    source, words, said = NOTEBOOKS, [*words], " ".join(words)
    if words[:1] == ["--from"] and words[1:]:
        source, words = Path(words[1]).resolve(), words[2:]
    if len(words) > 1 or any(word.startswith("-") for word in words):
        SAY["stop"](f"say where to, or nothing: {USAGE}, not {said}")
    if not [*source.glob("[0-9]*.ipynb")]:
        SAY["stop"](f"no notebooks in {source}; of a class's copies name one: --from DIR/student")
    site, start = Path(*words).resolve() if words else SITE, time.monotonic()
    fetch()
    build(prepare(CACHE / "lite", source), site)
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    SAY["say"](f"{site} is ready ({time.monotonic() - start:.0f} s, {size / 1e6:.0f} MB)")
    SAY["say"](f"look at it: python3 -m http.server --bind 127.0.0.1 --directory {site}")


# ---- packages


def fetch():
    """Fetch all packages into the cache, unless a stamp says that they are there."""
    stamp = CACHE / "stamp.json"
    wanted = json.dumps([sys.version_info[:2], PYODIDE, TOOLS, LISTED, ADDED, EXTENSIONS])
    if stamp.exists() and stamp.read_text() == wanted:
        return
    if not shutil.which("npm"):
        SAY["stop"]("npm is not on the PATH, and Pyodide comes from it; install Node")
    SAY["say"]("fetching JupyterLite and Pyodide (once: half a minute, 100 MB)")
    shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.mkdir(parents=True)
    fetch_core()
    run(sys.executable, "-m", "venv", CACHE / "tools")
    pip("install", *TOOLS)
    pip("download", "--no-deps", "--only-binary=:all:", *for_pyodide(), *wheels())
    stamp.write_text(wanted)


def fetch_core():
    """Fetch the core of Pyodide: the interpreter, its standard library, its list of packages."""
    # Left to itself npm tries for more than a minute before it says that there is no network.
    patience = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")
    run("npm", "pack", f"pyodide@{PYODIDE}", *patience, "--pack-destination", CACHE)
    archive = CACHE / f"pyodide-{PYODIDE}.tgz"
    shutil.unpack_archive(archive, CACHE, filter="data")
    archive.unlink()


def for_pyodide():
    """Say to pip for which Python the wheels are, and where they go."""
    kind = ["--implementation=py", "--abi=none", "--platform=any"]
    return [f"--python-version={PYTHON}", *kind, "--dest", CACHE / "wheels"]


def wheels():
    """List the wheels for the site as requirements."""
    listed = [f"{row['name']}=={row['version']}" for row in read_list(needed=LISTED).values()]
    return [*listed, *(f"{name}=={row[0]}" for name, row in ADDED.items()), *EXTENSIONS]


def read_list(needed):
    """Read the rows of Pyodide's list for these packages and for all that they need."""
    packages = json.loads((CACHE / "package" / "pyodide-lock.json").read_text())["packages"]
    rows, found, ahead = {plain(name): row for name, row in packages.items()}, {}, [*needed]
    while ahead:
        name = plain(ahead.pop())
        if name not in found:
            found[name] = rows[name]
            ahead += rows[name]["depends"]
    return found


def plain(name):
    """Write a package's name in the one form that all its spellings share."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pip(*words):
    """Run the cache's own pip."""
    quiet = ("--quiet", "--no-input", "--disable-pip-version-check")
    run(CACHE / "tools" / "bin" / "python", "-m", "pip", words[0], *quiet, *words[1:])


def run(*words, cwd=ROOT):
    """Run one step, or stop with the reason why it failed."""
    step = [str(word) for word in words]
    done = subprocess.run(step, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if not done.returncode:
        return
    output = done.stdout + done.stderr
    if any(sign in output for sign in NO_NETWORK):
        SAY["stop"]("the packages cannot be fetched; check the network and the proxy and try again")
    (CACHE / "log.txt").write_text(f"{' '.join(step)}\n{output}")
    SAY["stop"](f"{Path(step[0]).name} failed; see {CACHE / 'log.txt'}")


# ---- the site


def prepare(folder, source):
    """Lay out the input of JupyterLite: settings, notebooks, the interpreter and its wheels."""
    shutil.rmtree(folder, ignore_errors=True)
    core = folder / "static" / "pyodide"
    core.mkdir(parents=True)
    for name in CORE:
        shutil.copy(CACHE / "package" / name, core)
    drawn = [plain(line.split("==")[0]) for line in EXTENSIONS if line.split("==")[0] not in ADDED]
    for wheel in [*(CACHE / "wheels").glob("*.whl"), *kernel_wheels()]:
        name = plain(wheel.name.split("-")[0])
        if name not in drawn:
            shutil.copy(wheel, core)
            THIN["thinned"](core / wheel.name, name)
    for name in THIN["PACKED"]:
        THIN["gzipped"](core / name)
    # The kernel knows the one name.
    (core / "pyodide.mjs").rename(core / "core.mjs")
    shutil.copy(OWN / "kernel.js", core / "pyodide.mjs")
    build_wheel(core)
    write_list(core)
    (folder / "files").mkdir()
    for notebook in source.glob("[0-9]*.ipynb"):
        shutil.copy(notebook, folder / "files")
    # A page of the book leads to its case. A class's copy has what its teacher gave it, no more.
    if source == NOTEBOOKS:
        cases(folder / "files" / "gallery")
    shutil.copy(SETTINGS, folder / "overrides.json")
    (folder / "jupyter-lite.json").write_text(json.dumps(config()))
    return folder


def cases(folder):
    """Write a notebook for each wrong hypervisor of the gallery."""
    sys.path.insert(0, str(ROOT / "docs"))
    runpy.run_module("making.cases")["notebooks"](folder)


def kernel_wheels():
    """List the wheels that come with the kernel."""
    folder = CACHE / "tools" / "share" / "jupyter" / "labextensions" / "@jupyterlite"
    made = [f"{name.replace('-', '_')}-{row[0]}-py3-none-any.whl" for name, row in KERNEL.items()]
    found = [path for path in sorted(folder.rglob("*.whl")) if path.name in made]
    if len(found) != len(made):
        SAY["stop"](f"the kernel has other wheels than .ci/lite.py says: {', '.join(made)}")
    return found


def build_wheel(folder):
    """Build pmulab's wheel from a copy, without notebooks: the site has those itself.

    In place, setuptools would pack what it packed before.
    """
    source = CACHE / "source"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(ROOT / "pmulab", source / "pmulab")
    for name in ("LICENSE", "README.md", "pyproject.toml", "setup.py"):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, source)


def write_list(core):
    """Cut Pyodide's list down to the wheels that are here, and add those that it does not have."""
    pmulab = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    added = {**ADDED, **KERNEL, "pmulab": (pmulab, ["anywidget"])}
    rows = {name: added_row(name, *row) for name, row in added.items()}
    write_rows(core, {**read_list(needed=LISTED), **rows})


def added_row(name, version, needs):
    """Make the row of a package that Pyodide's list does not have."""
    module = name.replace("-", "_")
    row = {"name": name, "version": version, "depends": needs, "imports": [module]}
    row |= {"install_dir": "site", "package_type": "package", "unvendored_tests": False}
    return row | {"file_name": f"{module}-{version}-py3-none-any.whl"}


def write_rows(core, rows):
    """Write Pyodide's list with these rows alone."""
    path = core / "pyodide-lock.json"
    for row in rows.values():
        # Wheels are packed anew, by Pyodide and here, so that the list has other sums.
        row["sha256"] = hashlib.sha256((core / row["file_name"]).read_bytes()).hexdigest()
    path.write_text(json.dumps({**json.loads(path.read_text()), "packages": rows}))


def config():
    """Return the site's settings: what the kernel loads, and that it fetches nothing elsewhere."""
    kernel = {"disablePyPIFallback": True, "loadPyodideOptions": {"packages": AT_ONCE}}
    plugins = {"@jupyterlite/pyodide-kernel-extension:kernel": kernel}
    data = {"appName": "pmulab", "litePluginSettings": plugins}
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": data}


def build(folder, site):
    """Let JupyterLite make the site."""
    shutil.rmtree(site, ignore_errors=True)
    names = tuple(line.split("==")[0] for line in EXTENSIONS)
    drawing = [path for name in names for path in (CACHE / "wheels").glob(f"{name}-*.whl")]
    choice = {
        "apps": ["lab"],
        "contents": [str(folder / "files")],
        "federated_extensions": [str(path) for path in drawing],
        "no_libarchive": True,
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
        "output_dir": str(site),
    }
    (folder / "jupyter_lite_config.json").write_text(json.dumps({"LiteBuildConfig": choice}))
    run(CACHE / "tools" / "bin" / "jupyter-lite", "build", cwd=folder)
    # A browser asks for this one at the top, whatever the page.
    THIN["small_icon"](site / "lab" / "favicon.ico")
    shutil.copy(site / "lab" / "favicon.ico", site)
    shutil.copy(OWN / "stores.js", site)
    page = site / "lab" / "index.html"
    page.write_text(page.read_text("utf-8").replace("</head>", f"{STORES}</head>", 1), "utf-8")
    first = min(path.name for path in (folder / "files").glob("*.ipynb"))
    (site / "index.html").write_text(FRONT.format(lesson=f"lab/index.html?path={first}"))


if __name__ == "__main__":
    main(sys.argv[1:])
