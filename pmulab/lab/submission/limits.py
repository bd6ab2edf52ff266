"""Limits for code that somebody else wrote: time, also of one call, output, and no answers.

A call of a hook takes microseconds, so one that lasts seconds is an endless loop, also on a machine
that is busy; a whole check may take long and still end.

Not modelled: memory; what a determined program can do in the process that runs it.
"""

import builtins
import contextlib
import io
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator
from types import FrameType
from typing import Any

from pmulab.explorer.result import GUARD, LIBRARY, Expired
from pmulab.lab.submission.watch import looked_at

# A look at what runs: the first after so many seconds, then again and again.
FIRST, EVERY = 0.5, 0.25
# A single call of a hook that takes longer does not end.
CALL = 5


class Limit:
    """What came of a limited run."""

    def __init__(self, seconds: float):
        self.seconds, self.began = seconds, time.monotonic()
        self.expired = self.inside = self.looks = False
        self.where, self.why = "", f"no end within {seconds:g} s"
        self.call: FrameType | None = None
        self.called = self.began

    def look(self, frame: FrameType | None) -> float:
        """Take note of the call that runs; raise `Expired` if it, or all, has taken too long.

        Returns the seconds since the beginning.
        """
        now, call = time.monotonic(), call_in(frame)
        if call is not self.call or call is None:
            self.call, self.called = call, now
        passed = now - self.began
        if passed >= self.seconds or now - self.called >= CALL:
            self.where = where_in(frame)
            limit = self.seconds if passed >= self.seconds else CALL
            # Looks may come late; what counts is the limit.
            self.why = f"no end within {limit:g} s{self.where}"
            self.call = None
            raise Expired
        return passed


def where_in(frame: FrameType | None) -> str:
    """Say which line of a guarded hook, or of what it calls of its own, runs."""
    rows = traceback.extract_stack(frame)
    inside = [n for n, row in enumerate(rows) if GUARD in row.filename]
    own = (
        [row for row in rows[inside[0] :] if not row.filename.startswith(LIBRARY)] if inside else []
    )
    return f", in {own[-1].name}: {own[-1].line or f'line {own[-1].lineno}'}" if own else ""


def call_in(frame: FrameType | None) -> FrameType | None:
    """Return the outermost call of a guarded hook among the frames that run, if there is one."""
    found = None
    while frame is not None:
        if GUARD in frame.f_code.co_filename and frame.f_code.co_name == "_answer":
            found = frame
        frame = frame.f_back
    return found


class Sink(io.TextIOBase):
    """Takes what is printed and keeps none of it."""

    def write(self, text: str) -> int:
        """Count the characters and drop them."""
        return len(text)


def nobody(*prompt: object) -> str:
    """Answer no question: in a notebook `input` would wait for a learner who is not asked."""
    raise EOFError("nobody answers input() while a hook is judged")


@contextlib.contextmanager
def unanswered():
    """Run a block in which nothing can be read from the keyboard."""
    asks, stream = builtins.input, sys.stdin
    builtins.input, sys.stdin = nobody, io.StringIO()
    try:
        yield
    finally:
        builtins.input, sys.stdin = asks, stream


@contextlib.contextmanager
def limited(seconds: float, ticker: Callable[[float], None] | None = None):
    """Run a block for at most some seconds, without its output.

    `ticker` is called now and then with the seconds since the beginning; not on Windows. Outside
    the main thread, and in a browser's Python, nobody looks at a clock: only output is dropped.
    """
    limit = Limit(seconds)

    def look(frame):
        # None before the block has begun or as it ends, and none during another look.
        if not limit.inside or limit.looks or frame.f_code.co_filename == contextlib.__file__:
            return
        limit.looks = True
        try:
            passed = limit.look(frame)
            if ticker and threading.current_thread() is threading.main_thread():
                ticker(passed)
        finally:
            limit.looks = False

    try:
        with (
            contextlib.redirect_stdout(Sink()),
            unanswered(),
            looked_at(look, min(FIRST, seconds), min(EVERY, seconds)),
        ):
            try:
                limit.inside = True
                yield limit
            finally:
                limit.inside = False
    except Expired:
        limit.expired = True


def pieces(
    work: Generator[str, None, Any], seconds: float, piece: float = 0.03
) -> Generator[str, None, Any]:
    """Do some work piece by piece, each within what is left of the time, so that others may run.

    Yields how far it is, and returns what comes of it, or the `Limit` that has expired. Only the
    time of the pieces counts.
    """
    left, said = seconds, ""
    while left > 0:
        began = time.perf_counter()
        with limited(left) as limit:
            try:
                while time.perf_counter() < began + piece:
                    said = next(work)
            except StopIteration as end:
                return end.value
        left -= time.perf_counter() - began
        if limit.expired:
            return limit
        yield said
    late = Limit(seconds)
    late.expired = True
    return late


def drained(work: Generator[str, None, Any]) -> Any:
    """Do some work at once; returns what comes of it."""
    try:
        while True:
            next(work)
    except StopIteration as end:
        return end.value
