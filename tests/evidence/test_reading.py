"""What is sealed: bytes at awkward sizes, names at their worst, things that are no files."""

import hashlib
import os
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.base.errors import UserError, WorldError
from comity.base.merkle import leaf_hash, root_of
from comity.evidence.streams import Pass, ReadingStoppedError, read_pass, write_all
from comity.evidence.terms import CHUNK_BYTES, Item, ItemKind
from comity.evidence.walk import walk
from comity.evidence.wire import is_safe_path, read_item, write_item

MIB = CHUNK_BYTES


@pytest.mark.parametrize(
    "size", [0, 1, MIB - 1, MIB, MIB + 1, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 9 * MIB + 7]
)
def test_one_pass_gives_the_digest_of_the_whole_and_of_each_chunk(size: int, tmp_path: Path) -> None:
    raw = bytes(number % 251 for number in range(1000)) * (size // 1000 + 1)
    (tmp_path / "file").write_bytes(raw[:size])
    handle = os.open(tmp_path / "file", os.O_RDONLY)
    copy = os.open(tmp_path / "copy", os.O_WRONLY | os.O_CREAT)
    leaves: list[bytes] = []
    found = Pass(leaves.append, write_all(copy)).run(handle)
    os.close(handle)
    os.close(copy)
    expected = [leaf_hash(raw[:size][at : at + MIB]) for at in range(0, size, MIB)]
    assert leaves == expected
    assert (found.size, found.sha256) == (size, hashlib.sha256(raw[:size]).hexdigest())
    assert found.root == root_of(expected).hex()
    assert (tmp_path / "copy").read_bytes() == raw[:size]


def test_a_reading_that_stops_says_so(tmp_path: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(ReadingStoppedError):
        read_pass(handle)
    os.close(handle)


def test_a_full_disk_says_so_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100)
    handle, full = os.open(tmp_path / "file", os.O_RDONLY), os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(WorldError, match="No space left") as problem:
        Pass(lambda _: None, write_all(full)).run(handle)
    assert "Make room" in problem.value.advice
    os.close(handle)
    os.close(full)


def found_in(folder: Path) -> dict[str, Item]:
    return {found.item.name: found.item for found in walk([folder])}


def test_links_fifos_sockets_and_empty_folders_are_named_and_not_followed() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as short:
        folder = Path(short) / "seized"
        (folder / "empty").mkdir(parents=True)
        (folder / "outside").symlink_to("/etc")
        (folder / "loop").symlink_to(".")
        os.mkfifo(folder / "pipe")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(folder / "sock"))
            items = found_in(folder)
    kinds = {name: (item.kind, item.detail) for name, item in items.items()}
    assert kinds == {
        "seized/empty": (ItemKind.FOLDER, ""),
        "seized/outside": (ItemKind.LINK, "/etc"),
        "seized/loop": (ItemKind.LINK, "."),
        "seized/pipe": (ItemKind.SPECIAL, "fifo"),
        "seized/sock": (ItemKind.SPECIAL, "socket"),
    }


def test_names_that_no_package_carries_get_one_that_it_does_and_are_kept_as_found(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path / "seized")
    names = [
        b"plain",
        b"PLAIN",
        b"new\nline",
        b"back\\slash",
        b"per%cent",
        b"caf\xe9",
        "é".encode(),
        "e\u0301".encode(),
    ]
    for name in names:
        (tmp_path / "seized").mkdir(exist_ok=True)
        with open(folder + b"/" + name, "wb") as file:  # noqa: PTH123 - a Path cannot hold every name
            file.write(name)
    items = [found.item for found in walk([tmp_path / "seized"])]
    paths = [item.path for item in items]
    assert len(set(paths)) == len(names)
    assert all(is_safe_path(path) for path in paths)
    assert len({path.casefold() for path in paths}) == len(names)
    assert {item.name_bytes for item in items if item.name_bytes} == {b"seized/caf\xe9"}
    assert {item.name for item in items} >= {"seized/new\nline", "seized/back\\slash", "seized/per%cent"}
    for item in items:
        assert read_item(write_item(item if item.sha256 else _with_digest(item))).name == item.name


def _with_digest(item: Item) -> Item:
    fields = {name: getattr(item, name) for name in item.__slots__} | {"sha256": "00" * 32, "root": "00" * 32}
    return Item(**fields)


def test_things_come_in_the_order_of_their_full_names(tmp_path: Path) -> None:
    folder = tmp_path / "seized"
    for name in ("b/2", "b.txt", "a", "b/1", "b0"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    names = [found.item.name.encode() for found in walk([folder])]
    assert names == sorted(names)


def test_a_folder_that_cannot_be_read_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seized" / "locked").mkdir(parents=True)
    (tmp_path / "seized" / "file").write_bytes(b"")
    real = os.scandir

    def refusing(path: bytes) -> "os._ScandirIterator[bytes]":
        if path.endswith(b"locked"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr("comity.evidence.walk.os.scandir", refusing)
    items = found_in(tmp_path / "seized")
    assert items["seized/locked"].kind is ItemKind.UNREADABLE
    assert items["seized/locked"].detail == "Permission denied"


@pytest.mark.parametrize("path", ["missing", "/dev/null"])
def test_what_is_not_there_or_is_a_device_is_refused_with_advice(path: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as problem:
        list(walk([tmp_path / path if path == "missing" else Path(path)]))
    assert problem.value.advice


@given(st.text(max_size=30))
def test_a_path_is_safe_only_if_every_reader_takes_it_alike(name: str) -> None:
    if is_safe_path(f"data/{name}"):
        parts = name.split("/")
        assert not {"", ".", ".."} & set(parts)
        assert not any(mark in name for mark in "\\%\n\r\x00\x7f")
