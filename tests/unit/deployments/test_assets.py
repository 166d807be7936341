"""Pictures are kept under their digest, private, each with its label."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from deployments.assets import Asset, forget_asset, forget_assets, keep_asset
from models.errors import NotFound, Unavailable
from models.images import Image
from router.ledger.images import picture_deleted

DATA = b"\x89PNG\r\n\x1a\n and more"
TOLD = {"model": "openai-images", "seed": None, "prompt": "a red lamp"}


def asset() -> Asset:
    return Asset(Image("image/png", DATA), "acme", "req_1", '{"level": "INTERNAL"}', TOLD)


def test_the_name_is_the_digest_and_the_label_lies_beside_it(tmp_path: Path) -> None:
    path = keep_asset(tmp_path / "assets", asset())
    digest = hashlib.sha256(DATA).hexdigest()
    assert path.name == f"{digest}.png"
    assert path.read_bytes() == DATA
    facts = json.loads(path.with_suffix(".json").read_bytes())
    assert facts["label"] == {"level": "INTERNAL"}
    assert facts["provenance"]["model"] == "openai-images"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert keep_asset(tmp_path / "assets", asset()) == path


def test_old_pictures_go_with_their_labels_and_new_ones_stay(tmp_path: Path) -> None:
    folder = tmp_path / "assets"
    old = keep_asset(folder, asset())
    new = keep_asset(folder, replace(asset(), image=Image("image/png", DATA + b"!")))
    for path in (old, old.with_suffix(".json")):
        os.utime(path, (1000.0, 1000.0))
    assert forget_assets(folder, 900.0) == 0 and old.exists()
    assert forget_assets(folder, 1001.0) == 1
    assert not old.exists() and not old.with_suffix(".json").exists()
    assert new.exists() and new.with_suffix(".json").exists()
    assert forget_assets(tmp_path / "nothing", 1001.0) == 0


def test_one_picture_goes_with_its_label_and_only_by_its_tenant(tmp_path: Path) -> None:
    folder = tmp_path / "assets"
    path = keep_asset(folder, asset())
    other = keep_asset(folder, replace(asset(), image=Image("image/png", DATA + b"!")))
    for tenant, digest in (("stranger", path.stem), ("acme", "0" * 64)):
        with pytest.raises(NotFound):
            forget_asset(folder, tenant, digest)
    assert path.exists()
    torn = path.with_name(f".{path.name}.ab12cd34")
    torn.write_bytes(DATA[:3])
    forget_asset(folder, "acme", path.stem)
    assert not torn.exists(), "what a writer that was killed left of it"
    assert not path.exists() and not path.with_suffix(".json").exists()
    assert other.exists() and other.with_suffix(".json").exists()
    with pytest.raises(NotFound):
        forget_asset(folder, "acme", path.stem)


def test_a_deletion_is_recorded_beside_the_making() -> None:
    digest = asset().digest
    record = picture_deleted("acme", "key_1", digest, 9.0)
    assert (record.kind, record.durable) == ("admin", True)
    assert record.fields == {"act": "picture_deleted", "key_id": "key_1", "sha256": digest}


def test_the_record_has_the_digest_and_not_the_prompt() -> None:
    record = asset().record(7.0)
    assert (record.kind, record.tenant, record.request_id) == ("image.made", "acme", "req_1")
    assert record.fields["sha256"] == hashlib.sha256(DATA).hexdigest()
    assert "red lamp" in asset().provenance["prompt"]
    assert "red lamp" not in repr(record)


def test_a_disk_that_takes_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "assets").write_text("a file where the folder should be")
    with pytest.raises(Unavailable):
        keep_asset(tmp_path / "assets", asset())
