"""Fresh bugs: each breaks a law by one line, and a line that is edited is judged."""

import pytest
from lab.drawn import fresh_bug

from pmulab import break_it, guilty
from pmulab.lab.course.suspects import HUNTED, Breaking, Suspect
from pmulab.lab.exercises.rows import EXERCISES


@pytest.fixture(scope="module")
def suspect():
    return fresh_bug(4)


@pytest.mark.slow
def test_one_line_is_guilty_and_every_other_is_the_librarys(suspect):
    verdicts = [(suspect.judge(n), suspect.answer().head) for n in range(1, len(suspect.lines) + 1)]
    (says,) = [says for right, says in verdicts if right]

    assert says == "Right: line 5. The library has cpu.msr('PMCNTENCLR_EL0', mask)."
    assert all("the library has the same" in says for right, says in verdicts if not right)


@pytest.mark.slow
def test_the_history_is_told_and_can_be_played(suspect):
    text = suspect.to_text()

    assert "one line of pmu_stop is wrong" in text
    assert "Law quiet_when_put" in text
    assert "host exits and puts A" in text
    assert '"""' not in text
    assert any(record.hook == "pmu_stop" and record.code for record in suspect.result.trace)


@pytest.mark.slow
def test_the_same_seed_draws_the_same_and_the_next_one_another(suspect):
    assert suspect.lines == guilty(4).lines
    assert suspect.fresh().lines != suspect.lines


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3 * len(HUNTED)))
def test_every_draw_breaks_a_law(seed):
    suspect = Suspect(seed)

    assert suspect.guilty
    assert suspect.due
    assert suspect.result.law


@pytest.mark.slow
def test_an_exercise_can_be_named():
    assert "overflow_status" in Suspect(1, "irq.status").title
    with pytest.raises(KeyError, match="there are partition"):
        Suspect(1, "irq.none")
    assert set(HUNTED) <= set(EXERCISES)


# ---- break it


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    flags", "    # so\n    flags", "That is the library's own: edit one line."),
        ("vcpu.regs", "vcpu.regs(", "It cannot be read: line 6: "),
        ("& self.virtual", "| self.virtual", "Broken: irq_level."),
        pytest.param(
            *("return bool(", "return not (", "Broken: irq_level."), marks=pytest.mark.slow
        ),
        pytest.param(
            *("flags =", "waste = 1\n    flags =", "The explorer admits defeat: nobody notices, "),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_an_edit_is_judged(old, new, says):
    method = Breaking("irq.status")
    assert old in method.text

    method.judge(method.text.replace(old, new, 1))

    assert method.answer.head.startswith(says)


@pytest.mark.slow
def test_an_endless_edit_is_told(monkeypatch):
    monkeypatch.setattr("pmulab.lab.course.suspects.SECONDS", 0.5)
    method = Breaking("irq.status")
    method.judge(method.text.replace("    flags =", "    while True: pass\n    flags =", 1))

    assert method.answer.head.startswith("Not finished: no end within 0.5 s")
    assert method.scene is None


@pytest.mark.slow
def test_outside_a_notebook_both_print(suspect, monkeypatch):
    monkeypatch.setattr("pmulab.trying.Suspect", lambda seed, id: suspect)
    assert "def overflow_status" in repr(break_it("irq.status"))
    assert "Fresh bug 4" in repr(guilty(4))
