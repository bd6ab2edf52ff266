"""Make a learner's environment in build/hub by the steps of hub/Dockerfile, without Docker.

The image's root is the folder build/hub/image, its Python the venv build/hub/venv. As with Docker a
step that is new, or whose files have changed, is carried out again, with all that follow. What only
JupyterHub needs, its proxy and its culler, is fetched last; .ci/hub.py runs all of it.

Not done: steps that change a machine (apt-get, useradd), since it has git and a user already. What
an older step has installed is not removed again, unless the first step is new; `make clean` does.
"""

import hashlib
import json
import os
import re
import runpy
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "hub"
VENV, DOCKERFILE = BUILD / "venv", ROOT / "hub" / "Dockerfile"
LITE = runpy.run_path(str(ROOT / ".ci" / "lite.py"))
SAY = LITE["SAY"]

PROXY, CULLER = "configurable-http-proxy@5.3.0", "jupyterhub-idle-culler==2.0.0"
OF_A_MACHINE = ("apt-get", "useradd")
LEFT_BEHIND = ("__pycache__", ".ipynb_checkpoints", "*pmulab-progress.json*")


def steps(path=DOCKERFILE):
    """Read a Dockerfile as pairs of an instruction and its words on one line."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def fetch():
    """Carry out the steps that are new since the last time, and those after them."""
    if not shutil.which("npm"):
        SAY["stop"]("npm is not on the PATH, and JupyterHub's proxy comes from it; install Node")
    stamp = BUILD / "stamp.json"
    done = json.loads(stamp.read_text()) if stamp.exists() else []
    names = keys()
    first = next((i for i, pair in enumerate(zip(names, done)) if pair[0] != pair[1]), len(done))
    if first < len(names):
        SAY["say"]("making JupyterHub's environment in build/hub (once: a minute, 600 MB)")
    stamp.unlink(missing_ok=True)
    carry_out(first)
    stamp.write_text(json.dumps(names))


def keys():
    """Name each step by what it does and is given, and by all before it; the last is for tools."""
    found, sofar = [], hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    for instruction, words in [*steps(), ("", f"{PROXY} {CULLER}")]:
        sofar.update(f"{instruction} {words}".encode())
        for path in copied(words) if instruction == "COPY" else ():
            sofar.update(path.read_bytes())
        found.append(sofar.hexdigest()[:16])
    return found


def copied(words):
    """List the files that a COPY copies."""
    sources = [ROOT / word for word in shlex.split(words)[:-1]]
    inside = [path for source in sources for path in (source, *sorted(source.rglob("*")))]
    return [path for path in inside if path.is_file() and "__pycache__" not in path.parts]


def carry_out(first):
    """Carry out the steps from one on."""
    image, folder = BUILD / "image", BUILD / "image"
    for i, (instruction, words) in enumerate(steps()):
        folder = image / words.strip("/") if instruction == "WORKDIR" else folder
        folder.mkdir(parents=True, exist_ok=True)
        if i < first:
            continue
        if instruction == "FROM":
            shutil.rmtree(VENV, ignore_errors=True)
            run(sys.executable, "-m", "venv", VENV)
        elif instruction == "COPY":
            copy(words, folder)
        elif instruction == "RUN" and not words.startswith(OF_A_MACHINE):
            run("sh", "-ec", words, cwd=folder)
    if first <= len(steps()):
        quiet = ("--quiet", "--no-audit", "--no-fund", "--fetch-retries=1", "--prefix", BUILD)
        run("npm", "install", *quiet, PROXY)
        run("pip", "install", CULLER)


def copy(words, folder):
    """Copy what a COPY names into a folder of the image: files beside each other, or a folder."""
    *sources, target = shlex.split(words)
    for source in map(ROOT.joinpath, sources):
        if source.is_dir():
            shutil.rmtree(folder / target, ignore_errors=True)
            shutil.copytree(source, folder / target, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
        else:
            (folder / target).mkdir(parents=True, exist_ok=True)
            shutil.copy(source, folder / target)


def environment():
    """Return the variables of the new environment; none that is meant for another Python."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "PYTHON"))}
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def run(*words, cwd=ROOT):
    """Run one step, or stop with the reason why it failed."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    step, options = [str(word) for word in words], {**pipes, "start_new_session": True}
    with subprocess.Popen(step, cwd=cwd, env=environment(), text=True, **options) as process:
        try:
            output = process.communicate()[0]
        except BaseException:
            # The step is a shell, and what it started would go on without it.
            os.killpg(process.pid, signal.SIGKILL)
            raise
    if not process.returncode:
        return
    if any(sign in output for sign in LITE["NO_NETWORK"]):
        SAY["stop"]("the packages cannot be fetched; check the network and the proxy and try again")
    BUILD.joinpath("log.txt").write_text(f"{shlex.join(step)}\n{output}")
    SAY["stop"](f"{shlex.join(step)[:60]} failed; see {BUILD / 'log.txt'}")
