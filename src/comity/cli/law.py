"""The law as this installation holds it: check its files, show an article or a paragraph."""

import argparse
import difflib
import json
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path

from comity.base.errors import UserError
from comity.treaty import library
from comity.treaty.terms import (
    Article,
    Instrument,
    Law,
    Offence,
    Paragraph,
    Trust,
    article_number,
    count_by_trust,
    split_basis,
)

_TRUST_IN_WORDS = {
    Trust.CHECKED: "checked against an authentic text",
    Trust.PARALLEL: "parallel: numbering from memory, check against the authentic text",
    Trust.MEMORY: "memory: unconfirmed, check against the authentic text",
}
_SPOKEN = "en"
_NARROWEST = 40


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``check`` and ``show``."""
    checking = verbs.add_parser("check", help="read every file of the law and name each fault")
    checking.add_argument(
        "dir", nargs="?", type=Path, metavar="DIR", help="the folder; else the installed law"
    )
    showing = verbs.add_parser("show", help="show an article or a paragraph with its trust marks")
    showing.add_argument("ref", metavar="REF", help="such as 42, 42.3 or 42.3(a)")
    for verb, deed in ((checking, check), (showing, show)):
        verb.add_argument("--json", action="store_true", help="write the same facts as JSON")
        verb.set_defaults(deed=deed)


def check(arguments: argparse.Namespace) -> int:
    """Say that the law has no fault and how far it may be trusted, or name every fault."""
    folder: Path = arguments.dir or library.find_law()
    read = library.survey(folder)
    if isinstance(read, Law):
        counts = _counts(read)
        if arguments.json:
            _print_json({**counts, "folder": str(folder), "faults": []})
        else:
            print(", ".join(f"{number} {what}" for what, number in counts.items()) + ": no fault")
        return 0
    if arguments.json:
        _print_json({"folder": str(folder), "faults": [fault.as_fields() for fault in read]})
    else:
        print("\n".join(f"{folder.as_posix()}/{fault.in_words()}" for fault in read))
    return 1


def show(arguments: argparse.Namespace) -> int:
    """Show what an article or a paragraph says in our own words, and how far to trust it."""
    law = library.load()
    basis: str = arguments.ref.strip()
    code, ref = split_basis(basis)
    instrument = law.instrument(code)
    if instrument is None:
        known = ", ".join(one.code for one in law.instruments)
        raise UserError(f"there is no instrument {code!r}", advice=f"The instruments are: {known}.")
    article, paragraphs = instrument.article(ref), instrument.under(ref)
    if article is None or not paragraphs:
        raise _unknown(instrument, article, ref)
    if arguments.json:
        _print_json(_fields(instrument, article, paragraphs))
    else:
        print("\n".join(_page(instrument, article, paragraphs)))
    return 0


def _counts(law: Law) -> dict[str, int]:
    articles = [article for instrument in law.instruments for article in instrument.articles]
    paragraphs = [paragraph for article in articles for paragraph in article.paragraphs]
    marks = {mark.value: number for mark, number in count_by_trust(paragraphs).items()}
    return {"articles": len(articles), "paragraphs": len(paragraphs), **marks}


def _unknown(instrument: Instrument, article: Article | None, ref: str) -> UserError:
    name = instrument.short_names[0].in_language(_SPOKEN)
    number = article_number(ref)
    last = instrument.article_count
    if number is None:
        return UserError(
            f"{ref!r} is no place in the {name}",
            advice=f"Write an article, 1 to {last}, or a paragraph: 42, 42.3 or 42.3(a).",
        )
    if article is None:
        return UserError(
            f"the {name} has no article {number}",
            advice=f"Its articles are 1 to {last}; the nearest is {last}.",
        )
    refs = [one.ref for one in article.paragraphs]
    nearest = difflib.get_close_matches(ref, refs, n=1, cutoff=0)[0]
    return UserError(
        f"article {number} of the {name} has no {ref!r}",
        advice=f"The nearest is {nearest}. It has: {', '.join(refs)}.",
    )


def _fields(instrument: Instrument, article: Article, paragraphs: tuple[Paragraph, ...]) -> dict[str, object]:
    chapter = instrument.chapter_of(article.number)
    listed = [{**one.as_fields(), "trust_in_words": _TRUST_IN_WORDS[one.trust]} for one in paragraphs]
    return {
        **article.as_fields(),
        "chapter_title": chapter.title.as_fields() if chapter else None,
        "instrument_title": instrument.title.as_fields(),
        "instrument_short_name": instrument.short_names[0].as_fields(),
        "resolution": instrument.resolution,
        "in_force": instrument.in_force,
        "in_force_note": instrument.in_force_note.as_fields(),
        "licence_note": instrument.licence_note.as_fields(),
        "paragraphs": listed,
    }


def _page(instrument: Instrument, article: Article, paragraphs: tuple[Paragraph, ...]) -> Iterator[str]:
    chapter = instrument.chapter_of(article.number)
    name = instrument.short_names[0].in_language(_SPOKEN)
    within = f", chapter {chapter.number}: {chapter.title.in_language(_SPOKEN)}" if chapter else ""
    yield from _wrapped(f"Article {article.number}. {article.title.in_language(_SPOKEN)}")
    yield from _wrapped(f"{name}, {instrument.resolution}{within}")
    yield from _wrapped(instrument.licence_note.in_language(_SPOKEN))
    yield from _wrapped(instrument.in_force_note.in_language(_SPOKEN))
    yield ""
    yield from _wrapped(article.summary.in_language(_SPOKEN))
    yield ""
    yield from _wrapped(f"Kind: {_spaced(article.kind)}. Confidence: {article.confidence}.")
    yield from _wrapped(f"Weakest trust mark in the article: [{_TRUST_IN_WORDS[article.weakest_trust]}]")
    yield from _wrapped(f"Reads so from {article.valid_from.isoformat()}.")
    yield from _wrapped(f"Source: {article.source}")
    yield from _wrapped(f"Derived from: {article.derived_from}")
    if article.offence is not None:
        yield from _offence_lines(article.offence)
    for paragraph in paragraphs:
        yield from _paragraph_lines(article, paragraph)


def _paragraph_lines(article: Article, paragraph: Paragraph) -> Iterator[str]:
    yield ""
    yield from _wrapped(f"{paragraph.ref}  {_spaced(paragraph.type)}, {_spaced(paragraph.force)}")
    yield from _wrapped(f"[{_TRUST_IN_WORDS[paragraph.trust]}]", 4)
    yield from _wrapped(paragraph.text.in_language(_SPOKEN), 4)
    if paragraph.source != article.source:
        yield from _wrapped(f"Source: {paragraph.source}", 4)
    if paragraph.tags:
        yield from _wrapped(f"Tags: {', '.join(_spaced(tag) for tag in paragraph.tags)}", 4)


def _offence_lines(offence: Offence) -> Iterator[str]:
    conduct = "; ".join(one.in_language(_SPOKEN) for one in offence.conduct)
    yield ""
    yield from _wrapped(f"Offence {offence.code}")
    yield from _wrapped(f"Conduct: {conduct}", 4)
    yield from _wrapped(f"Object: {offence.target.in_language(_SPOKEN)}", 4)
    yield from _wrapped(f"Mental element: {offence.mental_element.in_language(_SPOKEN)}", 4)
    yield from _wrapped(f"Without right: {'required' if offence.without_right else 'not an element'}", 4)
    if offence.result is not None:
        yield from _wrapped(f"Result: {offence.result.in_language(_SPOKEN)}", 4)
    for word, choices in (("Option", offence.options), ("Exclusion", offence.exclusions)):
        for choice in choices:
            yield from _wrapped(f"{word} {choice.ref} {choice.code}: {choice.text.in_language(_SPOKEN)}", 4)


def _wrapped(text: str, indent: int = 0) -> list[str]:
    width = max(_NARROWEST, shutil.get_terminal_size().columns)
    blank = " " * indent
    return textwrap.wrap(
        text,
        width,
        initial_indent=blank,
        subsequent_indent=blank,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _spaced(value: str) -> str:
    return value.replace("_", " ")


def _print_json(fields: dict[str, object]) -> None:
    print(json.dumps(fields, ensure_ascii=False, indent=2))
