"""Acts of structured sources: named, parameterised SQL that changes a database such as the CRM."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from models.deadline import Deadline
from models.errors import InvalidConfig, InvalidRequest, NotFound, Unavailable
from models.tools import Tool, ToolCall, ToolCard, ToolResult
from retrieval.source_file import ActionSpec, SourceSpec, read_source
from retrieval.worker import Worker

# Stands in the changed database itself: the act and the memory of it are one transaction.
_DONE = "CREATE TABLE IF NOT EXISTS podium_acts (key TEXT PRIMARY KEY) WITHOUT ROWID"
_CLAIM = "INSERT INTO podium_acts (key) VALUES (?) ON CONFLICT DO NOTHING"


class SqliteTool:
    """One act on one SQLite file; a call of the same key changes it once."""

    def __init__(self, card: ToolCard, path: Path, spec: ActionSpec, worker: Worker) -> None:
        self._card = card
        self._path = path
        self._spec = spec
        self._worker = worker

    def card(self) -> ToolCard:
        """What it does."""
        return self._card

    async def call(self, call: ToolCall, deadline: Deadline) -> ToolResult:
        """Do it once; raises InvalidRequest when there is nothing that it would change."""
        _check(self._spec, call)
        within = min(self._spec.timeout_s, deadline.remaining())
        return await self._worker.run(lambda: self._do(call, within), deadline, "the act")

    def _do(self, call: ToolCall, within: float) -> ToolResult:
        try:
            with closing(self._connect(within)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                result = self._changed(connection, call)
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self._failure(error) from error
        return result

    def _changed(self, connection: sqlite3.Connection, call: ToolCall) -> ToolResult:
        connection.execute(_DONE)
        if connection.execute(_CLAIM, (call.key,)).rowcount == 0:
            return ToolResult(0)
        changed = connection.execute(self._spec.sql, dict(call.arguments)).rowcount
        if changed < 1:
            # The claim goes with the transaction.
            raise InvalidRequest(
                f"The act {call.action} found nothing to change: check what its arguments name.",
                param="arguments",
            )
        return ToolResult(changed)

    def _connect(self, within: float) -> sqlite3.Connection:
        uri = f"{self._path.absolute().as_uri()}?mode=rw"
        connection = sqlite3.connect(uri, uri=True, timeout=within, isolation_level=None)
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    def _failure(self, error: sqlite3.Error) -> Exception:
        if error.sqlite_errorcode in _WRONG_SQL:
            return InvalidConfig(
                f"The act {self._card.action} does not run on its database "
                f"({error.sqlite_errorname}): mend its SQL.",
                param="sql",
            )
        return Unavailable(
            f"The act {self._card.action} was not done: its database {self._path.name} in Podium's"
            f" home can't be written now ({error.sqlite_errorname})."
        )


_WRONG_SQL = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_MISMATCH)


class Tools:
    """The tools of an instance by the act they do."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = tools

    def cards(self) -> Mapping[str, ToolCard]:
        """What may be asked for."""
        return {action: tool.card() for action, tool in self._tools.items()}

    async def call(self, call: ToolCall, deadline: Deadline) -> ToolResult:
        """Do the act; raises NotFound when no tool does it."""
        if call.action not in self._tools:
            raise no_tool(call.action)
        return await self._tools[call.action].call(call, deadline)


def no_tool(action: str) -> NotFound:
    """No source of this instance offers the act."""
    return NotFound(
        f"Nothing here can do {action}: add it under `actions` of a source's file.", param="action"
    )


def open_tools(folder: Path, sources: Mapping[str, str], worker: Worker | None = None) -> Tools:
    """The tools of every source file; raises InvalidConfig when two do the same act."""
    shared = worker or Worker(1, "tools")
    tools: dict[str, Tool] = {}
    for name, reference in sources.items():
        spec = read_source(reference, folder)
        for action, one in _opened(name, folder, spec, shared).items():
            if action in tools:
                raise InvalidConfig(
                    f"Two sources offer the act {action}: leave it to one.", param="sources"
                )
            tools[action] = one
    return Tools(tools)


def _opened(name: str, folder: Path, spec: SourceSpec, worker: Worker) -> dict[str, Tool]:
    return {
        action: SqliteTool(_card(action, name, one), folder / spec.database, one, worker)
        for action, one in spec.actions.items()
    }


def _card(action: str, place: str, spec: ActionSpec) -> ToolCard:
    types = {name: parameter.type for name, parameter in spec.params.items()}
    return ToolCard(action, place, types, spec.effects, idempotent=True)


def _check(spec: ActionSpec, call: ToolCall) -> None:
    for name in sorted(call.arguments.keys() ^ spec.params.keys()):
        problem = "is missing" if name in spec.params else f"is no argument of {call.action}"
        raise InvalidRequest(f"{name} {problem}.", param=f"arguments.{name}")
    for name, parameter in spec.params.items():
        parameter.check(name, call.arguments[name])
