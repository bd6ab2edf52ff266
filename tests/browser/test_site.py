"""The site of `make site`: the lab runs in the reader's browser, and no other machine is asked.

The site is built once, from packages that are fetched once into build/lite. Where they cannot be
had (no npm, no network) the tests are skipped, or fail if PMULAB_BROWSER=required.
"""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import time

import pytest
from browser.conftest import OUTPUT, Lab, at_200_percent, axe_finds, notebook, wait_for
from browser.test_notebooks_open import code_cells, press, saved, tracebacks

from pmulab.cli import main
from pmulab.prove import prove

FIRST = "01-a-counter-and-a-turn.ipynb"
EXERCISES = "02-set-and-clr.ipynb"
NOT_TO_BE_HAD = ("npm is not on the PATH", "packages cannot be fetched")
# A kernel starts in 10 seconds on a quiet machine; a busy one takes several times that.
PATIENCE = 120_000
RUN = """async (code) => {
  const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const done = kernel.requestExecute({code}), said = [];
  done.onIOPub = message => said.push(message.content.text ?? message.content.evalue ?? '');
  await done.done;
  return said.join('');
}"""
# Make the nth cell that asks the active one, as a click beside it does.
ACTIVATE = """(() => {
  const notebook = jupyterapp.shell.currentWidget.content;
  const asks = notebook.widgets
    .filter(cell => cell.model.sharedModel.getSource().startsWith('predict("2.%d")'));
  notebook.activeCellIndex = notebook.widgets.indexOf(asks[0]);
  notebook.mode = 'command';
  notebook.activate();
  return notebook.scrollToItem(notebook.activeCellIndex);
})()"""
CHECK = """\
from pmulab import Hypervisor, check, gallery
print(check("swap.put", gallery()["put-loses-flags"].hypervisor))
class Mine(Hypervisor):
    def pmu_put(self, vcpu):
        Hypervisor.pmu_put(self, vcpu)
print(check("swap.put", Mine))"""

KEEP = """\
from pmulab import predict, progress
predict("How many?", 3)
print(progress())"""
KEPT = """\
Your guess: 3
exercise  verdict  attempts  law
swap.put  right           2
Your guesses:
  How many?: 3
"""


SAID = {
    "bit 2, both doors add": "Right: bit 2.",
    "2000": "You said 2000; it is 0 and 5.",
    "dd": "You said yes; it is no.",
}


class Site(Lab):
    """The lab as a static site, in a page."""

    def open(self, name):
        """Open a notebook and wait for the Python in the page."""
        self.page.set_default_timeout(PATIENCE)
        self.page.goto(f"{self.address}/lab/index.html?path={name}")
        self.wait_for_kernel()


@pytest.fixture(scope="session")
def served(browser, root, tmp_path_factory):
    """Build the site and serve it with the standard library's server; give its address."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, root / ".ci" / "lite.py", folder]
    built = subprocess.run(command, capture_output=True, text=True)
    if built.returncode:
        absent = any(words in built.stderr for words in NOT_TO_BE_HAD)
        required = os.environ.get("PMULAB_BROWSER") == "required"
        (pytest.skip if absent and not required else pytest.fail)(built.stderr.splitlines()[-1])
    let_tests_in(folder / "jupyter-lite.json")
    log = folder.parent / "site.log"
    words = ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder]
    with log.open("w") as out:
        process = subprocess.Popen([sys.executable, *words], stdout=out, stderr=out)
    yield address(process, log)
    process.terminate()
    process.wait(timeout=20)


def let_tests_in(path):
    """Let a test reach JupyterLab's commands and models, as `server` does."""
    settings = json.loads(path.read_text())
    settings["jupyter-config-data"]["exposeAppInBrowser"] = True
    path.write_text(json.dumps(settings))


def address(process, log):
    """Read from the server's log where it listens."""
    end = time.monotonic() + 20
    while time.monotonic() < end and "port " not in log.read_text():
        time.sleep(0.05)
    url = f"http://127.0.0.1:{log.read_text().split('port ')[1].split()[0]}"
    wait_for(url, process, log)
    return url


@pytest.fixture
def site(page, served, errors):
    """Give the site; the test fails if anything is left in `site.errors` at its end."""
    yield Site(page, served, errors)

    assert [] == errors, "\n".join(errors)


def test_the_player_steps_by_key_and_charts_are_drawn(site):
    start = time.monotonic()
    site.open(FIRST)
    site.page.set_viewport_size({"width": 1160, "height": 12_000})
    site.run_all()
    # The last of three: at the put of A.
    player = site.page.locator(".pmulab-player").nth(2)
    player.get_by_role("slider", name="Step").focus()
    at = press(player)

    assert at + 4 == press(player, *["ArrowRight"] * 4)
    print(f"first step after {time.monotonic() - start:.1f} s")
    assert ("0x320", "written") == saved(player)
    assert at + 3 == press(player, "ArrowLeft")
    charts = site.page.locator(".pmulab-chart")
    assert 2 <= charts.count() == site.page.locator(".pmulab-chart .pc-svg").count()
    assert [] == axe_finds(site.page)
    charts.last.screenshot(path=OUTPUT / "site-chart.png")
    site.use_theme("JupyterLab Dark")
    charts.last.screenshot(path=OUTPUT / "site-chart-dark.png")
    assert 0 == site.page.get_by_text("Error displaying widget").count()
    assert [] == tracebacks(site)
    assert [] == [cell["source"] for cell in code_cells(site) if not cell["ran"]]
    site.screenshot("site-01")


def test_the_first_minute_moves_without_a_server(site):
    site.open("00-start-here.ipynb")
    site.page.locator(".jp-CodeCell .cm-content").first.click()
    site.page.keyboard.press("Shift+Enter")
    site.page.locator(".tn-read b", has_text="2,600").wait_for()
    site.page.get_by_role("switch", name="swap").press("Space")
    site.page.locator(".tn-read b", has_text="2,000").wait_for()
    site.screenshot("site-00")


def test_an_answer_is_judged_in_the_browser_as_elsewhere_and_progress_kept(site, monkeypatch):
    monkeypatch.setenv("PMULAB_PROGRESS", "off")
    # There is no z3 in the browser's Python, and the certificate says so.
    monkeypatch.setattr(prove, "find_spec", lambda name: None)
    site.open(EXERCISES)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(CHECK, {})

    assert "yours" in printed.getvalue() and "right" in printed.getvalue()
    start = time.monotonic()
    assert printed.getvalue() == site.page.evaluate(RUN, CHECK)
    print(f"both verdicts after {time.monotonic() - start:.1f} s")
    assert KEPT == site.page.evaluate(RUN, KEEP)


def test_keys_right_after_running_a_cell_go_to_its_field(site):
    site.open(EXERCISES)
    keys, dialog = site.page.keyboard, site.page.locator(".jp-Dialog")
    site.page.locator(".jp-CodeCell .cm-content").first.click()
    keys.press("Shift+Enter")
    site.page.locator(".pmulab-lesson").wait_for()
    for n, (typed, says) in enumerate(SAID.items()):
        site.page.evaluate(ACTIVATE % (n + 1))
        keys.press("Shift+Enter")
        keys.type(typed)
        field = site.page.locator(".pmulab-guess").nth(n)
        field.locator("input").first.wait_for()
        site.page.wait_for_timeout(1500)
        assert (0, 1) == (dialog.count(), field.locator(":focus").count())
        keys.press("Enter")
        if typed == "dd":
            # No choice begins so: it is asked for one, and nothing is told.
            assert "" == field.locator(".pg-says").inner_text()
            keys.type("yes")
            keys.press("Enter")
        field.locator(".pg-says").get_by_text(says).wait_for()
        site.screenshot(f"site-guess-{n}")


HANDS = [
    """\
from pmulab import *
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.view import ownership_map""",
    'lines("swap.fold")',
    'bench("small")',
    """\
class Mine(Hypervisor):
    def fold_overflow(self, vcpu):
        flags = self.cpu.mrs("PMOVSSET_EL0") & self.guest_counter_mask(vcpu)
        self.cpu.msr("PMOVSCLR_EL0", flags)
check("swap.fold", Mine)""",
    """\
machine = Machine("static-reservation")
ownership_map(machine.run(), 35, again=machine.with_hpmn)""",
]


def test_what_is_tried_by_hand_answers_in_the_browser(site):
    page = site.page
    page.set_default_timeout(PATIENCE)
    page.goto(f"{site.address}/lab/index.html")
    page.wait_for_function("window.jupyterapp?.serviceManager?.contents")
    script = """([path, content]) => jupyterapp.serviceManager.contents
      .save(path, {type: 'notebook', format: 'json', content}).then(() => null)"""
    page.evaluate(script, ["hands.ipynb", notebook(*HANDS)])
    site.open("hands.ipynb")
    site.run_all()
    page.get_by_role("switch", name="line 2,").click()
    page.locator(".pmulab-lines .dk-head", has_text="notices after").wait_for()
    page.get_by_role("button", name="Shortest break from here").click()
    page.locator(".pmulab-bench .dk-head", has_text="No").wait_for()
    page.locator(".bn-move").first.click()
    page.locator(".bn-path", has_text="small:0").wait_for()
    page.get_by_role("slider", name="HPMN, the world runs anew").press("ArrowUp")
    page.get_by_text("The world has run anew with HPMN 3.").wait_for()
    card = page.get_by_role("group", name="Verdict on swap.fold")
    card.get_by_role("button", name="Show").click()
    page.locator(".pmulab-player").wait_for()
    page.locator(".jp-CodeCell .cm-line", has_text="class Mine").click()
    page.keyboard.press("End")
    page.keyboard.type("  # half")
    card.get_by_text("Older than its cell: Mine is edited and not run.").wait_for()
    views = [
        page.locator(f".pmulab-{kind}") for kind in ("lines", "bench", "verdict-card", "board")
    ]

    assert [] == axe_finds(page)
    assert [] == at_200_percent(site, "site", *views)
    assert [] == tracebacks(site)


@pytest.fixture
def classroom(page, served, errors):
    """Give the site as a classroom's server does: over plain http, from another machine."""
    yield Site(page, served.replace("127.0.0.1", "classroom.test"), errors)
    # Where there is no service worker the console says so.
    left = [line for line in errors if "ServiceWorker" not in line]

    assert [] == left, "\n".join(left)


GUESS = """\
from pmulab import predict, progress
predict("{0}?", "{0}")"""


def begin(site):
    """Run the first cell of a notebook; return the notice of what the page keeps."""
    site.page.locator(".jp-CodeCell .cm-content").first.click()
    site.page.keyboard.press("Shift+Enter")
    notices = site.page.locator(".ls-notice")
    notices.first.wait_for()
    return " ".join(notices.all_inner_texts())


def ask(site, n):
    """Run the nth cell that asks; return its field."""
    site.page.evaluate(ACTIVATE % n)
    site.page.keyboard.press("Shift+Enter")
    field = site.page.locator(".pmulab-guess").first
    field.locator("input").first.wait_for()
    return field


def guesses(site):
    """Return what the kernel has of guesses."""
    code = (
        "from pmulab import progress\nprint(*(r['guess'] for r in progress().predictions), sep='|')"
    )
    return site.page.evaluate(RUN, code).strip().split("|")


def test_a_page_without_a_folder_says_so_and_keeps_progress_all_the_same(classroom, tmp_path):
    page = classroom.page
    classroom.open(EXERCISES)
    assert page.evaluate("!window.isSecureContext")
    assert "Your progress is kept in this browser instead" in begin(classroom)
    classroom.screenshot("site-classroom")
    assert [] == axe_finds(page)
    field = ask(classroom, 1)
    page.keyboard.type("bit 2, both doors add")
    page.keyboard.press("Enter")
    field.locator(".pg-state").get_by_text("kept", exact=True).wait_for()
    with page.expect_download() as found:
        page.get_by_role("button", name="Download progress").click()
    found.value.save_as(tmp_path / found.value.suggested_filename)
    carried = json.loads((tmp_path / "pmulab-progress.json").read_text())

    assert [{"question": "2.1", "guess": "bit 2, both doors add"}] == carried["predictions"]
    classroom.open(EXERCISES)
    begin(classroom)
    page.locator(".pmulab-lesson p", has_text="1 of 7 predictions made").wait_for()
    field = ask(classroom, 1)
    field.locator(".pg-says").get_by_text("Right: bit 2.").wait_for()
    assert "kept" == field.locator(".pg-state").inner_text()
    # Another notebook has a Python of its own; neither takes from the other.
    other = Site(page.context.new_page(), classroom.address, [])
    other.open(FIRST)
    assert ["bit 2, both doors add"] == guesses(other)
    other.page.evaluate(RUN, GUESS.format("there"))
    page.evaluate(RUN, GUESS.format("here"))
    three = ["bit 2, both doors add", "there", "here"]
    assert three == until(three, lambda: guesses(classroom))


def until(due, look, seconds=20):
    """Look until it is as due, or for so long; return what was seen last."""
    end = time.monotonic() + seconds
    while (seen := look()) != due and time.monotonic() < end:
        time.sleep(0.1)
    return seen


def test_where_nothing_can_be_kept_a_guess_is_not_said_to_be(classroom, tmp_path, root):
    page = classroom.page
    # A browser that has no store.
    script = (root / ".ci" / "site" / "kernel.js").read_text().replace("pmulabStore: store", "")
    alone = {"content_type": "text/javascript", "body": script}
    page.context.route("**/pyodide.mjs", lambda route: route.fulfill(**alone))
    classroom.open(EXERCISES)
    assert "Your progress cannot be kept in this page" in begin(classroom)
    assert "alarm" == page.locator(".ls-notice").get_attribute("data-kind")
    classroom.screenshot("site-classroom-lost")
    field = ask(classroom, 1)
    page.keyboard.type("bit 2, both doors add")
    page.keyboard.press("Enter")
    field.locator(".pg-state", has_text="not kept: this page has no store for it").wait_for()
    row = {"question": "2.2", "guess": "5"}
    carried = {"pmulab_progress": 1, "exercises": {}, "predictions": [row]}
    (tmp_path / "mine.json").write_text(json.dumps(carried))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Bring a file of progress").click()
    chooser.value.set_files(tmp_path / "mine.json")
    page.get_by_text("Brought. Exercises: 0. Guesses: 1.").wait_for()

    assert ["bit 2, both doors add", "5"] == guesses(classroom)


ANSWER = """class Mine(Hypervisor):
    def write_pair(self, set_name, clr_name, bits, mask):
        self.cpu.msr(set_name, bits & mask)
        self.cpu.msr(clr_name, ~bits & mask)
"""
WRITE = """(source) => {
  const cells = jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel);
  cells.find(cell => cell.getSource().includes('def write_pair')).setSource(source);
}"""


@pytest.mark.parametrize("name", ["site", "classroom"])
def test_what_is_handed_in_is_graded(name, request, tmp_path, capsys):
    site = request.getfixturevalue(name)
    page = site.page
    site.open(EXERCISES)
    page.evaluate(WRITE, ANSWER)
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    page.get_by_role("button", name="Hand in").click()
    page.locator(".ls-found", has_text="swap.write_pair: 02-set-and-clr.ipynb").wait_for()
    field = page.get_by_label("Your name")
    page.wait_for_function("document.activeElement?.autocomplete === 'name'")
    assert [] == axe_finds(page)
    # Orders of the notebook, were they to reach it.
    page.keyboard.type("dd Ada 00")
    with page.expect_download() as found:
        page.keyboard.press("Enter")
    handed = tmp_path / found.value.suggested_filename
    found.value.save_as(handed)
    page.get_by_text("is made, read back, and with your browser's downloads").wait_for()
    site.screenshot(f"site-hand-in-{name}")

    assert "dd Ada 00" == field.input_value()
    assert re.fullmatch(r"dd-Ada-00-\d{4}-\d\d-\d\d\.zip", handed.name)
    # The other two are still to be written.
    assert 1 == main(["grade", str(handed)])
    assert "dd-Ada-00: 1 of 3, " in capsys.readouterr().out


def of_before(root):
    """Make a learner's notebook of an earlier edition: an answer, an own cell, a text less."""
    made = json.loads((root / "notebooks" / EXERCISES).read_text())
    cells = made["cells"]
    for cell in cells:
        cell["source"] = "".join(cell["source"]).replace('lesson(2, "2', 'lesson(2, "1')
        if "def write_pair" in cell["source"] and "exercise" in cell["metadata"].get("tags", []):
            cell["source"] = ANSWER
    (less,) = [cell for cell in cells if cell["source"].startswith("## 2. A race")]
    cells.remove(less)
    own = {"cell_type": "markdown", "id": "own", "metadata": {}, "source": "My own note."}
    cells.insert(3, own)
    return made


SOURCES = """() => jupyterapp.shell.currentWidget.content.widgets
  .map(cell => cell.model.sharedModel.getSource())"""


@pytest.mark.parametrize("keep", [True, False])
def test_a_rebuilt_site_reaches_who_has_edited_a_notebook(classroom, root, keep):
    page = classroom.page
    page.set_default_timeout(PATIENCE)
    page.goto(f"{classroom.address}/lab/index.html")
    page.wait_for_function("window.jupyterapp?.serviceManager?.contents")
    script = """([path, content]) => jupyterapp.serviceManager.contents
      .save(path, {type: 'notebook', format: 'json', content}).then(() => null)"""
    page.evaluate(script, [EXERCISES, of_before(root)])
    classroom.open(EXERCISES)
    assert "## 2. A race" not in str(page.evaluate(SOURCES))
    assert "the site of 2" in begin(classroom).split("This notebook is of 1")[1]
    name = "Take the new text, keep my answers" if keep else "Reset this notebook"
    page.get_by_role("button", name=name).click()
    take = page.get_by_role("button", name="the page opens anew")
    take.wait_for()
    classroom.screenshot(f"site-edition-{'keep' if keep else 'reset'}")
    assert [] == axe_finds(page)
    with page.expect_navigation():
        take.click()
    classroom.wait_for_kernel()
    now = page.evaluate(SOURCES)

    assert 1 == sum(source.startswith("## 2. A race") for source in now)
    assert keep == (ANSWER.strip() in [source.strip() for source in now])
    assert keep == ("My own note." in now)
    assert any('lesson(2, "2' in source for source in now)
    page.get_by_text(f"{EXERCISES}.of-1").wait_for()


def test_a_case_of_the_gallery_runs_two_clicks_from_its_page(site):
    # The first click is on the page's link: tests/browser/test_book.py holds where it leads.
    site.open("gallery/put-loses-flags.ipynb")
    site.page.locator('[data-command="notebook:run-cell-and-select-next"]').first.click()
    case = site.page.locator(".pmulab-verdict-card")
    case.get_by_text("put-loses-flags: a law is broken").wait_for()
    case.get_by_role("button", name="Open step").last.click()
    site.page.locator(".pmulab-player").wait_for()
    site.screenshot("site-gallery")

    assert [] == tracebacks(site)


def test_the_first_page_leads_to_the_first_lesson(site):
    site.page.set_default_timeout(PATIENCE)
    site.page.goto(site.address)
    site.page.get_by_role("heading", name="Start here").wait_for()
    site.page.wait_for_timeout(1000)
    site.screenshot("site-front")

    assert 0 == site.page.locator(".jp-Dialog, .Toastify__toast").count()
