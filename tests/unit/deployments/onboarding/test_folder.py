"""Folders of weights: recognised, and everything missing named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from deployments.onboarding.folder import read_folder
from models.errors import WeightsError
from tests.unit.deployments.onboarding.weights import (
    chat_folder,
    embedder_folder,
    safetensors,
    whisper_folder,
)


@pytest.mark.parametrize(
    ("make", "dialect"),
    [(chat_folder, "vllm"), (whisper_folder, "whisper"), (embedder_folder, "embedder")],
)
def test_a_whole_folder_lacks_nothing(
    tmp_path: Path, make: Callable[[Path], Path], dialect: str
) -> None:
    found = read_folder(make(tmp_path / "w"))
    assert (found.dialect, found.missing) == (dialect, ())
    assert found.weights_bytes > 0


def test_only_one_copy_of_the_weights_is_counted(tmp_path: Path) -> None:
    folder = chat_folder(tmp_path / "w")
    both = sum((folder / f"model-0000{n}-of-00002.safetensors").stat().st_size for n in (1, 2))
    assert read_folder(folder).weights_bytes == both
    (folder / "model.safetensors.index.json").unlink()
    assert read_folder(folder).weights_bytes == both


@pytest.mark.parametrize(
    ("make", "gone", "named"),
    [
        (chat_folder, "config.json", "config.json"),
        (chat_folder, "tokenizer.json", "a tokenizer"),
        (chat_folder, "tokenizer_config.json", "a chat template"),
        (chat_folder, "model-00002-of-00002.safetensors", "model-00002-of-00002.safetensors"),
        (whisper_folder, "tokenizer.json", "tokenizer.json"),
        (whisper_folder, "preprocessor_config.json", "preprocessor_config.json"),
        (whisper_folder, "vocabulary.json", "vocabulary.json"),
        (embedder_folder, "model.safetensors", "weights as .safetensors"),
        (embedder_folder, "1_Pooling", "1_Pooling"),
        (embedder_folder, "tokenizer.json", "a tokenizer"),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path, make: Callable[[Path], Path], gone: str, named: str
) -> None:
    folder = make(tmp_path / "w")
    target = folder / gone
    target.rmdir() if target.is_dir() else target.unlink()
    missing = read_folder(folder).missing
    assert len(missing) == 1
    assert named in missing[0]


def test_an_empty_folder_lacks_everything_at_once(tmp_path: Path) -> None:
    assert len(read_folder(tmp_path).missing) == 4
    assert "model.bin" in read_folder(tmp_path, "whisper").missing
    assert read_folder(tmp_path, "embedder").missing
    with pytest.raises(WeightsError) as caught:
        read_folder(tmp_path / "none")
    assert caught.value.param == "--path"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
        (b"", "cut short"),
        (b"\xff" * 64, "cut short"),
        (b"\x02" + bytes(7) + b"[]", "no safetensors"),
    ],
)
def test_weights_that_are_not_whole_are_found(tmp_path: Path, content: bytes, said: str) -> None:
    folder = chat_folder(tmp_path / "w")
    (folder / "model-00001-of-00002.safetensors").write_bytes(content)
    assert said in read_folder(folder).missing[0]


def test_every_cut_is_noticed(tmp_path: Path) -> None:
    folder = chat_folder(tmp_path / "w")
    target = folder / "model-00001-of-00002.safetensors"
    whole = target.read_bytes()
    for length in range(len(whole)):
        target.write_bytes(whole[:length])
        assert read_folder(folder).missing, length
    safetensors(target)
    assert not read_folder(folder).missing


def test_a_whisper_checkpoint_of_transformers_says_how_to_convert(tmp_path: Path) -> None:
    folder = chat_folder(tmp_path / "w", model_type="whisper")
    assert "ct2-transformers-converter" in read_folder(folder).missing[0]


def test_pickled_weights_are_not_weights(tmp_path: Path) -> None:
    folder = chat_folder(tmp_path / "w")
    for file in [*folder.glob("*.safetensors"), folder / "model.safetensors.index.json"]:
        file.unlink()
    (folder / "pytorch_model.bin").write_bytes(b"x")
    assert "pickled" in read_folder(folder).missing[0]
