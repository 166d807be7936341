"""pipeline/support over real engines: what a document says is found, cited, and gone again.

The reference chat model is right most of the time, not always (its card says how often), so what
it finds is counted over several draws; what must never happen is asserted for each.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import httpx2
import openai
import pytest

REFUSAL = "I do not have that information."
DRAWS = (
    ("Refunds for headsets are paid within {n} days.", "When do I get my refund for the headset?"),
    ("The warranty of a printer is {n} months.", "How long is the warranty of my printer?"),
    ("Delivery of monitors costs {n} euros.", "How much does delivery of a monitor cost?"),
    ("A repair of a laptop takes {n} days.", "How long does the repair of my laptop take?"),
    ("Orders for webcams can be cancelled within {n} hours.", "Can I still cancel my webcam?"),
    ("Refunds for tablets are paid within {n} days.", "When is the refund for my tablet paid?"),
)
FOUND = 4


@pytest.fixture
def drawn(http: httpx2.Client) -> Iterator[list[tuple[str, int, str]]]:
    """Documents of one fact each, with a number drawn now: id, number and question."""
    numbers = random.SystemRandom().sample(range(38, 99), len(DRAWS))
    made = []
    for index, ((fact, question), number) in enumerate(zip(DRAWS, numbers, strict=True)):
        document = f"drawn-{index}.md"
        answer = http.put(_path(document), content=fact.format(n=number).encode())
        assert answer.status_code == 200, answer.text
        made.append((document, number, question))
    yield made
    for document, _, _ in made:
        http.delete(_path(document))


def test_drawn_numbers_are_found_and_cited_and_forgotten(
    client: openai.OpenAI, http: httpx2.Client, drawn: list[tuple[str, int, str]]
) -> None:
    found = [_finds(client, document, number, question) for document, number, question in drawn]
    assert sum(found) >= FOUND, found
    for document, number, question in drawn:
        assert http.delete(_path(document)).status_code == 200
        after = _ask(client, question)
        assert str(number) not in (after.choices[0].message.content or "")
        assert document not in _sources(after)


def test_nothing_to_answer_from_is_a_refusal(client: openai.OpenAI) -> None:
    answer = _ask(client, "What does the insurance of a scooter cost?")
    assert REFUSAL in (answer.choices[0].message.content or "")
    assert _sources(answer) == []


def _finds(client: openai.OpenAI, document: str, number: int, question: str) -> bool:
    answer = _ask(client, question)
    text = answer.choices[0].message.content or ""
    if str(number) not in text:
        return False
    assert document in _sources(answer), "a number that is said stands in a source that is named"
    return True


def _sources(answer: openai.types.chat.ChatCompletion) -> list[str]:
    assert answer.model_extra is not None
    return [source["id"] for source in answer.model_extra["route"]["sources"]]


def _ask(client: openai.OpenAI, text: str) -> openai.types.chat.ChatCompletion:
    return client.chat.completions.create(
        model="pipeline/support", messages=[{"role": "user", "content": text}]
    )


def _path(document: str) -> str:
    return f"/v1/collections/kb/documents/{document}"
