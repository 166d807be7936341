"""Artifacts: every value a run makes, with its label and where it came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from router.label import Label, join_all


@dataclass(frozen=True, slots=True)
class Artifact:
    """One value; `parents` are ids of the artifacts its producer had in its context."""

    id: str
    kind: str
    value: Any = field(repr=False)
    label: Label
    parents: tuple[str, ...] = ()
    producer: str = ""


def derive(
    id: str,
    kind: str,
    value: object,
    *,
    producer: str,
    parents: Iterable[Artifact] = (),
    pc: Label | None = None,
    own: Label | None = None,
) -> Artifact:
    """An artifact made from `parents`.

    Its label joins theirs with `pc`, the label of what chose this branch, and `own`, the label of
    what the producer itself brought in.
    """
    context = tuple(parents)
    label = join_all([*(parent.label for parent in context), pc or Label(), own or Label()])
    return Artifact(id, kind, value, label, tuple(parent.id for parent in context), producer)
