"""The stand-alone verifier: what is good, who signs, and custody."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from standalone import package_by_hand as hand
from standalone.running import REFUSED, SCRIPT, Bench, has_ml_dsa, run, run_alone


def test_a_good_package_is_verified_as_far_as_this_openssl_goes(bench: Bench) -> None:
    outcome = run_alone(bench.package, "--trust", str(bench.trust), "--json")
    assert outcome.exit == (0 if has_ml_dsa() else 4)
    assert outcome.found["exhibit"] == hand.EXHIBIT
    assert outcome.found["holder"] == hand.BRAM.kid
    unchecked = {one["check"] for one in outcome.found["findings"] if one["result"] != "holds"}
    assert unchecked == (set() if has_ml_dsa() else {"signature-ml-dsa-65"})


def test_a_good_package_is_verified_with_an_openssl_that_knows_ml_dsa(bench: Bench, new_openssl: str) -> None:
    outcome = bench.verify(openssl=new_openssl)
    assert (outcome.exit, outcome.found["verdict"]) == (0, "verified")
    assert {one["result"] for one in outcome.found["findings"]} == {"holds"}


def test_a_good_package_is_verified_by_a_real_openssl_that_knows_ml_dsa(
    bench: Bench, newer_openssl: str
) -> None:
    outcome = bench.verify(newer_openssl)
    assert (outcome.exit, outcome.found["verdict"]) == (0, "verified")
    maker = hand.Maker().make()
    maker.forge_ml_dsa("custody/0004.jws.json")
    bench.remake(maker)
    assert bench.verify(newer_openssl).result("step 4", "signature-ml-dsa-65") == "does-not-hold"


def test_the_keys_are_spelled_for_openssl_as_the_standards_say() -> None:
    script = SCRIPT.read_text()
    for key in (hand.ADA.ed25519.public_key(), hand.ADA.ml_dsa.public_key()):
        whole = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert whole.removesuffix(key.public_bytes_raw()).hex() in script


def test_a_forged_ml_dsa_signature_is_seen_by_an_openssl_that_knows_it(
    bench: Bench, new_openssl: str
) -> None:
    maker = hand.Maker().make()
    maker.forge_ml_dsa("custody/0004.jws.json")
    bench.remake(maker)
    assert ("step 4", "signature-ml-dsa-65") in bench.verify(new_openssl).broken()


def test_without_trust_material_a_good_package_is_intact_and_its_signer_unknown(bench: Bench) -> None:
    outcome = run_alone(bench.package, "--json")
    assert (outcome.exit, outcome.found["verdict"]) == (3, "intact-signer-unknown")
    assert outcome.result("step 0", "signature-ed25519") == "holds"
    assert outcome.result("step 0", "signer") == outcome.result("step 2", "log") == "cannot-be-checked"
    assert outcome.results("handover", "signer")[0]["why"] == "no trust material given"


def test_the_report_tells_custody_in_words_and_ends_with_the_verdict(bench: Bench) -> None:
    printed = run_alone(bench.package, "--trust", str(bench.trust)).printed
    assert "Ada Winter, examiner, Cybercrime Unit (XA)" in printed
    assert "place: not stated" in printed
    assert "withheld" in printed
    assert printed.splitlines()[-1].startswith("Verdict: ")


def test_the_report_lets_no_package_steer_the_terminal(bench: Bench) -> None:
    maker = hand.Maker()
    maker.acts[3].changed = {"purpose": "\x1b[2J\nVerdict: verified\u202e"}
    bench.remake(maker.make())
    printed = run(bench.package, "--trust", str(bench.trust)).printed
    assert "\x1b" not in printed
    assert "\u202e" not in printed
    assert [line for line in printed.splitlines() if line.startswith("Verdict")][0:-1] == []


def test_without_openssl_every_signature_cannot_be_checked(bench: Bench) -> None:
    outcome = bench.verify(openssl="/nowhere/openssl")
    assert outcome.exit == 4
    assert outcome.result("step 0", "signature-ed25519") == "cannot-be-checked"
    assert outcome.result("step 0", "log") == "cannot-be-checked"
    assert "openssl is missing" in outcome.results("handover", "signature-ed25519")[0]["why"]


def test_an_empty_exhibit_and_a_single_step_are_a_package_too(bench: Bench) -> None:
    bench.remake(hand.Maker(acts=hand.story()[:1], evidence={}, handed_by=hand.ADA).make())
    assert bench.judge_form().broken() == set()


def test_an_offer_may_be_declined_or_withdrawn_and_the_holder_stays(bench: Bench) -> None:
    seal, offer = hand.story()[:2]
    acts = [seal, offer, hand.Act("decline", hand.BRAM), offer, hand.Act("withdraw", hand.ADA), offer]
    bench.remake(hand.Maker(acts=acts, handed_by=hand.ADA).make())
    outcome = bench.verify()
    assert outcome.broken() == set()
    assert outcome.found["holder"] == hand.ADA.kid


def test_the_attackers_own_keys_do_not_hold(bench: Bench) -> None:
    acts = hand.story()[:1]
    acts[0].signed_by = hand.SLY
    log = hand.Log("log.arcadia.example/custody", 77)
    bench.remake(hand.Maker(acts=acts, handed_by=hand.SLY, known=(hand.SLY,), log=log).make())
    outcome = bench.verify()
    assert outcome.exit == REFUSED
    assert outcome.broken() == {("step 0", "signer"), ("step 0", "log"), ("handover", "signer")}
    assert run(bench.package, "--json").exit == REFUSED  # Ada's name under the keys of another


def test_a_handover_signed_again_by_a_stranger_does_not_hold(bench: Bench) -> None:
    maker = hand.Maker(handed_by=hand.SLY, known=(hand.ADA, hand.BRAM, hand.SLY))
    bench.remake(maker.make())
    assert bench.verify().broken() == {("handover", "signer")}


def test_a_handover_by_another_known_signer_than_the_last_step_does_not_hold(bench: Bench) -> None:
    bench.remake(hand.Maker(handed_by=hand.ADA).make())
    assert bench.verify().broken() == {("handover", "signer")}


def test_a_step_signed_by_another_known_signer_than_it_names_does_not_hold(bench: Bench) -> None:
    maker = hand.Maker()
    maker.acts[3].signed_by = hand.ADA
    bench.remake(maker.make())
    assert bench.verify().broken() == {("step 3", "signer"), ("step 3", "custody")}


def test_a_time_outside_the_time_of_the_keys_does_not_hold(bench: Bench) -> None:
    maker = hand.Maker()
    maker.acts[3].changed = {"time": "2025-12-31T23:59:59Z"}
    bench.remake(maker.make())
    assert bench.judge_form().broken() == {("step 3", "signer")}


def test_a_package_that_does_not_name_its_keys_is_not_called_intact(bench: Bench) -> None:
    bench.remake(hand.Maker(known=(hand.ADA,)).make())
    assert ("step 2", "signature-ed25519") in run(bench.package, "--json").broken()
    assert bench.verify().broken() == set()


@pytest.mark.parametrize(
    ("kind", "by"),
    [
        ("accept", hand.ADA),
        ("decline", hand.ADA),
        ("withdraw", hand.BRAM),
        ("export", hand.ADA),
        ("check", hand.BRAM),
    ],
    ids=lambda value: value if isinstance(value, str) else value.state,
)
def test_only_whom_custody_allows_may_act_while_an_offer_is_open(
    bench: Bench, kind: str, by: hand.Party
) -> None:
    acts = [*hand.story()[:2], hand.Act(kind, by, {"for": "Court"} if kind == "export" else {})]
    bench.remake(hand.Maker(acts=acts, handed_by=by).make())
    assert bench.judge_form().broken() == {("step 2", "custody")}


@pytest.mark.parametrize(
    "changed", [{"root": "0" * 64}, {"offer": "0" * 64}], ids=["another root", "another offer"]
)
def test_an_acceptance_of_something_else_does_not_hold(bench: Bench, changed: dict[str, str]) -> None:
    acts = [*hand.story()[:2], hand.Act("accept", hand.BRAM, changed)]
    bench.remake(hand.Maker(acts=acts, handed_by=hand.BRAM).make())
    assert bench.judge_form().broken() == {("step 2", "custody")}


def test_an_exhibit_is_sealed_once_and_first(bench: Bench) -> None:
    acts = [hand.Act("seal", hand.ADA), hand.Act("seal", hand.ADA)]
    bench.remake(hand.Maker(acts=acts, handed_by=hand.ADA).make())
    assert bench.judge_form().broken() == {("step 1", "custody")}
    bench.remake(hand.Maker(acts=[hand.Act("check", hand.ADA)] * 2, handed_by=hand.ADA).make())
    outcome = bench.judge_form()
    assert outcome.broken() == {("step 0", "custody")}
    assert outcome.result("step 1", "custody") == "cannot-be-checked"
    assert outcome.found["holder"] is None


def test_an_unknown_kind_of_step_leaves_the_holder_unknown(bench: Bench) -> None:
    acts = [*hand.story()[:1], hand.Act("lend", hand.ADA), hand.Act("check", hand.ADA)]
    bench.remake(hand.Maker(acts=acts, handed_by=hand.ADA).make())
    outcome = bench.verify()
    assert (outcome.exit, outcome.found["holder"]) == (4, None)
    for part in ("step 1", "step 2"):
        assert outcome.result(part, "custody") == "cannot-be-checked"
    assert outcome.result("handover", "signer") == "holds"
    assert outcome.result("step 1", "order") == "holds"


@pytest.mark.parametrize(
    "changed", [{"exhibit": "0" * 32}, {"seq": 7}, {"prev": "0" * 64}, {"seal": "0" * 64}], ids=str
)
def test_a_step_out_of_its_place_does_not_hold(bench: Bench, changed: dict[str, Any]) -> None:
    maker = hand.Maker()
    maker.acts[4].changed |= changed
    bench.remake(maker.make())
    assert bench.judge_form().broken() == {("step 4", "order")}


def test_a_step_that_cannot_be_read_leaves_the_steps_after_it_open(bench: Bench) -> None:
    maker = hand.Maker()
    maker.acts[1].changed = {"to": "Bram"}
    bench.remake(maker.make())
    outcome = bench.verify()
    assert outcome.broken() == {("step 1", "form")}
    assert {one["check"] for one in outcome.found["findings"] if one["part"] == "step 1"} == {"form"}
    for number in (2, 3, 4):
        assert outcome.result(f"step {number}", "order") == "cannot-be-checked"
        assert outcome.result(f"step {number}", "custody") == "cannot-be-checked"
        assert outcome.result(f"step {number}", "log") == "holds"
