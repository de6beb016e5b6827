import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.base import strict_json
from comity.base.errors import PeerError

REFUSED = {
    "a key twice": b'{"a":1,"a":2}',
    "a key twice, deep inside": b'{"a":[{"b":1,"b":1}]}',
    "a key twice by an escape": b'{"a":1,"\\u0061":2}',
    "a fraction": b'{"a":1.0}',
    "an exponent": b'{"a":1e3}',
    "not a number": b'{"a":NaN}',
    "infinity": b'{"a":-Infinity}',
    "2 to the 53": b"9007199254740992",
    "minus 2 to the 53": b"-9007199254740992",
    "a number of ten thousand digits": b"1" * 10_000,
    "seventeen levels": b"[" * 17 + b"]" * 17,
    "a hundred thousand levels": b"[" * 100_000,
    "invalid UTF-8": b'{"a":"\xff"}',
    "half a character": b'{"a":"\\ud800"}',
    "nothing": b"",
    "two values": b"{}{}",
    "a byte order mark": b"\xef\xbb\xbf{}",
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
def test_what_two_parsers_could_read_differently_is_refused(raw: bytes) -> None:
    with pytest.raises(PeerError):
        strict_json.parse(raw)


def test_the_largest_numbers_and_depth_are_read() -> None:
    assert strict_json.parse(b"[9007199254740991,-9007199254740991]") == [2**53 - 1, 1 - 2**53]
    assert strict_json.parse(b"[" * 16 + b"]" * 16)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**53, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=12,
)


@pytest.mark.soak
@given(VALUES)
def test_what_is_written_is_read_again_and_written_the_same(value: object) -> None:
    written = strict_json.write(value)
    assert strict_json.parse(written) == value
    assert strict_json.write(strict_json.parse(written)) == written
    assert json.loads(written) == value


@pytest.mark.soak
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else_happens(raw: bytes) -> None:
    with contextlib.suppress(PeerError):
        strict_json.parse(raw)
