"""Custody steps and stamps are append-only; an exhibit's state changes only with its step."""

from django.db import migrations

from comity.audit.triggers import Guard, append_only, no_delete, no_replace, put_in_place

_UNEXPLAINED = (
    "(NEW.state, NEW.holder, NEW.steps) IS DISTINCT FROM (OLD.state, OLD.holder, OLD.steps) AND NOT EXISTS ("
    "SELECT 1 FROM evidence_custodysteprow s WHERE s.exhibit_id = NEW.id AND s.seq = NEW.steps - 1 "
    "AND s.state_after = NEW.state AND s.holder_after = NEW.holder "
    "AND NOT EXISTS (SELECT 1 FROM evidence_custodysteprow t WHERE t.exhibit_id = NEW.id AND t.seq >= NEW.steps))"
)
# SQLite before 3.39 has no IS DISTINCT FROM; IS NOT over columns says the same.
_UNEXPLAINED_SQLITE = _UNEXPLAINED.replace(
    "(NEW.state, NEW.holder, NEW.steps) IS DISTINCT FROM (OLD.state, OLD.holder, OLD.steps)",
    "(NEW.state IS NOT OLD.state OR NEW.holder IS NOT OLD.holder OR NEW.steps IS NOT OLD.steps)",
)
_SEALED = ("id", "pseudonym", "label", "seal", "items_sha256", "chunks_sha256")


class Migration(migrations.Migration):
    """Guards of custody."""

    dependencies = [("evidence", "0001_initial"), ("audit", "0002_append_only")]
    operations = [
        put_in_place(
            *append_only("evidence_custodysteprow"),
            *append_only("evidence_custodystamp"),
            no_replace("evidence_custodysteprow", ("id",), ("exhibit_id", "seq")),
            no_replace("evidence_custodystamp", ("step_id",)),
            no_replace("evidence_exhibit", ("id",), ("pseudonym",)),
            no_delete("evidence_exhibit"),
            Guard(
                "evidence_exhibit_born_unsealed",
                "evidence_exhibit",
                "INSERT",
                "an exhibit begins without a state of its own",
                when_sqlite="NEW.state <> 'unsealed' OR NEW.holder <> '' OR NEW.steps <> 0",
                when_postgresql="NEW.state <> 'unsealed' OR NEW.holder <> '' OR NEW.steps <> 0",
            ),
            Guard(
                "evidence_exhibit_state_needs_step",
                "evidence_exhibit",
                "UPDATE",
                "a state of custody changes only with its signed step",
                when_sqlite=_UNEXPLAINED_SQLITE,
                when_postgresql=_UNEXPLAINED,
            ),
            Guard(
                "evidence_exhibit_seal_is_fixed",
                "evidence_exhibit",
                "UPDATE",
                "what was sealed does not change",
                when_sqlite=" OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _SEALED),
                when_postgresql=" OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in _SEALED),
            ),
        )
    ]
