"""Check the widgets' JavaScript and join it: one file for each widget, from modules.

    python .ci/js.py lint             check all of our JavaScript: biome, TypeScript
    python .ci/js.py bundle [FOLDER]  write pmulab/view/static, or FOLDER, with esbuild

The tools come by npx, in the versions below; what npm has fetched once is taken from its cache, so
that an offline machine checks as well. Where there is no Node, or neither network nor cache, `lint`
says so and passes. Bundles are committed: nobody needs npm to use pmulab.
"""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "pmulab" / "view" / "js"
STATIC = ROOT / "pmulab" / "view" / "static"
# No widgets: what the site's own pages run, and the book's.
PAGES = (ROOT / ".ci" / "site", ROOT / "docs" / "live")

TOOLS = {
    "biome": ("@biomejs/biome@2.6.8", "biome"),
    "esbuild": ("esbuild@0.28.2", "esbuild"),
    "tsc": ("typescript@7.0.2", "tsc"),
}
# A dead network is given up after one try, not after npm's two minutes.
NPX = ("npx", "--yes", "--prefer-offline", "--fetch-retries=0", "--fetch-timeout=20000")
BIOME = ("check", "--indent-style=space", "--line-width=100", "--assist-enabled=false")
# Readable, for it is committed; a browser that runs JupyterLab 4 knows all of our JavaScript.
ESBUILD = ("--bundle", "--format=esm", "--charset=utf8", "--log-level=warning")
HEAD = "// Made by `make bundle` of these modules, sha256 {sum}: {names}\n"
HEADED = re.compile(re.escape(HEAD).replace(r"\{sum\}", "(.*)").replace(r"\{names\}", "(.*)"))


def main(words):
    """Carry out one command line; return what the shell gets."""
    command, *rest = words or ["help"]
    commands = {"lint": (lint, 0), "bundle": (bundle, 1)}
    act, most = commands.get(command, (None, 0))
    if act is None or len(rest) > most:
        return f"say what to do: python .ci/js.py lint, or bundle [FOLDER]; not {' '.join(words)}"
    return act(*map(Path, rest))


def missing(*tools):
    """Say why these tools cannot be had, empty where they can."""
    if not shutil.which("npx"):
        return "no npx found, install Node"
    absent = [name for name in tools if run(name, "--version").returncode]
    return f"no network for {' and '.join(absent)}?" if absent else ""


def run(tool, *words, cwd=ROOT):
    """Run a tool; return the finished process with what it printed."""
    package, command = TOOLS[tool]
    line = [*NPX, "--package", package, command, *map(str, words)]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def lint():
    """Check style and types; return 1 where something was found."""
    why = missing("biome", "tsc")
    if why:
        print(f"JavaScript not checked: {why}")
        return 0
    style = run("biome", *BIOME, "--log-level=warn", SOURCES, *PAGES)
    checks = [style, run("tsc", "--project", SOURCES)]
    print(*(done.stdout + done.stderr for done in checks), sep="", end="")
    return int(any(done.returncode for done in checks))


# ---- bundles


def entries():
    """List the modules that are a widget: what anywidget calls is their default export."""
    paths = sorted(SOURCES.glob("*.js"))
    return [path for path in paths if "\nexport default" in path.read_text(encoding="utf-8")]


def bundle(folder=STATIC):
    """Write a file for each widget; return what is wrong, if anything."""
    why = missing("esbuild")
    if why:
        return f"nothing bundled: {why}"
    with tempfile.TemporaryDirectory() as kept:
        facts = Path(kept) / "facts.json"
        done = run("esbuild", *entries(), *ESBUILD, f"--outdir={kept}", f"--metafile={facts}")
        if done.returncode:
            return done.stdout + done.stderr
        folder.mkdir(parents=True, exist_ok=True)
        for made, about in json.loads(facts.read_text(encoding="utf-8"))["outputs"].items():
            name = Path(made).name
            names = sorted(Path(source).name for source in about["inputs"])
            head = HEAD.format(sum=fingerprint(names), names=" ".join(names))
            text = (Path(kept) / name).read_text(encoding="utf-8")
            (folder / name).write_text(head + text, encoding="utf-8")
    return 0


def fingerprint(names):
    """Return a sum over the content of modules."""
    total = hashlib.sha256()
    for name in names:
        content = (SOURCES / name).read_text(encoding="utf-8").encode()
        total.update(f"{name} {len(content)}\n".encode() + content)
    return total.hexdigest()[:16]


def is_current(path):
    """Tell whether a bundle was made of what its modules are now."""
    with path.open(encoding="utf-8") as file:
        head = HEADED.fullmatch(file.readline())
    if head is None:
        return False
    names = head[2].split()
    return all((SOURCES / name).exists() for name in names) and head[1] == fingerprint(names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
