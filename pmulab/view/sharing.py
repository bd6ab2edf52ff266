"""A trace and a position as one short text, to paste into a mail or keep in a file.

The text is versioned and carries a checksum, so a cut or newer one is refused with the reason.

Does not show: anything; it opens again in any view.
"""

import base64
import json
import zlib
from typing import NamedTuple

from pmulab.sim.trace import Trace, TraceFileError

PREFIX, FORMAT = "pmulab", 1
# A few hundred bytes can unpack to gigabytes; no trace of the lab comes near this.
MOST_BYTES = 64 << 20


class ShareError(ValueError):
    """A shared text that cannot be opened, and why."""


class Shared(NamedTuple):
    """A trace and a position in it: `player(*open_shared(text))` opens both."""

    trace: Trace
    at: int


def share(trace: Trace, at: int = 0) -> str:
    """Write a trace and a position as one line of text."""
    trace.snapshot(at)
    plain = json.dumps({"at": at, "trace": trace.as_dict()}, separators=(",", ":")).encode()
    packed = base64.urlsafe_b64encode(zlib.compress(plain, 9)).decode().rstrip("=")
    return f"{PREFIX}:{FORMAT}:{_sum(packed)}:{packed}"


def open_shared(text: str) -> Shared:
    """Open what `share` wrote; line breaks and spaces that a mail added do not matter."""
    prefix, *rest = "".join(str(text).split()).split(":")
    if prefix != PREFIX or len(rest) != 3:
        raise ShareError(
            f"not a shared position: it begins {prefix[:20]!r}, not {PREFIX}:{FORMAT}:"
        )
    version, checksum, packed = rest
    if version != f"{FORMAT}":
        newer = version.isdecimal() and int(version[:9]) > FORMAT
        advice = "update pmulab to open it" if newer else "it cannot be opened"
        raise ShareError(
            f"shared format {version[:9]}; this pmulab reads format {FORMAT}: {advice}"
        )
    if checksum != _sum(packed):
        raise ShareError("a part of the shared text is missing or changed: copy it again, whole")
    return _unpack(packed)


def _unpack(packed: str) -> Shared:
    try:
        raw = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(raw, MOST_BYTES)
        if unpacker.unconsumed_tail:
            raise ShareError(f"the shared trace is larger than {MOST_BYTES >> 20} MiB")
        data = json.loads(plain)
        trace, at = Trace.from_dict(data["trace"]), data["at"]
    except ShareError:
        raise
    except (KeyError, TypeError, json.JSONDecodeError):
        raise ShareError("the shared text holds no trace and position") from None
    except TraceFileError as error:
        raise ShareError(str(error)) from None
    except (ValueError, zlib.error, RecursionError):
        raise ShareError("the shared text is damaged: copy it again, whole") from None
    if type(at) is not int or not 0 <= at <= len(trace):
        raise ShareError(f"no step {at!r:.20}; this trace has steps 0 to {len(trace)}")
    return Shared(trace, at)


def _sum(packed: str) -> str:
    return f"{zlib.crc32(packed.encode()):08x}"
