"""The process that a hook in C runs in, and what it does there: rows that come, answers that go.

Whatever the C does, it does to its own process: a bad address ends that one. It ends with the
class that it belongs to, and after each call that did not end well, so that the next one begins
anew.

Not modelled: a sandbox; the process may do what its user may.
"""

import os
import signal
import socket
import struct
import subprocess
import weakref
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from pmulab.hw.sysregs import CYCLE_IDX
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.kvm.vcpu import Vcpu
from pmulab.native.words import CAPS, HELPERS, REGISTERS, SAVED, VCPU, called

ROW = struct.Struct("=IIQQQ")
RETURN, READ, WRITE, LOAD, STORE, HELPER, ANSWER, CALL = range(8)
MASK64 = (1 << 64) - 1
VCPUS = 256
# Microseconds of one wait. Shorter than the time between two looks of a limit, which begin it anew.
TICK = 100_000
# Seconds that a process may still take when its end of the way is closed.
SILENT = 1


class Patience(NamedTuple):
    """What one call may take: seconds without a row, of its own processor time, and rows."""

    silence: float
    seconds: float
    rows: int


# A right hook makes a hundred rows or two, in microseconds. Of a text that was once met without an
# end nothing good is said any more: so it need not be waited for again.
FIRST, LATER = Patience(3, 1, 3_000), Patience(0.3, 0.1, 1_000)
SIGNALS = {
    "SIGSEGV": "it used an address that is not its own",
    "SIGBUS": "it used an address that is not its own",
    "SIGUSR2": "its stack is full: a function that calls itself for ever, or a very large variable",
    "SIGPROF": "it does not end: it computes and makes no access",
    "SIGFPE": "it divided by zero",
    "SIGABRT": "it called abort()",
    "SIGILL": "it ran into what is no instruction",
    "SIGXFSZ": "it wrote to a file",
}


class Died(Exception):
    """The process of a hook in C ended in the midst of a call."""


class NoEnd(Exception):
    """A call of a hook in C does not end."""


class Child:
    """One process: `begin` a call, then `turn` by `turn` until `op` is RETURN."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        self.of = 0
        self.patience = FIRST
        self.vcpus: dict[int, Vcpu] = {}
        self.ids: dict[str, int] = {}

    # ---- the process

    def start(self) -> None:
        """Start the process where it does not run, or belongs to whom this one was forked from."""
        if self.process is not None and self.of == os.getpid():
            return
        ours, theirs = socket.socketpair()
        with theirs:
            theirs.set_inheritable(True)
            self.process = subprocess.Popen(
                [str(self.program), str(theirs.fileno()), str(int(self.patience.seconds * 1e6))],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={},
                cwd=os.sep,
                start_new_session=True,
            )
        wait = struct.pack("@ll", 0, TICK)
        for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            ours.setsockopt(socket.SOL_SOCKET, way, wait)
        self.socket, self.fd, self.of = ours, ours.fileno(), os.getpid()
        self.end = weakref.finalize(self, _end, self.process, ours, os.getpid())

    def stop(self) -> None:
        """End the process, if there is one."""
        if self.process is not None:
            self.process = None
            self.end()

    # ---- a call

    def begin(self, hook: int, given: tuple[Any, ...]) -> None:
        """Begin a call."""
        self.start()
        a, b = (*map(self._number, given), 0, 0)[:2]
        self.rows: list[tuple[int, ...]] = []
        self.made = 0
        self._send(CALL, hook, a, b)

    def wait(self) -> tuple[int, ...]:
        """Wait for the next row; raises `Died` or `NoEnd`."""
        while not self.rows:
            data = self._patiently(self._read_some, "it waits for something")
            while len(data) % ROW.size:
                more = self._patiently(self._read_some, "it waits for something")
                data += more or b"\0" * (-len(data) % ROW.size)
            if not data:
                raise self._died()
            self.rows = list(ROW.iter_unpack(data))[::-1]
        return self.rows.pop()

    def turn(self, hyp: Hypervisor, row: tuple[int, ...]) -> tuple[int, ...]:
        """Do what a row says, answer where that is due, and wait for the next one."""
        op, _, what, a, b = row
        if op not in DO:
            raise Died(f"it wrote {op} where the lab listens")
        answer = DO[op](self, hyp, what, a, b)
        self.made += 1
        if self.made > self.patience.rows:
            raise self._no_end("it does not end: it makes access after access")
        if answer is not None:
            self._send(ANSWER, answer, 0, 0)
        return self.wait()

    def _read_some(self) -> bytes:
        try:
            return os.read(self.fd, 1 << 16)
        except ConnectionError:
            return b""

    def _send(self, op: int, what: int, a: int, b: int) -> None:
        row = ROW.pack(op, 0, what, a, b)
        # Where it has ended, whoever waits for its next row is told how.
        with suppress(ConnectionError):
            self._patiently(partial(os.write, self.fd, row), "it asks and takes no answer")

    def _patiently(self, act: Callable[[], Any], what: str) -> Any:
        """Do what may have to wait; raises `NoEnd` where that takes too long."""
        until = 0.0
        while True:
            try:
                return act()
            except BlockingIOError:
                now = monotonic()
                until = until or now + self.patience.silence
                if now > until:
                    raise self._no_end(f"it does not end: {what}") from None

    def _died(self) -> Exception:
        assert self.process is not None
        try:
            code = self.process.wait(SILENT)
        except subprocess.TimeoutExpired:
            return Died("it closed the way by which it answers")
        if code >= 0:
            return Died(f"it called exit({code})")
        name = signal.Signals(-code).name
        said = SIGNALS.get(name, "it was ended")
        if name == "SIGPROF":
            return self._no_end(said)
        return Died(said if name == "SIGUSR2" else f"{said} ({name})")

    def _no_end(self, why: str) -> Exception:
        self.patience = LATER
        return NoEnd(why)

    # ---- numbers for what a hook is given and gets

    def _number(self, value: Any) -> int:
        if not isinstance(value, Vcpu):
            return int(value or 0) & MASK64
        n = self.ids.setdefault(value.name, len(self.ids) % (VCPUS - 1) + 1)
        self.vcpus[n] = value
        return n

    def _vcpu(self, n: int) -> Vcpu:
        if n not in self.vcpus:
            raise Died("it gave a pointer to no vCPU")
        return self.vcpus[n]

    def _read(self, hyp: Hypervisor, what: int, a: int, b: int) -> int:
        return hyp.cpu.mrs(_name(REGISTERS, what)) & MASK64

    def _write(self, hyp: Hypervisor, what: int, a: int, b: int) -> None:
        hyp.cpu.msr(_name(REGISTERS, what), a)

    def _load(self, hyp: Hypervisor, what: int, a: int, b: int) -> int:
        regs, name = self._vcpu(a).regs, _name(SAVED, what)
        # The kernel has a place for each register, a vCPU of the lab those that it needs.
        return regs[name] if name in regs else 0  # noqa: SIM401 - a recorder watches []

    def _store(self, hyp: Hypervisor, what: int, a: int, b: int) -> None:
        self._vcpu(a).regs[_name(SAVED, what)] = b

    def _help(self, hyp: Hypervisor, what: int, a: int, b: int) -> int:
        if what >= len(HELPERS):
            raise Died(f"there is no function number {what}")
        row = HELPERS[what]
        given = [self._given(kind, n) for kind, n in zip(row.takes, (a, b))]
        return self._number(called(row)(hyp, *given))

    def _given(self, kind: str, n: int) -> Any:
        """Return what the library gets for a number; an index has to be a counter's."""
        if kind == VCPU:
            return self._vcpu(n)
        if kind == "int idx" and n > CYCLE_IDX:
            raise Died(f"it asks for counter {_signed(n)}; there are 0 to {CYCLE_IDX}")
        if kind == "enum cap which" and n >= len(CAPS):
            raise Died(f"it asks for a feature that kernel.h does not have, number {n}")
        return n


def _end(process: "subprocess.Popen[bytes]", ours: socket.socket, of: int) -> None:
    """End a process, in the one that started it."""
    ours.close()
    if os.getpid() == of:
        process.kill()
        process.wait()


def _name(names: tuple[str, ...], n: int) -> str:
    if n >= len(names):
        raise Died(f"there is no register number {n}")
    return names[n]


def _signed(n: int) -> int:
    return n - (1 << 64) if n >> 63 else n


Do = Callable[[Child, Hypervisor, int, int, int], int | None]
DO: dict[int, Do] = {
    READ: Child._read,
    WRITE: Child._write,
    LOAD: Child._load,
    STORE: Child._store,
    HELPER: Child._help,
}
