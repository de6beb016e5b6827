"""A node in the tests' database: a home with keys, its log in rows, its vault in a folder."""

from dataclasses import dataclass
from pathlib import Path

import cast
from comity.audit.store import TransparencyLog
from comity.evidence.actions import Desk


@dataclass
class Node:
    """Arcadia's node, with Amina and Bruno at its desks."""

    folder: Path
    people: dict[str, cast.Person]

    def desk(self, who: str) -> Desk:
        """A desk for the next deed of one of them."""
        from comity.audit.stores.database import DatabaseStore  # noqa: PLC0415 - only with a database

        person = self.people[who]
        self.people[who].watch = max(one.watch for one in self.people.values())
        desk = person.desk()
        signer = person.home.log_signer()
        return Desk(
            desk.holder,
            TransparencyLog(DatabaseStore(signer.name), signer),
            desk.now,
            desk.home,
            desk.circumstances,
        )
