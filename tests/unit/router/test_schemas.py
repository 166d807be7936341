"""Schemas: ours, and those of an operator's folders laid upon them."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import InvalidConfig
from router.schemas import load_schemas

NOTE = "type: object\nproperties: {note: {type: string}}\nrequired: [note]\n"


def test_a_folder_adds_schemas_and_replaces_ours(tmp_path: Path) -> None:
    assert load_schemas().names() == ("Intent",)
    assert "note" not in load_schemas().fields("Intent", "output")
    (tmp_path / "Note.yaml").write_text(NOTE)
    (tmp_path / "Intent.yaml").write_text(NOTE)
    (tmp_path / "README.md").write_text("What these are for.")
    schemas = load_schemas(tmp_path)
    assert schemas.names() == ("Intent", "Note")
    assert schemas.fields("Intent", "output") == {"note"}
    assert schemas.read("Note", '{"note": "x"}') == {"note": "x"}
    assert schemas.read("Note", "{}") is None


def test_references_within_the_file_are_followed(tmp_path: Path) -> None:
    (tmp_path / "Tree.yaml").write_text(
        "$ref: '#/$defs/node'\n$defs:\n  node:\n    type: object\n"
        "    properties: {$ref: {type: string}, next: {$ref: '#/$defs/node'}}\n"
    )
    schemas = load_schemas(tmp_path)
    assert schemas.read("Tree", '{"next": {"next": {}}}') is not None
    assert schemas.read("Tree", '{"next": {"next": 1}}') is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Note.yaml", "type: thing"),
        ("Note.yaml", "- type: object"),
        ("Note.yaml", ""),
        ("Note.yaml", "type: object\ntype: object"),
        ("Note.yaml", "$ref: https://example.com/schema.json"),
        ("Note.yaml", "allOf: [{$ref: other.json}]"),
        ("Note.yaml", "$ref: '#/$defs/none'"),
        ("Note.yml", NOTE),
        ("my note.yaml", NOTE),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidConfig) as caught:
        load_schemas(tmp_path)
    assert str(tmp_path / name) in caught.value.message


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "Note.yaml").symlink_to(tmp_path / "gone")
    with pytest.raises(InvalidConfig) as caught:
        load_schemas(tmp_path)
    assert str(tmp_path / "Note.yaml") in caught.value.message
