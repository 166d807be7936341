"""What documents of the invented company state, and how customers ask for it, topic by topic."""

from __future__ import annotations

from dataclasses import dataclass

from models.reference import phrases


@dataclass(frozen=True)
class Topic:
    """One kind of fact: how documents state it, how customers ask, and the range of its numbers."""

    name: str
    intent: str
    facts: tuple[str, ...]
    asks: tuple[str, ...]
    low: int = 2
    high: int = 120


def _without(entry: str, *words: str) -> tuple[str, ...]:
    lines = phrases.callers(entry)
    return tuple(line for line in lines if not any(word in line for word in words))


def _topic(
    name: str, intent: str, heard: tuple[str, ...] = (), low: int = 2, high: int = 120
) -> Topic:
    """Make a topic; ``heard`` are callers' lines that ask for it beside the topic's own asks."""
    asks = heard + phrases.documents(f"{name}_asks")
    return Topic(name, intent, phrases.documents(f"{name}_facts"), asks, low, high)


REFUND = _topic(
    "refund",
    "refund",
    _without("refund", "do I have to return", "Can I (return", "want to (return"),
)
WARRANTY = _topic("warranty", "warranty", phrases.callers("warranty"))
DELIVERY_TIME = _topic("delivery_time", "delivery")
DELIVERY_COST = _topic("delivery_cost", "delivery")
INVOICE = _topic("invoice", "invoice")
CANCELLATION = _topic("cancellation", "cancellation", phrases.callers("cancel"))
FAULT = _topic("fault", "device_fault", _without("fault", "repair"))

TOPICS: tuple[Topic, ...] = (
    REFUND,
    _topic("return", "refund"),
    WARRANTY,
    DELIVERY_TIME,
    DELIVERY_COST,
    INVOICE,
    _topic("payment", "invoice"),
    CANCELLATION,
    FAULT,
    _topic("repair_time", "device_fault"),
    _topic("repair_cost", "device_fault"),
    _topic("price", "other", low=5, high=999),
    _topic("complaint", "complaint", phrases.callers("unhappy") + phrases.callers("angry")),
    _topic("hours", "other", low=6, high=23),
    _topic("contact", "other"),
    _topic("phone_line", "other"),
    _topic("weight", "other", high=999),
    _topic("battery", "other"),
    _topic("stock", "other"),
    _topic("discount", "other"),
)
ORDER_FACTS = phrases.documents("order_facts")
NOISE = phrases.documents("noise")
PARTS = phrases.parts("document_parts")
