"""Statements, judged by joserfc and by openssl as well as by our own reader."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OKPKey

from comity.base import statements, strict_json
from comity.base.errors import PeerError
from comity.base.spelling import base64url_bytes, base64url_text
from comity.base.suites import ML_DSA_65, STATEMENT_SUITES, SigningPair

PAIR = SigningPair((b"\x01" * 32, b"\x02" * 32))
PAYLOAD = {"v": 1, "exhibit": "ab" * 16, "says": "سند"}
RAW = statements.sign(PAYLOAD, statements.CUSTODY, PAIR)


def altered(change: Any) -> bytes:  # noqa: ANN401 - a function over loose JSON
    outer = json.loads(RAW)
    change(outer)
    return strict_json.write(outer)


def header(index: int, **fields: str) -> Any:  # noqa: ANN401 - the same
    def change(outer: dict[str, Any]) -> None:
        said = json.loads(base64url_bytes(outer["signatures"][index]["protected"])) | fields
        outer["signatures"][index]["protected"] = base64url_text(strict_json.write(said))

    return change


def test_a_signed_statement_reads_back_and_both_signatures_hold() -> None:
    statement = statements.take_apart(RAW, statements.CUSTODY)
    assert statement.payload == PAYLOAD
    for key, signature in zip(PAIR.public(), statement.signatures, strict=True):
        assert signature.kid == key.kid
        assert key.holds(signature.raw, signature.signed)


@pytest.mark.judge
def test_joserfc_reads_our_ed25519_signature_and_names_our_key_alike() -> None:
    outer = json.loads(RAW)
    public = PAIR.public()[0]
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": base64url_text(public.raw)})
    compact = (
        f"{outer['signatures'][0]['protected']}.{outer['payload']}.{outer['signatures'][0]['signature']}"
    )
    judged = jws.deserialize_compact(compact, key, algorithms=["Ed25519"])
    assert json.loads(judged.payload) == PAYLOAD
    assert key.thumbprint() == public.kid


@pytest.mark.judge
def test_openssl_reads_our_ml_dsa_signature(newer_openssl: str, tmp_path: Path) -> None:
    signature = statements.take_apart(RAW, statements.CUSTODY).signatures[1]
    lead = bytes.fromhex("308207b2300b0609608648016503040312038207a100")
    (tmp_path / "key").write_bytes(lead + PAIR.public()[1].raw)
    (tmp_path / "message").write_bytes(signature.signed)
    (tmp_path / "signature").write_bytes(signature.raw)
    asked = [newer_openssl, "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin"]
    asked += ["-inkey", "key", "-in", "message", "-sigfile", "signature"]
    judged = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "Signature Verified Successfully" in judged.stdout
    (tmp_path / "message").write_bytes(signature.signed + b" ")
    assert subprocess.run(asked, cwd=tmp_path, capture_output=True, check=False).returncode != 0


REFUSED = {
    "a third signature": lambda outer: outer["signatures"].append(outer["signatures"][0]),
    "one signature only": lambda outer: outer["signatures"].pop(),
    "the signatures in the other order": lambda outer: outer["signatures"].reverse(),
    "a key beside payload and signatures": lambda outer: outer.update(extra=1),
    "an unprotected header": lambda outer: outer["signatures"][0].update(header={}),
    "another type": header(0, typ=statements.HANDOVER),
    "another algorithm": header(0, alg="none"),
    "ML-DSA named Ed25519": header(1, alg="Ed25519"),
    "a critical extension": header(0, crit="b64"),
    "a key address": header(1, jku="https://example.invalid/key"),
    "a payload that is no object": lambda outer: outer.update(payload=base64url_text(b"[]")),
    "a padded payload": lambda outer: outer.update(payload=outer["payload"] + "="),
    "a short signature": lambda outer: outer["signatures"][0].update(signature="AAAA"),
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED.keys())
def test_a_statement_in_any_other_form_is_refused(change: Any) -> None:  # noqa: ANN401 - the same
    with pytest.raises(PeerError):
        statements.take_apart(altered(change), statements.CUSTODY)


@pytest.mark.soak
@given(st.integers(0, len(RAW) - 1), st.integers(0, 7))
def test_one_bit_changed_anywhere_spoils_form_or_signature(at: int, bit: int) -> None:
    changed = bytearray(RAW)
    changed[at] ^= 1 << bit
    try:
        statement = statements.take_apart(bytes(changed), statements.CUSTODY)
    except PeerError:
        return
    pairs = zip(PAIR.public(), statement.signatures, strict=True)
    assert not all(key.kid == one.kid and key.holds(one.raw, one.signed) for key, one in pairs)


def test_keys_and_signatures_have_the_sizes_of_their_suites() -> None:
    for suite, key in zip(STATEMENT_SUITES, PAIR.public(), strict=True):
        assert len(key.raw) == suite.public_bytes
        assert len(PAIR.sign(suite, b"")) == suite.signature_bytes
    assert not PAIR.public()[1].holds(b"\x00" * ML_DSA_65.signature_bytes, b"")
