"""What the request's own records say: values that must not leave, whatever detectors see."""

from __future__ import annotations

from dataclasses import dataclass, field

from router.label import TOP, Label


@dataclass(frozen=True, slots=True)
class KnownValue:
    """A value of a record: its type (`person`, `email`, `phone`, `address`, `customer`, …).

    `subject` is the person it can be erased with; `label` is that of the record, the top where
    none is given. The value is kept out of the repr.
    """

    type: str
    value: str = field(repr=False)
    subject: str | None = None
    label: Label = TOP
