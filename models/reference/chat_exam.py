"""The held-out exam of the reference chat model: items, expected answers and marks.

Every order number, amount and invented name of an item is reserved from training (see
``world.is_held_out``).
"""

from __future__ import annotations

import dataclasses
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models.reference import chat_corpus, chat_facts, chat_skills, contract, invented
from models.reference.chat_corpus import Context
from models.reference.chat_facts import Ask, Fact
from models.reference.contract import Message

BARS = {"grounded": 0.90, "refused": 0.95, "changed": 0.90, "intent": 0.95}
ONE_FACT = (1,)
"""Each passage states one fact, beside sentences that state none."""


@dataclass(frozen=True)
class Item:
    """One exam question: its kind, the prompt, and the only right answer."""

    kind: str
    messages: list[Message]
    expected: str


def items(seed: int, count: int) -> Iterator[Item]:
    """Draw ``count`` grounded items, each also with its fact removed and changed, and intents."""
    rng = random.Random(f"exam {seed}")
    for triple in itertools.islice(_triples(rng, ONE_FACT), count):
        yield from triple
        yield _last_answer("intent", chat_skills.intent(rng, held=True))


def crowded(seed: int, count: int) -> Iterator[Item]:
    """Draw harder items: up to five facts a passage, and products known by an order alone."""
    rng = random.Random(f"crowded {seed}")
    for triple in itertools.islice(_triples(rng, chat_corpus.SIZES), count):
        yield from (dataclasses.replace(item, kind=f"crowded {item.kind}") for item in triple)


def _triples(rng: random.Random, sizes: Sequence[int]) -> Iterator[tuple[Item, Item, Item]]:
    while True:
        triple = _triple(rng, sizes)
        if triple:
            yield triple


def styles(seed: int, count: int) -> Iterator[Item]:
    """Draw ``count`` items of each style: formal, polish and escalation."""
    rng = random.Random(f"styles {seed}")
    for _ in range(count):
        yield _last_answer("formal", chat_skills.formal(rng, held=True))
        yield _last_answer("polish", chat_skills.polish(rng, held=True))
        yield _last_answer("escalation", chat_skills.escalation(rng, held=True))


def _last_answer(kind: str, messages: list[Message]) -> Item:
    return Item(kind, messages[:-1], messages[-1]["content"])


def _triple(rng: random.Random, sizes: Sequence[int]) -> tuple[Item, Item, Item] | None:
    context = chat_corpus.make_context(rng, contract.MAX_PASSAGES, True, sizes)
    facts = [fact for fact in context.every() if re.search(r"\d", fact.text)]
    if not facts:
        return None
    fact = rng.choice(facts)
    ask = chat_corpus.ask_for(rng, fact, context)
    if sizes == ONE_FACT and fact.product and not _named(ask, fact):
        return None
    if chat_facts.resolve(context.every(), ask) != fact:
        return None
    others = [other for other in context.every() if other != fact]
    if chat_facts.resolve(others, ask) is not None:
        return None
    number, changed = context.number_of(fact), _changed(rng, fact)
    return (
        _item("grounded", context, fact, fact.text, ask, contract.cited(fact.text, number)),
        _item("refused", context, fact, "", ask, contract.REFUSAL),
        _item("changed", context, fact, changed, ask, contract.cited(changed, number)),
    )


def _named(ask: Ask, fact: Fact) -> bool:
    """Say whether a question names its fact itself, by its product or its own order number."""
    return bool(ask.product) or (bool(ask.number) and ask.number == fact.number)


def _item(kind: str, context: Context, fact: Fact, text: str, ask: Ask, expected: str) -> Item:
    passages = [_without_gap(passage.replace(fact.text, text)) for passage in context.passages]
    return Item(kind, contract.answer_messages([p for p in passages if p], ask.text), expected)


def _without_gap(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _changed(rng: random.Random, fact: Fact) -> str:
    """Change the fact's last number, which is never the order's own number."""
    found = list(re.finditer(r"\d+(\.\d+)?", fact.text))[-1]
    if fact.topic == chat_facts.ORDER:
        value = str((int(found[0]) + rng.randint(1, 20)) % 30 + 1)
    else:
        value = invented.amount(rng, 2, 99, held_out=True)
    value = value if value != found[0] else f"{value}0"
    return fact.text[: found.start()] + value + fact.text[found.end() :]


def marks(asked: Sequence[Item], answers: Sequence[str]) -> dict[str, float]:
    """Give the share of exactly right answers for each kind."""
    right: dict[str, list[bool]] = {}
    for item, answer in zip(asked, answers, strict=True):
        right.setdefault(item.kind, []).append(answer.strip() == item.expected)
    return {kind: sum(marks) / len(marks) for kind, marks in right.items()}
