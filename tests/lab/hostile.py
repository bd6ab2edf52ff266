"""Submissions that mean harm: each a wrong swap.put, and what it does to be called right.

`says` is in what is said of it. None of them may pass, harm another's mark, or stop the run.
"""

from typing import NamedTuple

WRONG = "self.cpu.msr('PMCNTENCLR_EL0', 1)"
RIGHT_WORDS = '{"verdict": "right", "text": "swap.put: right."}'
LOOK = "swap.put: "


class Hostile(NamedTuple):
    """A submission: what stands before the class, what the hook does first, and what is said."""

    name: str
    before: str = ""
    body: str = "pass"
    says: str = LOOK
    seconds: int = 10

    @property
    def text(self) -> str:
        """Return the file."""
        body = "\n        ".join(self.body.split("\n"))
        head = "from pmulab.kvm.hypervisor import Hypervisor\n"
        return (
            f"{head}{self.before}\nclass Mine(Hypervisor):\n"
            f"    def pmu_put(self, vcpu):\n        {body}\n        {WRONG}\n"
        )


SHOUT = f"""
import os
def shout():
    for fd in range(3, 30):
        try:
            os.write(fd, {RIGHT_WORDS.encode()!r} + b"\\n")
        except OSError:
            pass
"""
JUDGED = """
import sys
from pmulab.lab.exercises.verdict import Verdict
def right(id, *rest): return Verdict("swap.put", "right")
for module in [*sys.modules.values()]:
    if hasattr(module, "judged"): module.judged = right
    if hasattr(module, "judge_hook"): module.judge_hook = right
"""
FRAMES = """
import sys
def links():
    frame = sys._getframe()
    while frame:
        yield from (v for v in frame.f_locals.values() if type(v).__name__ == "Link")
        frame = frame.f_back
"""
LIE = (
    JUDGED
    + """
import os
import __main__ as there
class There(there.There):
    def _answer(self, message):
        {lie}
there.There = There
"""
)


def lie(message: str) -> str:
    """Forge the verdict, and answer each call of the hook with a message."""
    return LIE.format(lie=f"self.link.send({message})")


REPEAT = "{'do': 'answer', 'cpu': 0, 'values': [None], 'changed': []}"
HOSTILE = [
    # ---- forges the verdict
    Hostile("shouts at import", SHOUT + "shout()"),
    Hostile("shouts in the hook", SHOUT, "shout()"),
    Hostile("shouts from a thread", SHOUT + "import threading as t\nt.Timer(0.2, shout).start()"),
    Hostile("shouts and ends", SHOUT + "shout()\nos._exit(0)", says="ended the process"),
    Hostile("replaces the judge", JUDGED),
    Hostile("sends through the judge's frames", FRAMES, f"for k in links(): k.send({RIGHT_WORDS})"),
    Hostile(
        "a verdict that is always right",
        "from pmulab.lab.exercises.verdict import Verdict\n"
        "Verdict.right, Verdict.kind = True, property(lambda v: 'right', lambda v, to: None)",
        says="",
    ),
    Hostile(
        "laws that accuse nobody",
        "from pmulab.sim import laws\n"
        "for name in ('OF_A_GUEST', 'OF_A_CPU', 'AT_ENTRY'): setattr(laws, name, ())",
    ),
    Hostile(
        "accusations that are false",
        "from pmulab.sim.accusation import Accusation\nAccusation.__bool__ = lambda self: False",
    ),
    Hostile("builtins that agree", "import builtins\nbuiltins.all = lambda *_: True"),
    Hostile(
        "a judge that compares nothing",
        "from pmulab.lab.cases import table\ntable.judge = lambda *_: None",
    ),
    Hostile(
        "code put into the explorer",
        "from pmulab.explorer.explorer import Explorer\n"
        "from pmulab.kvm.hypervisor import Hypervisor as H\nrun = Explorer.run\n"
        "Explorer.run = lambda self, **k: run(Explorer(self.world.name, H), **k)",
    ),
    Hostile(
        "a module in another's place",
        "import sys, types\nsys.modules['pmulab.lab.exercises.judge'] = types.ModuleType('judge')",
    ),
    Hostile(
        "garbage collected judges",
        "import gc\nfor f in gc.get_objects():\n    try:\n"
        "        if f.__name__ == 'check_cpu': f.__code__ = (lambda *a: None).__code__\n"
        "    except BaseException: pass",
    ),
    Hostile(
        "traces what runs", "import sys\nsys.setprofile(lambda frame, *_: frame.f_locals.clear())"
    ),
    # ---- forges what the hook does
    Hostile("answers that nothing happened", lie(REPEAT)),
    Hostile("answers with no message", LIE.format(lie="self.link.send([])")),
    Hostile("answers with what is no JSON", LIE.format(lie="os.write(self.link.writer, b'{\\n')")),
    Hostile("answers with much", LIE.format(lie="self.link.send({'do': 'x' * (1 << 22)})")),
    Hostile(
        "answers with depth", LIE.format(lie="os.write(self.link.writer, b'[' * 50000 + b'\\n')")
    ),
    Hostile(
        "answers with a host of its own",
        lie(
            "{'do': 'answer', 'cpu': 0, 'values': [None], 'changed': [[0, '', {'pmu_put': 1}, []]]}"
        ),
    ),
    Hostile(
        "answers with another class",
        lie(
            "{'do': 'answer', 'cpu': 0, 'values': [], "
            "'changed': [[1, '', {'__class__': None}, []]]}"
        ),
    ),
    Hostile(
        "answers with a thing that is not there",
        lie("{'do': 'answer', 'cpu': 0, 'values': [{'thing': 10 ** 9}], 'changed': []}"),
    ),
    Hostile(
        "answers with a CPU that is not there",
        lie("{'do': 'answer', 'cpu': 99, 'values': [None], 'changed': []}"),
    ),
    Hostile("asks for a register that is none", lie("{'do': 'msr', 'cpu': 0, 'args': ['X', 1]}")),
    Hostile(
        "asks for a method of the judge's",
        lie("{'do': 'hook', 'name': 'boot', 'values': [], 'changed': []}"),
    ),
    Hostile(
        "asks without end",
        LIE.format(lie="while True: self.link.send({'do': 'mrs', 'cpu': 0, 'args': ['PMCR_EL0']})"),
        seconds=2,
    ),
    # ---- harms the process
    Hostile("crashes", body="import ctypes\nctypes.string_at(0)", says="ended the process"),
    Hostile("aborts", body="import os\nos.abort()", says="ended the process"),
    Hostile(
        "stops itself", body="import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", seconds=1
    ),
    Hostile("kills its parent", body="import os\nos.kill(os.getppid(), 9)"),
    Hostile(
        "kills all it can",
        "import os\ntry: os.kill(-1, 9) if os.getpid() < 100 else None\nexcept OSError: pass",
    ),
    Hostile(
        "is deaf to the clock",
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0)",
        "while True: pass",
        seconds=1,
    ),
    Hostile("forks on and on", body="import os\nfor _ in range(500): os.fork()"),
    Hostile("recurses", "def f(x): return f(x) + 1", "f(1)"),
    Hostile(
        "recurses in C",
        "import sys\nsys.setrecursionlimit(10 ** 8)",
        "x = []\nfor _ in range(10 ** 6): x = [x]\nrepr(x)",
    ),
    Hostile(
        "leaves a daemon",
        "import os\n"
        "if os.fork() == 0:\n    os.setsid()\n    import time\n    time.sleep(600)\n"
        "    os._exit(0)",
    ),
    Hostile("fills the disk", body="with open('big', 'wb') as f:\n    f.write(b'x' * (1 << 26))"),
    Hostile("prints without end", body="print('x' * (1 << 22))"),
    Hostile(
        "calls out",
        body="import socket\n"
        "socket.create_connection(('127.0.0.1', 631), 1)\nraise SystemExit('was heard')",
    ),
    Hostile("exits at exit", "import atexit, os\natexit.register(os._exit, 0)"),
    Hostile(
        "a thread that stays",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()",
    ),
]
