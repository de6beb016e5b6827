"""The measures of the house: printed on every run, and bounded."""

import ast
import importlib.util
import re
import socket
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

from comity.treaty import library

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "comity"
FRAMEWORKS = {"django", "psycopg", "sqlite3", "granian"}
LONGEST_FILE, LONGEST_FUNCTION, P90_FILE, P90_FUNCTION, MOST_FILES = 500, 50, 350, 30, 12
LEAST_PURE = 0.40
# One file by its very purpose: a stranger runs it alone (docs/decisions/0007). It has a bound of its own.
ALONE, LONGEST_ALONE = "src/comity/evidence/standalone/verify.py", 900
BROAD_EXCEPTS_ALLOWED = {"src/comity/cli/door.py"}  # the one place that ends every command
NOT_OURS = {"0001_initial.py"}  # written by the framework
FORBIDDEN_WORDS = {
    "data",
    "info",
    "manager",
    "helper",
    "helpers",
    "utils",
    "util",
    "misc",
    "common",
    "handler",
}


Measured = Callable[[str], None]


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """Prints a measure at the end of the run."""
    return lambda text: record_property("measure", text)


def files(*folders: str) -> list[Path]:
    roots = [ROOT / folder for folder in folders] or [SOURCE]
    return sorted(path for root in roots for path in root.rglob("*.py") if path.name not in NOT_OURS)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (
        node for node in ast.walk(tree_of(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def tenth_largest(values: list[int]) -> int:
    return sorted(values)[int(len(values) * 0.9)]


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def reaches_a_framework() -> dict[str, bool]:
    """For each module whether it reaches a framework or a database, also through others."""
    imported = {module_name(path): imports_of(path) for path in files()}
    reached = {
        name: any(one.split(".")[0] in FRAMEWORKS for one in wanted) for name, wanted in imported.items()
    }
    changed = True
    while changed:
        changed = False
        for name, wanted in imported.items():
            if not reached[name] and any(reached.get(one, False) for one in wanted):
                reached[name] = changed = True
    return reached


def test_at_least_four_tenths_of_the_lines_run_without_framework_or_database(measured: Measured) -> None:
    reached = reaches_a_framework()
    counted = {module_name(path): lines_of(path) for path in files()}
    pure = sum(lines for name, lines in counted.items() if not reached[name])
    share = pure / sum(counted.values())
    measured(f"lines without framework or database: {share:.0%} of {sum(counted.values())}")
    assert share >= LEAST_PURE


def test_no_file_and_no_function_is_too_long(measured: Measured) -> None:
    everything = files("src", "tests", "demo", "bench", "tools")
    file_lengths = {str(path.relative_to(ROOT)): lines_of(path) for path in everything}
    assert file_lengths.pop(ALONE) <= LONGEST_ALONE
    function_lengths = {
        f"{path.relative_to(ROOT)}:{node.name}": length(node)
        for path in everything
        for node in functions(path)
    }
    ours = [lines_of(path) for path in files()]
    ours_functions = [length(node) for path in files() for node in functions(path)]
    measured(
        f"longest file {max(file_lengths.values())}, p90 {tenth_largest(ours)}; longest function {max(function_lengths.values())}, p90 {tenth_largest(ours_functions)}"
    )
    assert {path: count for path, count in file_lengths.items() if count > LONGEST_FILE} == {}
    assert {name: count for name, count in function_lengths.items() if count > LONGEST_FUNCTION} == {}
    assert tenth_largest(ours) <= P90_FILE
    assert tenth_largest(ours_functions) <= P90_FUNCTION


def test_every_module_and_public_function_says_what_it_is_for() -> None:
    silent = []
    for path in files():
        if not ast.get_docstring(tree_of(path)):
            silent.append(str(path.relative_to(ROOT)))
        silent += [
            f"{path.relative_to(ROOT)}:{node.name}"
            for node in tree_of(path).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
    assert silent == []


def test_every_function_is_annotated_tests_included() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in files("src", "tests", "demo", "bench", "tools")
        for node in functions(path)
        if node.returns is None
    ]
    assert bare == []


def test_rooms_hold_a_docstring_only_in_their_first_file_and_say_what_they_must_not_know() -> None:
    for room in rooms():
        first = tree_of(SOURCE / room / "__init__.py")
        words = ast.get_docstring(first) or ""
        assert len(first.body) == 1, f"{room}/__init__.py holds more than its docstring"
        assert "must not" in words, f"{room} does not say what it must not know or hold"


def rooms() -> list[str]:
    return sorted(path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists())


def test_every_room_stands_in_the_house_page_and_on_the_stair() -> None:
    page = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    stair = " ".join(settings["tool"]["importlinter"]["contracts"][0]["layers"])
    for room in rooms():
        assert f"`{room}`" in page or f"{room}/" in page, f"docs/house.md does not mention {room}"
        assert re.search(rf"\b{room}\b", stair)


def test_articles_named_in_code_exist_in_law(measured: Measured) -> None:
    law = library.load()
    named: set[tuple[str, str]] = set()
    for path in files():
        text = path.read_text(encoding="utf-8")
        named |= {
            (basis, path.name) for basis in re.findall(r"hanoi:[0-9]+(?:\.[0-9]+)?(?:\([a-z]+\))*", text)
        }
        for words in re.findall(r"Articles? (?:served: )?([0-9][^.;:\n]*)", text):
            named |= {
                (f"hanoi:{number}", path.name)
                for number in re.findall(r"\b[0-9]+(?:\.[0-9]+)?(?:\([a-z]\))*", words)
            }
    measured(f"articles and paragraphs named in code: {len({basis for basis, _ in named})}")
    assert named
    assert [(basis, name) for basis, name in sorted(named) if not law.resolves(basis)] == []


def test_every_step_of_every_lifecycle_has_a_basis_that_exists() -> None:
    from comity.evidence.states import CUSTODY  # noqa: PLC0415 - grows with the lifecycles

    law = library.load()
    for state, event, step in CUSTODY.rows():
        assert step.basis, f"{state} {event} has no basis"
        assert all(law.resolves(basis) for basis in step.basis if basis.startswith("hanoi:"))


def test_a_rooms_tables_are_imported_only_by_that_room() -> None:
    strangers = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files()
        for name in imports_of(path)
        if (match := re.fullmatch(r"comity\.(\w+)\.models(?:\..*)?", name))
        and path.relative_to(SOURCE).parts[0] != match[1]
    ]
    assert strangers == []


def test_nobody_catches_everything() -> None:
    broad = [
        str(path.relative_to(ROOT))
        for path in files("src", "demo", "bench", "tools")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
        )
    ]
    assert set(broad) == BROAD_EXCEPTS_ALLOWED


def test_the_tests_reach_no_machine_but_this_one() -> None:
    with pytest.raises((SocketConnectBlockedError, UserWarning), match="allowed"):
        socket.create_connection(("192.0.2.1", 9), timeout=1)


def test_no_name_is_a_word_that_says_nothing() -> None:
    named = {path.stem: path for path in files()}
    for path in files():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                named[node.name] = path
    empty = [
        f"{name} in {path.relative_to(ROOT)}"
        for name, path in named.items()
        if set(re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower().split("_")) & FORBIDDEN_WORDS
        and name != "log_message"
    ]
    assert empty == []


def test_nothing_is_left_unfinished_in_words() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError|placeholder)\b")
    assert [
        str(path.relative_to(ROOT))
        for path in files("src", "demo", "bench", "tools")
        if words.search(path.read_text(encoding="utf-8"))
    ] == []


def test_no_path_of_a_machine_is_in_the_tree() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    if not listed:
        pytest.skip("not a git checkout")
    path = re.compile("/(" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me/[a-z]+")) + ")/")
    found = [
        name
        for name in listed
        if not name.endswith(".lock")
        and (ROOT / name).is_file()
        and path.search((ROOT / name).read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []


def test_no_source_or_test_is_hidden_from_git() -> None:
    words = [
        "git",
        "ls-files",
        "--others",
        "--ignored",
        "--exclude-standard",
        "--",
        "src",
        "tests",
        "demo",
        "law",
        "docs",
    ]
    ignored = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False).stdout.splitlines()
    assert [name for name in ignored if "__pycache__" not in name] == []


def test_the_lock_pins_every_dependency_with_a_hash() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *settings["dependencies"],
        *settings["optional-dependencies"]["server"],
        *settings["optional-dependencies"]["test"],
    ]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    described = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    for line in wanted:
        name = re.split(r"[\[<>=;]", line)[0]
        assert re.search(rf"(?m)^{re.escape(name)}(\[\w+\])?==\S+.*\\\n    --hash=sha256:", lock), (
            f"{name} is not pinned"
        )
        assert name in described, f"docs/dependencies.md says nothing of {name}"
    assert "://" not in lock


def test_the_lifecycles_page_is_drawn_from_the_tables() -> None:
    spec = importlib.util.spec_from_file_location("diagrams", ROOT / "tools" / "diagrams.py")
    assert spec
    assert spec.loader
    diagrams = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(diagrams)
    assert diagrams.PAGE.read_text(encoding="utf-8") == diagrams.drawn()
