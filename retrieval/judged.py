"""Judged sets: documents, queries, and which documents answer each query."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Documents as (id, title, text), queries by id, and what is relevant to each."""

    documents: tuple[tuple[str, str, str], ...]
    queries: Mapping[str, str]
    relevant: Mapping[str, frozenset[str]]


def read_set(docs: Path, queries: Path) -> JudgedSet:
    """Read two JSONL files: `{id, title|question, text|answers}` and `{id, text, relevant}`.

    Raises InvalidRequest naming file, row and field.
    """
    asked, relevant = read_queries(queries)
    return JudgedSet(tuple(_document(*row) for row in _rows(docs)), asked, relevant)


def read_queries(path: Path) -> tuple[dict[str, str], dict[str, frozenset[str]]]:
    """The queries by id, and the ids of what is relevant to each."""
    asked: dict[str, str] = {}
    relevant: dict[str, frozenset[str]] = {}
    for where, row in _rows(path):
        found = row.get("relevant")
        if not isinstance(found, list) or not found:
            raise InvalidRequest(f"{where}: 'relevant' must be a list of ids.", param="relevant")
        id_ = _text(where, row, "id")
        asked[id_] = _text(where, row, "text")
        relevant[id_] = frozenset(map(str, found))
    if not asked:
        raise InvalidRequest(f"{path.name} has no query in it.", param="queries")
    return asked, relevant


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequest(f"{path.name} can't be read: {error}.", param=path.name) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path.name} row {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InvalidRequest(f"{where} is no JSON.", param=path.name) from error
        if not isinstance(row, dict):
            raise InvalidRequest(f"{where} is no object.", param=path.name)
        yield where, row


def _document(where: str, row: Mapping[str, Any]) -> tuple[str, str, str]:
    title = str(row.get("title") or row.get("question") or "")
    text = row.get("text") or "\n\n".join(map(str, row.get("answers", ())))
    if not text:
        raise InvalidRequest(f"{where} has neither 'text' nor 'answers'.", param="text")
    return _text(where, row, "id"), title, str(text)


def _text(where: str, row: Mapping[str, Any], field: str) -> str:
    value = row.get(field)
    if not isinstance(value, str | int) or value == "":
        raise InvalidRequest(f"{where} has no '{field}'.", param=field)
    return str(value)
