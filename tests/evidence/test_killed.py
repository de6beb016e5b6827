"""T15: a machine that dies at any write leaves nothing lost, nothing doubled, nothing half done."""

import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import cast
from comity.audit.stores.folder import FolderStore
from comity.audit.wire import read_checkpoint
from comity.base import statements, strict_json
from comity.base.errors import UserError
from comity.evidence import actions, sealing
from comity.evidence.ledger import Intention
from comity.evidence.terms import StepKind
from comity.evidence.wire import step_payload
from verifiers import ours

DIED = 9
Deed = Callable[[cast.Person, Path], object]


def die_at(boundary: int, deed: Callable[[], object]) -> bool:
    """Do a deed in a child that dies without a word at its n-th write to the disk; whether it died."""
    child = os.fork()
    if child == 0:
        left = [boundary]
        for name in ("fsync", "replace", "rename", "unlink", "write", "mkdir", "rmdir"):
            _arm(name, left)
        try:
            deed()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == DIED


def _arm(name: str, left: list[int]) -> None:
    real = getattr(os, name)

    def armed(*words: object, **more: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            os._exit(DIED)
        return real(*words, **more)

    setattr(os, name, armed)


def check(person: cast.Person, package: Path) -> object:
    return sealing.check_package(person.ledger(package), person.desk())


def offer(person: cast.Person, package: Path) -> object:
    return actions.offer_exhibit(person.ledger(package), person.desk(), person.holder.signer)


def leaves(person: cast.Person) -> list[dict[str, object]]:
    store = FolderStore(person.home.folder / "log")
    note = store.checkpoint()
    return (
        []
        if note is None
        else [strict_json.parse_object(raw) for raw in store.entries(read_checkpoint(note).size)]
    )


@pytest.mark.parametrize("deed", [check, offer], ids=["check", "offer"])
def test_a_step_that_dies_at_any_write_is_finished_or_never_was(tmp_path: Path, deed: Deed) -> None:
    boundary, died = 0, True
    while died:
        boundary += 1
        world = tmp_path / str(boundary)
        world.mkdir()
        amina = cast.amina(world)
        package = cast.sealed(amina, world)
        died = die_at(boundary, lambda person=amina, at=package: deed(person, at))  # type: ignore[misc]
        amina.watch = amina.watch.replace(hour=13)
        cast.done(check(amina, package))
        assert ours(package, cast.trust_folder(world, amina)).code == 0
        said = leaves(amina)
        assert max(Counter((one["i"], one["n"]) for one in said).values()) == 1, (
            f"the log forks after write {boundary}"
        )
        steps = len(amina.ledger(package).page().steps)
        assert len(said) == steps, "every step in the log is in the package"
        assert steps in {2, 3}
        assert sorted(path.name for path in world.iterdir()) == ["amina", "package", "seized", "trust"]
        assert not list((world / "amina" / "pending").iterdir())
        shutil.rmtree(world)
    assert boundary > 30, "the deed has fewer writes than it must have"


def test_sealing_that_dies_at_any_write_leaves_no_package_or_a_whole_one(tmp_path: Path) -> None:
    boundary, died, whole = 0, True, 0
    while died:
        boundary += 1
        world = tmp_path / str(boundary)
        world.mkdir()
        amina = cast.amina(world)
        died = die_at(boundary, lambda person=amina, at=world: cast.sealed(person, at))  # type: ignore[misc]
        if (world / "package").exists():
            assert ours(world / "package", cast.trust_folder(world, amina)).code == 0
            whole += 1
        else:
            shutil.rmtree(world / "seized", ignore_errors=True)
            assert ours(cast.sealed(amina, world), cast.trust_folder(world, amina)).code == 0
        left = [path.name for path in world.glob(".*")]
        assert left in ([], [".package.lock"]), "at most the empty lock of the command that died"
        shutil.rmtree(world)
    assert boundary > 40
    assert whole >= 1


def test_somebody_else_does_not_finish_a_step_that_was_begun(tmp_path: Path) -> None:
    amina = cast.amina(tmp_path)
    dalia = cast.Person(
        amina.home, amina.home.make_holder("dalia", cast.DALIA, cast.NOON), cast.NOON.replace(hour=13)
    )
    package = cast.sealed(amina, tmp_path)
    cast.done(actions.offer_exhibit(amina.ledger(package), amina.desk(), dalia.holder.signer))
    ledger = amina.ledger(package)
    custody, _ = actions.fold(ledger.page())
    step = actions._draft(custody, amina.desk(), StepKind.CHECK, {"root": custody.root})
    raw = statements.sign(step_payload(step), statements.CUSTODY, amina.holder.pair)
    ledger.intend(Intention(raw, bytes(32)))
    with pytest.raises(UserError, match="Amina Darvish"):
        actions.accept_exhibit(dalia.ledger(package), dalia.desk(), sealing.recomputed_root(package))
