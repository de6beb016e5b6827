"""Reads the dated files of ``law/``: the one place that does, so that all others receive the law as a value.

The folder lies inside the installed package, or beside ``src/`` in the repository. Each folder in it is one
instrument: ``instrument.yaml`` and one file for each of its articles. Reading is all or nothing: a law with a
fault in it is not handed on.
"""

from dataclasses import replace
from functools import cache
from pathlib import Path

from comity.base.errors import UserError, WorldError
from comity.treaty.strict_yaml import Faults
from comity.treaty.terms import THE_CONVENTION, Article, Fault, Instrument, Law
from comity.treaty.wire import read_article, read_instrument

_HEAD = "instrument.yaml"
_ARTICLES = "articles"
_BESIDE = "README.md"
_PACKAGE = Path(__file__).resolve().parents[1]


def find_law() -> Path:
    """The folder of the law: inside the installed package first, else the repository's.

    Raises:
        UserError: there is neither.
    """
    places = (_PACKAGE / "law", _PACKAGE.parents[1] / "law")
    found = next((one for one in places if (one / THE_CONVENTION).is_dir()), None)
    if found is None:
        raise UserError("the law is not installed", advice=f"Put the folder law/ at {places[0]}.")
    return found


@cache
def load() -> Law:
    """The law that this installation carries, read once.

    Raises:
        UserError: it is not there, or has faults.
        WorldError: the disk refuses.
    """
    return load_from(find_law())


def load_from(folder: Path) -> Law:
    """The law of a folder.

    Raises:
        UserError: there is no such folder, or its files have faults.
        WorldError: the disk refuses.
    """
    law = survey(folder)
    if isinstance(law, Law):
        return law
    more = f" and {len(law) - 1} more" if len(law) > 1 else ""
    raise UserError(
        f"the law in {folder} has faults: {law[0].in_words()}{more}",
        advice="Run `comity law check` with that folder and correct what it names.",
    )


def survey(folder: Path) -> Law | Faults:
    """The law of a folder, or every fault in its files, in the order of the files.

    Raises:
        UserError: there is no such folder.
        WorldError: the disk refuses.
    """
    if not folder.is_dir():
        raise UserError(
            f"there is no folder {folder}", advice="Name a folder that holds hanoi/ and its files."
        )
    try:
        return _survey(folder)
    except OSError as problem:
        raise WorldError(
            f"the law in {folder} cannot be read: {problem.strerror}",
            advice="Check the rights on the folder.",
        ) from problem


def _survey(folder: Path) -> Law | Faults:
    instruments: list[Instrument] = []
    faults: list[Fault] = []
    codes = [THE_CONVENTION]
    for entry in _entries(folder):
        if entry.is_dir() and entry.name != THE_CONVENTION:
            codes.append(entry.name)
        elif not entry.is_dir() and entry.name != _BESIDE:
            faults.append(_stray(folder, entry, f"keep only {_BESIDE} and one folder for each instrument"))
    for code in codes:
        read = _instrument(folder, code)
        if isinstance(read, Instrument):
            instruments.append(read)
        else:
            faults += read
    return tuple(faults) or Law(tuple(instruments))


def _instrument(folder: Path, code: str) -> Instrument | Faults:
    home = folder / code
    head_file = home / _HEAD
    faults = [
        _stray(folder, entry, f"keep only {_HEAD} and the folder {_ARTICLES}")
        for entry in _entries(home)
        if entry.name not in {_HEAD, _ARTICLES}
    ]
    if not head_file.is_file():
        return (*faults, Fault(_named(folder, head_file), 1, "the file is missing", "write the instrument"))
    head = read_instrument(head_file.read_bytes(), _named(folder, head_file), instrument=code)
    if not isinstance(head, Instrument):
        return (*faults, *head)
    articles: list[Article] = []
    wanted = {f"{number:02}.yaml": number for number in range(1, head.article_count + 1)}
    faults += [
        _stray(folder, entry, f"keep only 01.yaml to {head.article_count:02}.yaml")
        for entry in _entries(home / _ARTICLES)
        if entry.name not in wanted
    ]
    for name, number in wanted.items():
        read = _article(folder, home / _ARTICLES / name, head, number)
        if isinstance(read, Article):
            articles.append(read)
        else:
            faults += read
    return tuple(faults) or replace(head, articles=tuple(articles))


def _article(folder: Path, file: Path, head: Instrument, number: int) -> Article | Faults:
    named = _named(folder, file)
    if not file.is_file():
        return (Fault(named, 1, "the file is missing", f"write article {number}"),)
    chapter = head.chapter_of(number)
    return read_article(
        file.read_bytes(),
        named,
        instrument=head.code,
        number=number,
        chapter=chapter.number if chapter else None,
    )


def _entries(folder: Path) -> list[Path]:
    """What lies in a folder, by name, without what the machine hides there."""
    if not folder.is_dir():
        return []
    return sorted((one for one in folder.iterdir() if not one.name.startswith(".")), key=lambda one: one.name)


def _stray(folder: Path, entry: Path, write: str) -> Fault:
    return Fault(_named(folder, entry), 1, "no file of the law", write)


def _named(folder: Path, file: Path) -> str:
    """A file as faults name it: from the law's folder on, with ``/``, and printable on any machine."""
    return file.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode("utf-8")
