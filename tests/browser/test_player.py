"""The player in real JupyterLab: its page shows what Python says, forwards and backwards.

One notebook is opened once; each test finds its player at the start.
"""

import json
import random

import pytest
from browser.conftest import FRAMES, axe_finds, in_front, notebook
from view.traces import two_guests_trace

from pmulab.view import to_text
from pmulab.view.steps import step
from pmulab.view.words import SIGNS, legend

# Each visible row of the registers as words: its name, then sign, value and detail of each place.
ROWS = """root => [...root.querySelectorAll('.pl-registers tbody tr:not([hidden])')].map(tr =>
  [...tr.children].flatMap(cell => {
    const box = cell.querySelector('div');
    const parts = box ? [...box.children].map((part, k) =>
      k ? part.textContent : part.firstChild?.textContent ?? '') : [cell.textContent];
    return parts.join(' ').split(/\\s+/).filter(Boolean);
  }))"""
LISTING = """rows => rows.map(tr => [...tr.children].slice(0, 4).map(td => td.textContent))"""
NAMES = """root => [...root.querySelectorAll('button, input, select, [tabindex="0"]')]
  .filter(control => control.checkVisibility())
  .map(control => control.ariaLabel || control.textContent.trim())"""
SIZE = {"width": 1280, "height": 1000}
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

    def assert_equals_text(self, n):
        """Compare the page with its text twin at position n, word for word."""
        top, around, table, *_ = to_text(self.trace, n).split("\n\n")
        # A chip begins with the letter of its icon.
        chips = [text.split()[-1] for text in self.root.locator(".pl-chip").all_inner_texts()]
        marks = f"  [{' '.join(chips)}]" if chips else ""
        says = [self.root.locator(at).inner_text() for at in ("h2", ".pl-sentence")]

        assert n == self.n
        assert top.split("\n")[:2] == [says[0], says[1] + marks]
        page = self.root.locator(".pl-listing tbody tr").evaluate_all(LISTING)
        for line, (number, cycle, who, what) in zip(around.split("\n"), page, strict=True):
            words = [line[1:6].strip(), line[6:15].strip(), line[19:28].strip()]
            assert [number.strip("▸ "), cycle, who] == words
            assert number.startswith("▸") == line.startswith(">")
            assert what in line
        assert self.root.evaluate(ROWS) == [line.split() for line in table.split("\n")[1:]]

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
            self.root.locator(at).inner_text() for at in ("h2", ".pl-sentence", ".pl-line code")
        ]

        assert n == self.n
        assert expected == {at: page[at] for at in expected}
        assert {at: hex(v) for at, v in snapshot.items()} == {at: v for at, (v, *_) in page.items()}
        assert [now.heading, now.sentence, now.code] == texts
        assert [f"{name}{says}" for name, says in now.places] == heads


def show(lab, trace, *sources):
    """Open a notebook of these cells, with a saved trace beside it, and run it."""
    # One server serves both front ends, and a notebook of the same name would share its kernel.
    name = f"player-{lab.front}-{len(sources)}.ipynb"
    lab.write(SAVED, "file", json.dumps(trace.as_dict()))
    lab.write(name, "notebook", notebook(*sources))
    lab.open(name)
    lab.run_all()
    lab.page.locator(".pmulab-player").first.wait_for()


@pytest.fixture(scope="module")
def trace():
    """Give the trace that the notebook shows."""
    return two_guests_trace(rounds=2)


@pytest.fixture(scope="module", params=["lab", "notebook"])
def opened(request, browser, server, trace):
    """Open the notebook once in each front end: a player, a second view of it, a chart."""
    with in_front(request.param, browser, server, SIZE) as lab:
        show(lab, trace, SHOW, "shown", CHART)
        # The text twin has every register that is used.
        lab.page.get_by_role("button", name="that do not change").first.click()
        yield Shown(lab, trace)


@pytest.fixture
def shown(opened):
    """Give the player, at the start and with the focus on its slider."""
    opened.page.set_viewport_size(SIZE)
    opened.lab.python("setattr(shown, 'bookmarks', [])")
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


def test_the_page_says_what_its_text_twin_says(shown):
    dice = random.Random(7)
    for n in [0, 1, len(shown.trace), *(dice.randrange(len(shown.trace) + 1) for _ in range(12))]:
        shown.go(n)
        shown.assert_equals_text(n)


def test_a_step_back_is_the_earlier_page_to_the_letter(shown):
    dice = random.Random(8)
    for n in [1, len(shown.trace) - 1, *(dice.randrange(1, len(shown.trace)) for _ in range(6))]:
        shown.go(n)
        before = shown.root.inner_html()
        shown.press("ArrowRight", "ArrowLeft")
        assert before == shown.root.inner_html()
        assert [n + 1, n] == [shown.click("Forward one step"), shown.click("Back one step")]
        shown.slider.focus()
        assert before == shown.root.inner_html()


# ---- every control, by mouse and by keyboard


def ways(trace):
    """List (button, where to press it, where that leads)."""
    length = len(trace)
    marks = {mark: trace.marked(mark)[0] + 1 for mark in ("overflow", "trap", "swap", "interrupt")}
    return [
        ("First step", 9, 0),
        ("Back one step", 9, 8),
        ("Forward one step", 9, 10),
        ("Last step", 9, length),
        *((f"Next {mark}", 0, n) for mark, n in marks.items()),
    ]


def test_every_button_works_by_mouse_and_by_keyboard(shown):
    for name, start, end in ways(shown.trace):
        shown.go(start)
        assert end == shown.click(name), name
        for key in ("Enter", "Space"):
            shown.go(start)
            shown.button(name).focus()
            assert end == shown.press(key), (name, key)


def test_every_key_does_what_the_list_says(shown):
    trace, length = shown.trace, len(shown.trace)
    first = {mark: trace.marked(mark)[0] + 1 for mark in ("overflow", "trap", "swap", "interrupt")}
    shown.go(20)
    shown.slider.focus()
    pressed = [shown.press(key) for key in "ArrowRight j ArrowLeft k PageDown PageUp".split()]

    assert [21, 22, 21, 20, 30, 20] == pressed
    assert [length, 0] == [shown.press("End"), shown.press("Home")]
    for key, mark in {"o": "overflow", "t": "trap", "s": "swap", "i": "interrupt"}.items():
        shown.press("Home")
        assert first[mark] == shown.press(key)
        shown.press("End")
        assert trace.marked(mark)[-1] + 1 == shown.press(f"Shift+{key.upper()}")
    shown.press("Home")
    assert 0 == shown.press("a"), "no accusation: it stays"


def test_the_speed_is_chosen_by_mouse_and_by_keyboard(shown):
    speed = shown.root.get_by_label("Speed")
    speed.select_option("0.25")
    assert "0.25" == speed.input_value()
    speed.focus()
    for _ in range(5):
        shown.page.keyboard.press("ArrowDown")
    assert "8" == speed.input_value()
    assert 0 == shown.n, "the keys of the list are no steps"


def test_play_and_pause_by_mouse_and_by_keyboard(shown):
    shown.root.get_by_label("Speed").select_option("0.25")
    for start, stop in (("click", "click"), ("Enter", "Enter"), ("Space", "Space")):
        for name, way in (("Play", start), ("Pause", stop)):
            button = shown.button(name)
            button.click() if way == "click" else button.press(way)
        assert "Play" == shown.button("Play").get_attribute("aria-label")


def test_the_slider_is_moved_by_mouse_and_by_keyboard(shown):
    box = shown.slider.bounding_box()
    y = box["y"] + box["height"] / 2
    shown.page.mouse.move(box["x"] + 9, y)
    shown.page.mouse.down()
    shown.page.mouse.move(box["x"] + box["width"] / 2, y, steps=4)
    shown.page.mouse.up()

    assert abs(shown.n - len(shown.trace) / 2) <= 1
    shown.press("Home")
    assert f"0 of {len(shown.trace)}: the start" == shown.slider.get_attribute("aria-valuetext")


def test_tab_reaches_every_control_once_and_leaves(shown):
    shown.slider.focus()
    names = shown.root.evaluate(NAMES)
    reached = []
    while shown.root.evaluate("root => root.contains(document.activeElement)"):
        script = "document.activeElement.ariaLabel || document.activeElement.textContent.trim()"
        reached.append(shown.page.evaluate(script))
        shown.page.keyboard.press("Tab")

    assert names == reached


def test_the_rest_of_the_registers_is_unfolded_by_mouse_and_by_keyboard(shown):
    more = shown.root.get_by_role("button", name="zero all the time")
    row = shown.root.get_by_role("rowheader", name="PMUSERENR_EL0")
    for act in (more.click, lambda: more.press("Enter"), lambda: more.press("Space")):
        act()
        assert row.is_visible()
        act()
        assert not row.is_visible()


def test_the_overview_is_pressed_and_the_lanes_are_dragged(shown):
    shown.root.locator(".pl-overview").scroll_into_view_if_needed()
    small = shown.root.locator(".pl-overview").bounding_box()
    shown.page.mouse.click(small["x"] + small["width"] - 1, small["y"] + 6)
    assert len(shown.trace) == shown.n
    shown.go(30)
    cursor = shown.root.locator(".pl-cursor rect").bounding_box()
    x, y = cursor["x"] + cursor["width"] / 2, cursor["y"] + 20
    shown.page.mouse.move(x, y)
    shown.page.mouse.down()
    shown.page.mouse.move(x - 4 * cursor["width"], y, steps=5)
    shown.page.mouse.up()

    assert 26 == shown.n


def test_the_lanes_and_the_records_go_where_they_are_clicked(shown):
    shown.go(30)
    cursor = shown.root.locator(".pl-cursor rect").bounding_box()
    shown.page.mouse.click(cursor["x"] + 3.5 * cursor["width"], cursor["y"] + 20)
    assert 33 == shown.n
    shown.click("Records")
    shown.root.locator(".pl-listing tbody tr").nth(0).click()
    shown.click("Records")

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
    assert f"[{len(shown.trace)}]" == shown.lab.python("shown.bookmarks")


def test_help_opens_and_closes_and_names_every_key(shown):
    panel = shown.root.get_by_role("region", name="Keys and signs")
    shown.press("?")
    panel.wait_for()
    shown.lab.screenshot("player-help")
    text = panel.inner_text()

    assert [] == [key for key in "← → k j Home End Space n p b [ ] ?".split() if key not in text]
    taught = panel.locator("dl").nth(1).locator("dt").all_inner_texts()
    assert [sign for sign, _ in legend(shown.trace)["letters"]] == taught
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
    assert "11" == shown.lab.python("shown.index")
    shown.lab.python("setattr(shown, 'index', 23)")
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
        shown.lab.screenshot(f"player-{name}-{shown.lab.front}-{theme.lower()}")


@pytest.mark.parametrize(("name", "width"), [("window-900", 900), ("zoom-200", 640)])
def test_a_narrow_window_loses_nothing(shown, name, width):
    shown.page.set_viewport_size({"width": width, "height": 1100})
    shown.go(30)
    shown.page.wait_for_timeout(300)
    shown.root.scroll_into_view_if_needed()
    shown.lab.screenshot(f"player-{name}-{shown.lab.front}")
    box = shown.root.bounding_box()
    controls = shown.root.locator("button:visible, select, input").all()
    right = [place["x"] + place["width"] for place in (c.bounding_box() for c in controls)]

    assert 0 <= box["x"] < box["x"] + box["width"] <= width
    assert max(right) <= box["x"] + box["width"]


# ---- accessibility


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing(shown, theme):
    shown.lab.use_theme(f"JupyterLab {theme}")
    shown.go(30)
    shown.press("b", "?")
    found = axe_finds(shown.page)
    shown.press("Escape")

    assert [] == found


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
