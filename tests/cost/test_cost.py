"""The cost model: exact counts, prices that can be replaced, the cover letter's direction."""

from collections import Counter
from dataclasses import replace

import pytest

from pmulab.cli import main
from pmulab.cost.cost import (
    MEASURED,
    PRICES,
    Cost,
    Meter,
    Price,
    compare,
    costs_at,
    host_share,
    measure,
    measures,
    priced,
    report,
)
from pmulab.cost.workloads import WORKLOADS, Assumed, Workload, world
from pmulab.sim.machine import Machine
from pmulab.sim.reading import ScenarioError

LIBRARY = "two-guests overflow-interrupt same-guest-emulated vgic-competition host-sampling".split()


@pytest.fixture(scope="module")
def found():
    """Compare the three workloads once."""
    return compare(ticks=2)


@pytest.mark.parametrize("name", LIBRARY)
def test_the_counts_are_those_of_the_trace(name):
    counts = measure(name).counts
    records = Machine(name).run().records
    access = [r for r in records if r.kind in ("access", "trap")]

    assert counts == Counter(
        {
            "exit": sum(r.kind == "exit" for r in records),
            "load or put": sum(r.kind in ("load", "put") for r in records),
            "host interrupt": sum(r.kind == "irq" and r.who == "host" for r in records),
            "guest interrupt": sum(r.kind == "irq" and r.who != "host" for r in records),
            "host access": sum(r.who == "host" for r in access),
            "direct access": sum(r.who != "host" and r.kind == "access" for r in access),
            "trapped access": sum(r.kind == "trap" for r in access),
            "perf event": counts["perf event"],
        }
    )


@pytest.mark.parametrize("name", LIBRARY)
def test_every_exit_has_a_reason(name):
    found = measure(name)

    assert found.counts["exit"] == found.reasons.total()


def test_the_exits_of_one_guest_by_reason():
    assert measure("overflow-interrupt").reasons == {
        "trapped gic 23 enable priority=0xa0": 1,
        "trapped msr PMEVTYPER0_EL0": 1,
        "interrupt": 1,
        "trapped mrs PMOVSCLR_EL0": 1,
        "trapped msr PMOVSCLR_EL0": 1,
        "vGIC maintenance": 1,
        "end of the program": 1,
    }


@pytest.mark.parametrize(("name", "events"), [("same-guest-emulated", 4), ("two-guests", 0)])
def test_perf_events_are_counted_when_they_are_made_and_when_they_are_dropped(name, events):
    assert events == measure(name).counts["perf event"]


def test_a_meter_counts_from_when_it_is_put_on_and_changes_nothing():
    machine, twin = (Machine("both-overflow", record=False, laws=False) for _ in range(2))
    for _ in range(12):
        machine.step()
        twin.step()
    meter = Meter(machine)
    while machine.step():
        twin.step()

    assert 0 < meter.counts["exit"] < measure("both-overflow").counts["exit"]
    assert twin.cpus[0].state() == machine.cpus[0].state()


def test_a_price_is_what_is_counted_times_what_one_costs():
    counts = Counter({"exit": 7, "perf event": 2, "direct access": 1000})
    prices = (Price("exit", 100, ""), Price("perf event", 10, ""))
    cost = Cost("toy", 1440, counts, Counter(), prices)

    assert (720, 1.5) == (cost.host_cycles, cost.slowdown)
    assert 1 / 3 == pytest.approx(cost.share)


def test_a_price_can_be_replaced_and_says_so():
    rows = {row.what: row for row in priced(["exit=2000", "perf event=0"])}

    assert (2000, "given") == rows["exit"][1:]
    assert 0 == rows["perf event"].cycles
    assert [row.what for row in PRICES] == list(rows)


@pytest.mark.parametrize("change", ["exit", "exit=", "exit=-1", "exit=x", "sleep=3", ""])
def test_a_price_that_is_none_is_one_line(change, capsys):
    with pytest.raises(ScenarioError, match="there are exit=N, perf event=N"):
        priced([change])
    status = main(["cost", "--price", change])

    assert (2, 1) == (status, capsys.readouterr().err.count("\n"))


# ---- the guest


@pytest.mark.parametrize("partitioned", [False, True], ids=["emulated", "partitioned"])
@pytest.mark.parametrize("frequency", [0, 1000, 4000])
def test_the_workloads_guest_runs_lawfully(partitioned, frequency):
    workload = Workload("small", 4, 3, frequency)
    scenario = world(workload, partitioned, 2, Assumed(hertz=3_000_000, frequent=2))
    machine = Machine(scenario, record=False)
    while machine.step():
        pass

    assert machine.laws.accusation is None
    assert machine.guests["A"].finished


@pytest.mark.one_in(3)
@pytest.mark.parametrize("partitioned", [False, True], ids=["emulated", "partitioned"])
@pytest.mark.parametrize(("frequency", "frequent"), [(1000, 3), (4000, 3), (1000, 5)])
def test_a_sampled_event_overflows_at_its_frequency(partitioned, frequency, frequent):
    workload, ticks = Workload("w", 15, 10, frequency), 2
    scenario = world(workload, partitioned, ticks, Assumed(frequent=frequent))
    taken = measure(scenario, steady=True).counts["guest interrupt"]

    assert taken == pytest.approx(frequent * frequency * ticks / 250, rel=0.05)


@pytest.mark.parametrize(("frequency", "rounds"), [(0, 1), (1000, 2)])
def test_the_guest_accesses_what_its_driver_does(frequency, rounds):
    ticks, n = 5, 10
    workload = Workload("w", 15, n, frequency)
    counts = measure(world(workload, True, ticks, Assumed()), steady=True).counts
    # Stop and start are 2 and 3 accesses; an event is 4 off and 4 on; a sample has 6 more.
    a_round, a_sample = 2 + 4 * n + 4 * n + 3, 2 + 3 + 6

    assert (
        ticks * rounds * a_round + counts["guest interrupt"] * a_sample
        == counts["direct access"] + counts["trapped access"]
    )


def test_both_pmus_run_the_same_guest(found):
    for one in found:
        assert one.emulated.guest_cycles == one.partitioned.guest_cycles
        guest = [
            cost.counts["direct access"] + cost.counts["trapped access"]
            for cost in (one.emulated, one.partitioned)
        ]
        assert guest[0] == guest[1]


# ---- the cover letter


def test_the_direction_is_the_cover_letters(found):
    for one in found:
        assert one.real_time < 0
        assert one.partitioned.share < one.emulated.share / 4
        assert 0 == one.partitioned.counts["perf event"] < one.emulated.counts["perf event"]


def test_the_order_of_magnitude_is_the_cover_letters(found):
    record, stat, fast = found

    # Measured: -24.2 %, -7.0 %; a third of the CPU and a hundredth of it.
    assert 0.24 / 4 < -record.real_time < 0.24 * 4
    assert 0.07 / 4 < -stat.real_time < 0.07 * 4
    assert 0.35 / 4 < fast.emulated.share < 0.35 * 2
    assert 0.0097 < fast.partitioned.share < 0.0097 * 10


def test_the_gain_grows_with_the_rate_of_samples(found):
    record, stat, fast = found

    assert fast.real_time < record.real_time < stat.real_time


@pytest.mark.parametrize("exit_cycles", [500, 1000, 10_000])
@pytest.mark.parametrize("event_cycles", [0, 1000, 20_000])
def test_no_price_turns_the_direction(found, exit_cycles, event_cycles):
    prices = priced([f"exit={exit_cycles}", f"perf event={event_cycles}"])
    for one in found:
        emulated, partitioned = (replace(c, prices=prices) for c in one[1:3])

        assert partitioned.share < emulated.share


def test_the_report_says_what_is_assumed(found):
    text = report(found)

    assert len(PRICES) + 4 == text.count("assumed: ")
    assert "20250602192702.2125115-1" in text
    assert {workload.name for workload in WORKLOADS} == set(MEASURED)
    assert [] == [value for _, value in MEASURED.values() if value not in text]
    assert max(map(len, text.splitlines())) <= 120


def test_the_measures_are_rows_for_a_chart(found):
    rows = measures(found)

    assert [3, 3] == [len(lines) for lines in rows.values()]
    assert all(first > second for lines in rows.values() for _, first, second in lines)


@pytest.mark.slow
def test_the_command_line_prints_the_comparison(capsys):
    assert 0 == main(["cost", "--price", "exit=2000"])
    assert capsys.readouterr().out.startswith("in a second ")
    assert 0 == main(["run", "two-guests", "--cost"])
    assert capsys.readouterr().out.startswith("two-guests\n")


@pytest.mark.slow
def test_the_hosts_share_is_that_of_the_workload_at_its_price():
    share = host_share([4000], ticks=2)
    one = compare([WORKLOADS[2]], priced(["exit=1000"]), ticks=2)[0]

    assert share(4000, 1000) == round(100 * one.emulated.share, 1)
    assert share(4000, 1000) < share(4000, 5000)
    assert host_share([4000], partitioned=True)(4000, 5000) < share(4000, 1000)


@pytest.mark.slow
def test_the_share_follows_the_price_of_an_exit_and_the_exits_do_not():
    at = costs_at()
    cheap, dear = at(1000), at(5000)

    assert cheap["exits in a second"] == dear["exits in a second"]
    pairs = zip(cheap["host's share, per cent"], dear["host's share, per cent"])
    assert all(a[1] < b[1] and a[2] < b[2] for a, b in pairs)
