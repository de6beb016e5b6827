"""The fixed cast of the tests: people of invented States, their homes, and what they hold.

Amina Darvish seals in Arcadia (XA), Bruno Keller keeps evidence there, Dalia Moreau receives in Borealia
(XB), and Mallory has keys of her own that nobody trusts.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from comity.audit.store import TransparencyLog
from comity.audit.stores.folder import FolderStore
from comity.authorities.keyring import Home, KeyHolder
from comity.authorities.terms import TrustMaterial
from comity.authorities.trust import merge, write_trust
from comity.base.actor import Actor
from comity.evidence import actions, sealing
from comity.evidence.actions import Desk, Done
from comity.evidence.ledgers.package import PackageLedger
from comity.evidence.stamping import StampAuthority
from comity.evidence.terms import Circumstances

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
AMINA = Actor("Amina Darvish", "first responder", "Cyber Police, Northern Province", "XA")
BRUNO = Actor("Bruno Keller", "evidence custodian", "Cyber Police, National Unit", "XA")
DALIA = Actor("Dalia Moreau", "forensic expert", "Court of Borea", "XB")
MALLORY = Actor("Amina Darvish", "first responder", "Cyber Police, Northern Province", "XA")
SAID = Circumstances("investigation 12/2026", "warrant 44", "Northport", "laptop SN 123")


@dataclass
class Person:
    """Somebody with a home of their own: a key, a log and a watch that moves with each deed."""

    home: Home
    holder: KeyHolder
    watch: datetime = NOON
    stamps: StampAuthority | None = None

    def desk(self) -> Desk:
        """A desk for the next deed, a minute later than the last."""
        self.watch += timedelta(minutes=1)
        log = TransparencyLog(FolderStore(self.home.folder / "log"), self.home.log_signer())
        return Desk(self.holder, log, self.watch, self.home.folder, SAID, self.stamps)

    def ledger(self, package: Path) -> PackageLedger:
        """A package as this person acts on it."""
        return PackageLedger(package, self.holder, self.home.folder)

    def trust(self) -> TrustMaterial:
        """What must be trusted to believe this person."""
        return self.home.trust()


def person(folder: Path, actor: Actor, origin: str) -> Person:
    """A person with fresh keys in a folder."""
    home = Home(folder)
    home.prepare()
    home.log_signer(origin)
    return Person(home, home.make_holder("me", actor, NOON))


def amina(folder: Path) -> Person:
    """The first responder of Arcadia."""
    return person(folder / "amina", AMINA, "log.amina.arcadia.example/custody")


def bruno(folder: Path) -> Person:
    """The custodian of Arcadia."""
    return person(folder / "bruno", BRUNO, "log.arcadia.example/custody")


def dalia(folder: Path) -> Person:
    """The expert of Borealia."""
    return person(folder / "dalia", DALIA, "log.borealia.example/custody")


def mallory(folder: Path) -> Person:
    """Somebody who calls herself Amina and names her log like Amina's."""
    return person(folder / "mallory", MALLORY, "log.amina.arcadia.example/custody")


def evidence(folder: Path) -> Path:
    """A small folder of evidence with the oddities that real ones have."""
    seized = folder / "seized"
    (seized / "mail" / "empty").mkdir(parents=True)
    (seized / "chat.txt").write_text("سلام\nthe money left at noon\n", encoding="utf-8")
    (seized / "mail" / "inbox.mbox").write_bytes(b"From a@example.org\n\n" + b"x" * 3000)
    (seized / "nothing").write_bytes(b"")
    (seized / "link").symlink_to("chat.txt")
    return seized


def sealed(somebody: Person, folder: Path, paths: list[Path] | None = None) -> Path:
    """A package that somebody sealed."""
    target = folder / "package"
    made = sealing.seal_package(
        paths or [evidence(folder)], target, somebody.desk(), label="phone of the suspect"
    )
    assert isinstance(made, sealing.SealedExhibit), made
    return target


def handed_over(first: Person, second: Person, folder: Path) -> Path:
    """A package that one sealed and checked, and another accepted: four steps, two signers, two logs."""
    package = sealed(first, folder)
    done(actions.check_exhibit(first.ledger(package), first.desk(), sealing.recomputed_root(package)))
    done(actions.offer_exhibit(first.ledger(package), first.desk(), second.holder.signer))
    second.watch = max(second.watch, first.watch)
    done(actions.accept_exhibit(second.ledger(package), second.desk(), sealing.recomputed_root(package)))
    return package


def done(outcome: object) -> Done:
    """What was done; fails the test when it was refused."""
    assert isinstance(outcome, Done), outcome
    return outcome


def trust_of(*people: Person) -> TrustMaterial:
    """What must be trusted to believe all of these."""
    first, *others = (one.trust() for one in people)
    for other in others:
        first = merge(first, other)
    return first


def trust_folder(folder: Path, *people: Person) -> Path:
    """The same as a folder."""
    target = folder / "trust"
    write_trust(target, trust_of(*people))
    return target


def copy_of(package: Path, folder: Path, name: str = "copy") -> Path:
    """A fresh copy of a package to do harm to."""
    target = folder / name
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(package, target, symlinks=True)
    for path in target.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(0o644)
    return target


def rewritten(package: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Change a file of a package in place."""
    path = package / name
    path.write_bytes(change(path.read_bytes()))


def with_clock(desk: Desk, moment: datetime) -> Desk:
    """The same desk at another moment."""
    return replace(desk, now=moment)
