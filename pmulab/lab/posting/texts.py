"""The texts of a posting: a C file, a tree's files, or what a series of patches makes.

Of a file that a series makes, and of a tree's that was named before it, all is known; of another
only what the patches show: other lines begin with `GAP`.

Not modelled: renames, binary patches, two versions of a series in one file.
"""

import email
import email.policy
import mailbox
import re
from collections.abc import Iterator, Sequence
from email.message import Message
from pathlib import Path

from pmulab.lab.submission.load import InputError

MAILS = (".mbx", ".mbox", ".patch", ".diff", ".eml")
# Where a tree has the functions that the lab knows.
IN_A_TREE = (
    *(f"arch/arm64/kvm/{name}.c" for name in ("pmu-direct", "pmu", "pmu-emul", "debug")),
    *("drivers/perf/arm_pmuv3.c", "arch/arm64/include/asm/arm_pmuv3.h"),
)
HUNK = re.compile(r"^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)")
NUMBER = re.compile(r"\[[^\]]*?(\d+)/\d+\]")
MOST = 16 << 20
# A line of which nothing is known but, perhaps, in which function the next ones are. No text of the
# kernel has this character.
GAP = "\f"


def texts_of(paths: Sequence[str]) -> dict[str, str]:
    """Read all texts, by the name of their file; `InputError` for what is none."""
    found: dict[str, str] = {}
    for name in paths:
        path = Path(name)
        if not path.exists():
            raise InputError(f"{path}: no such file")
        if path.is_dir():
            found |= _tree(path)
        elif path.suffix in MAILS:
            for mail in _mails(path):
                _apply(mail, found)
        else:
            found[path.name] = _read(path)
    # A name goes into what is compiled, between quotation marks.
    named = {file.replace('"', "").replace("\\", "/"): text for file, text in found.items()}
    return {file: text for file, text in named.items() if file.endswith((".c", ".h"))}


def _read(path: Path) -> str:
    if path.stat().st_size > MOST:
        raise InputError(f"{path} is larger than {MOST >> 20} MB")
    return path.read_text(encoding="utf-8", errors="replace")


def _tree(path: Path) -> dict[str, str]:
    """Read a tree's files, or those of a folder that is none."""
    inside = [path / name for name in IN_A_TREE if (path / name).is_file()]
    inside = inside or sorted(path.glob("*.c"))
    if not inside:
        raise InputError(f"{path} has no {IN_A_TREE[0]}, and no file in C")
    return {str(one.relative_to(path)): _read(one) for one in inside}


# ---- mails


def _mails(path: Path) -> Iterator[str]:
    """Yield the text of each patch in the order of their numbers, or that of one alone."""
    text = _read(path)
    if not text.startswith("From "):
        yield from _parts(email.message_from_string(text, policy=email.policy.compat32))
        return
    box = mailbox.mbox(path, create=False)
    try:
        # A thread as an archive gives it: in the order of its dates, with the answers.
        mails = [mail for mail in box if not str(mail["Subject"]).lower().startswith("re:")]
        for mail in sorted(mails, key=_number):
            yield from _parts(mail)
    finally:
        box.close()


def _number(mail: Message) -> int:
    found = NUMBER.search(str(mail["Subject"]))
    return int(found[1]) if found else 0


def _parts(mail: Message) -> Iterator[str]:
    """Yield the texts of a mail, decoded; without headers it is one as it stands."""
    for part in mail.walk():
        body = part.get_payload(decode=True)
        if isinstance(body, bytes) and part.get_content_maintype() == "text":
            text = body.decode("utf-8", "replace").replace("\r\n", "\n")
            yield _unflowed(text) if part.get_param("format") == "flowed" else text


def _unflowed(text: str) -> str:
    """Undo format=flowed (RFC 3676): a space before a space, and soft ends of lines."""
    lines: list[str] = []
    soft = False
    for line in text.split("\n"):
        line = line.removeprefix(" ")
        if soft:
            lines[-1] += line
        else:
            lines.append(line)
        # A space alone is an empty line that a patch shows.
        soft = line.endswith(" ") and line not in ("-- ", " ")
    return "\n".join(lines)


# ---- patches


def _apply(mail: str, found: dict[str, str]) -> None:
    """Do what a patch says to what is known of its files."""
    lines = mail.split("\n")
    file, at = "", 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith("+++ "):
            file = line[4:].split("\t")[0].strip().removeprefix("b/")
        elif file and (hunk := HUNK.match(line)):
            old, new, at = _hunk(lines, at, int(hunk[1] or 1), int(hunk[3] or 1))
            found[file] = _replaced(file, found.get(file, ""), int(hunk[2]), hunk[4], old, new)


def _hunk(lines: list[str], at: int, n: int, m: int) -> tuple[list[str], list[str], int]:
    """Read a hunk; returns its lines before and after, and where it ends."""
    old: list[str] = []
    new: list[str] = []
    while at < len(lines) and (len(old) < n or len(new) < m):
        sign, text = lines[at][:1], lines[at][1:]
        at += 1
        if sign in ("-", " ", ""):
            old.append(text)
        if sign in ("+", " ", ""):
            new.append(text)
    return old, new, at


def _replaced(file: str, text: str, row: int, inside: str, old: list[str], new: list[str]) -> str:
    """Put a hunk's new lines in the place of its old ones, or beside what is known.

    They begin at `row`; `inside` is the function that the hunk says they are in.
    """
    lines = text.split("\n") if text else []
    at = max(row, 1) - 1
    gaps = [line.startswith(GAP) for line in lines]
    places = [k for k in range(len(lines) - len(old) + 1) if lines[k : k + len(old)] == old]
    if old and places:
        k = min(places, key=lambda k: abs(k - at))
        lines[k : k + len(old)] = new
        # Where it is further down, a patch that put lines above it is not here.
        first = next((n + 1 for n in range(k - 1, -1, -1) if gaps[n]), 0)
        return "\n".join([*lines[:first], *[GAP] * (at - k if first else 0), *lines[first:]])
    if old and lines and not any(gaps):
        raise InputError(f"{file}: a patch of line {row} does not apply to this text")
    lines += [GAP] * (at - len(lines))
    if all(line.startswith(GAP) for line in lines[at : at + len(old)]):
        lines[at : at + len(old)] = new
    else:
        # No neighbour of what stands there: what is not known lies between them.
        while at < len(lines) and not lines[at].startswith(GAP):
            at += 1
        lines[at:at] = [GAP, *new, GAP]
        at += 1
    if at and lines[at - 1].startswith(GAP):
        lines[at - 1] = f"{GAP}{inside}"
    return "\n".join(lines)
