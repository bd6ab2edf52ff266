"""Drive the browsers of this machine alike, without a screen: Chromium, Firefox, WebKitGTK.

Each is found on the PATH. Chromium is driven by Playwright, Firefox by WebDriver BiDi over its own
websocket (no driver beside it is needed), WebKitGTK's MiniBrowser by WebKitWebDriver over HTTP, in
an Xvfb. A browser has one window, of a kind:

    normal    a profile in a folder that is there again the next time
    private   what the browser forgets when it is closed
    refused   a profile whose settings refuse all stores to all pages

Not done: WebKitGTK's windows but private ones, for its driver opens no others; and its console, of
which the driver tells nothing.
"""

import base64
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

KINDS = ("normal", "private", "refused")
# So long a browser may take to start, or to answer one order.
START, PATIENCE = 60, 300
# A page asks this machine and no other.
OWN = re.compile(r"(https?|ws)://127\.0\.0\.1[:/]|(data|blob|about|chrome|resource|moz-extension):")
# An order that takes and gives JSON, as each browser is asked.
ASYNC = "async (text) => JSON.stringify((await ({script})(...JSON.parse(text))) ?? null)"


def until(look, seconds, what):
    """Look until something is there; return it."""
    end = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > end:
            raise TimeoutError(f"after {seconds} s: {what}")
        time.sleep(0.1)
    return found


def free_port():
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Browser:
    """One window of a browser; `errors` has what its console complains of; None: unknown."""

    name, kinds = "", KINDS

    def __init__(self, kind, folder, scheme="light"):
        self.kind, self.folder, self.scheme = kind, Path(folder), scheme
        self.profile, self.downloads = self.folder / f"{self.name}-{kind}", self.folder / "down"
        self.downloads.mkdir(parents=True, exist_ok=True)
        self.errors, self.version = [], ""
        self.ends = contextlib.ExitStack()
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    @classmethod
    def found(cls):
        """Return the program, or an empty text."""
        return next(filter(None, map(shutil.which, cls.programs)), "")

    def wait(self, script, *args, seconds=PATIENCE):
        """Ask the page until it says yes; return what it said."""
        return until(lambda: self.run(script, *args), seconds, script)

    def took(self):
        """See to it that what came down is in its folder."""

    def close(self):
        """End the browser."""
        self.ends.close()

    def process(self, words, **more):
        """Start a program that ends with the browser."""
        made = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, **more)

        def end():
            made.terminate()
            try:
                made.wait(20)
            except subprocess.TimeoutExpired:
                made.kill()

        self.ends.callback(end)
        return made


# ---- Chromium

REFUSES = {"profile": {"default_content_setting_values": {"cookies": 2}}}


class Chromium(Browser):
    """Chromium by Playwright; a private window is a context of its own, which has no folder."""

    name, programs = "Chromium", ("chromium", "chromium-browser", "google-chrome")

    def start(self):
        """Open a window."""
        from playwright.sync_api import sync_playwright

        kind = self.ends.enter_context(sync_playwright()).chromium
        words = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
        how = {"executable_path": self.found(), "args": [*words, "--disable-background-networking"]}
        looks = {"color_scheme": self.scheme, "viewport": {"width": 1280, "height": 800}}
        if self.kind == "private":
            browser = kind.launch(**how)
            self.ends.callback(browser.close)
            self.version, context = browser.version, browser.new_context(**looks)
        else:
            if self.kind == "refused":
                settings = self.profile / "Default" / "Preferences"
                settings.parent.mkdir(parents=True, exist_ok=True)
                settings.write_text(json.dumps(REFUSES))
            context = kind.launch_persistent_context(str(self.profile), **how, **looks)
            self.version = context.browser.version if context.browser else ""
        self.ends.callback(context.close)
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self.page.on("console", lambda m: m.type == "error" and self.errors.append(m.text))
        self.page.on("pageerror", lambda error: self.errors.append(f"{error}"))
        self.page.on("request", lambda request: self.asked(request.url))
        self.files = []
        self.page.on("download", lambda file: self.files.append(file))

    def took(self):
        """Put what came down into its folder: it is told only while the page is asked."""
        self.run("() => true")
        while self.files:
            file = self.files.pop()
            file.save_as(self.downloads / file.suggested_filename)

    def asked(self, url):
        """Complain of a request to another machine."""
        if not OWN.match(url):
            self.errors.append(f"request to another machine: {url}")

    def goto(self, url):
        """Open a page, and wait until it has loaded."""
        self.page.goto(url)

    def run(self, script, *args):
        """Call a function in the page."""
        return json.loads(self.page.evaluate(ASYNC.format(script=script), json.dumps(args)))

    def press(self, *keys):
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def click(self, x, y):
        """Click where something is."""
        self.page.mouse.click(x, y)

    def size(self, width, height):
        """Make the page as large as this."""
        self.page.set_viewport_size({"width": width, "height": height})

    def shot(self, path):
        """Keep a picture of what is in the window."""
        self.page.screenshot(path=path)


# ---- Firefox

PREFS = {
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.download.folderList": 2,
    "browser.download.always_ask_before_handling_new_types": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "remote.prefs.recommended": True,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
KIND = {
    "normal": {},
    "private": {"browser.privatebrowsing.autostart": True},
    "refused": {"network.cookie.cookieBehavior": 2},
}
# As BiDi and WebDriver write keys.
KEYS = {
    "Enter": "\ue007",
    "Shift": "\ue008",
    "End": "\ue010",
    "Home": "\ue011",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
}


def strokes(keys):
    """Write keys as what a keyboard does: "Shift+Enter" holds the one while the other is struck."""
    for key in keys:
        held = [KEYS.get(part, part) for part in key.split("+")] if len(key) > 1 else [key]
        yield from ({"type": "keyDown", "value": part} for part in held)
        yield from ({"type": "keyUp", "value": part} for part in reversed(held))


def clicks(x, y):
    """Write a click as what a mouse does."""
    button = [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
    moves = {"type": "pointerMove", "x": round(x), "y": round(y)}
    return {"type": "pointer", "id": "mouse", "actions": [moves, *button]}


class Firefox(Browser):
    """Firefox by WebDriver BiDi; a private one is Firefox in permanent private browsing."""

    name, programs = "Firefox", ("firefox-esr", "firefox")

    def start(self):
        """Start it with a profile, and wait until it listens."""
        import websocket

        self.profile.mkdir(parents=True, exist_ok=True)
        dark = {"layout.css.prefers-color-scheme.content-override": 0 + (self.scheme == "light")}
        places = {"browser.download.dir": str(self.downloads)}
        prefs = PREFS | KIND[self.kind] | dark | places
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(to)});" for name, to in prefs.items()]
        (self.profile / "user.js").write_text("\n".join(lines))
        port = free_port()
        words = [self.found(), "--headless", "--no-remote", "--profile", self.profile]
        log = self.ends.enter_context((self.folder / "firefox.log").open("a"))
        self.process([*words, f"--remote-debugging-port={port}"], stdout=log, stderr=log)

        def connected():
            with contextlib.suppress(OSError, websocket.WebSocketException):
                url = f"ws://127.0.0.1:{port}/session"
                return websocket.create_connection(url, timeout=PATIENCE, suppress_origin=True)

        self.socket, self.number = until(connected, START, "Firefox listens"), 0
        self.ends.callback(self.socket.close)
        found = self.order("session.new", capabilities={})
        self.ends.callback(self.order, "browser.close")
        self.version = found["capabilities"]["browserVersion"]
        self.order("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        # The page that it opens with never has the focus, and hears of none.
        self.context = self.order("browsingContext.create", type="tab")["context"]
        self.order("browsingContext.activate", context=self.context)
        self.size(1280, 800)

    def order(self, method, **params):
        """Give an order and wait for its answer; take what is told meanwhile."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            told = json.loads(self.socket.recv())
            if told.get("id") == self.number:
                if told["type"] == "error":
                    raise RuntimeError(f"{method}: {told['message']}")
                return told["result"]
            self.hear(told.get("method"), told.get("params", {}))

    def hear(self, method, params):
        """Take an event."""
        if method == "log.entryAdded" and params["level"] == "error":
            self.errors.append(params["text"] or "an error without words")
        elif method == "network.beforeRequestSent" and params.get("context"):
            url = params["request"]["url"]
            if not OWN.match(url):
                self.errors.append(f"request to another machine: {url}")

    def goto(self, url):
        """Open a page, and wait until it has loaded."""
        self.order("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def run(self, script, *args):
        """Call a function in the page."""
        given = [{"type": "string", "value": json.dumps(args)}]
        about = {"target": {"context": self.context}, "awaitPromise": True, "userActivation": True}
        function = ASYNC.format(script=script)
        said = self.order(
            "script.callFunction", functionDeclaration=function, arguments=given, **about
        )
        if said["type"] == "exception":
            raise RuntimeError(said["exceptionDetails"]["text"])
        return json.loads(said["result"]["value"])

    def press(self, *keys):
        """Press keys, one after the other."""
        board = {"type": "key", "id": "keyboard", "actions": [*strokes(keys)]}
        self.order("input.performActions", context=self.context, actions=[board])

    def click(self, x, y):
        """Click where something is."""
        self.order("input.performActions", context=self.context, actions=[clicks(x, y)])

    def size(self, width, height):
        """Make the page as large as this."""
        window = {"width": width, "height": height}
        self.order("browsingContext.setViewport", context=self.context, viewport=window)

    def shot(self, path):
        """Keep a picture of what is in the window."""
        made = self.order("browsingContext.captureScreenshot", context=self.context)
        Path(path).write_bytes(base64.b64decode(made["data"]))


# ---- WebKitGTK


class WebKit(Browser):
    """WebKitGTK's MiniBrowser by WebKitWebDriver: what it opens for a driver is private."""

    name, programs, kinds = "WebKitGTK", ("WebKitWebDriver",), ("private",)

    @classmethod
    def found(cls):
        """Return the driver's program, if all that it needs is here."""
        return super().found() if mini_browser() and shutil.which("Xvfb") else ""

    def start(self):
        """Start a screen, the driver, and through it a window."""
        screen = ("Xvfb", "-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp")
        shown = self.process(screen, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        environ = {**os.environ, "DISPLAY": f":{shown.stdout.readline().strip()}"}
        environ |= {"GDK_BACKEND": "x11", "XDG_CONFIG_HOME": str(self.folder)}
        where = f'XDG_DOWNLOAD_DIR="{self.downloads}"\n'
        (self.folder / "user-dirs.dirs").write_text(where)
        port, self.errors = free_port(), None
        words = [self.found(), f"--port={port}", "--host=127.0.0.1"]
        self.process(words, env=environ)
        self.address = f"http://127.0.0.1:{port}/session"
        made = until(self.opened, START, "WebKitWebDriver opens a window")
        self.address += f"/{made['sessionId']}"
        self.ends.callback(self.order, "DELETE", "")
        self.version = made["capabilities"]["browserVersion"]
        self.order("POST", "/timeouts", script=PATIENCE * 1000, pageLoad=PATIENCE * 1000)
        self.size(1280, 800)

    def opened(self):
        """Ask for a window."""
        options = {"args": ["--automation"], "binary": mini_browser()}
        capabilities = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        with contextlib.suppress(ConnectionError, urllib.request.URLError):
            return self.order("POST", "", capabilities=capabilities)

    def order(self, verb, path, **params):
        """Give an order and wait for its answer."""
        body = json.dumps(params).encode() if verb == "POST" else None
        request = urllib.request.Request(self.address + path, body, method=verb)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return json.load(answer)["value"]
        except urllib.request.HTTPError as error:
            raise RuntimeError(f"{path}: {json.load(error)['value']['message']}") from error

    def goto(self, url):
        """Open a page, and wait until it has loaded."""
        self.order("POST", "/url", url=url)

    def run(self, script, *args):
        """Call a function in the page."""
        text = f"""const done = arguments[1];
        ({ASYNC.format(script=script)})(arguments[0])
          .then((said) => done(['', said]), (error) => done([`${{error}}`, '']));"""
        error, said = self.order("POST", "/execute/async", script=text, args=[json.dumps(args)])
        if error:
            raise RuntimeError(error)
        return json.loads(said)

    def press(self, *keys):
        """Press keys, one after the other."""
        board = {"type": "key", "id": "keyboard", "actions": [*strokes(keys)]}
        self.order("POST", "/actions", actions=[board])

    def click(self, x, y):
        """Click where something is."""
        self.order("POST", "/actions", actions=[clicks(x, y)])

    def size(self, width, height):
        """Make the page as large as this, as far as a window can."""
        self.order("POST", "/window/rect", width=width, height=height)
        inside = self.run("() => [innerWidth, innerHeight]")
        more = {"width": 2 * width - inside[0], "height": 2 * height - inside[1]}
        self.order("POST", "/window/rect", **more)

    def shot(self, path):
        """Keep a picture of what is in the window."""
        Path(path).write_bytes(base64.b64decode(self.order("GET", "/screenshot")))


def mini_browser():
    """Find WebKitGTK's own small browser, which is on no PATH."""
    found = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    return str(found[-1]) if found else ""


BROWSERS = (Chromium, Firefox, WebKit)
