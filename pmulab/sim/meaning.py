"""What an accusation means: one plain sentence, the law's own, and what the two values are.

Not modelled: why it came to that; `pmulab.explain` tells the history.
"""

from pmulab.hw.sysreg import Rule
from pmulab.hw.sysregs import REGS
from pmulab.sim.accusation import NUMBER, Accusation
from pmulab.sim.laws import LAWS
from pmulab.sim.phrases import holds, named
from pmulab.sim.private import TRAP_EL1, UNDEFINED, Outcome

PRIVATE = "entitled: what the guest would have if it had done the same on a PMU of its own"
# What the two values of an accusation are, for who has not met them yet.
MEANING = {
    **dict.fromkeys(("own_counts", "own_flags", "own_reads", "irq_level"), PRIVATE),
    "irq_delivered": "1: the interrupt is in a list register, pending, and the guest will take it",
    "irq_handled": "1: a flag that raised the line is still set, so the interrupt never ends",
    "host_untouched": "what an event of the host has counted or is set to, and what is due to it",
    "quiet_when_put": "put clears the bits of guest_counter_mask: these are still set",
    "gets_on": "instructions of the guest since it was first entered at this place and time",
    "host_gets_back": "how many events of the host have a counter, and how many could",
}
# What is wrong, in the words of the lesson: where there is too much, and where there is too little.
BOTH_WAYS = {
    "irq_level": (
        "{who}'s line ({subject}) is high, and none of {who}'s flags raises it any more.",
        "{who}'s interrupt is due, and its line ({subject}) is low.",
    ),
    "irq_delivered": (
        "An interrupt waits in {who}'s list registers that is not due, or is being handled.",
        "{who}'s interrupt is due, and no list register has it: the guest cannot take it.",
    ),
}
PLAIN = {
    "own_counts": "{who}'s {thing} holds {yours}; for what {who} did it has to be {entitled}.",
    "own_flags": "{who} has {yours}; it has to have {entitled}.",
    "own_reads": "{who} reads {subject} and gets {yours}; on a PMU of its own it gets {entitled}.",
    "own_reads.write": "{who} {does} {subject} and takes {yours}; "
    "on a PMU of its own it takes {entitled}.",
    "own_range": "{who}'s EL2 has left {subject} at {entitled}; now it is {yours}.",
    "own_level": "{who}, {subject}: {yours}; on a PMU of its own: {entitled}.",
    "own_interrupts": "{who}'s GIC signals {yours}; one of its own would signal {entitled}.",
    "own_interrupts.read": "{who} reads {subject} and gets {yours}; "
    "of a GIC of its own it would get {entitled}.",
    "irq_handled": "The host has handled the PMU's interrupt, and its line is still high.",
    "host_untouched": "The host's {thing}: {yours}, where {entitled} is due.",
    "host_untouched.count": "The host's {thing} has counted {yours}; {entitled} is due.",
    "host_samples": "The host's {thing}: {yours}, where {entitled} is due.",
    "host_samples.count": "The host's {thing}: its next sample is {yours} away; {entitled} is due.",
    "quiet_when_put": "No guest is loaded, and {subject} still has {yours}.",
    "host_controls": "No guest is loaded, and {subject} has {yours}; the host had {entitled}.",
    "gets_on": "{who} is entered again and again, and runs no instruction.",
    "host_gets_back": "Of the host's events {yours} run, and {entitled} could: a counter is free.",
    "wakes_up": "{who} sleeps on, and an interrupt is due that it can take.",
    "host_survives": "The host itself takes an exception: {subject}.",
}
# What stands around such a sentence.
FRAME = {"law": "The law {law} is broken."}


def plain(accusation: Accusation) -> str:
    """Say what is wrong in one sentence, in the words of the lessons."""
    law, who, subject = accusation[:3]
    yours, entitled = both(accusation)
    if law == "own_flags":
        yours = _flags(accusation.yours, "no overflow flag", "the overflow flag", "overflow flags")
        entitled = _flags(accusation.entitled, "none", "that", "those")
    if accusation.case:
        return f"Where {accusation.case}: {subject}: yours {yours}, due {entitled}."
    counted = f"{law}.count" if isinstance(accusation.yours, int) else law
    # Of an access that ends in an exception either way it is not known which it was.
    does = "writes" if None in accusation[3:5] else "uses"
    if law == "own_reads" and not any(isinstance(v, int) for v in accusation[3:5]):
        counted = "own_reads.write"
    if law == "own_interrupts" and subject in REGS:
        counted = "own_interrupts.read"
    of_the_host = who == "host" and subject not in REGS
    thing = f"event {subject}" if of_the_host else named(subject)
    more = str(accusation.yours) > str(accusation.entitled)
    sentence = (
        PLAIN.get(counted) or PLAIN.get(law) or BOTH_WAYS.get(law, ("", ""))[0 if more else 1]
    )
    said = {"who": who, "subject": subject, "thing": thing, "does": does}
    return sentence.format(**said, yours=yours, entitled=entitled)


def both(accusation: Accusation) -> tuple[str, str]:
    """Say the two values in one base: a count in decimal, of a register the fields that differ."""
    return _value(accusation, accusation.yours), _value(accusation, accusation.entitled)


def _value(accusation: Accusation, value: Outcome) -> str:
    row = REGS.get(accusation.subject)
    if not isinstance(value, int):
        none = "no exception" if accusation.law == "own_reads" else "nothing"
        return OUTCOMES.get(value or "", str(value or none))
    if accusation.unit == NUMBER or row is None or row.rule is Rule.COUNTER:
        # A count that has gone below 0, or has more than 32 bits, is read by its bits.
        wide = value >> 32 or (accusation.case and value > 9)
        return hex(value) if wide else str(value)
    yours, due = accusation.yours, accusation.entitled
    if row.rule in (Rule.SET, Rule.CLR) or not (isinstance(yours, int) and isinstance(due, int)):
        return holds(row, value)
    differ = [field.name for field in row.fields if field.mask & (yours ^ due)]
    return ", ".join(f"{name} {row.get(value, name):#x}" for name in differ) or hex(value)


def _flags(value: Outcome, none: str, one: str, many: str) -> str:
    """Say whose overflow flags are set."""
    if not isinstance(value, int) or not value:
        return none
    return f"{many if value & value - 1 else one} of {holds(REGS['PMOVSSET_EL0'], value)}"


OUTCOMES = {UNDEFINED: "an UNDEFINED exception", TRAP_EL1: "a trap to its own kernel (EL1)"}


def explained(accusation: Accusation) -> list[str]:
    """Explain: the law, its sentence, whose register, the two values and what they mean."""
    about = LAWS.get(accusation.law, "").splitlines()[:1]
    meaning = MEANING.get(accusation.law, "")
    if accusation.law == "host_untouched" and accusation.yours == 1 and accusation.entitled == 0:
        meaning += "; in a counter of one bit -1 is 0x1"
    if accusation.case:
        return _of_a_table(accusation)
    return [
        FRAME["law"].format(law=accusation.law),
        f"  {plain(accusation)}",
        *(f"  {line}" for line in about),
        f"  {accusation.who}, {accusation.values()}",
        *([f"  ({meaning})"] if meaning else []),
    ]


def _of_a_table(accusation: Accusation) -> list[str]:
    yours, entitled = (
        hex(v) if isinstance(v, int) else v for v in (accusation.yours, accusation.entitled)
    )
    return [
        f"A case of {accusation.law.partition('.')[0]} comes out wrong.",
        f"  {accusation.subject},",
        f"  where {accusation.case}:",
        f"  yours     {yours}",
        f"  entitled  {entitled}",
    ]
