"""JupyterHub for a class: the files agree with each other and with what was measured, and run.

`make hub-check` runs here with two learners, in what the steps of hub/Dockerfile make, so that
those steps are tested without Docker.

Not tested: a cluster, The Littlest JupyterHub, the image itself.
"""

import asyncio
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

# JupyterHub is for Linux, and its check locks a folder.
pytest.importorskip("fcntl")

ROOT = Path(__file__).parent.parent
HUB = ROOT / "hub"
TOOL = [sys.executable, str(ROOT / ".ci" / "hub.py")]
MEBI = 1024**2 / 1e6


def tool(name):
    """Load a module of .ci."""
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hub, image = tool("hub"), tool("image")
needs_npm = pytest.mark.skipif(not shutil.which("npm"), reason="npm is not on the PATH")


@pytest.fixture
def measured():
    """Read what hub-check has measured."""
    return json.loads(hub.MEASURED.read_text())


def words_of(instruction):
    """List the words of each such step of the Dockerfile."""
    return [words for name, words in image.steps() if name == instruction]


def config():
    """Load jupyterhub_config.py as JupyterHub does; return what it sets."""
    from traitlets.config import Config

    c = Config()
    path = HUB / "jupyterhub_config.py"
    exec(compile(path.read_text(), path, "exec"), {"get_config": lambda: c})
    return c


def culler(c):
    """Return the options of the culler as {name: number}, and its scopes."""
    (service,) = c.JupyterHub.services.get_value([])
    (role,) = c.JupyterHub.load_roles.get_value([])
    pairs = [word.lstrip("-").split("=") for word in service["command"][3:]]

    assert role["services"] == [service["name"]]
    return {name: int(number) for name, number in pairs}, role["scopes"]


# ---- the Dockerfile


def test_lines_that_go_on_are_one_step(tmp_path):
    path = tmp_path / "Dockerfile"
    path.write_text("# a\nFROM x:1\n\nRUN one \\\n    && two\nCOPY a b ./\n")

    assert [("FROM", "x:1"), ("RUN", "one && two"), ("COPY", "a b ./")] == image.steps(path)


def test_the_base_is_pinned_and_has_the_python_of_the_environment():
    (base,) = words_of("FROM")
    packages = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    version = re.fullmatch(r"python:(\d+\.\d+)\.\d+-slim-[a-z]+", base)

    assert version, base
    assert f"python={version[1]}" in packages
    assert "latest" not in (HUB / "Dockerfile").read_text()


def test_there_are_only_plain_steps_and_the_last_user_is_not_root():
    names = {name for name, _ in image.steps()}

    assert {"FROM", "RUN", "COPY", "WORKDIR", "USER", "CMD"} == names
    assert ["1000"] == words_of("USER")
    assert ["jupyterhub-singleuser"] == json.loads(words_of("CMD")[-1])
    assert all(words.startswith("/") for words in words_of("WORKDIR"))


@pytest.mark.parametrize("step", words_of("RUN"))
def test_a_step_is_a_program_that_leaves_nothing_behind(step):
    checked = subprocess.run(["sh", "-n"], input=step, text=True, capture_output=True)

    assert "" == checked.stderr
    assert not re.search(r"\b(curl|wget|sudo|ssh)\b", step)
    if "apt-get" in step:
        assert "install -y --no-install-recommends" in step
        assert step.endswith("rm -rf /var/lib/apt/lists/*")
    if "pip install" in step:
        assert "--no-cache-dir" in step


@pytest.mark.parametrize("words", words_of("COPY"))
def test_what_is_copied_is_committed_and_not_ignored(words):
    *sources, _ = words.split()
    listed = subprocess.run(["git", "ls-files", *sources], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    files, ignored = listed.stdout.split(), (HUB / "Dockerfile.dockerignore").read_text()

    assert [] == [s for s in sources if not any(is_in(file, s) for file in files)]
    assert [] == [s for s in sources if f"!{s}\n" not in ignored]


def is_in(file, source):
    """Say whether a committed file is this one, or in this folder."""
    return file == source or file.startswith(f"{source}/")


def test_the_versions_are_those_of_the_environment(tmp_path):
    shutil.copy(ROOT / "environment.yml", tmp_path)
    (step,) = [step for step in words_of("RUN") if "environment.yml" in step]
    subprocess.run(["sh", "-ec", step.split(" && ")[0]], cwd=tmp_path, check=True)
    lab = (tmp_path / "lab.txt").read_text().split()
    pip = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"][-1]["pip"]
    pins = [line for line in (HUB / "requirements.txt").read_text().splitlines() if line[0] != "#"]

    assert [line for line in pip if "==" in line and "nbval" not in line] == lab
    assert all(re.fullmatch(r"[a-z-]+==\d+\.\d+\.\d+", line) for line in pins)


# ---- the configuration


def test_one_machine_and_kubernetes_have_the_same_limits_and_times():
    c, values = config(), yaml.safe_load((HUB / "values.yaml").read_text())
    one, cull = values["singleuser"], values["cull"]
    options, _ = culler(c)

    assert (c.Spawner.mem_guarantee, c.Spawner.mem_limit) == (*one["memory"].values(),)
    assert (c.Spawner.cpu_limit, c.Spawner.default_url) == (one["cpu"]["limit"], one["defaultUrl"])
    assert values["hub"]["config"]["Spawner"] == {
        "args": c.Spawner.args,
        "http_timeout": c.Spawner.http_timeout,
    }
    assert c.Spawner.environment == one["extraEnv"]
    assert c.Spawner.start_timeout == one["startTimeout"]
    assert options == {
        "timeout": cull["timeout"],
        "cull-every": cull["every"],
        "concurrency": cull["concurrency"],
    }


def test_the_culler_may_stop_servers_and_nothing_else():
    _, scopes = culler(config())

    assert {"delete:servers", "list:users", "read:servers", "read:users:activity"} == {*scopes}


def test_the_first_page_is_the_first_notebook():
    first = min(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))

    assert config().Spawner.default_url == f"/lab/tree/notebooks/{first}"


def test_the_guarantee_is_what_three_notebooks_need_and_the_limit_three_times_that(measured):
    c = config().Spawner
    guarantee, limit = (int(size[:-1]) * MEBI for size in (c.mem_guarantee, c.mem_limit))

    assert measured["server"] + 3 * measured["kernel"] <= guarantee
    assert 3 * guarantee <= limit + 1


def test_images_and_addresses_are_for_the_reader_to_fill_in():
    named = yaml.safe_load((HUB / "values.yaml").read_text())["singleuser"]["image"]
    texts = "".join(path.read_text() for path in HUB.iterdir())
    hosts = {*re.findall(r"https?://([\w.-]+)", texts)}

    assert {"name": "YOUR-REGISTRY/pmulab", "tag": "YOUR-VERSION"} == named
    assert {"tljh.jupyter.org", "z2jh.jupyter.org"} == hosts


@pytest.mark.slow
def test_the_first_start_copies_the_notebooks_and_later_ones_leave_them(tmp_path):
    values = yaml.safe_load((HUB / "values.yaml").read_text())
    command = values["singleuser"]["lifecycleHooks"]["postStart"]["exec"]["command"]
    words = [word.replace("/opt/pmulab", str(ROOT)) for word in command]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "HOME": str(tmp_path), "PATH": path}
    start = {"cwd": tmp_path, "env": env, "check": True, "capture_output": True}
    subprocess.run(words, **start)
    first = tmp_path / "notebooks" / "00-start-here.ipynb"
    first.write_text("mine")
    subprocess.run(words, **start)

    assert "mine" == first.read_text()
    assert (tmp_path / "notebooks" / "13-glossary.ipynb").exists()
    assert (tmp_path / ".local" / "share" / "jupyter" / "nbsignatures.db").exists()


# ---- the figures


class Dead:
    """A connection whose kernel has ended."""

    async def write_message(self, text):
        """Lose it."""

    async def read_message(self):
        """Say that nobody is there."""


def test_a_kernel_that_is_gone_is_told(measured):
    with pytest.raises(hub.Gone):
        asyncio.run(hub.run_cell(Dead(), "1"))
    assert "started again" not in hub.table(measured)
    assert "2 kernels met a port" in hub.table({**measured, "again": 2})


def test_the_readme_has_the_table_of_what_was_measured(measured):
    text = (HUB / "README.md").read_text()

    assert text.count("```measured\n") == 1
    assert text == hub.with_table(text, measured), "make hub-check ARGS=--write"


def test_what_the_readme_says_beside_the_table_follows_from_the_configuration():
    text, c = (HUB / "README.md").read_text(), config().Spawner
    guarantee, limit = int(c.mem_guarantee[:-1]), int(c.mem_limit[:-1])

    assert f"**{guarantee} MB are guaranteed, {limit} MB are the limit**" in text
    for learners in (30, 300):
        size = round(learners * guarantee * MEBI / 1000)
        assert f"**{learners} learners**: the guarantees are {size} GB" in text


def test_the_readme_installs_what_the_dockerfile_installs():
    text = (HUB / "README.md").read_text()
    (pins, taken_out) = [
        re.search(pattern, "\n".join(words_of("RUN")))[0]
        for pattern in (r"grep.*lab\.txt", r"pip uninstall -y [a-z0-9 -]+[a-z]")
    ]

    assert f"{pins.split(' && ')[0]}\n" in text
    assert taken_out in text


# ---- hub-check


def last_words(*words, **variables):
    """Run hub-check where it cannot work; return its one line."""
    env = {**os.environ, **variables}
    done = subprocess.run([*TOOL, *words], env=env, capture_output=True, text=True)

    assert done.returncode
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


def test_without_npm_it_names_what_to_install(tmp_path):
    assert last_words(PATH=str(tmp_path)).endswith(
        "npm is not on the PATH, and JupyterHub's proxy comes from it; install Node"
    )


def test_too_few_learners():
    assert "--learners 0 is too few" in last_words("--learners", "0")


@pytest.mark.parametrize("sign", ["npm error code EAI_AGAIN", "NewConnectionError"])
def test_without_a_network_it_says_so(sign):
    with pytest.raises(SystemExit, match="packages cannot be fetched; check the network"):
        image.run(sys.executable, "-c", f"exit('{sign}')")


def test_a_step_is_carried_out_again_when_what_it_copies_has_changed(monkeypatch, tmp_path):
    before = image.keys()
    monkeypatch.setattr(image, "ROOT", tmp_path)
    after = image.keys()
    monkeypatch.undo()

    assert before == image.keys()
    assert len(image.steps()) + 1 == len(before) == len(after)
    assert [] == [*{*before} & {*after}]


def test_ports_are_free_and_different():
    assert 3 == len({*hub.free_ports(3)})


def test_a_process_knows_its_family():
    with subprocess.Popen(["sh", "-c", "sleep 60 & wait"]) as shell:
        until(lambda: len(hub.family(shell.pid)) == 2)
        pid, child = hub.family(shell.pid)
        used, command = hub.seconds(child), hub.command(child)
        for each in (child, pid):
            os.kill(each, signal.SIGKILL)

    assert (shell.pid, "sleep") == (pid, command[0])
    assert 0 <= used < 1


def until(good, seconds=60):
    """Wait until something holds."""
    last = time.monotonic() + seconds
    while not good():
        assert time.monotonic() < last
        time.sleep(0.1)


def left():
    """List the processes that work in hub-check's folder."""
    return [pid for pid in hub.pids() if hub.at(pid).is_relative_to(hub.CHECK)]


@needs_npm
@pytest.mark.slow
@pytest.mark.thorough
def test_two_learners_run_the_first_notebook_and_ctrl_c_leaves_nothing_behind():
    # One test, for both are busy in the same folder.
    done = subprocess.run([*TOOL, "--learners", "2"], capture_output=True, text=True)
    if "cannot be fetched" in done.stderr:
        pytest.skip("no network")

    assert 0 == done.returncode, done.stderr
    assert re.search(r"^server and kernel +1\d\d MB", done.stdout, re.M)
    assert "2 learners on" in done.stdout
    assert [] == left()
    stopped = interrupted()

    assert (130, "") == (stopped.returncode, stopped.stderr)
    assert [] == left()


def interrupted():
    """Run hub-check until a server has started, then press Ctrl-C."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*TOOL, "--learners", "1"], **pipes) as process:
        until(lambda: any("jupyterhub-singleuser" in str(hub.command(pid)) for pid in left()))
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    return SimpleNamespace(returncode=process.returncode, stderr=stderr)
