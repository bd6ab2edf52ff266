"""The command `python -m pmulab kernel`: functions of a posting, judged as hooks.

Not modelled: sending the page.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pmulab.commands import NOT_FINISHED, RIGHT, WRONG
from pmulab.lab.posting.functions import Texts
from pmulab.lab.posting.judging import judged
from pmulab.lab.posting.page import as_data, page
from pmulab.lab.posting.texts import texts_of
from pmulab.lab.submission.load import InputError
from pmulab.native import build
from pmulab.native.posted import KNOWN


def cmd_kernel(args: Any) -> int:
    """Judge a posting's functions; 1 where a law breaks or one does not compile."""
    if why := build.missing():
        raise InputError(why)
    texts = Texts(texts_of(args.paths))
    if args.shim and not Path(args.shim).is_file():
        raise InputError(f"{args.shim}: no such file")
    shim = Path(args.shim).read_text(encoding="utf-8", errors="replace") if args.shim else ""
    found = judged(texts, shim, lambda name: print(f"trying {name}", file=sys.stderr, flush=True))
    if args.json:
        print(json.dumps(as_data(found), indent=1))
    else:
        print(page(found, texts, tuple(KNOWN)))
    if found.wrong:
        return WRONG
    return NOT_FINISHED if found.unfinished else RIGHT


def add_kernel(commands: Any) -> None:
    """Add the command to the argument parser."""
    about = "judge functions of a C file, a patch series (mbox) or a kernel tree"
    sub = commands.add_parser("kernel", help=about)
    sub.add_argument("paths", nargs="+", metavar="PATH")
    sub.add_argument("--shim", metavar="FILE.h", help="what the text needs and the lab has not")
    sub.add_argument("--json", action="store_true")
    sub.set_defaults(run=cmd_kernel)
