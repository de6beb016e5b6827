"""What a hostile reading of the first version found; each stays mended."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cast
from comity.audit import wire as log_wire
from comity.authorities.terms import TrustMaterial
from comity.authorities.trust import merge, read_trust, write_trust
from comity.base import statements, strict_json
from comity.base.errors import PeerError, UserError
from comity.base.merkle import leaf_hash, root_of
from comity.base.spelling import base64url_bytes
from comity.evidence import actions, layout, packing, sealing
from comity.evidence.terms import Circumstances, StepKind
from comity.evidence.vaults.folder import FolderVault
from comity.evidence.wire import digest, log_leaf
from verifiers import both

Said = dict[str, Any]


def say_again(package: Path, person: cast.Person, change: Callable[[Said], object]) -> None:
    """Change what the last step says, and make signatures, log and handover right again with trusted keys."""
    ledger = person.ledger(package)
    steps = ledger.page().steps
    seq = len(steps) - 1
    said = strict_json.parse_object(base64url_bytes(json.loads(steps[seq].statement)["payload"]))
    exhibit = said["exhibit"]
    previous = ""
    for number, recorded in enumerate(steps[:seq]):
        previous = actions.leaf_of(exhibit, number, recorded, previous)
    change(said)
    raw = statements.sign(said, statements.CUSTODY, person.holder.pair)
    secret = b"\x07" * 32
    leaf = log_leaf(str(said["exhibit"]), seq, raw, secret, previous)
    proof = person.desk().log.append([leaf], [secret])[0]
    (package / layout.statement_name(seq)).write_bytes(raw)
    (package / layout.proof_name(seq)).write_bytes(log_wire.write_proof(proof))
    names = [path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()]
    tags = {name: digest((package / name).read_bytes()) for name in names if not name.startswith("data/")}
    for name in (layout.TAGMANIFEST, layout.HANDOVER):
        tags.pop(name)
    manifest = "".join(layout.manifest_line(tags[name], name) for name in sorted(tags)).encode()
    old = strict_json.parse_object(
        base64url_bytes(json.loads((package / layout.HANDOVER).read_bytes())["payload"])
    )
    signed = old | {"tagmanifest": digest(manifest), "head": digest(raw)}
    (package / layout.TAGMANIFEST).write_bytes(manifest)
    (package / layout.HANDOVER).write_bytes(statements.sign(signed, statements.HANDOVER, person.holder.pair))


ODD_STEPS: dict[str, tuple[Callable[[Said], object], int]] = {
    "nothing is odd": (lambda _: None, 0),
    "more is said": (lambda said: said.update(more={"a": [1]}), 0),
    "a kind of a later version": (lambda said: said.update(kind="hold"), 4),
    "a later kind in the wrong place": (lambda said: said.update(kind="hold", prev="00" * 32), 1),
    "a later kind of another seal": (lambda said: said.update(kind="hold", seal="00" * 32), 1),
    "a later kind with another number": (lambda said: said.update(kind="hold", seq=7), 1),
    "a receiver without a key's name": (lambda said: said["to"].update(kid="abc"), 1),
    "a year of three digits": (lambda said: said.update(time="0999-01-01T00:00:00Z"), 1),
    "a version that is true": (lambda said: said.update(v=True), 1),
    "a number that is true": (lambda said: said.update(seq=True), 1),
    "a name that is none": (lambda said: said["by"].update(name=None), 1),
    "a tool that is a text": (lambda said: said.update(tool="comity"), 1),
    "a purpose that is a number": (lambda said: said.update(purpose=5), 1),
    "no clock": (lambda said: said.pop("clock"), 1),
    "an offer of nobody's": (lambda said: said.pop("to"), 1),
    "a previous step that is none": (lambda said: said.update(prev=None), 1),
}


@pytest.mark.parametrize(("change", "code"), ODD_STEPS.values(), ids=ODD_STEPS.keys())
def test_an_odd_step_under_right_signatures_gets_one_verdict(
    tmp_path: Path, change: Callable[[Said], object], code: int
) -> None:
    """T07."""
    amina, dalia = cast.amina(tmp_path), cast.dalia(tmp_path)
    package = cast.sealed(amina, tmp_path)
    cast.done(actions.offer_exhibit(amina.ledger(package), amina.desk(), dalia.holder.signer))
    say_again(package, amina, change)
    assert both(package, cast.trust_folder(tmp_path, amina)).code == code


@pytest.mark.timeout(120)
def test_claims_of_absurd_sizes_cost_nothing(tmp_path: Path) -> None:
    """T23: the limit of time on this test is the check that nobody waits for a terabyte."""
    amina = cast.amina(tmp_path)
    package = cast.sealed(amina, tmp_path)
    trust = cast.trust_folder(tmp_path, amina)
    claiming = cast.copy_of(package, tmp_path)
    lines = [strict_json.parse_object(line) for line in (claiming / layout.ITEMS).read_bytes().splitlines()]
    for item in lines:
        if item["name"].endswith("inbox.mbox"):
            item["size"] = 1 << 52
    written = [strict_json.write(item) for item in lines]
    (claiming / layout.ITEMS).write_bytes(b"".join(line + b"\n" for line in written))
    seal = strict_json.parse_object((claiming / layout.SEAL).read_bytes())
    claim = {
        "bytes": sum(item.get("size", 0) for item in lines),
        "root": root_of(map(leaf_hash, written)).hex(),
    }
    (claiming / layout.SEAL).write_bytes(strict_json.write(seal | claim))
    assert "chunk digests are not as many" in both(claiming, trust).says("seal")
    for name in ("VERIFY.txt", "data/seized/chat.txt"):
        copy = cast.copy_of(package, tmp_path)
        os.truncate(copy / name, 1 << 40)
        assert both(copy, trust).code == 1
    copy = cast.copy_of(package, tmp_path)
    many = b",".join(b'"%d":0' % number for number in range(150_000))
    (copy / layout.KEYS).write_bytes(b"{" + many + b',"0":1}')
    assert both(copy, None).code == 1


def test_a_change_of_one_copy_is_not_finished_in_another(tmp_path: Path) -> None:
    """T15: the stick with the half-done package is away, and another copy of the exhibit is acted on."""
    amina = cast.amina(tmp_path)
    package = cast.sealed(amina, tmp_path)
    other = cast.copy_of(package, tmp_path, "other")
    cast.done(sealing.check_package(amina.ledger(other), amina.desk()))
    ledger = amina.ledger(package)
    page = ledger.page()
    pending = amina.home.folder / "pending" / json.loads(page.seal)["exhibit"]
    shutil.copytree(other / "custody", pending / "custody")
    for name in (layout.TAGMANIFEST, layout.HANDOVER):
        shutil.copy(other / name, pending / name)
    (pending / "BEFORE").write_text("00" * 32)
    (pending / "WHOLE").write_bytes(b"")
    with pytest.raises(UserError, match="another copy"):
        sealing.check_package(ledger, amina.desk())
    assert both(package, cast.trust_folder(tmp_path, amina)).code == 0


def test_a_package_that_was_moved_finishes_its_change_at_the_new_place(tmp_path: Path) -> None:
    amina = cast.amina(tmp_path)
    package = cast.sealed(amina, tmp_path)
    done = cast.copy_of(package, tmp_path, "done")
    before = digest((package / layout.TAGMANIFEST).read_bytes())
    cast.done(sealing.check_package(amina.ledger(done), amina.desk()))
    pending = amina.home.folder / "pending" / json.loads((package / layout.SEAL).read_bytes())["exhibit"]
    (pending / "custody").mkdir(parents=True)
    for name in (layout.statement_name(1), layout.proof_name(1), layout.TAGMANIFEST, layout.HANDOVER):
        shutil.copy(done / name, pending / name)
    (pending / "BEFORE").write_text(before)
    (pending / "WHOLE").write_bytes(b"")
    package.rename(tmp_path / "moved")
    cast.done(sealing.check_package(amina.ledger(tmp_path / "moved"), amina.desk()))
    assert len(amina.ledger(tmp_path / "moved").page().steps) == 3
    assert both(tmp_path / "moved", cast.trust_folder(tmp_path, amina)).code == 0


def test_two_commands_do_not_make_one_target(tmp_path: Path) -> None:
    """T24."""
    amina = cast.amina(tmp_path)
    with (tmp_path / ".package.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="Another command"):
            cast.sealed(amina, tmp_path)
    assert not (tmp_path / "package").exists()


def test_what_no_reader_takes_is_refused_before_it_is_logged(tmp_path: Path) -> None:
    amina = cast.amina(tmp_path)
    package = cast.sealed(amina, tmp_path)
    desk = amina.desk()
    long = type(desk)(desk.holder, desk.log, desk.now, desk.home, Circumstances(purpose="\x01" * 300_000))
    before = desk.log.size()
    with pytest.raises(UserError, match="cannot stand in a custody step"):
        sealing.check_package(amina.ledger(package), long)
    assert desk.log.size() == before
    cast.done(sealing.check_package(amina.ledger(package), amina.desk()))


def test_good_bytes_take_the_place_of_rotten_ones_in_the_vault(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path / "vault")
    (tmp_path / "file").write_bytes(b"good")
    name = vault.take(tmp_path / "file")
    kept = tmp_path / "vault" / "objects" / name[:2] / name
    kept.chmod(0o600)
    kept.write_bytes(b"rot!")
    (tmp_path / "again").write_bytes(b"good")
    assert vault.take(tmp_path / "again") == name
    assert kept.read_bytes() == b"good"


def test_private_keys_do_not_become_evidence(tmp_path: Path) -> None:
    """T26."""
    amina = cast.amina(tmp_path)
    with pytest.raises(UserError, match="private keys"):
        sealing.seal_package([tmp_path / "amina"], tmp_path / "package", amina.desk())


def test_a_link_named_as_an_argument_is_a_link_in_the_seal(tmp_path: Path) -> None:
    """T28: ``seal folder/*`` must not follow a link out of the folder."""
    amina = cast.amina(tmp_path)
    (tmp_path / "link").symlink_to("/etc/hostname")
    package = cast.sealed(amina, tmp_path, [tmp_path / "link"])
    assert json.loads((package / layout.ITEMS).read_bytes())["target"] == "/etc/hostname"
    assert list((package / "data").iterdir()) == []


def test_two_trust_folders_that_contradict_each_other_are_not_joined(tmp_path: Path) -> None:
    """T22."""
    amina, mallory = cast.amina(tmp_path), cast.mallory(tmp_path)
    with pytest.raises(UserError, match="two keys for the log"):
        merge(amina.trust(), mallory.trust())
    promoted = type(amina.holder.signer)(cast.BRUNO, amina.holder.signer.keys, amina.holder.signer.begins)
    known = type(amina.trust().known)((promoted,), amina.trust().known.logs)
    with pytest.raises(UserError, match="differ about the key"):
        merge(amina.trust(), TrustMaterial(known))


def test_trust_is_not_read_through_a_link_or_from_a_fifo_and_not_written_through_one(tmp_path: Path) -> None:
    """T22."""
    amina = cast.amina(tmp_path)
    trust = cast.trust_folder(tmp_path, amina)
    real = (trust / "signers.json").read_bytes()
    (trust / "signers.json").unlink()
    (tmp_path / "elsewhere").write_bytes(real)
    (trust / "signers.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises((UserError, PeerError)):
        read_trust(trust)
    write_trust(trust, cast.dalia(tmp_path).trust())
    assert (tmp_path / "elsewhere").read_bytes() == real
    (trust / "log-policy").unlink()
    os.mkfifo(trust / "log-policy")
    with pytest.raises((UserError, PeerError)):
        read_trust(trust)


def test_a_line_that_only_looks_like_a_comment_names_no_log(tmp_path: Path) -> None:
    """T22: U+2028 ends a line for some programs and not for a policy."""
    amina, mallory = cast.amina(tmp_path), cast.mallory(tmp_path)
    key = log_wire.write_log_key(mallory.home.log_signer().key).replace("log.amina", "log.mallory")
    trust = cast.trust_folder(tmp_path, amina)
    text = (trust / "log-policy").read_text(encoding="utf-8")
    (trust / "log-policy").write_text(f"# note\u2028log {key}\n{text}", encoding="utf-8")
    assert [log.name for log in read_trust(trust).known.logs] == ["log.amina.arcadia.example/custody"]


def test_names_alike_and_as_long_as_they_can_be_are_sealed(tmp_path: Path) -> None:
    """T08."""
    amina = cast.amina(tmp_path)
    (tmp_path / "long").mkdir()
    for name in ("a" * 255, "A" + "a" * 254, "ب" * 127, "b" * 254 + "\\"):
        (tmp_path / "long" / name).write_bytes(name.encode())
    os.utime(tmp_path / "long" / ("a" * 255), (-46_000_000_000, -46_000_000_000))
    package = cast.sealed(amina, tmp_path, [tmp_path / "long"])
    assert both(package, cast.trust_folder(tmp_path, amina)).code == 0


def test_an_export_from_a_package_is_recorded_before_it_leaves(tmp_path: Path) -> None:
    amina = cast.amina(tmp_path)
    package = cast.sealed(amina, tmp_path)
    (tmp_path / "taken").mkdir()
    with pytest.raises(UserError), packing.new_workspace(tmp_path / "taken"):
        pass
    made = cast.done(sealing.copy_package(amina.ledger(package), tmp_path / "out", amina.desk(), "the court"))
    assert made.kind is StepKind.EXPORT
    assert (tmp_path / "out" / layout.HANDOVER).read_bytes() == (package / layout.HANDOVER).read_bytes()
