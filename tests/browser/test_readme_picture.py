"""The picture at the top of the README: the first minute of notebook 00, as a learner meets it.

notebooks/images/first-minute.png is a copy of what this leaves in output/; a person looks at it. It
is a PNG that moves (an APNG, as PNG's third edition has it): whoever cannot show that shows its
first frame.
"""

import struct
import zlib

from browser.conftest import OUTPUT

LAPTOP = {"width": 1280, "height": 800}
# Played once, in less than five seconds: what moves for longer must have a button that stops it
# (WCAG 2.2.2).
SECONDS = 1.2
READ = ".tn-read b"


def chunks(png):
    """Yield the chunks of a PNG as (type, content)."""
    at = 8
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        at += 12 + size


def chunk(kind, content):
    """Write one chunk of a PNG."""
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def moving(frames, seconds):
    """Join PNGs of one size and kind into one that shows each for so long, once."""
    (head,) = {content for png in frames for kind, content in chunks(png) if kind == b"IHDR"}
    width, height = struct.unpack_from(">II", head)
    made = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", head)]
    made.append(chunk(b"acTL", struct.pack(">II", len(frames), 1)))
    number = 0
    for png in frames:
        # The whole picture, at its place; so many hundredths of a second.
        place = struct.pack(">IIII", width, height, 0, 0)
        shown = struct.pack(">HHBB", round(seconds * 100), 100, 0, 0)
        made.append(chunk(b"fcTL", struct.pack(">I", number) + place + shown))
        number += 1
        for content in [content for kind, content in chunks(png) if kind == b"IDAT"]:
            if png is frames[0]:
                made.append(chunk(b"IDAT", content))
            else:
                made.append(chunk(b"fdAT", struct.pack(">I", number) + content))
                number += 1
    return b"".join([*made, chunk(b"IEND", b"")])


def test_the_first_minute_of_notebook_00_is_what_the_readme_shows(lab):
    lab.open("00-start-here.ipynb")
    lab.page.set_viewport_size(LAPTOP)
    lab.page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
    lab.command("notebook:run-cell")
    widget, frames = lab.page.locator(".pmulab-turns"), []

    def keep(read):
        widget.locator(READ, has_text=read).wait_for()
        lab.page.wait_for_timeout(400)
        frames.append(widget.screenshot())

    keep("2,600")
    widget.get_by_role("switch", name="swap").click()
    keep("2,000")
    widget.get_by_role("slider", name="Length of a turn").press("ArrowLeft")
    lab.page.wait_for_timeout(400)
    keep("2,000")
    widget.get_by_role("slider", name="B's work").press("End")
    lab.page.wait_for_timeout(400)
    keep("2,000")
    OUTPUT.mkdir(exist_ok=True)
    (OUTPUT / "first-minute.png").write_bytes(moving(frames, SECONDS))
    for k, frame in enumerate(frames):
        (OUTPUT / f"first-minute-{k}.png").write_bytes(frame)

    assert len(frames) == len(set(frames))
    assert 5 > len(frames) * SECONDS
