"""The exact prompts the reference chat model knows, as pure functions from values to messages.

Every prompt is one system message naming the task and one user message; the model was trained on
these texts alone, so a prompt file for it must render them character for character.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

Message = dict[str, str]

ANSWER_SYSTEM = (
    "Answer the question from the passages. Copy the fact and cite it. "
    "If it is absent, say: I do not have that information."
)
INTENT_SYSTEM = "Classify the message. Answer with JSON."
FORMAL_SYSTEM = "Write a formal reply from the draft. Keep every fact and citation."
POLISH_SYSTEM = "Polish the reply. Keep every fact and citation."
ESCALATION_SYSTEM = "Write a note for a human agent."
REFUSAL = "I do not have that information."
MAX_PASSAGES = 6

NEEDS: dict[str, str] = {
    "refund": "refund",
    "order_status": "order status",
    "device_fault": "fault repair",
    "warranty": "warranty",
    "delivery": "delivery",
    "invoice": "invoice",
    "cancellation": "cancel order",
    "complaint": "complaint",
    "other": "information",
}


def _messages(system: str, user: str) -> list[Message]:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def passage(text: str) -> str:
    """Put a chunk on one line: heading marks go, and white space becomes single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"(?m)^#+ *", "", text)).strip()


def passages_block(passages: Sequence[str]) -> str:
    """Number passages from 1, one to a line."""
    return "\n".join(f"[{index}] {passage(text)}" for index, text in enumerate(passages, 1))


def answer_messages(passages: Sequence[str], question: str) -> list[Message]:
    """Ask a question of one to six passages (documents' chunks and CRM records alike)."""
    return _messages(ANSWER_SYSTEM, f"{passages_block(passages)}\nQuestion: {question}")


def intent_messages(message: str) -> list[Message]:
    """Ask what a customer's message wants."""
    return _messages(INTENT_SYSTEM, message)


def formal_messages(message: str, draft: str) -> list[Message]:
    """Ask for a formal reply to a message, made from a cited draft."""
    return _messages(FORMAL_SYSTEM, f"Message: {message}\nDraft: {draft}")


def polish_messages(reply: str) -> list[Message]:
    """Ask for a cleaner wording of a formal reply."""
    return _messages(POLISH_SYSTEM, f"Reply: {reply}")


def escalation_messages(
    customer_id: str, intent: str, product: str, order: str, message: str
) -> list[Message]:
    """Ask for the note to a human agent; product and order may be empty."""
    lines = (
        f"Customer: {customer_id}",
        f"Intent: {intent}",
        f"Product: {product}",
        f"Order: {order}",
        f"Message: {message}",
    )
    return _messages(ESCALATION_SYSTEM, "\n".join(lines))


def cited(sentence: str, number: int) -> str:
    """Close a copied sentence with its citation, as in ``Refunds take 37 days [3].``."""
    return f"{sentence.rstrip('.')} [{number}]."


def intent_json(intent: str, product: str, order: str, sentiment: float) -> str:
    """Write an intent as the model does: compact, with this order of keys."""
    needs = f"{NEEDS[intent]} {product}".strip()
    fields = {
        "intent": intent,
        "product": product,
        "order": order,
        "sentiment": sentiment,
        "needs": needs,
    }
    return json.dumps(fields, separators=(",", ":"))
