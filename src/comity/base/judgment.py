"""The answer of a rule: allowed, or refused with a code and its basis.

Codes are for machines and for the face that finds the words in the reader's language; the basis names the
article, standard or format section on which the refusal rests. No sentence for people is made here.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Allowed:
    """The rule has nothing against it; basis names what it rests on."""

    basis: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """The rule says no: a code from a closed list, its basis, and the facts that decided."""

    code: str
    basis: tuple[str, ...]
    facts: dict[str, str] = field(default_factory=dict)


Judgment = Allowed | Refused
