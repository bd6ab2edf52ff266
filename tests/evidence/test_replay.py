"""Replay: recorded accesses against the model, what a difference looks like, what a bad file does.

The quick tests take the first scenarios of every file; the slow one takes every file whole. That a
wrong model is noticed is tested too: each mutation below is one mistake, planted in the model.
"""

import gzip
import json
import re
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from pmulab.cli import main
from pmulab.evidence import deviations
from pmulab.evidence.replay import TraceError, replay
from pmulab.hw import gic, pe, pmu
from pmulab.hw.pe import Pe
from pmulab.hw.pmu import Pmu
from pmulab.hw.sysreg import Trap
from pmulab.hw.sysregs import MDCR_EL2, REGS

CONFORMANCE = Path(__file__).parent.parent / "conformance"
FILES = {path.name.removesuffix(".jsonl.gz"): path for path in CONFORMANCE.glob("*/*.jsonl.gz")}
SCENARIOS = 12


def rows_of(path, scenarios=None):
    """Read the rows of a recorded file as text, the first scenarios or all."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        starts = 0
        for line in file:
            starts += line.startswith('{"scenario"')
            if scenarios is not None and starts > scenarios:
                return
            yield line


@pytest.fixture(scope="session")
def sample(tmp_path_factory):
    """Give the path of a copy of a recorded file that has its first scenarios only."""
    folder = tmp_path_factory.mktemp("samples")

    def cut(name, scenarios=SCENARIOS):
        path = folder / f"{name}-{scenarios}.jsonl"
        if not path.exists():
            path.write_text("".join(rows_of(FILES[name], scenarios)))
        return path

    return cut


def told(rows):
    """Count what a file says of itself: accesses, untagged accesses, tags."""
    found = [json.loads(line) for line in rows]
    accesses = [row for row in found if "op" in row]
    tags = Counter(tag for row in accesses for tag in row.get("not_arch", ()))
    return len(accesses), sum("not_arch" not in row for row in accesses), tags


def check(path, rows):
    """Replay a file: nothing differs, nothing is left out, tags are judged."""
    report = replay(path)

    assert [] == [str(m) for m in report.mismatches + report.refused]
    assert told(rows) == (report.rows, report.compared, report.tagged)
    judged = {tag: n for tag, n in report.tagged.items() if tag not in deviations.OPEN}
    assert judged == {tag: report.as_architecture[tag] for tag in judged}
    assert report.ok


def test_there_are_all_the_recorded_files():
    folders = Counter(path.parent.name for path in FILES.values())

    assert {"qemu": 18, "arch": 20, "arm": 34} == folders


# Arm's pseudocode comes with two seeds of each kind: one of them is enough for a first look.
FIRST = [name for name, path in FILES.items() if path.parent.name != "arm" or "-s1" in name]


@pytest.mark.one_in(8)
@pytest.mark.parametrize("name", sorted(FIRST))
def test_the_first_scenarios_of_a_recorded_file_agree_with_the_model(sample, name):
    check(sample(name), rows_of(FILES[name], SCENARIOS))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FILES))
def test_a_whole_recorded_file_agrees_with_the_model(name):
    check(FILES[name], rows_of(FILES[name]))


# ---- a wrong model is noticed: the mistake, the recording that shows it, what is planted where


def p_zeroes(accessible):
    """Make PMCR_EL0.P zero another number of counters."""

    def write(self, reg, el, value):
        self._write_fields(reg, el, value)
        if value & 2:
            self.cells |= dict.fromkeys(pmu.EVCNTR[: accessible(self, el)], 0)
        if value & 4:
            self.cells["PMCCNTR"] = 0

    return write


def late_index_check(self, plan):
    """Check the index after everything else, as if it were no different from HPMN."""
    el = self.el
    self._check_defined(plan, el)
    self._check_level(plan, el)
    if el != 2:
        self._check_traps(plan, el)
    idx = self._index(plan) if plan.indexed else None
    if idx is not None and idx >= self.pmu.n_counters:
        return self._out_of_reach(plan, "", None)
    if idx is not None and el != 2 and idx >= self.pmu.hpmn:
        return self._out_of_reach(plan, "", 2)
    return False


def trap_instead_of_gate(self, plan, el):
    """Look at the traps to EL2 before PMUSERENR_EL0."""
    if self.pmu.cells["MDCR_EL2"] & plan.trap:
        raise Trap(2, "")
    original_check_traps(self, plan, el)


def no_fgt(self, plan, el):
    """Forget the fine-grained traps."""
    original_check_traps(self, plan._replace(fgt=("HDFGRTR_EL2", 0)), el)


def without_trap(field):
    """Forget one of the two traps of MDCR_EL2."""

    def check_traps(self, plan, el):
        rest = plan.trap & ~getattr(MDCR_EL2, field)
        original_check_traps(self, plan._replace(trap=rest), el)

    return {"_check_traps": check_traps}


def hpmn_ignored(self, plan, what, trap_to):
    """Let every access through that is beyond HPMN and not beyond N."""
    return False if trap_to == 2 else original_out_of_reach(self, plan, what, trap_to)


def short_counter(self, idx, amount, el):
    """Keep 32 bits of a counter whose overflow is taken at 32 bits."""
    original_add(self, idx, amount, el)
    if self.width(idx) == 32:
        self.cells[pmu.EVCNTR[idx]] &= 0xFFFF_FFFF


def one_carry(self, idx, amount, el):
    """Chain an overflow once, however often the counter overflowed."""
    width, old = self.width(idx), self.cells[pmu.EVCNTR[idx]]
    carries = (old + amount >> width) - (old >> width)
    original_add(self, idx, amount - max(carries - 1, 0) * (1 << width), el)


def chain_without_enable(self, idx, width, el):
    """Let the odd counter of a chain count though it is not enabled."""
    enabled = self.cells["PMCNTEN"]
    self.cells["PMCNTEN"] |= 1 << idx + 1
    found = original_chained(self, idx, width, el)
    self.cells["PMCNTEN"] = enabled
    return found


def swinc_for_all(self, reg, el, value):
    """Let PMSWINC_EL0 reach every counter, whatever its filter and HPMN."""
    for idx in range(self.n_counters):
        if value >> idx & 1 and self.cells[pmu.TYPER[idx]] & self.event_mask == 0:
            self.add(idx, 1, el)


def prohibited_everywhere(self, idx, el, second):
    """Let HPMD stop the second range too."""
    return original_prohibited(self, idx, el, False)


original_check_traps, original_out_of_reach = Pe._check_traps, Pe._out_of_reach
original_add = Pmu.add
original_chained, original_prohibited = Pmu.chained, Pmu._prohibited
READ, WRITE = pmu.READ, pmu.WRITE
ONE_RANGE = {"globally_enabled": property(lambda self: 0xFFFF_FFFF * (self.cells["PMCR"] & 1))}

MUTATIONS = {
    "the interrupt ignores HPME": ("part-irq-s1", Pmu, ONE_RANGE),
    "EL1 sees the bits of the second range": (
        "part-mask-s1",
        Pmu,
        {"counter_mask": lambda self, el: pmu.COUNTER_MASKS[self.n_counters]},
    ),
    "EL2 sees the bits of the first range only": (
        "part-mask-s1",
        Pmu,
        {"counter_mask": lambda self, el: pmu.COUNTER_MASKS[self.hpmn]},
    ),
    "PMCR_EL0.P at EL1 zeroes the second range": (
        "part-mask-s1",
        Pmu,
        {"accessible": lambda self, el: self.n_counters},
    ),
    "PMCR_EL0.P at EL2 zeroes the first range only": (
        "part-mask-s1",
        Pmu,
        {"accessible": lambda self, el: self.hpmn},
    ),
    "PMCR_EL0.P zeroes nothing": ("part-mask-s1", pmu, {"P": 0}),
    "PMCR_EL0.C zeroes nothing": ("part-mask-s1", pmu, {"C": 0}),
    "PMCR_EL0.N is the same at EL1": ("part-mask-s1", READ, {"CONTROL": Pmu._read_cell}),
    "a SET register replaces the word": ("part-mask-s1", WRITE, {"SET": Pmu._write_fields}),
    "PMSWINC_EL0 reaches every counter": ("part-mask-s1", WRITE, {"SW_INCR": swinc_for_all}),
    "fine-grained traps are forgotten": ("part-fgt-s1", Pe, {"_check_traps": no_fgt}),
    "an index beyond N is checked late": ("part-fgt-s1", Pe, {"_refused": late_index_check}),
    "PMUSERENR_EL0 is checked last": ("part-fgt-s1", Pe, {"_check_traps": trap_instead_of_gate}),
    "TPM traps nothing": ("part-fgt-s1", Pe, without_trap("TPM")),
    "TPMCR traps nothing": ("part-fgt-s1", Pe, without_trap("TPMCR")),
    "TGE moves no exception": ("part-fgt-s1", pe, {"TGE": 0}),
    "HPMN is not checked": ("part-fgt-s1", Pe, {"_out_of_reach": hpmn_ignored}),
    "NSH is not looked at": ("count-filter-s1", pmu, {"INCLUDE_EL2": (1 << 32) - 1}),
    "the filter of EL0 is not looked at": (
        "count-filter-s1",
        pmu,
        {"EL_BITS": pmu.EL_BITS | {0: ("U", 0)}},
    ),
    "HPMD prohibits nothing": ("count-filter-s1", pmu, {"HPMD": 0}),
    "HPMD prohibits the second range": (
        "count-filter-s1",
        Pmu,
        {"_prohibited": prohibited_everywhere},
    ),
    "HCCD prohibits nothing": ("count-filter-s1", pmu, {"HCCD": 0}),
    "DP is not looked at": ("count-filter-s1", pmu, {"DP": 0}),
    "LP is not looked at": ("count-filter-s1", pmu, {"LP": 0}),
    "HLP is not looked at": ("count-filter-s1", pmu, {"HLP": 0}),
    "LC is not looked at": ("count-filter-s1", pmu, {"LC": 0}),
    "HPME enables nothing": ("count-filter-s1", pmu, {"HPME": 0}),
    "a counter that overflows at 32 bits has 32": ("count-filter-s1", Pmu, {"add": short_counter}),
    "a chain counts one overflow for each amount": ("chain-s1", Pmu, {"add": one_carry}),
    "a chain counts though not enabled": ("chain-s1", Pmu, {"chained": chain_without_enable}),
    "nothing is chained": ("chain-s1", Pmu, {"chained": lambda *args: False}),
    "HPMN=0 leaves one counter": (
        "hpmn0-s1",
        Pmu,
        {"hpmn": property(lambda self: min(self.cells["MDCR_EL2"] & 31, self.n_counters) or 1)},
    ),
    "a counter before PMUv3p5 has 64 bits": (
        "variant-v3p1-s1",
        Pmu,
        {"event_store": property(lambda self: (1 << 64) - 1, lambda self, value: None)},
    ),
    "PMSELR_EL0.SEL=31 selects no filter": (
        "part-fgt-s1",
        Pmu,
        {"window": lambda self, reg: (f"{reg.cell}{self.cells['PMSELR']}", self.cells["PMSELR"])},
    ),
    "PMOVSCLR_EL0 clears nothing": ("pmu-basic-s1", WRITE, {"CLR": lambda *args: None}),
    "EL0 of a kernel at EL2 is trapped to EL1": ("pmu-vhe-s1", pe, {"TGE": 0}),
    "TPM traps nothing, by QEMU": ("pmu-traps-s1", Pe, without_trap("TPM")),
    "EOIR deactivates nothing": ("gic-lr-s1", gic.Gic, {"_deactivate": lambda *args: None}),
    "an active interrupt does not hold others back": (
        "gic-lr-s1",
        gic.Gic,
        {"running_priority": property(lambda self: 0xFF)},
    ),
    "TC traps nothing": ("gic-traps-s1", gic, {"TRAPS": dict.fromkeys(gic.TRAPS, ())}),
}


def plant(monkeypatch, where, what):
    """Replace attributes of a module or class, or rows of a table of rules or masks."""
    for name, replacement in what.items():
        if isinstance(where, dict):
            key = next(key for key in where if getattr(key, "name", key) == name)
            monkeypatch.setitem(where, key, replacement)
        else:
            monkeypatch.setattr(where, name, replacement, raising=name != "event_store")


@pytest.mark.one_in(7)
@pytest.mark.parametrize("mistake", MUTATIONS)
def test_a_mistake_in_the_model_is_noticed(sample, monkeypatch, mistake):
    name, where, what = MUTATIONS[mistake]
    plant(monkeypatch, where, what)
    # Most mistakes show at once; the others get more to look at.
    report = replay(sample(name, 3))
    if report.ok:
        report = replay(sample(name))

    assert report.mismatches
    assert not report.ok


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        (tag, "pmu-traps-s1" if "tpm" in tag else "pmu-partition-s1")
        for tag in ("hpmn-mask", "hpmn-access", "hpmn-P", "irq-line", "tpmcr", "tpm-bypass")
    ],
)
def test_a_model_that_does_as_qemu_does_is_refused_where_qemu_is_not_the_architecture(
    sample, monkeypatch, tag, name
):
    as_qemu = {
        "hpmn-mask": (Pmu, MUTATIONS["EL1 sees the bits of the second range"][2]),
        "hpmn-access": (Pe, MUTATIONS["HPMN is not checked"][2]),
        "hpmn-P": (Pmu, MUTATIONS["PMCR_EL0.P at EL1 zeroes the second range"][2]),
        "irq-line": (Pmu, ONE_RANGE),
        "tpmcr": (Pe, without_trap("TPMCR")),
        "tpm-bypass": (Pe, without_trap("TPM")),
    }
    plant(monkeypatch, *as_qemu[tag])
    report = replay(sample(name))
    refused = [str(m) for m in report.refused if f"tag {tag}:" in str(m)]

    assert refused
    assert report.tagged[tag] - report.as_architecture[tag] == len(refused)
    assert not report.ok


# ---- what a difference looks like

LINES = list(rows_of(FILES["part-mask-s1"], 1))


def rewritten(tmp_path, *changed, name="trace.jsonl"):
    """Write the header, the first scenario and the given rows to a file."""
    path = tmp_path / name
    path.write_text(
        "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in changed)
    )
    return path


def accesses():
    """Return the accesses of the first scenario."""
    return [json.loads(line) for line in LINES[2:]]


def first(op, reg):
    """Return the place of the first row of its kind."""
    return next(
        n for n, row in enumerate(accesses()) if row["op"] == op and row["reg"].startswith(reg)
    )


def planted(tmp_path, at, change):
    """Copy the first scenario with one row changed."""
    rows = accesses()
    change(rows[at])
    return rewritten(tmp_path, *LINES[:2], *rows)


def flip(register, mask):
    """Make a change: other bits in the state after a row."""

    def change(row):
        row["st"][register] = hex(int(row["st"][register], 16) ^ mask)

    return change


def test_a_difference_in_the_state_is_told_in_the_words_of_the_register(tmp_path, capsys):
    at = next(n for n, row in enumerate(accesses()) if "PMOVSSET_EL0" in row["st"])
    row = accesses()[at]
    right = int(row["st"]["PMOVSSET_EL0"], 16)
    path = planted(tmp_path, at, flip("PMOVSSET_EL0", 1 << 31))
    text = REGS["PMOVSSET_EL0"].text
    # The next rows build on the state of the trace, so they agree again.
    expected = f"""\
trace.jsonl                          40 rows      40 compared  1 mismatches
scenario 0 row {at}: EL{row["el"]} {row["op"]} {row["reg"]} {row["val"]}
    PMOVSSET_EL0: trace {text(right ^ 1 << 31)}, model {text(right)}
"""

    assert 1 == main(["replay", str(path)])
    assert (expected, "") == tuple(capsys.readouterr())


def test_a_difference_in_a_result_is_told(tmp_path):
    at = first("mrs", "PMCNTEN")
    right = int(accesses()[at]["res"], 16)
    report = replay(planted(tmp_path, at, lambda row: row.update(res=hex(right ^ 1))))
    text = REGS["PMCNTENSET_EL0"].text

    assert [f"result: trace {text(right ^ 1)}, model {text(right)}"] == report.mismatches[
        0
    ].differences


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"exc": "EC=0x18", "to": 2}, "exception: trace EC=0x18 to EL2, model None to ELNone"),
        ({"exc": "EC=0x0", "to": 1}, "exception: trace EC=0x0 to EL1, model None to ELNone"),
    ],
)
def test_a_difference_in_an_exception_is_told(tmp_path, change, told):
    report = replay(planted(tmp_path, first("msr", "PMCNTENSET"), lambda row: row.update(change)))

    assert told in report.mismatches[0].differences


def test_a_difference_in_the_line_is_told(tmp_path):
    report = replay(planted(tmp_path, 0, lambda row: row["st"].update(irq={"pmu": 7})))

    assert re.fullmatch(r"line pmu: trace 7, model [01]", report.mismatches[0].differences[0])


def test_a_tag_lets_a_row_differ_only_as_the_architecture_does(tmp_path):
    # At EL1, of the bits that this clears those below HPMN go: neither less, nor more.
    at = first("msr", "PMOVSCLR")
    row = accesses()[at]
    assert 1 == row["el"]

    def change(row):
        row["st"]["PMOVSSET_EL0"] = "0x7"
        row["not_arch"] = ["hpmn-mask"]

    report = replay(planted(tmp_path, at, change))

    assert {"hpmn-mask": 1} == report.tagged
    assert {} == report.as_architecture
    assert "tag hpmn-mask: Bits of counters at or above HPMN" in str(report.refused[0])
    assert not report.ok


def test_an_open_tag_lets_a_row_differ(tmp_path):
    def change(row):
        row.update(res="0x12345", not_arch=["cu-sel"])

    report = replay(planted(tmp_path, first("mrs", "PMCNTEN"), change))

    assert report.ok
    assert "tagged: cu-sel open/1" in report.text()


def test_a_file_that_agrees_is_one_line_and_status_0(tmp_path, capsys):
    path = rewritten(tmp_path, *LINES)

    assert 0 == main(["replay", str(path), str(path)])
    assert ["trace.jsonl"] * 2 == [line.split()[0] for line in capsys.readouterr().out.splitlines()]


def test_the_report_is_plain_data_too(tmp_path, capsys):
    good = rewritten(tmp_path, *LINES)
    status = main(["replay", "--json", str(good)])
    report = json.loads(capsys.readouterr().out)[0]

    assert 0 == status
    assert {
        "file": str(good),
        "rows": len(accesses()),
        "compared": len(accesses()),
        "mismatches": [],
        "tagged": {},
        "as_architecture": {},
        "not_as_architecture": [],
    } == report


def test_the_plain_data_has_each_mismatch(tmp_path, capsys):
    at = first("mrs", "PMCNTEN")
    path = planted(tmp_path, at, lambda row: row.update(res="0x5"))
    status = main(["replay", "--json", str(path)])
    report = json.loads(capsys.readouterr().out)[0]

    assert 1 == status
    assert 1 == len(report["mismatches"])
    assert "result: trace 0x5 (P=0x5), model" in report["mismatches"][0]


# ---- what a bad file does

HEADER, SCENARIO = (json.loads(line) for line in LINES[:2])
ROW = accesses()[0]
STATES = "ICH_HCR_EL2 ICH_VMCR_EL2 ICH_AP0R0_EL2 ICH_AP1R0_EL2"
STATES += " ICH_LR0_EL2 ICH_LR1_EL2 ICH_LR2_EL2 ICH_LR3_EL2 GICD_ISACTIVER1"
BEGINS = "line 1: a trace begins with a header, a row with 'ids' and 'counters'"


def without(row, key):
    """Return a row without one key."""
    return {k: v for k, v in row.items() if k != key}


WRONG_ROWS = {
    "empty": ([], "no accesses after line 0"),
    "no header": ([SCENARIO, ROW], BEGINS),
    "no counters": ([without(HEADER, "counters"), SCENARIO, ROW], BEGINS),
    "counters in words": ([HEADER | {"counters": "six"}, SCENARIO, ROW], BEGINS),
    "too many counters": (
        [HEADER | {"counters": 40}, SCENARIO, ROW],
        "line 1: 40 event counters; possible are 0 to 31",
    ),
    "no PMCR_EL0": ([HEADER | {"ids": {}}, SCENARIO], "line 1: 'PMCR_EL0' is missing or unknown"),
    "unknown feature": (
        [HEADER | {"features": ["FEAT_X"]}, SCENARIO, ROW],
        f"line 1: no feature FEAT_X; known are {' '.join(pmu.FEATURES)}",
    ),
    "only a header": ([HEADER], "no accesses after line 1"),
    "no scenario": ([HEADER, ROW], "line 2: an access before the first scenario"),
    "a scenario without a state": (
        [HEADER, without(SCENARIO, "st"), ROW],
        "line 2: 'st' is missing or unknown",
    ),
    "unknown state": (
        [HEADER, SCENARIO | {"st": {"PMFOO_EL0": "0x0"}}, ROW],
        f"line 2: no state PMFOO_EL0 in the GIC; it has {STATES}",
    ),
    "a state that the scenario lacks": (
        [HEADER, SCENARIO, ROW | {"st": {"PMFOO_EL0": "0x0"}}],
        "line 3: no PMFOO_EL0 in the state of the scenario",
    ),
    "unknown operation": (
        [HEADER, SCENARIO, ROW | {"op": "frob"}],
        "line 3: no operation frob; there are mrs msr retire hcr mmio nop",
    ),
    "unknown register": (
        [HEADER, SCENARIO, ROW | {"op": "mrs", "reg": "PMFOO_EL0"}],
        "line 3: no register PMFOO_EL0; near it: PMCR_EL0, PMOVSSET_EL0, PMOVSCLR_EL0",
    ),
    "no level": ([HEADER, SCENARIO, without(ROW, "el")], "line 3: 'el' is missing or unknown"),
    "another level": (
        [HEADER, SCENARIO, ROW | {"el": 3}],
        "line 3: no exception level 3; there are 0 1 2",
    ),
    "unknown tag": (
        [HEADER, SCENARIO, ROW | {"not_arch": ["wobble"]}],
        f"line 3: no tag wobble; known are {' '.join(sorted(deviations.SENTENCES))}",
    ),
    "no number": (
        [HEADER, SCENARIO, ROW | {"op": "msr", "reg": "PMCR_EL0", "val": "zz"}],
        "line 3: invalid literal for int() with base 16: 'zz'",
    ),
    "negative amount": (
        [HEADER, SCENARIO, {"i": 0, "el": 1, "op": "retire", "event": 17, "n": -1, "st": {}}],
        "line 3: n is -1; possible is 0 and up",
    ),
    "the physical interface": (
        [HEADER, SCENARIO, ROW | {"el": 2, "op": "mrs", "reg": "ICC_IAR1_EL1"}],
        "line 3: ICC_IAR1_EL1 at EL2 is the physical CPU interface; "
        "the virtual one is at EL1 while HCR_EL2.IMO and FMO are 1",
    ),
}


@pytest.mark.parametrize("case", WRONG_ROWS)
def test_a_trace_with_a_wrong_row_is_one_line_that_names_it(tmp_path, capsys, case):
    rows, message = WRONG_ROWS[case]
    path = rewritten(tmp_path, *rows)

    assert 2 == main(["replay", str(path)])
    assert ("", f"pmulab: {path}: {message}\n") == tuple(capsys.readouterr())


RECORDED = FILES["variant-n4-s1"].read_bytes()
WRONG_BYTES = {
    "not JSON": (b"hello\n", "line 1: not JSON: Expecting value"),
    "half a row": (
        "".join(LINES[:3])[:-20].encode(),
        r"line 3: not JSON: (Unterminated string starting at|Expecting .*)",
    ),
    "a list": (b"[1]\n", r"line 1: a row is an object, not '\[1\]\\n'"),
    "deep nesting": (b"[" * 100_000, "line 1: nested too deep"),
    "binary": (bytes(range(256)), "neither text nor gzip'd text"),
    "truncated gzip": (
        RECORDED[:9000],
        r"after line \d+: damaged: Compressed file ended before the end-of-stream marker.*",
    ),
    "damaged gzip": (
        RECORDED[:100] + b"\xff" * 50 + RECORDED[150:],
        r"after line \d+: damaged: Error -3 while decompressing data: .*",
    ),
    "a gzip of something else": (gzip.compress(bytes(range(256))), "neither text nor gzip'd text"),
}


@pytest.mark.parametrize("case", WRONG_BYTES)
def test_a_file_that_is_no_trace_is_one_line(tmp_path, capsys, case):
    content, message = WRONG_BYTES[case]
    path = tmp_path / "trace"
    path.write_bytes(content)

    assert 2 == main(["replay", str(path)])
    out, err = capsys.readouterr()
    assert "" == out
    assert re.fullmatch(f"pmulab: {re.escape(str(path))}: {message}\n", err)


def test_a_file_that_is_not_there_and_a_folder_are_one_line(tmp_path, capsys):
    assert 2 == main(["replay", str(tmp_path / "nothing")])
    assert f"pmulab: {tmp_path / 'nothing'}: No such file or directory\n" == capsys.readouterr().err
    assert 2 == main(["replay", str(tmp_path)])
    assert f"pmulab: {tmp_path}: Is a directory\n" == capsys.readouterr().err


def test_a_bad_row_ends_the_replay_of_a_good_file(tmp_path):
    path = rewritten(tmp_path, *LINES, {"i": 40})
    with pytest.raises(TraceError, match=f"line {len(LINES) + 1}: 'op' is missing"):
        replay(path)


def test_a_model_that_fails_is_not_blamed_on_the_file(sample, monkeypatch):
    monkeypatch.setattr(Pmu, "counter_mask", lambda self, el: {}["no such key"])
    with pytest.raises(KeyError, match="no such key"):
        replay(sample("part-mask-s1"))


def test_a_tag_has_a_sentence_and_every_recorded_tag_is_known(sample):
    tags = set()
    for name in FILES:
        for line in islice(sample(name).open(), None):
            tags |= set(json.loads(line).get("not_arch", ()))

    assert tags <= set(deviations.SENTENCES)
    assert all(sentence.endswith(".") for sentence in deviations.SENTENCES.values())
