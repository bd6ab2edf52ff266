"""A look at what runs, now and then: by the system's timer, or by a thread where there is none.

Windows has no timer that interrupts. There a thread looks at the frames of the one that judges, and
an exception is put into that.

Not modelled: a call that stays in C; nothing can be put in before it returns.

Source: setitimer(2); PyThreadState_SetAsyncExc of Python's C interface.
"""

import contextlib
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from pmulab.explorer.result import Expired

Look = Callable[[FrameType | None], None]


@contextlib.contextmanager
def looked_at(look: Look, first: float, every: float):
    """Call a function with the frame that runs, while a block does; `Expired` ends the block.

    Without a time, outside the main thread, and in a browser's Python, it is never called.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not first or not in_main or sys.platform == "emscripten":
        yield
        return
    if not hasattr(signal, "setitimer"):
        watch = Watch(look, first, every)
        try:
            yield
        finally:
            try:
                watch.end()
            except Expired:
                watch.end()
                raise
        return
    previous = signal.signal(signal.SIGALRM, lambda number, frame: look(frame))
    try:
        signal.setitimer(signal.ITIMER_REAL, first, every)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


class Watch:
    """A thread that looks at the one that has made it."""

    def __init__(self, look: Look, first: float, every: float) -> None:
        self.look, self.first, self.every = look, first, every
        self.watched, self.over = threading.get_ident(), threading.Event()
        self.putting = threading.Lock()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        pause = self.first
        while not self.over.wait(pause):
            pause = self.every
            try:
                self.look(sys._current_frames().get(self.watched))
            except Expired:
                with self.putting:
                    if not self.over.is_set():
                        self._put(Expired)

    def _put(self, error: type[BaseException] | None) -> None:
        """Have an exception raised in the thread that is watched, or none any more."""
        import ctypes

        value = ctypes.py_object(error) if error else None
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.watched), value)

    def end(self) -> None:
        """Look no more; what has been put in may be raised here, and later no more."""
        with self.putting:
            self.over.set()
        self.thread.join()
        self._put(None)
