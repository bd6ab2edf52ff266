"""The data: common architectural events, number, mnemonic, meaning.

Not modelled: microarchitectural and IMPLEMENTATION DEFINED events; what causes an event. An event
is a number that somebody retires.

Source: Arm DDI 0487, D14 "Required events"; Linux: include/linux/perf/arm_pmuv3.h.
"""

from typing import NamedTuple


class Event(NamedTuple):
    """A row of the event table."""

    number: int
    name: str
    meaning: str


SW_INCR, INST_RETIRED, CPU_CYCLES, CHAIN = 0x00, 0x08, 0x11, 0x1E

_TABLE = """
00 SW_INCR             a write of PMSWINC_EL0 with this counter's bit
01 L1I_CACHE_REFILL    L1 instruction cache filled from beyond it
02 L1I_TLB_REFILL      L1 instruction TLB filled
03 L1D_CACHE_REFILL    L1 data cache filled from beyond it
04 L1D_CACHE           L1 data cache access
05 L1D_TLB_REFILL      L1 data TLB filled
06 LD_RETIRED          load retired
07 ST_RETIRED          store retired
08 INST_RETIRED        instruction retired
09 EXC_TAKEN           exception taken
0A EXC_RETURN          exception return retired
0B CID_WRITE_RETIRED   write of CONTEXTIDR retired
0C PC_WRITE_RETIRED    software change of the PC retired
0D BR_IMMED_RETIRED    immediate branch retired
0E BR_RETURN_RETIRED   procedure return retired
10 BR_MIS_PRED         branch mispredicted or not predicted
11 CPU_CYCLES          processor cycle
12 BR_PRED             predictable branch
13 MEM_ACCESS          data memory access
14 L1I_CACHE           L1 instruction cache access
15 L1D_CACHE_WB        L1 data cache write-back
16 L2D_CACHE           L2 cache access
17 L2D_CACHE_REFILL    L2 cache filled from beyond it
18 L2D_CACHE_WB        L2 cache write-back
19 BUS_ACCESS          bus access
1A MEMORY_ERROR        local memory error
1B INST_SPEC           operation speculatively executed
1D BUS_CYCLES          bus cycle
1E CHAIN               32-bit overflow of the even counter below
21 BR_RETIRED          branch retired
22 BR_MIS_PRED_RETIRED mispredicted branch retired
23 STALL_FRONTEND      nothing issued: the frontend had nothing
24 STALL_BACKEND       nothing issued: the backend took nothing
2A L3D_CACHE_REFILL    L3 cache filled from beyond it
2B L3D_CACHE           L3 cache access
31 REMOTE_ACCESS       access to another socket or chip
32 LL_CACHE            last-level cache access
33 LL_CACHE_MISS       last-level cache miss
36 LL_CACHE_RD         last-level cache read
37 LL_CACHE_MISS_RD    last-level cache read miss
3A OP_RETIRED          micro-operation retired
3B OP_SPEC             micro-operation speculatively executed
3C STALL               nothing sent for execution in this cycle
"""

EVENTS: dict[int, Event] = {
    int(number, 16): Event(int(number, 16), name, meaning)
    for number, name, meaning in (line.split(maxsplit=2) for line in _TABLE.strip().splitlines())
}
BY_NAME: dict[str, Event] = {event.name: event for event in EVENTS.values()}


def number(event: int | str) -> int:
    """Return the number of a mnemonic, or of a number in text, which it may be already.

    `KeyError` for an unknown name, `ValueError` beyond 16 bits.
    """
    if isinstance(event, str) and event[:1].isdigit():
        event = int(event, 0)
    if isinstance(event, str):
        if event not in BY_NAME:
            raise KeyError(f"no event {event}; known are {' '.join(BY_NAME)}")
        return BY_NAME[event].number
    if not 0 <= event <= 0xFFFF:
        raise ValueError(f"event {event:#x} is outside 0x0000 to 0xffff")
    return event


def name(event: int) -> str:
    """Return the mnemonic of an event, or its number in hex."""
    return EVENTS[event].name if event in EVENTS else f"{event:#06x}"
