"""T07: packages that a trusted signer made oddly, with every signature right: both verifiers say the same."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cast
from comity.base import statements, strict_json
from comity.base.spelling import base64url_bytes
from comity.evidence import layout
from comity.evidence.wire import digest
from verifiers import both

Change = Callable[[Path], object]


@pytest.fixture
def made(tmp_path: Path) -> tuple[cast.Person, Path, Path]:
    amina = cast.amina(tmp_path)
    return amina, cast.sealed(amina, tmp_path), cast.trust_folder(tmp_path, amina)


def signed_again(
    package: Path, amina: cast.Person, change_handover: Callable[[dict[str, Any]], object]
) -> None:
    """Make the tag manifest fit and sign the handover over it with Amina's own keys."""
    names = (path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file())
    tags = sorted(
        name
        for name in names
        if not name.startswith("data/") and name not in {layout.TAGMANIFEST, layout.HANDOVER}
    )
    text = "".join(layout.manifest_line(digest((package / name).read_bytes()), name) for name in tags)
    (package / layout.TAGMANIFEST).write_bytes(text.encode())
    old = json.loads((package / layout.HANDOVER).read_bytes())
    said = strict_json.parse_object(base64url_bytes(old["payload"])) | {"tagmanifest": digest(text.encode())}
    change_handover(said)
    (package / layout.HANDOVER).write_bytes(statements.sign(said, statements.HANDOVER, amina.holder.pair))


def facts(old: bytes, new: bytes) -> Change:
    return lambda package: cast.rewritten(package, layout.BAG_FACTS, lambda raw: raw.replace(old, new))


def more(name: str) -> Change:
    def change(package: Path) -> None:
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_bytes(b"x\n")

    return change


ODD_FILES: dict[str, Change] = {
    "the date is no date": facts(b"Bagging-Date: 2", b"Bagging-Date: x"),
    "the version stands twice": facts(b"Comity-Package: 1\n", b"Comity-Package: 1\nComity-Package: 1\n"),
    "the version is another": facts(b"Comity-Package: 1", b"Comity-Package: 2"),
    "the size is another": facts(b"Payload-Oxum: 3", b"Payload-Oxum: 4"),
    "the facts have other line ends": facts(b"\n", b"\r\n"),
    "a tag file that the format does not know": more("note.txt"),
    "a tag file in a folder of its own": more("extra/note.txt"),
    "a step without a proof": more("custody/0001.jws.json"),
    "a stamp of no step": more("custody/0007.tsr"),
    "a stamp that is none": more("custody/0000.tsr"),
    "a byte order mark before the list of files": lambda package: cast.rewritten(
        package, layout.MANIFEST, lambda raw: b"\xef\xbb\xbf" + raw
    ),
    "the list of files in capitals": lambda package: cast.rewritten(
        package, layout.MANIFEST, lambda raw: raw[:64].upper() + raw[64:]
    ),
    "the list of files with one blank": lambda package: cast.rewritten(
        package, layout.MANIFEST, lambda raw: raw.replace(b"  ", b" ", 1)
    ),
    "the list of files in another order": lambda package: cast.rewritten(
        package, layout.MANIFEST, lambda raw: b"".join(reversed(raw.splitlines(keepends=True)))
    ),
    "the list of files with other line ends": lambda package: cast.rewritten(
        package, layout.MANIFEST, lambda raw: raw.replace(b"\n", b"\r\n")
    ),
}


@pytest.mark.parametrize("change", ODD_FILES.values(), ids=ODD_FILES.keys())
def test_an_odd_file_does_not_hold_for_either_verifier(
    made: tuple[cast.Person, Path, Path], change: Change
) -> None:
    amina, package, trust = made
    before = {path: path.read_bytes() for path in package.rglob("*") if path.is_file()}
    change(package)
    assert before != {path: path.read_bytes() for path in package.rglob("*") if path.is_file()}
    signed_again(package, amina, lambda _: None)
    assert both(package, None).code == 1
    assert both(package, trust).code == 1


@pytest.mark.parametrize("keys", [b"{}", b"", b'{"v":1,"signers":[],"logs":[]}', b'{"v":true}'])
def test_the_keys_in_a_package_are_not_read_where_there_is_trust_material(
    made: tuple[cast.Person, Path, Path], keys: bytes
) -> None:
    """T22."""
    amina, package, trust = made
    (package / layout.KEYS).write_bytes(keys)
    signed_again(package, amina, lambda _: None)
    assert both(package, trust).code == 0
    assert both(package, None).code == 1


ODD_HANDOVERS: dict[str, Callable[[dict[str, Any]], object]] = {
    "the version is true": lambda said: said.update(v=True),
    "the steps are true": lambda said: said.update(steps=True),
    "the steps are a text": lambda said: said.update(steps="1"),
    "no tool": lambda said: said.pop("tool"),
    "a tool without a version": lambda said: said.update(tool={"name": "comity"}),
    "no exhibit": lambda said: said.pop("exhibit"),
    "another exhibit": lambda said: said.update(exhibit="00" * 16),
    "another head": lambda said: said.update(head="00" * 32),
    "another number of steps": lambda said: said.update(steps=2),
    "a time of another form": lambda said: said.update(time="2026-11-22"),
    "a day that is none": lambda said: said.update(time="2026-02-30T00:00:00Z"),
    "a name that is a number": lambda said: said.update(by=said["by"] | {"name": 5}),
}


@pytest.mark.parametrize("change", ODD_HANDOVERS.values(), ids=ODD_HANDOVERS.keys())
def test_an_odd_handover_does_not_hold_for_either_verifier(
    made: tuple[cast.Person, Path, Path], change: Callable[[dict[str, Any]], object]
) -> None:
    amina, package, trust = made
    signed_again(package, amina, change)
    assert both(package, trust).failing() == {"handover"}


def test_a_handover_with_more_said_in_it_holds(made: tuple[cast.Person, Path, Path]) -> None:
    """Unknown signed fields survive and mean nothing."""
    amina, package, trust = made
    signed_again(package, amina, lambda said: said.update(more=[1, {"a": None}]))
    assert both(package, trust).code == 0


@pytest.mark.parametrize("spoil", [b" ", b"\n"])
def test_a_handover_has_one_spelling(made: tuple[cast.Person, Path, Path], spoil: bytes) -> None:
    _, package, trust = made
    cast.rewritten(package, layout.HANDOVER, lambda raw: raw + spoil)
    assert both(package, trust).failing() == {"handover"}


ODD_NAMES = [
    "نامه‌ها.txt",
    "\u202egnp.exe",
    "a\u0085b",
    "a\u2028b",
    "e\u0301",
    "ﬁle",
    "ẞ",
    "CON",
    "a" * 255,
    " leading",
    "trailing ",
    "~",
    "İ",
    "\u200b",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_file_of_any_name_is_sealed_and_verified_by_both(tmp_path: Path, name: str) -> None:
    """T08."""
    amina = cast.amina(tmp_path)
    (tmp_path / "odd").mkdir()
    try:
        (tmp_path / "odd" / name).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system does not take the name")
    package = cast.sealed(amina, tmp_path, [tmp_path / "odd"])
    assert both(package, cast.trust_folder(tmp_path, amina)).code == 0
