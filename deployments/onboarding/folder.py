"""Reads a folder of weights: which engine it is for, and what is missing from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from deployments.onboarding.safetensors_file import fault_of
from models.errors import WeightsError

LocalDialect = Literal["vllm", "transformers", "whisper", "embedder"]
CHAT_ENGINES = ("vllm", "transformers")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "tekken.json")


@dataclass(frozen=True, slots=True)
class WeightsFolder:
    """What lies in a folder; `missing` says, in words, everything the engine would lack."""

    path: Path
    dialect: LocalDialect
    config: Mapping[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    weights_bytes: int = 0


def read_folder(path: Path, dialect: LocalDialect | None = None) -> WeightsFolder:
    """Look through `path`; WeightsError when it is no folder."""
    if not path.is_dir():
        raise WeightsError(f"{path} is no folder. Name the folder of the weights.", param="--path")
    kind = dialect or _guess(path)
    weights = _WEIGHTS[kind](path)
    config, fault = _config(path)
    missing = [fault] if fault else []
    missing += _CHECKS[kind](path, config)
    missing += [f"{file.name}: {why}" for file in weights if (why := _fault(file))]
    size = sum(file.stat().st_size for file in weights if file.is_file())
    return WeightsFolder(path, kind, config, tuple(missing), size)


def _guess(path: Path) -> LocalDialect:
    if (path / "model.bin").exists():
        return "whisper"
    if (path / "modules.json").exists() or (path / "config_sentence_transformers.json").exists():
        return "embedder"
    return "vllm"


def _fault(file: Path) -> str | None:
    if not file.is_file():
        return "missing, though the index names it"
    return fault_of(file) if file.suffix == ".safetensors" else None


def _config(path: Path) -> tuple[dict[str, Any], str | None]:
    config = _json(path / "config.json")
    return config or {}, None if config else "config.json (missing or no JSON object)"


def _json(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _chat_weights(path: Path) -> list[Path]:
    """The files of one copy of the weights: some repositories hold a second, consolidated one."""
    index = _json(path / "model.safetensors.index.json")
    if index and isinstance(index.get("weight_map"), dict):
        return [path / name for name in sorted(set(map(str, index["weight_map"].values())))]
    files = sorted(path.glob("*.safetensors"))
    return [f for f in files if not f.name.startswith("consolidated")] or files


def _check_chat(path: Path, config: Mapping[str, Any]) -> list[str]:
    missing = []
    if config.get("model_type") == "whisper":
        missing.append(
            "a CTranslate2 conversion: this is a Whisper checkpoint of transformers; convert it "
            "with ct2-transformers-converter --copy_files tokenizer.json preprocessor_config.json"
        )
    if config and not config.get("architectures"):
        missing.append("config.json: 'architectures'")
    if not _chat_weights(path):
        missing.append("weights as .safetensors (pickled .bin and .pt files are not loaded)")
    if not any((path / name).is_file() for name in _TOKENIZERS):
        missing.append(f"a tokenizer ({', '.join(_TOKENIZERS)})")
    if not _has_chat_template(path):
        missing.append("a chat template (tokenizer_config.json or chat_template.jinja)")
    return missing


def _has_chat_template(path: Path) -> bool:
    if any((path / name).is_file() for name in ("chat_template.jinja", "tekken.json")):
        return True
    return bool((_json(path / "tokenizer_config.json") or {}).get("chat_template"))


def _check_whisper(path: Path, _config: Mapping[str, Any]) -> list[str]:
    from models.local.whisper import FILES

    missing = [n for n in FILES if n != "config.json" and not (path / n).is_file()]
    if not any((path / f"vocabulary.{kind}").is_file() for kind in ("json", "txt")):
        missing.append("vocabulary.json")
    return missing


def _check_embedder(path: Path, _config: Mapping[str, Any]) -> list[str]:
    missing = [] if sorted(path.glob("*.safetensors")) else ["weights as .safetensors"]
    if not any((path / name).is_file() for name in ("tokenizer.json", "vocab.txt")):
        missing.append("a tokenizer (tokenizer.json)")
    try:
        modules = json.loads((path / "modules.json").read_text(encoding="utf-8"))
        folders = [str(module["path"]) for module in modules]
    except (OSError, ValueError, KeyError, TypeError):
        return [*missing, "modules.json (missing or damaged)"]
    return missing + [f"the folder {name}/" for name in folders if not (path / name).is_dir()]


_CHECKS: Mapping[LocalDialect, Callable[[Path, Mapping[str, Any]], list[str]]] = {
    "vllm": _check_chat,
    "transformers": _check_chat,
    "whisper": _check_whisper,
    "embedder": _check_embedder,
}
_WEIGHTS: Mapping[LocalDialect, Callable[[Path], list[Path]]] = {
    "vllm": _chat_weights,
    "transformers": _chat_weights,
    "whisper": lambda path: sorted(path.glob("model.bin")),
    "embedder": lambda path: sorted(path.glob("*.safetensors")),
}
