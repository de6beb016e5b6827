"""The log: notes, proofs and tiles, over both of its stores."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from comity.audit import tree, wire
from comity.audit.store import LogSigner, LogStore, TransparencyLog
from comity.audit.stores.folder import FolderStore
from comity.audit.terms import Checkpoint, EntryProof, LogKey
from comity.base.errors import OurError, PeerError, UserError
from comity.base.merkle import includes, leaf_hash, root_of

SIGNER = LogSigner("log.arcadia.example/custody", Ed25519PrivateKey.from_private_bytes(b"\x07" * 32))
Stores = Callable[[], LogStore]


@pytest.fixture(
    params=["folder", pytest.param("database", marks=[pytest.mark.database, pytest.mark.django_db])]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> LogStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "log")
    from comity.audit.stores.database import DatabaseStore  # noqa: PLC0415 - only with a database

    return DatabaseStore(SIGNER.name)


def entries_of(first: int, count: int) -> list[bytes]:
    return [f"entry {number}".encode() for number in range(first, first + count)]


def check_proofs(proofs: Sequence[EntryProof], entries: Sequence[bytes], root: bytes, size: int) -> None:
    for proof, entry in zip(proofs, entries, strict=True):
        checkpoint = wire.read_checkpoint(proof.note)
        assert (checkpoint.size, checkpoint.root) == (size, root)
        assert includes(leaf_hash(entry), proof.index, checkpoint.size, proof.path, checkpoint.root)
        assert wire.is_signed_by(proof.note, SIGNER.key)
        assert wire.read_proof(wire.write_proof(proof)) == proof


def test_entries_of_every_batch_are_proved_under_the_root_of_all(store: LogStore) -> None:
    log, all_entries = TransparencyLog(store, SIGNER), list[bytes]()
    for batch in (1, 1, 2, 251, 1, 300, 3):
        entries = entries_of(len(all_entries), batch)
        proofs = log.append(entries, [b"salt"] * batch)
        all_entries += entries
        check_proofs(proofs, entries, root_of(map(leaf_hash, all_entries)), len(all_entries))
    assert log.size() == len(all_entries)


@pytest.mark.soak
@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_tiles_grown_in_any_batches_are_the_tiles_of_the_whole(batches: list[int]) -> None:
    grown: dict[tuple[int, int], bytes] = {}

    def tile_at(level: int, index: int) -> bytes:
        return grown.get((level, index), b"")

    size = 0
    for batch in batches:
        grown.update(tree.grow(size, entries_of(size, batch), tile_at))
        size += batch
    whole = tree.grow(0, entries_of(0, size), lambda _level, _index: b"")
    assert grown == whole
    assert tree.root_at(size, lambda level, index: whole[level, index]) == root_of(
        map(leaf_hash, entries_of(0, size))
    )


def test_a_log_of_70000_entries_keeps_three_levels_of_tiles() -> None:
    tiles = tree.grow(0, entries_of(0, 70_000), lambda _level, _index: b"")
    assert {level for level, _ in tiles} == {0, 1, 2}
    assert tree.root_at(70_000, lambda level, index: tiles[level, index]) == root_of(
        map(leaf_hash, entries_of(0, 70_000))
    )


def test_paths_of_tiles_are_the_ones_of_c2sp() -> None:
    assert tree.tile_path(0, 0, 256) == "tile/0/000"
    assert tree.tile_path(1, 1234067, 5) == "tile/1/x001/x234/067.p/5"
    assert tree.entries_path(999, 256) == "tile/entries/999"
    assert tree.entries_path(1000, 1) == "tile/entries/x001/000.p/1"


def test_a_log_that_dies_before_its_checkpoint_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "log")
    log = TransparencyLog(store, SIGNER)
    log.append(entries_of(0, 300), [b""] * 300)
    before = (tmp_path / "log" / "checkpoint").read_bytes()
    log.append([b"lost"], [b""])
    (tmp_path / "log" / "checkpoint").write_bytes(before)
    proofs = log.append([b"another"], [b""])
    expected = [*entries_of(0, 300), b"another"]
    check_proofs(proofs, [b"another"], root_of(map(leaf_hash, expected)), 301)
    assert list(store.entries(301)) == expected


def test_a_log_whose_checkpoint_was_signed_by_another_key_does_not_go_on(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "log")
    stranger = LogSigner(SIGNER.name, Ed25519PrivateKey.from_private_bytes(b"\x08" * 32))
    TransparencyLog(store, stranger).append([b"x"], [b""])
    with pytest.raises(OurError):
        TransparencyLog(store, SIGNER).append([b"y"], [b""])


def test_an_entry_too_large_for_a_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        TransparencyLog(FolderStore(tmp_path), SIGNER).append([b"x" * 65_536], [b""])


NOTE = wire.sign_checkpoint(Checkpoint(SIGNER.name, 3, b"\x01" * 32), SIGNER.key, SIGNER.private)


def test_a_note_is_believed_only_under_its_own_name_and_key() -> None:
    assert wire.is_signed_by(NOTE, SIGNER.key)
    assert not wire.is_signed_by(NOTE, LogKey("log.other.example/custody", SIGNER.key.public))
    assert not wire.is_signed_by(NOTE, LogKey(SIGNER.name, b"\x02" * 32))
    twice = NOTE + NOTE.split(b"\n\n")[1]
    assert not wire.is_signed_by(twice, SIGNER.key)


def test_signature_lines_of_others_change_nothing() -> None:
    witnessed = NOTE + "— witness.borealia.example AAAAAAAA\n".encode()
    assert wire.is_signed_by(witnessed, SIGNER.key)


@pytest.mark.soak
@given(st.integers(0, len(NOTE) - 1), st.integers(0, 7))
def test_one_bit_changed_in_a_note_spoils_it(at: int, bit: int) -> None:
    changed = bytearray(NOTE)
    changed[at] ^= 1 << bit
    try:
        assert not wire.is_signed_by(bytes(changed), SIGNER.key)
    except PeerError:
        return


REFUSED_POLICIES = {
    "no log": "quorum none\n",
    "no quorum": f"log {wire.write_log_key(SIGNER.key)}\n",
    "a log twice": f"log {wire.write_log_key(SIGNER.key)}\n" * 2 + "quorum none\n",
    "a witness, which this version does not know": f"log {wire.write_log_key(SIGNER.key)}\nwitness w x\nquorum w\n",
    "a key id of another key": f"log {SIGNER.name}+00000000+{wire.write_log_key(SIGNER.key).split('+', 2)[2]}\nquorum none\n",
    "words": "trust everybody\n",
}


@pytest.mark.parametrize("text", REFUSED_POLICIES.values(), ids=REFUSED_POLICIES.keys())
def test_a_policy_that_is_not_understood_whole_is_not_used(text: str) -> None:
    with pytest.raises(PeerError):
        wire.read_policy(text)


def test_a_policy_reads_back() -> None:
    assert wire.read_policy(wire.write_policy((SIGNER.key,))) == (SIGNER.key,)
