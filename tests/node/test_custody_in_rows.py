"""A node keeps custody in append-only rows, on SQLite and on PostgreSQL alike."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

import cast
from comity.audit.models import LogCheckpoint, LogEntry, LogTile
from comity.authorities.trust import write_trust
from comity.base.errors import OurError, UserError
from comity.base.judgment import Refused
from comity.evidence import actions, keeping, layout, queries
from comity.evidence.ledgers.database import DatabaseLedger
from comity.evidence.models import CustodyStamp, CustodyStepRow, Exhibit
from comity.evidence.sealing import SealedExhibit
from comity.evidence.vaults.folder import FolderVault
from nodes import Node
from verifiers import both

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def vault(tmp_path: Path) -> FolderVault:
    return FolderVault(tmp_path / "vault")


@pytest.fixture
def exhibit(node: Node, vault: FolderVault, tmp_path: Path) -> Exhibit:
    made = keeping.seal_into_vault(
        [cast.evidence(tmp_path)], vault, tmp_path / "scratch", node.desk("amina"), label="phone"
    )
    assert isinstance(made, SealedExhibit)
    return queries.exhibit_named(made.seal.exhibit)


def transferred(node: Node, exhibit: Exhibit, vault: FolderVault) -> DatabaseLedger:
    ledger = DatabaseLedger(exhibit.pk)
    cast.done(actions.offer_exhibit(ledger, node.desk("amina"), node.people["bruno"].holder.signer))
    root = keeping.recomputed_in_vault(exhibit, vault)
    cast.done(actions.accept_exhibit(ledger, node.desk("bruno"), root))
    return ledger


def test_an_exhibit_sealed_transferred_and_exported_by_a_node_is_verified_by_both(
    node: Node, exhibit: Exhibit, vault: FolderVault, tmp_path: Path
) -> None:
    transferred(node, exhibit, vault)
    cast.done(keeping.check_in_vault(exhibit, vault, node.desk("bruno")))
    cast.done(
        keeping.export_from_vault(exhibit, vault, tmp_path / "out", node.desk("bruno"), "Court of Northport")
    )
    write_trust(tmp_path / "trust", node.people["bruno"].home.trust())
    assert both(tmp_path / "out", tmp_path / "trust").code == 0
    exhibit.refresh_from_db()
    assert (exhibit.state, exhibit.steps, exhibit.holder) == (
        "held",
        5,
        node.people["bruno"].holder.signer.kid,
    )
    assert LogEntry.objects.count() == 5


def test_a_package_from_the_field_becomes_an_exhibit_with_its_custody_unbroken(
    node: Node, vault: FolderVault, tmp_path: Path
) -> None:
    dalia = cast.dalia(tmp_path)
    package = cast.sealed(dalia, tmp_path)
    cast.done(actions.offer_exhibit(dalia.ledger(package), dalia.desk(), node.people["bruno"].holder.signer))
    node.people["bruno"].watch = dalia.watch
    cast.done(keeping.take_in(package, vault, tmp_path / "scratch", node.desk("bruno")))
    row = Exhibit.objects.get()
    assert (row.state, row.steps) == ("held", 3)
    cast.done(keeping.export_from_vault(row, vault, tmp_path / "out", node.desk("bruno"), "the court"))
    write_trust(tmp_path / "trust", cast.trust_of(dalia, node.people["bruno"]))
    assert both(tmp_path / "out", tmp_path / "trust").code == 0
    with pytest.raises(UserError, match="already"):
        keeping.take_in(package, vault, tmp_path / "scratch", node.desk("bruno"))


def test_a_package_that_was_not_offered_to_this_node_leaves_no_row(
    node: Node, vault: FolderVault, tmp_path: Path
) -> None:
    package = cast.sealed(cast.dalia(tmp_path), tmp_path)
    refused = keeping.take_in(package, vault, tmp_path / "scratch", node.desk("bruno"))
    assert isinstance(refused, Refused)
    assert not Exhibit.objects.exists()
    assert not CustodyStepRow.objects.exists()


BREAKINGS: dict[str, str] = {
    "a step is changed": "UPDATE evidence_custodysteprow SET kind = 'check'",
    "a step is removed": "DELETE FROM evidence_custodysteprow WHERE seq = 2",
    "a state is changed without its step": "UPDATE evidence_exhibit SET state = 'offered'",
    "a holder is changed without a step": "UPDATE evidence_exhibit SET holder = 'mallory'",
    "a step is counted that is not there": "UPDATE evidence_exhibit SET steps = steps + 1",
    "a step is counted away": "UPDATE evidence_exhibit SET steps = steps - 1, state = 'offered'",
    "what was sealed is changed": "UPDATE evidence_exhibit SET label = 'another'",
    "the digest of the list is changed": "UPDATE evidence_exhibit SET items_sha256 = ''",
    "an exhibit is removed": "DELETE FROM evidence_exhibit",
    "a log entry is changed": "UPDATE audit_logentry SET entry = ''",
    "a log entry is removed": 'DELETE FROM audit_logentry WHERE "index" = 0',
    "a checkpoint is changed": "UPDATE audit_logcheckpoint SET size = 99",
    "a checkpoint is removed": "DELETE FROM audit_logcheckpoint",
    "a tile is changed": "UPDATE audit_logtile SET hashes = ''",
    "a tile is removed": "DELETE FROM audit_logtile",
    "a log is removed": "DELETE FROM audit_log",
    "a log is renamed": "UPDATE audit_log SET origin = 'another'",
    "a tile is moved": 'UPDATE audit_logtile SET "index" = 5',
}


REPLACED = (
    "evidence_custodysteprow",
    "evidence_exhibit",
    "audit_logentry",
    "audit_logtile",
    "audit_logcheckpoint",
    "audit_log",
)


@pytest.mark.parametrize("table", REPLACED)
def test_no_row_is_replaced_by_another_of_its_key(exhibit: Exhibit, table: str) -> None:
    """T10: SQLite's INSERT OR REPLACE removes the old row without asking the guard against removal."""
    before = everything()
    assert exhibit.pseudonym
    word = "INSERT" if connection.vendor == "postgresql" else "INSERT OR REPLACE"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA recursive_triggers=OFF")
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(f"{word} INTO {table} SELECT * FROM {table}")  # noqa: S608 - names of our own tables
    assert everything() == before


@pytest.mark.parametrize("statement", BREAKINGS.values(), ids=BREAKINGS.keys())
def test_the_database_itself_refuses(
    node: Node, exhibit: Exhibit, vault: FolderVault, statement: str
) -> None:
    """T10: not our code but the trigger says no, to whoever holds the application's connection."""
    transferred(node, exhibit, vault)
    before = everything()
    with pytest.raises((DatabaseError, IntegrityError)), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert everything() == before


FORGED = (
    "INSERT INTO evidence_custodysteprow (id, exhibit_id, seq, kind, state_after, holder_after, statement, proof, keys) "
    "SELECT {id}, exhibit_id, {seq}, kind, 'offered', 'mallory', statement, proof, keys FROM evidence_custodysteprow WHERE seq = 0"
)


def test_a_step_out_of_turn_is_refused_and_explains_nothing(
    node: Node, exhibit: Exhibit, vault: FolderVault
) -> None:
    """T10: a row with a number far ahead must not explain a state."""
    transferred(node, exhibit, vault)
    key = (
        "'00000000-0000-0000-0000-00000000002a'"
        if connection.vendor == "postgresql"
        else "'0000000000000000000000000000002a'"
    )
    for seq in (41, 0, 4):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(FORGED.format(id=key, seq=seq))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE evidence_exhibit SET state = 'offered', holder = 'mallory', steps = 42")


def test_no_second_table_of_the_same_name_answers_for_the_first(
    node: Node, exhibit: Exhibit, vault: FolderVault
) -> None:
    """T10: PostgreSQL looks into temporary tables first, unless it is told not to."""
    transferred(node, exhibit, vault)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE evidence_custodysteprow AS SELECT exhibit_id, 3 AS seq, 'offered' AS state_after, "
            "'mallory' AS holder_after FROM evidence_custodysteprow"
        )
    table = "public.evidence_exhibit" if connection.vendor == "postgresql" else "main.evidence_exhibit"
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET state = 'offered', holder = 'mallory', steps = 4")  # noqa: S608 - ours
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TABLE pg_temp.evidence_custodysteprow"
            if connection.vendor == "postgresql"
            else "DROP TABLE temp.evidence_custodysteprow"
        )


@pytest.mark.parametrize("table", ["evidence_custodysteprow", "audit_logentry", "audit_logcheckpoint"])
def test_no_row_is_replaced_by_its_number(
    node: Node, exhibit: Exhibit, vault: FolderVault, table: str
) -> None:
    """T10: SQLite's own row number is a key too; PostgreSQL's way to replace is ON CONFLICT."""
    transferred(node, exhibit, vault)
    before = everything()
    if connection.vendor != "sqlite":
        word = f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id"  # noqa: S608 - ours
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(word)
        assert everything() == before
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA recursive_triggers=OFF")
        columns = [row[1] for row in cursor.execute(f"PRAGMA table_info({table})").fetchall()]
        fresh = ", ".join(
            "'0000000000000000000000000000002b'" if name == "id" else f'"{name}"' for name in columns
        )
        fresh = fresh.replace('"seq"', "3").replace('"index"', "99").replace('"size"', "99")
        names = ", ".join(f'"{name}"' for name in columns)
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute(
                f"INSERT OR REPLACE INTO {table} (rowid, {names}) "  # noqa: S608 - names of our own tables
                f"SELECT rowid, {fresh} FROM {table} WHERE rowid = 1"
            )
    assert everything() == before


def test_a_truncate_is_refused_where_there_is_one(node: Node, exhibit: Exhibit, vault: FolderVault) -> None:
    transferred(node, exhibit, vault)
    word = (
        "TRUNCATE evidence_custodysteprow CASCADE"
        if connection.vendor == "postgresql"
        else "DELETE FROM evidence_custodysteprow"
    )
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(word)
    assert CustodyStepRow.objects.count() == 3


def test_a_stamp_is_not_changed_or_removed(exhibit: Exhibit) -> None:
    step = CustodyStepRow.objects.get(exhibit=exhibit)
    CustodyStamp.objects.create(step=step, token=b"token")
    with pytest.raises(DatabaseError), transaction.atomic():
        CustodyStamp.objects.update(token=b"x")
    with pytest.raises(DatabaseError), transaction.atomic():
        CustodyStamp.objects.all().delete()


def test_an_exhibit_cannot_be_born_with_a_state(exhibit: Exhibit) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Exhibit.objects.create(
            id=exhibit.pk.__class__(int=1),
            pseudonym="0" * 32,
            label="",
            seal=b"",
            items_sha256="",
            chunks_sha256="",
            state="held",
        )


def test_two_checkpoints_of_one_size_cannot_be_kept(exhibit: Exhibit) -> None:
    """T11: a log that signed two trees of one size would be split; its own database refuses."""
    kept = LogCheckpoint.objects.get()
    with pytest.raises(DatabaseError), transaction.atomic():
        LogCheckpoint.objects.create(id=exhibit.pk, log_id=kept.log_id, size=kept.size, note=b"another")


def test_a_refused_step_leaves_nothing_in_rows_or_log(node: Node, exhibit: Exhibit) -> None:
    before = everything()
    refused = actions.record_export(DatabaseLedger(exhibit.pk), node.desk("bruno"), "nobody")
    assert isinstance(refused, Refused)
    assert everything() == before


def test_a_step_whose_writing_fails_leaves_nothing_in_the_log(
    node: Node, exhibit: Exhibit, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything()
    monkeypatch.setattr(DatabaseLedger, "keep", lambda *_: (_ for _ in ()).throw(OSError("the disk is gone")))
    with pytest.raises(OSError, match="gone"), transaction.atomic():
        actions.record_export(DatabaseLedger(exhibit.pk), node.desk("amina"), "the court")
    assert everything() == before


def test_bytes_changed_in_the_vault_are_named_and_nothing_is_exported(
    node: Node, exhibit: Exhibit, vault: FolderVault, tmp_path: Path
) -> None:
    victim = next(
        path
        for path in (tmp_path / "vault/objects").rglob("*")
        if path.is_file() and path.stat().st_size > 2999
    )
    victim.chmod(0o600)
    victim.write_bytes(b"y" + victim.read_bytes()[1:])
    with pytest.raises(OurError, match=r"inbox\.mbox|bytes 0 to"):
        keeping.check_in_vault(exhibit, vault, node.desk("amina"))
    with pytest.raises(OurError, match=r"inbox\.mbox|bytes 0 to"):
        keeping.export_from_vault(exhibit, vault, tmp_path / "out", node.desk("amina"), "x")
    assert not (tmp_path / "out").exists()
    assert CustodyStepRow.objects.count() == 1


def test_an_object_of_the_vault_replaced_by_a_link_is_not_read(
    node: Node, exhibit: Exhibit, vault: FolderVault, tmp_path: Path
) -> None:
    victim = next(
        path
        for path in (tmp_path / "vault/objects").rglob("*")
        if path.is_file() and path.stat().st_size > 2999
    )
    os.rename(victim, tmp_path / "moved")  # noqa: PTH104 - plain
    victim.symlink_to(tmp_path / "moved")
    with pytest.raises(OurError, match="vault"):
        keeping.check_in_vault(exhibit, vault, node.desk("amina"))


def test_an_exhibit_is_found_by_the_beginning_of_its_name_and_only_if_it_is_one(exhibit: Exhibit) -> None:
    assert queries.exhibit_named(exhibit.pseudonym[:6]) == exhibit
    for name in ("", "zzzz", exhibit.pseudonym[:3]):
        with pytest.raises(UserError):
            queries.exhibit_named(name)


def test_the_log_in_rows_gives_the_tiles_of_its_entries(
    node: Node, exhibit: Exhibit, vault: FolderVault
) -> None:
    from comity.base.merkle import leaf_hash  # noqa: PLC0415 - only here

    transferred(node, exhibit, vault)
    entries = LogEntry.objects.order_by("index").values_list("entry", flat=True)
    assert bytes(LogTile.objects.get(level=0, index=0).hashes) == b"".join(
        leaf_hash(bytes(entry)) for entry in entries
    )


def everything() -> list[Any]:
    tables = (Exhibit, CustodyStepRow, CustodyStamp, LogEntry, LogTile, LogCheckpoint)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_an_exported_package_names_only_what_its_steps_need(
    node: Node, exhibit: Exhibit, vault: FolderVault, tmp_path: Path
) -> None:
    cast.done(keeping.export_from_vault(exhibit, vault, tmp_path / "out", node.desk("amina"), "the court"))
    named = (tmp_path / "out" / layout.KEYS).read_text(encoding="utf-8")
    assert "Amina Darvish" in named
    assert "Bruno Keller" not in named, "Bruno signed nothing of this exhibit"
