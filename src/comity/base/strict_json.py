"""JSON read strictly and written one way.

Readers verify signatures over the transmitted bytes and then parse those same bytes here; nobody writes
JSON again in order to verify it. What two parsers could read differently is refused: a key twice, numbers
with fraction or exponent, integers of 2^53 or more, NaN, invalid UTF-8, depth over 16. Source: RFC 8259,
the common subset of RFC 8785; docs/protocol/evidence-package.md section 2.
"""

import json
from typing import Any, NoReturn

from comity.base.errors import PeerError

MAXIMUM_DEPTH = 16
INTEGER_LIMIT = 2**53
LONGEST_INTEGER = 17  # digits and sign: longer text cannot be below the limit and is never converted


def _refuse_number(text: str) -> NoReturn:
    raise PeerError(f"JSON holds the number {text[:32]!r}: only whole numbers are allowed")


def _whole_number(text: str) -> int:
    if len(text) > LONGEST_INTEGER or abs(int(text)) >= INTEGER_LIMIT:
        raise PeerError("JSON holds a whole number of 2^53 or more")
    return int(text)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise PeerError(f"JSON holds the key {key[:64]!r} twice")
            seen.add(key)
    return read


def _too_deep(value: object, room: int) -> bool:
    if room < 0:
        return True
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_too_deep(one, room - 1) for one in inner if isinstance(one, dict | list))


def _has_half_character(value: object) -> bool:
    if isinstance(value, str):
        return any("\ud800" <= mark <= "\udfff" for mark in value)
    if isinstance(value, dict):
        return any(_has_half_character(one) for one in (*value, *value.values()))
    return isinstance(value, list) and any(_has_half_character(one) for one in value)


def parse(raw: bytes) -> Any:  # noqa: ANN401 - JSON is of any shape; readers narrow it
    """Read JSON bytes that somebody signed or claims to have signed.

    Raises:
        PeerError: the bytes are not JSON in the strict form, with the reason.
    """
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_no_key_twice,
            parse_float=_refuse_number,
            parse_int=_whole_number,
            parse_constant=_refuse_number,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as problem:
        raise PeerError(f"not JSON: {str(problem)[:120]}") from problem
    if _too_deep(value, MAXIMUM_DEPTH - 1):
        raise PeerError(f"JSON is nested deeper than {MAXIMUM_DEPTH}")
    # Only an escape can bring in half of a UTF-16 pair, which no UTF-8 text can hold.
    if b"\\u" in raw and _has_half_character(value):
        raise PeerError("JSON holds half of a character")
    return value


def parse_object(raw: bytes) -> dict[str, Any]:
    """Read JSON bytes that must be one object.

    Raises:
        PeerError: not strict JSON, or not an object.
    """
    value = parse(raw)
    if not isinstance(value, dict):
        raise PeerError("JSON is not an object")
    return value


def write(value: object) -> bytes:
    """Write a value the one way writers do: keys sorted by code point, compact, UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return text.encode("utf-8")
