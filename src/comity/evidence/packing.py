"""Writing packages: the BagIt files around an exhibit, and the holder's signatures over all of it.

Every tag file's digest goes into the tag manifest and the holder signs the tag manifest, so nothing in a
package lies outside a signature. Large files (the item list, the chunk digests) are read once.
"""

import fcntl
import importlib.resources
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from comity.authorities.keyring import KeyHolder
from comity.authorities.terms import KnownKeys
from comity.authorities.wire import write_package_keys
from comity.base import statements
from comity.base.clock import write_time
from comity.base.errors import UserError, WorldError
from comity.evidence import layout
from comity.evidence.gathering import open_plain
from comity.evidence.rules import Custody
from comity.evidence.streams import Pass
from comity.evidence.terms import ItemKind, RecordedStep, Seal
from comity.evidence.tool import TOOL
from comity.evidence.wire import digest, handover_payload, read_item

_MANY = 64  # above this one flush of the whole file system is cheaper than one for each file


class PackageSink:
    """Puts gathered files where they lie in a package."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: set[str] = set()
        self._files = 0

    def begin(self, path: str) -> int:
        """Open a new file of the package."""
        parent = path.rpartition("/")[0]
        if parent not in self._made:
            (self._folder / parent).mkdir(parents=True, exist_ok=True)
            self._made.add(parent)
        try:
            return os.open(self._folder / path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o440)
        except OSError as problem:
            raise WorldError(
                f"Cannot write {path}: {problem.strerror}", advice="Make room and try again."
            ) from problem

    def finish(self, handle: int, path: str, sha256: str) -> None:
        """The file is whole."""
        del path, sha256
        self._files += 1
        if self._files <= _MANY:
            os.fsync(handle)
        os.close(handle)

    def abandon(self, handle: int, path: str) -> None:
        """Keep nothing of the file."""
        os.close(handle)
        (self._folder / path).unlink(missing_ok=True)

    def settle(self) -> None:
        """Bring what was not flushed one by one to the disk."""
        if self._files > _MANY:
            os.sync()


def must_be_new(target: Path) -> None:
    """Refuse a target at which something lies already, or that has no folder to lie in.

    Raises:
        UserError: the target cannot be made.
    """
    if target.exists() or target.is_symlink():
        raise UserError(f"{target} exists already", advice="Name a folder that does not exist yet.")
    if not target.absolute().parent.is_dir():
        raise UserError(f"There is no folder {target.absolute().parent}", advice="Make it first.")


@contextmanager
def new_workspace(target: Path) -> Iterator[Path]:
    """The folder beside the target in which a package grows until it is whole; removed unless renamed.

    Raises:
        UserError: something lies at the target, or another command is making it now.
    """
    must_be_new(target)
    workspace, lock = (target.with_name(f".{target.name}.{ending}") for ending in ("unfinished", "lock"))
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise UserError(
                f"Another command is making {target} now", advice="Wait for it, or name another target."
            ) from problem
        must_be_new(target)
        _clear(workspace)
        for name in ("seal", "custody", "data"):
            (workspace / name).mkdir(parents=True)
        try:
            yield workspace
        finally:
            _clear(workspace)
            lock.unlink(missing_ok=True)
    finally:
        os.close(handle)


def _clear(workspace: Path) -> None:
    """Remove what is left of an attempt, by us or by a command that died."""
    if workspace.is_symlink():
        raise UserError(
            f"{workspace} is a link that we did not make", advice="Look at it, remove it, try again."
        )
    if workspace.exists():
        shutil.rmtree(workspace)


def write_outside(folder: Path, seal: Seal, moment: datetime) -> None:
    """The files that never change again: declaration, payload manifest, bag facts, conveniences."""
    with (folder / layout.ITEMS).open("rb") as items, (folder / layout.MANIFEST).open("wb") as manifest:
        files = 0
        for path, sha256 in manifest_entries(items):
            manifest.write(layout.manifest_line(sha256, path).encode())
            files += 1
    facts = [
        f"Bagging-Date: {moment:%Y-%m-%d}",
        f"Payload-Oxum: {seal.size}.{files}",
        f"External-Identifier: {seal.exhibit}",
        layout.PACKAGE_VERSION,
        "",
    ]
    (folder / layout.BAGIT).write_bytes(layout.BAG_DECLARATION)
    (folder / layout.BAG_FACTS).write_text("\n".join(facts), encoding="utf-8", newline="\n")
    alone = importlib.resources.files("comity.evidence") / "standalone"
    (folder / layout.VERIFY_ALONE).write_bytes((alone / "verify.py").read_bytes())
    (folder / layout.VERIFY_TEXT).write_bytes((alone / "VERIFY.txt").read_bytes())


def manifest_entries(items: IO[bytes]) -> Iterator[tuple[str, str]]:
    """Path and digest of each file in an item list, in its order."""
    for line in items:
        item = read_item(line.rstrip(b"\n"))
        if item.kind is ItemKind.FILE:
            yield item.path, item.sha256


def custody_files(seq: int, step: RecordedStep) -> dict[str, bytes]:
    """The files of one step."""
    files = {layout.statement_name(seq): step.statement, layout.proof_name(seq): step.proof}
    return files if step.stamp is None else files | {layout.stamp_name(seq): step.stamp}


def closing_files(
    listed: dict[str, str], changed: dict[str, bytes], custody: Custody, holder: KeyHolder, moment: datetime
) -> dict[str, bytes]:
    """The tag manifest over listed and changed files, and the holder's handover over it."""
    tags = listed | {name: digest(raw) for name, raw in changed.items()}
    manifest = "".join(layout.manifest_line(tags[name], name) for name in sorted(tags)).encode()
    said = {"by": holder.actor.as_fields(), "time": write_time(moment), "tool": TOOL}
    payload = handover_payload(custody.steps, custody.head, manifest, custody.exhibit, said)
    return {
        layout.TAGMANIFEST: manifest,
        layout.HANDOVER: statements.sign(payload, statements.HANDOVER, holder.pair),
    }


def keys_file(known: KnownKeys) -> dict[str, bytes]:
    """The convenience copy of public keys."""
    return {layout.KEYS: write_package_keys(known)}


def tag_digests(folder: Path) -> dict[str, str]:
    """The digests of all tag files that lie in a package being written, read from the disk."""
    names = [layout.BAGIT, layout.BAG_FACTS, layout.MANIFEST, layout.SEAL, layout.ITEMS, layout.CHUNKS]
    names += [layout.VERIFY_TEXT, layout.VERIFY_ALONE]
    return {name: _file_digest(folder / name) for name in names}


def _file_digest(path: Path) -> str:
    handle = open_plain(path)
    try:
        return Pass(lambda _: None).run(handle).sha256
    finally:
        os.close(handle)
