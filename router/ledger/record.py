"""What is written into the ledger: names, ids, labels, digests and counts, never content."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Kind = Literal[
    "egress.intent", "egress.result", "decision", "declassification", "admin", "run", "alarm",
    "act.intent", "act.result", "image.made",
]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
# These happen only after they are on disk, whatever the caller asks for.
ALWAYS_DURABLE = frozenset({"egress.intent", "declassification", "admin", "act.intent"})

MAX_TEXT = 512
MAX_DEPTH = 6
MAX_ITEMS = 2048
_MAX_WHOLE = 2**53
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.:/@-]{0,127}$")
# Fields that carry content everywhere else in Podium: a caller that passes one made a mistake.
_CONTENT = frozenset(
    {
        *("content", "text", "prompt", "message", "messages", "input", "inputs", "output", "body"),
        *("quote", "document", "transcript", "audio", "image", "secret", "payload"),
    }
)


def new_id() -> str:
    """A fresh id of a record: `rec_` and 32 hex digits."""
    return f"rec_{uuid.uuid4().hex}"


@dataclass(frozen=True, slots=True)
class Record:
    """One entry as its writer knows it; the chain adds sequence and hashes.

    `at` is seconds since the epoch. `fields` is plain JSON: text of at most 512 characters, whole
    numbers below 2^53, finite floats, six levels deep. ValueError names the field that is not.
    """

    kind: Kind
    tenant: str
    at: float
    fields: Mapping[str, Any] = field(default_factory=dict)
    run_id: str = ""
    request_id: str = ""
    id: str = field(default_factory=new_id)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind: one of {', '.join(KINDS)} is needed")
        for name in ("tenant", "run_id", "request_id", "id"):
            _check(name, getattr(self, name))
        if not _NAME.match(self.id):
            raise ValueError("id: letters, digits and _.:/@- are allowed")
        _check("at", self.at)
        if not isinstance(self.fields, Mapping):
            raise ValueError("fields: a mapping is needed")
        if _check("fields", dict(self.fields)) > MAX_ITEMS:
            raise ValueError(f"fields: more than {MAX_ITEMS} values")

    @property
    def durable(self) -> bool:
        """Whether this kind must be on disk before its writer goes on."""
        return self.kind in ALWAYS_DURABLE


def _check(name: str, value: object, depth: int = 0) -> int:
    """The number of values in `value`; ValueError naming the first that may not be written."""
    if value is None or isinstance(value, bool):
        return 1
    if isinstance(value, str):
        return _check_text(name, value)
    if isinstance(value, int | float):
        return _check_number(name, value)
    if depth >= MAX_DEPTH:
        raise ValueError(f"{name}: nested more than {MAX_DEPTH} deep")
    if isinstance(value, list | tuple):
        return 1 + sum(_check(name, item, depth + 1) for item in value)
    if isinstance(value, Mapping):
        return 1 + sum(_check_item(name, key, item, depth + 1) for key, item in value.items())
    raise ValueError(f"{name}: {type(value).__name__} is not plain JSON")


def _check_item(name: str, key: object, value: object, depth: int) -> int:
    if not isinstance(key, str) or not _NAME.match(key):
        raise ValueError(f"{name}: a key that is no plain name")
    if key in _CONTENT:
        raise ValueError(f"{name}.{key}: the ledger takes no content; write its payload MAC")
    return _check(f"{name}.{key}", value, depth)


def _check_text(name: str, value: str) -> int:
    if len(value) > MAX_TEXT:
        raise ValueError(f"{name}: longer than {MAX_TEXT} characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name}: not valid Unicode") from None
    return 1


def _check_number(name: str, value: float) -> int:
    if not math.isfinite(value) or (isinstance(value, int) and abs(value) >= _MAX_WHOLE):
        raise ValueError(f"{name}: a finite number below 2^53 is needed")
    return 1
