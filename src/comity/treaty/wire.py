"""Law files to terms: an article or an instrument as a value, or the whole list of faults.

A file of the law is corrected by lawyers, so every fault is found in one reading and says at which line it
stands and what to write. How strict the YAML is, ``comity.treaty.strict_yaml`` says.
"""

import re
from datetime import date

import yaml

from comity.treaty.strict_yaml import Faults, Fields, Sheet, one_of, shown
from comity.treaty.terms import (
    Article,
    ArticleKind,
    Chapter,
    Choice,
    Confidence,
    Force,
    GroupConfidence,
    Instrument,
    Language,
    Offence,
    Paragraph,
    ParagraphType,
    Trust,
    TrustMeaning,
    Words,
    is_within,
)

ARTICLE_SCHEMA = "comity-law/article/1"
INSTRUMENT_SCHEMA = "comity-law/instrument/1"

_REF = re.compile(r"([1-9][0-9]{0,2})(\.[1-9][0-9]*)?(\([a-z]{1,5}\))*( chapeau)?")
_TAG = re.compile(r"[a-z][a-z0-9_]*")
_CODE = re.compile(r"[A-Z][A-Z0-9_]*")

_ARTICLE_KEYS = (
    *("schema", "instrument", "article", "title", "chapter", "kind", "confidence"),
    *("from", "source", "derived_from", "summary", "paragraphs"),
)
_PARAGRAPH_KEYS = ("ref", "type", "force", "trust", "tags", "text")
_OFFENCE_KEYS = ("code", "conduct", "object", "mental_element", "without_right")
_CHOICE_KEYS = ("ref", "code", "text")
_INSTRUMENT_KEYS = (
    *("schema", "instrument", "title", "short_names", "resolution", "treaty_collection"),
    *("adopted", "opened_for_signature", "signature_closes", "in_force", "in_force_note"),
    *("authentic_languages", "articles", "digest_date", "licence_note", "companion_texts"),
    *("trust_marks", "confidence_by_group", "chapters"),
)


def read_article(
    raw: bytes, file: str, *, instrument: str, number: int, chapter: str | None = None
) -> Article | Faults:
    """An article's file as a value, or every fault in it.

    Args:
        raw: the bytes of the file.
        file: its name, as faults name it.
        instrument: the code of the instrument in whose folder it lies.
        number: the article that its name promises.
        chapter: the chapter in which the instrument puts the article, where that is known.
    """
    sheet = Sheet(file)
    fields = sheet.fields(sheet.document(raw), "the file", _ARTICLE_KEYS, ("offence",))
    sheet.expect(fields, schema=ARTICLE_SCHEMA, instrument=instrument, article=str(number))
    if chapter is not None:
        sheet.expect(fields, chapter=chapter)
    article = _article(sheet, fields, number)
    return sheet.all_faults() or article


def read_instrument(raw: bytes, file: str, *, instrument: str) -> Instrument | Faults:
    """An instrument's file as a value without its articles, or every fault in it."""
    sheet = Sheet(file)
    fields = sheet.fields(sheet.document(raw), "the file", _INSTRUMENT_KEYS)
    sheet.expect(fields, schema=INSTRUMENT_SCHEMA, instrument=instrument)
    read = _instrument(sheet, fields)
    _check_chapters(sheet, fields.get("chapters"), read)
    return sheet.all_faults() or read


def _article(sheet: Sheet, fields: Fields, number: int) -> Article:
    source = sheet.text(fields.get("source"), "source")
    paragraphs = sheet.each(
        fields.get("paragraphs"), "paragraphs", lambda node: _paragraph(sheet, node, number, source)
    )
    sheet.refuse_twice(fields.get("paragraphs"), "ref")
    refs = [one.ref for one in paragraphs]
    offence = fields.get("offence")
    return Article(
        instrument=sheet.text(fields.get("instrument"), "instrument"),
        number=sheet.number(fields.get("article"), "article"),
        title=sheet.words(fields.get("title"), "title"),
        chapter=sheet.text(fields.get("chapter"), "chapter"),
        kind=sheet.closed(fields.get("kind"), "kind", ArticleKind),
        confidence=sheet.closed(fields.get("confidence"), "confidence", Confidence),
        valid_from=sheet.day(fields.get("from"), "from"),
        source=source,
        derived_from=sheet.text(fields.get("derived_from"), "derived_from"),
        summary=sheet.words(fields.get("summary"), "summary"),
        offence=None if offence is None else _offence(sheet, offence, refs),
        paragraphs=paragraphs,
    )


def _paragraph(sheet: Sheet, node: yaml.Node, number: int, source: str) -> Paragraph:
    fields = sheet.fields(node, "a paragraph", _PARAGRAPH_KEYS, ("source",))
    ref = sheet.text(fields.get("ref"), "ref", _REF, f'"{number}.1" or "{number}.1(a)"')
    name = f"paragraph {ref}" if _REF.fullmatch(ref) else "a paragraph"
    if _REF.fullmatch(ref) and not is_within(ref, str(number)):
        sheet.blame(fields["ref"], f"ref {ref!r} is not in article {number}", f'begin it with "{number}"')
    own_source = sheet.text(fields.get("source"), f"{name}: source")
    tags = sheet.each(
        fields.get("tags"),
        f"{name}: tags",
        lambda one: sheet.text(one, f"{name}: a tag", _TAG, "dual_criminality"),
        least=0,
    )
    sheet.refuse_twice(fields.get("tags"))
    return Paragraph(
        ref=ref,
        type=sheet.closed(fields.get("type"), f"{name}: type", ParagraphType),
        force=sheet.closed(fields.get("force"), f"{name}: force", Force),
        trust=sheet.closed(fields.get("trust"), f"{name}: trust", Trust),
        source=own_source or source,
        tags=tags,
        text=sheet.words(fields.get("text"), f"{name}: text"),
    )


def _offence(sheet: Sheet, node: yaml.Node, refs: list[str]) -> Offence:
    fields = sheet.fields(node, "offence", _OFFENCE_KEYS, ("result", "options", "exclusions"))
    result = fields.get("result")

    def choices(key: str) -> tuple[Choice, ...]:
        return sheet.each(fields.get(key), key, lambda one: _choice(sheet, one, key, refs), least=0)

    return Offence(
        code=sheet.text(fields.get("code"), "offence: code", _CODE, "ILLEGAL_ACCESS"),
        conduct=sheet.each(fields.get("conduct"), "conduct", lambda one: sheet.words(one, "conduct")),
        target=sheet.words(fields.get("object"), "object"),
        mental_element=sheet.words(fields.get("mental_element"), "mental_element"),
        without_right=sheet.truth(fields.get("without_right"), "without_right"),
        result=None if result is None else sheet.words(result, "result"),
        options=choices("options"),
        exclusions=choices("exclusions"),
    )


def _choice(sheet: Sheet, node: yaml.Node, key: str, refs: list[str]) -> Choice:
    fields = sheet.fields(node, f"an entry of {key}", _CHOICE_KEYS)
    ref = sheet.text(fields.get("ref"), f"{key}: ref")
    if "ref" in fields and not any(is_within(one, ref) for one in refs):
        sheet.blame(
            fields["ref"], f"{key}: ref {shown(fields['ref'])} is no paragraph of the article", one_of(refs)
        )
    return Choice(
        ref=ref,
        code=sheet.text(fields.get("code"), f"{key}: code", _CODE, "SERIOUS_HARM"),
        text=sheet.words(fields.get("text"), f"{key}: text"),
    )


def _instrument(sheet: Sheet, fields: Fields) -> Instrument:
    def text(key: str) -> str:
        return sheet.text(fields.get(key), key)

    def words(key: str) -> Words:
        return sheet.words(fields.get(key), key)

    def day(key: str) -> date:
        return sheet.day(fields.get(key), key)

    return Instrument(
        code=text("instrument"),
        title=words("title"),
        short_names=sheet.each(
            fields.get("short_names"), "short_names", lambda one: sheet.words(one, "a short name")
        ),
        resolution=text("resolution"),
        treaty_collection=text("treaty_collection"),
        adopted=day("adopted"),
        opened_for_signature=day("opened_for_signature"),
        signature_closes=day("signature_closes"),
        in_force=sheet.truth(fields.get("in_force"), "in_force"),
        in_force_note=words("in_force_note"),
        authentic_languages=sheet.each(
            fields.get("authentic_languages"),
            "authentic_languages",
            lambda one: sheet.closed(one, "an authentic language", Language),
        ),
        article_count=sheet.number(fields.get("articles"), "articles"),
        digest_date=day("digest_date"),
        licence_note=words("licence_note"),
        companion_texts=words("companion_texts"),
        trust_marks=_trust_marks(sheet, fields.get("trust_marks")),
        confidence_by_group=sheet.each(
            fields.get("confidence_by_group"), "confidence_by_group", lambda one: _group(sheet, one)
        ),
        chapters=sheet.each(fields.get("chapters"), "chapters", lambda one: _chapter(sheet, one)),
    )


def _trust_marks(sheet: Sheet, node: yaml.Node | None) -> tuple[TrustMeaning, ...]:
    def one_mark(entry: yaml.Node) -> TrustMeaning:
        fields = sheet.fields(entry, "a trust mark", ("mark", "meaning"))
        mark = sheet.closed(fields.get("mark"), "mark", Trust)
        return TrustMeaning(mark, sheet.words(fields.get("meaning"), f"meaning of {mark.value}"))

    marks = sheet.each(node, "trust_marks", one_mark)
    sheet.refuse_twice(node, "mark")
    for mark in Trust:
        if node is not None and mark not in [one.mark for one in marks]:
            sheet.blame(node, f"trust_marks does not say what {mark.value!r} means", "add it")
    return marks


def _group(sheet: Sheet, node: yaml.Node) -> GroupConfidence:
    fields = sheet.fields(node, "a group", ("articles", "confidence", "basis"))
    return GroupConfidence(
        articles=sheet.each(fields.get("articles"), "articles", lambda one: sheet.span(one, "articles")),
        confidence=sheet.closed(fields.get("confidence"), "confidence", Confidence),
        basis=sheet.words(fields.get("basis"), "basis"),
    )


def _chapter(sheet: Sheet, node: yaml.Node) -> Chapter:
    fields = sheet.fields(node, "a chapter", ("number", "articles", "title"))
    first, last = sheet.span(fields.get("articles"), "articles")
    number = sheet.text(fields.get("number"), "number")
    return Chapter(number, sheet.words(fields.get("title"), "title"), first, last)


def _check_chapters(sheet: Sheet, node: yaml.Node | None, read: Instrument) -> None:
    if node is None or not read.chapters:
        return
    sheet.refuse_twice(node, "number")
    expected = 1
    for entry, chapter in zip(node.value, read.chapters, strict=True):
        if chapter.first != expected:
            sheet.blame(
                entry,
                f"chapter {chapter.number} begins at article {chapter.first}",
                f"begin it at {expected}",
            )
        expected = chapter.last + 1
    if expected != read.article_count + 1:
        sheet.blame(node, f"the chapters end at article {expected - 1}", f"end them at {read.article_count}")
