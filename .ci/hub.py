"""Run JupyterHub here with some learners, each in notebook 01, and print what each one costs.

    python .ci/hub.py [--learners 10] [--write]      --write keeps the figures in hub/

The configuration is hub/jupyterhub_config.py; .ci/image.py makes the environment by the steps of
hub/Dockerfile. A learner has a folder with the notebooks, a server, and a kernel that runs the code
cells as JupyterLab has them run: over the server's websocket. Memory is PSS: what several processes
share is divided among them. Everything listens on 127.0.0.1, and ends with this program.

Not done: a browser, of which only those requests are made that the server grows by; limits, which
this spawner does not enforce.
"""

import argparse
import asyncio
import contextlib
import fcntl
import json
import os
import re
import runpy
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean
from uuid import uuid4

ROOT = Path(__file__).resolve().parent.parent
IMAGE = runpy.run_path(str(ROOT / ".ci" / "image.py"))
BUILD, VENV, SAY = IMAGE["BUILD"], IMAGE["VENV"], IMAGE["SAY"]
CHECK, MEASURED = BUILD / "check", ROOT / "hub" / "measured.json"

NOTEBOOK = "notebooks/01-a-counter-and-a-turn.ipynb"
# A server that is asked for while others start is refused for some seconds; a class takes longer.
PATIENCE, PAUSE = 600, 0.5
WAIT = {"connect_timeout": PATIENCE, "request_timeout": PATIENCE}
# What JupyterLab's page asks the server for as it opens, and what makes the server larger.
PAGE = (
    f"lab/tree/{NOTEBOOK}",
    "lab/api/settings",
    "lab/api/translations",
    "lab/api/translations/default",
    "lab/api/workspaces/default",
    "api/nbconvert",
    f"api/contents/{NOTEBOOK}?content=1",
)
# What the proxy says while what it leads to starts, and the hub while too many start.
LATER = {"GET": (404, 429, 502, 503, 599), "POST": (429,), "DELETE": (404, 410)}
# So often a kernel is started for a learner before the check gives up.
TRIES = 3

# What is of this check only: who starts servers and how, who may log in, where it listens.
CONFIG = """load_subconfig({shared!r})
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r}
c.Spawner.args = [*c.Spawner.args, *{root!r}]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.bind_url = "http://127.0.0.1:{ports[0]}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{ports[1]}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.services.append({{"name": "check", "api_token": {token!r}}})
scopes = ["admin:users", "admin:servers", "access:servers"]
c.JupyterHub.load_roles.append({{"name": "check", "services": ["check"], "scopes": scopes}})
"""


def main(words):
    """Carry out one command line."""
    parser = argparse.ArgumentParser(prog="hub.py", description=__doc__.split("\n")[0])
    parser.add_argument("--learners", type=int, default=10, metavar="N")
    parser.add_argument("--write", action="store_true", help="keep the figures in hub/")
    options = parser.parse_args(words)
    if options.learners < 1:
        SAY["stop"](f"--learners {options.learners} is too few; one or more")
    for sign in (signal.SIGTERM, signal.SIGHUP):
        # As Ctrl-C does: so that what was started is stopped.
        signal.signal(sign, lambda number, _: sys.exit(128 + number))
    try:
        with alone():
            IMAGE["fetch"]()
            measured = measure(options.learners)
    except KeyboardInterrupt:
        sys.exit(130)
    print(table(measured))
    if options.write:
        write(measured)


@contextlib.contextmanager
def alone():
    """Wait until nobody else is at work in build/hub."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with open(BUILD / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# ---- JupyterHub


def measure(count):
    """Let some learners run the notebook; return what was measured."""
    names = [f"learner{i:02}" for i in range(count)]
    shutil.rmtree(CHECK, ignore_errors=True)
    ignore = shutil.ignore_patterns(*IMAGE["LEFT_BEHIND"])
    for name in names:
        notebooks = CHECK / "homes" / name / "notebooks"
        shutil.copytree(ROOT / "notebooks", notebooks, ignore=ignore)
    with hub() as (process, address, token):
        from tornado.httpclient import HTTPClientError

        try:
            return asyncio.run(Class(process.pid, address, token).lesson(names))
        except (OSError, HTTPClientError) as error:
            SAY["stop"](f"JupyterHub went away ({error}); see {CHECK / 'log.txt'}")


@contextlib.contextmanager
def hub():
    """Start JupyterHub; give its process, its address and a token; stop it and all its children."""
    ports, token = free_ports(3), secrets.token_hex(16)
    config = CHECK / "jupyterhub_config.py"
    text = CONFIG.format(
        shared=str(ROOT / "hub" / "jupyterhub_config.py"),
        homes=str(CHECK / "homes" / "{username}"),
        root=["--allow-root"] * (os.geteuid() == 0),
        proxy=str(BUILD / "node_modules" / ".bin" / "configurable-http-proxy"),
        ports=ports,
        token=token,
    )
    config.write_text(text)
    words = [VENV / "bin" / "jupyterhub", "-f", config]
    with open(CHECK / "log.txt", "w") as log:
        # In a session of its own, so that Ctrl-C reaches this program only, which then stops it.
        options = {
            "env": IMAGE["environment"](),
            "stdout": log,
            "stderr": log,
            "start_new_session": True,
        }
        process = subprocess.Popen(words, cwd=CHECK, stdin=subprocess.DEVNULL, **options)
    try:
        yield process, f"http://127.0.0.1:{ports[0]}", token
    finally:
        end(process)


def free_ports(count):
    """Find some ports that nobody uses, all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def end(process):
    """Ask JupyterHub to stop its servers, its proxy and itself; then kill what is left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=20)
    process.kill()
    process.wait()
    # Whoever lost its parent is found by its folder: no other process works in it.
    while left := [pid for pid in pids() if at(pid).is_relative_to(CHECK)]:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


# ---- processes


def pids():
    """List all processes."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]


def family(pid):
    """List a process, its children, theirs, and so on."""
    parents = {}
    for each in pids():
        with contextlib.suppress(OSError):
            parents.setdefault(int(stat(each)[1]), []).append(each)
    found = [pid]
    for each in found:
        found += parents.get(each, [])
    return found


def stat(pid):
    """Read a process's state, parent and so on; its name, which may have spaces, is left out."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def at(pid):
    """Say in which folder a process works; in none, where it has ended or is somebody else's."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return Path("/")


def command(pid):
    """Return the words that a process was started with."""
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def memory(pid):
    """Read the PSS of a process in MB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.M)[1]) * 1024 / 1e6


def seconds(pid):
    """Read how many seconds of a CPU a process has used, its ended children included."""
    return sum(map(int, stat(pid)[11:15])) / os.sysconf("SC_CLK_TCK")


# ---- the lesson


class Gone(Exception):
    """A kernel has ended."""


class Class:
    """Learners of one hub, each with a server and a kernel."""

    def __init__(self, pid, address, token):
        from tornado.httpclient import AsyncHTTPClient

        AsyncHTTPClient.configure(None, max_clients=1000)
        self.pid, self.address, self.client = pid, address, AsyncHTTPClient()
        self.headers = {"Authorization": f"token {token}"}
        # How many kernels had to be started once more.
        self.again = 0

    async def lesson(self, names):
        """Start all servers, then all kernels, run all notebooks; measure in between."""
        await self.until("/hub/api/")
        await self.ask("POST", "/hub/api/users", {"usernames": names})
        begin = time.monotonic()
        await asyncio.gather(*(self.start(name) for name in names))
        ready, servers = time.monotonic(), self.processes("jupyterhub-singleuser")
        used = mean(map(seconds, servers))
        kernels = await asyncio.gather(*(self.kernel(name) for name in names))
        bare = mean(map(memory, self.processes("ipykernel_launcher")))
        try:
            await asyncio.gather(*(run_cells(kernel) for kernel in kernels))
        except Gone:
            SAY["stop"](f"a kernel went away; {self.logged()}")
        done, running = time.monotonic(), self.processes("ipykernel_launcher")
        others = {*family(self.pid)} - {*servers} - {*running}
        if not len(servers) == len(running) == len(names):
            SAY["stop"](f"{len(names)} learners, {len(servers)} servers, {len(running)} kernels")
        return {
            "learners": len(names),
            "server": round(mean(map(memory, servers)), 1),
            "bare": round(bare, 1),
            "kernel": round(mean(map(memory, running)), 1),
            "hub": round(sum(map(memory, others))),
            "cpu_to_start": round(used, 2),
            "cpu_to_run": round(
                mean(map(seconds, servers)) - used + mean(map(seconds, running)), 2
            ),
            "cpus": os.cpu_count(),
            "again": self.again,
            "start": round(ready - begin, 1),
            "run": round(done - ready, 1),
        }

    def processes(self, name):
        """List the children of the hub that were started with this word."""
        return [pid for pid in family(self.pid) if any(Path(w).name == name for w in command(pid))]

    async def ask(self, method, path, body=None):
        """Send one request; return the answer's status and content."""
        sent = json.dumps(body or {}) if method == "POST" else None
        options = {"method": method, "headers": self.headers, "body": sent, **WAIT}
        answer = await self.client.fetch(self.address + path, raise_error=False, **options)
        if answer.code >= 400 and answer.code not in LATER[method]:
            SAY["stop"](f"{method} {path}: {answer.code} {answer.reason}; {self.logged()}")
        is_data = answer.code < 400 and "json" in answer.headers.get("Content-Type", "")
        return answer.code, json.loads(answer.body) if is_data else None

    async def until(self, path, good=lambda content: True):
        """Ask until the answer is good, or patience ends; return it."""
        last = time.monotonic() + PATIENCE
        while time.monotonic() < last and stat(self.pid)[0] != "Z":
            with contextlib.suppress(OSError):
                code, content = await self.ask("GET", path)
                if code < 400 and good(content):
                    return content
            await asyncio.sleep(PAUSE)
        SAY["stop"](f"no good answer from {path}; {self.logged()}")

    def logged(self):
        """Say where JupyterHub's log is."""
        return f"see {CHECK / 'log.txt'}"

    async def start(self, name):
        """Start a learner's server, again where the hub has too many that start."""
        path = f"/hub/api/users/{name}"
        while (await self.ask("POST", f"{path}/server"))[0] == 429:
            await asyncio.sleep(PAUSE)
        await self.until(path, lambda user: user["servers"].get("", {}).get("ready"))

    async def kernel(self, name):
        """Open a learner's notebook as a page does; return a connection to its kernel."""
        from tornado.httpclient import HTTPClientError, HTTPRequest
        from tornado.websocket import websocket_connect

        for address in PAGE:
            await self.until(f"/user/{name}/{address}")
        wanted = {"path": NOTEBOOK, "name": "", "type": "notebook", "kernel": {"name": "python3"}}
        path = f"/user/{name}/api"
        for _ in range(TRIES):
            _, session = await self.ask("POST", f"{path}/sessions", wanted)
            channels = f"{path}/kernels/{session['kernel']['id']}/channels"
            address = self.address.replace("http:", "ws:") + channels
            request = HTTPRequest(address, headers=self.headers, **WAIT)
            try:
                kernel = await websocket_connect(request)
                await run_cell(kernel, "")
                return kernel
            except (Gone, HTTPClientError):
                # Servers that know nothing of each other may choose one port for two kernels.
                self.again += 1
                await self.ask("DELETE", f"{path}/sessions/{session['id']}")
        SAY["stop"](f"a kernel of {name} does not start; {self.logged()}")


async def run_cells(kernel):
    """Run all code cells of the notebook, and press Tab once."""
    cells = json.loads((ROOT / NOTEBOOK).read_text())["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            await run_cell(kernel, "".join(cell["source"]))
    await send(kernel, "complete_request", {"code": "counter_", "cursor_pos": 8})


async def run_cell(kernel, code):
    """Run one cell."""
    await send(kernel, "execute_request", {"code": code, "silent": False, "allow_stdin": False})


async def send(kernel, kind, content):
    """Send one message to a kernel, and read what comes until the kernel is idle again."""
    name = uuid4().hex
    header = {"msg_id": name, "msg_type": kind, "session": name, "username": "", "version": "5.3"}
    message = {"channel": "shell", "header": header, "content": content}
    await kernel.write_message(json.dumps({**message, "parent_header": {}, "metadata": {}}))
    while True:
        text = await kernel.read_message()
        if text is None:
            raise Gone
        # With pictures of widgets messages are bytes; those that matter here are text.
        heard = json.loads(text) if isinstance(text, str) else {"parent_header": {}}
        if heard["parent_header"].get("msg_id") != name:
            continue
        if heard["msg_type"] == "error":
            first = content["code"].split("\n")[0]
            SAY["stop"](f"a cell failed, {heard['content']['ename']}: {first}")
        if heard["msg_type"] == "status" and heard["content"]["execution_state"] == "idle":
            return


# ---- what is printed


def table(measured):
    """Write what was measured, and what that means for 30 and for 300."""
    m, one = measured, measured["server"] + measured["kernel"]
    cpu = m["cpu_to_start"] + m["cpu_to_run"]
    rows = [
        ("", "measured", "30", "300"),
        ("a learner's server", f"{m['server']:.0f} MB"),
        ("a kernel before its first cell", f"{m['bare']:.0f} MB"),
        ("a kernel that has run notebook 01", f"{m['kernel']:.0f} MB"),
        ("server and kernel", f"{one:.0f} MB", *(gigabytes(one * n) for n in (30, 300))),
        ("with two notebooks more", *with_more(one, m["kernel"])),
        ("the hub, its proxy, its culler", f"{m['hub']} MB"),
        ("CPU to start the server", f"{m['cpu_to_start']:.1f} s"),
        ("CPU for page, kernel and notebook", f"{m['cpu_to_run']:.1f} s"),
        ("all of that on 4 CPUs", *(f"{cpu * n / 4:.0f} s" for n in (1, 30, 300))),
    ]
    here = f"{m['learners']} learners on {m['cpus']} CPUs: servers ready after {m['start']:.0f} s,"
    lines = [f"{row[0]:34}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in rows]
    again = m.get("again", 0)
    more = f"; {again} kernels met a port that another had taken, and were started again"
    done = f"notebooks done {m['run']:.0f} s later{more if again else ''}"
    return "\n".join([*lines, "", f"{here} {done}"])


def with_more(one, kernel):
    """Say what one learner, 30 and 300 need who have two more notebooks open."""
    return [f"{one + 2 * kernel:.0f} MB", *(gigabytes((one + 2 * kernel) * n) for n in (30, 300))]


def gigabytes(megabytes):
    """Write a size in GB."""
    return f"{megabytes / 1000:.1f} GB"


def write(measured):
    """Keep the figures, and put them into the README."""
    MEASURED.write_text(json.dumps(measured, indent=2) + "\n")
    readme = MEASURED.with_name("README.md")
    readme.write_text(with_table(readme.read_text(), measured))


def with_table(text, measured):
    """Return a text with its table, a block of code of its own kind, written anew."""
    block = f"```measured\n{table(measured)}\n```"
    return re.sub(r"^```measured\n.*?^```", lambda _: block, text, flags=re.M | re.S)


if __name__ == "__main__":
    main(sys.argv[1:])
