"""A lifecycle is a table: (state, event) -> step.

The table says who may take the step, on what legal basis, and which clock it starts. It knows no clock,
no database and no person. Diagrams and documents are drawn from it, so the picture cannot lie. An event
that the table does not list in a state changes nothing and is answered with a refusal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from comity.base.judgment import Refused

State = TypeVar("State", bound=StrEnum)
Event = TypeVar("Event", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """One permitted passage: where it leads, who may take it, why, and which clock it starts."""

    next: State
    who_may: str
    basis: tuple[str, ...]
    clock: str | None = None


@dataclass(frozen=True)
class Lifecycle(Generic[State, Event]):
    """A named table of steps with one initial state."""

    name: str
    states: type[State]
    events: type[Event]
    initial: State
    table: Mapping[tuple[State, Event], Step[State]]

    def step(self, state: State, event: Event) -> Step[State] | Refused:
        """The step that an event takes from a state, or the refusal that it takes none."""
        found = self.table.get((state, event))
        if found is None:
            return Refused(
                "no-such-step", (f"lifecycle:{self.name}",), {"state": state.value, "event": event.value}
            )
        return found

    def reachable(self) -> frozenset[State]:
        """Every state that some sequence of events reaches from the initial one."""
        seen = {self.initial}
        waiting = [self.initial]
        while waiting:
            here = waiting.pop()
            for (start, _), step in self.table.items():
                if start is here and step.next not in seen:
                    seen.add(step.next)
                    waiting.append(step.next)
        return frozenset(seen)

    def rows(self) -> Iterator[tuple[State, Event, Step[State]]]:
        """The table in the order of its enums, for documents and diagrams."""
        for state in self.states:
            for event in self.events:
                step = self.table.get((state, event))
                if step is not None:
                    yield state, event, step

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial.value}"]
        lines += [
            f"    {state.value} --> {step.next.value}: {event.value} ({step.who_may})"
            for state, event, step in self.rows()
        ]
        return "\n".join(lines) + "\n"

    def as_markdown(self) -> str:
        """The table as a Markdown table, every state against every event."""
        lines = ["| state | event | next | who may | basis |", "| --- | --- | --- | --- | --- |"]
        lines += [
            f"| {state.value} | {event.value} | {step.next.value} | {step.who_may} | {'; '.join(step.basis)} |"
            for state, event, step in self.rows()
        ]
        return "\n".join(lines) + "\n"
