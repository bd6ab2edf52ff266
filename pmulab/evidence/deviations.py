"""Where a recorded trace is not the architecture, and what the architecture says there instead.

Each tag of a trace has a sentence and, unless the outcome is open, a predicate over the state
before, the row, what the trace recorded (`want`) and what the model did (`got`). The predicates
are written over register values, apart from the model's own code, so that they can disagree.

Not modelled: UNKNOWN results; an open outcome is accepted whatever it is.
"""

SETS = ("PMCNTENSET_EL0", "PMINTENSET_EL1", "PMOVSSET_EL0")
GROUPS = {name.replace("SET", way): name for name in SETS for way in ("SET", "CLR")}
TRAPPED = ("EC=0x18", 2)

OPEN = frozenset(
    "cu-hpmn cu-sel cu-index cu-hpmn-index cu-chain-split cu-chain-filter "
    "cu-chain-filter-strict cu-eoi cu-dir doc-preempt".split()
)


def _counters(pe):
    return range(pe.pmu.n_counters)


def _first(pe, state):
    return min(state["MDCR_EL2"] & 31, pe.pmu.n_counters)


def _low(pe, state):
    return (1 << _first(pe, state)) - 1 | 1 << 31


def hpmn_mask(pe, before, row, want, got):
    """Bits of counters at or above HPMN read as zero and ignore writes below EL2."""
    low = _low(pe, before)
    if row["op"] == "mrs":
        return got.res == want.res & low
    if row["reg"] == "PMSWINC_EL0":
        high = range(_first(pe, before), pe.pmu.n_counters)
        return all(got.state[f"PMEVCNTR{n}_EL0"] == before[f"PMEVCNTR{n}_EL0"] for n in high)
    name = GROUPS[row["reg"]]
    return got.state[name] == want.state[name] & low | before[name] & ~low


def hpmn_access(pe, before, row, want, got):
    """A counter at or above HPMN is not reached below EL2: an exception, zero, or nothing."""
    names = [f"PMEV{w}{n}_EL0" for w in ("CNTR", "TYPER") for n in _counters(pe)]
    untouched = all(got.state[n] == before[n] for n in names)
    return untouched and (got.exc in ("EC=0x0", "EC=0x18") or not got.res)


def hpmn_p(pe, before, row, want, got):
    """PMCR_EL0.P written below EL2 zeroes the first range and leaves the second."""
    if trapped(pe, before, row, want, got):
        return True
    first = _first(pe, before)
    return all(
        got.state[f"PMEVCNTR{n}_EL0"] == (0 if n < first else before[f"PMEVCNTR{n}_EL0"])
        for n in _counters(pe)
    )


def irq_line(pe, before, row, want, got):
    """PMUIRQ follows flags, enables and both global enables, at once."""
    state, low = got.state, _low(pe, got.state)
    all_bits = (1 << pe.pmu.n_counters) - 1 | 1 << 31
    enabled = low if state["PMCR_EL0"] & 1 else 0
    enabled |= all_bits & ~low if state["MDCR_EL2"] & 0x80 else 0
    return state["irq"]["pmu"] == bool(state["PMINTENSET_EL1"] & state["PMOVSSET_EL0"] & enabled)


def trapped(pe, before, row, want, got):
    """The access traps to EL2, unless a selector out of range made it UNDEFINED before that."""
    undefined = got.exc == "EC=0x0" and "cu-sel" in row["not_arch"]
    return (got.exc, got.to) == TRAPPED or undefined


def gap_chain(pe, before, row, want, got):
    """An odd counter with CHAIN counts the overflow of the even one below it."""
    flagged = got.state["PMOVSSET_EL0"] & ~before["PMOVSSET_EL0"]
    for n in range(0, pe.pmu.n_counters - 1, 2):
        odd = f"PMEVCNTR{n + 1}_EL0"
        chained = before[f"PMEVTYPER{n + 1}_EL0"] & 0xFFFF == 0x1E and flagged >> n & 1
        split = n + 1 == _first(pe, before)
        moved = got.state[odd] != before[odd]
        if chained and moved != (pe.pmu.counts(n + 1, row["el"]) and not split):
            return False
    return True


def vgrp0d(pe, before, row, want, got):
    """MISR.VGrp0D looks at VENG0."""
    asked, enabled = got.state["ICH_HCR_EL2"] >> 5 & 1, got.state["ICH_VMCR_EL2"] & 1
    return got.state["ICH_MISR_EL2"] >> 5 & 1 == (asked & ~enabled)


def vpmr(pe, before, row, want, got):
    """The priority mask has only the implemented bits, so 2:0 mask nothing."""
    return not got.state["ICH_VMCR_EL2"] >> 24 & 7


def apr_high(pe, before, row, want, got):
    """The active priority registers have 32 bits."""
    return not any(got.state[f"ICH_AP{g}R0_EL2"] >> 32 for g in (0, 1))


def eoicount(pe, before, row, want, got):
    """Only a write that would have deactivated counts: EOIR in EOImode 0, DIR in EOImode 1."""
    return got.state["ICH_HCR_EL2"] >> 27 == before["ICH_HCR_EL2"] >> 27


PREDICATES = {
    "hpmn-mask": hpmn_mask,
    "hpmn-access": hpmn_access,
    "hpmn-P": hpmn_p,
    "irq-line": irq_line,
    "tpmcr": trapped,
    "tpm-bypass": trapped,
    "gap-chain": gap_chain,
    "vgrp0d": vgrp0d,
    "vpmr": vpmr,
    "apr-high": apr_high,
    "eoicount-mode1": eoicount,
}
SENTENCES = {tag: f.__doc__ for tag, f in PREDICATES.items()} | dict.fromkeys(
    OPEN, "The architecture allows several outcomes."
)


def as_architecture(tag, pe, before, row, want, got) -> bool:
    """Tell whether the model answers a tagged row as the architecture says."""
    if tag in OPEN:
        return True
    if tag not in PREDICATES:
        raise ValueError(f"no tag {tag}; known are {' '.join(sorted(SENTENCES))}")
    return PREDICATES[tag](pe, before, row, want, got)
