"""The nouns of the law: instrument, chapter, article, paragraph, offence, and how far each may be trusted.

Values only, read by ``comity.treaty.wire`` from dated files and never changed. A reference is written as the
treaty writes it: ``42``, ``42.3``, ``42.3(a)``; the basis that code names puts the instrument in front:
``hanoi:42.3(a)``.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

THE_CONVENTION = "hanoi"
ALWAYS_SPOKEN = "en"

_ARTICLE_OF = re.compile(r"([1-9][0-9]{0,2})(?![0-9])")
_BELOW = (".", "(", " ")


class Trust(StrEnum):
    """How far a paragraph may be relied on, by what it was read against; the strongest mark comes first."""

    CHECKED = "checked"
    PARALLEL = "parallel"
    MEMORY = "memory"


class ParagraphType(StrEnum):
    """What a paragraph does."""

    OBLIGATION = "obligation"
    PERMISSION = "permission"
    CONDITION = "condition"
    GROUND_FOR_REFUSAL = "ground_for_refusal"
    REQUIRED_CONTENT = "required_content"
    TIME_LIMIT = "time_limit"
    DEFINITION = "definition"


class Force(StrEnum):
    """How strongly a paragraph binds."""

    SHALL = "shall"
    SHALL_ENDEAVOUR = "shall_endeavour"
    CONSIDER = "consider"
    MAY = "may"
    ENCOURAGED = "encouraged"
    DECLARATORY = "declaratory"


class ArticleKind(StrEnum):
    """What an article is about."""

    GENERAL = "general"
    SAFEGUARD = "safeguard"
    OFFENCE = "offence"
    JURISDICTION = "jurisdiction"
    PROCEDURAL_POWER = "procedural_power"
    ASSET_RECOVERY = "asset_recovery"
    COOPERATION = "cooperation"
    PREVENTION = "prevention"
    TECHNICAL_ASSISTANCE = "technical_assistance"
    MECHANISM = "mechanism"
    FINAL = "final"


class Confidence(StrEnum):
    """How sure the digest is of an article as a whole."""

    HIGH = "high"
    MEDIUM = "medium"
    MEDIUM_LOW = "medium-low"
    LOW = "low"


class Language(StrEnum):
    """The six languages of the United Nations, and Persian."""

    ARABIC = "ar"
    CHINESE = "zh"
    ENGLISH = "en"
    FRENCH = "fr"
    PERSIAN = "fa"
    RUSSIAN = "ru"
    SPANISH = "es"


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in the languages it exists in; English is always one of them."""

    spoken: tuple[tuple[str, str], ...]

    def in_language(self, language: str) -> str:
        """The sentence in a language, or in English where it does not exist in that language."""
        words = dict(self.spoken)
        return words.get(language) or words[ALWAYS_SPOKEN]

    def as_fields(self) -> dict[str, str]:
        """Language and sentence, as the files write them."""
        return dict(self.spoken)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One rule of an article: where it stands, what it does, how it binds and how far to trust it."""

    ref: str
    type: ParagraphType
    force: Force
    trust: Trust
    source: str
    tags: tuple[str, ...]
    text: Words

    def as_fields(self) -> dict[str, object]:
        """The paragraph as programs read it."""
        return {
            "ref": self.ref,
            "type": self.type.value,
            "force": self.force.value,
            "trust": self.trust.value,
            "source": self.source,
            "tags": list(self.tags),
            "text": self.text.as_fields(),
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """An element that a State may add to an offence, or conduct that stays outside it."""

    ref: str
    code: str
    text: Words

    def as_fields(self) -> dict[str, object]:
        """The choice as programs read it."""
        return {"ref": self.ref, "code": self.code, "text": self.text.as_fields()}


@dataclass(frozen=True, slots=True)
class Offence:
    """The elements of an offence, which dual criminality compares one by one."""

    code: str
    conduct: tuple[Words, ...]
    target: Words
    mental_element: Words
    without_right: bool
    result: Words | None
    options: tuple[Choice, ...]
    exclusions: tuple[Choice, ...]

    def as_fields(self) -> dict[str, object]:
        """The offence as programs read it."""
        return {
            "code": self.code,
            "conduct": [one.as_fields() for one in self.conduct],
            "object": self.target.as_fields(),
            "mental_element": self.mental_element.as_fields(),
            "without_right": self.without_right,
            "result": self.result.as_fields() if self.result else None,
            "options": [one.as_fields() for one in self.options],
            "exclusions": [one.as_fields() for one in self.exclusions],
        }


@dataclass(frozen=True, slots=True)
class Article:
    """An article in our own words, with the date from which it reads so and the source behind it."""

    instrument: str
    number: int
    title: Words
    chapter: str
    kind: ArticleKind
    confidence: Confidence
    valid_from: date
    source: str
    derived_from: str
    summary: Words
    offence: Offence | None
    paragraphs: tuple[Paragraph, ...]

    def under(self, ref: str) -> tuple[Paragraph, ...]:
        """The paragraphs that a reference names: the one at that place and all that hang below it."""
        return tuple(one for one in self.paragraphs if is_within(one.ref, ref))

    @property
    def weakest_trust(self) -> Trust:
        """The lowest mark among the paragraphs: what the summary and the offence may claim, and no more."""
        order = list(Trust)
        return max((one.trust for one in self.paragraphs), key=order.index)

    def as_fields(self) -> dict[str, object]:
        """The article as programs read it, without its paragraphs."""
        return {
            "instrument": self.instrument,
            "article": self.number,
            "title": self.title.as_fields(),
            "chapter": self.chapter,
            "kind": self.kind.value,
            "confidence": self.confidence.value,
            "weakest_trust": self.weakest_trust.value,
            "from": self.valid_from.isoformat(),
            "source": self.source,
            "derived_from": self.derived_from,
            "summary": self.summary.as_fields(),
            "offence": self.offence.as_fields() if self.offence else None,
        }


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter and the articles it spans, first and last included."""

    number: str
    title: Words
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class GroupConfidence:
    """How sure the digest is of some spans of articles, and on what that rests."""

    articles: tuple[tuple[int, int], ...]
    confidence: Confidence
    basis: Words


@dataclass(frozen=True, slots=True)
class TrustMeaning:
    """What a trust mark means for this instrument."""

    mark: Trust
    meaning: Words


@dataclass(frozen=True, slots=True)
class Instrument:
    """A treaty: its names, its dates, how our digest of it came about, its chapters and its articles."""

    code: str
    title: Words
    short_names: tuple[Words, ...]
    resolution: str
    treaty_collection: str
    adopted: date
    opened_for_signature: date
    signature_closes: date
    in_force: bool
    in_force_note: Words
    authentic_languages: tuple[Language, ...]
    article_count: int
    digest_date: date
    licence_note: Words
    companion_texts: Words
    trust_marks: tuple[TrustMeaning, ...]
    confidence_by_group: tuple[GroupConfidence, ...]
    chapters: tuple[Chapter, ...]
    articles: tuple[Article, ...] = ()

    def article(self, ref: str | int) -> Article | None:
        """The article that a number or a reference stands in; None where there is none."""
        number = article_number(str(ref))
        return next((one for one in self.articles if one.number == number), None)

    def under(self, ref: str) -> tuple[Paragraph, ...]:
        """The paragraphs that a reference names: the one at that place and all that hang below it."""
        article = self.article(ref)
        return article.under(ref) if article else ()

    def paragraph(self, ref: str) -> Paragraph | None:
        """The one paragraph written at exactly this place; None where there is none."""
        return next((one for one in self.under(ref) if one.ref == ref), None)

    def chapter_of(self, number: int) -> Chapter | None:
        """The chapter that spans an article."""
        return next((one for one in self.chapters if one.first <= number <= one.last), None)


@dataclass(frozen=True, slots=True)
class Law:
    """All instruments that were read, as every judgment receives them."""

    instruments: tuple[Instrument, ...]

    def instrument(self, code: str = THE_CONVENTION) -> Instrument | None:
        """The instrument of that code; the Convention where none is named."""
        return next((one for one in self.instruments if one.code == code), None)

    def article(self, basis: str | int) -> Article | None:
        """The article that a basis stands in, such as ``42``, ``"42.3"`` or ``"hanoi:42.3(a)"``."""
        code, ref = split_basis(str(basis))
        instrument = self.instrument(code)
        return instrument.article(ref) if instrument else None

    def under(self, basis: str) -> tuple[Paragraph, ...]:
        """The paragraphs that a basis names: the one at that place and all that hang below it."""
        code, ref = split_basis(basis)
        instrument = self.instrument(code)
        return instrument.under(ref) if instrument else ()

    def paragraph(self, basis: str) -> Paragraph | None:
        """The one paragraph written at exactly the place that a basis names."""
        code, ref = split_basis(basis)
        instrument = self.instrument(code)
        return instrument.paragraph(ref) if instrument else None

    def resolves(self, basis: str) -> bool:
        """Whether the article or paragraph that a basis names exists in this law."""
        return bool(self.under(basis))


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file of the law, at which line, and what to write instead."""

    file: str
    line: int
    wrong: str
    write: str

    def in_words(self) -> str:
        """One line: file, line, what is wrong, what to write."""
        return f"{self.file}:{self.line}: {self.wrong}; {self.write}"

    def as_fields(self) -> dict[str, object]:
        """The fault as programs read it."""
        return {"file": self.file, "line": self.line, "wrong": self.wrong, "write": self.write}


def split_basis(basis: str) -> tuple[str, str]:
    """A basis as instrument and reference; the Convention where no instrument is named."""
    code, colon, ref = basis.partition(":")
    return (code, ref) if colon else (THE_CONVENTION, basis)


def article_number(ref: str) -> int | None:
    """The article in which a reference stands; None where it does not begin with a number."""
    found = _ARTICLE_OF.match(ref)
    return int(found[1]) if found else None


def is_within(ref: str, place: str) -> bool:
    """Whether a reference stands at a place or hangs below it: 42.3(a) within 42.3, never 42.10 in 42.1."""
    return ref == place or (ref.startswith(place) and ref[len(place) :].startswith(_BELOW))


def count_by_trust(paragraphs: Iterable[Paragraph]) -> dict[Trust, int]:
    """How many paragraphs carry each trust mark."""
    marks = [one.trust for one in paragraphs]
    return {mark: marks.count(mark) for mark in Trust}
