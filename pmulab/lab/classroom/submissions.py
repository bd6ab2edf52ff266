"""Submissions on a disk: a file, a zip, a learner's folder, or a folder of many of those.

Not modelled: a zip in a zip.
"""

from collections.abc import Iterable
from pathlib import Path

from pmulab.lab.classroom.parcel import SUFFIX, learner_of, members, newest
from pmulab.lab.classroom.participants import is_of_moodle, learner_in
from pmulab.lab.classroom.sheets import COURSE, KINDS, MOST, SKIPPED, TAKEN, Sheet, sheet_of

NOTHING = "no notebook, no file of Python and no zip was handed in"


def sheets(paths: Iterable[Path]) -> list[Sheet]:
    """Read submissions: a file is one, a folder of a learner's files one, a folder of those many.

    Raises `FileNotFoundError`, and `ValueError` for what is no submission. In a folder of many that
    is a remark, and the newest zip of a learner counts.
    """
    found: list[Sheet] = []
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"{path}: no such file")
        if path.is_dir():
            found += _in_folder(path)
        elif path.suffix not in TAKEN:
            raise ValueError(f"{path}: a submission is a file {' or '.join(TAKEN)}, or a folder")
        elif path.suffix == SUFFIX:
            found.append(sheet_of(learner_of(path), members(path, KINDS, MOST)))
        else:
            found.append(sheet_of(str(path), [path]))
    return found


def _in_folder(folder: Path) -> list[Sheet]:
    here = sorted(path for path in folder.iterdir() if not SKIPPED.search(path.name))
    folders = [path for path in here if path.is_dir() and _files(path, folder)]
    files = [path for path in here if path.is_file() and path.suffix in KINDS]
    zips = newest(path for path in here if path.is_file() and path.suffix == SUFFIX)
    if not folders and not files and not zips:
        raise ValueError(f"{folder}: no notebook, no file of Python and no zip in it")
    alone = is_of_moodle(folder.name) or all(COURSE.match(path.name) for path in files)
    if files and not folders and not zips and alone:
        return [sheet_of(learner_in(folder.name), files)]
    # Where there are learners' folders, one without an answer is a learner's, too.
    own = [path for path in here if path.is_dir()] if folders or zips else []
    made = [_of_folders(who, paths, folder) for who, paths in _by_learner(own).items()]
    made += [sheet_of(who, paths) for who, paths in _by_learner(files).items()]
    return made + [_of_zips(learner, paths) for learner, paths in zips.items()]


def _by_learner(paths: Iterable[Path]) -> dict[str, list[Path]]:
    """Sort folders or files by learner: Moodle may have several of one."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        name = path.name if path.is_dir() or is_of_moodle(path.name) else path.stem
        found.setdefault(learner_in(name), []).append(path)
    return found


def _of_folders(learner: str, paths: list[Path], above: Path) -> Sheet:
    files = [file for path in paths for file in _files(path, above)]
    sheet = sheet_of(learner, files)
    return sheet if files else sheet._replace(remarks=(NOTHING,))


def _of_zips(learner: str, paths: list[Path]) -> Sheet:
    sheet = sheet_of(learner, paths[:1])
    more = f"handed in {len(paths)} times; {paths[0].name} counts"
    return sheet._replace(remarks=(*sheet.remarks, *([more] if len(paths) > 1 else ())))


def _files(folder: Path, above: Path) -> list[Path]:
    """List a learner's files; a link that leads out of the folder is somebody else's file."""
    inside = above.resolve()
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in TAKEN
        and path.is_file()
        and path.resolve().is_relative_to(inside / folder.name)
        and not any(SKIPPED.search(part) for part in path.relative_to(folder).parts)
    ]
