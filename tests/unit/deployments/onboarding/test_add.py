"""Adding a model: weighed, licensed, written as a row the catalog accepts."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.onboarding.add import AddOptions, examine, write_row
from deployments.onboarding.licence import licence_of
from deployments.onboarding.machine import Gpu, Machine
from deployments.onboarding.memory import kv_bytes_per_token
from deployments.open_home import open_home
from models.catalog import load_catalog
from models.errors import Conflict, InvalidConfig, InvalidRequest
from models.local.embedder_settings import EmbedderSettings
from models.local.transformers_settings import TransformersSettings
from models.local.vllm_settings import VllmSettings
from models.local.whisper_settings import WhisperSettings
from models.weights import check_digest, weights_folder
from tests.unit.deployments.onboarding.weights import (
    MISTRAL,
    chat_folder,
    embedder_folder,
    whisper_folder,
)

GIB = 1 << 30
SMALL = Machine(4 * GIB, 2 * GIB)
LARGE = Machine(64 * GIB, 60 * GIB)
ONE_GPU = Machine(64 * GIB, 60 * GIB, (Gpu("X", 80 * GIB, 80 * GIB),))


def test_a_7b_mistral_keeps_128_kib_a_token() -> None:
    assert kv_bytes_per_token(MISTRAL) == 128 * 1024
    assert kv_bytes_per_token({"text_config": MISTRAL}) == 128 * 1024
    assert kv_bytes_per_token({}) is None


def test_the_row_is_one_the_catalog_and_the_engine_accept(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    found = examine(AddOptions("mistral-7b", chat_folder(tmp_path / "w")), LARGE)
    assert not found.problems
    assert not found.warnings
    assert found.row is not None
    write_row(home, found.row)
    card = load_catalog([home.catalog]).card("mistral-7b")
    assert (card.dialect, card.licence, card.window) == ("vllm", "apache-2.0", 32768)
    assert card.num_gpus == 0
    settings = VllmSettings.model_validate(card.engine)
    assert (settings.kv_cache_gib, settings.tool_parser) == (4.0, "mistral")
    check_digest(card, weights_folder(card))


def test_an_embedder_runs_where_it_was_given_a_gpu(tmp_path: Path) -> None:
    folder = embedder_folder(tmp_path / "w")
    on_gpu = examine(AddOptions("embed", folder, gpus=1.0), ONE_GPU).row
    by_default = examine(AddOptions("embed", folder), ONE_GPU).row
    assert on_gpu is not None and by_default is not None
    assert EmbedderSettings.model_validate(on_gpu["engine"]).device == "cuda"
    assert EmbedderSettings.model_validate(by_default.get("engine", {})).device == "cpu"


def test_the_slow_engine_is_asked_for_by_name(tmp_path: Path) -> None:
    folder = chat_folder(tmp_path / "w")
    row = examine(AddOptions("old", folder, dialect="transformers"), LARGE).row
    assert row is not None
    assert row["dialect"] == "transformers" and "tools" not in row["capabilities"]
    assert TransformersSettings.model_validate(row["engine"]).max_model_len == 32768
    there = examine(AddOptions("old", folder, dialect="transformers"), ONE_GPU).row
    assert there is not None
    assert TransformersSettings.model_validate(there["engine"]).device == "cuda"


def test_on_one_gpu_chat_and_speech_share_it(tmp_path: Path) -> None:
    chat = examine(AddOptions("m", chat_folder(tmp_path / "c")), ONE_GPU).row
    speech = examine(AddOptions("w", whisper_folder(tmp_path / "s")), ONE_GPU).row
    assert chat is not None
    assert speech is not None
    assert chat["num_gpus"] + speech["num_gpus"] == 1
    assert VllmSettings.model_validate(chat["engine"]).gpu_memory_utilization == 0.72
    assert WhisperSettings(**speech["engine"]).device == "cuda"
    two = examine(AddOptions("m", tmp_path / "c", gpus=2), ONE_GPU)
    assert not two.need.fits
    with pytest.raises(InvalidRequest, match="whole number"):
        examine(AddOptions("m", tmp_path / "c", gpus=1.5), ONE_GPU)


def test_what_does_not_fit_says_by_how_much_and_what_would(tmp_path: Path) -> None:
    folder = chat_folder(tmp_path / "w")
    found = examine(AddOptions("m", folder), SMALL)
    assert found.need.kv_bytes == 4 * GIB
    assert found.need.fitting_window is not None
    assert f"--window {found.need.fitting_window}" in found.problems[0]
    smaller = examine(AddOptions("m", folder, window=found.need.fitting_window), SMALL)
    assert not smaller.problems
    over = examine(AddOptions("m", folder, window=found.need.fitting_window + 1), SMALL)
    assert over.problems
    with pytest.raises(InvalidRequest, match="32768"):
        examine(AddOptions("m", folder, window=40000), LARGE)


def test_speech_and_embeddings_have_rows_too(tmp_path: Path) -> None:
    whisper = examine(AddOptions("w", whisper_folder(tmp_path / "w"), licence="MIT"), LARGE)
    assert whisper.row is not None
    assert whisper.row["engine"] == {"compute_type": "int8"}
    assert (whisper.licence, whisper.warnings) == ("MIT", ())
    embedder = examine(AddOptions("e", embedder_folder(tmp_path / "e")), LARGE)
    assert embedder.row is not None
    assert "engine" not in embedder.row
    assert "licence" in embedder.warnings[0]


def test_a_row_is_not_overwritten_unasked(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    row = examine(AddOptions("e", embedder_folder(tmp_path / "e")), LARGE).row
    assert row is not None
    first = write_row(home, row).read_text()
    with pytest.raises(Conflict, match="--replace"):
        write_row(home, row | {"licence": "MIT"})
    assert (home.catalog / "e.yaml").read_text() == first
    write_row(home, row | {"licence": "MIT"}, replace=True)
    assert load_catalog([home.catalog]).card("e").licence == "MIT"


@pytest.mark.parametrize("name", ["", "../evil", "A B", ".hidden"])
def test_a_name_that_is_no_id_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        examine(AddOptions(name, embedder_folder(tmp_path / "e")), LARGE)
    assert caught.value.param == "id"


@pytest.mark.parametrize(
    ("files", "licence"),
    [
        ({}, None),
        ({"README.md": "# no front matter\nlicense: mit\n"}, None),
        ({"README.md": "---\nlicense: mit\n---\n"}, "mit"),
        ({"README.md": "---\nlicense: other\nlicense_name: acme-1\n---\n"}, "acme-1"),
        ({"README.md": "---\ntags: x\n---\nlicense: mit\n", "LICENSE": "MIT License"}, "mit"),
        ({"LICENSE.txt": "Apache License\nVersion 2.0"}, "apache-2.0"),
        ({"LICENCE": "Terms of our own"}, "see LICENCE"),
    ],
)
def test_the_licence_is_found(tmp_path: Path, files: dict[str, str], licence: str | None) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert licence_of(tmp_path) == licence
