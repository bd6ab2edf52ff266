"""Limits for code that somebody else wrote: time, how much it prints, and nobody who answers it.

Not modelled: memory; what a determined program can do in the process that runs it.
"""

import builtins
import contextlib
import io
import signal
import sys
import threading
import traceback

from pmulab.explorer.result import LIBRARY, Expired


class Limit:
    """What came of a limited run."""

    def __init__(self):
        self.expired = False
        self.where = ""


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
def limited(seconds: float):
    """Run a block for at most some seconds, without its output.

    Outside the main thread, and in a browser's Python, there is no clock to stop it with: then only
    the output is dropped.
    """
    limit = Limit()

    def stop(signum, frame):
        rows = traceback.extract_stack(frame)
        own = [row for row in rows if not row.filename.startswith(LIBRARY) and row.line]
        if own:
            limit.where = f", in {own[-1].name}: {own[-1].line}"
        raise Expired

    in_main = threading.current_thread() is threading.main_thread()
    timed = in_main and hasattr(signal, "setitimer")
    previous = signal.signal(signal.SIGALRM, stop) if timed else None
    try:
        if timed:
            signal.setitimer(signal.ITIMER_REAL, seconds)
        with contextlib.redirect_stdout(Sink()), unanswered():
            yield limit
    except Expired:
        limit.expired = True
    finally:
        if timed:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, previous)
