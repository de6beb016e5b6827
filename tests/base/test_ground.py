"""Spelling, clock, identifiers, lifecycles and errors."""

from datetime import UTC, datetime
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.base import clock, errors, ids, spelling
from comity.base.errors import PeerError
from comity.base.judgment import Refused
from comity.base.lifecycle import Lifecycle, Step


@given(st.binary(max_size=70))
def test_each_value_has_one_spelling(raw: bytes) -> None:
    assert spelling.base64_bytes(spelling.base64_text(raw)) == raw
    assert spelling.base64url_bytes(spelling.base64url_text(raw)) == raw


@given(st.text(max_size=12))
def test_any_text_is_the_one_spelling_of_its_bytes_or_refused(text: str) -> None:
    for read, write in (
        (spelling.base64_bytes, spelling.base64_text),
        (spelling.base64url_bytes, spelling.base64url_text),
    ):
        try:
            assert write(read(text)) == text
        except PeerError:
            continue


@pytest.mark.parametrize("text", ["01", "+1", "-1", " 1", "1 ", "", "1_0", "\u0661", "9" * 20])
def test_a_number_in_another_spelling_is_refused(text: str) -> None:
    with pytest.raises(PeerError):
        spelling.whole_number(text)


@pytest.mark.parametrize(
    "text", ["2026-11-22T12:00:00+00:00", "2026-1-2T12:00:00Z", "2026-11-22 12:00:00Z", "", None, 5]
)
def test_a_time_in_another_spelling_is_refused(text: object) -> None:
    with pytest.raises(PeerError):
        clock.read_time(text)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds take no zone
def test_a_time_reads_back(moment: datetime) -> None:
    assert clock.read_time(clock.write_time(moment)) == moment.replace(microsecond=0)


def test_row_keys_are_version_7_and_in_order_of_time() -> None:
    keys = [ids.row_key() for _ in range(50)]
    assert {key.version for key in keys} == {7}
    assert [key.int >> 80 for key in keys] == sorted(key.int >> 80 for key in keys)


class Light(StrEnum):
    RED = "red"
    GREEN = "green"
    BROKEN = "broken"


class Push(StrEnum):
    GO = "go"
    STOP = "stop"


LIGHTS = Lifecycle(
    "light",
    Light,
    Push,
    Light.RED,
    {
        (Light.RED, Push.GO): Step(Light.GREEN, "anybody", ("hanoi:6",)),
        (Light.GREEN, Push.STOP): Step(Light.RED, "anybody", ()),
    },
)


def test_a_lifecycle_steps_where_its_table_says_and_refuses_elsewhere() -> None:
    step = LIGHTS.step(Light.RED, Push.GO)
    assert isinstance(step, Step)
    assert step.next is Light.GREEN
    refused = LIGHTS.step(Light.RED, Push.STOP)
    assert isinstance(refused, Refused)
    assert refused.facts == {"state": "red", "event": "stop"}
    assert LIGHTS.reachable() == {Light.RED, Light.GREEN}
    assert "red --> green: go (anybody)" in LIGHTS.mermaid()


def test_an_error_says_whose_fault_it_is_and_what_to_do() -> None:
    roots = {errors.OurError, errors.PeerError, errors.UserError, errors.WorldError}
    assert set(errors.ComityError.__subclasses__()) >= roots
    assert errors.UserError("no such file", advice="name another").advice == "name another"
