"""Custody kept in a package on disk: what a first responder has.

A change is written into a folder beside the package first; once that is whole, a mark is set and the files
are moved in. A machine that dies before the mark leaves the package as it was; after it, the next command
finishes the move. So a package on disk is always one that verifies.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comity.authorities.keyring import KeyHolder
from comity.authorities.terms import KnownKeys
from comity.authorities.wire import read_package_keys
from comity.base.errors import PeerError, UserError
from comity.evidence import layout, packing
from comity.evidence.ledger import Entry, LedgerPage
from comity.evidence.terms import RecordedStep
from comity.evidence.verification.bag import read_manifest

_MARK = "WHOLE"


class PackageLedger:
    """The custody in one package folder, signed as a whole by the one who acts on it."""

    def __init__(self, folder: Path, holder: KeyHolder) -> None:
        self.folder = folder
        self._holder = holder
        self._pending = folder.with_name(f".{folder.name}.pending")

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Lock the package folder, and finish or drop what a dead command left."""
        try:
            handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as problem:
            raise UserError(
                f"There is no package folder {self.folder}", advice="Name the folder that 'seal' made."
            ) from problem
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self.recover()
            yield
        finally:
            os.close(handle)

    def recover(self) -> None:
        """Finish a change that was whole, drop one that was not."""
        if (self._pending / _MARK).exists():
            self._move_in()
        elif self._pending.exists():
            shutil.rmtree(self._pending)

    def page(self) -> LedgerPage:
        """The seal, the steps and the keys that lie in the package."""
        tags = self._tags()
        steps, seq = list[RecordedStep](), 0
        while layout.statement_name(seq) in tags:
            stamp = self._read(layout.stamp_name(seq)) if layout.stamp_name(seq) in tags else None
            proof = self._read(layout.proof_name(seq))
            steps.append(RecordedStep(self._read(layout.statement_name(seq)), proof, stamp))
            seq += 1
        known = read_package_keys(self._read(layout.KEYS)) if layout.KEYS in tags else KnownKeys()
        return LedgerPage(self._read(layout.SEAL), tuple(steps), known)

    def keep(self, entry: Entry) -> None:
        """Add a step's files and sign the package anew."""
        known = self.page().known.joined(entry.keys)
        self._commit(packing.custody_files(entry.seq, entry.step) | packing.keys_file(known), entry)

    def keep_stamp(self, token: bytes, entry: Entry) -> None:
        """Add a step's time stamp and sign the package anew."""
        self._commit({layout.stamp_name(entry.seq): token}, entry)

    def _commit(self, changed: dict[str, bytes], entry: Entry) -> None:
        listed = self._tags() or packing.tag_digests(self.folder)
        files = changed | packing.closing_files(listed, changed, entry.custody, self._holder, entry.moment)
        for name, raw in files.items():
            packing.write_file(self._pending / name, raw)
        packing.write_file(self._pending / _MARK, b"")
        self._move_in()

    def _move_in(self) -> None:
        for source in sorted(self._pending.rglob("*")):
            if source.is_file() and source.name != _MARK:
                target = self.folder / source.relative_to(self._pending)
                target.parent.mkdir(parents=True, exist_ok=True)
                # A copy, not a move: until the mark goes, all of the change lies here for another try.
                packing.write_file(target, source.read_bytes())
        (self._pending / _MARK).unlink()
        shutil.rmtree(self._pending)

    def _tags(self) -> dict[str, str]:
        path = self.folder / layout.TAGMANIFEST
        return read_manifest(path.read_bytes(), payload=False) if path.exists() else {}

    def _read(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as problem:
            raise PeerError(f"The package lacks {name}: {problem.strerror}") from problem
