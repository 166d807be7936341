"""Fresh training conversations for the reference chat model, drawn from a seed."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from models.reference import contract, invented, knowledge, phrases, utterances, world
from models.reference.contract import Message
from models.reference.knowledge import Topic
from models.reference.utterances import Slots

ORDER = "order"
_CLAUSES = knowledge.PARTS


@dataclass(frozen=True)
class Fact:
    """One sentence of a document; ``product`` is empty when it holds for every product."""

    topic: str
    product: str
    text: str
    number: str = ""


@dataclass(frozen=True)
class Ask:
    """One question; an order question has the order's number, others a topic and product."""

    topic: str
    product: str
    text: str
    number: str = ""


def fill(rng: random.Random, line: str, product: str, topic: Topic | None, held: bool) -> str:
    """Expand one line of a document's grammar, with numbers and names of the wanted split."""
    low, high = (topic.low, topic.high) if topic else (2, 99)
    slots = Slots(product, world.order_number(rng, held_out=held), _CLAUSES)
    text = utterances.expand(rng, line, slots)
    while "{n}" in text:
        text = text.replace("{n}", invented.amount(rng, low, high, held_out=held), 1)
    while "{x}" in text:
        text = text.replace("{x}", invented.proper_name(rng, held_out=held), 1)
    while "{d}" in text:
        text = text.replace("{d}", f"{rng.randint(1, 30)} {rng.choice(world.MONTHS)}", 1)
    return text[0].upper() + text[1:]


def draw_product(rng: random.Random, held: bool) -> str:
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
    spoken = world.spoken_digits(number)
    return text if rng.random() < 0.6 else text.replace(spoken, number)


def ask_order(rng: random.Random, fact: Fact) -> Ask:
    """Ask for one order by its number, in words or digits."""
    slots = Slots(fact.product, fact.number, {})
    line = rng.choice(phrases.callers("order_status"))
    lines = [line] if "{o}" in line else [line, rng.choice(phrases.callers("order"))]
    if rng.random() < 0.3:
        lines.reverse()
    text = " ".join(utterances.expand(rng, part, slots) for part in lines)
    return Ask(ORDER, "", _mention(rng, dress(rng, text, slots, order=False), fact.number),
               fact.number)  # fmt: skip


def dress(rng: random.Random, text: str, slots: Slots, *, order: bool = True) -> str:
    """Put what people say around a question: greeting, order number, mood, thanks."""
    before: list[str] = []
    after: list[str] = []
    if rng.random() < 0.25:
        before.append(rng.choice(phrases.callers("greetings")))
    if order and rng.random() < 0.15:
        rng.choice((before, after)).append(rng.choice(phrases.callers("order")))
    if rng.random() < 0.12:
        mood = rng.choice(("unhappy", "angry", "detail"))
        rng.choice((before, after)).append(rng.choice(phrases.callers(mood)))
    if rng.random() < 0.2:
        after.append(rng.choice(phrases.callers("thanks")))
    wrap = [utterances.expand(rng, line, slots) for line in before]
    wrap += [text, *(utterances.expand(rng, line, slots) for line in after)]
    return utterances.roughen(rng, " ".join(wrap))


def make_ask(rng: random.Random, topic: Topic, product: str, held: bool) -> Ask:
    """Ask for a topic's fact as a customer would."""
    slots = Slots(product, world.order_number(rng, held_out=held), _CLAUSES)
    line = rng.choice([ask for ask in topic.asks if "{o}" not in ask])
    text = utterances.expand(rng, line, slots)
    text = _mention(rng, dress(rng, text, slots), slots.order)
    owner = product if re.search(rf"\b{re.escape(product)}s?\b", text) else ""
    return Ask(topic.name, owner, text)


def resolve(facts: list[Fact], ask: Ask) -> Fact | bool | None:
    """Find the fact that answers: ``None`` is a refusal and ``False`` an ambiguous question."""
    if ask.topic == ORDER:
        return next((fact for fact in facts if fact.number == ask.number), None)
    same = [fact for fact in facts if fact.topic == ask.topic]
    exact = [fact for fact in same if fact.product == ask.product]
    general = [fact for fact in same if not fact.product]
    if exact or general:
        return (exact or general)[0]
    if ask.product or not same:
        return None
    return same[0] if len(same) == 1 else False


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


def make_context(rng: random.Random, count: int, held: bool) -> Context:
    """Draw ``count`` passages whose facts share topics and products but never both."""
    topics, products = _palette(rng, held)
    seen: set[tuple[str, str]] = set()
    used: set[str] = set()
    texts, groups = [], []
    customer = rng.randint(world.FIRST_CUSTOMER, world.LAST_CUSTOMER)
    for _ in range(count):
        size = rng.choices((1, 2, 3, 5), (65, 25, 7, 3))[0]
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
    if rng.random() < 0.12 and not customer:
        heading = rng.choice((f"{rng.choice(products).capitalize()}s", *_HEADINGS))
        parts.insert(0, heading + rng.choice(("", "", ".", ":")))
    return " ".join(parts)


_HEADINGS = ("Refunds", "Warranty", "Delivery", "Repairs", "Invoices", "Orders", "Service",
             "Our policy", "Questions and answers", "Prices", "Returns")  # fmt: skip


def grounded_turn(rng: random.Random, context: Context) -> tuple[str, str] | None:
    """Draw a question about a context and its answer, or nothing where it would be ambiguous."""
    facts = context.every()
    if facts and rng.random() < 0.78:
        ask = ask_for(rng, rng.choice(facts), context)
    else:
        ask = _ask_absent(rng, facts, context)
    found = resolve(facts, ask)
    if found is False:
        return None
    if isinstance(found, Fact):
        return ask.text, contract.cited(found.text, context.number_of(found))
    return ask.text, contract.REFUSAL


def ask_for(rng: random.Random, fact: Fact, context: Context) -> Ask:
    """Ask for one fact of a context."""
    if fact.topic == ORDER:
        return ask_order(rng, fact)
    topic = next(topic for topic in knowledge.TOPICS if topic.name == fact.topic)
    return make_ask(rng, topic, fact.product or rng.choice(context.products), context.held)


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
    context = make_context(rng, count, held)
    messages: list[Message] = []
    while len(messages) // 2 < turns or not messages:
        turn = grounded_turn(rng, context)
        if turn is None:
            continue
        if not messages:
            messages = contract.answer_messages(context.passages, turn[0])
            messages.append({"role": "assistant", "content": turn[1]})
        else:
            messages.append({"role": "user", "content": f"Question: {turn[0]}"})
            messages.append({"role": "assistant", "content": turn[1]})
    return messages
