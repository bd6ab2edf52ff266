"""What an accusation means, in a few lines: the law's sentence, and what the two values are.

Not modelled: why it came to that; `pmulab.explain` tells the history.
"""

from pmulab.sim.accusation import Accusation
from pmulab.sim.laws import LAWS

PRIVATE = "entitled: what the guest would have if it had done the same on a PMU of its own"
# What the two values of an accusation are, for who has not met them yet.
MEANING = {
    **dict.fromkeys(("own_counts", "own_flags", "own_reads", "irq_level"), PRIVATE),
    "irq_delivered": "1: the interrupt is in a list register, pending, and the guest will take it",
    "irq_handled": "1: a flag that raised the line is still set, so the interrupt never ends",
    "host_untouched": "what an event of the host has counted or is set to, and what is due to it",
    "quiet_when_put": "put clears the bits of guest_counter_mask: these are still set",
    "gets_on": "instructions of the guest since it was first entered at this place and time",
    "host_gets_back": "how many events of the host have a counter while no guest is loaded",
}


def explained(accusation: Accusation) -> list[str]:
    """Explain: the law, its sentence, whose register, the two values and what they mean."""
    about = LAWS.get(accusation.law, "").splitlines()[:1]
    meaning = MEANING.get(accusation.law, "")
    if accusation.law == "host_untouched" and accusation.yours == 1 and accusation.entitled == 0:
        meaning += "; in a counter of one bit -1 is 0x1"
    if accusation.case:
        return _of_a_table(accusation)
    return [
        f"The law {accusation.law} is broken.",
        *(f"  {line}" for line in about),
        f"  {accusation.who}, {accusation.values()}",
        *([f"  ({meaning})"] if meaning else []),
    ]


def _of_a_table(accusation: Accusation) -> list[str]:
    yours, entitled = (
        hex(v) if isinstance(v, int) else v for v in (accusation.yours, accusation.entitled)
    )
    return [
        f"The law {accusation.law} is broken: a case of its table comes out wrong.",
        f"  {accusation.subject},",
        f"  where {accusation.case}:",
        f"  yours     {yours}",
        f"  entitled  {entitled}",
    ]
