"""The book of `make book`: chapters whose widgets need no kernel, in a Chromium.

The book is built once. Where Sphinx cannot be had the tests are skipped, or fail if
PMULAB_BROWSER=required.
"""

import functools
import gzip
import http.server
import os
import subprocess
import sys
import threading
from html.parser import HTMLParser
from itertools import product
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from browser.conftest import OUTPUT, axe_finds
from browser.conftest import SPILLS as CUT_OFF

from pmulab.lab.course.predictions import predictions
from pmulab.lab.gallery.gallery import gallery

CHAPTERS = "00 01 02 03 04 05 06 07 07b 08 09 10 11 12 13 14 15".split()
LOOKS = {"wide-light": (1280, 800, "light"), "narrow-dark": (390, 844, "dark")}
SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => {
  for (const { value, hadRecentInput } of list.getEntries()) {
    if (!hadRecentInput) window.shifted += value;
  }
}).observe({type: 'layout-shift', buffered: true});"""
# As a reader does who reads: what comes next is drawn before it comes.
WALK = """async () => {
  const boxes = [...document.querySelectorAll('.pmulab-live')];
  const drawn = (box) => 'alive' in box.dataset;
  const ahead = (box) => box.getBoundingClientRect().top < 2 * innerHeight;
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
    scrollTo(0, y);
    do await new Promise(requestAnimationFrame); while (!boxes.filter(ahead).every(drawn));
  }
  return boxes.every(drawn);
}"""
SPILLS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Another notation of the same numbers, too little, too much, nothing.
GUESSES = ("{}", " {} ", "it is {}", "0x{:x}", "0b{:b}", "{} and 1", "7", "none", "", "both")


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *words):
        """Say nothing."""


@pytest.fixture(scope="session")
def folder(browser, root, tmp_path_factory):
    """Build the book; give its folder."""
    folder = tmp_path_factory.mktemp("book")
    made = subprocess.run(["make", "build/sphinx"], cwd=root, capture_output=True, text=True)
    if made.returncode:
        required = os.environ.get("PMULAB_BROWSER") == "required"
        (pytest.fail if required else pytest.skip)(made.stdout + made.stderr)
    command = [sys.executable, root / ".ci" / "book.py", "--site", "../site", folder]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture(scope="session")
def book(folder):
    """Serve the book with the standard library's server; give its address."""
    handler = functools.partial(Quiet, directory=folder)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def read(page, book, errors):
    """Open a page of the book; at the end nothing may be in `errors`."""

    def opened(name, width=1280, height=800, scheme="light"):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        page.add_init_script(SHIFTS)
        page.goto(f"{book}/{name}")
        assert page.evaluate(WALK)
        return page

    yield opened

    assert [] == errors, "\n".join(errors)


def looks():
    """List chapters and looks: one of two for each chapter, the other where there is time."""
    pairs = list(product(CHAPTERS, LOOKS))
    later = {(number, list(LOOKS)[n % 2]) for n, number in enumerate(CHAPTERS)}
    return [
        pytest.param(*pair, marks=[pytest.mark.thorough] if pair in later else []) for pair in pairs
    ]


def chapter(root, number):
    """Return the name of a chapter's page."""
    return next((root / "notebooks").glob(f"{number}-*.ipynb")).with_suffix(".html").name


@pytest.mark.parametrize(("number", "look"), looks())
def test_a_chapter_is_alive_without_a_kernel(read, root, number, look):
    page = read(chapter(root, number), *LOOKS[look])
    shifted = page.evaluate("window.shifted")

    assert page.evaluate(SPILLS) <= 0
    assert shifted < 0.1
    assert [] == axe_finds(page, ".bd-article")
    views = page.locator(".pmulab-view:visible")
    assert [] == [cut for view in views.all() for cut in view.evaluate(CUT_OFF)]
    OUTPUT.mkdir(exist_ok=True)
    page.screenshot(path=OUTPUT / f"book-{number}-{look}.png", full_page=True)
    for stepper in page.locator(".pmulab-player:visible, .pmulab-board:visible").all()[:2]:
        slider = stepper.get_by_role("slider", name="Step")
        slider.press("Home")
        slider.press("ArrowRight")
        page.wait_for_function("root => root.dataset.index === '1'", arg=stepper.element_handle())


def test_the_first_minute_answers_as_in_a_notebook(read):
    page = read("index.html")
    turns = page.locator(".pmulab-turns")

    assert "600 of the 2,600 are B's work." in turns.inner_text()
    turns.get_by_role("switch").click()
    turns.locator(".tn-says").get_by_text("Its own work, and nothing else.").wait_for()
    turns.get_by_role("slider", name="B's work").press("End")
    turns.get_by_text("1,200 instructions").wait_for()
    assert "B reads 2,400 and did 2,400." not in turns.inner_text()


def test_what_stands_below_a_guess_waits_for_it(read):
    page = read("00-start-here.html")
    guess = page.locator(".pmulab-guess").first
    below = page.locator(".pmulab-turns").nth(1)

    assert not below.is_visible()
    guess.get_by_role("textbox").fill("600")
    guess.get_by_role("textbox").press("Enter")
    guess.get_by_text("You said 600; it is 2600.").wait_for()
    below.wait_for()


def test_a_guess_is_judged_as_the_library_does(read, book):
    page = read("00-start-here.html")
    rows = [row for row in predictions().values() if row.answer and not row.choices]
    asked, due = [], []
    for row in rows:
        for guess in [row.answer, *row.also, *guesses(row)]:
            asked.append([row.id, guess])
            due.append(row.fits(guess))
    script = """async ([reads, asked]) => {
      const {fits} = await import('./_static/live/live.js');
      return asked.map(([id, said]) => fits(said.trim(), reads[id]));
    }"""
    reads = {(one["answer"], *one["also"]): one for one in records(book, page)}
    by_id = {row.id: reads[row.answer, *row.also] for row in rows}
    told = page.evaluate(script, [by_id, asked])

    assert len(rows) > 20
    assert [] == [(one, d) for one, d, t in zip(asked, due, told) if d != t]


def guesses(row):
    """Write the numbers of an answer in other ways, and what is none of them."""
    found = [word for word in row.answer.replace(",", " ").split() if word.isdecimal()]
    numbers = [int(word) for word in found] or [3]
    return [form.format(number) for form, number in product(GUESSES, numbers)]


def records(book, page):
    """Return what the pages of the book read of each guess in words or numbers."""
    script = """async () => {
      const found = [];
      const links = document.querySelectorAll('.bd-sidebar-primary a[href$=".html"]');
      for (const href of [location.href, ...[...links].map((link) => link.href)]) {
        const text = await (await fetch(href)).text();
        for (const [, name] of text.matchAll(/data-live="([^"]+)" data-kind="Guess"/g)) {
          const record = await fetch(`_static/live/records/${name}.json`);
          found.push((await record.json()).reads);
        }
      }
      return found.filter(Boolean);
    }"""
    return page.evaluate(script)


def test_a_step_of_a_case_opens_the_player(read):
    page = read("12-the-posted-text.html")
    # Each waits for the guess above it.
    for guess in page.locator(".pmulab-guess").all():
        guess.get_by_role("button").last.click()
    second = page.get_by_role("button", name="Open step 2 in the player")
    box = page.locator('[data-kind="Card"]').filter(has=second).first
    box.get_by_role("button", name="Open step 2 in the player").click()
    player = box.locator(".pmulab-player")
    player.wait_for()
    at = player.get_attribute("data-index")
    box.get_by_role("button", name="Open step 1 in the player").click()
    page.wait_for_function(
        "([root, at]) => Number(root.dataset.index) < Number(at)", arg=[player.element_handle(), at]
    )


def test_each_line_of_put_can_be_switched_off(read):
    page = read("04-preemption.html")
    box = page.locator('[data-kind="Switches"]').last
    switches = box.get_by_role("switch")

    said = set()
    for n in range(switches.count()):
        switches.nth(n).click()
        box.locator(".dk-answer[data-kind='noticed'], .dk-answer[data-kind='nobody']").wait_for()
        said.add(box.locator(".dk-answer").inner_text())
        box.get_by_role("button", name="All on").click()
        box.locator(".dk-answer[data-kind='asks']").wait_for()
    assert len(said) > 5
    # Two lines at once were not asked in advance.
    switches.nth(0).click()
    box.locator(".dk-answer[data-kind='noticed']").wait_for()
    switches.nth(1).click()
    box.get_by_text("That needs a Python, which this page does not have.").wait_for()


def test_a_handle_moved_runs_the_world_anew(read):
    page = read("03-the-partition.html")
    box = page.locator('[data-kind="OwnershipMap"]')
    box.get_by_role("slider", name="HPMN").press("ArrowUp")
    box.get_by_text("The world has run anew with HPMN").wait_for()


def test_a_slider_of_a_chart_draws_another(read):
    page = read("09-was-it-worth-it.html")
    box = page.locator('[data-kind="HeatMap"]').first
    before = box.locator(".pc-says").inner_text()
    box.get_by_role("slider").first.press("End")
    page.wait_for_function(
        "([root, before]) => root.querySelector('.pc-says').innerText !== before",
        arg=[box.element_handle(), before],
    )


@pytest.mark.parametrize("id", [*gallery()][::12])
def test_a_page_of_the_gallery_shows_the_shortest_history(read, id):
    page, bug = read(f"gallery/{id}.html"), gallery()[id]

    assert bug.origin in page.locator(".bd-article").inner_text()
    assert page.locator(".pmulab-player").count() == (not bug.harmless)
    assert f"path=gallery/{id}.ipynb" in page.locator("a.lv-go").get_attribute("href")
    assert [] == axe_finds(page, ".bd-article")


def test_a_name_in_the_prose_leads_to_where_it_is_explained(read):
    page = read("02-set-and-clr.html")
    page.locator('.bd-article p a[href*="registers.html#registers-pmcntenset"]').first.click()
    page.wait_for_url("**/reference/registers.html#registers-*")

    assert "PMCNTENSET_EL0" in page.locator(":target").inner_text()


class Links(HTMLParser):
    """Collects where a page's links lead, and what can be led to in it."""

    def __init__(self, text):
        super().__init__()
        self.anchors, self.links = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note an element's anchor and its link."""
        look = dict(attrs)
        self.anchors.add(look.get("id"))
        if tag == "a" and look.get("href"):
            self.links.append(look["href"])


def test_every_link_within_the_book_leads_somewhere(folder, root):
    pages = {page: Links(page.read_text("utf-8")) for page in folder.rglob("*.html")}

    def leads(page, link):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            return True
        if "site" in parts.path.split("/"):
            # The running notebook: of the course, or made of an entry of the gallery.
            name = parts.query and parse_qs(parts.query)["path"][0]
            kept = name.removeprefix("gallery/").removesuffix(".ipynb") in gallery()
            return not name or kept or (root / "notebooks" / name).exists()
        to = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        anchors = pages[to].anchors if to in pages else set()
        return to.exists() and (not parts.fragment or unquote(parts.fragment) in anchors)

    links = [(page, link) for page, found in pages.items() for link in found.links]
    assert len(links) > 5000
    assert set() == {(page.name, link) for page, link in links if not leads(page, link)}


def test_without_scripts_the_still_form_is_there(browser, book):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{book}/01-a-counter-and-a-turn.html")

    assert page.locator(".pmulab-live table").count() > 5
    context.close()


def test_the_first_chapter_is_small(page, book):
    sizes = []

    def took(response):
        body = response.body()
        packed = response.url.endswith((".woff2", ".png"))
        sizes.append(len(body) if packed else len(gzip.compress(body)))

    page.on("requestfinished", lambda request: took(request.response()))
    page.goto(f"{book}/00-start-here.html")
    page.locator(".pmulab-turns").first.wait_for()
    page.wait_for_load_state("networkidle")

    print(f"the first chapter: {len(sizes)} files, {sum(sizes) / 1e3:.0f} kB with gzip")
    assert 100_000 < sum(sizes) < 500_000
