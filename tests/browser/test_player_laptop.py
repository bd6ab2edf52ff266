"""The player on a laptop's screen: JupyterLab at 1280 x 800 with its file browser open."""

import inspect
import textwrap

import pytest
from browser.conftest import axe_finds, in_front, notebook

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.machine import Machine
from pmulab.view.diagram import to_mermaid
from pmulab.view.steps import foremost, locations, travels

LAPTOP = {"width": 1280, "height": 800}
HIGHEST = 620
SCENES = {"two-guests": 75, "three-guests": 120, "same-guest-emulated": 60, "all-counters": 40}
IMPORT = "from pmulab.sim.machine import Machine\nfrom pmulab.view import player"
CELLS = [f'player(Machine("{name}").run(), at={n})' for name, n in SCENES.items()]
NAMED = 'player(Machine("two-guests").run(), show="PMEVCNTR0 PMCNTEN")'
WRONG = 'player(Machine("two-guests").run(), show="PMX")'
ACTIVE = "jupyterapp.shell.currentWidget.content.activeCellIndex"
FIELD = "document.activeElement.getAttribute('aria-label')"
COUNT = """() => {
  const animate = Element.prototype.animate;
  window.moves = 0;
  Element.prototype.animate = function (...how) {
    window.moves++;
    return animate.apply(this, how);
  };
}"""
MOVING = "root => root.querySelector('.pl-moving').getAnimations().length"
LAST = (
    "jupyterapp.shell.currentWidget.content.model.cells.get({}).outputs.get(0).toJSON().traceback"
)
ARROW = "root => root.querySelector('.pl-arrow path').getAttribute('d')"
ROWS = """root => [...root.querySelectorAll('.pl-registers tbody tr:not([hidden]) th')]
  .map(th => th.textContent)"""


@pytest.fixture(scope="module")
def laptop(browser, server):
    """Open the notebook, with the file browser beside it, and run the first cell."""
    with in_front("lab", browser, server, LAPTOP) as lab:
        lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        lab.write("laptop.ipynb", "notebook", notebook(IMPORT, *CELLS, NAMED, WRONG))
        lab.open("laptop.ipynb")
        lab.command("filebrowser:activate")
        lab.page.locator(".jp-DirListing").wait_for()
        lab.page.evaluate(COUNT)
        lab.page.locator(".jp-Cell").first.click()
        for _ in range(len(CELLS) + 3):
            lab.page.keyboard.press("Shift+Enter")
            lab.page.wait_for_timeout(1000)
            lab.tops = [*getattr(lab, "tops", []), frames(lab.page)]
        yield lab

        assert [] == lab.errors


def frames(page):
    """Return (top, bottom) of the newest player, and of the notebook's window."""
    window = page.locator(".jp-WindowedPanel-outer").first.bounding_box()
    players = page.locator(".pmulab-player")
    box = players.last.bounding_box() if players.count() else None
    return [(b["y"], b["y"] + b["height"]) if b else None for b in (box, window)]


@pytest.fixture
def two(laptop):
    """Give the player of two guests, at its step, with the focus on its slider."""
    root = laptop.page.locator('.pmulab-player[aria-label="Player of two-guests"]').first
    go(root, SCENES["two-guests"])
    root.get_by_label("Whose steps").select_option("everyone")
    root.get_by_role("slider", name="Step").focus()
    return root


def go(root, n):
    """Move the slider and wait for the page."""
    root.get_by_role("slider", name="Step").fill(str(n))
    at(root, n)


def at(root, n):
    """Wait until a player is at a position."""
    root.page.locator(f'.pmulab-player[data-index="{n}"]').first.wait_for()

    assert f"{n}" == root.get_attribute("data-index")


@pytest.fixture(scope="module")
def trace():
    """Give the trace of the two guests."""
    return Machine("two-guests").run()


def test_after_running_the_whole_player_is_in_view(laptop):
    for name, (box, window) in zip(SCENES, laptop.tops[1:], strict=False):
        assert box[1] - box[0] <= HIGHEST, name
        assert window[0] - 1 <= box[0] < box[1] <= window[1] + 1, name


def test_the_registers_that_change_come_first_or_those_that_are_named(laptop, two, trace):
    named = laptop.page.locator('.pmulab-player[aria-label="Player of two-guests"]').nth(1)

    assert foremost(trace) == two.evaluate(ROWS)
    assert ["PMCNTENSET_EL0", "PMEVCNTR0_EL0"] == named.evaluate(ROWS)
    [error] = laptop.page.evaluate(LAST.format(len(CELLS) + 2))
    assert error.startswith("show: no register PMX in this trace; it has PMCR_EL0")


def test_a_count_is_told_in_decimal_beside_hex(two):
    go(two, 57)
    cell = two.locator('td[data-location="A.PMEVCNTR0_EL0"]')

    assert "0x320 800" == " ".join(cell.inner_text().split())


def test_a_value_travels_once_and_its_arrow_stays(laptop, two, trace):
    known = locations(trace)
    gone = [i + 1 for i, r in enumerate(trace) if travels(r, known) and r.changes]
    for n in (gone[0], gone[-1]):
        go(two, n - 1)
        before = laptop.page.evaluate("moves")
        two.get_by_role("slider", name="Step").press("ArrowRight")
        at(two, n)
        assert before + 1 == laptop.page.evaluate("moves")
        assert "H" in two.evaluate(ARROW)
        assert "was " in two.locator("td[data-sign=written]").first.inner_text()
        laptop.page.wait_for_timeout(600)
        assert (0, True) == (two.evaluate(MOVING), "H" in two.evaluate(ARROW))


def test_who_prefers_less_motion_sees_the_arrow_alone(laptop, two):
    laptop.page.emulate_media(reduced_motion="reduce")
    go(two, 74)
    two.get_by_role("slider", name="Step").press("ArrowRight")
    at(two, 75)
    laptop.page.emulate_media(reduced_motion="no-preference")

    assert (0, True) == (two.evaluate(MOVING), "H" in two.evaluate(ARROW))


def test_the_whole_method_is_shown_and_its_line_is_lit_in_view(two, trace):
    ours = ("pmu_load", "pmu_put", "write_pair")
    for n in [i + 1 for i in trace.where(lambda r: r.hook in ours)][5:40:7]:
        go(two, n)
        record = trace[n - 1]
        text = textwrap.dedent(inspect.getsource(getattr(Hypervisor, record.hook)))
        lit = two.locator(".pl-text .pl-now")
        line, pane = lit.bounding_box(), two.locator(".pl-text").bounding_box()

        assert text.split() == two.locator(".pl-text").inner_text().split()
        assert record.code == lit.inner_text().strip()
        assert pane["y"] <= line["y"] < line["y"] + line["height"] <= pane["y"] + pane["height"]
    [*_, masked] = trace.where(lambda r: r.hook == "write_pair")
    go(two, masked + 1)
    assert "mask = 0x80000003" in two.locator(".pl-held").inner_text()


def test_any_step_is_two_actions_away_by_keyboard(laptop, two):
    laptop.page.keyboard.type("12")
    assert "Go to" == laptop.page.evaluate(FIELD)
    laptop.page.keyboard.press("Enter")
    at(two, 12)
    laptop.page.keyboard.press("Escape")
    assert "Step" == laptop.page.evaluate(FIELD)


@pytest.mark.parametrize(
    ("text", "test"),
    [
        ("PMCNTEN", lambda r: any(at.endswith(".PMCNTENSET_EL0") for at in r.changes)),
        (":37", lambda r: r.at.endswith(":37")),
        ("pmu_put", lambda r: r.hook == "pmu_put"),
        ("A", lambda r: r.who == "A"),
    ],
)
def test_the_field_goes_to_what_is_meant_and_on_from_there(laptop, two, trace, text, test):
    found = [i + 1 for i in trace.where(test) if i + 1 > SCENES["two-guests"]][:2]
    laptop.page.keyboard.press("g")
    laptop.page.keyboard.type(text)
    for n in found:
        laptop.page.keyboard.press("Enter")
        at(two, n)


def test_the_field_says_what_there_is_not(laptop, two):
    status = two.locator(".pl-status")
    laptop.page.keyboard.press("g")
    for text, says in (
        ("999", "999 is beyond the last step, 263"),
        ("foo", "no foo here: type a "),
    ):
        two.get_by_role("textbox", name="Go to").fill(text)
        laptop.page.keyboard.press("Enter")

        assert says in status.inner_text()


def test_r_and_l_go_to_this_register_and_this_line_and_back(two, trace):
    slider = two.get_by_role("slider", name="Step")
    go(two, 76)
    line = [i + 1 for i in trace.where(lambda r: r.at == trace[75].at)]
    slider.press("l")
    at(two, min(n for n in line if n > 76))
    slider.press("Shift+L")
    at(two, 76)
    changes = trace.where(lambda r: any(a.endswith(".PMCR_EL0") for a in r.changes))
    slider.press("r")
    at(two, min(i + 1 for i in changes if i + 1 > 76))


def test_a_load_shows_the_line_that_it_calls_and_l_goes_there(laptop, two, trace):
    go(two, 1)
    called = trace[1]
    assert f"next: {called.hook} {called.at}" == two.locator(".pl-line .pl-at").inner_text()
    assert called.code in two.locator(".pl-source .pl-now").inner_text()
    laptop.screenshot("player-laptop-load")
    two.get_by_role("slider", name="Step").press("l")
    at(two, 2)
    assert called.at in two.locator(".pl-line .pl-at").inner_text()


def test_one_actor_alone_is_stepped_through(two, trace):
    two.get_by_label("Whose steps").select_option("B")
    slider = two.get_by_role("slider", name="Step")
    for i in trace.where(lambda r: r.who == "B")[:3]:
        slider.press("ArrowRight")
        at(two, i + 1)


def test_the_way_is_copied_as_text_and_as_a_diagram_that_mermaid_draws(laptop, two, trace):
    paste = "navigator.clipboard.readText()"
    two.get_by_role("button", name="Copy as text").click()
    two.get_by_text("Copied 75 steps as text.").wait_for()
    lines = laptop.page.evaluate(paste).split("\n")
    two.get_by_role("slider", name="Step").press("m")
    two.get_by_text("Copied 75 steps as Mermaid.").wait_for()
    diagram = laptop.page.evaluate(paste)

    assert 75 == len(lines)
    assert f"75\t{trace[74].time}\thost on cpu0: {trace[74].text}" == lines[-1]
    assert to_mermaid(trace, 75) == diagram


def test_shift_enter_goes_on_and_keeps_the_position(laptop, two):
    two.locator("h2").click()
    here = laptop.page.evaluate(ACTIVE)
    two.get_by_role("slider", name="Step").press("Shift+Enter")

    assert here + 1 == laptop.page.evaluate(ACTIVE)
    at(two, SCENES["two-guests"])


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_pictures_for_people_and_axe(laptop, two, theme):
    laptop.use_theme(f"JupyterLab {theme}")
    two.scroll_into_view_if_needed()
    laptop.screenshot(f"player-laptop-{theme.lower()}")
    found = axe_finds(laptop.page)
    laptop.use_theme("JupyterLab Light")

    assert [] == found
