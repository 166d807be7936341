"""Anthropic's dialect about personal data: tokens leave, values come back, in the official SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from deployments.stub.script import Row
from tests.wire.server import Server
from tests.wire.stub_server import StubServer
from tests.wire.test_redacted_chat import (
    APPROVED,
    ECHO,
    EMAIL,
    IBAN,
    PERSONAL,
    TEXT,
    TOKEN,
    left,
    served,
)

REDACTIONS = [{"type": "EMAIL", "count": 2}, {"type": "IBAN", "count": 1}]
MODELS = ("claude", "chatgpt", "gemini")


@pytest.fixture(scope="module")
def _stub() -> Iterator[StubServer]:
    with StubServer(ECHO) as server:
        yield server


@pytest.fixture(scope="module")
def approved(_stub: StubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = served(tmp_path_factory.mktemp("approved"), _stub, APPROVED)
    yield server
    server.stop()


@pytest.fixture
def stub(_stub: StubServer) -> StubServer:
    _stub.tell(ECHO)
    return _stub


@pytest.fixture
def claude(approved: Server) -> Iterator[anthropic.Anthropic]:
    with client_of(approved) as made:
        yield made


def client_of(server: Server) -> anthropic.Anthropic:
    return anthropic.Anthropic(
        base_url=server.url, api_key=server.key(), auth_token=None, max_retries=0
    )


def say(
    claude: anthropic.Anthropic, model: str = "claude", *, stream: bool, **fields: Any
) -> dict[str, Any]:
    """The final message, whole or put together by the SDK from its stream."""
    wanted: dict[str, Any] = {
        "model": model, "max_tokens": 64, "messages": [{"role": "user", "content": TEXT}],
    } | fields  # fmt: skip
    if not stream:
        return claude.messages.create(**wanted).to_dict()
    with claude.messages.stream(**wanted) as events:
        pieces = [event.text for event in events if event.type == "text"]
        message = events.get_final_message().to_dict()
    texts: Any = message["content"]
    assert "".join(pieces) == "".join(one["text"] for one in texts if one["type"] == "text")
    return message


def text_of(message: dict[str, Any]) -> str:
    return "".join(one["text"] for one in message["content"] if one["type"] == "text")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", MODELS)
def test_values_leave_as_tokens_and_come_back(
    claude: anthropic.Anthropic, stub: StubServer, model: str, stream: bool
) -> None:
    message = say(claude, model, stream=stream)
    assert text_of(message) == f"I read: {TEXT}"
    assert EMAIL not in left(stub) and IBAN not in left(stub)
    assert len(set(TOKEN.findall(left(stub)))) == 2
    if not stream:
        assert message["route"]["redactions"] == REDACTIONS
        assert message["route"]["label"]["level"] == "CONFIDENTIAL"


@pytest.mark.parametrize("stream", [False, True])
def test_every_place_of_a_conversation_is_read(
    claude: anthropic.Anthropic, stub: StubServer, stream: bool
) -> None:
    """System prompt, earlier answers, a tool's arguments and its result; `metadata` stays here."""
    tool = {"name": "look_up", "input_schema": {"type": "object", "properties": {}}}
    call = {"type": "tool_use", "id": "call_1", "name": "look_up", "input": {"who": EMAIL}}
    found = {"type": "tool_result", "tool_use_id": "call_1", "content": f"It is {EMAIL}."}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": f"Who is {EMAIL}?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": f"I ask for {EMAIL}."}, call]},
        {"role": "user", "content": [found, {"type": "text", "text": TEXT}]},
    ]
    message = say(
        claude, stream=stream, messages=messages, tools=[tool], system=f"You serve {EMAIL}.",
        metadata={"user_id": f"of {EMAIL}"},
    )  # fmt: skip
    assert EMAIL in text_of(message)
    assert EMAIL not in left(stub) and "user_id" not in left(stub)
    tokens = [one for one in TOKEN.findall(left(stub)) if "EMAIL" in one]
    assert len(tokens) == 7 and len(set(tokens)) == 1, "one value, one token, everywhere"


@pytest.mark.parametrize("stream", [False, True])
def test_no_value_comes_back_into_a_tools_input(
    claude: anthropic.Anthropic, stub: StubServer, stream: bool
) -> None:
    assert EMAIL in text_of(say(claude, stream=stream))
    token = next(one for one in TOKEN.findall(left(stub)) if "EMAIL" in one)
    schema = {"type": "object", "properties": {"to": {"const": token}}, "required": ["to"]}
    message = say(
        claude, stream=stream, tools=[{"name": "mail", "input_schema": schema}],
        tool_choice={"type": "any"},
    )  # fmt: skip
    [called] = [one for one in message["content"] if one["type"] == "tool_use"]
    assert "[[" in json.dumps(called["input"]) and EMAIL not in json.dumps(called["input"])


@pytest.mark.parametrize("stream", [False, True])
def test_without_approval_nothing_leaves(
    claude: anthropic.Anthropic, stub: StubServer, tmp_path: Any, stream: bool
) -> None:
    say(claude, stream=stream)
    assert len(stub.received) == 1, "the probe: with approval the same request does leave"
    server = served(tmp_path, stub, PERSONAL)
    try:
        with client_of(server) as closed, pytest.raises(anthropic.PermissionDeniedError) as caught:
            say(closed, stream=stream)
    finally:
        server.stop()
    assert EMAIL not in str(caught.value) and len(stub.received) == 1


def test_reasoning_is_restored_or_kept_as_the_text_is(
    claude: anthropic.Anthropic, stub: StubServer
) -> None:
    stub.tell(Row(reply="I read: {said}", reasoning="Somebody asks about a person."))
    message = say(claude, stream=False)
    assert text_of(message) == f"I read: {TEXT}" and EMAIL not in left(stub)
