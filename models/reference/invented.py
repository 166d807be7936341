"""Invented names, devices and amounts: what a model can only answer by copying."""

from __future__ import annotations

import random

from models.reference import world

_ONSETS = (
    "b", "br", "c", "ch", "d", "dr", "f", "g", "gr", "h", "j", "k", "kl", "l", "m", "n",
    "p", "pl", "qu", "r", "s", "sh", "st", "t", "tr", "v", "w", "y", "z",
)  # fmt: skip
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "oo", "y", "ie")
_CODAS = ("", "", "", "l", "n", "r", "s", "t", "x", "nd", "rk", "m", "ck", "sh")
_DEVICES = (
    "camera", "scanner", "charger", "projector", "drone", "watch", "mouse", "microphone",
    "television", "modem", "server", "lamp", "doorbell", "battery pack", "game console",
    "hard disk", "smart watch", "adapter", "cable", "dock", "heater", "toaster",
)  # fmt: skip


def word(rng: random.Random, *, held_out: bool = False) -> str:
    """Draw a pronounceable word of one to three syllables from the wanted side of the split."""
    while True:
        text = "".join(
            rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)
            for _ in range(rng.choice((1, 2, 2, 3)))
        )
        if len(text) > 2 and world.is_held_out("name", text) == held_out:
            return text


def device(rng: random.Random, *, held_out: bool = False) -> str:
    """Draw a product the company might add: a known device, an invented word, or a model code."""
    kind = rng.random()
    if kind < 0.35 and not held_out:
        return rng.choice(_DEVICES)
    if kind < 0.75:
        return word(rng, held_out=held_out)
    return f"{word(rng, held_out=held_out)} {rng.choice(world.PRODUCTS)}"


def amount(rng: random.Random, low: int, high: int, *, held_out: bool = False) -> str:
    """Draw an amount as digits, now and then with cents, from the wanted side of the split."""
    while True:
        value = str(rng.randint(low, high if rng.random() < 0.8 else max(high, 999)))
        if rng.random() < 0.06:
            value = f"{value}.{rng.randint(10, 99)}"
        elif rng.random() < 0.03:
            value = f"{rng.randint(1, 9)},{rng.randint(100, 999)}"
        if world.is_held_out("amount", value) == held_out:
            return value


def person_name(rng: random.Random, *, held_out: bool = False) -> str:
    """Draw a person's name; one in two, and every held-out one, is invented."""
    if held_out or rng.random() < 0.5:
        first, last = word(rng, held_out=held_out), word(rng, held_out=held_out)
        return f"{first.capitalize()} {last.capitalize()}"
    return f"{rng.choice(world.FIRST_NAMES)} {rng.choice(world.LAST_NAMES)}"


def proper_name(rng: random.Random, *, held_out: bool = False) -> str:
    """Draw who or where something is: a person, a team or a place."""
    kind = rng.random()
    if kind < 0.5:
        return person_name(rng, held_out=held_out)
    name = word(rng, held_out=held_out).capitalize()
    return name if kind < 0.7 else f"the {name} {rng.choice(('team', 'desk', 'office', 'group'))}"
