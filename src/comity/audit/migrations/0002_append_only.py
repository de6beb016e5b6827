"""Entries and checkpoints are append-only; tiles only grow."""

from django.db import migrations

from comity.audit.triggers import Guard, append_only, fixed, no_delete, no_replace, put_in_place


class Migration(migrations.Migration):
    """Guards of the log."""

    dependencies = [("audit", "0001_initial")]
    operations = [
        put_in_place(
            *append_only("audit_logentry"),
            *append_only("audit_logcheckpoint"),
            no_replace("audit_logentry", ("id",), ("log_id", '"index"')),
            no_replace("audit_logcheckpoint", ("id",), ("log_id", "size")),
            no_replace("audit_logtile", ("id",), ("log_id", "level", '"index"')),
            no_replace("audit_log", ("origin",)),
            fixed("audit_logtile", "id", "log_id", "level", '"index"'),
            fixed("audit_log", "origin"),
            no_delete("audit_logtile"),
            no_delete("audit_log"),
            Guard(
                "audit_logtile_only_grows",
                "audit_logtile",
                "UPDATE",
                "a tile of the log only grows",
                when_sqlite="substr(NEW.hashes, 1, length(OLD.hashes)) IS NOT OLD.hashes",
                when_postgresql="substring(NEW.hashes FROM 1 FOR length(OLD.hashes)) IS DISTINCT FROM OLD.hashes",
            ),
        )
    ]
