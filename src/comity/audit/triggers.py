"""Guards that live in the database, so that no code path, ours or a stranger's SQL, walks around them.

Each guard is written for SQLite and for PostgreSQL and says the same in both. Migrations put them in place;
the tests try to break each on both engines.
"""

from dataclasses import dataclass
from typing import Any

from django.db.migrations.operations.special import RunPython


@dataclass(frozen=True, slots=True)
class Guard:
    """One refusal: on which table, before which deed, when, and in what words."""

    name: str
    table: str
    before: str
    refuses: str
    when_sqlite: str = ""
    when_postgresql: str = ""

    def sqlite(self) -> str:
        """The trigger for SQLite."""
        when = f" WHEN {self.when_sqlite}" if self.when_sqlite else ""
        return (
            f"CREATE TRIGGER {self.name} BEFORE {self.before} ON {self.table} FOR EACH ROW{when} "
            f"BEGIN SELECT RAISE(ABORT, '{self.refuses}'); END"
        )

    def postgresql(self) -> list[str]:
        """The function and the trigger for PostgreSQL; TRUNCATE is refused with DELETE."""
        condition = f"IF {self.when_postgresql} THEN " if self.when_postgresql else ""
        end = "END IF; " if self.when_postgresql else ""
        result = "OLD" if self.before == "DELETE" else "NEW"
        # The search path is fixed: a temporary table of the same name must not answer for the real one.
        function = (
            f"CREATE FUNCTION {self.name}() RETURNS trigger LANGUAGE plpgsql "
            f"SET search_path = pg_catalog, public, pg_temp AS $guard$ BEGIN "
            f"{condition}RAISE EXCEPTION '{self.refuses}'; {end}RETURN {result}; END $guard$"
        )
        trigger = (
            f"CREATE TRIGGER {self.name} BEFORE {self.before} ON {self.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {self.name}()"
        )
        statements = [function, trigger]
        if self.before == "DELETE":
            statements.append(
                f"CREATE TRIGGER {self.name}_all BEFORE TRUNCATE ON {self.table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {self.name}()"
            )
        return statements


def append_only(table: str) -> tuple[Guard, Guard]:
    """Refuse every change and every removal of a table's rows."""
    words = f"{table} is append-only"
    return (
        Guard(f"{table}_no_update", table, "UPDATE", words),
        Guard(f"{table}_no_delete", table, "DELETE", words),
    )


def no_replace(table: str, *keys: tuple[str, ...]) -> Guard:
    """Refuse a row whose key is there already, before SQLite's INSERT OR REPLACE silently removes the old one."""
    same = " OR ".join("(" + " AND ".join(f"kept.{name} = NEW.{name}" for name in key) + ")" for key in keys)
    when = f"EXISTS (SELECT 1 FROM {table} kept WHERE {same}"  # noqa: S608 - names of our own tables
    words = f"{table} has this row already"
    return Guard(
        f"{table}_no_replace", table, "INSERT", words, f"{when} OR kept.rowid = NEW.rowid)", f"{when})"
    )


def fixed(table: str, *columns: str) -> Guard:
    """Refuse a change of columns that never change; on SQLite of the row's own number too."""
    changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in (*columns, "rowid"))
    distinct = " OR ".join(f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns)
    return Guard(
        f"{table}_fixed", table, "UPDATE", f"these columns of {table} do not change", changed, distinct
    )


def no_delete(table: str) -> Guard:
    """Refuse every removal of a table's rows."""
    return Guard(f"{table}_no_delete", table, "DELETE", f"rows of {table} are not removed")


def put_in_place(*guards: Guard) -> RunPython:
    """The migration operation that puts guards in place; it is not taken back."""

    def apply(_apps: Any, editor: Any) -> None:  # noqa: ANN401 - Django's own signature
        for guard in guards:
            statements = [guard.sqlite()] if editor.connection.vendor == "sqlite" else guard.postgresql()
            for statement in statements:
                editor.execute(statement)

    return RunPython(apply, RunPython.noop)
