"""Acts of a structured source: done once, whole or not at all, and only as their file says."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from models.deadline import Deadline
from models.errors import InvalidConfig, InvalidRequest, NotFound, PodiumError, Unavailable
from models.reference.crm import build
from models.tools import ToolCall, ToolResult
from retrieval.ports import QueryRequest
from retrieval.source_tools import Tools, open_tools
from retrieval.sources import open_sources

NAMES = {"crm": "crm", "crm_notes": "crm_notes"}


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    build(tmp_path / "crm.db")
    return open_tools(tmp_path, NAMES)


def call(key: str = "run-1/file", customer: str = "C-1042", **more: str | None) -> ToolCall:
    return ToolCall("crm_write", key, {"customer": customer, "note": "Called back.", **more})


async def do(tools: Tools, wanted: ToolCall) -> ToolResult:
    return await tools.call(wanted, Deadline.after(30))


def notes(folder: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(folder / "crm.db")) as connection:
        return connection.execute("SELECT customer_id, note FROM notes").fetchall()


async def test_a_note_is_written_once_for_a_key_and_can_be_read(
    tools: Tools, tmp_path: Path
) -> None:
    assert await do(tools, call()) == ToolResult(1)
    assert await do(tools, call()) == ToolResult(0)
    assert await do(tools, call("run-2/file")) == ToolResult(1)
    assert notes(tmp_path) == [("C-1042", "Called back.")] * 2
    asked = QueryRequest("crm_notes", "notes", {"id": "C-1042"})
    read = await open_sources(tmp_path, NAMES).query(asked, Deadline.after(30))
    assert [row["note"] for row in read.rows] == ["Called back."] * 2


async def test_racers_with_one_key_write_once(tools: Tools, tmp_path: Path) -> None:
    others = open_tools(tmp_path, NAMES)
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(do(one, call())) for one in (tools, others) * 4]
    assert sum(one.result().changed for one in asked) == 1
    assert len(notes(tmp_path)) == 1


async def test_an_act_that_changes_nothing_is_refused_and_may_be_asked_again(
    tools: Tools, tmp_path: Path
) -> None:
    with pytest.raises(InvalidRequest, match="nothing to change"):
        await do(tools, call(customer="C-9999"))
    assert notes(tmp_path) == []
    assert await do(tools, call()) == ToolResult(1)


@pytest.mark.parametrize(
    "wanted",
    [
        call(customer="C-1042' OR 1=1 --"),
        call(note="x" * 2_001),
        call(note=None),
        call(extra="more"),
        ToolCall("crm_write", "k", {"note": "no customer"}),
    ],
)
async def test_arguments_are_those_of_the_file(
    tools: Tools, tmp_path: Path, wanted: ToolCall
) -> None:
    assert await do(tools, call()) == ToolResult(1)
    with pytest.raises(InvalidRequest):
        await do(tools, wanted)
    assert len(notes(tmp_path)) == 1


async def test_an_act_of_no_source_is_not_found(tools: Tools) -> None:
    with pytest.raises(NotFound, match="launch"):
        await do(tools, ToolCall("launch", "k", {}))


async def test_a_database_that_is_not_there_or_locked_is_told(tools: Tools, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "crm.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(PodiumError) as locked:
            await tools.call(call(), Deadline.after(0.3))
        other.execute("ROLLBACK")
    assert locked.value.status in (503, 504)
    (tmp_path / "crm.db").unlink()
    with pytest.raises(Unavailable, match=r"crm\.db"):
        await do(tools, call())


def test_two_sources_do_not_offer_the_same_act(tmp_path: Path) -> None:
    open_tools(tmp_path, NAMES)
    with pytest.raises(InvalidConfig, match="crm_write"):
        open_tools(tmp_path, {"one": "crm_notes", "two": "crm_notes"})


@pytest.mark.parametrize("sql", ["DELETE FROM notes", "SELECT 1", "DROP TABLE notes"])
def test_an_act_inserts_or_updates(tmp_path: Path, sql: str) -> None:
    text = "database: d.db\nqueries: {q: {sql: SELECT 1}}\nactions: {a: {effects: none, sql: %s}}\n"
    (tmp_path / "s.yaml").write_text(text % "INSERT INTO notes VALUES (1)")
    assert open_tools(tmp_path, {"s": "s.yaml"}).cards()["a"].place == "s"
    (tmp_path / "s.yaml").write_text(text % sql)
    with pytest.raises(InvalidConfig, match="INSERT or UPDATE"):
        open_tools(tmp_path, {"s": "s.yaml"})
