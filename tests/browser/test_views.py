"""Every view in real JupyterLab and in Notebook 7: controls, states, themes, sizes, pictures.

One notebook with all of them is opened once in each front end. Pictures go to output/; a person
looks at them, also as people with a colour vision deficiency see them.
"""

import importlib.util
import random
from pathlib import Path

import pytest
from browser.conftest import OUTPUT, Lab
from browser.test_player import FRAMES, notebook, write

SIZE = {"width": 1280, "height": 1000}
NOTEBOOK = "views-test.ipynb"
BOARDS = {
    "ownership_map": ("dynamic-reservation", "Who owns which counter of cpu0", 44),
    "filter_board": ("banned-while-away", "Event filter", 113),
    "interrupt_path": ("overflow-interrupt", "Interrupt path", 49),
}
SETUP = """\
from dataclasses import replace
from pmulab.sim.machine import Machine
from pmulab.sim.scenario import load
from pmulab.view import *
def traced(name):
    machine = Machine(load(name))
    machine.run()
    return machine.trace"""
CELLS = {
    "bits": 'bits_ = bits("PMCNTENSET_EL0", 0x5); bits_',
    "plain": 'plain = bits("MDCR_EL2", 0x84); plain',
    **{view: f'{view}_ = {view}(traced("{name}")); {view}_' for view, (name, *_) in BOARDS.items()},
    "verdict": """\
class Broken:
    trace = traced("two-guests")[:60]
    said = replace(trace[-1], kind="accusation", text="own_counts: B", marks=("accusation",))
    trace = replace(trace, records=(*trace.records, said, *trace.records[-1:]))
    def lines(self):
        return ["swap: not yet. The law own_counts is broken.", "  B, PMEVCNTR0_EL0"]
verdict_ = verdict_view(Broken()); verdict_""",
    "private": """\
private = against_private({"private PMU": [(0, 0), (100, 100), (300, 200)],
    "guest A here": [(0, 0), (100, 100), (200, 100), (300, 150)]}); private""",
    "costs": """\
costs_ = costs({"exits": [("read loop", 900, 12), ("profile", 300, 40)],
    "cycles": [("read loop", 9_000_000, 120_000), ("profile", 300_000, 40_000)]}); costs_""",
    "heat": """\
heat = heat_map(lambda x, y: x * y // 7, ("time slice", [100, 200, 400, 800]),
    ("sampling rate", [10, 20, 50]), "late samples"); heat""",
}


class Front:
    """A front end with all views in one notebook."""

    def __init__(self, name, lab):
        self.name, self.lab, self.page = name, lab, lab.page

    def python(self, code):
        """Evaluate code in the notebook's kernel and return the value's repr."""
        script = """async (code) => {
          const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
          const done = kernel.requestExecute({code: '', user_expressions: {value: code}});
          const value = (await done.done).content.user_expressions.value;
          return value.status === 'ok' ? value.data['text/plain'] : value.evalue;
        }"""
        return self.page.evaluate(script, code)

    def text(self, code):
        """Evaluate code that gives a text."""
        return eval(self.python(code))

    def output(self, cell):
        """Find the output of a cell by its name."""
        place = 1 + list(CELLS).index(cell)
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(place)

    def picture(self, name, cell):
        """Store a picture of a cell."""
        OUTPUT.mkdir(exist_ok=True)
        place = self.output(cell)
        place.scroll_into_view_if_needed()
        self.page.wait_for_timeout(250)
        place.screenshot(path=OUTPUT / f"{name}.png")


def opened_in(name, browser, server):
    """Open the notebook in a front end and run it."""
    context = browser.new_context(viewport=SIZE)
    context.set_default_timeout(30_000)
    page, errors = context.new_page(), []
    page.on("console", lambda m: m.type == "error" and errors.append(f"console: {m.text}"))
    page.on("pageerror", lambda error: errors.append(f"page: {error}"))
    lab = Lab(page, server, errors)
    page.goto(f"{server}/lab")
    page.wait_for_function("window.jupyterapp?.serviceManager?.contents")
    write(lab, NOTEBOOK, "notebook", notebook(SETUP, *CELLS.values()))
    page.goto(f"{server}/{'notebooks' if name == 'notebook' else 'doc/tree'}/{NOTEBOOK}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    )
    # Notebook 7 reports a page error of its own while it loads (measured: ecosystem notes).
    errors.clear()
    lab.run_all()
    page.locator(".pmulab-board").nth(2).wait_for()
    page.locator(".pmulab-player").first.wait_for()
    page.locator(".bqplot").nth(3).wait_for(state="attached")
    return Front(name, lab), context


@pytest.fixture(scope="module", params=["lab", "notebook"])
def opened(request, browser, server):
    """Open all views once in each front end."""
    front, context = opened_in(request.param, browser, server)
    yield front
    context.close()


@pytest.fixture
def front(opened):
    """Give a front end; no console error and no traceback may be left at the end."""
    opened.page.set_viewport_size(SIZE)
    yield opened
    if opened.lab.in_dark:
        opened.lab.use_theme("JupyterLab Light")

    assert [] == opened.lab.tracebacks()
    assert [] == opened.lab.errors


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_for_people_to_look_at(front, theme):
    if front.name == "notebook" and theme == "dark":
        pytest.skip("the same pictures as in JupyterLab")
    front.page.set_viewport_size(SIZE | {"height": 1500})
    front.lab.use_theme(f"JupyterLab {theme.title()}")
    for view, (*_, n) in BOARDS.items():
        front.python(f"setattr({view}_, 'index', {n})")
    front.python("bits_.write(0x4, 'PMCNTENCLR_EL0'), plain.write(0x82)")
    front.page.wait_for_timeout(400)
    for cell in CELLS:
        front.picture(f"view-{cell}-{front.name}-{theme}", cell)


# ---- boards


ROWS = """root => [...root.querySelectorAll('.bd-table tbody tr')].map(tr =>
  [...tr.children].map(cell => cell.textContent))"""


def board(front, view):
    """Find a board by its title."""
    return front.page.get_by_role("group", name=f"{BOARDS[view][1]} in {BOARDS[view][0]}").first


def at(front, root):
    """Return the position that a board shows, once what was asked for is drawn."""
    front.page.evaluate(FRAMES)
    return int(root.get_attribute("data-index"))


def assert_equals_text(front, view, root, n):
    """Compare a board with what its text twin says of position n."""
    expected = front.text(f"{view}_.to_text({n})").split("\n")
    rows = [["", *row] if len(row) == 1 else row for row in root.evaluate(ROWS)]
    heading, record, says = (
        root.locator(part).inner_text() for part in ("h3", ".bd-record", ".pl-sentence")
    )
    name = root.locator(".pl-chip").inner_text() if root.locator(".pl-chip").is_visible() else ""

    assert n == at(front, root)
    assert expected[0] == f"{BOARDS[view][1]}. {heading}"
    assert expected[1] == record + (f"  [{name}]" if name else "")
    assert expected[2] == says
    assert [line.split() for line in expected[5:]] == [" ".join(row).split() for row in rows]


@pytest.mark.parametrize("view", BOARDS)
def test_a_board_shows_what_its_text_says_at_any_step(front, view):
    root, dice = board(front, view), random.Random(view)
    slider = root.get_by_role("slider", name="Step")
    length = int(slider.get_attribute("max"))
    steps = [length, 0, *(dice.randrange(length + 1) for _ in range(12))]
    for n in steps:
        slider.fill(str(n))
        assert_equals_text(front, view, root, n)


@pytest.mark.parametrize("view", BOARDS)
def test_every_way_through_a_board_works_by_mouse_and_by_key(front, view):
    root = board(front, view)
    slider = root.get_by_role("slider", name="Step")
    length = int(slider.get_attribute("max"))

    def click(name):
        root.get_by_role("button", name=name, exact=True).click()
        return at(front, root)

    def press(key):
        front.page.keyboard.press(key)
        return at(front, root)

    assert 0 == click("First")
    first, second = click("Next change"), click("Next change")
    assert 0 < first < second
    forwards = root.inner_html()
    assert [second + 1, second] == [click("Forward"), click("Back")]
    assert forwards == root.inner_html(), "back equals the earlier state exactly"
    assert first == click("Previous change")
    assert length == click("Last")
    slider.focus()
    assert [0, 1, 2, 1] == [press(key) for key in ("Home", "ArrowRight", "j", "k")]
    assert [0, first, second, first] == [press(key) for key in ("Home", "n", "n", "p")]
    assert [length, length - 10, length] == [press(key) for key in ("End", "PageUp", "PageDown")]
    picture = root.locator(".bd-time").bounding_box()
    front.page.mouse.click(picture["x"] + picture["width"] - 60, picture["y"] + 80)
    assert at(front, root) > 0
    assert_equals_text(front, view, root, at(front, root))


def test_python_reads_and_sets_the_position_of_a_board(front):
    root = board(front, "filter_board")
    root.get_by_role("slider", name="Step").fill("31")
    front.page.wait_for_timeout(400)
    assert "31" == front.python("filter_board_.index")
    front.python("setattr(filter_board_, 'index', 12)")
    front.page.wait_for_function(
        "document.querySelectorAll('.pmulab-board')[1].dataset.index === '12'"
    )
    assert_equals_text(front, "filter_board", root, 12)


# ---- bits


def bits_text(front, root, name):
    """Compare bits with their text twin."""
    front.page.wait_for_timeout(300)
    head, says = front.text(f"{name}.to_text()").split("\n")[:2]
    cells = root.evaluate("""root => [...root.querySelectorAll('.bt-cell')].map(cell =>
      [Number(cell.dataset.bit), Number(cell.dataset.holds),
       Number(cell.querySelector('button').textContent)])""")
    state = sum(holds << bit for bit, holds, _ in cells)
    operand = sum(one << bit for bit, _, one in cells)

    assert [head, says] == [root.locator(p).inner_text() for p in ("h2", ".pl-sentence")]
    assert f"({state}, {operand})" == front.python(f"({name}.value, int({name}.operand, 16))")
    return state


def test_bits_are_clicked_and_written_under_both_names(front):
    root = front.page.get_by_role("group", name="Bits of PMCNTENSET_EL0").first
    front.python("setattr(bits_, 'state', '0x5'), setattr(bits_, 'operand', '0x0')")
    root.get_by_role("button", name="Bit 1, P1, to write").click()
    root.get_by_role("button", name="Bit 0, P0, to write").click()
    root.get_by_role("button", name="Write to PMCNTENSET_EL0").click()
    assert 0x7 == bits_text(front, root, "bits_")
    root.get_by_role("button", name="Write to PMCNTENCLR_EL0").click()
    assert 0x4 == bits_text(front, root, "bits_")
    root.get_by_role("button", name="All ones").click()
    root.get_by_role("button", name="Write to PMCNTENCLR_EL0").click()
    assert 0 == bits_text(front, root, "bits_")
    root.get_by_role("button", name="All zeros").click()
    root.get_by_role("button", name="Write to PMCNTENSET_EL0").click()
    assert 0 == bits_text(front, root, "bits_")


def test_bits_work_by_keyboard(front):
    root = front.page.get_by_role("group", name="Bits of MDCR_EL2").first
    entry = root.get_by_role("textbox", name="Value to write, in hex")
    entry.fill("0x20083")
    entry.press("Enter")
    root.get_by_role("button", name="Write to MDCR_EL2").press("Enter")
    assert 0x20083 == bits_text(front, root, "plain")
    root.get_by_role("button", name="Bit 2, HPMN[2], to write").focus()
    for key in ("Space", "ArrowRight", "ArrowRight", "Space"):
        front.page.keyboard.press(key)
    root.get_by_role("button", name="Write to MDCR_EL2").press("Space")
    assert 0x20086 == bits_text(front, root, "plain")
    entry.fill("no number")
    entry.press("Enter")
    assert "0x20086" == entry.input_value()


# ---- charts and verdict


def test_the_heat_map_answers_its_sliders(front):
    cell = front.output("heat")
    cell.get_by_role("slider", name="time slice").press("End")
    cell.get_by_role("slider", name="sampling rate").fill("1")
    said = cell.get_by_role("status").filter(has_text="time slice 800, sampling rate 20")
    said.wait_for()

    assert "time slice 800, sampling rate 20: late samples 2,285" == said.inner_text()


def test_the_tables_of_the_charts_open(front):
    for name in ("private", "costs_", "heat"):
        cell = front.output(name.strip("_"))
        cell.locator("summary").first.press("Enter")
        rows = cell.locator("details tbody tr")

        assert f"{rows.count()}" == front.python(f"len({name}.rows)")
        cell.locator("summary").first.click()


def test_the_verdict_opens_at_the_accusation(front):
    player = front.output("verdict").locator(".pmulab-player")
    # A player draws itself once it can be seen.
    player.scroll_into_view_if_needed()
    player.locator(".pl-chips").get_by_text("accusation").first.wait_for()

    assert player.get_attribute("data-index") == front.python("verdict_.player.index")
    player.get_by_role("button", name="Back one step").click()
    player.get_by_role("button", name="Next accusation").click()
    # It is drawn with the next frame, so this waits instead of looking at once.
    player.locator(".pl-chips").get_by_text("accusation").first.wait_for()


# ---- for everybody


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing_in_our_outputs(front, theme):
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None:
        pytest.skip("axe-core not found: pip install axe-playwright-python")
    source = (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    front.lab.use_theme(f"JupyterLab {theme}")
    front.page.wait_for_timeout(500)
    front.page.evaluate(source)
    found = front.page.evaluate("axe.run({include: [['.jp-OutputArea-output']]})")

    assert [] == [
        (rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["violations"]
    ]


@pytest.mark.parametrize(("name", "width"), [("window-900", 900), ("zoom-200", 640)])
def test_a_narrow_window_loses_nothing(front, name, width):
    front.page.set_viewport_size({"width": width, "height": 1100})
    front.page.wait_for_timeout(500)
    if front.name == "lab":
        for cell in ("ownership_map", "interrupt_path", "bits"):
            front.picture(f"view-{cell}-{name}", cell)
    for root in front.page.locator(".pmulab-view").all():
        box = root.bounding_box()
        controls = root.locator("button:visible, select, input").all()
        right = [place["x"] + place["width"] for place in (c.bounding_box() for c in controls)]

        assert 0 <= box["x"] < box["x"] + box["width"] <= width
        assert max(right) <= box["x"] + box["width"]


DEFICIENCIES = ("protanopia", "deuteranopia", "tritanopia", "achromatopsia")


@pytest.mark.parametrize("kind", DEFICIENCIES)
def test_pictures_as_others_see_them(front, kind):
    if front.name == "notebook":
        pytest.skip("the same pictures as in JupyterLab")
    session = front.page.context.new_cdp_session(front.page)
    for view, (*_, n) in BOARDS.items():
        front.python(f"setattr({view}_, 'index', {n})")
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})
    for cell in (*BOARDS, "costs"):
        front.picture(f"vision-{cell}-{kind}", cell)
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": "none"})
    session.detach()
