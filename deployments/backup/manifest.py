"""The manifest of a copy: what is in it, and the digest by which each file is known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from deployments.backup.contents import NOT_KEPT

MANIFEST = "manifest.json"
FOLDER = "home"
FORMAT: Literal[1] = 1
_STRICT = ConfigDict(extra="forbid", frozen=True)
_PLAIN = re.compile(r"^[^\0\\]+$")
_SHA256 = r"^[0-9a-f]{64}$"


class Entry(BaseModel):
    """One file."""

    model_config = _STRICT

    sha256: Annotated[str, Field(pattern=_SHA256)]
    bytes: Annotated[int, Field(ge=0)]


class Head(BaseModel):
    """The ledger's last record at that moment; an anchor for `podium audit verify`."""

    model_config = _STRICT

    seq: Annotated[int, Field(ge=0)]
    hash: Annotated[str, Field(pattern=_SHA256)]


class Manifest(BaseModel):
    """`made` is seconds since the epoch; `files` goes by the path below the home.

    `elsewhere` names what the home's settings point to and this copy does not hold.
    """

    model_config = _STRICT

    format: Literal[1] = FORMAT
    home_version: Annotated[int, Field(ge=1)]
    made: float
    ledger_head: Head | None = None
    elsewhere: tuple[str, ...] = ()
    files: Mapping[str, Entry]

    @field_validator("files")
    @classmethod
    def _stays_inside(cls, files: Mapping[str, Entry]) -> Mapping[str, Entry]:
        for name in files:
            if not is_plain(name):
                raise ValueError("a name leads out of the home or to what no copy holds")
        return files

    @property
    def bytes(self) -> int:
        """Of all files together."""
        return sum(entry.bytes for entry in self.files.values())


def is_plain(name: str) -> bool:
    """Whether `name` is a path below a home, in its one spelling, and of what is kept."""
    path = PurePosixPath(name)
    return (
        _PLAIN.match(name) is not None
        and str(path) == name
        and not path.is_absolute()
        and ".." not in path.parts
        and path.parts[:1] not in ((), (".",))
        and path.parts[0] not in NOT_KEPT
    )
