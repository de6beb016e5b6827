"""Who acts: a person or a service in one quality, for one authority of one State.

An actor is a statement about quality, not a login. Rooms above turn logins into actors; keys are tied to
actors by trust material (docs/protocol/evidence-package.md section 7).
"""

from dataclasses import dataclass
from typing import Any

from comity.base.errors import PeerError


@dataclass(frozen=True, slots=True)
class Actor:
    """Name, role, authority and State, as the actor's statements carry them."""

    name: str
    role: str
    authority: str
    state: str

    def as_fields(self) -> dict[str, str]:
        """The four fields as documents write them."""
        return {"authority": self.authority, "name": self.name, "role": self.role, "state": self.state}

    def in_words(self) -> str:
        """One line: name, role, authority, State."""
        return f"{self.name}, {self.role}, {self.authority} ({self.state})"


def read_actor(fields: object) -> Actor:
    """The actor that a signed document names.

    Raises:
        PeerError: a field is missing or not text.
    """
    if not isinstance(fields, dict):
        raise PeerError("an actor is not an object")
    return Actor(*(_text(fields, key) for key in ("name", "role", "authority", "state")))


def _text(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    if not isinstance(value, str):
        raise PeerError(f"an actor's {key} is not text")
    return value
