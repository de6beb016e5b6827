"""Four roots of error, by whose fault it is: ours, the peer's, the user's, the world's.

An expected "no" is not an error but a value (``comity.base.judgment.Refused``). An error here means that a
deed could not be done at all. Each carries what happened and what to do next; each face catches
``ComityError`` in one place and shows both.
"""


class ComityError(Exception):
    """Something could not be done; says what happened and what to do about it."""

    def __init__(self, what: str, *, advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


class OurError(ComityError):
    """A fault of this software: nobody else can mend it; please report it."""


class PeerError(ComityError):
    """Another party's bytes are not what they must be."""


class UserError(ComityError):
    """What was asked cannot be done as asked; the advice says how it can."""


class WorldError(ComityError):
    """The machine, its disk or its network refuses; the same call may succeed later."""
