"""The player in real JupyterLab: what its page shows is what Python says, forwards and backwards."""

import importlib.util
import json
import random
from pathlib import Path

import pytest

from pmulab.view.steps import SIGNS, step

NOTEBOOK = "player-test.ipynb"
SAVED = "player-trace.json"
SHOW = f"""\
from pmulab.sim.trace import Trace
from pmulab.view import counter_chart, player
shown = player(Trace.load("{SAVED}"))
shown
"""
CELLS = """\
Object.fromEntries([...document.querySelectorAll('.pmulab-player td[data-location]')].map(td =>
  [td.dataset.location, [td.dataset.value, td.dataset.sign,
    td.querySelector('.pl-sign').firstChild?.textContent ?? '',
    td.querySelector('.pl-detail').textContent]]))"""


@pytest.fixture
def trace(hand_made):
    return hand_made


@pytest.fixture
def hand_made(request):
    """Load the trace made by hand that the headless tests use."""
    path = Path(__file__).parents[1] / "view" / "conftest.py"
    spec = importlib.util.spec_from_file_location("traces_by_hand", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.two_guests_trace(rounds=2)


class Shown:
    """A player in a notebook."""

    def __init__(self, lab, trace):
        self.lab, self.page, self.trace = lab, lab.page, trace
        self.root = lab.page.locator(".pmulab-player")
        self.slider = self.root.get_by_role("slider", name="Step")

    @property
    def n(self):
        """The position that the page shows."""
        self.frames()
        return int(self.root.get_attribute("data-index"))

    def frames(self):
        """Wait until what was asked for is drawn."""
        self.page.evaluate(
            "new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))"
        )

    def press(self, *keys):
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
        return self.n

    def click(self, name):
        """Click a button by its name."""
        self.root.get_by_role("button", name=name, exact=True).click()
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
        now = step(self.trace, n)
        cells = {cell.location: cell for _, row in now.rows for cell in row if cell}
        expected = {
            at: [hex(cell.value), cell.sign, SIGNS[cell.sign].strip(), cell.detail]
            for at, cell in cells.items()
        }
        page = self.page.evaluate(CELLS)
        text = lambda selector: self.root.locator(selector).inner_text()  # noqa: E731

        assert n == self.n
        assert expected == {at: page[at] for at in expected}
        assert {at: hex(v) for at, v in self.trace.snapshot(n).items()} == {
            at: value for at, (value, *_) in page.items()
        }
        assert now.heading == text("h3")
        assert now.sentence == text(".pl-sentence")
        assert now.code == text(".pl-line code")
        assert [f"{name}{says}" for name, says in now.places] == [
            head.text_content() for head in self.root.locator("th[data-place]").all()
        ]


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


@pytest.fixture
def open_notebook(lab):
    """Open a notebook of these cells beside this saved trace, and run it."""

    def open_it(trace, *sources):
        lab.page.goto(f"{lab.address}/lab")
        lab.page.wait_for_function("window.jupyterapp?.serviceManager?.contents")
        write(lab, SAVED, "file", json.dumps(trace.as_dict()))
        write(lab, NOTEBOOK, "notebook", notebook(*sources))
        lab.open(NOTEBOOK)
        lab.run_all()

    return open_it


@pytest.fixture
def shown(lab, open_notebook, trace):
    """Show the player of the trace made by hand."""
    open_notebook(trace, SHOW)
    player = Shown(lab, trace)
    player.root.wait_for()
    yield player
    assert [] == lab.tracebacks()


# ---- positions


def test_it_begins_at_the_start_and_steps_by_key_and_by_button(shown):
    shown.assert_equals_python(0)
    shown.slider.focus()

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
    shown.slider.focus()
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
    accusation = shown.root.get_by_role("button", name="Next accusation")

    assert "true" == accusation.get_attribute("aria-disabled")
    assert "No accusation in this trace" == accusation.get_attribute("title")
    assert 0 == shown.click("Next accusation")
    shown.go(len(shown.trace))
    assert "No swap after this step" == shown.root.get_by_role(
        "button", name="Next swap"
    ).get_attribute("title")


def test_playing_goes_to_the_end_and_stops(shown):
    shown.root.get_by_label("Speed").select_option("8")
    shown.go(len(shown.trace) - 12)
    shown.slider.focus()
    shown.page.keyboard.press("Space")
    shown.root.get_by_role("button", name="Pause").wait_for()
    shown.root.get_by_role("button", name="Play", exact=True).wait_for()

    shown.assert_equals_python(len(shown.trace))


def test_bookmarks_are_set_visited_and_removed(shown):
    shown.go(7)
    shown.slider.focus()
    shown.press("b", "End", "b")

    assert 7 == shown.press("[")
    assert len(shown.trace) == shown.press("]")
    assert 7 == shown.click("Bookmark at step 7")
    shown.click("Bookmark")
    assert 0 == shown.root.get_by_role("button", name="Bookmark at step 7").count()
    shown.page.wait_for_timeout(400)
    assert f"[{len(shown.trace)}]" == shown.python("shown.bookmarks")


def test_help_opens_and_closes_and_names_every_key(shown):
    panel = shown.root.get_by_role("region", name="Keys and signs")
    shown.slider.focus()
    shown.press("?")
    panel.wait_for()
    shown.lab.screenshot("player-help")
    text = panel.inner_text()

    for key in "← → Home End Space n p b [ ] ?".split():
        assert key in text
    shown.press("Escape")
    assert not panel.is_visible()


# ---- the world around it


def test_keys_act_only_inside_and_never_reach_the_notebook(shown):
    shown.click("Next swap")
    before = shown.page.locator(".jp-Cell").count()
    shown.press("d", "d", "x", "a", "c", "v", "z", "m", "Escape", "j")
    assert before == shown.page.locator(".jp-Cell").count()
    assert 2 == shown.n

    shown.page.locator(".jp-InputArea-editor").first.click()
    shown.press("ArrowRight", "End", "n")
    assert 2 == shown.n


def test_python_reads_and_sets_the_position(shown):
    shown.go(11)
    shown.page.wait_for_timeout(400)
    assert "11" == shown.python("shown.index")
    shown.python("setattr(shown, 'index', 23)")
    shown.page.wait_for_function("document.querySelector('.pmulab-player').dataset.index === '23'")

    shown.assert_equals_python(23)


def test_two_views_of_one_player_move_together(lab, open_notebook, trace):
    open_notebook(trace, SHOW, "shown")
    lab.page.locator(".pmulab-player").nth(1).wait_for()
    lab.page.locator(".pmulab-player").nth(1).get_by_role("button", name="Last step").click()
    every = "[...document.querySelectorAll('.pmulab-player')].map(e => +e.dataset.index)"
    lab.page.wait_for_function(f"{every}.every(n => n === {len(trace)})")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_pictures_for_people_to_look_at(shown, theme):
    shown.page.set_viewport_size({"width": 1280, "height": 1400})
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
    shown.lab.screenshot(f"player-{name}")
    box = shown.root.bounding_box()

    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    for control in shown.root.locator("button:visible, select, input").all():
        place = control.bounding_box()
        assert place["x"] + place["width"] <= box["x"] + box["width"]


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
    shown.slider.focus()
    shown.press("b", "?")
    # The themes fade; a colour on its way is none of ours.
    shown.page.wait_for_timeout(500)
    shown.page.evaluate(source)
    found = shown.page.evaluate("axe.run({include: [['.jp-OutputArea-output']]})")

    assert [] == [
        (rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["violations"]
    ]


def test_every_control_has_a_name(shown):
    script = """e => [...e.querySelectorAll('button, input, select')]
      .filter(c => !(c.ariaLabel || c.textContent.trim()))
      .map(c => c.outerHTML)"""

    assert [] == shown.root.evaluate(script)


# ---- the chart


def test_the_chart_of_a_counter_shows_in_both_themes(lab, open_notebook, trace):
    source = f'{SHOW}\ncounter_chart(shown.trace, "PMCCNTR_EL0")'
    open_notebook(trace, source.replace("\nshown\n", "\n"))
    lab.page.locator(".bqplot .lines path, .bqplot path.line").first.wait_for(state="attached")
    for theme in ("Light", "Dark"):
        lab.use_theme(f"JupyterLab {theme}")
        lab.page.wait_for_timeout(600)
        lab.screenshot(f"counters-{theme.lower()}")
    assert [] == lab.tracebacks()


# ---- large traces


@pytest.mark.slow
def test_a_trace_of_20_000_steps_opens_quickly_and_stays_smooth(lab, open_notebook, trace):
    longer = "Trace(t.scenario, t.lanes, t.initial, (t.records * 200)[:20_000])"
    source = SHOW.replace(f'player(Trace.load("{SAVED}"))', f"player({longer})")
    source = source.replace("shown =", f't = Trace.load("{SAVED}")\nshown =')
    open_notebook(trace, source)
    root = lab.page.locator(".pmulab-player")
    root.wait_for()
    lag = root.evaluate(SCRUB)
    print(f"\nscrub of 20,000 steps: median {lag[0]:.1f} ms, p95 {lag[1]:.1f} ms")

    assert 20_000 == int(root.get_attribute("data-index"))
    assert lag[1] < 50


SCRUB = """async (root) => {
  const slider = root.querySelector('input[type=range]');
  const frame = () => new Promise(requestAnimationFrame);
  const lags = [];
  for (let k = 0; k <= 60; k++) {
    await frame();
    const start = performance.now();
    slider.value = Math.round(20000 * ((k * 37) % 61) / 60) ;
    if (k === 60) slider.value = 20000;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    await frame();
    await new Promise((r) => setTimeout(r));
    lags.push(performance.now() - start);
  }
  lags.sort((a, b) => a - b);
  return [lags[30], lags[57]];
}"""
