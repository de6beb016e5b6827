"""Custody kept in a package on disk: what a first responder has.

A change is written into the home first; once that is whole, a mark is set and the files are copied into the
package. A machine that dies before the mark leaves the package as it was; after it, the next command finishes
the copying. So a package on disk is one that verifies, or the next command makes it so. A signed step is kept
there too before it goes into the log, so that it is finished with the same bytes or not at all. It is the home
and not the package's own folder, because whoever hands us a package could have laid something beside it.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from comity.audit.durable import write_whole
from comity.authorities.keyring import KeyHolder
from comity.authorities.terms import KnownKeys
from comity.authorities.wire import read_package_keys
from comity.base.errors import PeerError, UserError
from comity.evidence import layout, packing
from comity.evidence.ledger import Entry, Intention, LedgerPage
from comity.evidence.terms import RecordedStep
from comity.evidence.verification.bag import read_manifest
from comity.evidence.wire import digest, read_seal

_MARK = "WHOLE"
_INTENTION = "INTENTION"
_BEFORE = "BEFORE"
_OURS = {_MARK, _INTENTION, _BEFORE}
_SECRET_BYTES = 32


class PackageLedger:
    """The custody in one package folder, signed as a whole by the one who acts on it."""

    def __init__(self, folder: Path, holder: KeyHolder, home: Path) -> None:
        self.folder = folder
        self._holder = holder
        self._home = home
        self._depth = 0

    @property
    def _pending(self) -> Path:
        """Where this exhibit's unfinished change lies: named by the exhibit, so that a moved package finds it."""
        return self._home / "pending" / read_seal(self._read(layout.SEAL)).exhibit

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Lock the package folder, and finish or drop what a dead command left; may be held within itself."""
        if self._depth:
            yield
            return
        try:
            handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as problem:
            raise UserError(
                f"There is no package folder {self.folder}", advice="Name the folder that 'seal' made."
            ) from problem
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            self._depth += 1
            self.recover()
            yield
        finally:
            self._depth = 0
            os.close(handle)

    def recover(self) -> None:
        """Finish a change that was whole, drop one that was not; a signed step stays until it is judged.

        Raises:
            UserError: the change belongs to another copy of this exhibit.
        """
        pending = self._pending
        if not pending.exists():
            return
        if (pending / _MARK).exists():
            before, after = (pending / _BEFORE).read_text("ascii"), _digest_at(pending / layout.TAGMANIFEST)
            if _digest_at(self.folder / layout.TAGMANIFEST) not in {before, after}:
                raise UserError(
                    f"An unfinished change of another copy of this exhibit lies in {pending}",
                    advice="Give any command on that copy to finish it; remove that folder if the copy is gone.",
                )
            self._copy_in(pending)
            return
        for path in pending.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != _INTENTION:
                path.unlink()

    def intend(self, intention: Intention) -> None:
        """Keep a signed step in the home."""
        write_whole(self._pending / _INTENTION, intention.secret + intention.statement)

    def unfinished(self) -> Intention | None:
        """The signed step that lies in the home."""
        try:
            raw = (self._pending / _INTENTION).read_bytes()
        except FileNotFoundError:
            return None
        return Intention(raw[_SECRET_BYTES:], raw[:_SECRET_BYTES])

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
        pending = self._pending
        for name, raw in files.items():
            write_whole(pending / name, raw)
        write_whole(pending / _BEFORE, _digest_at(self.folder / layout.TAGMANIFEST).encode("ascii"))
        write_whole(pending / _MARK, b"")
        self._copy_in(pending)

    def _copy_in(self, pending: Path) -> None:
        for source in sorted(pending.rglob("*")):
            if source.is_file() and source.name not in _OURS:
                # A copy, not a move: until the mark goes, all of the change lies here for another try.
                write_whole(self.folder / source.relative_to(pending), source.read_bytes())
        (pending / _INTENTION).unlink(missing_ok=True)
        (pending / _MARK).unlink()
        shutil.rmtree(pending)

    def _tags(self) -> dict[str, str]:
        path = self.folder / layout.TAGMANIFEST
        return read_manifest(path.read_bytes().splitlines(), payload=False) if path.exists() else {}

    def _read(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as problem:
            raise PeerError(f"The package lacks {name}: {problem.strerror}") from problem


def _digest_at(path: Path) -> str:
    """SHA-256 of a small file; empty where there is none."""
    return digest(path.read_bytes()) if path.exists() else ""
