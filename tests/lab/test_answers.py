"""Nothing that a submission returns or raises crashes its judge, and a right answer is right."""

import enum
import json
import time

import pytest

from pmulab.explorer.result import describe
from pmulab.hw.sysreg import Trap, Undefined
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.cases import judge
from pmulab.lab.course.check import check
from pmulab.lab.course.scene import Scene
from pmulab.lab.exercises.judge import isolate, judge_units
from pmulab.lab.exercises.rows import EXERCISES
from pmulab.lab.submission.answers import number, plain, tame
from pmulab.lab.submission.guard import guarded
from pmulab.lab.submission.limits import Expired, limited
from pmulab.view.card import card_html


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch):
    monkeypatch.setenv("PMULAB_PROGRESS", "off")


# ---- values and exceptions that are hard to handle


def fails(*args, **named):
    raise RuntimeError("not with me")


def stops(*args, **named):
    raise SystemExit("nor with me")


def fails_at(*names, how=fails, base=object):
    """Make a class whose methods of these names raise."""
    return type("Fails", (base,), {f"__{name}__": how for name in names})


class Word(int):
    """A kind of int, as a register's value may be."""


class Liar(int):
    """An int that says that it is whatever it is compared with."""

    __hash__ = int.__hash__

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False


class LyingText(str):
    """A text that does the same."""

    __hash__, __eq__, __ne__ = str.__hash__, Liar.__eq__, Liar.__ne__


class Flag(enum.IntFlag):
    A = 1
    B = 2


class Indexed:
    """A number of another library."""

    def __index__(self):
        return 3


EVERYTHING = ("eq", "ne", "repr", "hash", "bool", "index", "str", "format", "len", "and", "rand")
RETURNS = {
    "nothing": None,
    "true": True,
    "nan": float("nan"),
    "infinity": float("inf"),
    "a flag": Flag.A | Flag.B,
    "a liar": Liar(5),
    "an index": Indexed(),
    "a wide int": 1 << 40_000,
    "a negative int": -1,
    "an exception": ValueError("x"),
    "a class": int,
    "an object": object(),
    "a list of objects": [object()],
    "a dict": {"a": 1},
    "half a pair": "\ud800",
    "a huge string": "x" * 10_000_000,
    "fails at everything": fails_at(*EVERYTHING)(),
    "stops at everything": fails_at(*EVERYTHING, how=stops)(),
    "an int that fails": fails_at("eq", "ne", "repr", "hash", "bool", "and", base=int)(3),
    "a string that fails": fails_at("eq", "ne", "hash", "str", "format", base=str)("x"),
    **{f"fails at {n}": fails_at(n)() for n in ("eq", "repr", "hash", "bool", "index", "str")},
}
RETURNS["itself"] = itself = []
itself.append(itself)


class Frozen(Exception):
    """An exception that takes no note."""

    def __setattr__(self, name, value):
        raise AttributeError("frozen")

    def add_note(self, note):
        raise TypeError("no notes")


def noted():
    """Make an exception whose notes are none."""
    error = ValueError("noted")
    error.__notes__ = 3
    return error


RAISES = {
    "a plain one": lambda: ValueError("x"),
    "no words": fails_at("str", "repr", base=Exception),
    "no words at all": fails_at("str", how=stops, base=Exception),
    "odd arguments": lambda: KeyError(fails_at("repr")()),
    "odder arguments": lambda: KeyError(fails_at("repr", how=stops)()),
    "false": fails_at("bool", "len", "eq", "hash", base=Exception),
    "a long one": lambda: ValueError("x" * 1_000_000),
    "half a pair": lambda: ValueError("\ud800"),
    "StopIteration": lambda: StopIteration(3),
    "StopAsyncIteration": StopAsyncIteration,
    "GeneratorExit": GeneratorExit,
    "SystemExit": lambda: SystemExit(0),
    "BaseException": lambda: BaseException("of no kind"),
    "a base of one's own": type("Own", (BaseException,), {}),
    "a group": lambda: BaseExceptionGroup("two", [ValueError("x"), GeneratorExit()]),
    "notes that are none": noted,
    "frozen": lambda: Frozen("x"),
    "its own traceback": type("Lost", (Exception,), {"__traceback__": property(fails)}),
    "its own class": type("Masked", (Exception,), {"__class__": property(fails)}),
    "an UNDEFINED of one's own": lambda: type("Own", (Undefined,), {})(2, "x"),
    "a trap of no words": lambda: Trap(2, fails_at("repr", "str", base=str)("x")),
    "RecursionError": RecursionError,
    "MemoryError": MemoryError,
}


def hook(row, body):
    """Make a submission whose hook does something with no regard for its arguments."""
    scope = {"body": body}
    exec(f"def answer({row.arguments}):\n    return body()", scope)
    return type("Mine", (Hypervisor,), {row.hook: scope["answer"]})


def raising(make):
    def body():
        raise make()

    return body


BODIES = {f"returns {name}": lambda value=value: value for name, value in RETURNS.items()}
BODIES["returns a generator"] = lambda: (n for n in range(3))
BODIES |= {f"raises {name}": raising(make) for name, make in RAISES.items()}
FAST = ("filter.type", "swap.write_pair")


def judged(id, what):
    verdict = check(id, hook(EXERCISES[id], BODIES[what]), seconds=20)

    assert verdict.kind in ("right", "broken", "error"), verdict
    assert repr(verdict) == json.loads(json.dumps(verdict.as_dict()))["text"]
    assert card_html(Scene(verdict, hook(EXERCISES[id], BODIES[what]))).encode("utf-8")
    assert len(repr(verdict)) < 20_000


@pytest.mark.one_in(9)
@pytest.mark.parametrize(("n", "what"), list(enumerate(BODIES)))
def test_whatever_comes_back_is_a_verdict_in_a_sample(n, what):
    judged(FAST[n % 2], what)


# Each exercise has some of them in turn: all of them meet every kind of hook.
SOME = [(id, what) for n, id in enumerate(EXERCISES) for what in list(BODIES)[n % 9 :: 9]]


@pytest.mark.slow
@pytest.mark.parametrize(("id", "what"), SOME)
def test_whatever_comes_back_is_a_verdict(id, what):
    judged(id, what)


# ---- right answers


def as_a_kind_of_int(row):
    """Make a submission that answers as the library does, but for the type of a number."""
    reference = getattr(Hypervisor, row.hook)

    def twin(*args):
        value = reference(*args)
        return Word(value) if type(value) is int else value

    scope = {"twin": twin}
    exec(f"def answer({row.arguments}):\n    return twin({row.arguments})", scope)
    return type("Mine", (Hypervisor,), {row.hook: scope["answer"]})


each = pytest.mark.parametrize("row", EXERCISES.values(), ids=lambda row: row.id)


@pytest.mark.slow
@each
def test_a_kind_of_int_is_an_int(row):
    verdict = check(row.id, as_a_kind_of_int(row), seconds=60)

    assert verdict.right, verdict


@pytest.mark.parametrize("id", ["filter.type", "trap.flags", "vgic.populate", "vgic.fold"])
@pytest.mark.slow
def test_a_kind_of_int_is_an_int_in_a_table(id):
    row = EXERCISES[id]

    assert judge(row.hook, isolate(row, as_a_kind_of_int(row))) is None
    assert judge(row.hook, as_a_kind_of_int(row)) is None


@pytest.mark.parametrize("id", ["filter.type", "trap.flags", "vgic.populate", "vgic.fold"])
def test_a_truth_value_is_no_number_where_one_is_due(id):
    row = EXERCISES[id]
    accusation = judge(row.hook, isolate(row, hook(row, lambda: True)))

    assert "True, where a number is due" == accusation.yours
    assert isinstance(accusation.entitled, int | str)


def test_one_is_true_where_a_truth_is_due():
    row = EXERCISES["vgic.fold"]

    def active_as_a_number(self, vcpu, value):
        answer = Hypervisor.vgic_fold(self, vcpu, value)
        irq = vcpu.vgic.irqs[answer]
        irq.active = int(irq.active)
        return answer

    mine = type("Mine", (Hypervisor,), {row.hook: active_as_a_number})
    assert judge(row.hook, isolate(row, mine)) is None


def in_memory(self, vcpu):
    vcpu.access = LyingText("mine")


def in_the_host(self, mask):
    self.host.cntr_mask = Liar(99)


def in_the_answer(self, vcpu, value):
    return Liar(99)


@pytest.mark.parametrize(
    ("name", "lie"),
    [
        ("decide_ownership", in_memory),
        ("set_guest_counters", in_the_host),
        ("vgic_fold", in_the_answer),
    ],
)
def test_a_table_compares_what_is_there_not_what_it_says_of_itself(name, lie):
    accusation = judge(name, type("Mine", (Hypervisor,), {name: lie}))

    assert accusation.yours in ("mine", 99)


# ---- plain data


@pytest.mark.parametrize(
    ("value", "due"),
    [
        (3, 3),
        (True, True),
        (None, None),
        (Word(3), 3),
        (Flag.B, 2),
        (Liar(5), 5),
        (Indexed(), 3),
        ("x", "x"),
        ([Word(1), "a"], [1, "a"]),
        ((Word(1),), (1,)),
    ],
)
def test_a_value_becomes_plain(value, due):
    found = plain(value)

    assert (due, type(due)) == (found, type(found))


@pytest.mark.parametrize(
    ("value", "said", "true"),
    [
        (1.5, "1.5", True),
        ({}, "{}", False),
        (fails_at("repr")(), "a Fails that cannot be shown", True),
        (iter([]), "<list_iterator object>", True),
    ],
)
def test_what_is_no_plain_data_says_what_it_is_and_whether_it_is_true(value, said, true):
    found = plain(value)

    assert (said, true) == (repr(found), bool(found))
    assert found == plain(value)
    assert type(value).__name__ == type(found).__name__
    assert f"{said!s}, where a number is due" == number(value)


@pytest.mark.parametrize("value", [1 << 1024, Word(1 << 1024), -1 << 1024])
def test_an_int_of_too_many_bits_is_no_number(value):
    assert "an int of 1025 bits" == repr(plain(value))
    assert value >> 1 == plain(value >> 1)
    with pytest.raises(TypeError, match="'wide int' and 'int'"):
        plain(value) & 1


def test_what_cannot_be_true_or_false_says_so():
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(plain(fails_at("bool")()))


# ---- exceptions


@pytest.mark.parametrize("what", RAISES)
def test_a_tame_exception_says_what_the_wild_one_said(what):
    try:
        raise RAISES[what]()
    except BaseException as error:
        tamed = tame(error)

    assert isinstance(tamed, Exception)
    assert type(tamed).__name__ in describe(tamed)
    assert len(describe(tamed)) < 400


def test_what_the_judge_tells_from_others_is_told():
    class Later(NotImplementedError):
        pass

    assert isinstance(tame(Later("x")), NotImplementedError)
    assert "x" == tame(type("Own", (Undefined,), {})(2, "x")).reason[-1]
    plain_one = ValueError("x")
    assert tame(plain_one) is plain_one


def test_an_exception_keeps_the_place_where_it_was_raised():
    verdict = check("swap.put", hook(EXERCISES["swap.put"], raising(type("Own", (Exception,), {}))))

    assert "It raised Own:  in body, line " in repr(verdict)


def test_an_exception_of_the_table_names_its_case():
    mine = hook(EXERCISES["swap.write_pair"], raising(lambda: Frozen("no")))
    verdict = judge_units(EXERCISES["swap.write_pair"], guarded(mine, "write_pair"))

    assert "it raised Frozen: no in body, line " in repr(verdict)
    assert repr(verdict).endswith(", where it was 0b000, bits=0b000, mask=0b000")


@pytest.mark.parametrize("error", [KeyboardInterrupt, Expired])
def test_ctrl_c_and_the_end_of_the_time_pass(error):
    mine = guarded(hook(EXERCISES["swap.put"], raising(error)), "pmu_put")

    with pytest.raises(error):
        mine([]).pmu_put(None)


def test_a_method_that_never_ends_is_stopped():
    def endless(self):
        while True:
            time.sleep(0.01)

    began = time.perf_counter()
    value = type("Endless", (), {"__repr__": endless})()
    verdict = check("filter.type", hook(EXERCISES["filter.type"], lambda: value), seconds=0.3)

    assert "not finished, so nothing is said of it: no end within 0.3 s" in repr(verdict)
    assert time.perf_counter() - began < 3


# ---- what is no function


@pytest.mark.parametrize(
    "odd", [5, "x", property(lambda self: 3), print, [1]], ids=lambda odd: type(odd).__name__
)
def test_a_hook_that_is_no_function_is_told(odd):
    verdict = check("swap.put", type("Mine", (Hypervisor,), {"pmu_put": odd}))

    assert "error" == verdict.kind


@pytest.mark.slow
def test_no_limit_ends_outside_of_its_block(monkeypatch):
    monkeypatch.setattr("pmulab.lab.submission.limits.EVERY", 0.002)
    ended = 0
    for n in range(200):
        with limited(0.002) as limit:
            sum(range(n * 5_000))
        ended += limit.expired

    # That no `Expired` has come out is the point; some blocks were cut.
    assert 0 < ended < 200
