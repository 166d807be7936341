"""Digests of weights: what is shipped is what the catalog names, and a changed byte is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.catalog import ModelCard, builtin_catalog, load_catalog
from models.errors import WeightsError
from models.weights import check_digest, digest_of, weights_folder

CARDS = {card.id: card for card in load_catalog([builtin_catalog()])}


def _card(folder: Path, digest: str | None = None) -> ModelCard:
    row = {
        "id": "mine",
        "dialect": "vllm",
        "path": str(folder),
        "clearance": {"level": "RESTRICTED"},
        "digest": digest,
    }
    return ModelCard.model_validate(row)


@pytest.mark.parametrize("name", sorted(name for name in CARDS if CARDS[name].is_local))
def test_shipped_weights_are_those_the_catalog_names(name: str) -> None:
    card = CARDS[name]
    assert card.digest is not None, "run: .venv/bin/python .ci/digests.py"
    assert check_digest(card, weights_folder(card)) == card.digest


def test_a_changed_byte_a_new_name_and_a_new_file_are_found(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"weights")
    digest = digest_of(tmp_path)
    assert check_digest(_card(tmp_path, digest), tmp_path) == digest
    for change in (
        lambda: weights.write_bytes(b"Weights"),
        lambda: weights.rename(tmp_path / "other.safetensors"),
        lambda: (tmp_path / "extra").write_bytes(b""),
    ):
        change()
        with pytest.raises(WeightsError, match="not the ones the catalog names"):
            check_digest(_card(tmp_path, digest), tmp_path)


def test_a_missing_folder_names_the_path() -> None:
    with pytest.raises(WeightsError) as error:
        weights_folder(_card(Path("/nowhere/at/all")))
    assert error.value.param == "path"
