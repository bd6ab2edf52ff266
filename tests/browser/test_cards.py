"""Cards of real verdicts on real wrong answers, in JupyterLab and in Notebook 7."""

import re
import time

import pytest
from browser.conftest import OUTPUT, at_200_percent, axe_finds, in_front, notebook

SIZE = {"width": 1280, "height": 800}
SETUP = """\
from pmulab import Hypervisor, check
from pmulab.kvm.vcpu import *
from pmulab.kvm.vgic_state import PMU_PPI
from pmulab.kvm.swap import RESETS
from pmulab.hw.sysregs import *"""
PUT = """\
class Put(Hypervisor):
    def pmu_put(self, vcpu):
        if not self.owns_counters(vcpu):
            return
        cpu, regs, mask = self.cpu, vcpu.regs, self.guest_counter_mask(vcpu)
        regs["PMCNTENSET_EL0"] = cpu.mrs("PMCNTENSET_EL0") & mask
        regs["PMINTENSET_EL1"] = cpu.mrs("PMINTENSET_EL1") & mask
        cpu.msr("PMCNTENCLR_EL0", mask)
        cpu.msr("PMINTENCLR_EL1", mask)
        for idx in counters(mask):
            regs[evcntr(idx)] = cpu.mrs(evcntr(idx))
        regs["PMSELR_EL0"] = cpu.mrs("PMSELR_EL0")
        regs["PMCR_EL0"] = cpu.mrs("PMCR_EL0") & PMCR_EL0.writable
        {fold}
        cpu.msr("PMCR_EL0", self.host.pmcr)
        self.set_guest_counters(0)"""
LOSES = PUT.format(fold='cpu.msr("PMOVSCLR_EL0", mask)')
INJECT = """\
class Inject(Hypervisor):
    def update_state(self, vcpu):
        level = self.overflow_status(vcpu)
        if level and not vcpu.irq_level:
            vcpu.irq_level = level
            self.vgic_inject(vcpu, PMU_PPI, level)"""
MASK = """\
class Mask(Hypervisor):
    def guest_counter_mask(self, vcpu):
        if not self.is_partitioned(vcpu) or not vcpu.supports(self.host.cpu):
            return 0
        return CYCLE_BIT | (1 << self.guest_counters(vcpu)) - 1"""
LOOP = """\
class Loop(Hypervisor):
    def kick(self, vcpu):
        while True:
            pass"""
EMPTY = "class Empty(Hypervisor): pass"
CELLS = {
    "put": ("swap.put", LOSES, "Put"),
    "inject": ("irq.inject", INJECT, "Inject"),
    "mask": ("partition.guest_mask", MASK, "Mask"),
    "loop": ("irq.wake", LOOP, "Loop"),
    "empty": ("swap.load", EMPTY, "Empty"),
}


class Cards:
    """A front end with a notebook of answers and checks."""

    def __init__(self, lab):
        self.name, self.lab, self.page, self.python = lab.front, lab, lab.page, lab.python

    def card(self, cell):
        """Find the live card of a check by its name."""
        id = CELLS[cell][0]
        return self.page.get_by_role("group", name=f"Verdict on {id}")

    def player(self):
        """Find the player that is open."""
        return self.page.locator(".pmulab-player")

    def picture(self, name):
        """Store a picture of the window."""
        OUTPUT.mkdir(exist_ok=True)
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=OUTPUT / f"card-{name}-{self.name}.png")


@pytest.fixture(scope="module", params=["lab", "notebook"])
def opened(request, browser, server):
    """Check every answer once in each front end."""
    with in_front(request.param, browser, server, SIZE | {"height": 4000}) as lab:
        cells = [f'{code}\n_ = None\ncheck("{id}", {name})' for id, code, name in CELLS.values()]
        name = f"cards-{lab.front}.ipynb"
        lab.write(name, "notebook", notebook(SETUP, *cells))
        lab.open(name)
        lab.run_all()
        lab.page.locator(".pmulab-verdict-card").nth(len(CELLS) - 1).wait_for(timeout=60_000)
        yield Cards(lab)


@pytest.fixture
def cards(opened):
    """Give a front end; no console error and no traceback may be left at the end."""
    yield opened
    if opened.lab.in_dark:
        opened.lab.use_theme("JupyterLab Light")

    assert [] == opened.lab.tracebacks()
    assert [] == opened.lab.errors


def test_each_outcome_has_a_sign_words_and_a_border_of_its_own(cards):
    found = {}
    for cell in CELLS:
        inside = cards.card(cell).locator(".pmulab-card")
        border = inside.evaluate("e => getComputedStyle(e).borderLeft")
        found[inside.locator(".pc-head").inner_text().split(": ")[1]] = border

    assert {"not yet", "right", "not finished", "not attempted yet"} == set(found)
    styles = {re.match(r"\S+ (\w+)", border)[1] for border in found.values()}
    assert 4 == len(styles) == len(set(found.values()))


def test_an_endless_loop_is_told_soon_and_by_its_line(cards):
    said = cards.card("loop").locator(".pc-says").inner_text()

    assert "no end within 5 s, in kick: while True:" in said


def test_a_known_mistake_is_called_by_its_name(cards):
    for cell, id in (("put", "put-loses-flags"), ("inject", "inject-recorded")):
        said = cards.card(cell).inner_text()
        assert f"In these worlds it does the same as {id} of the gallery" in said


def test_both_values_are_in_one_base_and_no_bits(cards):
    row = cards.card("inject").get_by_role("row").nth(1).inner_text()

    assert ["vcpu.irq_level", "1", "0"] == row.split()


def test_hints_speak_of_this_mistake_first(cards):
    card = cards.card("inject")
    card.get_by_role("button", name="Hint").click()
    card.locator(".pc-hints p").first.wait_for()
    first = card.locator(".pc-hints p").first.inner_text()
    card.get_by_role("button", name="Hint").click()
    card.locator(".pc-hints p").nth(1).wait_for()

    assert "with your update_state" in first
    assert "vcpu.irq_level = level" in first
    assert "inject-recorded" in card.locator(".pc-hints p").nth(1).inner_text()


def test_show_and_a_step_open_the_player_where_the_answer_s_method_ran(cards):
    card = cards.card("put")
    show = card.get_by_role("button", name="Show")
    show.focus()
    show.press("Enter")
    cards.player().locator(".pl-where").wait_for()
    cards.page.wait_for_timeout(300)

    assert "pmu_put" in cards.player().inner_text()
    card.get_by_text("The history, yours beside the library's").click()
    last = card.get_by_role("button", name="Open step").last
    mark = card.locator("mark")
    assert 1 == mark.count()
    last.focus()
    last.press("Enter")
    cards.page.wait_for_timeout(500)
    cards.picture("put-open")
    assert int(cards.player().get_attribute("data-index")) > 0


def test_a_card_says_that_its_answer_is_another_one_and_checks_that(cards):
    card = cards.card("put")
    mended = PUT.format(fold="self.fold_overflow(vcpu)")
    cards.page.evaluate(RUN, mended)
    told = card.locator(".pc-told")
    cards.page.wait_for_function("() => document.body.innerText.includes('Older than your answer')")
    card.get_by_role("button", name="Check again").click()
    card.locator(".pc-right").wait_for(timeout=60_000)

    assert "" == told.inner_text()
    assert 1 == card.get_by_text("Yours, and the library's").count()
    cards.picture("put-mended")


EDITED = "Older than its cell: Mask is edited and not run."


def test_a_card_says_that_its_cell_is_edited_and_not_run(cards):
    card, keys = cards.card("mask"), cards.page.keyboard
    told = card.locator(".pc-told")
    cell = cards.page.locator(".jp-Notebook .jp-CodeCell", has=card)
    assert "" == told.inner_text()
    cell.locator(".cm-line", has_text="return CYCLE_BIT").click()
    keys.press("End")
    keys.type("  # half")
    told.get_by_text(EDITED).wait_for()
    again = card.get_by_role("button", name="Check again")
    again.click()
    told.get_by_text("Nothing checked: Mask is edited and not run. Run it first.").wait_for()
    cards.picture("edited")
    cell.locator(".cm-line", has_text="return CYCLE_BIT").click()
    keys.press("End")
    for _ in "  # half":
        keys.press("Backspace")
    told.get_by_text("not run").wait_for(state="detached")
    again.click()
    told.get_by_text(re.compile(r"Judged again at \d\d:\d\d:\d\d: it is the same")).wait_for()
    cell.locator(".cm-line", has_text="return CYCLE_BIT").click()
    keys.press("End")
    keys.type(" ")
    told.get_by_text(EDITED).wait_for()
    keys.press("Control+Enter")
    cards.page.wait_for_function("() => !document.body.innerText.includes('Older than its cell')")
    card.get_by_role("button", name="Check again").wait_for()


OPEN = "document.querySelectorAll('.pmulab-card details').forEach(fold => fold.open = true)"
RUN = """code => jupyterapp.shell.currentWidget.sessionContext.session.kernel
  .requestExecute({code, store_history: true}).done.then(() => null)"""


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_axe_finds_nothing_in_cards(cards, theme):
    cards.lab.use_theme(f"JupyterLab {theme}")
    cards.page.evaluate(
        "document.querySelectorAll('.pmulab-card details').forEach(d => d.open = 1)"
    )
    cards.picture(f"all-{theme}")

    assert [] == axe_finds(cards.page)


def test_at_200_percent_nothing_of_a_card_is_cut_off(cards):
    assert [] == at_200_percent(cards.lab, "card", *(cards.card(cell) for cell in CELLS))


def test_no_key_pressed_in_a_card_reaches_the_notebook(cards):
    count = cards.page.locator(".jp-Notebook .jp-Cell").count()
    cards.card("mask").get_by_role("button", name="Check again").focus()
    for key in "ddaab00":
        cards.page.keyboard.press(key)
    time.sleep(0.3)

    assert count == cards.page.locator(".jp-Notebook .jp-Cell").count()
