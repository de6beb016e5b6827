"""What ``comity exhibit show`` prints of a node's exhibits."""

from comity.authorities.keyring import Home
from comity.base.spelling import in_groups
from comity.cli.words import line
from comity.evidence import actions, queries
from comity.evidence.ledgers.database import DatabaseLedger


def show(name: str | None, home: Home) -> int:
    """One exhibit and its custody, or the list of all."""
    if name is None:
        rows = queries.exhibits()
        for row in rows:
            line(row.state, f"{in_groups(row.pseudonym)}  {row.steps} step(s)  “{row.label}”")
        if not rows:
            print(
                f"  The node {home.folder} holds no exhibit. 'comity exhibit seal PATH --home …' seals one."
            )
        return 0
    row = queries.exhibit_named(name)
    page = DatabaseLedger(row.pk).page()
    custody, _ = actions.fold(page)
    holder = page.known.signer(custody.holder)
    line("exhibit", f"{in_groups(row.pseudonym)}  “{row.label}”")
    line("holder", f"{holder.actor.in_words() if holder else custody.holder}")
    if custody.offer:
        line("on offer", f"to the key {custody.receiver}")
    for step in actions.steps_of(page):
        line(
            f"{step.seq:>4}", f"{step.kind.value:<9} {step.time:%Y-%m-%d %H:%M:%S} UTC  {step.by.in_words()}"
        )
    return 0
