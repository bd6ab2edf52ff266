"""Work that takes longer than a click: done piece by piece, between a front end's messages.

The work is a generator: it yields how far it is and returns what comes of it. Where no event loop
runs, it is done at once.

Does not show: anything.
"""

import asyncio
from collections.abc import Callable, Generator
from typing import Any

Work = Generator[str, None, Any]


class Worker:
    """Does one piece of work at a time; a new one ends the old one."""

    def __init__(self, said: Callable[[str], None]) -> None:
        self.said = said
        self.task: asyncio.Task | None = None

    def start(self, work: Work, done: Callable[[Any], None]) -> None:
        """Begin some work; `done` gets what comes of it, unless it is stopped."""
        self.stop()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            done(_drain(work))
            return
        self.task = loop.create_task(self._do(work, done))

    def stop(self) -> None:
        """End the work; nothing comes of it."""
        if self.task:
            self.task.cancel()
            self.task = None
            self.said("")

    async def _do(self, work: Work, done: Callable[[Any], None]) -> None:
        try:
            while True:
                self.said(next(work))
                # Longer than nothing: a message that waits is handled first.
                await asyncio.sleep(0.002)
        except StopIteration as end:
            self.task = None
            self.said("")
            done(end.value)


def _drain(work: Work) -> Any:
    try:
        while True:
            next(work)
    except StopIteration as end:
        return end.value
