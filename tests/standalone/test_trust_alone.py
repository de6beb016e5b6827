"""The stand-alone verifier, its trust material and time stamps."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from standalone import package_by_hand as hand

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

from standalone.running import CANNOT_RUN, Bench, flip, run, run_alone


def changed_json(path: Path, change: Callable[[Any], object]) -> None:
    content = json.loads(path.read_bytes())
    change(content)
    path.write_bytes(hand.spelled(content))


@pytest.mark.parametrize(
    "change",
    [
        lambda trust: trust["signers"][0]["keys"][0].update(kid=hand.SLY.kid),
        lambda trust: trust["signers"][0]["keys"].reverse(),
        lambda trust: trust["signers"][0]["keys"].pop(),
        lambda trust: trust["signers"].append(trust["signers"][0]),
        lambda trust: trust["signers"][0].update({"from": "yesterday"}),
        lambda trust: trust.update(v=2),
        lambda trust: trust["signers"].append(7),
    ],
)
def test_unusable_trust_material_stops_the_verifier(bench: Bench, change: Callable[[Any], object]) -> None:
    changed_json(bench.trust / "signers.json", change)
    outcome = bench.judge_form()
    assert (outcome.exit, outcome.printed) == (CANNOT_RUN, "")
    assert "could not run" in outcome.complaint


@pytest.mark.parametrize(
    "line", ["witness w w+00000000+AAAA", "quorum all", "log", "log a+00000000+AAAA", "log a b"]
)
def test_a_policy_line_that_is_not_known_stops_the_verifier(bench: Bench, line: str) -> None:
    with (bench.trust / "log-policy").open("a") as policy:
        policy.write(line + "\n")
    assert bench.judge_form().exit == CANNOT_RUN


def test_missing_folders_stop_the_verifier(bench: Bench) -> None:
    assert run_alone(bench.folder / "nothing").exit == CANNOT_RUN
    assert run(bench.package / "bagit.txt").exit == CANNOT_RUN
    assert run(bench.package, "--trust", str(bench.folder / "nothing")).exit == CANNOT_RUN
    assert run(bench.package, "--trust", str(bench.folder)).exit == CANNOT_RUN


def test_trust_material_is_never_taken_from_inside_the_package(bench: Bench) -> None:
    shutil.copytree(bench.trust, bench.package / "trust")
    (bench.folder / "by another name").symlink_to(bench.package / "trust")
    for folder in (bench.package / "trust", bench.folder / "by another name"):
        assert run(bench.package, "--trust", str(folder)).exit == CANNOT_RUN


@dataclass
class Authority:
    """A throw-away time-stamp authority."""

    folder: Path
    first: datetime
    last: datetime

    def __post_init__(self) -> None:
        self.folder.mkdir()
        root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        purpose = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.TIME_STAMPING])
        self.root = self.certificate("Root", root, root, x509.BasicConstraints(ca=True, path_length=0))
        (self.folder / "stamp.pem").write_bytes(self.certificate("Stamp", leaf, root, purpose))
        private = leaf.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "stamp.key").write_bytes(private)
        (self.folder / "serial").write_text("01\n")
        (self.folder / "conf").write_text(
            "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_digest=sha256\ndefault_policy=1.2.3.4\n"
            "digests=sha256\ness_cert_id_alg=sha256\nclock_precision_digits=3\n"
        )

    def certificate(
        self,
        name: str,
        key: ec.EllipticCurvePrivateKey,
        issuer: ec.EllipticCurvePrivateKey,
        extension: x509.ExtensionType,
    ) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "Root")]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.first)
            .not_valid_after(self.last)
            .add_extension(extension, critical=True)
        )
        return builder.sign(issuer, hashes.SHA256()).public_bytes(Encoding.PEM)

    def stamp(self, content: bytes) -> bytes:
        (self.folder / "content").write_bytes(content)
        for command in (
            ["openssl", "ts", "-query", "-data", "content", "-sha256", "-cert", "-out", "query"],
            [
                "openssl",
                "ts",
                "-reply",
                "-config",
                "conf",
                "-queryfile",
                "query",
                "-signer",
                "stamp.pem",
                "-inkey",
                "stamp.key",
                "-out",
                "response",
            ],
        ):
            subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        return (self.folder / "response").read_bytes()


def now() -> datetime:
    return datetime.fromtimestamp(int(time.time()), UTC)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("authority") / "a"
    return Authority(folder, now() - timedelta(days=1), now() + timedelta(days=1))


def stamped(bench: Bench, authority: Authority, content: bytes | None = None) -> None:
    maker = hand.Maker()
    maker.make_seal()
    maker.make_steps()
    checkpoint = maker.files["custody/0004.tlog-proof"].partition(b"\n\n")[2]
    maker.files["custody/0004.tsr"] = authority.stamp(checkpoint if content is None else content)
    maker.make_bag()
    maker.make_handover()
    bench.remake(maker)
    (bench.trust / "stamp-authorities.pem").write_bytes(authority.root)


def test_a_good_stamp_holds_and_its_time_is_told(bench: Bench, authority: Authority) -> None:
    stamped(bench, authority)
    outcome = bench.verify()
    assert outcome.result("step 4", "stamp") == "holds"
    assert outcome.broken() == set()
    assert f"stamped {now():%Y-%m-%dT}" in run(bench.package, "--trust", str(bench.trust)).printed


def test_a_stamp_over_something_else_does_not_hold(bench: Bench, authority: Authority) -> None:
    stamped(bench, authority, b"something else")
    assert bench.verify().broken() == {("step 4", "stamp")}
    assert run(bench.package, "--json").broken() == {("step 4", "stamp")}


def test_a_stamp_of_an_unknown_authority_does_not_hold(
    bench: Bench, authority: Authority, tmp_path: Path
) -> None:
    stamped(bench, authority)
    other = Authority(tmp_path / "other", authority.first, authority.last)
    (bench.trust / "stamp-authorities.pem").write_bytes(other.root)
    assert bench.verify().broken() == {("step 4", "stamp")}


def test_a_stamp_cannot_be_checked_without_known_authorities(bench: Bench, authority: Authority) -> None:
    stamped(bench, authority)
    (bench.trust / "stamp-authorities.pem").unlink()
    assert bench.verify().result("step 4", "stamp") == "cannot-be-checked"
    (outcome,) = run(bench.package, "--json").results("step 4", "stamp")
    assert (outcome["result"], outcome["why"]) == ("cannot-be-checked", "no trust material given")


def test_an_altered_stamp_does_not_hold(bench: Bench, authority: Authority) -> None:
    stamped(bench, authority)
    for garbage in (flip(-1), lambda raw: raw[:-1], lambda _: b"", lambda _: b"0\x80\xff" * 50):
        original = (bench.package / "custody/0004.tsr").read_bytes()
        bench.spoil("custody/0004.tsr", garbage)
        assert ("step 4", "stamp") in bench.verify().broken()
        (bench.package / "custody/0004.tsr").write_bytes(original)


def test_a_stamp_is_judged_at_the_stamped_time(bench: Bench, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "short", now() - timedelta(days=1), now() + timedelta(seconds=2))
    stamped(bench, authority)
    time.sleep(max(0, authority.last.timestamp() + 0.1 - time.time()))
    assert bench.verify().result("step 4", "stamp") == "holds"


def test_a_stamp_made_after_its_certificate_expired_does_not_hold(bench: Bench, tmp_path: Path) -> None:
    stamped(bench, Authority(tmp_path / "late", now() - timedelta(days=2), now() - timedelta(days=1)))
    assert bench.verify().broken() == {("step 4", "stamp")}


def test_garbage_stamps_are_refused_where_they_do_not_belong(bench: Bench) -> None:
    (bench.package / "custody/0009.tsr").write_bytes(b"")
    assert bench.verify().broken() == {("package", "layout")}


def test_trust_without_a_certificate_in_its_authorities_is_unusable(bench: Bench) -> None:
    (bench.trust / "stamp-authorities.pem").write_text("nothing")
    assert bench.judge_form().exit == CANNOT_RUN
