"""How much of each skill the chat model practises, and when."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from models.reference import chat_corpus, chat_skills, world
from models.reference.chat_skills import Conversation

_OTHERS = (
    (chat_skills.intent, 56),
    (chat_skills.formal, 13),
    (chat_skills.polish, 10),
    (chat_skills.escalation, 10),
    (chat_skills.chat, 4),
)
_TOOLS = 7
GROUNDED_SHARE = 0.5


def draw_count(rng: random.Random) -> int:
    """Draw how many passages a context has: six for most, so that every reference is practised."""
    return 6 if rng.random() < 0.6 else rng.randint(1, 6)


def turns_at(rng: random.Random, progress: float) -> int:
    """Draw how many questions share a context: many answers a passage while young, then one."""
    return rng.randint(3, 9) if rng.random() < (0.75 if progress < 0.75 else 0.35) else 1


def conversation(rng: random.Random, progress: float) -> Conversation:
    """Draw one training conversation; ``progress`` runs from 0 to 1 over the training."""
    if rng.random() < GROUNDED_SHARE:
        count = draw_count(rng)
        practice = rng.randint(6, 12) if rng.random() < 0.6 else 0
        turns = turns_at(rng, progress)
        messages, facts = chat_corpus.grounded_in(rng, count, turns, practice)
        return Conversation(messages, facts=facts)
    draw = rng.randrange(_TOOLS + sum(weight for _, weight in _OTHERS))
    for make, weight in _OTHERS:
        if draw < weight:
            return Conversation(make(rng))
        draw -= weight
    return chat_skills.tools(rng)


def texts(seed: int, samples: int) -> Iterator[str]:
    """Yield the plain texts of conversations, to learn a vocabulary from."""
    rng = random.Random(f"texts {seed}")
    for _ in range(samples):
        product = rng.choice(world.PRODUCTS)
        yield rng.choice((product, f"{product}s", product.capitalize(), f"{product.capitalize()}s"))
        drawn = conversation(rng, 1.0)
        for message in drawn.messages:
            text = str(message["content"]) or '{"name": "order_status", "arguments": {"order": "'
            yield re.sub(r"\[\d\] ?", "\n", text)
        if drawn.tools:
            yield str(drawn.tools).replace("'", '"')
