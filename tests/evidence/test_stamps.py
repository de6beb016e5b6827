"""T14: time stamps of an authority run by openssl, checked by us, by verify.py and by openssl."""

import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import cast
from comity.authorities.trust import write_trust
from comity.base.errors import UserError
from comity.evidence import actions, layout, sealing
from comity.evidence.stamping import StampAuthority
from comity.evidence.wire import digest
from stamper import OpensslAuthority, serving
from verifiers import alone, both

pytestmark = pytest.mark.judge


@pytest.fixture
def authority(openssl: str, tmp_path: Path) -> OpensslAuthority:
    return OpensslAuthority(tmp_path / "authority", openssl)


def stamped(tmp_path: Path, authority: OpensslAuthority) -> tuple[cast.Person, Path, Path]:
    """Amina's package with a stamp on its first step, and trust with the authority's root."""
    amina = cast.amina(tmp_path)
    with serving(authority) as address:
        amina.stamps = StampAuthority(address, authority.roots)
        package = cast.sealed(amina, tmp_path)
    trust = tmp_path / "trust"
    write_trust(trust, replace(amina.trust(), stamp_authorities=authority.roots))
    return amina, package, trust


def test_a_stamp_is_kept_with_its_step_and_believed_under_the_roots_of_the_trust_material(
    tmp_path: Path, authority: OpensslAuthority
) -> None:
    _, package, trust = stamped(tmp_path, authority)
    assert (package / layout.stamp_name(0)).exists()
    assert both(package, trust).code == 0
    assert both(package, None).code == 3
    assert ("step 0", "stamp") in both(package, None).unchecked()


def test_openssl_ts_accepts_the_stamp_over_the_checkpoint_in_the_proof(
    tmp_path: Path, authority: OpensslAuthority
) -> None:
    _, package, trust = stamped(tmp_path, authority)
    checkpoint = (package / layout.proof_name(0)).read_bytes().split(b"\n\n", 1)[1]
    (tmp_path / "checkpoint").write_bytes(checkpoint)
    token = package / layout.stamp_name(0)
    shown = subprocess.run(
        [authority.openssl, "ts", "-reply", "-in", token, "-text"], capture_output=True, text=True, check=True
    ).stdout
    said = re.search(r"Time stamp: (\w+ +\d+ [\d:]+)(?:\.\d+)? (\d+) GMT", shown)
    assert said
    moment = datetime.strptime(f"{said[1]} {said[2]}", "%b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    words = ["ts", "-verify", "-attime", str(int(moment.timestamp())), "-data", str(tmp_path / "checkpoint")]
    words += ["-in", str(token), "-CAfile", str(trust / "stamp-authorities.pem")]
    asked = [authority.openssl, *words]
    judged = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stderr


def test_a_stamp_without_roots_in_the_trust_material_cannot_be_checked(
    tmp_path: Path, authority: OpensslAuthority
) -> None:
    amina, package, _ = stamped(tmp_path, authority)
    found = both(package, cast.trust_folder(tmp_path / "rootless", amina))
    assert found.code == 4
    assert found.unchecked() == {("step 0", "stamp")}


def test_a_stamp_of_an_authority_that_is_not_trusted_does_not_hold(
    openssl: str, tmp_path: Path, authority: OpensslAuthority
) -> None:
    amina, package, _ = stamped(tmp_path, authority)
    other = OpensslAuthority(tmp_path / "other", openssl)
    write_trust(tmp_path / "misplaced", replace(amina.trust(), stamp_authorities=other.roots))
    found = both(package, tmp_path / "misplaced")
    assert found.failing() == {"step 0"}
    assert alone(package, tmp_path / "misplaced").failing() == {"step 0"}


def test_a_genuine_stamp_of_another_checkpoint_does_not_hold(
    tmp_path: Path, authority: OpensslAuthority
) -> None:
    amina, package, trust = stamped(tmp_path, authority)
    token = (package / layout.stamp_name(0)).read_bytes()
    with serving(authority) as address:
        amina.stamps = StampAuthority(address, authority.roots)
        cast.done(
            actions.check_exhibit(amina.ledger(package), amina.desk(), sealing.recomputed_root(package))
        )
    (package / layout.stamp_name(1)).write_bytes(token)
    listed = amina.ledger(package)._tags() | {layout.stamp_name(1): digest(token)}
    custody, _ = actions.fold(amina.ledger(package).page())
    from comity.evidence import packing  # noqa: PLC0415 - what an attacker with the holder's keys does

    for name, raw in packing.closing_files(listed, {}, custody, amina.holder, cast.NOON).items():
        (package / name).write_bytes(raw)
    assert both(package, trust).failing() >= {"step 1"}


SPOILED = {
    "nothing": b"",
    "words": b"no stamps today",
    "a refusal": bytes.fromhex("30053003020102"),
    "zeros": bytes(5000),
}


@pytest.mark.parametrize("reply", SPOILED.values(), ids=SPOILED.keys())
def test_an_authority_that_answers_nonsense_does_not_stop_the_step_and_the_reason_is_told(
    tmp_path: Path, authority: OpensslAuthority, reply: bytes
) -> None:
    amina = cast.amina(tmp_path)
    authority.spoil = reply
    with serving(authority) as address:
        amina.stamps = StampAuthority(address, authority.roots)
        made = sealing.seal_package([cast.evidence(tmp_path)], tmp_path / "package", amina.desk())
    assert isinstance(made, sealing.SealedExhibit)
    assert made.done.stamped is None
    assert "stamp" in made.done.no_stamp
    assert both(tmp_path / "package", cast.trust_folder(tmp_path, amina)).code == 0


def test_an_authority_that_is_closed_does_not_stop_the_step(
    tmp_path: Path, authority: OpensslAuthority
) -> None:
    amina = cast.amina(tmp_path)
    authority.refuse = True
    with serving(authority) as address:
        amina.stamps = StampAuthority(address, authority.roots)
        package = cast.sealed(amina, tmp_path)
    amina.stamps = StampAuthority(address, authority.roots)
    outcome = cast.done(
        actions.check_exhibit(amina.ledger(package), amina.desk(), sealing.recomputed_root(package))
    )
    assert "does not answer" in outcome.no_stamp


def test_a_stamp_of_another_message_is_not_kept(tmp_path: Path, authority: OpensslAuthority) -> None:
    with serving(authority) as address:
        token, _ = StampAuthority(address, authority.roots).stamp(b"another message")
        authority.spoil = token
        amina = cast.amina(tmp_path)
        amina.stamps = StampAuthority(address, authority.roots)
        package = cast.sealed(amina, tmp_path)
    assert not (package / layout.stamp_name(0)).exists()


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://example.invalid", "stamps"])
def test_an_address_that_is_no_stamp_authority_is_refused(address: str) -> None:
    with pytest.raises(UserError):
        StampAuthority(address, b"")


def test_the_authority_sees_a_digest_and_nothing_else(tmp_path: Path, authority: OpensslAuthority) -> None:
    stamped(tmp_path, authority)
    assert len(authority.asked) == 1
    assert len(authority.asked[0]) < 100
