"""One thing that is wrong with a policy file."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """The field by its dotted name, and what is wrong with it and how to mend it."""

    field: str
    why: str
