"""YAML that people correct by hand, read strictly: every fault with its line and what to write instead.

What two readers could read differently is refused: keys twice, unknown keys, anchors, aliases, tags, mappings
in braces, control characters, a second document. A ``Sheet`` gathers all faults of one file in one reading.
Source: YAML 1.1 as PyYAML reads it, in C where that is installed; the tests hold both loaders to the same answers.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import TypeVar

import yaml

from comity.treaty.terms import ALWAYS_SPOKEN, Fault, Language, Words

LARGEST_FILE = 1 << 18
DEEPEST_NESTING = 10
LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_SPAN = re.compile(r"([1-9][0-9]{0,2})(?:-([1-9][0-9]{0,2}))?")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,3}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KINDS = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "empty",
    "seq": "a list",
    "map": "a mapping",
    "timestamp": "a date",
}

Faults = tuple[Fault, ...]
Fields = dict[str, yaml.Node]
_Value = TypeVar("_Value")
_Closed = TypeVar("_Closed", bound=StrEnum)


class Sheet:
    """One file being read: gathers every fault and answers neutral values, which are then thrown away."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._faults: list[Fault] = []

    def all_faults(self) -> Faults:
        """The faults from the first line to the last, each once."""
        return tuple(sorted(dict.fromkeys(self._faults), key=lambda fault: fault.line))

    def blame(self, place: yaml.Node | yaml.Event | int, wrong: str, write: str) -> None:
        """Note a fault at a node, an event or a line."""
        line = place if isinstance(place, int) else _line(place)
        self._faults.append(Fault(self._file, line, wrong, write))

    def document(self, raw: bytes) -> yaml.Node | None:
        """The one document of the file; None where a fault keeps it from being read."""
        text = self._characters(raw)
        if text is None or not self._plain_yaml(text):
            return None
        root: yaml.Node | None = yaml.compose(text, Loader=LOADER)
        if root is None:
            self.blame(1, "the file is empty", "write what the files beside it write")
        return root

    def _characters(self, raw: bytes) -> str | None:
        if len(raw) > LARGEST_FILE:
            self.blame(1, f"the file has {len(raw)} bytes", f"write at most {LARGEST_FILE}")
            return None
        try:
            text = raw.decode("utf-8").replace("\r\n", "\n")
        except UnicodeDecodeError as problem:
            self.blame(raw.count(b"\n", 0, problem.start) + 1, "not UTF-8", "save the file as UTF-8")
            return None
        for line, words in enumerate(text.split("\n"), start=1):
            found = _CONTROL.search(words)
            if found:
                self.blame(line, f"the control character U+{ord(found[0]):04X}", "write blanks in its place")
        return None if self._faults else text

    def _plain_yaml(self, text: str) -> bool:
        depth = documents = 0
        try:
            for event in yaml.parse(text, Loader=LOADER):
                depth += isinstance(event, yaml.CollectionStartEvent)
                depth -= isinstance(event, yaml.CollectionEndEvent)
                documents += isinstance(event, yaml.DocumentStartEvent)
                self._refuse_tricks(event)
                if documents > 1:
                    self.blame(event, "a second document begins", "write one document in a file")
                    return False
                if depth > DEEPEST_NESTING:
                    self.blame(
                        event, f"nested deeper than {DEEPEST_NESTING}", "write it as the files beside it do"
                    )
                    return False
        except (yaml.YAMLError, ValueError, OverflowError):
            self.blame(*_first_problem(text))
        return not self._faults

    def _refuse_tricks(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent) and (event.version or event.tags):
            self.blame(event, "a YAML directive", "leave it out")
        if isinstance(event, yaml.AliasEvent):
            self.blame(event, f"the alias *{str(event.anchor)[:60]}", "write the value itself")
        elif getattr(event, "anchor", None) is not None:
            self.blame(event, f"the anchor &{str(getattr(event, 'anchor', ''))[:60]}", "leave it out")
        if isinstance(event, yaml.MappingStartEvent) and event.flow_style:
            self.blame(event, "a mapping in braces", "write each key on a line of its own")
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            self.blame(
                event, f"the tag {event.tag[:60]!r}", "leave it out; write plain text, lists and mappings"
            )

    def expect(self, fields: Fields, **expected: str) -> None:
        """Blame each key that is written but does not say what the file's place promises."""
        for key, value in expected.items():
            node = fields.get(key)
            if node is not None and node.value != value:
                self.blame(node, f"{key} is {shown(node)}", f"write {value}")

    def fields(
        self, node: yaml.Node | None, name: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> Fields:
        """The keys of a mapping: all required ones, none unknown, none twice."""
        if not isinstance(node, yaml.MappingNode):
            if node is not None:
                self.blame(node, f"{name} is {_kind(node)}", f"write a mapping with {', '.join(required)}")
            return {}
        found: Fields = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.value not in required + optional:
                self.blame(key, f"{name} has the unknown key {shown(key)}", one_of(required + optional))
            elif key.value in found:
                self.blame(key, f"{name} has the key {shown(key)} twice", "keep one")
            else:
                found[key.value] = value
        for key in required:
            if key not in found:
                self.blame(node, f"{name} has no {key!r}", f"add {key!r}")
        return found

    def each(
        self, node: yaml.Node | None, name: str, read: Callable[[yaml.Node], _Value], *, least: int = 1
    ) -> tuple[_Value, ...]:
        """Every entry of a list, read."""
        if node is None:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            self.blame(node, f"{name} is {_kind(node)}", "write a list")
            return ()
        if len(node.value) < least:
            self.blame(node, f"{name} is an empty list", f"write at least {least}")
        return tuple(read(one) for one in node.value)

    def text(
        self, node: yaml.Node | None, name: str, form: re.Pattern[str] | None = None, like: str = ""
    ) -> str:
        """Text in one line, trimmed, of a given form."""
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode) or _kind(node) != "text":
            self.blame(node, f"{name} is {_kind(node)}", "write text, in quotation marks if need be")
            return ""
        value: str = node.value
        if value != value.strip() or not value:
            self.blame(
                node,
                f"{name} is empty or has blanks around it",
                "write text and nothing around it (>- for >)",
            )
        elif _NOT_IN_A_LINE.search(value):
            self.blame(
                node, f"{name} has a line break or a control character", "write one line (>- folds lines)"
            )
        elif form is not None and not form.fullmatch(value):
            self.blame(node, f"{name} is {shown(node)}", f"write it like {like}")
        return value

    def words(self, node: yaml.Node | None, name: str) -> Words:
        """A sentence in its languages."""
        others = tuple(one.value for one in Language if one.value != ALWAYS_SPOKEN)
        fields = self.fields(node, name, (ALWAYS_SPOKEN,), others)
        return Words(tuple((key, self.text(one, f"{name} in {key!r}")) for key, one in fields.items()))

    def closed(self, node: yaml.Node | None, name: str, values: type[_Closed]) -> _Closed:
        """One value of a closed list."""
        if isinstance(node, yaml.ScalarNode) and node.value in [one.value for one in values]:
            return values(node.value)
        if node is not None:
            self.blame(node, f"{name} is {shown(node)}", one_of(one.value for one in values))
        return next(iter(values))

    def number(self, node: yaml.Node | None, name: str) -> int:
        """A whole number of at most four digits."""
        if isinstance(node, yaml.ScalarNode) and _kind(node) == "a number" and _NUMBER.fullmatch(node.value):
            return int(node.value)
        if node is not None:
            self.blame(node, f"{name} is {shown(node)}", "write a whole number such as 42")
        return 0

    def truth(self, node: yaml.Node | None, name: str) -> bool:
        """True or false, spelled so."""
        if (
            isinstance(node, yaml.ScalarNode)
            and _kind(node) == "true or false"
            and node.value in {"true", "false"}
        ):
            return bool(node.value == "true")
        if node is not None:
            self.blame(node, f"{name} is {shown(node)}", "write true or false")
        return False

    def day(self, node: yaml.Node | None, name: str) -> date:
        """A day of the calendar."""
        if isinstance(node, yaml.ScalarNode) and _DATE.fullmatch(node.value):
            try:
                return date.fromisoformat(node.value)
            except ValueError:
                pass  # such as 2024-02-30: blamed like any other that is no day
        if node is not None:
            self.blame(node, f"{name} is {shown(node)}", "write a day such as 2024-12-24")
        return date.min

    def span(self, node: yaml.Node | None, name: str) -> tuple[int, int]:
        """First and last article of a span such as 1-6, or of one article."""
        found = _SPAN.fullmatch(self.text(node, name, _SPAN, '"1-6" or "22"'))
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if node is not None and first > last:
            self.blame(node, f"{name} ends before it begins", "write the lower number first")
        return first, last

    def refuse_twice(self, node: yaml.Node | None, key: str | None = None) -> None:
        """Blame each scalar of a list, or under one key of its mappings, that an earlier one says already."""
        seen: set[str] = set()
        for one in _named(node, key):
            if one.value in seen:
                self.blame(one, f"{key or 'the entry'} {shown(one)} stands twice", "keep one")
            seen.add(one.value)


def _named(node: yaml.Node | None, key: str | None) -> Iterator[yaml.ScalarNode]:
    """The scalars of a list, or those under one key of its mappings."""
    for entry in node.value if isinstance(node, yaml.SequenceNode) else ():
        pairs = entry.value if isinstance(entry, yaml.MappingNode) else [(None, entry)]
        for name, value in pairs:
            if isinstance(value, yaml.ScalarNode) and (name.value if name else None) == key:
                yield value


def _first_problem(text: str) -> tuple[int, str, str]:
    """Where a text stops being YAML, in the same words whichever loader is installed."""
    for loader in (yaml.SafeLoader, LOADER):
        try:
            for _ in yaml.parse(text, Loader=loader):
                pass
        except yaml.MarkedYAMLError as problem:
            line = problem.problem_mark.line + 1 if problem.problem_mark else 1
            return line, f"not YAML: {problem.problem}", "check indentation, colons and quotation marks"
        except (yaml.YAMLError, ValueError, OverflowError):
            break
    return 1, "not YAML", "check escapes and directives"


def _line(place: yaml.Node | yaml.Event) -> int:
    mark = place.start_mark
    return mark.line + 1 if mark else 1


def _kind(node: yaml.Node) -> str:
    return _KINDS.get(node.tag.rpartition(":")[2], "something else")


def shown(node: yaml.Node) -> str:
    """A node as a fault quotes it."""
    return repr(node.value[:60]) if isinstance(node, yaml.ScalarNode) else _kind(node)


def one_of(values: Iterable[str]) -> str:
    """The advice that names a closed list."""
    return f"write one of: {', '.join(values)}"
