"""Every view in real JupyterLab and in Notebook 7: controls, states, themes, sizes, pictures.

One notebook with all of them is opened once in each front end. Pictures go to output/; a person
looks at them, also as people with a colour vision deficiency see them.
"""

import random

import pytest
from browser.conftest import FRAMES, OUTPUT, axe_finds, in_front, notebook

SIZE = {"width": 1280, "height": 1000}
BOARDS = {
    "ownership_map": ("dynamic-reservation", "Who owns which counter of cpu0", 44),
    "filter_board": ("banned-while-away", "Event filter", 113),
    "interrupt_path": ("overflow-interrupt", "Interrupt path", 49),
}
SETUP = """\
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
    "anew": """\
machine = Machine("static-reservation")
anew = ownership_map(machine.run(), 35, again=machine.with_hpmn); anew""",
    "accused": """\
from pmulab import Hypervisor
from pmulab.lab.exercises.judge import judge
from pmulab.view.play import accused_at
class Fold(Hypervisor):
    def fold_overflow(self, vcpu):
        flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        vcpu.regs["PMOVSSET_EL0"] = flags
        self.cpu.msr("PMOVSCLR_EL0", flags)
trace = judge("swap.fold", Fold).trace
accused = player(trace, accused_at(trace)); accused""",
    "private": """\
private = against_private({"private PMU": [(0, 0), (100, 100), (300, 200)],
    "guest A here": [(0, 0), (100, 100), (200, 100), (300, 150)]}); private""",
    "costs": """\
costs_ = costs({"exits": [("read loop", 900, 12), ("profile", 300, 40)],
    "cycles": [("read loop", 9_000_000, 120_000), ("profile", 300_000, 40_000)]}); costs_""",
    "counters": 'counters = counter_chart(traced("two-guests")); counters',
    "heat": """\
heat = heat_map(lambda x, y: x * y // 7, ("time slice", [100, 200, 400, 800]),
    ("sampling rate", [10, 20, 50]), "late samples"); heat""",
}


class Front:
    """A front end with all views in one notebook."""

    def __init__(self, lab):
        self.name, self.lab, self.page, self.python = lab.front, lab, lab.page, lab.python

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


@pytest.fixture(scope="module", params=["lab", "notebook"])
def opened(request, browser, server):
    """Open all views once in each front end."""
    with in_front(request.param, browser, server, SIZE) as lab:
        name = f"views-{lab.front}.ipynb"
        lab.write(name, "notebook", notebook(SETUP, *CELLS.values()))
        lab.open(name)
        lab.run_all()
        lab.page.locator(".pmulab-board").nth(3).wait_for()
        lab.page.locator(".pmulab-player").first.wait_for()
        lab.page.locator(".bqplot").nth(4).wait_for(state="attached")
        yield Front(lab)


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
NAMES = """root => [...root.querySelectorAll('button, input, select, summary, [tabindex="0"]')]
  .filter(control => control.checkVisibility())
  .map(control => control.ariaLabel || control.textContent.trim())"""
REACHED = "document.activeElement.ariaLabel || document.activeElement.textContent.trim()"


def board(front, view):
    """Find a board by its title."""
    return front.page.get_by_role("group", name=f"{BOARDS[view][1]} in {BOARDS[view][0]}").first


def at(front, root):
    """Return the position that a board shows, once what was asked for is drawn."""
    front.page.evaluate(FRAMES)
    return int(root.get_attribute("data-index"))


def assert_equals_text(front, view, root, n):
    """Compare a board with what its text twin says of position n."""
    assert n == at(front, root)
    shown = view if view == "anew" else f"{view}_"
    head, table = (part.split("\n") for part in front.text(f"{shown}.to_text({n})").split("\n\n"))
    rows = [" ".join(row).split() for row in root.evaluate(ROWS)]
    heading, record, says = (
        root.locator(part).inner_text() for part in ("h3", ".bd-record", ".pl-sentence")
    )
    name = root.locator(".pl-chip").inner_text() if root.locator(".pl-chip").is_visible() else ""

    what_if = root.locator(".bd-whatif span")
    beside = [what_if.inner_text()] if what_if.count() and what_if.is_visible() else []

    assert head == [
        f"{root.locator('h2').inner_text()}. {heading}",
        record + (f"  [{name}]" if name else ""),
        says,
        *beside,
    ]
    assert [line.split() for line in table[1:]] == rows


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

    def push(name, key):
        root.get_by_role("button", name=name, exact=True).focus()
        return press(key)

    slider.fill("7")
    assert 0 == click("First")
    first, second = click("Next change"), click("Next change")
    assert 0 < first < second
    assert [second + 1, second] == [click("Forward"), click("Back")]
    assert first == click("Previous change")
    assert length == click("Last")
    for key in ("Enter", "Space"):
        assert [length, 0] == [push("Last", key), push("First", key)]
        assert [first, second] == [push("Next change", key), push("Next change", key)]
        assert [second + 1, second] == [push("Forward", key), push("Back", key)]
        assert first == push("Previous change", key)
    slider.focus()
    assert [0, 1, 2, 1] == [press(key) for key in ("Home", "ArrowRight", "j", "k")]
    assert [0, first, second, first] == [press(key) for key in ("Home", "n", "n", "p")]
    assert [length, length - 10, length] == [press(key) for key in ("End", "PageUp", "PageDown")]
    assert length - 1 == press("ArrowLeft")
    assert_equals_text(front, view, root, at(front, root))


@pytest.mark.parametrize("view", BOARDS)
def test_a_board_s_picture_is_pressed_and_dragged(front, view):
    root = board(front, view)
    root.get_by_role("slider", name="Step").fill("0")
    front.page.evaluate(FRAMES)
    root.locator(".bd-time").scroll_into_view_if_needed()
    cursor = root.locator(".bd-time .pl-cursor rect").first.bounding_box()
    x, y, column = cursor["x"] + cursor["width"] / 2, cursor["y"] + 20, cursor["width"]
    front.page.mouse.click(x + 3 * column, y)
    third = at(front, root)
    front.page.mouse.move(x + 3 * column, y)
    front.page.mouse.down()
    front.page.mouse.move(x + column, y, steps=4)
    front.page.mouse.up()

    assert 0 < at(front, root) < third
    assert_equals_text(front, view, root, at(front, root))


@pytest.mark.parametrize("view", BOARDS)
def test_a_step_back_on_a_board_is_the_earlier_page_to_the_letter(front, view):
    root, dice = board(front, view), random.Random(view)
    slider = root.get_by_role("slider", name="Step")
    length = int(slider.get_attribute("max"))
    for n in [0, length - 1, *(dice.randrange(length) for _ in range(6))]:
        slider.fill(str(n))
        slider.focus()
        front.page.evaluate(FRAMES)
        before = root.inner_html()
        front.page.keyboard.press("ArrowRight")
        assert n + 1 == at(front, root)
        front.page.keyboard.press("ArrowLeft")
        assert n == at(front, root)
        assert before == root.inner_html()


def test_tab_reaches_every_control_of_every_view(front):
    for root in front.page.locator(".pmulab-view").all():
        root.locator("button, input").first.focus()
        names, reached = root.evaluate(NAMES), []
        while root.evaluate("root => root.contains(document.activeElement)"):
            reached.append(front.page.evaluate(REACHED))
            front.page.keyboard.press("Tab")

        # A board's handle stands before its slider, where the walk began.
        assert {name for name in names if not name.startswith("HPMN")} <= {*reached}
        assert all(names)
    board(front, "ownership_map").get_by_role("slider", name="Step").focus()
    front.page.keyboard.press("Shift+Tab")
    assert "HPMN, what if" == front.page.evaluate(REACHED)


# ---- HPMN as a handle


def test_the_handle_is_moved_by_keyboard_and_says_who_would_own_what(front):
    root = board(front, "ownership_map")
    root.get_by_role("slider", name="Step").fill("44")
    knob = root.get_by_role("slider", name="HPMN, what if")
    assert 44 == at(front, root)
    assert ("2", "2, as recorded") == (
        knob.get_attribute("aria-valuenow"),
        knob.get_attribute("aria-valuetext"),
    )
    # The knob says it, so the name below the knob gives way.
    assert 1 == root.locator(".bd-covered").count() < root.locator(".bd-edge").count()
    knob.focus()
    for key, hpmn in {"ArrowUp": 3, "ArrowDown": 2, "Home": 0, "End": 4, "ArrowLeft": 3}.items():
        front.page.keyboard.press(key)
        front.page.wait_for_timeout(200)

        assert (
            f"{hpmn}" == knob.get_attribute("aria-valuenow") == front.python("ownership_map_.hpmn")
        )
        assert_equals_text(front, "ownership_map", root, 44)
    assert 0 == root.locator(".bd-covered").count()
    said = (
        "If HPMN were 3: counters 0 to 2 and the cycle counter would be A's; counter 3 the host's."
    )
    assert said == knob.get_attribute("aria-valuetext")
    for n in (0, 30, 70, 173):
        root.get_by_role("slider", name="Step").fill(f"{n}")
        assert_equals_text(front, "ownership_map", root, n)
    knob.press("Escape")
    front.page.wait_for_timeout(200)
    assert "None" == front.python("ownership_map_.hpmn")
    assert_equals_text(front, "ownership_map", root, 173)


def test_the_handle_is_dragged_and_put_back_by_mouse(front):
    root = board(front, "ownership_map")
    root.get_by_role("slider", name="Step").fill("44")
    front.page.evaluate(FRAMES)
    knob = root.get_by_role("slider", name="HPMN, what if")
    knob.scroll_into_view_if_needed()
    box = knob.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    front.page.mouse.move(x, y)
    front.page.mouse.down()
    # A row is 30 high, so this is one counter more and then one less than recorded.
    for way, hpmn in ((-30, "3"), (30, "1")):
        front.page.mouse.move(x, y + way, steps=5)
        front.page.wait_for_timeout(200)
        assert hpmn == knob.get_attribute("aria-valuenow")
    front.page.mouse.up()
    front.page.wait_for_timeout(200)
    assert hpmn == front.python("ownership_map_.hpmn")
    assert_equals_text(front, "ownership_map", root, 44)
    front.picture(f"view-ownership_map-what-if-{front.name}", "ownership_map")
    root.get_by_role("button", name="As recorded").click()
    front.page.wait_for_timeout(200)

    assert "None" == front.python("ownership_map_.hpmn")
    assert_equals_text(front, "ownership_map", root, 44)


def test_the_world_runs_anew_with_the_hpmn_of_the_handle(front):
    page = front.page
    knob = front.output("anew").get_by_role("slider", name="HPMN, the world runs anew")

    def shows(owners, says):
        root = front.output("anew").locator(".pmulab-board")
        root.get_by_text(says).first.wait_for()
        front.page.wait_for_timeout(300)
        assert_equals_text(front, "anew", root, int(front.python("anew.index")))
        assert owners == [row[2] for row in root.evaluate(ROWS)]

    def focused():
        return page.evaluate("document.activeElement.ariaValueText")

    recorded = "HPMN is 2: counters 0 and 1 and the cycle counter are A's"
    shows(["host", "host", "A", "A", "A"], recorded)
    knob.press("ArrowUp")
    shows(["host", "A", "A", "A", "A"], "The world has run anew with HPMN 3.")
    assert "3, run anew" == focused()
    page.keyboard.press("End")
    shows(["A"] * 5, "The world has run anew with HPMN 4.")
    page.keyboard.press("Escape")
    shows(["host", "host", "A", "A", "A"], recorded)
    knob.scroll_into_view_if_needed()
    box = knob.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y + 30, steps=5)
    page.get_by_text("If HPMN were 1: counter 0 and the cycle counter would be A's").wait_for()
    page.mouse.up()
    shows(["host", "host", "host", "A", "A"], "The world has run anew with HPMN 1.")
    front.picture(f"view-ownership_map-anew-{front.name}", "anew")
    front.output("anew").get_by_role("button", name="As recorded").click()
    shows(["host", "host", "A", "A", "A"], recorded)


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
    fields = front.text(f"{name}.to_text()").split("\n")[4:]
    page = root.locator(".bt-field:not(.bt-legend)")

    assert [head, says] == [root.locator(p).inner_text() for p in ("h2", ".pl-sentence")]
    assert f"({state}, {operand})" == front.python(f"({name}.value, int({name}.operand, 16))")
    for line, field in zip(fields, page.all(), strict=True):
        _, title, holds, to_write, *_ = line.split()
        shown = [field.locator(part).all_inner_texts() for part in (".bt-holds", ".bt-bit")]
        # A bit that moved shows both values.
        numbers = [int("".join(text[-1] for text in bits), 2) for bits in shown]
        assert title == field.locator(".bt-name").inner_text()
        assert [int(holds, 16), int(to_write, 16)] == numbers
    return state


def test_bits_are_clicked_and_written_under_both_names(front):
    root = front.page.get_by_role("group", name="Bits of PMCNTENSET_EL0").first
    front.python("setattr(bits_, 'state', '0x5'), setattr(bits_, 'operand', '0x0')")
    # A message of two lines moves nothing.
    high = root.evaluate("view => view.offsetHeight")
    root.get_by_role("button", name="Bit 1, P1, to write").click()
    root.get_by_role("button", name="Bit 0, P0, to write").click()
    root.get_by_role("button", name="Write to PMCNTENSET_EL0").click()
    assert 0x7 == bits_text(front, root, "bits_")
    root.get_by_role("button", name="Write to PMCNTENCLR_EL0").click()
    assert 0x4 == bits_text(front, root, "bits_")
    assert high == root.evaluate("view => view.offsetHeight")
    root.get_by_role("button", name="All ones").click()
    root.get_by_role("button", name="Write to PMCNTENCLR_EL0").click()
    assert 0 == bits_text(front, root, "bits_")
    root.get_by_role("button", name="All zeros").click()
    root.get_by_role("button", name="Write to PMCNTENSET_EL0").click()
    assert 0 == bits_text(front, root, "bits_")


@pytest.mark.parametrize("name", ["bits_", "plain"])
def test_bits_show_what_their_text_says_after_random_writes(front, name):
    dice, root = random.Random(name), front.output(name.strip("_")).locator(".pmulab-bits")
    names = eval(front.python(f"list({name}.rules)"))
    for _ in range(8):
        chosen = dice.choice(names)
        if dice.random() < 0.5:
            front.python(f"{name}.write({dice.getrandbits(32)} & {name}.mask, {chosen!r})")
        else:
            dice.choice(root.locator(".bt-bit").all()).click()
            root.get_by_role("button", name=f"Write to {chosen}").click()
        bits_text(front, root, name)


def test_every_button_of_bits_works_by_keyboard(front):
    root = front.page.get_by_role("group", name="Bits of PMCNTENSET_EL0").first

    def push(name, key):
        root.get_by_role("button", name=name, exact=True).press(key)

    for key in ("Enter", "Space"):
        front.python("setattr(bits_, 'state', '0x5'), setattr(bits_, 'operand', '0x0')")
        front.page.wait_for_timeout(200)
        push("Bit 1, P1, to write", key)
        push("Write to PMCNTENSET_EL0", key)
        assert 0x7 == bits_text(front, root, "bits_")
        push("All ones", key)
        push("Write to PMCNTENCLR_EL0", key)
        assert 0 == bits_text(front, root, "bits_")
        push("All zeros", key)
        push("Write to PMCNTENSET_EL0", key)
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


def said(front):
    """Return the heat map's answer and the last line of its text twin, once they are one."""
    for _ in range(10):
        front.page.wait_for_timeout(300)
        answer = front.output("heat").locator(".pc-says").inner_text()
        text = front.text("heat.to_text()").split("\n")[-1]
        if answer == text:
            break
    return [answer, text]


def test_the_heat_map_answers_its_sliders_by_mouse_and_by_keyboard(front):
    cell, dice = front.output("heat"), random.Random("heat")
    across, down = (cell.get_by_role("slider", name=n) for n in ("time slice", "sampling rate"))
    across.press("End")
    down.press("Home")
    down.press("ArrowRight")
    assert ["time slice 800, sampling rate 20: late samples 2,285"] * 2 == said(front)
    across.scroll_into_view_if_needed()
    box = across.bounding_box()
    front.page.mouse.click(box["x"] + 9, box["y"] + box["height"] / 2)
    assert ["time slice 100, sampling rate 20: late samples 285"] * 2 == said(front)
    for _ in range(6):
        across.fill(f"{dice.randrange(4)}")
        down.fill(f"{dice.randrange(3)}")
        answer, text = said(front)
        assert answer == text


TABLE = """table => [table.tHead.rows[0], ...table.tBodies[0].rows].map(row =>
  [...row.cells].map(cell => cell.textContent).join(' ').split(/\\s+/).filter(Boolean))"""


@pytest.mark.parametrize("name", ["private", "costs_", "heat", "counters"])
def test_the_table_of_a_chart_opens_by_mouse_and_key_and_says_what_the_text_says(front, name):
    cell = front.output(name.strip("_"))
    rows = cell.locator("details table")
    text = front.text(f"{name}.to_text()").split("\n\n")
    for act in (cell.locator("summary").click, lambda: cell.locator("summary").press("Enter")):
        act()
        assert rows.is_visible()
        assert [line.split() for line in text[1].split("\n")] == rows.evaluate(TABLE)
        act()
        assert not rows.is_visible()


def test_a_history_opens_at_the_accusation(front):
    player = front.output("accused").locator(".pmulab-player")
    # A player draws itself once it can be seen.
    player.scroll_into_view_if_needed()
    player.locator(".pl-chips").get_by_text("accusation").first.wait_for()

    assert player.get_attribute("data-index") == front.python("accused.index")
    player.get_by_role("button", name="Back one step").click()
    player.get_by_role("button", name="Next accusation").click()
    # It is drawn with the next frame, so this waits instead of looking at once.
    player.locator(".pl-chips").get_by_text("accusation").first.wait_for()


def test_a_history_says_what_its_text_says_at_any_step(front):
    player, dice = front.output("accused").locator(".pmulab-player"), random.Random("accused")
    length = int(player.get_by_role("slider", name="Step").get_attribute("max"))
    for n in [dice.randrange(length + 1) for _ in range(6)]:
        player.get_by_role("slider", name="Step").fill(f"{n}")
        # The position reaches Python a moment after the page.
        front.page.wait_for_timeout(400)
        text = front.text("accused.to_text()").split("\n")
        page = [player.locator(part).inner_text() for part in ("h2", ".pl-sentence")]

        assert page == [text[0], text[1].split("  [")[0]]


# ---- for everybody


STROKES = """root => {
  const wanted = '.bd-span, .bd-wire, .bd-boundary, .pl-mark path, .pl-cursor rect, .pl-band';
  const found = [...root.querySelectorAll(wanted)].map(e => getComputedStyle(e).stroke);
  const borders = [...root.querySelectorAll('.bt-bit, .bt-holds, .bt-entry, .bd-handle, .bd-bar')];
  found.push(...borders.map(e => getComputedStyle(e).borderTopColor));
  found.push(...[...root.querySelectorAll('.pl-work')].map(e => getComputedStyle(e).fill));
  return [getComputedStyle(root).backgroundColor, [...new Set(found)]];
}"""
RGB = """colour => { const c = document.createElement('canvas').getContext('2d');
  c.fillStyle = colour; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data]; }"""


def luminance(rgb):
    """Return the relative luminance of a colour, as in WCAG 2."""
    parts = [c / 255 for c in rgb]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(c * weight for c, weight in zip(linear, (0.2126, 0.7152, 0.0722)))


def contrast(front, one, other):
    """Return the contrast of two opaque colours of the page."""
    lights = sorted(luminance(front.page.evaluate(RGB, colour)[:3]) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_what_is_drawn_stands_out_from_its_ground(front, theme):
    front.lab.use_theme(f"JupyterLab {theme}")
    front.page.wait_for_timeout(500)
    seen = set()
    for root in front.page.locator(".pmulab-view").all():
        ground, colours = root.evaluate(STROKES)
        seen.update((ground, colour) for colour in colours)
    weak = {pair: contrast(front, *pair) for pair in seen}

    assert len(seen) > 5
    assert {} == {pair: ratio for pair, ratio in weak.items() if ratio < 3}


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing_in_our_outputs(front, theme):
    front.lab.use_theme(f"JupyterLab {theme}")

    assert [] == axe_finds(front.page)


# What reaches over the right edge of its view, or of the window: its text, where it ends, the edge.
OUTSIDE = """() => [...document.querySelectorAll(".pmulab-view, .pmulab-chart")].flatMap((root) => {
    const end = Math.min(root.getBoundingClientRect().right, innerWidth);
    return [root, ...root.querySelectorAll("button, select, input")]
        .filter((element) => element.checkVisibility())
        .map((it) => [it.outerHTML.slice(0, 120), it.getBoundingClientRect().right, end])
        .filter(([, right]) => right > end);
})"""


@pytest.mark.parametrize(("name", "width"), [("window-900", 900), ("zoom-200", 640)])
def test_a_narrow_window_loses_nothing(front, name, width):
    front.page.set_viewport_size({"width": width, "height": 1100})
    front.page.wait_for_timeout(500)
    if front.name == "lab":
        for cell in CELLS:
            front.picture(f"view-{cell}-{name}", cell)
    # JupyterLab lays its panels out some time after the window has its size.
    for _ in range(20):
        if not (outside := front.page.evaluate(OUTSIDE)):
            break
        front.page.wait_for_timeout(250)

    assert [] == outside
    assert front.page.locator(".pmulab-view").count() > 3


DEFICIENCIES = ("protanopia", "deuteranopia", "tritanopia", "achromatopsia")


@pytest.mark.parametrize("kind", DEFICIENCIES)
def test_pictures_as_others_see_them(front, kind):
    if front.name == "notebook":
        pytest.skip("the same pictures as in JupyterLab")
    session = front.page.context.new_cdp_session(front.page)
    for view, (*_, n) in BOARDS.items():
        front.python(f"setattr({view}_, 'index', {n})")
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})
    for cell in (*BOARDS, "bits", "accused", "costs", "private", "counters"):
        front.picture(f"vision-{cell}-{kind}", cell)
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": "none"})
    session.detach()
