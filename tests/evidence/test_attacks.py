"""T01 to T08: what an attacker does to a package, seen by both verifiers alike."""

import json
import os
import random  # noqa: TID251 - reproducible places, no secret
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cast
from comity.audit import wire as log_wire
from comity.audit.durable import write_whole
from comity.base import statements, strict_json
from comity.base.errors import PeerError
from comity.base.spelling import base64url_text
from comity.evidence import actions, layout, packing, sealing
from comity.evidence.rules import Custody
from comity.evidence.states import CustodyState
from comity.evidence.terms import StepKind
from comity.evidence.wire import digest, log_leaf, step_payload
from verifiers import KNOWS_ML_DSA, alone, both, ours

Harm = Callable[[Path], None]


class Scene:
    """A package of four steps, two signers and two logs, and the trust folder that believes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.amina, self.dalia = cast.amina(folder), cast.dalia(folder)
        self.package = cast.handed_over(self.amina, self.dalia, folder)
        self.trust = cast.trust_folder(folder, self.amina, self.dalia)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(tmp_path_factory.mktemp("scene"))


def statement(seq: int) -> str:
    return layout.statement_name(seq)


def remove_step(seq: int) -> Harm:
    def harm(package: Path) -> None:
        (package / statement(seq)).unlink()
        (package / layout.proof_name(seq)).unlink()

    return harm


def swap_steps(package: Path) -> None:
    for name in (layout.statement_name, layout.proof_name):
        first, second = package / name(1), package / name(2)
        one, two = first.read_bytes(), second.read_bytes()
        first.write_bytes(two)
        second.write_bytes(one)


def double_step(package: Path) -> None:
    for name in (layout.statement_name, layout.proof_name):
        shutil.copy(package / name(3), package / name(4))


def retag(package: Path) -> None:
    """What an attacker without keys does after any change: make all manifests fit again."""
    names = [path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file()]
    payload = {name for name in names if name.startswith("data/")}
    lines = (package / layout.MANIFEST).read_text(encoding="utf-8").splitlines()
    order = [line[66:] for line in lines if line[66:] in payload] + sorted(
        payload - {line[66:] for line in lines}
    )
    write_manifest(package, layout.MANIFEST, order)
    tags = set(names) - payload - {layout.TAGMANIFEST, layout.HANDOVER}
    write_manifest(package, layout.TAGMANIFEST, sorted(tags))


def contents(package: Path) -> dict[str, bytes]:
    """Every file of a package; a link or a device counts as itself."""
    files = {
        path: path.is_file() and not path.is_symlink() for path in package.rglob("*") if not path.is_dir()
    }
    return {
        str(path.relative_to(package)): path.read_bytes() if plain else b"?" for path, plain in files.items()
    }


def write_manifest(package: Path, name: str, paths: list[str]) -> None:
    text = "".join(layout.manifest_line(digest((package / path).read_bytes()), path) for path in paths)
    (package / name).write_text(text, encoding="utf-8", newline="\n")


def edit_payload(seq: int, **fields: Any) -> Harm:  # noqa: ANN401 - loose JSON
    """Change what a step says and leave the signatures as they were."""

    def harm(package: Path) -> None:
        outer = json.loads((package / statement(seq)).read_bytes())
        said = strict_json.parse_object(_unpack(outer["payload"])) | fields
        outer["payload"] = base64url_text(strict_json.write(said))
        (package / statement(seq)).write_bytes(strict_json.write(outer))

    return harm


def _unpack(text: str) -> bytes:
    import base64  # noqa: PLC0415 - only here

    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def replace_by_link(name: str) -> Harm:
    def harm(package: Path) -> None:
        shutil.move(package / name, package.parent / "elsewhere")
        (package / name).symlink_to(package.parent / "elsewhere")

    return harm


def replace_folder_by_link(package: Path) -> None:
    target = package.parent / "elsewhere-folder"
    shutil.rmtree(target, ignore_errors=True)
    shutil.move(package / "data", target)
    (package / "data").symlink_to(target)


def key_twice(name: str) -> Harm:
    def harm(package: Path) -> None:
        cast.rewritten(
            package, name, lambda raw: raw.replace(b'{"', b'{"v":1,"', 1).replace(b'"v":1,"v"', b'"v":1,"v"')
        )

    return harm


def edit(name: str, change: Callable[[bytes], bytes]) -> Harm:
    return lambda package: cast.rewritten(package, name, change)


def add(name: str) -> Harm:
    def harm(package: Path) -> None:
        (package / name).write_bytes(b"x")

    return harm


def other_index(package: Path) -> None:
    cast.rewritten(package, layout.proof_name(1), lambda raw: raw.replace(b"index 1\n", b"index 0\n"))


def directory_for_file(package: Path) -> None:
    (package / layout.SEAL).unlink()
    (package / layout.SEAL).mkdir()


def fifo_for_file(package: Path) -> None:
    (package / "data/seized/chat.txt").unlink()
    os.mkfifo(package / "data/seized/chat.txt")


HARMS: dict[str, tuple[Harm, set[str]]] = {
    "the first step is dropped": (remove_step(0), {"package"}),
    "a step in the middle is dropped": (remove_step(1), {"package"}),
    "the last step is dropped": (remove_step(3), {"package", "handover"}),
    "two steps are swapped": (swap_steps, {"package", "step 1", "step 2"}),
    "the last step stands twice": (double_step, {"package"}),
    "a step is forged": (edit_payload(2, purpose="another"), {"package", "step 2"}),
    "a step names another actor": (edit_payload(1, by=cast.BRUNO.as_fields()), {"package", "step 1"}),
    "a proof names another index": (other_index, {"package", "step 1"}),
    "a proof is removed": (lambda package: (package / layout.proof_name(2)).unlink(), {"package", "step 2"}),
    "a file is removed": (
        lambda package: (package / "data/seized/chat.txt").unlink(),
        {"package", "item data/seized/chat.txt"},
    ),
    "a file is added": (add("data/seized/more"), {"package"}),
    "a tag file is added": (add("note.txt"), {"package"}),
    "a file is cut short": (
        edit("data/seized/mail/inbox.mbox", lambda raw: raw[:-1]),
        {"item data/seized/mail/inbox.mbox"},
    ),
    "a file is longer": (edit("data/seized/nothing", lambda raw: raw + b"x"), {"item data/seized/nothing"}),
    "a file is a link to its own bytes": (
        replace_by_link("data/seized/chat.txt"),
        {"package", "item data/seized/chat.txt"},
    ),
    "the seal is a link to its own bytes": (replace_by_link(layout.SEAL), {"package", "seal"}),
    "the data folder is a link": (replace_folder_by_link, {"package"}),
    "a file is a fifo": (fifo_for_file, {"package", "item data/seized/chat.txt"}),
    "a file is a folder": (directory_for_file, {"package", "seal"}),
    "a key stands twice in the seal": (key_twice(layout.SEAL), {"package", "seal"}),
    "a key stands twice in a step": (key_twice(statement(1)), {"package", "step 1"}),
    "a key stands twice in the handover": (key_twice(layout.HANDOVER), {"handover"}),
    "an item line is dropped": (edit(layout.ITEMS, lambda raw: raw.split(b"\n", 1)[1]), {"package", "seal"}),
    "the chunk digests are cut": (edit(layout.CHUNKS, lambda raw: raw[:-32]), {"package", "seal"}),
    "the keys are emptied": (edit(layout.KEYS, lambda _: b"{}"), {"package"}),
    "a manifest line is dropped": (
        edit(layout.MANIFEST, lambda raw: raw.split(b"\n", 1)[1]),
        {"package", "seal"},
    ),
    "a manifest ends without a line end": (edit(layout.MANIFEST, lambda raw: raw[:-1]), {"package"}),
    "the tag manifest is empty": (edit(layout.TAGMANIFEST, lambda _: b""), {"package", "handover"}),
    "the declaration is another": (edit(layout.BAGIT, lambda raw: raw.replace(b"1.0", b"0.97")), {"package"}),
    "the verifier in the package is another": (
        edit(layout.VERIFY_ALONE, lambda raw: raw + b"\n"),
        {"package"},
    ),
}


@pytest.mark.parametrize(("harm", "parts"), HARMS.values(), ids=HARMS.keys())
def test_harm_is_seen_by_both_verifiers_and_its_part_is_named(
    scene: Scene, tmp_path: Path, harm: Harm, parts: set[str]
) -> None:
    package = cast.copy_of(scene.package, tmp_path)
    harm(package)
    for trust in (scene.trust, None):
        found = both(package, trust)
        assert found.code == 1
        assert found.failing() >= parts, found.findings
        assert alone(package, trust).failing() >= parts


@pytest.mark.parametrize(("harm", "parts"), HARMS.values(), ids=HARMS.keys())
def test_harm_is_seen_when_every_manifest_was_made_to_fit_again(
    scene: Scene, tmp_path: Path, harm: Harm, parts: set[str]
) -> None:
    package = cast.copy_of(scene.package, tmp_path)
    harm(package)
    retag(package)
    assert parts
    assert both(package, scene.trust).code == (0 if contents(package) == contents(scene.package) else 1)


def test_a_changed_bit_is_named_with_its_file_and_byte_range(tmp_path: Path) -> None:
    amina = cast.amina(tmp_path)
    (tmp_path / "disk.img").write_bytes(bytes(5 << 20))
    package = cast.sealed(amina, tmp_path, [tmp_path / "disk.img"])
    (package / "data/disk.img").chmod(0o644)
    with (package / "data/disk.img").open("r+b") as file:
        for at in (3_500_000, 4_194_304):
            file.seek(at)
            file.write(b"\x01")
    trust = cast.trust_folder(tmp_path, amina)
    for answer in (both(package, trust), alone(package, trust)):
        spans = [one["bytes"] for one in answer.findings if one["part"] == "item data/disk.img"]
        assert spans == [[3 << 20, 5 << 20]]


def test_a_package_rebuilt_with_the_attackers_own_valid_keys_and_log_fails_against_the_trust_folder(
    scene: Scene, tmp_path: Path
) -> None:
    """T04: everything in it is right, under keys that nobody trusts."""
    mallory, accomplice = (
        cast.mallory(tmp_path),
        cast.person(tmp_path / "two", cast.DALIA, "log.borealia.example/custody"),
    )
    rebuilt = cast.handed_over(mallory, accomplice, tmp_path)
    assert both(rebuilt, None).code == 3
    assert both(rebuilt, cast.trust_folder(tmp_path, mallory, accomplice)).code == 0
    found = both(rebuilt, scene.trust)
    assert found.code == 1
    assert found.failing() == {"step 0", "step 1", "step 2", "step 3", "handover"}
    assert "does not name" in found.says("step 0")


def test_a_trusted_signer_who_claims_another_quality_is_seen(tmp_path: Path) -> None:
    amina = cast.amina(tmp_path)
    trust = cast.trust_folder(tmp_path, amina)
    judge = type(amina.holder.signer)(cast.BRUNO, amina.holder.signer.keys, amina.holder.signer.begins)
    amina.holder = type(amina.holder)("me", judge, amina.holder.pair)
    found = both(cast.sealed(amina, tmp_path), trust)
    assert found.failing() == {"step 0", "handover"}
    assert "Bruno Keller" in found.says("step 0")


def test_a_key_used_outside_its_period_is_seen(tmp_path: Path) -> None:
    amina = cast.amina(tmp_path)
    amina.watch = cast.NOON.replace(year=2025)
    found = both(cast.sealed(amina, tmp_path), cast.trust_folder(tmp_path, amina))
    assert found.failing() == {"step 0", "handover"}
    assert "outside the period" in found.says("step 0")


def test_the_two_signatures_must_be_of_one_signer(tmp_path: Path) -> None:
    """A step signed with Amina's Ed25519 key and Dalia's ML-DSA key is of nobody."""
    amina, dalia = cast.amina(tmp_path), cast.dalia(tmp_path)
    trust = cast.trust_folder(tmp_path, amina, dalia)
    seeds = (amina.holder.pair.seeds[0], dalia.holder.pair.seeds[1])
    pair = type(amina.holder.pair)(seeds)
    amina.holder = type(amina.holder)("me", amina.holder.signer, pair)
    assert both(cast.sealed(amina, tmp_path), trust).failing() >= {"step 0", "handover"}


def test_a_holder_who_gave_an_exhibit_away_cannot_go_on_with_it(scene: Scene, tmp_path: Path) -> None:
    """T09: Amina, whose keys are trusted, signs a step and a handover after Dalia accepted."""
    package = cast.copy_of(scene.package, tmp_path)
    ledger = scene.amina.ledger(package)
    custody, leaf = actions.fold(ledger.page())
    forged = Custody(
        **{name: getattr(custody, name) for name in custody.__slots__}
        | {"holder": scene.amina.holder.signer.kid}
    )
    desk = scene.amina.desk()
    step = actions._draft(forged, desk, StepKind.CHECK, {"root": custody.root})
    raw = statements.sign(step_payload(step), statements.CUSTODY, desk.holder.pair)
    secret = b"\x05" * 32
    proof = desk.log.append([log_leaf(custody.exhibit, 4, raw, secret, leaf)], [secret])[0]
    files = {statement(4): raw, layout.proof_name(4): log_wire.write_proof(proof)}
    after = Custody(
        **{name: getattr(custody, name) for name in custody.__slots__} | {"steps": 5, "head": digest(raw)}
    )
    listed = packing.tag_digests(package) | {layout.KEYS: digest((package / layout.KEYS).read_bytes())}
    listed |= {f"custody/{path.name}": digest(path.read_bytes()) for path in (package / "custody").iterdir()}
    for name, content in (files | packing.closing_files(listed, files, after, desk.holder, desk.now)).items():
        write_whole(package / name, content)
    found = both(package, scene.trust)
    assert found.failing() == {"step 4"}
    assert "not the holder" in found.says("step 4")


def test_trust_material_that_contradicts_itself_is_not_used_at_all(scene: Scene, tmp_path: Path) -> None:
    for name, change in (
        ("signers.json", lambda raw: raw.replace(b'"kid":"', b'"kid":"A', 1)),
        ("signers.json", lambda _: b"{}"),
        ("log-policy", lambda raw: raw.replace(b"quorum none", b"quorum all")),
    ):
        trust = tmp_path / "trust"
        shutil.rmtree(trust, ignore_errors=True)
        shutil.copytree(scene.trust, trust)
        cast.rewritten(trust, name, change)
        assert alone(scene.package, trust).code == 2
        with pytest.raises(PeerError):
            ours(scene.package, trust)
    assert alone(scene.package, tmp_path / "nowhere").code == 2


def test_an_exhibit_that_is_offered_stays_the_holders(tmp_path: Path) -> None:
    amina, dalia = cast.amina(tmp_path), cast.dalia(tmp_path)
    package = cast.sealed(amina, tmp_path)
    offered = cast.done(actions.offer_exhibit(amina.ledger(package), amina.desk(), dalia.holder.signer))
    assert offered.custody.state is CustodyState.OFFERED
    assert offered.custody.holder == amina.holder.signer.kid
    assert both(package, cast.trust_folder(tmp_path, amina)).code == 0


# --- every bit

MEANINGLESS_BELOW_OPENSSL_3_5 = (
    "the ML-DSA signature of handover.jws.json, which such an openssl cannot check"
)


def flips(package: Path, count: int | None, seed: int) -> list[tuple[str, int, int]]:
    """Places to change one bit: one bit of each byte of each file, or a sample that touches every file."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, no secret
    names = sorted(path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file())
    sizes = {name: (package / name).stat().st_size for name in names if (package / name).stat().st_size}
    if count is None:
        # The two conveniences mean nothing and lie under a digest as a whole: a sample of them is enough.
        few = (layout.VERIFY_ALONE, layout.VERIFY_TEXT)
        meant = {name: size for name, size in sizes.items() if name not in few}
        places = [(name, at, chance.randrange(8)) for name, size in meant.items() for at in range(size)]
        return places + [
            (name, chance.randrange(sizes[name]), chance.randrange(8)) for name in few for _ in range(300)
        ]
    places = [
        (name, chance.randrange(size), chance.randrange(8)) for name, size in sizes.items() for _ in range(4)
    ]
    names = list(sizes)
    while len(places) < count:
        name = chance.choice(names)
        places.append((name, chance.randrange(sizes[name]), chance.randrange(8)))
    return places


def flip(package: Path, place: tuple[str, int, int]) -> None:
    name, at, bit = place
    with (package / name).open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << bit]))


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_one_bit_changed_in_any_file_is_seen(scene: Scene, tmp_path: Path, *, full: bool) -> None:
    """T01, in check a sample, in soak a bit of every byte but in two conveniences; no bit is without meaning to ``comity verify``."""
    package = cast.copy_of(scene.package, tmp_path)
    for place in flips(package, None if full else 1200, seed=1):
        flip(package, place)
        assert ours(package, scene.trust).code == 1, place
        flip(package, place)
    assert ours(package, scene.trust).code == 0


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_one_bit_changed_is_seen_by_the_stand_alone_verifier_alike(
    scene: Scene, tmp_path: Path, *, full: bool
) -> None:
    package = cast.copy_of(scene.package, tmp_path)
    unseen = []
    for place in flips(package, 1200 if full else 100, seed=2):
        flip(package, place)
        if alone(package, scene.trust).code != 1:
            unseen.append(place)
        flip(package, place)
    if KNOWS_ML_DSA:
        assert unseen == []
    else:
        assert {name for name, _, _ in unseen} <= {layout.HANDOVER}, MEANINGLESS_BELOW_OPENSSL_3_5


@pytest.mark.parametrize(
    "name",
    [
        "seal/seal.json",
        "seal/keys.json",
        "handover.jws.json",
        "custody/0001.jws.json",
        "custody/0001.tlog-proof",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
        "seal/items.jsonl",
        "bagit.txt",
    ],
)
@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00" * 100,
        b"\xff\xfe" * 50,
        b"[" * 100_000,
        b'{"a":' * 5000,
        b"9" * 100_000,
        b"\n\n\n",
        "é".encode() * 1000,
    ],
)
def test_garbage_in_any_file_is_a_finding_and_never_a_crash(
    scene: Scene, tmp_path: Path, name: str, garbage: bytes
) -> None:
    """T06."""
    package = cast.copy_of(scene.package, tmp_path)
    (package / name).write_bytes(garbage)
    assert both(package, scene.trust).code == 1


def test_the_exhibit_in_the_copy_is_the_one_that_was_sealed(scene: Scene, tmp_path: Path) -> None:
    package = cast.copy_of(scene.package, tmp_path)
    assert sealing.recomputed_root(package) == json.loads((package / layout.SEAL).read_bytes())["root"]
    assert both(package, scene.trust).code == 0
