"""The one clock, read once for each deed, and how a moment is written.

Rules never read it: they receive ``now``. Times are UTC, whole seconds, ``YYYY-MM-DDTHH:MM:SSZ`` (RFC 3339).
The clock of a machine is a claim; order comes from the log and time from RFC 3161 stamps.
"""

from datetime import UTC, datetime

from comity.base.errors import PeerError

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def now() -> datetime:
    """This machine's time in UTC, to the second."""
    return datetime.now(tz=UTC).replace(microsecond=0)  # noqa: TID251 - the one place that may


def write_time(moment: datetime) -> str:
    """A moment as every document of this protocol writes it."""
    # Not strftime: it writes the year 500 with three digits.
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def from_timestamp(seconds: float) -> datetime | None:
    """The moment of a file system's seconds since 1970; None where no calendar has it."""
    try:
        return datetime.fromtimestamp(int(seconds), tz=UTC)
    except (OverflowError, ValueError, OSError):
        return None


def read_time(text: object) -> datetime:
    """The moment that a document names.

    Raises:
        PeerError: any other spelling than ``YYYY-MM-DDTHH:MM:SSZ``.
    """
    try:
        moment = datetime.strptime(text, _FORM).replace(tzinfo=UTC) if isinstance(text, str) else None
    except ValueError as problem:
        raise PeerError(f"not a time as documents write it: {str(text)[:40]!r}") from problem
    if moment is None or write_time(moment) != text:
        raise PeerError(f"not a time as documents write it: {str(text)[:40]!r}")
    return moment
