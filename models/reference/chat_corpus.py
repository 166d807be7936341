"""Fresh training conversations for the reference chat model, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from models.reference import contract, invented, knowledge, world
from models.reference.chat_facts import (
    ORDER,
    Ask,
    Fact,
    ask_order,
    draw_product,
    fill,
    make_ask,
    make_fact,
    make_order,
    resolve,
)
from models.reference.contract import Message
from models.reference.knowledge import Topic

_CLASH = {"fault": {"repair_time", "repair_cost"}, "repair_time": {"fault"},
          "repair_cost": {"fault"}, "hours": {"stock"}}  # fmt: skip


def _palette(rng: random.Random, held: bool) -> tuple[list[Topic], list[str]]:
    """Draw the few topics and products a context is about, so that its facts are near misses."""
    topics: list[Topic] = []
    weights = [2 if topic in CORE else 1 for topic in knowledge.TOPICS]
    for topic in rng.choices(knowledge.TOPICS, weights, k=rng.randint(1, 4)):
        names = {other.name for other in topics}
        if topic.name not in names and not names & _CLASH.get(topic.name, set()):
            topics.append(topic)
    products = list(dict.fromkeys(draw_product(rng, held) for _ in range(rng.randint(2, 5))))
    return topics, products


CORE = (knowledge.REFUND, knowledge.WARRANTY, knowledge.DELIVERY_TIME, knowledge.DELIVERY_COST,
         knowledge.INVOICE, knowledge.CANCELLATION, knowledge.FAULT)  # fmt: skip


@dataclass(frozen=True)
class Context:
    """The passages of one conversation and, for each, the facts inside it."""

    passages: list[str]
    facts: list[list[Fact]]
    topics: list[Topic]
    products: list[str]
    held: bool

    def every(self) -> list[Fact]:
        """List all facts in the order they appear."""
        return [fact for group in self.facts for fact in group]

    def number_of(self, fact: Fact) -> int:
        """Give the number a fact is cited by, from 1."""
        return next(i for i, group in enumerate(self.facts, 1) if fact in group)


SIZES = (65, 25, 7, 0, 3)
"""How many of a hundred passages state one fact, two, three, four or five."""


def make_context(
    rng: random.Random, count: int, held: bool, sizes: Sequence[int] = SIZES
) -> Context:
    """Draw ``count`` passages whose facts share topics and products but never both."""
    topics, products = _palette(rng, held)
    seen: set[tuple[str, str]] = set()
    used: set[str] = set()
    texts, groups = [], []
    customer = rng.randint(world.FIRST_CUSTOMER, world.LAST_CUSTOMER)
    for _ in range(count):
        size = rng.choices(range(1, len(sizes) + 1), sizes)[0]
        group: list[Fact] = []
        record = rng.random() < 0.22
        for _ in range(size):
            fact = (make_order(rng, rng.choice(products), held) if record
                    else _new_fact(rng, topics, products, seen, held))  # fmt: skip
            if fact and fact.number not in used and (fact.topic, fact.product) not in seen:
                group.append(fact)
                if fact.number:
                    used.add(fact.number)
                else:
                    seen.add((fact.topic, fact.product))
        texts.append(_passage(rng, group, products, customer if record else 0, held))
        groups.append(group)
    return Context(texts, groups, topics, products, held)


def _new_fact(
    rng: random.Random,
    topics: list[Topic],
    products: list[str],
    seen: set[tuple[str, str]],
    held: bool,
) -> Fact | None:
    for _ in range(4):
        fact = make_fact(rng, rng.choice(topics), rng.choice(products), held)
        if (fact.topic, fact.product) not in seen:
            return fact
    other = make_fact(rng, rng.choice(CORE), rng.choice(products), held)
    return other if (other.topic, other.product) not in seen else None


def _passage(
    rng: random.Random, group: list[Fact], products: list[str], customer: int, held: bool
) -> str:
    parts = [fact.text for fact in group]
    if customer:
        name = invented.person_name(rng, held_out=held)
        parts.insert(0, f"Customer C-{customer} {name}.")
    if not parts or rng.random() < 0.2:
        noise = fill(rng, rng.choice(knowledge.NOISE), rng.choice(products), None, held)
        parts.insert(rng.randint(0, len(parts)), noise)
    if rng.random() < 0.2 and not customer:
        parts.insert(0, _heading(rng, group, products) + rng.choice(("", "", ".", ":")))
    return " ".join(parts)


def _heading(rng: random.Random, group: list[Fact], products: list[str]) -> str:
    """Draw a heading as documents have above a section: general, or naming what follows."""
    if not group or rng.random() < 0.4:
        return rng.choice((f"{rng.choice(products).capitalize()}s", *_HEADINGS))
    fact = group[0]
    topic, product = fact.topic.replace("_", " ").capitalize(), fact.product
    if not product:
        return topic
    return rng.choice((f"{topic} of a {product}", f"{product.capitalize()} {topic.lower()}",
                       f"{topic} for {product}s", f"{topic} {product}"))  # fmt: skip


_HEADINGS = ("Refunds", "Warranty", "Delivery", "Repairs", "Invoices", "Orders", "Service",
             "Our policy", "Questions and answers", "Prices", "Returns")  # fmt: skip


def grounded_turn(
    rng: random.Random, context: Context, left: list[Fact], present: float = 0.78
) -> Message:
    """Draw a question about a context and its answer; an ambiguous question is refused too.

    The fact asked for is taken from ``left``; with none left the question has no answer. The
    message is the assistant's, with the question, what it asks for, the fact and the number of
    its source beside it.
    """
    facts = context.every()
    if left and rng.random() < present:
        ask = ask_for(rng, left.pop(), context)
    else:
        ask = _ask_absent(rng, facts, context)
    found = resolve(facts, ask)
    answer, source, fact = contract.REFUSAL, 0, ""
    if isinstance(found, Fact):
        source, fact = context.number_of(found), found.text
        answer = contract.cited(found.text, source)
    return {"role": "assistant", "content": answer, "source": str(source), "question": ask.text,
            "topic": ask.topic, "product": ask.product, "number": ask.number,
            "fact": fact}  # fmt: skip


def _practice(rng: random.Random, context: Context) -> Message:
    """Draw a question of which the model says no more than where its answer is."""
    facts = context.every()
    asked = [rng.choice(facts)] if facts else []
    return {**grounded_turn(rng, context, asked, 0.6), "content": "", "practice": "source"}


def ask_for(rng: random.Random, fact: Fact, context: Context) -> Ask:
    """Ask for one fact of a context."""
    if fact.topic == ORDER:
        return ask_order(rng, fact)
    topic = next(topic for topic in knowledge.TOPICS if topic.name == fact.topic)
    product = fact.product or rng.choice(context.products)
    own = [f.number for f in context.every() if f.topic == ORDER and f.product == product]
    return make_ask(rng, topic, product, context.held, rng.choice(own) if own else "")


def _ask_absent(rng: random.Random, facts: list[Fact], context: Context) -> Ask:
    if rng.random() < 0.25:
        return ask_order(rng, make_order(rng, rng.choice(context.products), context.held))
    near = rng.random() < 0.75
    topic = rng.choice(context.topics if near else knowledge.TOPICS)
    product = draw_product(rng, context.held)
    if rng.random() < 0.5:
        product = rng.choice(context.products)
    clash = {fact.topic for fact in facts} & _CLASH.get(topic.name, set())
    return make_ask(rng, knowledge.REFUND if clash else topic, product, context.held)


def grounded(rng: random.Random, count: int, turns: int, *, held: bool = False) -> list[Message]:
    """Draw one conversation of questions over ``count`` passages, each with its cited answer."""
    return grounded_in(rng, count, turns, held=held)[0]


def grounded_in(
    rng: random.Random, count: int, turns: int, practice: int = 0, *, held: bool = False
) -> tuple[list[Message], tuple[Fact, ...]]:
    """Draw such a conversation, and list the facts that its passages state.

    Before the turns come ``practice`` questions of which only the source is said: they are cheap,
    and finding is what a small model learns slowest.
    """
    context = make_context(rng, count, held)
    left = context.every()
    rng.shuffle(left)
    messages: list[Message] = []
    drawn = [_practice(rng, context) for _ in range(practice)]
    drawn += [grounded_turn(rng, context, left) for _ in range(min(turns, len(left) + 2))]
    for answer in drawn:
        question = answer.pop("question")
        if messages:
            messages.append({"role": "user", "content": f"Question: {question}"})
        else:
            messages = contract.answer_messages(context.passages, question)
        messages.append(answer)
    return messages, tuple(context.every())
