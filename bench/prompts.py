"""Fixed questions for the load: a question with its passages, never the same twice."""

from __future__ import annotations

import random

_PRODUCTS = ("router", "laptop", "printer", "tablet", "headset", "monitor", "phone", "webcam")
_PASSAGES = (
    "A {product} can be sent back within {number} days after it was delivered.",
    "The warranty of every {product} lasts {number} months from the day of the invoice.",
    "The delivery of a {product} takes {number} days after the order was paid.",
    "The repair of a {product} costs {number} dollars when the warranty is over.",
    "Please restart the {product} and wait {number} minutes when it does not respond.",
    "The refund for a {product} is paid within {number} days.",
)
_QUESTION = "My order number is {number}. My {product} does not start. What can I do?"


def prompt(seed: int) -> str:
    """The question of that number; its first words differ, so no prefix cache knows it."""
    rng = random.Random(seed)  # noqa: S311 - a fixed load, no secret
    question = _QUESTION.format(number=rng.randint(10_000, 999_999), product=rng.choice(_PRODUCTS))
    passages = (
        line.format(product=rng.choice(_PRODUCTS), number=rng.randint(2, 120))
        for line in rng.sample(_PASSAGES, len(_PASSAGES))
    )
    return "\n".join((question, *passages))
