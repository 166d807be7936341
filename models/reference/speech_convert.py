"""Turn a training checkpoint into the folder that faster-whisper loads.

`python -m models.reference.speech_convert` writes model.bin, config.json, vocabulary.json,
tokenizer.json and preprocessor_config.json by way of transformers' own Whisper class.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.reference import speech_vocabulary
from models.reference.speech_batches import WINDOW
from models.reference.speech_features import FFT, HOP, MELS, RATE
from models.reference.speech_model import TIMESTAMP_COUNT, Shape
from models.reference.speech_vocabulary import Vocabulary

TOKEN_TABLE = "decoder.embed_tokens.weight"  # noqa: S105


def hugging_face(shape: Shape, weights: dict[str, Tensor], vocabulary: Vocabulary) -> Any:
    """Transformers' model with the trained weights, the timestamps' shared row repeated."""
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    fields = shape.hugging_face(start=vocabulary.start, end=vocabulary.end)
    model = WhisperForConditionalGeneration(WhisperConfig(**fields))
    named = {f"model.{k}": v for k, v in weights.items() if not k.startswith("letters.")}
    table = weights[TOKEN_TABLE]
    rows = torch.cat([table[:-1], table[-1:].expand(TIMESTAMP_COUNT, -1)])
    named[f"model.{TOKEN_TABLE}"] = named["proj_out.weight"] = rows
    model.load_state_dict(named)
    return model.eval()


def _specification(model: Any, shape: Shape, vocabulary: Vocabulary, quantization: str) -> Any:
    from ctranslate2.converters.transformers import WhisperLoader

    loader = WhisperLoader()
    with torch.no_grad():
        made = loader.get_model_spec(model)
    # An utterance may be empty: the end token must stay allowed at the start.
    made.config.suppress_ids = made.config.suppress_ids_begin = made.config.lang_ids = []
    last = shape.decoder_layers - 1
    made.config.alignment_heads = [[last, head] for head in range(shape.heads)]
    made.register_vocabulary(vocabulary.names())
    made.validate()
    made.optimize(quantization=quantization)
    return made


def convert(checkpoint: Path, folder: Path, quantization: str = "int8") -> None:
    """Write the served folder from checkpoint.pt and the tokenizer.json beside it."""
    saved: dict[str, Any] = torch.load(checkpoint, weights_only=True, map_location="cpu")
    shape = Shape(**saved["shape"])
    tokenizer = checkpoint.parent / "tokenizer.json"
    vocabulary = speech_vocabulary.load(tokenizer)
    model = hugging_face(shape, saved["average"], vocabulary)
    folder.mkdir(parents=True, exist_ok=True)
    _specification(model, shape, vocabulary, quantization).save(str(folder))
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    (folder / "preprocessor_config.json").write_text(json.dumps(_preprocessor(), indent=2) + "\n")


def _preprocessor() -> dict[str, Any]:
    return {
        "chunk_length": WINDOW * HOP // RATE,
        "feature_extractor_type": "WhisperFeatureExtractor",
        "feature_size": MELS,
        "hop_length": HOP,
        "n_fft": FFT,
        "sampling_rate": RATE,
    }


def main() -> None:
    """Read the arguments and convert."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("build/train-speech/checkpoint.pt"))
    parser.add_argument("--folder", type=Path, default=Path("models/reference/speech"))
    parser.add_argument("--quantization", default="int8")
    arguments = parser.parse_args()
    convert(arguments.checkpoint, arguments.folder, arguments.quantization)


if __name__ == "__main__":
    main()
