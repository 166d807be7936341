"""What is a picture in an answer of Gemini's dialect, and what is none."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.stub.pictures import picture
from models.remote.gemini_image_answer import images_of
from models.remote.provider_errors import EndedBadly


def part(prompt: str, **more: Any) -> dict[str, Any]:
    return {"inlineData": {"mimeType": "image/png", "data": picture(prompt)}} | more


def answer(*parts: dict[str, Any], reason: str = "STOP") -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": list(parts)}, "finishReason": reason}]}


def test_sketches_and_words_are_no_pictures() -> None:
    made = images_of(answer(part("a sketch", thought=True), {"text": "Here."}, part("a lamp")))
    assert made.images == images_of(answer(part("a lamp"))).images


def test_what_nobody_counted_is_not_made_up() -> None:
    assert images_of(answer(part("a lamp"))).usage is None


@pytest.mark.parametrize("reason", ["SAFETY", "IMAGE_SAFETY", "NO_IMAGE", "OTHER", "NEW_ONE"])
def test_a_refusal_is_told_whatever_stands_beside_it(reason: str) -> None:
    with pytest.raises(EndedBadly):
        images_of(answer(part("a lamp"), reason=reason))


@pytest.mark.parametrize(
    "wrong",
    [
        {}, [], "text", {"candidates": 7}, {"candidates": [{"content": {"parts": [7]}}]},
        answer(), answer({"text": "no"}), answer({"inlineData": {"data": "!"}}),
        answer({"inlineData": {"data": "bm8gcGljdHVyZQ=="}}), answer({"inlineData": {"data": 7}}),
        answer(part("a", thought=True)),
    ],
    ids=str,
)  # fmt: skip
def test_an_answer_without_a_picture_is_none(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        images_of(wrong)
