"""The host's driver in miniature: allocation, sampling, multiplexing, reservation.

Linux: drivers/perf/arm_pmuv3.c; kernel/events/core.c; posting v8, patches 06 and 14.
"""

import pytest
from kvm.bench import CYCLES, INST, MEM, Bench, C, E

from pmulab.kvm.host import HOST_ONLY


def places(bench):
    """Return the counter of each of the host's events; None where it waits."""
    return {event.name: event.idx for event in bench.hyp.host.events}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ({"reserved": -1}, [5, 4, 3, 2, 1, 0, None]),
        ({"reserved": 2}, [5, 4, None]),
        ({"reserved": 2, "dynamic": True}, [5, 4, 3, 2, 1, 0, None]),
        ({"reserved": 0}, [None]),
        ({"reserved": 6}, [5, 4, 3, 2, 1, 0, None]),
    ],
)
def test_counters_are_given_from_the_highest_down(host, expected):
    bench = Bench(6, **host)

    assert expected == [bench.perf(f"h{n}").idx for n in range(len(expected))]


@pytest.mark.parametrize(
    ("host", "expected"),
    [({"reserved": -1}, [31, 5]), ({"reserved": 2}, [5, 4]), ({"dynamic": True}, [31, 5])],
)
def test_cycles_go_to_the_cycle_counter_where_the_host_has_it(host, expected):
    bench = Bench(6, **host)

    assert expected == [bench.perf(f"h{n}", CYCLES).idx for n in range(2)]


def test_an_event_of_the_host_is_programmed_for_el2_alone():
    bench = Bench()
    host = bench.perf()
    for el, amount in ((0, 100), (1, 100), (2, 7)):
        bench.work(INST, amount, el)
    bench.hyp.perf_update(host)

    assert INST | HOST_ONLY == bench["PMEVTYPER5_EL0"]
    assert 7 == host.count


@pytest.mark.parametrize("pmcr", [0, E])
def test_the_host_counts_on_its_range_whatever_a_loaded_guest_has_enabled(pmcr):
    bench = Bench()
    host = bench.perf()
    bench.loaded(PMCR_EL0=pmcr)
    bench.work(INST, 7, el=2)
    bench.hyp.perf_update(host)

    assert 7 == host.count


def test_removing_an_event_lets_another_have_its_counter():
    bench = Bench(6, reserved=1)
    first, second = bench.perf("first"), bench.perf("second", MEM)
    before = places(bench)
    bench.hyp.perf_remove(first)

    assert {"first": 5, "second": None} == before
    assert {"second": 5} == places(bench)
    assert MEM | HOST_ONLY == bench["PMEVTYPER5_EL0"]
    assert second.idx == 5


def test_a_removed_event_leaves_its_counter_off():
    bench = Bench()
    bench.hyp.perf_remove(bench.perf())

    assert (0, 0) == (bench["PMCNTENSET_EL0"], bench["PMINTENSET_EL1"])


# ---- sampling


@pytest.mark.parametrize(
    ("period", "amounts", "samples", "left"),
    [
        (10, [9], 0, 1),
        (10, [10], 1, 10),
        (10, [25], 2, 5),
        (10, [9, 1, 10], 2, 10),
        (1, [3], 3, 1),
        (0, [100], 0, -100),
    ],
)
def test_a_sample_for_each_period(period, amounts, samples, left):
    bench = Bench()
    host = bench.perf(period=period)
    for amount in amounts:
        bench.work(INST, amount, el=2)
        if bench.pe.irq:
            bench.hyp.handle_host_irq()
    bench.hyp.perf_update(host)

    assert (samples, sum(amounts)) == (host.samples, host.count)
    assert not period or left == host.left


@pytest.mark.parametrize("period", [0, 1 << 32, 1 << 40])
def test_no_turn_of_a_32_bit_counter_is_lost(period):
    bench = Bench()
    host = bench.perf(period=period)
    for _ in range(5):
        bench.work(INST, 0x7FFFFFFF, el=2)
        if bench.pe.irq:
            bench.hyp.handle_host_irq()
    bench.hyp.perf_update(host)

    total = 5 * 0x7FFFFFFF
    assert (total, total >> 32 if period == 1 << 32 else 0) == (host.count, host.samples)


def test_a_sample_that_is_due_when_the_event_is_stopped_is_taken():
    bench = Bench()
    host = bench.perf(period=5)
    bench.work(INST, 7, el=2)
    bench.hyp.perf_stop(host)

    assert (1, 3, None) == (host.samples, host.left, host.idx)
    assert 0 == bench["PMOVSSET_EL0"]


def test_a_period_goes_on_where_it_was_when_the_event_comes_back():
    bench = Bench()
    host = bench.perf(period=10)
    bench.work(INST, 4, el=2)
    bench.hyp.perf_stop(host)
    bench.hyp.perf_schedule()
    bench.work(INST, 6, el=2)

    assert bench.pe.irq
    bench.hyp.handle_host_irq()
    assert (1, 10) == (host.samples, host.count)


# ---- multiplexing


def test_each_tick_gives_a_waiting_event_its_turn():
    bench = Bench(6, reserved=2)
    events = [bench.perf(name) for name in "abc"]
    seen = []
    for _ in range(3):
        seen.append("".join(event.name for event in events if event.idx is not None))
        bench.work(INST, 10, el=2)
        bench.hyp.perf_rotate()

    assert ["ab", "bc", "ac"] == seen
    assert [20, 20, 20] == [event.count for event in events]


def test_nothing_rotates_where_all_have_a_counter():
    bench = Bench(6, reserved=2)
    for name in "ab":
        bench.perf(name)
    bench.log.clear()
    bench.hyp.perf_rotate()

    assert [] == bench.log


# ---- dynamic reservation


def test_a_load_squeezes_the_hosts_events_and_put_gives_their_counters_back():
    bench = Bench(6, reserved=2, dynamic=True)
    events = [bench.perf(f"h{n}") for n in range(6)] + [bench.perf("cycles", CYCLES)]
    full = places(bench)
    vcpu = bench.loaded(counters=3)
    squeezed = places(bench)
    bench.hyp.vcpu_put(vcpu)

    assert {**{f"h{n}": 5 - n for n in range(6)}, "cycles": 31} == full
    assert {"h0": 5, "h1": 4, "h2": 3, "h3": None, "h4": None, "h5": None, "cycles": None} == (
        squeezed
    )
    assert full == places(bench)
    assert len(events) == len(full)


def test_squeezed_events_keep_their_counts():
    bench = Bench(2, reserved=1, dynamic=True)
    low = [bench.perf(f"h{n}") for n in range(2)][1]
    bench.work(INST, 5, el=2)
    vcpu = bench.loaded(counters=1, PMEVTYPER0_EL0=INST, PMCNTENSET_EL0=1, PMCR_EL0=E)
    bench.work(INST, 100, el=1)
    bench.work(INST, 3, el=2)
    bench.hyp.vcpu_put(vcpu)
    bench.work(INST, 2, el=2)
    bench.hyp.perf_update(low)

    # The 3 at EL2 while it was squeezed are lost to it, the guest's 100 are not its.
    assert 7 == low.count
    assert 100 == vcpu.regs["PMEVCNTR0_EL0"]


def test_where_nothing_collides_no_event_is_touched():
    bench = Bench(6, reserved=2, dynamic=True)
    bench.perf()
    bench.log.clear()
    bench.loaded(counters=4)

    assert "PMEVCNTR5_EL0" not in [reg for _, reg, _ in bench.log]


def test_a_loaded_guests_counters_are_not_given_to_a_new_event():
    bench = Bench(3, reserved=1, dynamic=True)
    bench.loaded(counters=2)

    assert [2, None, None] == [bench.perf(name, event).idx for name, event in NEW]


NEW = [("a", INST), ("b", INST), ("c", CYCLES)]


def test_the_reservation_is_per_cpu():
    bench = Bench([4, 4], reserved=2, dynamic=True)
    bench.loaded(counters=2)
    bench.hyp.this_cpu(1)

    assert C | 0b1111 == bench.hyp.host_counter_mask()
    bench.hyp.this_cpu(0)
    assert 0b1100 == bench.hyp.host_counter_mask()


def test_a_static_reservation_never_moves_an_event():
    bench = Bench(6, reserved=2)
    events = [bench.perf(f"h{n}") for n in range(3)]
    seen = [[event.idx for event in events]]
    vcpu = bench.loaded(counters=4)
    seen.append([event.idx for event in events])
    bench.hyp.vcpu_put(vcpu)
    seen.append([event.idx for event in events])

    assert [[5, 4, None]] * 3 == seen
