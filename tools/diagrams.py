"""Draws every lifecycle of the house from its table into docs/lifecycles.md, or checks that it is so drawn."""

import sys
from pathlib import Path

from comity.evidence.states import CUSTODY

PAGE = Path(__file__).resolve().parents[1] / "docs" / "lifecycles.md"
LIFECYCLES = (CUSTODY,)


def drawn() -> str:
    """The page as the tables have it."""
    heading = (
        "# Lifecycles\n\nDrawn from the tables in `src/comity/*/states.py` by `make diagrams`; CI compares.\n"
    )
    parts = [f"{heading}An event that a state does not list changes nothing and is refused.\n"]
    parts += [
        f"## {cycle.name}\n\n```mermaid\n{cycle.mermaid()}```\n\n{cycle.as_markdown()}"
        for cycle in LIFECYCLES
    ]
    return "\n".join(parts)


def main() -> int:
    """Write the page, or say whether it is what the tables draw."""
    if "--write" in sys.argv:
        PAGE.write_text(drawn(), encoding="utf-8")
        return 0
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != drawn():
        sys.stderr.write("docs/lifecycles.md is not what the tables draw; run make diagrams\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
