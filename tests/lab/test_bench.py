"""The bench: what is possible, what it would do, what is near, and paths that are done again."""

import json
import time

import pytest

from pmulab import bench
from pmulab.explain.history import explore
from pmulab.explorer.worlds import WORLDS
from pmulab.kvm.hypervisor import Hypervisor
from pmulab.lab.bench.bench import LETTERS, Bench
from pmulab.lab.bench.catch import HUNTS, Catch
from pmulab.lab.submission.limits import drained
from pmulab.sim.laws import LAWS, OF_AN_EL2

LOST = "0267aeg"


class Raises(Hypervisor):
    def pmu_put(self, vcpu):
        raise RuntimeError("no idea")


class Loops(Hypervisor):
    def pmu_put(self, vcpu):
        while True:
            time.sleep(0.01)


def lamps(b):
    return [lamp["law"] for lamp in b.facts()["lamps"] if lamp["broken"]]


@pytest.mark.parametrize("world", WORLDS)
def test_every_world_can_be_played_and_every_move_has_a_letter(world):
    b = Bench(world, seed=3)
    for _ in range(12):
        b.surprise()
    facts = json.loads(json.dumps(b.facts()))

    assert 12 == len(facts["steps"])
    assert [] == facts["verdict"]
    due = set(LAWS) - (set() if WORLDS[world].has_el2 else OF_AN_EL2)
    assert due == {lamp["law"] for lamp in facts["lamps"]}
    assert len(b.stand.moves) <= len(LETTERS)
    assert b.stand.possible(b.now) == Bench(b.share()).stand.possible(Bench(b.share()).now)
    assert b.now.holds == Bench(b.share()).now.holds


def test_a_surprise_is_the_same_for_the_same_seed():
    one, other = Bench("small", seed=1), Bench("small", seed=1)
    for _ in range(8):
        one.surprise()
        other.surprise()

    assert one.share() == other.share()


def test_a_move_says_beforehand_what_it_does_and_what_it_breaks():
    b = Bench(f"small:{LOST[:-1]}", "put-loses-flags")
    put = LETTERS.index("g")

    assert "breaks own_flags" == b.effect(put)[0]
    assert any("PMOVSSET_EL0: 0x1 -> 0x0" in said for said in b.effect(put))
    assert [] == lamps(b)
    b.do(put)
    assert ["own_flags"] == lamps(b)
    assert [] == b.stand.possible(b.now)


def test_undo_and_redo_give_the_same_state_again():
    b = Bench(f"small:{LOST}")
    end = b.now
    for _ in LOST:
        b.undo()
    assert b.now == b.stand.first
    for _ in LOST:
        b.redo()

    assert end == b.now
    assert f"small:{LOST}" == b.share()


@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    ("world", "hypervisor"),
    [("small", "put-forgets-control"), ("small", "put-loses-flags"), ("selector", Raises)],
)
def test_the_shortest_break_is_as_long_as_the_explorers(world, hypervisor):
    b = Bench(world, hypervisor)
    drained(b.find_break())
    found = explore(WORLDS[world], b.hypervisor)

    assert len(found.history) == len(b.ahead)
    b.follow()
    assert found.accusation.law == lamps(b)[0]
    assert "The law" in b.verdict()[0]
    assert b.trace.marked("accusation")


def test_the_reference_cannot_be_broken_and_that_is_said():
    b = Bench("host-event")

    assert "No law can be broken from here: every state was seen." == drained(b.find_break())
    assert [] == b.ahead


@pytest.mark.one_in(2)
@pytest.mark.parametrize("hypervisor", [Hypervisor, "put-keeps-enables"])
def test_the_nearest_overflow_overflows_and_no_shorter_path_does(hypervisor):
    b = Bench("small", hypervisor)

    assert "The nearest overflow is 6 clicks away." == drained(b.find_overflow())
    b.follow()
    assert 1 == b.now.holds["A is due.PMOVSSET_EL0"]
    assert "5 clicks" in drained(Bench("small:0", hypervisor).find_overflow())


def test_a_hook_that_never_ends_is_cut(monkeypatch):
    monkeypatch.setattr("pmulab.lab.bench.bench.SECONDS", 0.3)
    b = Bench("small", Loops)
    b.do("host loads and enters A")
    b.do("host exits and puts A")

    assert "no end within 0.3 s, in pmu_put" in b.said
    assert 1 == len(b.path)


@pytest.mark.parametrize("error", [RuntimeError, SystemExit, GeneratorExit])
def test_whatever_a_hook_raises_is_shown(error):
    def pmu_put(self, vcpu):
        raise error("no")

    b = Bench("small", type("Mine", (Hypervisor,), {"pmu_put": pmu_put}))
    b.do("host loads and enters A")
    b.do("host exits and puts A")

    assert f"{error.__name__}: no in pmu_put" in str(b)


def test_what_does_not_fit_is_told():
    with pytest.raises(ValueError, match="'g' of path 'g' is not possible there"):
        bench("small:g")
    with pytest.raises(ValueError, match="no move 'A sleeps'; possible now: host loads"):
        bench("small").do("A sleeps")
    with pytest.raises(KeyError):
        bench("no-such-world")


def test_the_lines_to_paste_do_the_same():
    b = Bench(f"small:{LOST}", "put-loses-flags")
    scope = {"bench": Bench}
    exec(b.cell(), scope)

    assert b.share() == scope["b"].share()
    assert "Solved" not in b.to_text()


def test_a_puzzle_counts_clicks():
    task = "Your task: break own_flags in at most 7 clicks."
    paths = "", LOST[:2], f"{LOST[:6]}6", f"{LOST[:6]}66", LOST
    none, two, seven, eight, solved = (
        Bench(f"small:{p}", "put-loses-flags", "own_flags", 7).solved() for p in paths
    )

    assert (task, f"{task} 2 of 7 used, 5 left.") == (none, two)
    assert (f"{task} 7 of 7 used, not broken: undo.") == seven
    assert (f"{task} 8 of 7 used, not broken: undo.") == eight
    assert "Solved: own_flags is broken in 7 clicks." == solved


def test_the_text_has_all_that_a_page_shows():
    text = Bench(f"small:{LOST}", "put-loses-flags").to_text()

    for part in (
        "own_flags BROKEN",
        "   7  host exits and puts A",
        "A is due",
        "Path: small:0267aeg",
    ):
        assert part in text


# ---- catch them first

ALL = {"swap.put": "06g0247aecg096eg0d", "swap.fold": "0267aecg096eg0c", "vgic.flush": "01237b"}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("id", sorted(HUNTS, reverse=True))
def test_nobody_is_convicted_at_first_and_each_can_be(id):
    hunt = Catch(id)
    assert f"Convicted 0 of {len(hunt.hidden)}." == hunt.solved()

    for name, wrong in hunt.hidden.items():
        b = Bench(hunt.hunt.world, wrong)
        drained(b.find_break())
        path = "".join(LETTERS[n] for n in b.ahead)
        assert name in Catch(id, path).caught()


@pytest.mark.one_in(2)
@pytest.mark.parametrize("id", ALL)
def test_one_history_convicts_all(id):
    hunt = Catch(id, ALL[id])

    assert sorted(hunt.hidden) == sorted(hunt.caught())
    assert "Of the others" not in hunt.solved()


def test_whom_a_history_convicts_is_named_without_the_line_and_the_rest_by_a_law():
    hunt = Catch("swap.put", "026g")

    assert hunt.solved().startswith("Convicted 3 of 8: put-keeps-enables; one without its line 4")
    assert "Of the others some break own_flags" in hunt.solved()
    assert not [name for name in hunt.hidden if "self." in name]


def test_a_history_that_accuses_the_reference_convicts_nobody():
    hunt = Catch("swap.fold", LOST, reference=Bench("small", "put-leaves-flags").hypervisor)

    assert [] == hunt.caught()
    assert "This accuses the reference too (quiet_when_put)" in hunt.to_text()


def test_where_nobody_hides_is_told():
    with pytest.raises(KeyError, match=r"in swap\.put, swap\.fold, vgic\.flush somebody does"):
        Catch("swap.guard")
