"""The player in real JupyterLab: its page shows what Python says, forwards and backwards.

One notebook is opened once; each test finds its player at the start.
"""

import importlib.util
import json
import random
from pathlib import Path

import pytest
from browser.conftest import Lab
from view.traces import two_guests_trace

from pmulab.view.steps import SIGNS, step

SIZE = {"width": 1280, "height": 1000}
NOTEBOOK = "player-test.ipynb"
SAVED = "player-trace.json"
SHOW = f"""\
from pmulab.sim.trace import Trace
from pmulab.view import counter_chart, player
trace = Trace.load("{SAVED}")
shown = player(trace)
shown"""
CHART = 'counter_chart(trace, "PMEVCNTR1_EL0")'
CELLS = """root => Object.fromEntries([...root.querySelectorAll('td[data-location]')].map(td =>
  [td.dataset.location, [td.dataset.value, td.dataset.sign,
    td.querySelector('.pl-sign').firstChild?.textContent ?? '',
    td.querySelector('.pl-detail').textContent]]))"""
FRAMES = "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"
AT_23 = "document.querySelector('.pmulab-player').dataset.index === '23'"


class Shown:
    """A player in a notebook."""

    def __init__(self, lab, trace):
        self.lab, self.page, self.trace = lab, lab.page, trace
        self.root = lab.page.locator(".pmulab-player").first
        self.slider = self.root.get_by_role("slider", name="Step")

    @property
    def n(self):
        """The position that the page shows, once what was asked for is drawn."""
        self.page.evaluate(FRAMES)
        return int(self.root.get_attribute("data-index"))

    def press(self, *keys):
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
        return self.n

    def button(self, name):
        """Find a button by its name."""
        return self.root.get_by_role("button", name=name, exact=True)

    def click(self, name):
        """Click a button by its name."""
        self.button(name).click()
        return self.n

    def go(self, n):
        """Move the slider."""
        self.slider.fill(str(n))
        assert n == self.n

    def python(self, code):
        """Evaluate code in the notebook's kernel and return the value's repr."""
        script = """async (code) => {
          const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          const done = kernel.requestExecute({code: '', user_expressions: {value: code}});
          return (await done.done).content.user_expressions.value.data['text/plain'];
        }"""
        return self.page.evaluate(script, code)

    def assert_equals_python(self, n):
        """Compare the page with what Python says of position n."""
        now, snapshot = step(self.trace, n), self.trace.snapshot(n)
        expected = {
            cell.location: [hex(cell.value), cell.sign, SIGNS[cell.sign].strip(), cell.detail]
            for _, row in now.rows
            for cell in row
            if cell
        }
        page = self.root.evaluate(CELLS)
        heads = [head.text_content() for head in self.root.locator("th[data-place]").all()]
        texts = [
            self.root.locator(at).inner_text() for at in ("h3", ".pl-sentence", ".pl-line code")
        ]

        assert n == self.n
        assert expected == {at: page[at] for at in expected}
        assert {at: hex(v) for at, v in snapshot.items()} == {at: v for at, (v, *_) in page.items()}
        assert [now.heading, now.sentence, now.code] == texts
        assert [f"{name}{says}" for name, says in now.places] == heads


def write(lab, name, kind, content):
    """Write a file where the server looks for notebooks."""
    form = "json" if kind == "notebook" else "text"
    script = """([path, type, format, content]) =>
      jupyterapp.serviceManager.contents.save(path, {type, format, content}).then(() => null)"""
    lab.page.evaluate(script, [name, kind, form, content])


def notebook(*sources):
    """Make a notebook of code cells."""
    cells = [
        {"cell_type": "code", "id": f"c{k}", "source": source, "metadata": {}, "outputs": []}
        | {"execution_count": None}
        for k, source in enumerate(sources)
    ]
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def show(lab, trace, *sources):
    """Open a notebook of these cells, with a saved trace beside it, and run it."""
    lab.page.goto(f"{lab.address}/lab")
    lab.page.wait_for_function("window.jupyterapp?.serviceManager?.contents")
    write(lab, SAVED, "file", json.dumps(trace.as_dict()))
    write(lab, NOTEBOOK, "notebook", notebook(*sources))
    lab.open(NOTEBOOK)
    lab.run_all()
    lab.page.locator(".pmulab-player").first.wait_for()


@pytest.fixture(scope="module")
def trace():
    """Give the trace that the notebook shows."""
    return two_guests_trace(rounds=2)


@pytest.fixture(scope="module")
def opened(browser, server, trace):
    """Open the notebook once: a player, a second view of it, a chart."""
    context = browser.new_context(viewport=SIZE)
    context.set_default_timeout(30_000)
    page, errors = context.new_page(), []
    page.on("console", lambda m: m.type == "error" and errors.append(f"console: {m.text}"))
    page.on("pageerror", lambda error: errors.append(f"page: {error}"))
    lab = Lab(page, server, errors)
    show(lab, trace, SHOW, "shown", CHART)
    yield Shown(lab, trace)
    context.close()


@pytest.fixture
def shown(opened):
    """Give the player, at the start and with the focus on its slider."""
    opened.page.set_viewport_size(SIZE)
    opened.python("setattr(shown, 'bookmarks', [])")
    opened.go(0)
    opened.slider.focus()
    yield opened
    if opened.lab.in_dark:
        opened.lab.use_theme("JupyterLab Light")

    assert [] == opened.lab.tracebacks()
    assert [] == opened.lab.errors


# ---- positions


def test_it_begins_at_the_start_and_steps_by_key_and_by_button(shown):
    shown.assert_equals_python(0)

    assert 3 == shown.press("ArrowRight", "j", "ArrowRight")
    shown.assert_equals_python(3)
    assert 2 == shown.press("k")
    shown.assert_equals_python(2)
    assert 3 == shown.click("Forward one step")
    assert 2 == shown.click("Back one step")
    assert len(shown.trace) == shown.click("Last step")
    shown.assert_equals_python(len(shown.trace))
    assert 0 == shown.click("First step")
    assert len(shown.trace) == shown.press("End")
    assert 0 == shown.press("Home")
    shown.assert_equals_python(0)


def test_any_position_equals_the_snapshot_whether_it_was_reached_forwards_or_backwards(shown):
    dice = random.Random(5)
    for n in [len(shown.trace), 0, *(dice.randrange(len(shown.trace) + 1) for _ in range(25))]:
        shown.go(n)
        shown.assert_equals_python(n)
    shown.go(len(shown.trace))
    for n in range(len(shown.trace) - 1, len(shown.trace) - 12, -1):
        assert n == shown.press("ArrowLeft")
        shown.assert_equals_python(n)


def test_the_lanes_and_the_records_go_where_they_are_clicked(shown):
    shown.go(30)
    cursor = shown.root.locator(".pl-cursor rect").bounding_box()
    shown.page.mouse.click(cursor["x"] + 3.5 * cursor["width"], cursor["y"] + 20)
    assert 33 == shown.n
    shown.root.locator(".pl-listing tbody tr").nth(0).click()

    assert 31 == shown.n
    shown.assert_equals_python(31)


def test_jumps_go_to_the_next_and_the_previous_mark(shown):
    swaps = [i + 1 for i in shown.trace.marked("swap")]
    trap, overflow = shown.trace.marked("trap")[0] + 1, shown.trace.marked("overflow")[0] + 1

    assert swaps[:2] == [shown.click("Next swap"), shown.click("Next swap")]
    assert [swaps[2], swaps[1]] == [shown.press("n"), shown.press("p")]
    assert [swaps[2], swaps[1]] == [shown.press("s"), shown.press("Shift+S")]
    shown.press("Home")
    assert trap == shown.press("t")
    assert overflow == shown.press("o")


def test_a_jump_to_nothing_says_why_and_does_nothing(shown):
    accusation, swap = shown.button("Next accusation"), shown.button("Next swap")

    assert "true" == accusation.get_attribute("aria-disabled")
    assert "No accusation in this trace" == accusation.get_attribute("title")
    # Playwright would wait for it to be enabled; a user can click it.
    accusation.dispatch_event("click")
    assert 0 == shown.n
    shown.go(len(shown.trace))
    assert "No swap after this step" == swap.get_attribute("title")


def test_playing_goes_to_the_end_and_stops(shown):
    shown.root.get_by_label("Speed").select_option("8")
    shown.go(len(shown.trace) - 12)
    shown.slider.focus()
    shown.page.keyboard.press("Space")
    shown.button("Pause").wait_for()
    shown.button("Play").wait_for()

    shown.assert_equals_python(len(shown.trace))


def test_bookmarks_are_set_visited_and_removed(shown):
    shown.go(7)
    shown.press("b", "End", "b")

    assert 7 == shown.press("[")
    assert len(shown.trace) == shown.press("]")
    assert 7 == shown.click("Bookmark at step 7")
    shown.click("Bookmark")
    assert 0 == shown.button("Bookmark at step 7").count()
    shown.page.wait_for_timeout(400)
    assert f"[{len(shown.trace)}]" == shown.python("shown.bookmarks")


def test_help_opens_and_closes_and_names_every_key(shown):
    panel = shown.root.get_by_role("region", name="Keys and signs")
    shown.press("?")
    panel.wait_for()
    shown.lab.screenshot("player-help")
    text = panel.inner_text()

    assert [] == [key for key in "← → k j Home End Space n p b [ ] ?".split() if key not in text]
    shown.press("Escape")
    assert not panel.is_visible()


# ---- the world around it


def test_keys_act_only_inside_and_never_reach_the_notebook(shown):
    cells = shown.page.locator(".jp-Cell")
    before = cells.count()
    assert 1 == shown.click("Next swap")
    assert 2 == shown.press("d", "d", "x", "a", "c", "v", "z", "m", "Escape", "j")
    assert before == cells.count()

    shown.page.locator(".jp-InputArea-editor").first.click()
    shown.press("ArrowRight", "End", "n")
    shown.page.keyboard.press("Control+z")
    assert 2 == shown.n


def test_python_reads_and_sets_the_position(shown):
    shown.go(11)
    shown.page.wait_for_timeout(400)
    assert "11" == shown.python("shown.index")
    shown.python("setattr(shown, 'index', 23)")
    shown.page.wait_for_function(AT_23)

    shown.assert_equals_python(23)


def test_two_views_of_one_player_move_together(shown):
    second = shown.page.locator(".pmulab-player").nth(1)
    second.get_by_role("button", name="Last step").click()

    shown.assert_equals_python(len(shown.trace))
    assert len(shown.trace) == int(second.get_attribute("data-index"))


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_pictures_for_people_to_look_at(shown, theme):
    shown.page.set_viewport_size(SIZE | {"height": 1300})
    shown.lab.use_theme(f"JupyterLab {theme}")
    for name, n in {"swap": 40, "put": 30, "work": 14}.items():
        shown.go(n)
        shown.root.scroll_into_view_if_needed()
        shown.lab.screenshot(f"player-{name}-{theme.lower()}")


@pytest.mark.parametrize(("name", "width"), [("window-900", 900), ("zoom-200", 640)])
def test_a_narrow_window_loses_nothing(shown, name, width):
    shown.page.set_viewport_size({"width": width, "height": 1100})
    shown.go(30)
    shown.page.wait_for_timeout(300)
    shown.root.scroll_into_view_if_needed()
    shown.lab.screenshot(f"player-{name}")
    box = shown.root.bounding_box()
    controls = shown.root.locator("button:visible, select, input").all()
    right = [place["x"] + place["width"] for place in (c.bounding_box() for c in controls)]

    assert 0 <= box["x"] < box["x"] + box["width"] <= width
    assert max(right) <= box["x"] + box["width"]


# ---- accessibility


def axe():
    """Return axe-core's source out of the package that brings it, or skip."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None:
        pytest.skip("axe-core not found: pip install axe-playwright-python")
    return (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing(shown, theme):
    source = axe()
    shown.lab.use_theme(f"JupyterLab {theme}")
    shown.go(30)
    shown.press("b", "?")
    # The themes fade; a colour on its way is none of ours.
    shown.page.wait_for_timeout(500)
    shown.page.evaluate(source)
    found = shown.page.evaluate("axe.run({include: [['.jp-OutputArea-output']]})")
    shown.press("Escape")

    assert [] == [
        (rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["violations"]
    ]


def test_every_control_has_a_name(shown):
    script = """root => [...root.querySelectorAll('button, input, select')]
      .filter(control => !(control.ariaLabel || control.textContent.trim()))
      .map(control => control.outerHTML)"""

    assert [] == shown.root.evaluate(script)


# ---- the chart


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_the_chart_of_a_counter_shows_in_both_themes(shown, theme):
    shown.lab.use_theme(f"JupyterLab {theme}")
    chart = shown.page.locator(".bqplot").first
    chart.wait_for()
    chart.scroll_into_view_if_needed()
    shown.page.wait_for_timeout(600)
    shown.lab.screenshot(f"counters-{theme.lower()}")

    assert chart.locator("path.line").count() >= 3


# ---- large traces


SCRUB = """async (root) => {
  const slider = root.querySelector('input[type=range]');
  const frame = () => new Promise(requestAnimationFrame);
  const lags = [];
  for (let k = 0; k <= 60; k++) {
    await frame();
    const start = performance.now();
    slider.value = Math.round((20000 * ((k * 37 + 36) % 61)) / 60);
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    await frame();
    await new Promise((r) => setTimeout(r));
    lags.push(performance.now() - start);
  }
  lags.sort((a, b) => a - b);
  return [lags[30], lags[57], root.dataset.index];
}"""


@pytest.mark.slow
def test_a_trace_of_20_000_steps_is_scrubbed_to_its_end(lab, trace):
    longer = "Trace(trace.scenario, trace.lanes, trace.initial, (trace.records * 200)[:20_000])"
    show(lab, trace, SHOW.replace("player(trace)", f"player({longer})"))
    median, p95, at = lab.page.locator(".pmulab-player").evaluate(SCRUB)
    print(f"\nscrub of 20,000 steps: median {median:.1f} ms, p95 {p95:.1f} ms")

    # How long it takes depends on the machine: `make bench-ui` puts it beside a bare slider.
    assert "20000" == at
