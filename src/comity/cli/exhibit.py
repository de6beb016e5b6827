"""Seal, show, transfer, check and export evidence."""

import argparse
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comity.authorities import trust
from comity.authorities.keyring import Home
from comity.authorities.terms import Signer
from comity.base.errors import UserError
from comity.base.judgment import Refused
from comity.base.spelling import in_groups
from comity.cli.homes import desk_of, home_of, open_node, vault_of
from comity.cli.verify import read_trust_of, report
from comity.cli.words import ProgressLine, add_circumstances, add_home, line, say, size_in_words
from comity.evidence import actions, sealing
from comity.evidence.actions import Desk, Done
from comity.evidence.ledger import Ledger
from comity.evidence.ledgers.package import PackageLedger
from comity.evidence.verification.examine import examine
from comity.evidence.verification.findings import Verdict

if TYPE_CHECKING:
    from comity.evidence.sealing import SealedExhibit

REFUSALS = {
    "no-such-step": "An exhibit that is {state} cannot take the step '{event}'.{hint}",
    "not-the-holder": "Only the holder can do this. The holder's key is {expected}; yours is {found}.",
    "not-the-receiver": "Only the receiver named in the offer can do this. Its key is {expected}; yours is {found}.",
    "another-root": "The bytes here are not the ones that were sealed.",
}
HINTS = {
    ("offered", "offer"): " Withdraw the open offer first, or wait for its answer.",
    ("offered", "export"): " Withdraw the open offer first, or wait for its answer.",
    ("held", "accept"): " It was not offered to anybody.",
    ("held", "decline"): " It was not offered to anybody.",
    ("held", "withdraw"): " It was not offered to anybody.",
}
_REFUSED_EXIT = 1


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The verbs of ``comity exhibit``."""
    seal = verbs.add_parser(
        "seal", help="seal files and folders: digests, signed first step, log entry, package"
    )
    seal.add_argument("paths", type=Path, metavar="PATH", nargs="+")
    seal.add_argument("--out", type=Path, metavar="PACKAGE", help="package folder to make (in a node: also)")
    seal.add_argument("--label", default="", help="what people call the exhibit")
    add_circumstances(seal)
    seal.set_defaults(deed=seal_paths)
    show = verbs.add_parser("show", help="show an exhibit and its custody, or list a node's exhibits")
    show.add_argument(
        "exhibit", metavar="EXHIBIT", nargs="?", help="a package folder, or an exhibit of the node"
    )
    add_home(show)
    show.set_defaults(deed=show_exhibit)
    transfer = verbs.add_parser("transfer", help="offer an exhibit, or answer an offer")
    transfer.add_argument("exhibit", metavar="EXHIBIT")
    deed = transfer.add_mutually_exclusive_group(required=True)
    deed.add_argument(
        "--to", metavar="RECEIVER", help="offer it: the receiver's trust folder, or a key of this home"
    )
    deed.add_argument("--accept", action="store_true", help="accept it, after every byte was read again")
    deed.add_argument("--decline", metavar="WHY", help="decline it, with the reason")
    deed.add_argument("--withdraw", metavar="WHY", help="take your offer back, with the reason")
    transfer.add_argument(
        "--trust",
        type=Path,
        metavar="DIR",
        help="with --accept: refuse a package unless this trust material believes it",
    )
    add_circumstances(transfer)
    transfer.set_defaults(deed=transfer_exhibit)
    check = verbs.add_parser("check", help="read every byte again and record that it holds")
    check.add_argument("exhibit", metavar="EXHIBIT")
    add_circumstances(check)
    check.set_defaults(deed=check_exhibit)
    export = verbs.add_parser("export", help="make a copy for somebody, and record for whom")
    export.add_argument("exhibit", metavar="EXHIBIT")
    export.add_argument("--out", type=Path, metavar="PACKAGE", required=True)
    export.add_argument("--for", dest="whom_for", required=True, help="whom the copy is for")
    add_circumstances(export)
    export.set_defaults(deed=export_exhibit)


def seal_paths(arguments: argparse.Namespace) -> int:
    """Seal files and folders."""
    home = home_of(arguments)
    if home.is_node:
        open_node(home)
    elif arguments.out is None:
        raise UserError("Say where the package goes", advice="Add --out PACKAGE.")
    desk = desk_of(arguments, home)
    progress = ProgressLine("sealing", sealing.total_bytes(arguments.paths))
    sealed: SealedExhibit | Refused
    if home.is_node:
        sealed = _keeping().seal_into_vault(
            arguments.paths,
            vault_of(home),
            home.folder / "scratch",
            desk,
            label=arguments.label,
            progress=progress,
        )
    else:
        sealed = sealing.seal_package(
            arguments.paths, arguments.out, desk, label=arguments.label, progress=progress
        )
    progress.end()
    if isinstance(sealed, Refused):
        return refuse(sealed)
    seal = sealed.seal
    line("sealed", f"{seal.count} item(s), {size_in_words(seal.size)}  “{seal.label}”")
    line("exhibit", in_groups(seal.exhibit))
    line("root", in_groups(seal.root))
    for name in sealed.not_read:
        line("not read", f"{name}: named in the seal, its contents are not")
    tell(sealed.done, desk)
    if home.is_node and arguments.out is not None:
        return _export_row(home, seal.exhibit, arguments.out, desk, desk.holder.actor.in_words())
    line("package", str(arguments.out) if arguments.out else "none; 'comity exhibit export' makes one")
    return 0


def show_exhibit(arguments: argparse.Namespace) -> int:
    """Show an exhibit and its custody."""
    home = home_of(arguments)
    if arguments.exhibit and Path(arguments.exhibit).is_dir():
        folder = Path(arguments.exhibit)
        examination = examine(folder, None, read_items=False)
        report(folder, None, examination, read_items=False)
        return _REFUSED_EXIT if examination.verdict is Verdict.DOES_NOT_HOLD else 0
    open_node(home)
    shown = importlib.import_module("comity.cli.rows")
    code: int = shown.show(arguments.exhibit, home)
    return code


def transfer_exhibit(arguments: argparse.Namespace) -> int:
    """Offer an exhibit, or answer an offer."""
    home, desk = _at_desk(arguments)
    folder = Path(arguments.exhibit)
    if arguments.accept and folder.is_dir():
        return _accept_package(arguments, home, desk)
    with _held(arguments.exhibit, home, desk) as ledger:
        done = _transfer(arguments, home, desk, ledger)
    return _end(done, desk)


def _transfer(arguments: argparse.Namespace, home: Home, desk: Desk, ledger: Ledger) -> Done | Refused:
    if arguments.to:
        receiver = _receiver(arguments.to, home)
        done = actions.offer_exhibit(ledger, desk, receiver)
        if isinstance(done, Done):
            line("offered", f"to {receiver.actor.in_words()}; theirs once they accept, yours until then")
        return done
    if arguments.accept:
        return _accept_row(arguments.exhibit, home, desk, ledger)
    if arguments.decline is not None:
        return actions.decline_exhibit(ledger, desk, sealing.plain_text(arguments.decline))
    return actions.withdraw_offer(ledger, desk, sealing.plain_text(arguments.withdraw))


def check_exhibit(arguments: argparse.Namespace) -> int:
    """Read every byte of an exhibit again and record that it holds."""
    home, desk = _at_desk(arguments)
    folder = Path(arguments.exhibit)
    if folder.is_dir():
        done = sealing.check_package(PackageLedger(folder, desk.holder, home.folder), desk)
    else:
        done = _keeping().check_in_vault(_row(arguments.exhibit), vault_of(home), desk)
    return _end(done, desk)


def export_exhibit(arguments: argparse.Namespace) -> int:
    """Make a copy of an exhibit for somebody."""
    home, desk = _at_desk(arguments)
    folder = Path(arguments.exhibit)
    if folder.is_dir():
        done = sealing.copy_package(
            PackageLedger(folder, desk.holder, home.folder),
            arguments.out,
            desk,
            sealing.plain_text(arguments.whom_for),
        )
        code = _end(done, desk)
        line("package", str(arguments.out)) if not code else None
        return code
    return _export_row(home, arguments.exhibit, arguments.out, desk, sealing.plain_text(arguments.whom_for))


def _at_desk(arguments: argparse.Namespace) -> tuple[Home, Desk]:
    home = home_of(arguments)
    if home.is_node:
        open_node(home)
    return home, desk_of(arguments, home)


def _accept_package(arguments: argparse.Namespace, home: Home, desk: Desk) -> int:
    folder = Path(arguments.exhibit)
    material = read_trust_of(arguments)
    if material is None:
        line("trust", "none given: whether its signers are who they say was not checked (--trust DIR)")
    done: Done | Refused
    if home.is_node:
        done = _keeping().take_in(folder, vault_of(home), home.folder / "scratch", desk, material)
    else:
        done = sealing.accept_package(PackageLedger(folder, desk.holder, home.folder), desk, material)
    if isinstance(done, Done):
        line("read again", "every byte as sealed" + (", every signer trusted" if material else ""))
    return _end(done, desk)


def _accept_row(name: str, home: Home, desk: Desk, ledger: Ledger) -> Done | Refused:
    root: str = _keeping().recomputed_in_vault(_row(name), vault_of(home))
    line("read again", "every byte as sealed")
    return actions.accept_exhibit(ledger, desk, root)


def _export_row(home: Home, name: str, target: Path, desk: Desk, whom_for: str) -> int:
    done = _keeping().export_from_vault(_row(name), vault_of(home), target, desk, whom_for)
    code = _end(done, desk)
    if not code:
        line("package", str(target))
    return code


@contextmanager
def _held(name: str, home: Home, desk: Desk) -> Iterator[Ledger]:
    """The ledger of an exhibit, a package under its lock from the first look to the last write."""
    folder = Path(name)
    if folder.is_dir():
        package = PackageLedger(folder, desk.holder, home.folder)
        with package.holding():
            sealing.examine_or_refuse(folder, read_items=False)
            yield package
        return
    if not home.is_node:
        raise UserError(f"There is no package folder {name}", advice="Name the folder that 'seal' made.")
    database = importlib.import_module("comity.evidence.ledgers.database")
    ledger: Ledger = database.DatabaseLedger(_row(name).pk)
    yield ledger


def _receiver(named: str, home: Home) -> Signer:
    folder = Path(named)
    if not folder.is_dir():
        return home.holder(named).signer
    signers = trust.read_trust(folder).known.signers
    if len(signers) != 1:
        names = ", ".join(signer.actor.name for signer in signers)
        raise UserError(
            f"{folder} names {len(signers)} signers ({names})",
            advice="Ask the receiver for a trust folder of the one key that will accept.",
        )
    return signers[0]


def _end(done: Done | Refused, desk: Desk) -> int:
    if isinstance(done, Refused):
        return refuse(done)
    tell(done, desk)
    return 0


def tell(done: Done, desk: Desk) -> None:
    """What a deed did: the step, its log entry, its stamp."""
    line(done.kind.value, f"step {done.custody.steps - 1} signed by {desk.holder.actor.in_words()}")
    line("log", f"{done.log}, entry {done.index}")
    if done.stamped:
        line("stamped", f"{done.stamped:%Y-%m-%d %H:%M:%S} UTC by the stamp authority")
    elif done.no_stamp:
        line("no stamp", f"{done.no_stamp}. The step stands without one.")


def refuse(refused: Refused) -> int:
    """Say a refusal in words, with its basis."""
    hint = HINTS.get((refused.facts.get("state", ""), refused.facts.get("event", "")), "")
    words = REFUSALS.get(refused.code, refused.code.replace("-", " ") + ".").format(
        **refused.facts, hint=hint
    )
    say(f"  refused      {words}")
    print(f"               basis: {', '.join(refused.basis)}")
    return _REFUSED_EXIT


def _keeping() -> Any:  # noqa: ANN401 - a module, loaded only where there is a node
    return importlib.import_module("comity.evidence.keeping")


def _row(name: str) -> Any:  # noqa: ANN401 - a row, loaded only where there is a node
    return importlib.import_module("comity.evidence.queries").exhibit_named(name)
