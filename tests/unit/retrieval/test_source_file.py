"""Source files: what is wrong in one is said with the field's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import InvalidConfig, InvalidRequest
from retrieval.ports import Scalar
from retrieval.source_file import ParameterSpec, read_source

GOOD = """
database: a.db
queries:
  one:
    sql: SELECT a FROM t WHERE b = :b
    params: {b: {type: str, pattern: "[a-z]+"}}
"""


def _read(folder: Path, text: str) -> None:
    (folder / "s.yaml").write_text(text)
    read_source("s.yaml", folder)


def test_good_file_is_read(tmp_path: Path) -> None:
    _read(tmp_path, GOOD)


def test_packaged_crm_is_read(tmp_path: Path) -> None:
    assert set(read_source("crm", tmp_path).queries) == {"customer_snapshot", "order"}


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("database: a.db", "database: ''", "database"),
        ("database: a.db", "databank: a.db", "database"),
        ("SELECT a", "DELETE a", "queries.one.sql"),
        (":b", ":c", "queries.one"),
        ("type: str", "type: text", "queries.one.params.b.type"),
        ('"[a-z]+"', '"["', "queries.one.params.b.pattern"),
        ("type: str", "type: int", "queries.one.params.b.pattern"),
        ("  one:", "  One:", "queries.One.[key]"),
        ("    params", "    limit: 0\n    params", "queries.one.limit"),
        ("    params", "    fetch: 3\n    params", "queries.one.fetch"),
    ],
)
def test_bad_fields_are_named(tmp_path: Path, old: str, new: str, field: str) -> None:
    assert old in GOOD
    with pytest.raises(InvalidConfig) as caught:
        _read(tmp_path, GOOD.replace(old, new))
    assert caught.value.param == field


@pytest.mark.parametrize("reference", ["no_such", "no_such.yaml", "../../crm"])
def test_missing_files_are_said(tmp_path: Path, reference: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        read_source(reference, tmp_path)
    assert caught.value.param == "sources"


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("str", ("a", ""), (1, 1.5, True, None, "x" * 201)),
        ("int", (1, -4), ("1", 1.5, True, None)),
        ("float", (1, 1.5), ("1", True, None)),
        ("bool", (True, False), (1, 0, "true", None)),
    ],
)
def test_types(kind: str, good: tuple[Scalar, ...], bad: tuple[Scalar, ...]) -> None:
    parameter = ParameterSpec.model_validate({"type": kind})
    for value in good:
        parameter.check("p", value)
    for value in bad:
        with pytest.raises(InvalidRequest) as caught:
            parameter.check("p", value)
        assert caught.value.param == "params.p"


def test_pattern_is_of_the_whole_text_and_the_value_is_not_repeated() -> None:
    parameter = ParameterSpec(type="str", pattern="C-[0-9]{4}")
    parameter.check("id", "C-1042")
    for value in ("C-10423", "xC-1042", "C-1042\n"):
        with pytest.raises(InvalidRequest) as caught:
            parameter.check("id", value)
        assert value not in caught.value.message
