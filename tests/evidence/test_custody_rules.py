"""Custody: every state against every event, and no sequence of steps leaves the table."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cast import AMINA, NOON
from comity.base.judgment import Allowed, Refused
from comity.evidence import rules
from comity.evidence.rules import Custody
from comity.evidence.states import CUSTODY, CustodyState
from comity.evidence.terms import Circumstances, CustodyStep, Seal, StepKind

ROOT = "aa" * 32
SEAL = Seal("ab" * 16, "phone", 3, 99, ROOT, NOON)
HOLDER, RECEIVER, STRANGER = "holder", "receiver", "stranger"
OFFER = "0f" * 32


def standing(state: CustodyState) -> Custody:
    begun = rules.begin(SEAL, "cc" * 32)
    if state is CustodyState.UNSEALED:
        return begun
    held = replace(begun, state=state, steps=2, head="dd" * 32, holder=HOLDER)
    return replace(held, receiver=RECEIVER, offer=OFFER) if state is CustodyState.OFFERED else held


def step(kind: StepKind, signer: str, custody: Custody, **more: Any) -> CustodyStep:  # noqa: ANN401 - loose fields
    kinds: dict[StepKind, dict[str, Any]] = {
        StepKind.SEAL: {"root": ROOT, "count": 3, "bytes": 99},
        StepKind.OFFER: {"to": {**AMINA.as_fields(), "kid": RECEIVER}},
        StepKind.ACCEPT: {"offer": custody.offer, "root": ROOT},
        StepKind.DECLINE: {"offer": custody.offer, "why": "not ours"},
        StepKind.WITHDRAW: {"offer": custody.offer, "why": "a mistake"},
        StepKind.CHECK: {"root": ROOT},
        StepKind.EXPORT: {"for": "the court"},
    }
    tool = {"name": "comity", "version": "1"}
    named = (SEAL.exhibit, custody.steps, kind, AMINA, NOON, "a watch", Circumstances(), tool, custody.head)
    return CustodyStep(*named, custody.seal, signer, kinds[kind] | more)


MAY = {
    (CustodyState.UNSEALED, StepKind.SEAL): {HOLDER, RECEIVER, STRANGER},
    (CustodyState.HELD, StepKind.OFFER): {HOLDER},
    (CustodyState.HELD, StepKind.CHECK): {HOLDER},
    (CustodyState.HELD, StepKind.EXPORT): {HOLDER},
    (CustodyState.OFFERED, StepKind.ACCEPT): {RECEIVER},
    (CustodyState.OFFERED, StepKind.DECLINE): {RECEIVER},
    (CustodyState.OFFERED, StepKind.WITHDRAW): {HOLDER},
    (CustodyState.OFFERED, StepKind.CHECK): {HOLDER},
}


@pytest.mark.parametrize(
    ("state", "kind", "who"), list(product(CustodyState, StepKind, (HOLDER, RECEIVER, STRANGER)))
)
def test_each_deed_in_each_state_is_for_exactly_the_one_who_may(
    state: CustodyState, kind: StepKind, who: str
) -> None:
    custody = standing(state)
    judged = rules.may_follow(custody, step(kind, who, custody))
    assert isinstance(judged, Allowed) == (who in MAY.get((state, kind), set()))
    assert judged.basis


def test_every_state_is_reached_and_none_but_the_first_is_left_for_good() -> None:
    assert CUSTODY.reachable() == set(CustodyState)
    assert {state for state, _, _ in CUSTODY.rows()} == set(CustodyState)


WRONG = {
    "accepting another offer": (
        CustodyState.OFFERED,
        StepKind.ACCEPT,
        RECEIVER,
        {"offer": "11" * 32},
        "another-offer",
    ),
    "accepting other bytes": (
        CustodyState.OFFERED,
        StepKind.ACCEPT,
        RECEIVER,
        {"root": "bb" * 32},
        "another-root",
    ),
    "checking other bytes": (CustodyState.HELD, StepKind.CHECK, HOLDER, {"root": "bb" * 32}, "another-root"),
    "sealing another seal": (
        CustodyState.UNSEALED,
        StepKind.SEAL,
        HOLDER,
        {"root": "bb" * 32},
        "another-seal",
    ),
    "sealing another count": (CustodyState.UNSEALED, StepKind.SEAL, HOLDER, {"count": 4}, "another-seal"),
    "offering to nobody": (CustodyState.HELD, StepKind.OFFER, HOLDER, {"to": {}}, "no-receiver"),
}


@pytest.mark.parametrize(("state", "kind", "who", "more", "code"), WRONG.values(), ids=WRONG.keys())
def test_a_step_that_contradicts_the_seal_or_the_offer_is_refused(
    state: CustodyState, kind: StepKind, who: str, more: dict[str, Any], code: str
) -> None:
    custody = standing(state)
    judged = rules.may_follow(custody, step(kind, who, custody, **more))
    assert isinstance(judged, Refused)
    assert judged.code == code


@pytest.mark.parametrize("field", ["exhibit", "seq", "prev", "seal"])
def test_a_step_out_of_its_place_is_refused(field: str) -> None:
    custody = standing(CustodyState.HELD)
    good = step(StepKind.CHECK, HOLDER, custody)
    assert isinstance(rules.in_order(custody, good), Allowed)
    fields = {name: getattr(good, name) for name in good.__slots__} | {
        field: 7 if field == "seq" else "ee" * 32
    }
    judged = rules.in_order(custody, CustodyStep(**fields))
    assert isinstance(judged, Refused)
    assert judged.facts["field"] == field


@pytest.mark.soak
@given(
    st.lists(st.tuples(st.sampled_from(StepKind), st.sampled_from((HOLDER, RECEIVER, STRANGER))), max_size=30)
)
def test_in_any_sequence_one_party_holds_and_only_an_acceptance_changes_who(
    tries: list[tuple[StepKind, str]],
) -> None:
    custody = rules.begin(SEAL, "cc" * 32)
    for kind, who in tries:
        asked = step(kind, who, custody)
        if isinstance(rules.may_follow(custody, asked), Refused):
            continue
        after = rules.after(custody, asked, f"{custody.steps:064d}")
        assert after.steps == custody.steps + 1
        assert after.holder == (who if kind in {StepKind.SEAL, StepKind.ACCEPT} else custody.holder)
        assert bool(after.offer) == bool(after.receiver) == (after.state is CustodyState.OFFERED)
        custody = after
    assert bool(custody.holder) == bool(custody.steps)
