"""The field of `predict`: it asks first, judges, and no key typed for it reaches the notebook."""

import re

import pytest
from browser.conftest import axe_finds, in_front, notebook

SOURCES = (
    "from pmulab import lesson, predict\nlesson(2)",
    "predict('1.5')\nprint('uncovered')",
    "'after'",
    "predict('2.1')",
    "predict('2.3')",
    "'last'",
)
CELLS = "jupyterapp.shell.currentWidget.content.widgets.length"
SEEN = """element => element.getBoundingClientRect().bottom <=
  element.closest('.jp-WindowedPanel-outer').getBoundingClientRect().bottom"""
SAVE = "([path, file]) => jupyterapp.serviceManager.contents.save(path, file).then(() => null)"
ACTIVE = "jupyterapp.shell.currentWidget.content.activeCellIndex"


@pytest.fixture(params=["lab", "notebook"])
def opened(request, browser, server):
    """Open a notebook of predictions in either front end, with nothing guessed; run the first."""
    with in_front(request.param, browser, server, {"width": 1280, "height": 800}) as lab:
        name = f"guess-{request.param}.ipynb"
        lab.write(name, "notebook", notebook(*(s.replace("'", '"') for s in SOURCES)))
        lab.open(name)
        lab.python("__import__('pathlib').Path('pmulab-progress.json').unlink(missing_ok=True)")
        lab.page.locator(".jp-Cell .cm-content").first.click()
        run(lab)
        lab.page.locator(".pmulab-lesson").wait_for()
        yield lab
        assert [] == lab.errors


def run(lab):
    """Press Shift+Enter."""
    lab.page.keyboard.press("Shift+Enter")


def field(lab, n=0):
    """Return a field of the notebook, from the top."""
    return lab.page.locator(".jp-NotebookPanel:visible .pmulab-guess").nth(n)


def says(lab, n=0):
    """Return what a field says of the guess, once it does."""
    line = field(lab, n).locator(".pg-says span").last
    line.filter(has_text=".").wait_for()
    return line.inner_text()


def focused(lab):
    """Return the value of what has the focus."""
    return lab.page.evaluate("document.activeElement.value")


def test_keys_right_after_running_a_cell_go_to_its_field(opened):
    keys = opened.page.keyboard
    run(opened)
    keys.type("2500")
    field(opened).locator("input").wait_for()
    opened.page.wait_for_timeout(1500)
    assert (0, "2500") == (opened.page.locator(".jp-Dialog").count(), focused(opened))
    assert not opened.page.get_by_text("uncovered", exact=True).is_visible()
    opened.screenshot(f"guess-{opened.front}-waits")

    keys.press("Enter")
    assert "Right: 2500." == says(opened)
    assert "2500" == focused(opened)
    assert opened.page.get_by_text("uncovered", exact=True).is_visible()
    opened.screenshot(f"guess-{opened.front}-right")

    keys.press("Shift+Enter")
    assert 2 == opened.page.evaluate(ACTIVE)
    run(opened)
    run(opened)
    keys.type("bit 2, both doors add")
    field(opened, 1).locator("input").wait_for()
    opened.page.wait_for_timeout(500)
    keys.press("Shift+Enter")
    assert "Right: bit 2." == says(opened, 1)
    assert 4 == opened.page.evaluate(ACTIVE)

    run(opened)
    keys.type("dd")
    field(opened, 2).locator("input").first.wait_for()
    opened.page.wait_for_timeout(500)
    assert (len(SOURCES), "yes") == (opened.page.evaluate(CELLS), focused(opened))
    keys.press("Enter")
    field(opened, 2).get_by_text("Choose first").wait_for()
    assert "" == field(opened, 2).locator(".pg-says").inner_text()
    keys.type("no, yes", delay=20)
    assert "yes" == focused(opened)
    keys.press("Enter")
    assert says(opened, 2).startswith("You said yes; it is no.")
    assert "wrong" == field(opened, 2).get_attribute("data-kind")
    assert [] == axe_finds(opened.page)
    opened.screenshot(f"guess-{opened.front}-wrong")

    keys.press("Escape")
    assert 4 == opened.page.evaluate(ACTIVE)
    keys.press("ArrowDown")
    assert 5 == opened.page.evaluate(ACTIVE)


def test_a_page_that_opens_gives_no_field_the_focus_and_all_is_as_it_was(opened):
    opened.page.locator(".jp-Cell .cm-content").first.click()
    opened.page.keyboard.press("Escape")
    opened.run_all()
    field(opened, 2).locator("input").first.wait_for()
    opened.page.wait_for_timeout(1000)
    assert 0 == opened.page.locator(".pmulab-guess :focus").count()

    field(opened).locator("input").fill("<b>, I think")
    opened.page.keyboard.press("Enter")
    assert says(opened).startswith("You said <b>, I think; it is 2500.")
    opened.command("docmanager:save")
    opened.page.reload()
    opened.wait_for_kernel()
    field(opened, 2).locator("input").first.wait_for()
    opened.page.wait_for_timeout(1000)
    assert 0 == opened.page.locator(".pmulab-guess :focus").count()
    assert "<b>, I think" == field(opened).locator("input").input_value()
    assert says(opened).startswith("You said <b>, I think; it is 2500.")


def test_who_has_no_guess_may_look_with_the_keyboard_alone(opened):
    run(opened)
    field(opened).locator("input").wait_for()
    opened.page.wait_for_timeout(500)
    opened.page.keyboard.press("Tab")
    opened.page.keyboard.press("Enter")

    assert "It is 2500." == says(opened)
    assert [] == axe_finds(opened.page)


def test_the_questions_of_a_self_test_come_one_after_another(opened):
    sources = "from pmulab import *\nlesson(7)", "self_test(7)", "1"
    opened.write("self-test.ipynb", "notebook", notebook(*sources))
    opened.open("self-test.ipynb")
    keys = opened.page.keyboard
    opened.page.locator(".jp-NotebookPanel:visible .jp-Cell .cm-content").first.click()
    run(opened)
    opened.page.locator(".jp-NotebookPanel:visible .pmulab-lesson").wait_for()
    run(opened)
    field(opened).locator("input").first.wait_for()
    opened.page.wait_for_timeout(500)
    opened.screenshot(f"self-test-{opened.front}-asks")
    assert not field(opened, 1).is_visible()
    keys.press("b")
    keys.press("Enter")
    assert "Not (b) it is forgotten, but (a) it comes again" == says_all(opened, 0)
    opened.screenshot(f"self-test-{opened.front}")

    keys.press("Tab")
    keys.press("Tab")
    keys.type("the k")
    keys.press("Enter")
    assert "Right: (b) the kick" == says_all(opened, 1)
    assert [] == axe_finds(opened.page)
    assert "1 of 2 questions of the self-test right." in opened.python("progress(7).so_far('7')")
    opened.screenshot(f"self-test-{opened.front}-right")


OWN = """from pmulab import *
class Mine(Hypervisor):
    def pmu_put(self, vcpu):
        enables = self.cpu.mrs("PMCNTENSET_EL0")
        super().pmu_put(vcpu)
        self.cpu.msr("PMCNTENSET_EL0", enables)
check("swap.put", Mine)"""


def test_the_line_of_progress_asks_about_ones_own_history(opened):
    opened.write("own.ipynb", "notebook", notebook(OWN, "progress(4)", "1"))
    opened.open("own.ipynb")
    opened.page.locator(".jp-NotebookPanel:visible .jp-Cell .cm-content").first.click()
    run(opened)
    opened.page.locator(".jp-NotebookPanel:visible .pmulab-card").first.wait_for()
    run(opened)
    field(opened).locator("input").first.wait_for()
    opened.page.wait_for_timeout(500)
    opened.screenshot(f"own-history-{opened.front}-asks")
    panel = opened.page.locator(".jp-NotebookPanel:visible")
    assert "Notebook 4: 0 of 4 exercises right" in panel.inner_text()
    found = opened.python(
        "(lambda q: 'abcde'[q.choices.index(q.answer)])(__import__('pmulab.lab.course.own_history',"
        " fromlist=['x']).questions_of(progress().exercises, '4')[0])"
    )
    field(opened).locator("input").nth("abcde".index(found.strip("'"))).check()
    field(opened).locator("button").first.click()
    assert says_all(opened, 0).startswith("Right: (")
    assert [] == axe_finds(opened.page)
    opened.screenshot(f"own-history-{opened.front}")


def says_all(lab, n):
    """Return what a field says, once it says anything."""
    line = field(lab, n).locator(".pg-says span").last
    line.filter(has_text=re.compile(r"\w")).wait_for()
    return line.inner_text()


def test_the_second_notebook_that_is_open_asks_as_the_first_does(opened):
    if opened.front == "notebook":
        pytest.skip("Notebook 7 has a notebook to a tab")
    rows = ('predict("4.1")', 'predict("1.5")', *["'below'"] * 30)
    content = {"type": "notebook", "format": "json", "content": notebook(*rows)}
    opened.page.evaluate(SAVE, ["second.ipynb", content])
    opened.command("docmanager:open", path="second.ipynb")
    opened.page.locator(".jp-NotebookPanel").nth(1).wait_for()
    opened.wait_for_kernel()
    assert 2 == opened.page.locator(".jp-NotebookPanel").count()
    opened.python("__import__('pathlib').Path('pmulab-progress.json').unlink(missing_ok=True)")
    opened.python("exec('from pmulab import predict')")
    # So low that the choices are below the edge, where the field comes.
    opened.page.set_viewport_size({"width": 1280, "height": 240})
    keys = opened.page.keyboard
    opened.page.locator(".jp-NotebookPanel:visible .cm-content").first.click()
    run(opened)
    keys.type("c")
    choices = field(opened).locator("input")
    choices.first.wait_for()
    opened.page.wait_for_timeout(1500)
    assert (True, "quiet_when_put") == (choices.last.evaluate(SEEN), focused(opened))
    opened.screenshot("guess-second-waits")
    keys.press("Enter")
    assert "Right: quiet_when_put." == says(opened)
    keys.press("Escape")
    keys.press("ArrowDown")
    run(opened)
    keys.type("2500")
    keys.press("Enter")
    assert "Right: 2500." == says(opened, 1)
    assert len(rows) == opened.page.evaluate(CELLS)
