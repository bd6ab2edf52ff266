"""The maps and boards: their facts at positions of real traces, their static forms."""

import json

import pytest
from traitlets import TraitError

from pmulab.cost.cost import PRICES
from pmulab.hw.sysregs import MDCR_EL2
from pmulab.sim.machine import Machine
from pmulab.sim.scenario import load
from pmulab.sim.trace import Trace
from pmulab.view import filter_board, interrupt_path, ownership_map
from pmulab.view.interrupts import HANDLER, Handler
from pmulab.view.ownership import n_counters
from pmulab.view.steps import loaded_at


@pytest.fixture(scope="module")
def traced():
    """Give the trace of a scenario, run once."""
    known = {}

    def get(name):
        if name not in known:
            machine = Machine(load(name))
            machine.run()
            known[name] = machine.trace
        return known[name]

    return get


VIEWS = [
    (ownership_map, "dynamic-reservation"),
    (filter_board, "banned-while-away"),
    (interrupt_path, "overflow-interrupt"),
]
each_view = pytest.mark.parametrize(
    ("view", "name"), VIEWS, ids=lambda v: getattr(v, "__name__", v)
)


def cells(board, n):
    """Return the table at a position as {row: cells}."""
    return {name: rest for name, _, *rest in board.sheet.table(n)}


@each_view
def test_it_is_built_at_a_position_and_says_which(traced, view, name):
    trace = traced(name)
    shown = view(trace, 7)

    assert 7 == shown.index
    assert f"{shown.sheet.title} of {name}: step 7 of {len(trace)}" == repr(shown)
    assert shown.to_text(3) == view(trace, 3).to_text()
    with pytest.raises(TraitError, match=r"no step 999; this trace has steps 0 to"):
        shown.index = 999


@each_view
def test_its_static_forms_are_the_same_each_time(traced, view, name):
    first, second = (view(traced(name), 50).twins() for _ in range(2))

    assert first["text/html"] == second["text/html"]
    assert first["text/plain"] == second["text/plain"]


@each_view
def test_every_row_shows_what_a_fresh_look_at_that_position_finds(traced, view, name):
    """Cut the trace there: the end of the piece shows what the whole shows at that position."""
    trace = traced(name)
    whole = view(trace)
    for n in range(0, len(trace) + 1, 9):
        piece = Trace(trace.scenario, trace.lanes, trace.initial, trace.records[:n])
        # A put is done after the accesses that follow it, which a cut takes away.
        if loaded_at(piece, n) != loaded_at(trace, n):
            continue
        last = {row.name: row.at(n)[1].cells for row in view(piece).sheet.rows}
        for row in whole.sheet.rows:
            # A list register that this piece never uses has no row in it.
            assert row.at(n)[1].cells == last.get(row.name, row.at(n)[1].cells), (n, row.name)


@each_view
def test_what_is_sent_says_what_the_text_says(traced, view, name):
    board = view(traced(name))
    sent = json.loads(board.story)
    for n in range(0, sent["length"] + 1, 5):
        said = [text for since, text in sent["says"] if since <= n][-1]
        rows = [[p for p in row["points"] if p[0] <= n][-1][3] for row in sent["rows"]]

        assert said == board.sheet.sentence(n)
        assert rows == [list(rest) for rest in cells(board, n).values()]


@each_view
def test_a_trace_without_records_has_a_page(view, name):
    initial = {"cpu0.PMEVCNTR0_EL0": 0, "A.PMEVTYPER0_EL0": 8, "cpu0.PMEVTYPER0_EL0": 0}
    shown = view(Trace("empty", ("host", "A"), initial))

    assert shown.to_text().startswith(shown.sheet.title)
    assert "<table>" in shown.to_html()


# ---- who owns what


def test_the_first_counters_are_the_guest_s_while_it_is_loaded(traced):
    trace = traced("dynamic-reservation")
    board = ownership_map(trace)
    mine = [f"counter {idx}" for idx in (0, 1)] + ["cycle counter"]

    assert {"host"} == {owner for owner, *_ in cells(board, 0).values()}
    inside = cells(board, 61)
    assert mine == sorted(name for name, (owner, *_) in inside.items() if owner == "A")
    assert ["A", "on", "0x0"] == inside["counter 0"]
    assert (
        "HPMN is 2: counters 0 and 1 and the cycle counter are A's; "
        "counters 2 and 3 are the host's."
    ) == board.sheet.sentence(61)


def test_an_emulated_pmu_gives_no_counter_away(traced):
    board = ownership_map(traced("same-guest-emulated"))
    owners = {point.cells[0] for row in board.sheet.rows for _, point in row.points}

    assert {"host"} == owners


def test_counters_are_counted_and_an_unknown_pe_is_refused(traced):
    assert 4 == n_counters(traced("dynamic-reservation"), "cpu0")
    with pytest.raises(KeyError, match="no PE cpu7 in this trace; it has cpu0"):
        ownership_map(traced("dynamic-reservation"), cpu="cpu7")


@pytest.mark.parametrize(
    ("n", "hpmn", "owners", "says"),
    [
        (44, 3, "host|→ A|A|A|A", "counters 0 to 2 and the cycle counter would be A's; counter 3"),
        (44, 0, "host|host|→ host|→ host|A", "only the cycle counter would be A's (HPMN 0 needs"),
        (0, 1, "host|host|host|→ a guest|→ a guest", "would be a loaded guest's"),
        (44, 4, "→ A|→ A|A|A|A", "no event counter is left to the host"),
    ],
)
def test_the_handle_says_who_would_own_which_counter(traced, n, hpmn, owners, says):
    board = ownership_map(traced("dynamic-reservation"))
    before = board.to_text(n)
    board.hpmn = hpmn
    beside = board.beside(n)

    assert (f"if HPMN were {hpmn}", owners.split("|")) == (beside.title, list(beside.cells))
    assert says in beside.says
    assert beside.says in board.to_text(n)
    assert f'<th scope="col">if HPMN were {hpmn}</th>' in board.to_html(n)
    board.hpmn = None
    assert before == board.to_text(n)


def test_a_handle_outside_the_counters_is_refused(traced):
    board = ownership_map(traced("dynamic-reservation"))
    with pytest.raises(TraitError, match="no HPMN 5; with 4 counters it is 0 to 4"):
        board.hpmn = 5


def test_a_moved_handle_runs_the_world_anew():
    machine = Machine("static-reservation")
    trace = machine.run()
    n = trace.where(lambda record: record.kind == "work")[0] + 1
    board = ownership_map(trace, n, again=machine.with_hpmn)
    before = board.to_text()
    board.hpmn = 4
    mdcr = {MDCR_EL2.get(v, "HPMN") for _, v in board.trace.series("cpu0.MDCR_EL2")}
    text = board.to_text()

    assert "The world has run anew with HPMN 4." in text
    assert trace[n - 1].text == board.trace[board.index - 1].text
    # The guest reads its own size, and the host has no counter left for its event.
    assert any(r.text == "mrs PMCR_EL0 = 0x41012040" for r in board.trace)
    assert {4} == mdcr
    assert "counters 0 to 3 and the cycle counter are A's." in text
    assert json.loads(board.story)["whatIf"]["ran"] == 4
    board.hpmn = None
    assert (before, trace, None) == (
        board.to_text(),
        board.trace,
        json.loads(board.story)["whatIf"]["ran"],
    )


def test_a_world_that_cannot_run_says_why_and_the_map_stays():
    machine = Machine("userspace-registers")
    trace = machine.run()
    board = ownership_map(trace, again=machine.with_hpmn)
    board.hpmn = 0

    assert "The world cannot run with HPMN 0: PMEVCNTR0_EL0" in board.to_text()
    assert trace is board.trace


# ---- the filter


def test_a_ban_while_the_guest_is_out_shows_at_its_next_load(traced):
    trace = traced("banned-while-away")
    board = filter_board(trace)
    ban = trace.where(lambda r: r.text.startswith("deny"))[0] + 1
    so = {point.cells[2] for n, point in board.sheet.rows[0].points if n <= ban}
    later = [point.cells for n, point in board.sheet.rows[0].points if n > ban]

    assert (ban, "deny INST_RETIRED for A") in board.sheet.names
    assert "excluded: counts nowhere" not in so
    assert ("INST_RETIRED", "INST_RETIRED P U", "excluded: counts nowhere") in later
    assert "Excluded by the filter: A's counter 0." in dict(board.sheet.says).values()


def test_event_types_stand_in_the_order_of_their_counters():
    order = [f"A.PMEVTYPER{n}_EL0" for n in (10, 9)]
    rows = filter_board(Trace("", ("A",), {"A.PMCCFILTR_EL0": 0, **dict.fromkeys(order, 8)}))
    names = [row.name for row in rows.sheet.rows]

    assert ["A counter 9", "A counter 10", "A cycle counter"] == names


# ---- the interrupt


def test_the_path_has_its_stations_in_order(traced):
    board = interrupt_path(traced("overflow-interrupt"))
    stations = [name for _, name in board.sheet.names]

    assert "overflow|host handler|record|inject|acknowledge|clear|end".split("|") == stations
    (slots,) = (row for row in board.sheet.rows if row.name == "cpu0: list register 0")
    states = [point.label for _, point in slots.points]
    assert ["invalid", "pending", "active", "invalid", "invalid"] == states


def test_the_handler_s_time_grows_with_its_accesses(traced):
    board = interrupt_path(traced("overflow-interrupt"))
    times = [board.sheet.table(n)[2][2:] for n in (39, 40, 41, 60, 106)]

    assert ["no interrupt yet", "budget 7,500 cycles"] == times[0]
    assert ["1,500 of 7,500 cycles, 20 %", "entry and 0 accesses"] == times[1]
    assert ["1,530 of 7,500 cycles, 20 %", "entry and 1 access"] == times[2]
    assert ["1,860 of 7,500 cycles, 25 %", "entry and 12 accesses"] == times[3] == times[4]


def test_a_handler_over_its_budget_is_said_to_be(traced):
    board = interrupt_path(traced("overflow-interrupt"), handler=Handler(budget=1600))
    _, shown = board.sheet.rows[2].at(49)

    assert ("109 %", "over") == (shown.label, shown.look)
    assert "1,740 of 1,600 cycles, 109 %: over its budget" == shown.cells[0]


def test_the_handler_costs_what_the_cost_model_says():
    prices = {price.what: price.cycles for price in PRICES}

    assert (HANDLER.entry, HANDLER.access) == (prices["host interrupt"], prices["host access"])


def test_the_boards_in_text(traced, golden):
    pages = [
        view(traced(name)).to_text(n)
        for (view, name), at in zip(VIEWS, [(0, 44, 70), (30, 113), (38, 44, 49, 53, 77)])
        for n in at
    ]

    golden("view-boards", "\n\n\n".join(pages))
