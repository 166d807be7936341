"""A request for pictures in Gemini's dialect, with fixed fields; pure."""

from __future__ import annotations

import json
from math import gcd
from typing import Any

from models.images import ImageRequest
from models.remote.gemini_image_settings import GeminiImageSettings
from models.remote.unsupported import refuse

FIELDS = frozenset({"contents", "generationConfig"})
_RATIOS = frozenset(
    {"1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"}
)  # fmt: skip
# What the models make where a ratio has no whole pixels (ai.google.dev, "Aspect ratios").
_MADE = {
    "832x1248": "2:3", "1248x832": "3:2", "864x1184": "3:4", "1184x864": "4:3",
    "896x1152": "4:5", "1152x896": "5:4", "768x1344": "9:16", "1344x768": "16:9",
    "1536x672": "21:9",
}  # fmt: skip
_LARGEST_SEED = 2**31


def body_bytes(request: ImageRequest, settings: GeminiImageSettings) -> bytes:
    """The JSON to send; raises UnsupportedParameter for a wish that the model can't be told.

    Of a size its ratio is told: how many pixels there are is the model's to say.
    """
    ratio = None if request.size is None else _ratio(request.size)
    refuse(
        n=request.n > 1 and not settings.many,
        size=request.size is not None and ratio is None,
        quality=request.quality is not None,
        seed=request.seed is not None and not 0 <= request.seed < _LARGEST_SEED,
        output_format=request.format is not None,
    )
    wishes: dict[str, Any] = {
        "candidateCount": request.n if request.n > 1 else None,
        "seed": request.seed,
        "imageConfig": None if ratio is None else {"aspectRatio": ratio},
    }
    said = {name: wish for name, wish in wishes.items() if wish is not None}
    body = {
        "contents": [{"role": "user", "parts": [{"text": request.prompt}]}],
        "generationConfig": {"responseModalities": ["IMAGE"], **said},
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _ratio(size: str) -> str | None:
    """The ratio of WIDTHxHEIGHT by its name, None when there is no such."""
    wide, high = (int(part) for part in size.split("x"))
    shared = gcd(wide, high) or 1
    found = _MADE.get(size, f"{wide // shared}:{high // shared}")
    return found if found in _RATIOS else None
