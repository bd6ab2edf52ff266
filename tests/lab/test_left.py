"""Whatever a hook leaves behind, a verdict comes of it; and whose fault an error is."""

import json

import pytest
from lab.test_answers import RETURNS

from pmulab.cli import main
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.course.check import check
from pmulab.sim import laws

HEAD = "from pmulab.kvm.hypervisor import Hypervisor\n"
PUT = f"{HEAD}class Mine(Hypervisor):\n    def pmu_put(self, vcpu):\n        "


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch):
    monkeypatch.setenv("PMULAB_PROGRESS", "off")


# ---- a table of places and a table of values

PLACES = """
self.cpu = x
self.host = x
self.hosts = x
self.mine = x
self.host.cntr_mask = x
self.host.features = x
self.host.events = x
self.host.events.append(x)
self.host.loaded = x
self.host.mine = x
self.cpu.msr("PMCR_EL0", x)
self.cpu.msr(x, 0)
vcpu.regs = x
vcpu.regs["PMCR_EL0"] = x
vcpu.regs["MINE"] = x
vcpu.regs[x] = 1
vcpu.access = x
vcpu.irq_level = x
vcpu.cpu = x
vcpu.name = x
vcpu.mine = x
vcpu.vm = x
vcpu.vm.event_filter = x
vcpu.vm.event_filter.ranges.append(x)
vcpu.vgic = x
vcpu.vgic.irqs[23] = x
vcpu.vgic.irq(23).active = x
vcpu.vgic.ap_list = [x]
""".strip().splitlines()
GONE = """
del self.cpu
del self.host
del vcpu.regs
del vcpu.vgic.irq(23).active
del vcpu.regs["PMCR_EL0"]
vcpu.regs.clear()
vars(self).clear()
vars(self.host).clear()
vars(vcpu).clear()
self.hosts.clear()
vcpu.__class__ = type("Other", (), {})
self.__class__ = Hypervisor
""".strip().splitlines()
TABLE = [(place, value) for place in PLACES for value in RETURNS] + [(gone, "") for gone in GONE]


def leaving(statement, value):
    """Make a submission whose hook does a statement and nothing else."""
    scope = {"x": RETURNS.get(value), "Hypervisor": Hypervisor}
    exec(f"def answer(self, vcpu):\n    {statement}", scope)
    return type("Mine", (Hypervisor,), {"pmu_put": scope["answer"]})


def judged(statement, value):
    verdict = check("swap.put", leaving(statement, value), seconds=20)

    assert verdict.kind in ("broken", "error"), verdict
    assert repr(verdict).encode("utf-8")
    assert json.dumps(verdict.as_dict()) and repr(verdict).encode("utf-8")
    assert len(repr(verdict)) < 20_000


@pytest.mark.one_in(12)
@pytest.mark.parametrize(("statement", "value"), TABLE[::16] + TABLE[-len(GONE) :])
def test_whatever_is_left_is_a_verdict_in_a_sample(statement, value):
    judged(statement, value)


@pytest.mark.slow
@pytest.mark.parametrize("statement", PLACES)
def test_whatever_is_left_is_a_verdict(statement):
    for value in RETURNS:
        judged(statement, value)


@pytest.mark.parametrize(
    ("statement", "value", "said"),
    [
        ('vcpu.regs["PMCR_EL0"] = x', "nan", "vcpu.regs['PMCR_EL0'] is nan, where a number is due"),
        ("vcpu.access = x", "nothing", "vcpu.access is None, where a text is due"),
        ("self.host = x", "an index", "self.host is 3, where what was there is due"),
        ("vcpu.regs.clear()", "", "vcpu.regs has no PMCR_EL0"),
        ("del vcpu.regs", "", "vcpu.regs is gone"),
        ("vcpu.mine = x", "a dict", "vcpu.mine is {'a': 1}: keep numbers, texts and tuples"),
    ],
)
def test_what_cannot_stay_is_told_by_its_place(statement, value, said):
    assert f"swap.put: not yet. {said}" in repr(check("swap.put", leaving(statement, value)))


class Word(int):
    """A kind of int."""


def as_words(self, vcpu):
    """Save registers as some other type of number, and a state of one's own."""
    Hypervisor.pmu_put(self, vcpu)
    for name in vcpu.regs:
        vcpu.regs[name] = Word(vcpu.regs[name])
    vcpu.irq_level = int(vcpu.irq_level)
    vcpu.mine = ("left", 1)


@pytest.mark.slow
def test_a_right_hook_may_leave_a_kind_of_int_and_a_note_of_its_own():
    assert check("swap.put", type("Mine", (Hypervisor,), {"pmu_put": as_words})).right


# ---- whose fault it is


def own_law(monkeypatch):
    """Let a law of pmulab's raise, from its own file."""
    code = compile("def law(*args): return 1 // 0", laws.__file__, "exec")
    scope = {}
    exec(code, scope)
    monkeypatch.setattr(laws, "OF_A_CPU", (scope["law"],))


def test_an_exception_of_our_own_law_is_no_verdict_on_the_learner(monkeypatch):
    own_law(monkeypatch)
    verdict = check("swap.put", leaving("vcpu.regs['PMCR_EL0'] = 0", ""))

    assert "not finished" == verdict.kind
    assert "nothing is said of it: this is a fault of pmulab, please report" in repr(verdict)
    assert "ZeroDivisionError" in repr(verdict) and "laws.py, line 1" in repr(verdict)


@pytest.mark.parametrize(
    "words", [["check", "FILE", "--exercise", "swap.put"], ["explore", "--world", "small"]]
)
def test_a_fault_of_ours_has_the_status_of_nothing_said(words, tmp_path, monkeypatch, capsys):
    own_law(monkeypatch)
    (tmp_path / "mine.py").write_text(f"{PUT}vcpu.name")

    assert 3 == main([str(tmp_path / "mine.py") if word == "FILE" else word for word in words])
    both = capsys.readouterr()
    assert "this is a fault of pmulab, please report it" in both.out + both.err
    assert "Traceback" not in both.out + both.err


def test_an_exception_of_the_hook_is_the_hooks_wherever_it_is_called_from():
    assert "error" == check("swap.put", leaving("1 // 0", "")).kind
