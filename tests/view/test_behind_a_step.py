"""What stands behind a step: its method, its names, a value's way, the way as a diagram."""

import dataclasses
import inspect
import json
import textwrap

import pytest

from pmulab.kvm.hypervisor import Hypervisor
from pmulab.sim.machine import Machine
from pmulab.sim.scenario import load
from pmulab.sim.trace import Trace
from pmulab.view import player, steps
from pmulab.view.diagram import arrow, to_mermaid
from pmulab.view.wire import wire


@pytest.fixture(scope="module")
def trace():
    """Give a real trace of two guests."""
    return Machine("two-guests").run()


def test_each_line_of_the_hypervisor_is_found_in_its_method(trace):
    sent = json.loads(wire(trace))
    where = {sent["texts"][at]: (source, row) for at, source, row in sent["lines"]}
    for record in trace:
        if record.at:
            source, row = where[record.at]
            assert record.code == sent["sources"][source][1][row].strip()
    [put] = [s for s in trace.sources if s.text.startswith("def pmu_put(")]

    assert textwrap.dedent(inspect.getsource(Hypervisor.pmu_put)).strip() == put.text.strip()
    assert trace.sources == Trace.from_dict(json.loads(json.dumps(trace.as_dict()))).sources
    assert trace.sources == trace[3:9].sources


def test_a_method_written_in_a_learners_class_is_told_as_well(trace):
    class Mine(Hypervisor):
        def write_pair(self, set_name, clr_name, bits, mask):
            self.cpu.msr(set_name, bits & mask)
            self.cpu.msr(clr_name, mask & ~bits)

    mine = Machine("two-guests", Mine).run()
    record = next(r for r in mine if r.hook == "write_pair")

    assert record.at.startswith("test_behind_a_step.py:")
    assert {"bits", "mask"} == set(record.names)
    assert any("clr_name, mask & ~bits" in source.text for source in mine.sources)


def test_names_and_saved_registers_are_told_as_they_were(trace):
    [first, *_] = trace.where(lambda r: r.hook == "pmu_stop" and r.reg == "PMCNTENSET_EL0")
    now = steps.step(trace, first + 1)
    said = 'mask = 0x80000003; regs["PMCNTENSET_EL0"] = 0x80000001, was 0x0'

    assert said == now.held
    assert "cpu0.PMCNTENSET_EL0 → A.PMCNTENSET_EL0" == now.travels
    assert now.held in player(trace, first + 1).to_text()
    assert now.travels in player(trace, first + 1).to_html()
    assert ("", "") == (steps.step(trace, 0).held, steps.step(trace, 0).travels)


@pytest.mark.parametrize(
    ("show", "names"),
    [
        ("PMEVCNTR0 PMCNTEN", ["PMCNTENSET_EL0", "PMEVCNTR0_EL0"]),
        ("PMCNTENCLR_EL0", ["PMCNTENSET_EL0"]),
        ("pmevcntr", ["PMEVCNTR0_EL0", "PMEVCNTR1_EL0"]),
        ("ICH_HCR_EL2", ["ICH_HCR_EL2"]),
    ],
)
def test_a_lesson_names_what_is_seen_first(trace, show, names):
    assert names == steps.foremost(trace, show)[:2]


def test_a_name_of_no_register_is_one_line(trace):
    with pytest.raises(steps.NoSuchRegister, match="no register PMX in this trace") as caught:
        player(trace, show="PMCR PMX")

    assert [str(caught.value)] == caught.value._render_traceback_()


def test_unasked_the_registers_that_change_are_first_but_those_of_traps_and_the_gic(trace):
    first = steps.foremost(trace)

    assert "MDCR_EL2" in first
    assert not {"HDFGRTR_EL2", "ICH_HCR_EL2", "PMUSERENR_EL0"} & set(first)


def test_the_way_is_a_diagram_with_a_line_for_each_record(trace):
    lines = to_mermaid(trace, 40).split("\n")

    assert "sequenceDiagram" == lines[0]
    assert [f"    participant {name}" for name in ("host", "A", "B", "idle", "cpu0")] == lines[1:6]
    assert 6 + 40 == len(lines)
    assert "    host->>cpu0: msr ICH_VMCR_EL2, 0x0" == arrow(trace[1])
    assert lines == player(trace, 40).to_mermaid().split("\n")


def test_a_step_that_calls_the_hypervisor_shows_the_line_that_comes_next(trace):
    loads = [i + 1 for i in trace.where(lambda record: record.kind in ("load", "put"))]
    for n in loads:
        now, called = steps.step(trace, n), trace[n]
        assert (f"next: {called.hook}  {called.at}", called.code) == (now.source, now.code)
    [guest, *_] = trace.where(lambda r: r.who == "A" and r.kind == "work")

    assert ("", "") == (steps.step(trace, guest + 1).source, steps.step(trace, guest + 1).code)


def test_a_vm_may_be_called_as_a_word_of_mermaid(trace):
    spec = load("two-guests")
    vms = (dataclasses.replace(spec.vms[0], name="end"), spec.vms[1])
    lines = to_mermaid(Machine(dataclasses.replace(spec, vms=vms)).run()).split("\n")

    assert "    participant end_" in lines
    assert any(line.startswith("    Note over end_: work") for line in lines)
    assert not any(line.split(":")[0].split()[-1] == "end" for line in lines)
