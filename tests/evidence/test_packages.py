"""Packages that were made well, read by both verifiers and by the tools of any Linux system."""

import json
import shutil
import subprocess
from pathlib import Path

import bagit
import pytest

import cast
from comity.base.errors import PeerError, UserError
from comity.base.judgment import Refused
from comity.evidence import actions, layout, sealing
from comity.evidence.terms import StepKind
from conftest import absent
from verifiers import both, ours


def test_a_sealed_package_is_verified_with_trust_and_intact_without(tmp_path: Path) -> None:
    amina = cast.amina(tmp_path)
    package = cast.sealed(amina, tmp_path)
    assert both(package, cast.trust_folder(tmp_path, amina)).code == 0
    without = both(package, None)
    assert without.code == 3
    assert without.unchecked() == {("step 0", "signer"), ("step 0", "log"), ("handover", "signer")}


def test_evidence_that_crossed_a_border_is_verified_with_two_roots_of_trust_and_refused_with_one(
    tmp_path: Path,
) -> None:
    amina, dalia = cast.amina(tmp_path), cast.dalia(tmp_path)
    package = cast.handed_over(amina, dalia, tmp_path)
    assert both(package, cast.trust_folder(tmp_path / "two", amina, dalia)).code == 0
    assert both(package, cast.trust_folder(tmp_path / "one", amina)).failing() == {"step 3", "handover"}
    assert both(package, cast.trust_folder(tmp_path / "other", dalia)).failing() == {
        "step 0",
        "step 1",
        "step 2",
    }


@pytest.mark.judge
def test_the_library_of_congress_calls_the_package_a_valid_bag(tmp_path: Path) -> None:
    package = cast.handed_over(cast.amina(tmp_path), cast.dalia(tmp_path), tmp_path)
    bag = bagit.Bag(str(package))  # type: ignore[no-untyped-call]
    assert bag.is_valid()  # type: ignore[no-untyped-call]
    assert bag.info["Comity-Package"] == "1"


@pytest.mark.judge
def test_sha256sum_checks_every_file_of_the_package(tmp_path: Path) -> None:
    if shutil.which("sha256sum") is None:
        absent("sha256sum")
    package = cast.sealed(cast.amina(tmp_path), tmp_path)
    for manifest in (layout.MANIFEST, layout.TAGMANIFEST):
        words = ["sha256sum", "--strict", "-c", manifest]
        ran = subprocess.run(words, cwd=package, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr


@pytest.mark.judge
def test_openssl_gives_the_digest_that_the_seal_names(openssl: str, tmp_path: Path) -> None:
    package = cast.sealed(cast.amina(tmp_path), tmp_path)
    lines = (package / layout.ITEMS).read_bytes().splitlines()
    item = next(json.loads(line) for line in lines if json.loads(line)["name"] == "seized/mail/inbox.mbox")
    words = [openssl, "dgst", "-sha256", "-r", item["path"]]
    assert (
        subprocess.run(words, cwd=package, capture_output=True, text=True, check=True).stdout.split()[0]
        == item["sha256"]
    )


def test_links_and_empty_folders_are_in_the_seal_and_not_in_the_package(tmp_path: Path) -> None:
    package = cast.sealed(cast.amina(tmp_path), tmp_path)
    named = {
        json.loads(line)["name"]: json.loads(line)
        for line in (package / layout.ITEMS).read_bytes().splitlines()
    }
    assert named["seized/link"]["target"] == "chat.txt"
    assert named["seized/mail/empty"]["kind"] == "folder"
    assert not (package / "data" / "seized" / "link").exists()


def test_only_who_was_named_in_the_offer_can_accept_it(tmp_path: Path) -> None:
    amina, dalia, bruno = cast.amina(tmp_path), cast.dalia(tmp_path), cast.bruno(tmp_path)
    package = cast.sealed(amina, tmp_path)
    cast.done(actions.offer_exhibit(amina.ledger(package), amina.desk(), dalia.holder.signer))
    root = sealing.recomputed_root(package)
    refused = actions.accept_exhibit(bruno.ledger(package), bruno.desk(), root)
    assert isinstance(refused, Refused)
    assert refused.code == "not-the-receiver"
    assert not (package / layout.statement_name(2)).exists()
    assert both(package, cast.trust_folder(tmp_path, amina)).code == 0
    accepted = cast.done(actions.accept_exhibit(dalia.ledger(package), dalia.desk(), root))
    assert accepted.custody.holder == dalia.holder.signer.kid


def test_an_offer_can_be_declined_or_withdrawn_and_made_again(tmp_path: Path) -> None:
    amina, dalia = cast.amina(tmp_path), cast.dalia(tmp_path)
    package = cast.sealed(amina, tmp_path)

    def decline() -> object:
        return actions.decline_exhibit(dalia.ledger(package), dalia.desk(), "not for this court")

    def withdraw() -> object:
        return actions.withdraw_offer(amina.ledger(package), amina.desk(), "the wrong receiver")

    for answer in (decline, withdraw):
        cast.done(actions.offer_exhibit(amina.ledger(package), amina.desk(), dalia.holder.signer))
        assert cast.done(answer()).custody.holder == amina.holder.signer.kid
        assert (
            ours(
                package,
                cast.trust_folder(tmp_path / f"after-{len(list(package.rglob('*.jws.json')))}", amina, dalia),
            ).code
            == 0
        )
    assert both(package, cast.trust_folder(tmp_path, amina, dalia)).code == 0


def test_a_copy_is_exported_with_the_name_of_whom_it_is_for(tmp_path: Path) -> None:
    amina = cast.amina(tmp_path)
    package = cast.sealed(amina, tmp_path)
    made = cast.done(
        sealing.copy_package(
            amina.ledger(package), tmp_path / "for-court", amina.desk(), "Court of Northport"
        )
    )
    assert made.kind is StepKind.EXPORT
    trust = cast.trust_folder(tmp_path, amina)
    assert both(tmp_path / "for-court", trust).code == 0
    assert both(package, trust).code == 0


def test_nobody_acts_on_a_package_that_does_not_hold(tmp_path: Path) -> None:
    package = cast.sealed(cast.amina(tmp_path), tmp_path)
    cast.rewritten(cast.copy_of(package, tmp_path), "data/seized/chat.txt", lambda raw: b"x" + raw[1:])
    with pytest.raises(PeerError, match=r"chat\.txt"):
        sealing.examine_or_refuse(tmp_path / "copy", read_items=True)


def test_a_package_is_not_made_over_something_or_inside_the_evidence(tmp_path: Path) -> None:
    amina, seized = cast.amina(tmp_path), cast.evidence(tmp_path)
    with pytest.raises(UserError, match="exists already"):
        sealing.seal_package([seized], seized, amina.desk())
    for target in (seized / "package", seized / "mail" / "package"):
        with pytest.raises(UserError, match="inside"):
            sealing.seal_package([seized], target, amina.desk())
    with pytest.raises(UserError, match="no folder"):
        sealing.seal_package([seized], tmp_path / "nowhere" / "package", amina.desk())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["amina", "seized"]


def test_the_log_of_a_home_holds_every_step_and_nothing_of_the_evidence(tmp_path: Path) -> None:
    amina = cast.amina(tmp_path)
    package = cast.handed_over(amina, cast.dalia(tmp_path), tmp_path)
    published = b"".join(
        path.read_bytes() for path in (tmp_path / "amina" / "log").rglob("*") if path.is_file()
    )
    assert published.count(b'"i":') >= 3
    for line in (package / layout.ITEMS).read_bytes().splitlines():
        item = json.loads(line)
        for secret in (item["name"], item.get("sha256"), item.get("root"), item["salt"]):
            assert secret is None or secret.encode() not in published
    assert b"Amina" not in published


def test_a_package_with_no_file_at_all_is_sealed_and_verified(tmp_path: Path) -> None:
    amina = cast.amina(tmp_path)
    (tmp_path / "bare").mkdir()
    package = cast.sealed(amina, tmp_path, [tmp_path / "bare"])
    assert both(package, cast.trust_folder(tmp_path, amina)).code == 0


def test_the_first_look_at_a_package_does_not_change_it(tmp_path: Path) -> None:
    package = cast.sealed(cast.amina(tmp_path), tmp_path)
    before = {path: path.stat().st_mtime_ns for path in package.rglob("*")}
    ours(package, None)
    assert before == {path: path.stat().st_mtime_ns for path in package.rglob("*")}
