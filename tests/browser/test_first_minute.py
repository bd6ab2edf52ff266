"""The first minute: by keyboard alone and by mouse, in JupyterLab and in Notebook 7.

Pictures of 1280 x 800 go to output/; a person looks at them.
"""

import statistics

import pytest
from browser.conftest import at_200_percent, axe_finds, in_front, notebook

SIZE = {"width": 1280, "height": 800}
ANSWER = """([press, most]) => new Promise((done) => {
  const read = document.querySelector('.pmulab-turns .tn-numbers');
  const began = performance.now();
  new MutationObserver(() => requestAnimationFrame(() => done(performance.now() - began)))
    .observe(read, {childList: true});
  const slider = document.querySelector('.pmulab-turns input');
  slider.value = `${press}`;
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  setTimeout(() => done(most), most);
})"""


@pytest.fixture(scope="module", params=["lab", "notebook"])
def opened(request, browser, server):
    """Open the widget and the drawing once in each front end."""
    with in_front(request.param, browser, server, SIZE) as lab:
        name = f"first-minute-{lab.front}.ipynb"
        cells = [
            "from pmulab import turns\nshown = turns(); shown",
            'from pmulab.view import machine_drawing\nmachine_drawing("host", "put", "load")',
            "machine_drawing()",
        ]
        lab.write(name, "notebook", notebook(*cells))
        lab.open(name)
        lab.run_all()
        lab.page.locator(".pmulab-turns .tn-read").wait_for()
        lab.page.locator(".pmulab-drawing").first.wait_for()
        yield lab


@pytest.fixture
def front(opened):
    """Give a front end; no console error, no traceback, no cell more or less at the end."""
    opened.cells = len(opened.page.locator(".jp-Cell").all())
    yield opened
    opened.python("shown.choose(False, 1000, 600)")
    if opened.in_dark:
        opened.use_theme("JupyterLab Light")

    assert [] == opened.tracebacks()
    assert [] == opened.errors
    assert opened.cells == len(opened.page.locator(".jp-Cell").all())


def shows(front, read, says):
    """Wait until the large number and the sentence are these."""
    front.page.locator(".tn-read b", has_text=read).wait_for()
    front.page.locator(".tn-says", has_text=says).wait_for()


def test_the_switch_and_both_sliders_by_keyboard_alone(front):
    press = front.page.keyboard.press
    shows(front, "2,600", "600 of the 2,600 are B's work.")
    front.page.get_by_role("switch", name="swap").focus()
    press("Space")
    shows(front, "2,000", "Its own work, and nothing else.")
    press("Enter")
    shows(front, "2,600", "600 of the 2,600 are B's work.")
    press("Tab")
    for _ in range(8):
        press("ArrowRight")
    shows(front, "2,000", "By luck")
    press("Home")
    press("Tab")
    press("End")
    shows(front, "2,833", "833 of the 2,833 are B's work.")

    assert "[False, 250, 1200]" == front.python("shown.desk.facts()['chosen']")
    for key in ("d", "d", "0", "0", "x", "b"):
        press(key)


def test_at_200_percent_nothing_is_cut_off(front):
    assert [] == at_200_percent(front, "first-minute", front.page.locator(".pmulab-turns"))


def test_a_slider_that_is_dragged_ends_where_it_was_left(front):
    slider = front.page.get_by_role("slider", name="Length of a turn")
    slider.scroll_into_view_if_needed()
    place = slider.bounding_box()
    across = [place["x"] + place["width"] * part / 40 for part in range(20, 41)]
    front.page.mouse.move(across[0], place["y"] + place["height"] / 2)
    front.page.mouse.down()
    for left in across:
        front.page.mouse.move(left, place["y"] + place["height"] / 2)
    front.page.mouse.up()
    shows(front, "2,000", "By luck")

    assert "3000" == front.python("shown.desk.turn")


def test_it_answers_before_anybody_waits(front):
    waited = [front.page.evaluate(ANSWER, [k % 12, 5000]) for k in range(24)]
    waited.sort()
    print(f"{front.front}: median {statistics.median(waited):.0f} ms, 23rd {waited[22]:.0f} ms")

    # Of a machine that may have other work the median is asked.
    assert statistics.median(waited) < 200


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_and_axe(front, theme):
    front.use_theme(f"JupyterLab {theme.title()}")
    front.page.locator(".pmulab-turns").evaluate("e => e.scrollIntoView({block: 'start'})")
    front.page.wait_for_timeout(300)
    front.screenshot(f"first-minute-off-{front.front}-{theme}")
    front.page.get_by_role("switch", name="swap").click()
    shows(front, "2,000", "Its own work, and nothing else.")
    front.page.wait_for_timeout(200)
    front.screenshot(f"first-minute-on-{front.front}-{theme}")
    front.page.locator(".pmulab-drawing").first.evaluate("e => e.scrollIntoView({block: 'start'})")
    front.page.wait_for_timeout(300)
    front.screenshot(f"machine-{front.front}-{theme}")

    assert [] == axe_finds(front.page)
    front.page.get_by_role("switch", name="swap").click()
