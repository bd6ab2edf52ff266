"""Replay recorded accesses on the model, one at a time, and report each difference.

A trace is JSON Lines, gzip'd or not: a header, then for each scenario its first state and a row
for each access with what changed (`tests/conformance/oracle/README.md` has the format). For each
row the model gets the state before, does the access, and is compared in result, exception, target
level and state after. Rows with tags (`not_arch`) are judged by `deviations` instead.

Not modelled: ESR values; PMCCNTR_EL0 where a trace leaves it out because it ran on host time.
"""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pmulab.evidence import deviations
from pmulab.hw.pe import NotModelled, Pe
from pmulab.hw.pmu import FEATURES
from pmulab.hw.sysreg import Trap, Undefined
from pmulab.hw.sysregs import REGS, reg

PMU_VERSIONS = {4: 1, 5: 2, 6: 3, 7: 3, 8: 3, 9: 3}
GIC_ACTIVE = "GICD_ISACTIVER1"
# What each operation of a trace needs to know.
OPERATIONS = {
    "mrs": ["reg"],
    "msr": ["reg", "val"],
    "retire": ["event", "n"],
    "hcr": ["val"],
    "mmio": ["val"],
    "nop": ["unmasked"],
}


class TraceError(ValueError):
    """A trace that cannot be read: the file, the line and what is wrong."""


class Outcome(NamedTuple):
    """What an access did: its result or the exception, and the state it left."""

    res: int | None
    exc: str | None
    to: int | None
    state: dict


@dataclass
class Mismatch:
    """A row in which the model and the trace differ."""

    scenario: int
    row: dict
    differences: list[str]

    def __str__(self) -> str:
        head = f"scenario {self.scenario} row {self.row['i']}: {describe(self.row)}"
        return "\n".join([head, *(f"    {d}" for d in self.differences)])


@dataclass
class Report:
    """What a replay of one file found; each row is either compared or tagged."""

    path: str
    rows: int = 0
    compared: int = 0
    tagged: Counter = field(default_factory=Counter)
    as_architecture: Counter = field(default_factory=Counter)
    mismatches: list[Mismatch] = field(default_factory=list)
    refused: list[Mismatch] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Tell whether no row contradicts the model."""
        return not self.mismatches and not self.refused

    def as_dict(self) -> dict:
        """Return the report as plain data."""
        return {
            "file": self.path,
            "rows": self.rows,
            "compared": self.compared,
            "mismatches": [str(m) for m in self.mismatches],
            "tagged": dict(self.tagged),
            "as_architecture": dict(self.as_architecture),
            "not_as_architecture": [str(m) for m in self.refused],
        }

    def text(self) -> str:
        """Print one line, then each mismatch."""
        tags = "  ".join(self._tag(t) for t in sorted(self.tagged))
        line = (
            f"{Path(self.path).name:<32} {self.rows:>6} rows  {self.compared:>6} compared  "
            f"{len(self.mismatches)} mismatches"
        )
        wrong = self.mismatches + self.refused
        return "\n".join([line + (f"  tagged: {tags}" if tags else ""), *map(str, wrong)])

    def _tag(self, tag: str) -> str:
        judged = "open" if tag in deviations.OPEN else self.as_architecture[tag]
        return f"{tag} {judged}/{self.tagged[tag]}"


def describe(row: dict) -> str:
    """Print a row's access."""
    what = " ".join(str(row[k]) for k in ("reg", "addr", "event", "val", "n") if k in row)
    return f"EL{row['el']} {row['op']} {what}"


def number(value: str | int | None) -> Any:
    """Read a number of a trace: hex text, an int, or nothing, which only some columns may be."""
    return int(value, 16) if isinstance(value, str) else value


def numbers(state: dict) -> dict:
    """Read a state of a trace."""
    return {k: v if k == "irq" else number(v) for k, v in state.items()}


def lines(path: str | Path) -> Iterator[dict]:
    """Yield the rows of a trace file."""
    at = 0
    try:
        with open(path, "rb") as probe:
            opener = gzip.open if probe.read(2) == b"\x1f\x8b" else open
        with opener(path, "rt", encoding="utf-8-sig") as file:
            for at, line in enumerate(file, 1):
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise TraceError(f"{path}: line {at}: a row is an object, not {line[:20]!r}")
                yield row
    except json.JSONDecodeError as error:
        raise TraceError(f"{path}: line {at}: not JSON: {error.msg}") from None
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror or error}") from None
    except RecursionError:
        raise TraceError(f"{path}: line {at}: nested too deep") from None
    except UnicodeDecodeError:
        raise TraceError(f"{path}: neither text nor gzip'd text") from None
    except (EOFError, zlib.error) as error:
        raise TraceError(f"{path}: after line {at}: damaged: {error}") from None


def features_of(header: dict) -> frozenset[str]:
    """Return the features that a header names, or those that its ID registers say."""
    if "features" in header:
        versions = {"FEAT_PMUv3p1": 1, "FEAT_PMUv3p4": 2, "FEAT_PMUv3p5": 3}
        named = set(header["features"])
        highest = max((versions.get(f, 0) for f in named), default=1)
    else:
        dfr0, mmfr0 = (number(header["ids"][f"ID_AA64{r}_EL1"]) for r in ("DFR0", "MMFR0"))
        highest = PMU_VERSIONS.get(dfr0 >> 8 & 15, 0)
        named = {"FEAT_FGT"} if mmfr0 >> 56 & 15 else set()
        named |= {"FEAT_HPMN0"} if dfr0 >> 60 & 15 else set()
    return frozenset(FEATURES[:highest]) | named


def pe_of(header: dict) -> Pe:
    """Make the PE that a trace was recorded on."""
    ids = {
        k: number(v) for k, v in header["ids"].items() if k in REGS and REGS[k].rule == "read only"
    }
    ids["PMCR_EL0"] = number(header["ids"]["PMCR_EL0"])
    return Pe(
        n_counters=header["counters"],
        features=features_of(header),
        list_registers=header.get("list_registers", 4),
        ids={k: v for k, v in ids.items() if v is not None},
    )


def take_interrupt(pe: Pe) -> str | None:
    """Return which virtual interrupt an unmasked instruction takes."""
    if pe.gic.virq:
        return "IRQ"
    return "FIQ" if pe.gic.vfiq else None


def act(pe: Pe, row: dict) -> tuple[int | None, str | None, int | None]:
    """Do a row's access; return result, exception and target level."""
    op = row["op"]
    if op == "mrs":
        return pe.mrs(row["reg"]), None, None
    if op == "msr":
        pe.msr(row["reg"], number(row["val"]))
    elif op == "retire":
        pe.retire(number(row["event"]), row["n"])
    elif op == "hcr":
        pe.pmu.cells["HCR_EL2"] = number(row["val"])
    elif op == "mmio":
        pe.gic.load(GIC_ACTIVE, pe.gic.state()[GIC_ACTIVE] | number(row["val"]))
    elif op == "nop":
        taken = take_interrupt(pe) if row["unmasked"] else None
        return None, taken, 1 if taken else None
    return None, None, None


def perform(pe: Pe, before: dict, row: dict) -> Outcome:
    """Load the state before a row, do its access, and return what happened."""
    pe.load_state({k: v or 0 for k, v in before.items() if not k.startswith("el1:")})
    pe.el = row["el"]
    try:
        res, exc, to = act(pe, row)
    except (Undefined, Trap) as error:
        res, exc, to = None, f"EC={error.ec:#x}", error.target_el
    return Outcome(res, exc, to, pe.state())


def expected(before: dict, row: dict) -> Outcome:
    """Return what the trace says of a row."""
    after = {**before, **numbers(row["st"])}
    return Outcome(number(row.get("res")), row["exc"], row.get("to"), after)


def words(name: str, value) -> str:
    """Print a value in the words of its register."""
    if not isinstance(value, int):
        return str(value)
    plain = name.removeprefix("el1:")
    return REGS[plain].text(value) if plain in REGS else f"{value:#x}"


def compare(want: Outcome, got: Outcome, row: dict) -> list[str]:
    """List in words how two outcomes differ."""
    found = []
    if not row.get("masked") and want.res != got.res:
        name = row.get("reg", "")
        found.append(f"result: trace {words(name, want.res)}, model {words(name, got.res)}")
    if (want.exc, want.to) != (got.exc, got.to):
        found.append(f"exception: trace {want.exc} to EL{want.to}, model {got.exc} to EL{got.to}")
    for name, value in want.state.items():
        if name == "irq":
            found += [
                f"line {k}: trace {v}, model {got.state[name][k]}"
                for k, v in value.items()
                if v != got.state[name][k]
            ]
        elif value != got.state[name] and not (value is None and name == "PMCCNTR_EL0"):
            model = words(name, got.state[name])
            found.append(f"{name}: trace {words(name, value)}, model {model}")
    return found


def replay(path: str | Path) -> Report:
    """Replay a trace file and return what was found."""
    rows = lines(path)
    report = Report(str(path))
    scenario, before, at, pe = -1, None, 0, None
    for at, row in enumerate(rows, 1):
        # Only what is wrong with the file is a `TraceError`; a mistake in the model is its own.
        try:
            if pe is None:
                pe = pe_of(_header(row))
                continue
            if "scenario" in row:
                scenario, before = row["scenario"], _start(pe, row)
                continue
            if before is None:
                raise TraceError("an access before the first scenario")
            want = _checked(before, row)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise TraceError(f"{path}: line {at}: {_why(error)}") from None
        try:
            _judge(report, pe, scenario, before, row, want)
        except NotModelled as error:
            raise TraceError(f"{path}: line {at}: {error}") from None
        before = want.state
    if not report.rows:
        raise TraceError(f"{path}: no accesses after line {at}")
    return report


def _header(row: dict) -> dict:
    if not isinstance(row.get("ids"), dict) or not isinstance(row.get("counters"), int):
        raise TraceError("a trace begins with a header, a row with 'ids' and 'counters'")
    return row


def _start(pe: Pe, row: dict) -> dict:
    """Return the state that a scenario starts from, and try it on the PE."""
    state = numbers(row["st"])
    pe.load_state({k: v or 0 for k, v in state.items()})
    pe.pmu.cells["HCR_EL2"] = number(row["hcr"])
    return state


def _checked(before: dict, row: dict) -> Outcome:
    """Return what a row says that happens; raise where it says nothing that can be done."""
    if row["op"] not in OPERATIONS:
        raise TraceError(f"no operation {row['op']}; there are {' '.join(OPERATIONS)}")
    if row["el"] not in (0, 1, 2):
        raise TraceError(f"no exception level {row['el']!r}; there are 0 1 2")
    for key in OPERATIONS[row["op"]]:
        if key == "reg":
            reg(row[key])
        elif number(row[key]) < 0:
            raise TraceError(f"{key} is {row[key]}; possible is 0 and up")
    for tag in row.get("not_arch", ()):
        if tag not in deviations.SENTENCES:
            known = " ".join(sorted(deviations.SENTENCES))
            raise TraceError(f"no tag {tag}; known are {known}")
    for name in row["st"]:
        if name not in before:
            raise TraceError(f"no {name} in the state of the scenario")
    return expected(before, row)


def _why(error: Exception) -> str:
    """Say what is wrong with a row: a `KeyError` may hold a sentence or just the key."""
    word = str(error.args[0])
    if isinstance(error, KeyError) and " " not in word:
        return f"{word!r} is missing or unknown"
    return word


def _judge(report: Report, pe: Pe, scenario: int, before: dict, row: dict, want: Outcome) -> None:
    got = perform(pe, before, row)
    report.rows += 1
    tags = row.get("not_arch", ())
    if not tags:
        report.compared += 1
        differences = compare(want, got, row)
        if differences:
            report.mismatches.append(Mismatch(scenario, row, differences))
    for tag in tags:
        report.tagged[tag] += 1
        if deviations.as_architecture(tag, pe, before, row, want, got):
            report.as_architecture[tag] += 1
        else:
            found = [f"tag {tag}: {deviations.SENTENCES[tag]}", *compare(want, got, row)]
            report.refused.append(Mismatch(scenario, row, found))
