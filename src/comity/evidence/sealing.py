"""Sealing, handing out and taking in: the deeds that move an exhibit's bytes.

In the field a package is the store; in a node the vault is, and a package is made of it on export. Both begin
with the same gathering and record the same steps (``actions``).
"""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from comity.audit.durable import flush_folder, write_whole
from comity.authorities.terms import TrustMaterial
from comity.base import ids
from comity.base.errors import PeerError, UserError
from comity.base.judgment import Refused
from comity.base.merkle import GrowingRoot, leaf_hash
from comity.evidence import actions, layout, packing
from comity.evidence.actions import Desk, Done
from comity.evidence.gathering import Gathered, Gathering, Sink
from comity.evidence.ledger import LedgerPage
from comity.evidence.ledgers.package import PackageLedger
from comity.evidence.rules import Custody
from comity.evidence.terms import Seal
from comity.evidence.verification.examine import Examination, examine
from comity.evidence.verification.findings import Result
from comity.evidence.verification.folder import PackageFolder
from comity.evidence.walk import walk
from comity.evidence.wire import read_seal, write_seal

Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class SealedExhibit:
    """What came of sealing: the seal, the first step, and the names that were not read."""

    seal: Seal
    done: Done
    not_read: tuple[str, ...]


def total_bytes(paths: Sequence[Path]) -> int:
    """How many bytes lie under the paths, for telling the time left."""
    return sum(found.item.size for found in walk(paths))


def gather(
    paths: Sequence[Path], workspace: Path, sink: Sink, desk: Desk, label: str, progress: Progress | None
) -> tuple[Seal, Gathered]:
    """Read everything into the sink and write the lists of a seal into a workspace."""
    (workspace / "seal").mkdir(exist_ok=True)
    with (workspace / layout.ITEMS).open("wb") as items, (workspace / layout.CHUNKS).open("wb") as chunks:
        gathered = Gathering(items, chunks, sink).run(walk(paths), progress)
        for file in (items, chunks):
            file.flush()
            os.fsync(file.fileno())
    if not gathered.count:
        raise UserError("There is nothing to seal", advice="Name at least one file or folder.")
    seal = Seal(
        ids.pseudonym(),
        plain_text(label) or ", ".join(plain_text(path.resolve().name or str(path)) for path in paths[:3]),
        gathered.count,
        gathered.size,
        gathered.root,
        desk.now,
    )
    return seal, gathered


def seal_package(
    paths: Sequence[Path], target: Path, desk: Desk, *, label: str = "", progress: Progress | None = None
) -> SealedExhibit | Refused:
    """Seal whatever lies under the paths into a package, in the field.

    Raises:
        UserError: a path or the target cannot be used.
        WorldError: the disk cannot take it; nothing of the attempt is kept.
    """
    packing.must_be_new(target)
    _target_outside(paths, target)
    home_outside(paths, desk.home)
    with packing.new_workspace(target) as workspace:
        sink = packing.PackageSink(workspace)
        seal, gathered = gather(paths, workspace, sink, desk, label, progress)
        (workspace / layout.SEAL).write_bytes(write_seal(seal))
        packing.write_outside(workspace, seal, desk.now)
        sink.settle()
        done = actions.record_seal(PackageLedger(workspace, desk.holder, desk.home), desk, seal)
        if isinstance(done, Refused):
            return done
        workspace.rename(target)
        flush_folder(target.absolute().parent)
    return SealedExhibit(seal, done, gathered.not_read)


def copy_package(ledger: PackageLedger, target: Path, desk: Desk, whom_for: str) -> Done | Refused:
    """Record an export in a package and copy it, step and all, to a target.

    Raises:
        UserError: the target exists, or the source is no package.
        PeerError: the package does not hold.
    """
    with packing.new_workspace(target) as workspace:
        with ledger.holding():
            examine_or_refuse(ledger.folder, read_items=True)
            done = actions.record_export(ledger, desk, whom_for)
            if isinstance(done, Refused):
                return done
            shutil.copytree(ledger.folder, workspace, dirs_exist_ok=True, symlinks=True)
        workspace.rename(target)
        os.sync()
    return done


def examine_or_refuse(
    folder: Path, *, read_items: bool, trust: TrustMaterial | None = None, progress: Progress | None = None
) -> Examination:
    """Look at a package before acting on it: who acts signs for all of it.

    Raises:
        PeerError: something in it does not hold; the first such thing is named.
    """
    examination = examine(folder, trust, read_items=read_items, progress=progress)
    for finding in examination.findings:
        if finding.result is Result.DOES_NOT_HOLD:
            where = f" in {finding.file}" if finding.file else ""
            raise PeerError(
                f"The package does not hold: {finding.part}, {finding.check}{where}: {finding.why}",
                advice="Run 'comity verify' on it. Keep it as it is, tell whoever handed it over, and ask for it again.",
            )
    return examination


def check_package(ledger: PackageLedger, desk: Desk, progress: Progress | None = None) -> Done | Refused:
    """Read every byte of a package again and record that it holds.

    Raises:
        PeerError: it does not; nothing is recorded.
    """
    with ledger.holding():
        examine_or_refuse(ledger.folder, read_items=True, progress=progress)
        return actions.check_exhibit(ledger, desk, recomputed_root(ledger.folder))


def accept_package(
    ledger: PackageLedger, desk: Desk, trust: TrustMaterial | None = None, progress: Progress | None = None
) -> Done | Refused:
    """Take over a package that was offered to us, after every byte was read again.

    With trust material every signer so far must be in it; without any, what holds is only that nothing
    contradicts itself.

    Raises:
        PeerError: it does not hold; nothing is recorded. Decline it with the reason.
    """
    with ledger.holding():
        examine_or_refuse(ledger.folder, read_items=True, trust=trust, progress=progress)
        return actions.accept_exhibit(ledger, desk, recomputed_root(ledger.folder))


def recomputed_root(folder: Path) -> str:
    """The root over the item lines of a package whose files were just read and hold."""
    growing = GrowingRoot()
    for line in PackageFolder(folder).lines(layout.ITEMS, layout.LONGEST_LINE):
        growing.add(leaf_hash(line))
    return growing.root().hex()


def write_package(page: LedgerPage, custody: Custody, workspace: Path, desk: Desk) -> None:
    """The custody and closing files of a package whose seal, lists and evidence lie in the workspace."""
    packing.write_outside(workspace, read_seal(page.seal), desk.now)
    changed: dict[str, bytes] = packing.keys_file(page.known)
    for seq, step in enumerate(page.steps):
        changed |= packing.custody_files(seq, step)
    closing = packing.closing_files(packing.tag_digests(workspace), changed, custody, desk.holder, desk.now)
    for name, raw in (changed | closing).items():
        write_whole(workspace / name, raw)


def plain_text(text: str) -> str:
    """Text as a document can hold it: bytes that are not UTF-8, as a command line brings them, are replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def home_outside(paths: Sequence[Path], home: Path) -> None:
    """The private keys of whoever seals must not become evidence."""
    for path in paths:
        if home.resolve().is_relative_to(path.resolve()):
            raise UserError(
                f"{path} holds your home {home}, with its private keys",
                advice="Seal what lies beside it, or name another home with --home.",
            )


def _target_outside(paths: Sequence[Path], target: Path) -> None:
    """A package must not grow inside what is being sealed."""
    for path in paths:
        if target.absolute().resolve().is_relative_to(path.absolute().resolve()):
            raise UserError(
                f"{target} lies inside {path}, which is being sealed",
                advice="Name a package folder outside the evidence.",
            )
