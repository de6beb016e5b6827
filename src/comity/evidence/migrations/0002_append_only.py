"""Custody steps and stamps are append-only; an exhibit's state changes only with its step."""

from django.db import migrations

from comity.audit.triggers import Guard, append_only, fixed, no_delete, no_replace, put_in_place

_UNEXPLAINED = (
    "(NEW.state <> OLD.state OR NEW.holder <> OLD.holder OR NEW.steps <> OLD.steps) AND (NEW.steps <> OLD.steps + 1 "
    "OR NOT EXISTS (SELECT 1 FROM evidence_custodysteprow s WHERE s.exhibit_id = NEW.id AND s.seq = OLD.steps "
    "AND s.state_after = NEW.state AND s.holder_after = NEW.holder))"
)
_OUT_OF_TURN = "NEW.seq IS NOT (SELECT x.steps FROM evidence_exhibit x WHERE x.id = NEW.exhibit_id)"
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
                when_sqlite=_UNEXPLAINED,
                when_postgresql=_UNEXPLAINED,
            ),
            Guard(
                "evidence_custodysteprow_in_turn",
                "evidence_custodysteprow",
                "INSERT",
                "a step has the next number of its exhibit",
                when_sqlite=_OUT_OF_TURN,
                when_postgresql=_OUT_OF_TURN.replace("IS NOT", "IS DISTINCT FROM"),
            ),
            fixed("evidence_exhibit", *_SEALED),
        )
    ]
