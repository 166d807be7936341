"""Pictures out of an answer of Gemini's dialect, as JSON; pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from models.images import Image, Images
from models.messages import Usage
from models.pictures import media_type_of
from models.remote.gemini_chunks import FILTERED, REASONS, usage_of
from models.remote.provider_errors import EndedBadly
from models.remote.typed import row_of, rows_of, text_of

_ENDED = ("stop", "length")


def images_of(answer: Any) -> Images:
    """The pictures that an answer holds.

    Raises EndedBadly for one that was refused, a TypeError or a ValueError for one without any.
    """
    row = row_of(answer)
    if row_of(row.get("promptFeedback")).get("blockReason"):
        raise EndedBadly(FILTERED)
    made = tuple(_pictures(row))
    if not made:
        raise ValueError("no picture")
    usage = usage_of(row_of(row["usageMetadata"])) if "usageMetadata" in row else None
    return Images(made, _counted(usage, len(made)), text_of(row.get("modelVersion")) or None)


def _pictures(row: Mapping[str, Any]) -> Iterator[Image]:
    for candidate in map(row_of, rows_of(row.get("candidates"))):
        reason = text_of(candidate.get("finishReason"))
        if reason and REASONS.get(reason) not in _ENDED:
            raise EndedBadly(REASONS.get(reason, reason))
        for part in map(row_of, rows_of(row_of(candidate.get("content")).get("parts"))):
            # A sketch of its thinking is none of the pictures asked for.
            if "inlineData" in part and not part.get("thought"):
                yield _picture(row_of(part["inlineData"]))


def _picture(inline: Mapping[str, Any]) -> Image:
    try:
        data = base64.b64decode(text_of(inline.get("data")), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    media_type = media_type_of(data)
    if media_type is None:
        raise ValueError("no picture")
    return Image(media_type, data)


def _counted(usage: Usage | None, images: int) -> Usage | None:
    if usage is None:
        return None
    return Usage(usage.prompt_tokens, usage.completion_tokens, images=images)
