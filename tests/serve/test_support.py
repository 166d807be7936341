"""pipeline/support over real engines: what a document says is found, cited, and gone again."""

from __future__ import annotations

import random

import httpx2
import openai

DOCUMENT = "drawn.md"


def test_a_number_drawn_now_is_found_and_cited_and_forgotten(
    client: openai.OpenAI, http: httpx2.Client
) -> None:
    days = random.SystemRandom().randint(38, 98)
    path = f"/v1/collections/kb/documents/{DOCUMENT}"
    put = http.put(path, content=f"Refunds for headsets are paid within {days} days.".encode())
    assert put.status_code == 200, put.text
    answer = _ask(client, "When do I get my refund for the headset?")
    assert str(days) in answer.choices[0].message.content
    assert DOCUMENT in {s["id"] for s in answer.model_extra["route"]["sources"]}
    assert http.delete(path).status_code == 200
    after = _ask(client, "When do I get my refund for the headset?")
    assert str(days) not in after.choices[0].message.content
    assert "do not have that information" in after.choices[0].message.content
    assert after.model_extra["route"]["sources"] == []


def _ask(client: openai.OpenAI, text: str) -> openai.types.chat.ChatCompletion:
    return client.chat.completions.create(
        model="pipeline/support", messages=[{"role": "user", "content": text}]
    )
