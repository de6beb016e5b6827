"""The deeds of a node that move bytes: sealing into the vault, export out of it, taking in a package.

Rows, log entries and custody come to be in one transaction; bytes are in the vault before it begins, so a
node that dies in between keeps unreferenced objects and loses nothing.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from django.db import transaction

from comity.audit.durable import flush_folder
from comity.authorities.terms import TrustMaterial
from comity.base import statements
from comity.base.errors import OurError, UserError
from comity.base.ids import row_key
from comity.base.judgment import Refused
from comity.evidence import actions, layout, packing, rules
from comity.evidence.actions import Desk, Done
from comity.evidence.gathering import open_plain
from comity.evidence.ledger import Entry
from comity.evidence.ledgers.database import DatabaseLedger
from comity.evidence.ledgers.package import PackageLedger
from comity.evidence.models import Exhibit
from comity.evidence.sealing import (
    Progress,
    SealedExhibit,
    examine_or_refuse,
    gather,
    home_outside,
    recomputed_root,
    write_package,
)
from comity.evidence.streams import Pass, write_all
from comity.evidence.terms import Item, ItemKind
from comity.evidence.vault import Vault
from comity.evidence.verification.findings import Findings, Result
from comity.evidence.verification.items import check_items, read_sealed
from comity.evidence.wire import digest, read_item, read_seal, read_step, write_seal


def seal_into_vault(
    paths: Sequence[Path],
    vault: Vault,
    scratch: Path,
    desk: Desk,
    *,
    label: str = "",
    progress: Progress | None = None,
) -> SealedExhibit | Refused:
    """Seal whatever lies under the paths into this node. Article 28.3(c)."""
    home_outside(paths, desk.home)
    with _scratch(scratch) as workspace:
        seal, gathered = gather(paths, workspace, vault, desk, label, progress)
        lists = (vault.take(workspace / layout.ITEMS), vault.take(workspace / layout.CHUNKS))
    raw = write_seal(seal)
    with transaction.atomic():
        exhibit = _new_row(seal.exhibit, seal.label, raw, lists)
        ledger = DatabaseLedger(exhibit.pk)
        done = actions.record_seal(ledger, replace(desk, stamps=None), seal)
        if isinstance(done, Refused):
            transaction.set_rollback(True)
            return done
    return SealedExhibit(seal, actions.stamp_afterwards(ledger, desk, done), gathered.not_read)


def recomputed_in_vault(exhibit: Exhibit, vault: Vault, progress: Progress | None = None) -> str:
    """The root over an exhibit's items after every byte in the vault was read again.

    Raises:
        OurError: the vault's bytes are not the ones that were sealed, with the first place.
    """
    listing, leaves = (_whole(vault, name) for name in (exhibit.items_sha256, exhibit.chunks_sha256))
    sealed = read_sealed(bytes(exhibit.seal), listing.split(b"\n")[:-1], lambda _limit: leaves)
    findings = Findings(trusted=True)
    check_items(lambda item: vault.open(item.sha256), sealed, findings, progress)
    for finding in findings.found:
        if finding.result is Result.DOES_NOT_HOLD:
            raise OurError(
                f"Exhibit {exhibit.pseudonym} does not hold: {finding.part}: {finding.why}",
                advice="Stop using this vault and restore it from its backup; nothing was recorded.",
            )
    return sealed.seal.root


def check_in_vault(
    exhibit: Exhibit, vault: Vault, desk: Desk, progress: Progress | None = None
) -> Done | Refused:
    """Read every byte of an exhibit again and record that it holds."""
    root = recomputed_in_vault(exhibit, vault, progress)
    return actions.check_exhibit(DatabaseLedger(exhibit.pk), desk, root)


def export_from_vault(
    exhibit: Exhibit, vault: Vault, target: Path, desk: Desk, whom_for: str, progress: Progress | None = None
) -> Done | Refused:
    """Record an export and write the exhibit as a package. Article 28.3(b).

    Raises:
        UserError: the target exists.
        OurError: the vault's bytes are not the ones that were sealed; no package is left.
    """
    with packing.new_workspace(target) as workspace:
        _write_bytes(exhibit, vault, workspace, progress)
        ledger = DatabaseLedger(exhibit.pk)
        done = actions.record_export(ledger, desk, whom_for)
        if isinstance(done, Refused):
            return done
        write_package(ledger.page(), done.custody, workspace, desk)
        workspace.rename(target)
        flush_folder(target.absolute().parent)
    return done


def take_in(
    package: Path,
    vault: Vault,
    scratch: Path,
    desk: Desk,
    trust: TrustMaterial | None = None,
    progress: Progress | None = None,
) -> Done | Refused:
    """Accept a package that was offered to us and make it an exhibit of this node, its custody unbroken.

    Its bytes go into the vault first; its steps become rows as they were signed, and our acceptance follows
    them in our own log.

    Raises:
        PeerError: the package does not hold; nothing is recorded.
        UserError: the node holds the exhibit already.
    """
    source = PackageLedger(package, desk.holder, desk.home)
    with source.holding():
        examine_or_refuse(package, read_items=True, trust=trust, progress=progress)
        page = source.page()
    seal = read_seal(page.seal)
    if Exhibit.objects.filter(pseudonym=seal.exhibit).exists():
        raise UserError(
            f"This node holds exhibit {seal.exhibit} already",
            advice="'comity exhibit show' lists what it holds.",
        )
    lists = _take_bytes(package, vault, scratch, progress)
    root = recomputed_root(package)
    with transaction.atomic():
        exhibit = _new_row(seal.exhibit, seal.label, page.seal, lists)
        ledger = DatabaseLedger(exhibit.pk)
        custody = rules.begin(seal, digest(page.seal))
        for recorded in page.steps:
            step = read_step(statements.take_apart(recorded.statement, statements.CUSTODY))
            custody = rules.after(custody, step, digest(recorded.statement))
            ledger.keep(Entry(recorded, step.kind, custody, page.known, desk.now))
        done = actions.accept_exhibit(ledger, replace(desk, stamps=None), root)
        if isinstance(done, Refused):
            transaction.set_rollback(True)
            return done
    return actions.stamp_afterwards(ledger, desk, done)


def _new_row(pseudonym: str, label: str, seal: bytes, lists: tuple[str, str]) -> Exhibit:
    items, chunks = lists
    return Exhibit.objects.create(
        id=row_key(), pseudonym=pseudonym, label=label, seal=seal, items_sha256=items, chunks_sha256=chunks
    )


def _items(vault: Vault, exhibit: Exhibit) -> Iterator[Item]:
    with os.fdopen(vault.open(exhibit.items_sha256), "rb") as lines:
        for line in lines:
            yield read_item(line.rstrip(b"\n"))


def _write_bytes(exhibit: Exhibit, vault: Vault, workspace: Path, progress: Progress | None) -> None:
    """Seal, lists and evidence into a package's workspace, every byte hashed on its way out."""
    (workspace / layout.SEAL).write_bytes(bytes(exhibit.seal))
    for name, sha256 in ((layout.ITEMS, exhibit.items_sha256), (layout.CHUNKS, exhibit.chunks_sha256)):
        (workspace / name).write_bytes(_whole(vault, sha256))
    sink = packing.PackageSink(workspace)
    for item in _items(vault, exhibit):
        if item.kind is ItemKind.FILE:
            _copy(vault.open(item.sha256), sink.begin(item.path), item, sink, progress)
    sink.settle()


def _copy(
    source: int, target: int, item: Item, sink: packing.PackageSink | Vault, progress: Progress | None
) -> None:
    try:
        found = Pass(lambda _: None, write_all(target), progress).run(source)
    finally:
        os.close(source)
    if (found.size, found.sha256, found.root) != (item.size, item.sha256, item.root):
        sink.abandon(target, item.path)
        raise OurError(
            f"{item.path} does not hold: its bytes are not the ones that were sealed",
            advice="Restore it from a backup; nothing was kept of this attempt.",
        )
    sink.finish(target, item.path, item.sha256)


def _take_bytes(package: Path, vault: Vault, scratch: Path, progress: Progress | None) -> tuple[str, str]:
    with (package / layout.ITEMS).open("rb") as lines:
        for line in lines:
            item = read_item(line.rstrip(b"\n"))
            if item.kind is ItemKind.FILE:
                _copy(open_plain(package / item.path), vault.begin(item.path), item, vault, progress)
    with _scratch(scratch) as workspace:
        for name in (layout.ITEMS, layout.CHUNKS):
            shutil.copyfile(package / name, workspace / Path(name).name)
        items, chunks = (vault.take(workspace / Path(name).name) for name in (layout.ITEMS, layout.CHUNKS))
    return items, chunks


def _whole(vault: Vault, sha256: str) -> bytes:
    with os.fdopen(vault.open(sha256), "rb") as file:
        raw = file.read()
    if digest(raw) != sha256:
        raise OurError(
            f"Object {sha256[:8]} of the vault is not what its name says",
            advice="Restore the vault from its backup.",
        )
    return raw


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    workspace = Path(tempfile.mkdtemp(dir=folder))
    try:
        yield workspace
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
