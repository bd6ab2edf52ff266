"""A line of JSON from one process to another, within a time.

Not modelled: who is at the other end. What arrives may be anything that JSON can say.
"""

import json
import os
import select
import time
from typing import Any

from pmulab.explorer.result import Expired

MOST = 1 << 20


class Cut(Expired):
    """Nothing more arrives: the other end is gone, says what is no message, or takes too long.

    As the end of the time it passes through everything that handles what a hook raises.
    """


class Link:
    """Two ends of pipes, one to read and one to write; `until` is when waiting ends."""

    def __init__(self, reader: int, writer: int, seconds: float | None = None) -> None:
        self.reader, self.writer = reader, writer
        self.rest = b""
        self.until = None if seconds is None else time.monotonic() + seconds
        if seconds is not None:
            # Whoever has a time does not wait for somebody who does not read.
            os.set_blocking(writer, False)

    def send(self, message: dict[str, Any]) -> None:
        """Write a message; raises `Cut` where nobody reads."""
        text = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        while text:
            try:
                text = text[os.write(self.writer, text) :]
            except BlockingIOError:
                if not select.select([], [self.writer], [], self._left())[1]:
                    raise Cut("it did not end in time") from None
            except OSError:
                raise Cut("it ended the process that judges it") from None

    def receive(self) -> dict[str, Any]:
        """Wait for a message; raises `Cut` where none comes."""
        while b"\n" not in self.rest:
            self._more()
        line, _, self.rest = self.rest.partition(b"\n")
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            raise Cut("it says what is no message")
        return message

    def _more(self) -> None:
        if len(self.rest) > MOST:
            raise Cut("it says too much")
        if self.until is not None and not select.select([self.reader], [], [], self._left())[0]:
            raise Cut("it did not end in time")
        piece = os.read(self.reader, 1 << 16)
        if not piece:
            raise Cut("it ended the process that judges it")
        self.rest += piece

    def _left(self) -> float:
        """Return the seconds that are left."""
        return max(self.until - time.monotonic(), 0) if self.until is not None else 0
