"""The commands of a teacher: `class` writes copies, `update` renews them, `grade` marks answers.

Not modelled: a platform; the table of marks is for one.
"""

import json
import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pmulab.commands import one_of, status
from pmulab.lab.classroom import cluster, grading
from pmulab.lab.classroom.apart import demand, kept_out
from pmulab.lab.classroom.beliefs import beliefs, progress_in
from pmulab.lab.classroom.copies import EDITOR, KINDS, editor, make_copies
from pmulab.lab.classroom.exam import key, notebook, of_another
from pmulab.lab.classroom.folder import update, write
from pmulab.lab.classroom.gradebooks import grades_in, is_gradebook, joined
from pmulab.lab.classroom.kept import UNKEPT, Kept, kept_in
from pmulab.lab.classroom.marks import PLATFORMS, POINTS, Grade, table
from pmulab.lab.classroom.merge import Change
from pmulab.lab.classroom.page import page
from pmulab.lab.classroom.quizzes import answers_in, histories_in, with_tests
from pmulab.lab.classroom.sheets import Sheet, only_exams
from pmulab.lab.classroom.submissions import sheets
from pmulab.lab.classroom.updates import Updated, update_folder
from pmulab.lab.course.progress import Progress
from pmulab.lab.course.shipped import notebooks
from pmulab.lab.exercises.rows import GRADED
from pmulab.lab.submission.load import InputError


def cmd_class(args: Namespace) -> int:
    """Write the copies of the notebooks for a class; 1 where some were edited and are kept."""
    if args.exam:
        return cmd_exam(args)
    try:
        made = make_copies(args.dir, args.notebooks or notebooks())
    except ValueError as error:
        raise InputError(str(error)) from None
    files = made.files
    every = [name for names in files for name in names if name.endswith(".ipynb")]
    print(f"{len(every)} notebooks in {args.dir}: {', '.join(KINDS)}")
    print(f"{len(files.written)} files written, {len(files.same)} as they were")
    for name, changes in made.changes.items():
        if name in files.written:
            list_changes(Path(name).name, changes)
    for name in files.kept:
        n = len(made.changes.get(name, ()))
        cells = f" in {n} cell{'s' * (n != 1)}" if n else ""
        print(f"kept, for it was edited; this edition differs{cells}: {args.dir / name}")
    if files.kept:
        print("To take it: `class NEW` in another folder, then `update KEPT --from NEW/...`")
    return status(not files.kept)


def cmd_exam(args: Namespace) -> int:
    """Write an exam and its key for each seed; 1 where one was edited and is kept."""
    names = {f"exam/{EDITOR}": editor()}
    try:
        for seed in args.exam:
            names[f"exam/exam-{seed}.ipynb"] = json.dumps(notebook(seed), indent=1) + "\n"
            names[f"exam/key-{seed}.md"] = key(seed)
    except ValueError as error:
        raise InputError(str(error)) from None
    made = update(args.dir, names)
    print(f"{len(args.exam)} exams in {args.dir / 'exam'}, each with its key; keep the keys")
    for name in made.kept:
        print(f"kept, for it was edited: {args.dir / name}")
    return status(not made.kept)


def cmd_update(args: Namespace) -> int:
    """Take a new edition into a folder of notebooks; 1 where one could not be read."""
    return list_updates(update_folder(args.dir, args.there or notebooks()))


def list_updates(found: list[Updated]) -> int:
    """Print what became of each notebook; 1 where one could not be read."""
    for one in found:
        if one.error:
            print(f"{one.path.name}: left as it is: {one.error}")
        elif one.is_new:
            print(f"{one.path.name}: new")
        elif one.before:
            list_changes(one.path.name, one.changes)
            print(f"  as it was: {one.before.name}")
    same = sum(one == Updated(one.path) for one in found)
    print(f"{len(found)} notebooks, {same} as they were; no answer was changed")
    return status(not any(one.error for one in found))


def list_changes(name: str, changes: tuple[Change, ...]) -> None:
    """Print the cells that an edition changes."""
    print(f"{name}: {len(changes)} {'cell' if len(changes) == 1 else 'cells'}")
    for change in changes:
        print(f"  {change}")


def cmd_grade(args: Namespace) -> int:
    """Grade submissions, each answer apart and within limits."""
    chosen = [one_of("exercise", id, (*GRADED, *POINTS)) for id in args.exercise]
    lessons = {row.notebook for row in GRADED.values()}
    for lesson in (one_of("notebook", n.lstrip("0"), lessons) for n in args.notebook):
        chosen += [id for id, row in GRADED.items() if row.notebook == lesson]
    if args.exam and not chosen:
        chosen = [*POINTS]
    if args.dask and args.own:
        raise InputError("--with takes a folder of this machine; the workers of --dask have none")
    if args.platform != "plain" and not args.csv:
        raise InputError(f"--platform {args.platform} says who reads the table: say --csv FILE")
    try:
        handed_in = sheets(args.files)
        kept = kept_in(args.keep) if args.keep else UNKEPT
    except ValueError as error:
        raise InputError(str(error)) from None
    if args.exam:
        handed_in = [only_exams(sheet, args.exam) for sheet in handed_in]
    for n, sheet in enumerate(handed_in):
        said = filter(None, map(of_another, sheet.exams))
        handed_in[n] = sheet._replace(remarks=(*sheet.remarks, *said))
    grades = []
    answers, histories = {}, {}
    if args.self_tests:
        answers, histories = answers_in(args.files), histories_in(args.files)
    for grade in graded(args, handed_in, chosen, kept):
        if args.self_tests:
            grade = with_tests(grade, answers, histories)
        grades.append(grade)
        if not args.json:
            print(grade, flush=True)
    if args.csv:
        write(args.csv, table(grades, args.platform))
    if args.json:
        print(json.dumps([grade.as_dict() for grade in grades], indent=1))
    left = {mark.verdict for grade in grades for mark in grade.marks} - {"right"}
    return status(all(grade.full for grade in grades), left == {"not finished"})


def graded(
    args: Namespace, handed_in: Sequence[Sheet], chosen: Sequence[str], kept: Kept
) -> Iterator[Grade]:
    """Grade on this machine, or on a cluster; first say what the answers are kept from."""
    say = partial(print, "pmulab: answers run", file=sys.stderr)
    if args.dask is None:
        demand()
        say("with", kept_out())
        yield from grading.graded(handed_in, chosen, args.seconds, args.jobs, kept)
        return
    with cluster.connected(args.dask) as client:
        say(cluster.kept_out_there(client))
        yield from cluster.graded(client, handed_in, chosen, args.seconds, kept)


def cmd_report(args: Namespace) -> int:
    """Write the page of what a class believes."""
    grades: list[Grade] = []
    kept: list[Progress] = []
    remarks: list[str] = []
    for place in args.dir:
        more = gathered(args, place)
        grades, kept, remarks = grades + more[0], kept + more[1], remarks + more[2]
    found = beliefs(joined(grades), kept, args.anonymous)
    write(args.out, page(found, args.title))
    for remark in dict.fromkeys(remarks):
        print(f"note: {remark}")
    print(f"{args.out}: {found.learners} learners, {len(kept)} files of progress")
    return 0


def gathered(args: Namespace, place: Path) -> tuple[list[Grade], list[Progress], list[str]]:
    """Read marks that were made before, or judge what was handed in; and files of progress."""
    kept, remarks = progress_in(place)
    try:
        if is_gradebook(place):
            grades, more = grades_in(place)
            return grades, kept, [*remarks, *more]
        handed_in = sheets([place])
    except ValueError as error:
        if not kept:
            raise InputError(str(error)) from None
        handed_in = []
    for sheet in handed_in:
        # What is said of who answers something is in their grade.
        remarks += () if sheet.answers or sheet.whole else sheet.remarks
    handed_in = [sheet for sheet in handed_in if sheet.answers or sheet.whole]
    graded = grading.graded(handed_in, (), args.seconds, args.jobs) if handed_in else ()
    return [*graded], kept, remarks


def natural(text: str) -> int:
    """Read the seed of an exam: a number that a file's name may have."""
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise ArgumentTypeError(f"a seed is a number from 0 to 999999999, not {text}")
    return int(text)


def add_teaching(commands: Any) -> None:
    """Add the commands of a teacher to the argument parser."""
    sub = commands.add_parser("class", help="write copies for students, instructors, nbgrader")
    sub.add_argument("dir", metavar="DIR", type=Path, help="the folder to write to")
    ours = "in place of this pmulab's own"
    sub.add_argument("--notebooks", metavar="FOLDER", type=Path, help=ours)
    seeds = "instead, write an exam for each seed, and its key"
    sub.add_argument("--exam", type=natural, nargs="+", metavar="SEED", help=seeds)
    sub.set_defaults(run=cmd_class)
    sub = commands.add_parser("update", help="take a new edition of notebooks, keep answers")
    sub.add_argument("dir", metavar="HERE", type=Path, help="your folder, or one notebook")
    there = "the new edition: a class copy's `student`, say; this pmulab's own if it is not said"
    sub.add_argument("--from", dest="there", metavar="THERE", type=Path, help=there)
    sub.set_defaults(run=cmd_update)
    sub = commands.add_parser("grade", help="grade submissions, each apart and within limits")
    what, kinds = "a file, a learner's folder, or a folder of those", "FILE.py|.ipynb|.zip|DIR"
    sub.add_argument("files", nargs="+", type=Path, metavar=kinds, help=what)
    sub.add_argument("--exercise", action="append", default=[], metavar="ID")
    whole = "all exercises of a notebook, 04 say"
    sub.add_argument("--notebook", action="append", default=[], metavar="N", help=whole)
    sub.add_argument("--seconds", type=float, default=60, help="for each exercise")
    sub.add_argument("--jobs", type=int, default=1, metavar="N", help="so many at a time")
    seeds = "take no other exam than these"
    sub.add_argument("--exam", type=natural, nargs="+", metavar="SEED", help=seeds)
    sub.add_argument("--self-tests", action="store_true", help="a point for each right answer")
    sub.add_argument("--csv", type=Path, metavar="FILE", help="also write a table of points")
    sub.add_argument("--platform", choices=PLATFORMS, default="plain", help="who reads the table")
    sub.add_argument("--json", action="store_true")
    what = "write each mark there at once, and go on from those that are there"
    sub.add_argument("--keep", metavar="FILE.jsonl", type=Path, help=what)
    what = "a scheduler of dask.distributed, whose workers judge in place of this machine"
    sub.add_argument("--dask", metavar="ADDRESS", help=what)
    sub.set_defaults(run=cmd_grade)
    sub = commands.add_parser("report", help="write a page of what the class believes")
    what = "answers and files of progress; or marks: gradebook.db, --json or --csv of `grade`"
    sub.add_argument("dir", metavar="DIR|FILE", nargs="+", type=Path, help=what)
    sub.add_argument("--out", metavar="FILE", type=Path, default=Path("report.html"))
    sub.add_argument("--title", default="What the class believes")
    sub.add_argument("--anonymous", action="store_true", help="no names")
    sub.add_argument("--seconds", type=float, default=60, help="for each exercise")
    sub.add_argument("--jobs", type=int, default=1, metavar="N", help="so many at a time")
    sub.set_defaults(run=cmd_report)
