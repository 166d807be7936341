"""Pictures at the gate: they need the policy's leave, and only a real one passes unsearched."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from deployments.stub.pictures import picture
from models.catalog import ModelCard
from models.errors import PolicyDenied
from models.messages import ChatRequest, Message, Picture
from models.remote.registry import wire_body, wire_fields
from router.gate.opaque import holds_picture
from router.gate.payload import texts
from router.policy_file import default_text, load_policy
from tests.remote_cards import claude_card, gemini_card, remote_card
from tests.unit.router.gate.gate_world import passed, sealed

NAMED = load_policy(
    default_text().decode().replace("\nsources:\n", "\nsources:\n  picture: {level: INTERNAL}\n", 1)
)
CARDS = (remote_card(), claude_card(), gemini_card())
SECRET = "the-text-behind-it"


def sent(card: ModelCard, data: str) -> bytes:
    seen = Message("user", "Look", pictures=(Picture("image/png", data),))
    return wire_body(card, ChatRequest(card.id, (seen,)))


def words(body: bytes) -> str:
    return "\n".join(texts(json.loads(body)))


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.dialect)
def test_a_picture_needs_a_line_in_the_policy(card: ModelCard) -> None:
    body = sent(card, picture("a"))
    asked: dict[str, Any] = {"card": card, "fields": wire_fields(card)}
    token = sealed(body, card.id, policy_digest=NAMED.digest)
    assert passed(token, body, policy=NAMED, **asked).payload == body
    with pytest.raises(PolicyDenied):
        passed(sealed(body, card.id), body, **asked)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.dialect)
def test_only_a_real_picture_goes_unsearched(card: ModelCard) -> None:
    real = sent(card, picture("a"))
    assert holds_picture(json.loads(real)) and picture("a") not in words(real)
    assert "Look" in words(real)
    text = base64.b64encode(SECRET.encode()).decode()
    posing = sent(card, text)
    assert not holds_picture(json.loads(posing)) and text in words(posing)


def test_the_name_of_a_field_is_searched() -> None:
    assert SECRET in "\n".join(texts({SECRET: 1, "data": picture("a"), "mimeType": "image/png"}))


@pytest.mark.parametrize(
    "row",
    [
        {"data": picture("a"), "mimeType": "text/plain"},
        {"data": picture("a"), "mimeType": "image/jpeg"},
        {"data": picture("a")},
        {"text": f"data:image/png;base64,{picture('a')}"},
        {"url": f"https://x/?data:image/png;base64,{picture('a')}"},
    ],
    ids=range(5),
)
def test_what_is_not_marked_as_a_picture_is_text(row: dict[str, str]) -> None:
    assert not holds_picture({"contents": [row]})
    assert any(picture("a") in text for text in texts({"contents": [row]}))


def test_a_dialect_without_a_model_in_its_body_passes_and_the_other_does_not() -> None:
    card = gemini_card()
    body = wire_body(card, ChatRequest(card.id, (Message("user", "Hello"),)))
    asked: dict[str, Any] = {"card": card, "fields": wire_fields(card)}
    assert passed(sealed(body, card.id), body, **asked).body["contents"]
