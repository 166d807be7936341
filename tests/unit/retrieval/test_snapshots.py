"""Snapshots: used only when whole, of this very moment and of this embedder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from retrieval.collection import Collection
from retrieval.settings import CollectionSettings
from retrieval.snapshots import MANIFEST, Snapshots
from tests.unit.retrieval.writing import IDENTITY

NOW = Collection(1, "kb", CollectionSettings(), IDENTITY, 1, generation=5, mark="aa")
DUMP = b"an index" * 100


def _write_data(folder: Path, content: bytes) -> None:
    (data,) = folder.glob("1/*.faiss")
    data.write_bytes(content)


def _edit_manifest(folder: Path, **changes: object) -> None:
    path = folder / "1" / MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "no manifest": lambda folder: (folder / "1" / MANIFEST).unlink(),
    "manifest cut": lambda folder: (folder / "1" / MANIFEST).write_bytes(b'{"file"'),
    "manifest not an object": lambda folder: (folder / "1" / MANIFEST).write_bytes(b"[]"),
    "manifest of another time": lambda folder: _edit_manifest(folder, file_format=2),
    "no data": lambda folder: next(folder.glob("1/*.faiss")).unlink(),
    "data cut": lambda folder: _write_data(folder, DUMP[:-1]),
    "data flipped": lambda folder: _write_data(folder, b"A" + DUMP[1:]),
    "data elsewhere": lambda folder: _edit_manifest(folder, file="../../etc/passwd"),
}


def _written(folder: Path) -> Snapshots:
    snapshots = Snapshots(folder)
    snapshots.write(NOW, DUMP)
    assert snapshots.read(NOW) == DUMP
    return snapshots


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damaged_snapshot_is_not_used(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    snapshots = _written(tmp_path)
    damage(tmp_path)
    assert snapshots.read(NOW) is None


@pytest.mark.parametrize(
    "other",
    [
        replace(NOW, generation=6),
        replace(NOW, generation=4),
        replace(NOW, mark="bb"),
        replace(NOW, chunker=2),
        replace(NOW, identity=replace(IDENTITY, digest="2")),
        replace(NOW, identity=replace(IDENTITY, query_prefix="query: ")),
    ],
)
def test_snapshot_of_another_state_is_not_used(tmp_path: Path, other: Collection) -> None:
    assert _written(tmp_path).read(other) is None


def test_writing_removes_what_was_before(tmp_path: Path) -> None:
    snapshots = _written(tmp_path)
    (tmp_path / "1" / "left.123.tmp").write_bytes(b"of a crash")
    later = replace(NOW, generation=6, mark="bb")
    snapshots.write(later, b"newer")
    assert snapshots.read(later) == b"newer"
    assert sorted(path.name for path in (tmp_path / "1").iterdir()) == ["6-bb.faiss", MANIFEST]


def test_discarded_snapshot_leaves_no_file(tmp_path: Path) -> None:
    snapshots = _written(tmp_path)
    snapshots.discard(NOW.pk)
    assert snapshots.read(NOW) is None
    assert list(tmp_path.iterdir()) == []
    snapshots.discard(NOW.pk)


def test_snapshots_of_gone_collections_are_removed(tmp_path: Path) -> None:
    snapshots = _written(tmp_path)
    snapshots.write(replace(NOW, pk=2), DUMP)
    snapshots.keep_only(frozenset({2}))
    assert [path.name for path in tmp_path.iterdir()] == ["2"]
