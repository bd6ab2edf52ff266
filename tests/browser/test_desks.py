"""Lines with switches and the bench: by keyboard alone, in JupyterLab and in Notebook 7.

Pictures of 1280 x 800 go to output/; a person looks at them.
"""

import pytest
from browser.conftest import at_200_percent, axe_finds, in_front, notebook

SIZE = {"width": 1280, "height": 800}
MINE = """\
class Mine(Hypervisor):
    def fold_overflow(self, vcpu):
        flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        nothing = 0
        if flags:
            vcpu.regs["PMOVSSET_EL0"] |= flags
            self.cpu.msr("PMOVSCLR_EL0", flags)"""
CELLS = {
    "lines": 'put = lines("swap.put"); put',
    "mine": 'mine = lines("swap.fold", Mine); mine',
    "bench": 'played = bench("small", "put-loses-flags", goal="own_flags", clicks=7); played',
    "catch": 'hunt = catch("vgic.flush"); hunt',
    "stop": 'stop = lines("swap.stop"); stop',
}


@pytest.fixture(scope="module", params=["lab", "notebook"])
def opened(request, browser, server):
    """Open all desks once in each front end."""
    with in_front(request.param, browser, server, SIZE) as lab:
        name = f"desks-{lab.front}.ipynb"
        first = f"from pmulab import *\nfrom pmulab import Hypervisor\n{MINE}"
        lab.write(name, "notebook", notebook(first, *CELLS.values()))
        lab.open(name)
        lab.run_all()
        lab.page.locator(".pmulab-lines").nth(2).wait_for()
        lab.page.locator(".pmulab-bench").nth(1).wait_for()
        yield lab


@pytest.fixture
def front(opened):
    """Give a front end; no console error and no traceback may be left at the end."""
    opened.cells = len(opened.page.locator(".jp-Cell").all())
    yield opened
    if opened.in_dark:
        opened.use_theme("JupyterLab Light")

    assert [] == opened.tracebacks()
    assert [] == opened.errors
    assert opened.cells == len(opened.page.locator(".jp-Cell").all())


def desk(front, cell):
    """Find the output of a cell by its name, and scroll it into view."""
    found = front.page.locator(".jp-Notebook .jp-CodeCell").nth(1 + list(CELLS).index(cell))
    found.locator(".pmulab-view").first.evaluate("e => e.scrollIntoView({block: 'start'})")
    return found


def head(place, words):
    """Wait until the answer says these words."""
    place.locator(".dk-head").get_by_text(words).wait_for()


def test_a_line_is_switched_and_moved_by_keyboard_alone(front):
    place = desk(front, "stop")
    place.get_by_role("switch", name="line 1,").focus()
    press = front.page.keyboard.press
    for _ in range(3):
        press("ArrowDown")
    press("Space")
    head(place, "Whoever is next on cpu0 notices after 3 steps")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert 'line 4, cpu.msr("PMCNTENCLR_EL0", mask)' == front.page.evaluate(focused)
    assert "4 off" in front.python("stop.to_text()")
    press("Space")
    head(place, "Switch a line off")
    press("Alt+ArrowUp")
    press("Alt+ArrowUp")
    # Enables saved after they were cleared: the guest's next turn has none.
    head(place, "A notices after")
    assert 'line 4, cpu.msr("PMCNTENCLR_EL0", mask)' == front.page.evaluate(focused)
    press("Escape")
    head(place, "Switch a line off")


def test_the_history_opens_in_the_player_where_the_law_breaks(front):
    place = desk(front, "lines")
    place.get_by_role("switch", name="line 7,").click()
    place.get_by_role("button", name="In the player").click()
    player = place.locator(".pmulab-player")
    player.locator(".pl-chips").get_by_text("accusation").first.wait_for()
    place.get_by_role("button", name="In the player").click()
    player.wait_for(state="detached")
    place.get_by_role("button", name="All on").click()
    head(place, "Switch a line off")


def test_the_learners_own_lines_are_tried_and_what_nobody_misses_is_signed(front):
    place = desk(front, "mine")
    # Every line is searched to its end, on a machine that may have other work.
    place.get_by_text("nobody would notice").first.wait_for(timeout=120_000)
    row = place.locator(".ln-row", has_text="nothing = 0")

    assert "nobody would notice" in row.inner_text()


def test_a_search_can_be_stopped_and_says_so(front):
    place = desk(front, "lines")
    place.get_by_role("button", name="Try each line").click()
    place.get_by_text("Searching: line").wait_for()
    place.get_by_role("button", name="Stop").click()
    front.page.wait_for_function("!document.querySelector('.dk-searches')")


def test_what_takes_long_says_how_far_it_is(front):
    place = desk(front, "lines")
    place.get_by_role("switch", name="line 11,").focus()
    # Two registers saved in the other order: nobody can notice, and that takes all worlds.
    front.page.keyboard.press("Alt+ArrowUp")
    place.locator(".dk-busy").get_by_text("Searching: world small: ").wait_for()
    place.get_by_role("button", name="Stop").click()
    front.page.wait_for_function("!document.querySelector('.dk-searches')")
    place.get_by_role("button", name="All on").click()
    head(place, "Switch a line off")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_and_axe(front, theme):
    front.use_theme(f"JupyterLab {theme.title()}")
    front.page.keyboard.press("Escape")
    place = desk(front, "lines")
    place.get_by_role("switch", name="line 9,").click()
    head(place, "A notices after")
    desk(front, "lines")
    front.page.wait_for_timeout(600)
    front.screenshot(f"desks-lines-{front.front}-{theme}")
    desk(front, "mine")
    front.page.wait_for_timeout(300)
    front.screenshot(f"desks-mine-{front.front}-{theme}")

    bench = desk(front, "bench")
    bench.get_by_role("button", name="loads and enters A").click()
    bench.get_by_role("button", name="enables counter 0").hover()
    bench.get_by_text("PMCNTENSET_EL0: 0x0\u00a0→\u00a00x1").first.wait_for()
    front.screenshot(f"desks-bench-{front.front}-{theme}")
    bench.get_by_role("button", name="Shortest break").click()
    bench.get_by_role("button", name="Do these").click()
    bench.locator(".bn-task").get_by_text("Solved: own_flags is broken in 7 clicks").wait_for()
    front.page.wait_for_timeout(200)
    front.screenshot(f"desks-bench-broken-{front.front}-{theme}")

    assert [] == axe_finds(front.page)
    bench.get_by_role("button", name="Restart").click()
    desk(front, "lines").get_by_role("button", name="All on").click()


def test_at_200_percent_nothing_is_cut_off(front):
    views = [desk(front, cell).locator(".pmulab-view").first for cell in CELLS]

    assert [] == at_200_percent(front, "desks", *views)


def test_a_law_says_what_it_is_by_mouse_and_by_key(front):
    place = desk(front, "bench")
    hint = place.locator(".bn-hint")
    place.locator(".bn-lamps button").nth(5).hover()
    hint.get_by_text("quiet_when_put: ").wait_for()
    place.locator(".bn-lamps button").first.focus()
    hint.get_by_text("own_counts: ").wait_for()
    front.page.keyboard.press("ArrowRight")
    hint.get_by_text("own_flags: ").wait_for()


def test_hidden_ones_are_convicted_click_by_click(front):
    place = desk(front, "catch")
    said = place.locator(".bn-task")
    said.get_by_text("Convicted 0 of 5.").wait_for()
    for name in (
        "loads and enters A",
        "enables the interrupt",
        "sets counter 0",
        "switches its PMU on",
        "works: INST_RETIRED",
        "halts",
    ):
        place.locator(".bn-move").filter(has_text=name).first.click()
    said.get_by_text("Convicted 5 of 5: flush-nothing").wait_for()
    desk(front, "catch")
    front.screenshot(f"desks-catch-{front.front}")
    place.get_by_role("button", name="Restart").click()


def test_the_bench_is_played_by_keyboard_alone(front):
    place = desk(front, "bench")
    press = front.page.keyboard.press
    place.locator(".bn-move").first.focus()
    press("Enter")
    path = place.locator(".bn-path")
    path.get_by_text("small:0", exact=True).wait_for()
    for key in ("ArrowDown", "Space", "u", "u"):
        press(key)
    path.get_by_text("small:", exact=True).wait_for()
    press("r")
    path.get_by_text("small:0", exact=True).wait_for()
    press("o")
    place.get_by_text("The nearest overflow is 5 clicks away.").wait_for()
    place.get_by_role("button", name="Do these").press("Enter")
    path.get_by_text("small:0267ae", exact=True).wait_for()
    assert "'small:0267ae'" == front.python("played.desk.share()")
    press("p")
    place.locator(".pmulab-player").wait_for()
    press("u")
    place.get_by_role("button", name="Restart").press("Enter")
    path.get_by_text("small:", exact=True).wait_for()
