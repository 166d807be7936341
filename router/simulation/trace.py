"""Traffic as it came: when each request arrived and how long it and its answer were."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.errors import InvalidRequest

FIELDS = ("at", "prompt_tokens", "output_tokens")
_LONGEST = 10_000_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request; `at` is in seconds from the beginning of the trace."""

    at: float
    prompt_tokens: int
    output_tokens: int


def read_trace(path: Path) -> tuple[Arrival, ...]:
    """A trace in order of arrival, from CSV with a head or from JSONL; raises InvalidRequest.

    Both have the fields `at` (seconds), `prompt_tokens` and `output_tokens`; others are ignored.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{path.name} can't be read: {error}.", param="trace") from error
    rows = _jsonl(lines, path.name) if path.suffix == ".jsonl" else csv.DictReader(lines)
    arrivals = [_arrival(row, f"{path.name} row {n}") for n, row in enumerate(rows, start=1)]
    if not arrivals:
        raise InvalidRequest(f"{path.name} has no request in it.", param="trace")
    return tuple(sorted(arrivals, key=lambda one: one.at))


def write_trace(path: Path, arrivals: Iterable[Arrival]) -> None:
    """Write CSV, or JSONL where the name ends so."""
    rows = [asdict(one) for one in arrivals]
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(row) + "\n" for row in rows)
            return
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _jsonl(lines: Iterable[str], name: str) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InvalidRequest(f"{name} row {number} is no JSON.", param="trace") from error
        if not isinstance(row, Mapping):
            raise InvalidRequest(f"{name} row {number} is no object.", param="trace")
        yield row


def _arrival(row: Mapping[str, Any], where: str) -> Arrival:
    values = [_number(row, field, where) for field in FIELDS]
    return Arrival(values[0], int(values[1]), int(values[2]))


def _number(row: Mapping[str, Any], field: str, where: str) -> float:
    try:
        value = float(row[field])
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidRequest(f"{where} has no number in '{field}'.", param=field) from error
    least = 0 if field == "at" else 1
    if not least <= value <= _LONGEST:
        raise InvalidRequest(f"{where}: '{field}' must be {least} to {_LONGEST}.", param=field)
    return value
