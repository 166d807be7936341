"""Seeded customers' utterances: what a caller says, and what the reference models must hear in it.

The grammar lives in ``phrases``; ``sample`` draws from it with the caller's own generator, so the
same seed always gives the same stream.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from models.reference import phrases, world

_CHOICE = re.compile(r"\(([^()]*)\)")
_NAME = re.compile(r"<(\w+)>")
_ASKS = {
    "refund": "refund",
    "order_status": "order_status",
    "device_fault": "fault",
    "warranty": "warranty",
    "delivery": "delivery",
    "invoice": "invoice",
    "cancellation": "cancel",
    "other": "other",
}
_ORDER_SHARE = {
    "refund": 0.4,
    "order_status": 0.75,
    "device_fault": 0.25,
    "warranty": 0.2,
    "delivery": 0.2,
    "invoice": 0.5,
    "cancellation": 0.7,
    "complaint": 0.25,
    "other": 0.05,
}


_PARTS, _FAULTS = phrases.parts("parts"), phrases.parts("faults")
_COMMON_FAULTS = phrases.callers("common_faults")
_PHRASES = {intent: phrases.callers(entry) for intent, entry in _ASKS.items()}
_GREETINGS, _THANKS = phrases.callers("greetings"), phrases.callers("thanks")
_UNHAPPY, _ANGRY = phrases.callers("unhappy"), phrases.callers("angry")
_PRAISE, _WHEN = phrases.callers("praise"), phrases.callers("when")
_ORDER, _DETAIL = phrases.callers("order"), phrases.callers("detail")


@dataclass(frozen=True)
class Utterance:
    """What a caller says: order is a string of digits, sentiment is in [-1, 1]."""

    text: str
    intent: str
    product: str | None
    order: str | None
    sentiment: float
    held_out: bool


@dataclass(frozen=True)
class Slots:
    """What a line is about: the product, the order's digits, and entries beside the grammar's."""

    product: str
    order: str
    parts: dict[str, str] = field(default_factory=dict)


def _leaf(rng: random.Random, name: str, slots: Slots) -> str:
    makers: dict[str, Callable[[], str]] = {
        "day": lambda: rng.choice(world.WEEKDAYS),
        "month": lambda: rng.choice(world.MONTHS),
        "first": lambda: rng.choice(world.FIRST_NAMES),
        "last": lambda: rng.choice(world.LAST_NAMES),
        "ordinal": lambda: world.ordinal_words(rng.randint(1, 31)),
        "small": lambda: world.number_words(rng.randint(2, 60)),
        "amount": lambda: world.number_words(rng.randint(2, 999)),
        "customer": lambda: world.spoken_digits(str(rng.randint(1000, 1999))),
        "when": lambda: rng.choice(_WHEN),
        "fault": lambda: _fault(rng, slots.product),
    }
    if name in makers:
        return makers[name]()
    return _top_choice(rng, _PARTS.get(name) or slots.parts[name])


def _fault(rng: random.Random, product: str) -> str:
    if product not in _FAULTS or rng.random() < 0.5:
        return rng.choice(_COMMON_FAULTS)
    return _top_choice(rng, _FAULTS[product])


def _top_choice(rng: random.Random, text: str) -> str:
    """Choose one alternative of ``a|b (c|d)|e``, leaving inner choices alone."""
    parts, depth, start = [], 0, 0
    for index, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "|" and depth == 0:
            parts.append(text[start:index])
            start = index + 1
    return rng.choice([*parts, text[start:]])


def _choose(rng: random.Random) -> Callable[[re.Match[str]], str]:
    """Make a replacer that keeps a chosen word apart from the words beside its brackets."""

    def replace(match: re.Match[str]) -> str:
        chosen = rng.choice(match[1].split("|"))
        before = match.string[match.start() - 1 : match.start()]
        return f" {chosen}" if chosen[:1].isalnum() and before.isalnum() else chosen

    return replace


def expand(rng: random.Random, line: str, slots: Slots) -> str:
    """Turn one line of the grammar into one English text."""
    while "(" in line or "<" in line:
        while "(" in line:
            line = _CHOICE.sub(_choose(rng), line)
        line = _NAME.sub(lambda match: _leaf(rng, match[1], slots), line)
    line = line.replace("{p}", slots.product).replace("{o}", world.spoken_digits(slots.order))
    return _tidy(line)


def _tidy(line: str) -> str:
    line = re.sub(r" +", " ", line).strip()
    line = re.sub(r" ([.,?!])", r"\1", line)
    line = re.sub(r"\ba (?=[aeio]|un[^i])(?!one )", "an ", line)
    line = re.sub(r"\ban (?=[bcdfgjklmnpqrstvwxyz]|used)", "a ", line)
    if line.endswith((".?", "?.")):
        line = line[:-2] + "?"
    return line if line[-1] in ".?!" else line + "."


def _contract(rng: random.Random, text: str) -> str:
    for full, short in phrases.CONTRACTIONS:
        if full in text and rng.random() < 0.7:
            text = re.sub(rf"\b{full}\b(?!\?)", short, text)
    return text


def _mood(rng: random.Random, intent: str) -> tuple[float, tuple[str, ...]]:
    """Draw a sentiment and the lines that show it; the plain mood shows in no line of its own."""
    if intent == "complaint":
        return rng.choice(((-0.6, _UNHAPPY), (-0.6, _UNHAPPY), (-0.8, _ANGRY)))
    draw = rng.random()
    if draw < 0.14:
        return -0.6, _UNHAPPY
    if draw < 0.22:
        return -0.8, _ANGRY
    if draw < 0.26 and intent in {"other", "delivery", "warranty", "invoice"}:
        return 0.6, _PRAISE
    return (-0.2 if intent == "device_fault" else 0.0), ()


def _body(rng: random.Random, intent: str, mood: tuple[str, ...]) -> list[str]:
    """Pick the unexpanded lines: the ask, then at most two of mood, order and detail."""
    asks = [rng.choice(mood if intent == "complaint" else _PHRASES[intent])]
    extras = []
    if mood and (intent != "complaint" or rng.random() < 0.5):
        extras.append(rng.choice(mood))
    if not any("{o}" in line for line in asks) and rng.random() < _ORDER_SHARE[intent]:
        extras.append(rng.choice(_ORDER))
    if rng.random() < 0.25:
        extras.append(rng.choice(_DETAIL))
    rng.shuffle(extras)
    body = asks + [line for line in extras[:2] if line not in asks]
    if rng.random() < 0.25:
        rng.shuffle(body)
    return body


def _draw(rng: random.Random, *, held_out: bool) -> Utterance:
    intent = rng.choice(world.INTENTS)
    sentiment, mood = _mood(rng, intent)
    slots = Slots(rng.choice(world.PRODUCTS), world.order_number(rng, held_out=held_out))
    sentences = _body(rng, intent, mood)
    if mood and not any(line in mood for line in sentences):
        sentiment = -0.2 if intent == "device_fault" else 0.0
    if len(sentences) < 4 and rng.random() < 0.4:
        sentences.insert(0, rng.choice(_GREETINGS))
    if len(sentences) < 4 and rng.random() < 0.35:
        sentences.append(rng.choice(_THANKS))
    return _utterance(rng, intent, sentiment, sentences, slots, held_out)


def _utterance(
    rng: random.Random,
    intent: str,
    sentiment: float,
    sentences: list[str],
    slots: Slots,
    held_out: bool,
) -> Utterance:
    text = " ".join(expand(rng, line, slots) for line in sentences)
    if rng.random() < 0.25:
        text = _contract(rng, text)
    return Utterance(
        text=text,
        intent=intent,
        product=slots.product if re.search(rf"\b{slots.product}s?\b", text) else None,
        order=slots.order if world.spoken_digits(slots.order) in text else None,
        sentiment=sentiment,
        held_out=held_out,
    )


def roughen(rng: random.Random, text: str) -> str:
    """Write a text as some people type it: contracted, without capitals or without full stops."""
    draw = rng.random()
    if draw < 0.15:
        return _contract(rng, text)
    if draw < 0.2:
        return text.lower()
    return text.rstrip(".?!") if draw < 0.25 else text


def sample(rng: random.Random, *, held_out: bool = False) -> Utterance:
    """Draw one utterance of one to four sentences from the wanted side of the split.

    A held-out utterance has a reserved order number and a text no training utterance can have.
    """
    while True:
        utterance = _draw(rng, held_out=held_out)
        if world.is_held_out("utterance", utterance.text) == held_out:
            return utterance


def sentence(rng: random.Random, *, held_out: bool = False) -> str:
    """Draw one short sentence, of any of the grammar's kinds."""
    pools = (*_PHRASES.values(), _GREETINGS, _THANKS, _UNHAPPY, _ANGRY, _PRAISE, _DETAIL)
    while True:
        slots = Slots(rng.choice(world.PRODUCTS), world.order_number(rng, held_out=held_out))
        pool = _ORDER if rng.random() < 0.15 else rng.choice(pools)
        text = expand(rng, rng.choice(pool), slots)
        if rng.random() < 0.25:
            text = _contract(rng, text)
        if world.is_held_out("utterance", text) == held_out:
            return text
