"""Measure how soon a chapter of the book answers, beside the same page without its scripts.

    python tests/bench/bench_book.py [ROUNDS]        by default 5; `make book` first

For each chapter, opened by a new Chromium window from a server of this machine that packs what it
sends: kB until the first widget in it has answered, ms from the address to that answer, and ms
until the same page without scripts has loaded. A player is stepped, a switch or a slider moved, a
guess made; the answer is there when the frame after the change has been drawn. Run by `make
bench-ui`.
"""

import re
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "bench")]
BOOK = TESTS.parent / "build" / "book"
# Take hold of the first widget that is drawn as soon as it is, and see its picture change.
ANSWER = """window.answered = (async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const box = () => [...document.querySelectorAll('.pmulab-live[data-alive]')]
    .find((one) => one.querySelector('[role=switch], input, button'));
  while (!box()) {
    if (document.readyState === 'complete' && !document.querySelector('.pmulab-live')) return 0;
    await frame();
  }
  const root = box(), before = root.innerHTML;
  const control = root.querySelector('[role=switch], input[type=range], input, button');
  if (control.type === 'range') control.value = Number(control.value) + 1;
  else if (control.tagName === 'INPUT' && control.type !== 'radio') control.value = '7';
  else control.click();
  control.dispatchEvent(new Event('input', {bubbles: true}));
  const enter = {key: 'Enter', bubbles: true, cancelable: true};
  if (control.tagName === 'INPUT') control.dispatchEvent(new KeyboardEvent('keydown', enter));
  while (root.innerHTML === before) await frame();
  await frame();
  return performance.now();
})();"""
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"


def main(rounds: int = 5) -> None:
    """Open each chapter in turn with its peer, and print."""
    from bench_site import served
    from browser.conftest import ARGS, find_chromium
    from playwright.sync_api import sync_playwright

    if not (chapters := sorted(BOOK.glob("[0-9]*.html"))):
        sys.exit("there is no book: `make book` builds it")
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        place = still(Path(folder), chapters)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGS))
        print(f"{'':<34}{'kB':>5}{'first answer, ms':>22}{'without scripts, ms':>22}{'ratio':>7}")
        with served(BOOK, True) as (book, sent), served(place, True) as (peer, _):
            for path in chapters:
                # The first one is the server's, which packs what it sends once.
                visit(browser, book, peer, sent, path.name)
                rows = [visit(browser, book, peer, sent, path.name) for _ in range(rounds)]
                report(path.stem, *zip(*rows))
        browser.close()


def still(folder: Path, chapters: list[Path]) -> Path:
    """Lay out the same pages without their scripts, beside the files that they show."""
    scripts = re.compile(r"<script\b.*?</script>|<link[^>]*as=\"script\"[^>]*>", re.DOTALL)
    for path in BOOK.iterdir():
        if path not in chapters:
            (folder / path.name).symlink_to(path)
    for path in chapters:
        (folder / path.name).write_text(scripts.sub("", path.read_text("utf-8")), "utf-8")
    return folder


def visit(browser, book, peer, sent, name: str) -> tuple[float, float, float]:
    """Open a chapter and its peer; return kB and ms of the one, ms of the other."""
    sent.clear()
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.add_init_script(ANSWER)
    page.goto(f"{book}/{name}", wait_until="commit")
    answered = page.evaluate("window.answered")
    size = sum(sent.values()) / 1e3
    context.close()
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{peer}/{name}")
    page.wait_for_function(f"{LOADED} > 0")
    loaded = page.evaluate(LOADED)
    context.close()
    return size, answered, loaded


def report(name: str, size, answered, loaded) -> None:
    """Print the middle of each figure, times with their ends."""
    middle = statistics.median
    ratio = f"{middle(answered) / middle(loaded):.1f}" if any(answered) else ""
    told = spread(answered) if any(answered) else "no widget"
    print(f"{name:<34}{middle(size):>5.0f}{told:>22}{spread(loaded):>22}{ratio:>7}", flush=True)


def spread(values) -> str:
    """Write the middle of some milliseconds with its ends."""
    return f"{statistics.median(values):.0f} ({min(values):.0f} .. {max(values):.0f})"


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
