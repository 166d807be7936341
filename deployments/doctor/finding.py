"""One line of the doctor's report, and what every check is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from deployments.home import Home
from deployments.run_file import Running
from deployments.settings import Settings

Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`fix` says what to do and is empty when all is well."""

    name: str
    level: Level
    detail: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined; `running` is None when nothing runs on the home."""

    home: Home
    settings: Settings
    running: Running | None
    environ: Mapping[str, str]


Check = Callable[[Patient], Iterator[Finding]]


def ok(name: str, detail: str) -> Finding:
    """A check that holds."""
    return Finding(name, "ok", detail)


def warn(name: str, detail: str, fix: str) -> Finding:
    """Something that works, and should be known or mended."""
    return Finding(name, "warn", detail, fix)


def fail(name: str, detail: str, fix: str) -> Finding:
    """Something that must be mended."""
    return Finding(name, "fail", detail, fix)
