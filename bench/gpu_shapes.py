"""Folders of models that have the size of real ones and no weights worth the name.

Speed depends on sizes, not on what was learnt: the chat model's weights are drawn by vLLM itself
(`load_format: dummy`), the speech model's here. Both read with tokenizers of the reference models,
filled up to the vocabulary of the real ones.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.catalog import builtin_catalog

REFERENCE = builtin_catalog().parent / "reference"
_TEXT_TOKENS = 50_257
_LANGUAGES = 100
_TIMESTAMPS = tuple(f"<|{step * 0.02:.2f}|>" for step in range(1501))
_AFTER_LANGUAGES = (
    "<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>",
    "<|notimestamps|>",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChatShape:
    """Sizes of a Mistral; those of Mistral 7B v0.3 by default."""

    hidden: int = 4096
    layers: int = 32
    heads: int = 32
    kv_heads: int = 8
    head_dim: int = 128
    intermediate: int = 14_336
    vocabulary: int = 32_768
    window: int = 32_768


@dataclass(frozen=True, slots=True)
class SpeechShape:
    """Sizes of a Whisper; those of large-v3-turbo by default."""

    width: int = 1280
    heads: int = 20
    encoder_layers: int = 32
    decoder_layers: int = 4
    mels: int = 128


TINY_CHAT = ChatShape(64, 2, 2, 1, 32, 128, 2048, 2048)
TINY_SPEECH = SpeechShape(64, 2, 2, 1, 80)


def write_chat(folder: Path, shape: ChatShape) -> Path:
    """A folder that vLLM loads with `load_format: dummy`: everything but weights."""
    source = REFERENCE / "chat"
    folder.mkdir(parents=True)
    for name in ("chat_template.jinja", "generation_config.json", "tokenizer_config.json"):
        shutil.copyfile(source / name, folder / name)
    _write(folder / "tokenizer.json", _filled(_read(source / "tokenizer.json"), shape.vocabulary))
    config = _read(source / "config.json") | {
        "dtype": "bfloat16",
        "head_dim": shape.head_dim,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "max_position_embeddings": shape.window,
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.kv_heads,
        "tie_word_embeddings": False,
        "vocab_size": shape.vocabulary,
    }
    _write(folder / "config.json", config)
    return folder


def write_speech(folder: Path, shape: SpeechShape, quantization: str) -> Path:
    """A folder that faster-whisper loads, its weights drawn by a fixed seed."""
    import torch
    from ctranslate2.converters.transformers import WhisperLoader
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    tokenizer = _whisper_tokenizer(_read(REFERENCE / "speech" / "tokenizer.json"))
    names = [*_names(tokenizer), *_TIMESTAMPS]
    torch.manual_seed(1)
    model = WhisperForConditionalGeneration(WhisperConfig(**_whisper(shape, len(names)))).eval()
    with torch.no_grad():
        made = WhisperLoader().get_model_spec(model)
    made.config.suppress_ids = made.config.suppress_ids_begin = []
    made.config.lang_ids = list(range(_TEXT_TOKENS + 2, _TEXT_TOKENS + 2 + _LANGUAGES))
    made.config.alignment_heads = [[shape.decoder_layers - 1, 0]]
    made.register_vocabulary(names)
    made.validate()
    made.optimize(quantization=quantization)
    folder.mkdir(parents=True)
    made.save(str(folder))
    _write(folder / "tokenizer.json", tokenizer)
    said = _read(REFERENCE / "speech" / "preprocessor_config.json")
    _write(
        folder / "preprocessor_config.json",
        said | {"chunk_length": 30, "feature_size": shape.mels},
    )
    return folder


def _whisper(shape: SpeechShape, vocabulary: int) -> dict[str, Any]:
    return {
        "vocab_size": vocabulary,
        "num_mel_bins": shape.mels,
        "d_model": shape.width,
        "encoder_layers": shape.encoder_layers,
        "decoder_layers": shape.decoder_layers,
        "encoder_attention_heads": shape.heads,
        "decoder_attention_heads": shape.heads,
        "encoder_ffn_dim": 4 * shape.width,
        "decoder_ffn_dim": 4 * shape.width,
        "decoder_start_token_id": _TEXT_TOKENS + 1,
        "bos_token_id": _TEXT_TOKENS,
        "eos_token_id": _TEXT_TOKENS,
        "pad_token_id": _TEXT_TOKENS,
        "suppress_tokens": [],
        "begin_suppress_tokens": [],
    }


def _filled(tokenizer: dict[str, Any], size: int) -> dict[str, Any]:
    """With tokens that no text is read as, but that may be written.

    Special tokens keep their place only where the vocabulary names them, too.
    """
    vocabulary = tokenizer["model"]["vocab"]
    vocabulary |= {one["content"]: one["id"] for one in tokenizer["added_tokens"]}
    taken = set(vocabulary.values())
    more = {f"w{number}": number for number in range(size) if number not in taken}
    tokenizer["model"]["vocab"] = vocabulary | more
    return tokenizer


def _whisper_tokenizer(tokenizer: dict[str, Any]) -> dict[str, Any]:
    """Text, then the special tokens at the places that they have in large-v3."""
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    specials = {one["content"] for one in tokenizer["added_tokens"]}
    template = tokenizer["added_tokens"][0]
    vocabulary = tokenizer["model"]["vocab"]
    tokenizer["model"]["vocab"] = {k: v for k, v in vocabulary.items() if k not in specials}
    tokenizer["added_tokens"] = []
    tokenizer = _filled(tokenizer, _TEXT_TOKENS)
    languages = [f"<|{code}|>" for code in _LANGUAGE_CODES[:_LANGUAGES]]
    wanted = ("<|endoftext|>", "<|startoftranscript|>", *languages, *_AFTER_LANGUAGES)
    tokenizer["added_tokens"] = [
        template | {"id": _TEXT_TOKENS + place, "content": content}
        for place, content in enumerate(wanted)
    ]
    return tokenizer


def _names(tokenizer: dict[str, Any]) -> list[str]:
    ids = dict(tokenizer["model"]["vocab"])
    ids |= {one["content"]: one["id"] for one in tokenizer["added_tokens"]}
    return sorted(ids, key=lambda name: ids[name])


def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def _write(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
