"""Training conversations for the skills beside grounded answers: intents, styles, notes, tools."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.reference import (
    chat_corpus,
    chat_facts,
    contract,
    invented,
    knowledge,
    utterances,
    world,
)
from models.reference.contract import Message
from models.reference.utterances import Utterance

THANKS_OPENING = "Dear customer, thank you for your message."
SORRY_OPENING = "Dear customer, we are sorry for the trouble."
FORMAL_CLOSING = "Kind regards, Lindwell customer service."
POLISHED_THANKS = "Hello, thank you for writing to us."
POLISHED_SORRY = "Hello, we are very sorry for the trouble."
POLISHED_CLOSING = "Please write to us again if anything is unclear. Your Lindwell team."
_SUBJECT = {
    "refund": "a refund",
    "order_status": "an order",
    "device_fault": "a fault",
    "warranty": "a warranty",
    "delivery": "a delivery",
    "invoice": "an invoice",
    "cancellation": "a cancellation",
    "complaint": "a complaint",
    "other": "a question",
}
_CHAT = {
    "refund": "Please tell me which product you want a refund for.",
    "order_status": "Please tell me your customer number so that I can look up the order.",
    "device_fault": "I am sorry to hear that. Please tell me which device has the fault.",
    "warranty": "Please tell me which product the warranty is for.",
    "delivery": "Please tell me which product you want delivered.",
    "invoice": "Please tell me your order number so that I can find the invoice.",
    "cancellation": "Please tell me which order you want to cancel.",
    "complaint": "I am sorry to hear that. A colleague will contact you.",
    "other": "Please tell me more so that I can help you.",
}
GREETING = "Hello, this is Lindwell customer service. How can I help you?"


def _reply(system_user: list[Message], answer: str) -> list[Message]:
    return [*system_user, {"role": "assistant", "content": answer}]


def _digits(rng: random.Random, said: Utterance) -> str:
    """Give the text as heard, or as typed with the order number in digits."""
    text = said.text
    if said.order and rng.random() < 0.5:
        text = text.replace(world.spoken_digits(said.order), said.order)
    if rng.random() < 0.12:
        text = _misheard(rng, text)
    return utterances.roughen(rng, text) if rng.random() < 0.3 else text


def _misheard(rng: random.Random, text: str) -> str:
    """Lose a letter of a word or two, as a transcript does, but never of a product or a number."""
    words = text.split(" ")
    for _ in range(2):
        spot = rng.randrange(len(words))
        word = words[spot]
        kept = word.strip(".,?!").lower().removesuffix("s")
        if len(word) > 4 and kept.isalpha() and kept not in (*world.PRODUCTS, *world.DIGITS):
            letter = rng.randrange(1, len(word) - 1)
            words[spot] = word[:letter] + word[letter + 1 :]
    return " ".join(words)


def intent(rng: random.Random, *, held: bool = False) -> list[Message]:
    """Draw a message and its intent as JSON."""
    said = utterances.sample(rng, held_out=held)
    answer = contract.intent_json(said.intent, said.product or "", said.order or "", said.sentiment)
    return _reply(contract.intent_messages(_digits(rng, said)), answer)


def draft(rng: random.Random, held: bool) -> str:
    """Draw a draft as the grounded answers write them: one or two cited facts, or a refusal."""
    if rng.random() < 0.15:
        return contract.REFUSAL
    cited = []
    for _ in range(1 if rng.random() < 0.8 else 2):
        product = chat_facts.draw_product(rng, held)
        if rng.random() < 0.25:
            fact = chat_facts.make_order(rng, product, held)
        else:
            fact = chat_facts.make_fact(rng, rng.choice(knowledge.TOPICS), product, held)
        cited.append(contract.cited(fact.text, rng.randint(1, contract.MAX_PASSAGES)))
    return " ".join(cited)


def formal_text(text: str, sentiment: float) -> str:
    """Word a draft as a formal reply; an unhappy customer reads an apology."""
    opening = SORRY_OPENING if sentiment < -0.4 else THANKS_OPENING
    return f"{opening} {text} {FORMAL_CLOSING}"


def formal(rng: random.Random, *, held: bool = False) -> list[Message]:
    """Draw a message with a draft, and the formal reply."""
    said, text = utterances.sample(rng, held_out=held), draft(rng, held)
    messages = contract.formal_messages(_digits(rng, said), text)
    return _reply(messages, formal_text(text, said.sentiment))


def _blemish(rng: random.Random, text: str) -> str:
    """Put in the small faults that polishing removes: lost capitals, doubled words and spaces."""
    kind = rng.random()
    if kind < 0.15:
        return text.replace(". ", ".  ")
    if kind < 0.3:
        words = text.split(" ")
        spot = rng.randrange(len(words))
        return " ".join([*words[: spot + 1], *words[spot:]])
    return re.sub(r"\. Kind", ". kind", text) if kind < 0.4 else text


def polish(rng: random.Random, *, held: bool = False) -> list[Message]:
    """Draw a formal reply with small faults, and its polished wording."""
    text, sorry = draft(rng, held), rng.random() < 0.4
    formal_reply = formal_text(text, -0.6 if sorry else 0.0)
    polished = f"{POLISHED_SORRY if sorry else POLISHED_THANKS} {text} {POLISHED_CLOSING}"
    return _reply(contract.polish_messages(_blemish(rng, formal_reply)), polished)


def note(customer_id: str, said: Utterance) -> str:
    """Write the note to a human agent: who, what about, how they feel."""
    feeling = "angry" if said.sentiment < -0.7 else "unhappy"
    about = _SUBJECT[said.intent]
    product = f" for the {said.product}" if said.product else ""
    order = f", order {said.order}" if said.order else ""
    return (
        f"Customer {customer_id} is {feeling} and writes about {about}{product}{order}. "
        "Please call the customer today."
    )


def escalation(rng: random.Random, *, held: bool = False) -> list[Message]:
    """Draw an unhappy customer's message and the note about it."""
    said = utterances.sample(rng, held_out=held)
    while said.sentiment > -0.4:
        said = utterances.sample(rng, held_out=held)
    customer = f"C-{rng.randint(world.FIRST_CUSTOMER, world.LAST_CUSTOMER)}"
    messages = contract.escalation_messages(
        customer, said.intent, said.product or "", said.order or "", _digits(rng, said)
    )
    return _reply(messages, note(customer, said))


def chat(rng: random.Random, *, held: bool = False) -> list[Message]:
    """Draw a message without passages and the short question or greeting it gets."""
    if rng.random() < 0.4:
        line = rng.choice(("Hello", "Hi", "Hello.", "Hi!", "Good morning", "Good morning.",
                           "Hello there", "Hey", "Good evening.", "hello", "hi"))  # fmt: skip
        return [{"role": "user", "content": line}, {"role": "assistant", "content": GREETING}]
    said = utterances.sample(rng, held_out=held)
    return [
        {"role": "user", "content": _digits(rng, said)},
        {"role": "assistant", "content": _CHAT[said.intent]},
    ]


@dataclass(frozen=True)
class Conversation:
    """Messages ending in an assistant's answer, the tools offered, and the passages' facts."""

    messages: Sequence[Mapping[str, Any]]
    tools: list[dict[str, Any]] | None = None
    facts: tuple[chat_facts.Fact, ...] = ()


def tool(name: str, description: str, field: str) -> dict[str, Any]:
    """Describe a function of one string in the OpenAI shape."""
    parameters = {
        "type": "object",
        "properties": {field: {"type": "string"}},
        "required": [field],
    }
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": function}


def _tool_names(rng: random.Random) -> tuple[str, str]:
    if rng.random() < 0.5:
        return "order_status", "search_policies"
    verb = rng.choice(("get", "find", "check", "lookup", "fetch"))
    return f"{verb}_{invented.word(rng)}", f"search_{invented.word(rng)}"


def tools(rng: random.Random, *, held: bool = False) -> Conversation:
    """Draw a question with one or two tools, and the call that answers it."""
    status_name, search_name = _tool_names(rng)
    field, query = rng.choice(("order", "order_id", "number")), rng.choice(("query", "text"))
    offered = [
        tool(status_name, rng.choice(("Find an order", "Get the status of an order")), field),
        tool(search_name, rng.choice(("Search the policies", "Search documents")), query),
    ]
    product = rng.choice(world.PRODUCTS)
    fact = chat_facts.make_order(rng, product, held)
    if rng.random() < 0.6:
        name, arguments = status_name, {field: fact.number}
        text = chat_facts.ask_order(rng, fact).text
    else:
        topic = rng.choice(chat_corpus.CORE)
        name, arguments = search_name, {query: f"{contract.NEEDS[topic.intent]} {product}"}
        text = chat_facts.make_ask(rng, topic, product, held).text
        text = text if product in text else f"{text} It is about my {product}."
    offered = offered if rng.random() < 0.6 else [t for t in offered if _name(t) == name]
    rng.shuffle(offered)
    call = {"name": name, "arguments": arguments}
    messages: list[dict[str, Any]] = [{"role": "user", "content": text}]
    if name == status_name and rng.random() < 0.4:
        return Conversation([*messages, *_after_call(call, fact)], offered)
    messages.append({"role": "assistant", "content": "", "tool_calls": [_called(call)]})
    return Conversation(messages, offered)


def _name(described: dict[str, Any]) -> str:
    return str(described["function"]["name"])


def _called(call: dict[str, Any]) -> dict[str, Any]:
    return {"id": "a00000000", "type": "function", "function": call}


def _after_call(call: dict[str, Any], fact: chat_facts.Fact) -> list[dict[str, Any]]:
    result = json.dumps({"record": fact.text}, separators=(",", ":"))
    return [
        {"role": "assistant", "content": "", "tool_calls": [_called(call)]},
        {"role": "tool", "tool_call_id": "a00000000", "content": result},
        {"role": "assistant", "content": fact.text},
    ]
