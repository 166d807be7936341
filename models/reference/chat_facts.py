"""Facts, questions about them, and which fact answers which question."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from models.reference import invented, knowledge, phrases, utterances, world
from models.reference.knowledge import Topic
from models.reference.utterances import Slots

ORDER = "order"


@dataclass(frozen=True)
class Fact:
    """One sentence of a document; ``product`` is empty when it holds for every product."""

    topic: str
    product: str
    text: str
    number: str = ""


@dataclass(frozen=True)
class Ask:
    """One question; product and order number are empty where the customer names none."""

    topic: str
    product: str
    text: str
    number: str = ""


def fill(rng: random.Random, line: str, product: str, topic: Topic | None, held: bool) -> str:
    """Expand one line of a document's grammar, with numbers and names of the wanted split."""
    low, high = (topic.low, topic.high) if topic else (2, 99)
    slots = Slots(product, world.order_number(rng, held_out=held), knowledge.PARTS)
    text = utterances.expand(rng, line, slots)
    while "{n}" in text:
        text = text.replace("{n}", invented.amount(rng, low, high, held_out=held), 1)
    while "{x}" in text:
        text = text.replace("{x}", invented.proper_name(rng, held_out=held), 1)
    while "{d}" in text:
        text = text.replace("{d}", f"{rng.randint(1, 30)} {rng.choice(world.MONTHS)}", 1)
    if not held and rng.random() < 0.2:
        text = _odd(rng, text)
    return text[0].upper() + text[1:]


def _odd(rng: random.Random, text: str) -> str:
    """Slip one or two unexpected words in, so that only copying gives the sentence back."""
    words = text.split(" ")
    for _ in range(rng.choice((1, 1, 2))):
        extra = invented.word(rng) if rng.random() < 0.5 else rng.choice(_COMMON)
        words.insert(rng.randint(1, len(words) - 1), extra)
    return " ".join(words)


_COMMON = tuple(
    sorted({word for line in knowledge.NOISE for word in re.findall(r"[a-z]{3,}", line)})
)


def draw_product(rng: random.Random, held: bool) -> str:
    """Draw one of the products, or now and then one that the company might add."""
    if rng.random() < 0.15:
        return invented.device(rng, held_out=held)
    return rng.choice(world.PRODUCTS)


def make_fact(rng: random.Random, topic: Topic, product: str, held: bool) -> Fact:
    """Draw one statement of a topic's fact; a line without a product holds for all."""
    line = rng.choice(topic.facts)
    if rng.random() < 0.07:
        line = _general(line)
    owner = product if "{p}" in line else ""
    return Fact(topic.name, owner, fill(rng, line, product, topic, held))


def _general(line: str) -> str:
    """Take the product out of a fact where the sentence stays English without it."""
    return re.sub(r" (for|of|on) (\(a\|the\|your\) |a |\(a\|the\) )?\{p\}s?(?= |$)", "", line)


def make_order(rng: random.Random, product: str, held: bool) -> Fact:
    """Draw one order's record."""
    number = world.order_number(rng, held_out=held)
    line = rng.choice(knowledge.ORDER_FACTS).replace("{o}", number)
    return Fact(ORDER, product, fill(rng, line, product, None, held), number)


def _mention(rng: random.Random, text: str, number: str) -> str:
    """Write an order number as heard, in words, or as typed."""
    spoken = world.spoken_digits(number)
    return text if rng.random() < 0.5 else text.replace(spoken, number)


def _named(product: str, text: str) -> str:
    return product if re.search(rf"\b{re.escape(product)}s?\b", text, re.IGNORECASE) else ""


def ask_order(rng: random.Random, fact: Fact) -> Ask:
    """Ask for one order by its number in words or digits, by its product, or as "my order"."""
    slots = Slots(fact.product, fact.number)
    line = rng.choice(phrases.callers("order_status"))
    numbered = "{o}" in line or rng.random() < 0.55
    lines = [line]
    if numbered and "{o}" not in line:
        lines.append(rng.choice(phrases.callers("order")))
    if rng.random() < 0.3:
        lines.reverse()
    text = " ".join(utterances.expand(rng, part, slots) for part in lines)
    text = _mention(rng, dress(rng, text, slots, 0.0), fact.number)
    if numbered:
        return Ask(ORDER, "", text, fact.number)
    return Ask(ORDER, _named(fact.product, text), text)


def dress(rng: random.Random, text: str, slots: Slots, order: float) -> str:
    """Put what people say around a question: greeting, order number, mood, thanks."""
    before: list[str] = []
    after: list[str] = []
    if rng.random() < 0.25:
        before.append(rng.choice(phrases.callers("greetings")))
    if rng.random() < order:
        rng.choice((before, after)).append(rng.choice(phrases.callers("order")))
    if rng.random() < 0.12:
        mood = rng.choice(("unhappy", "angry", "detail"))
        rng.choice((before, after)).append(rng.choice(phrases.callers(mood)))
    if rng.random() < 0.2:
        after.append(rng.choice(phrases.callers("thanks")))
    wrap = [utterances.expand(rng, line, slots) for line in before]
    wrap += [text, *(utterances.expand(rng, line, slots) for line in after)]
    return utterances.roughen(rng, " ".join(wrap))


def make_ask(rng: random.Random, topic: Topic, product: str, held: bool, record: str = "") -> Ask:
    """Ask for a topic's fact; ``record`` is the number of the customer's own order, if known."""
    number = record or world.order_number(rng, held_out=held)
    slots = Slots(product, number, knowledge.PARTS)
    line = rng.choice([ask for ask in topic.asks if "{o}" not in ask])
    text = utterances.expand(rng, line, slots)
    text = _mention(rng, dress(rng, text, slots, 0.5 if record else 0.12), number)
    said = number in text or world.spoken_digits(number) in text.lower()
    return Ask(topic.name, _named(product, text), text, number if said else "")


def resolve(facts: list[Fact], ask: Ask) -> Fact | bool | None:
    """Find the fact that answers: ``None`` is a refusal and ``False`` an ambiguous question."""
    if ask.topic == ORDER:
        return _order(facts, ask)
    product = ask.product or _product_of(facts, ask.number)
    same = [fact for fact in facts if fact.topic == ask.topic]
    exact = [fact for fact in same if fact.product == product]
    general = [fact for fact in same if not fact.product]
    if exact or general:
        return (exact or general)[0]
    if product or not same:
        return None
    return same[0] if len(same) == 1 else False


def _order(facts: list[Fact], ask: Ask) -> Fact | bool | None:
    records = [fact for fact in facts if fact.topic == ORDER]
    if ask.number:
        return next((fact for fact in records if fact.number == ask.number), None)
    fitting = [fact for fact in records if ask.product in ("", fact.product)]
    if not fitting:
        return None
    return fitting[0] if len(fitting) == 1 else False


def _product_of(facts: list[Fact], number: str) -> str:
    """Tell which product an order is about where a passage has its record."""
    return next((fact.product for fact in facts if number and fact.number == number), "")
