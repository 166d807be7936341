"""What the models of pipeline/support say when they speak the reference contract."""

from __future__ import annotations

from collections.abc import Callable

from models.messages import ChatRequest
from models.reference import contract

MESSAGE = "When do I get my refund? My order number is four two one seven."
WRITTEN = "When do I get my refund? My order number is 4217."
RECORD = "Customer C-1042 Tina Olsen. Order 4217 for a headset was returned on 3 May."
REFUND = "Refunds for headsets are paid within 37 days."
FACT = "Refunds for headsets are paid within 37 days [2]."
FIRST_FACT = "Refunds for headsets are paid within 37 days [1]."
CRM = {"C-1042": ({"customer_id": "C-1042", "record": RECORD},)}
TASKS = {
    contract.INTENT_SYSTEM: "intent",
    contract.ANSWER_SYSTEM: "draft",
    contract.FORMAL_SYSTEM: "formal",
    contract.POLISH_SYSTEM: "polish",
    contract.ESCALATION_SYSTEM: "escalation",
}
Says = Callable[[str, ChatRequest], str | None]


def task_of(request: ChatRequest) -> str:
    """Which of the pipeline's tasks a request is about."""
    return TASKS[request.messages[0].content]


def usual(task: str, request: ChatRequest) -> str | None:
    """Nothing out of the ordinary."""
    return None


def answers(
    sentiment: float = 0.0, fact: str = FACT, says: Says = usual
) -> Callable[[ChatRequest], str]:
    """A script of all tasks; what `says` gives for a task takes precedence."""
    ordinary = {
        "intent": contract.intent_json("refund", "headset", "4217", sentiment),
        "draft": fact,
        "formal": f"Dear customer, thank you. {fact} Kind regards.",
        "polish": f"Hello, thank you. {fact} Your Lindwell team.",
        "escalation": "Customer C-1042 is unhappy. Please call the customer today.",
    }
    return lambda request: says(task_of(request), request) or ordinary[task_of(request)]
