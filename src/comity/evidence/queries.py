"""Reads of exhibits in a node."""

from comity.base.errors import UserError
from comity.evidence.models import Exhibit

_SHORTEST = 4


def exhibits() -> list[Exhibit]:
    """All exhibits of the node, the newest first."""
    return list(Exhibit.objects.order_by("-id"))


def exhibit_named(name: str) -> Exhibit:
    """The exhibit whose pseudonym begins so.

    Raises:
        UserError: none or several do.
    """
    plain = "".join(name.lower().split())
    begins = Exhibit.objects.filter(pseudonym__startswith=plain)
    found = list(begins[:2]) if len(plain) >= _SHORTEST else []
    if len(found) != 1:
        what = "Several exhibits begin" if found else "No exhibit begins"
        raise UserError(
            f"{what} with {name!r}", advice="'comity exhibit show' lists the exhibits of this node."
        )
    return found[0]
