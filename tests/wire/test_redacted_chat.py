"""Chat with a model outside about personal data: tokens leave, values come back, in every shape."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from deployments.settings import Settings
from deployments.stub.script import Row
from router.policy_file import default_text, load_policy
from tests.wire.conftest import MODELS
from tests.wire.gated_stage import GatedStage
from tests.wire.server import Server
from tests.wire.stub_server import StubServer

EMAIL = "maria.young@example.com"
IBAN = "DE89370400440532013000"
TEXT = f"Write to {EMAIL} about {IBAN}, and again to {EMAIL}."
TOKEN = re.compile(r"\[\[[A-Z-]+:[0-9a-z]{8}\]\]")
PERSONAL = default_text().replace(
    b"user:         {level: INTERNAL, integrity: USER}",
    b"user:         {level: CONFIDENTIAL, integrity: USER, categories: [pii]}",
)
APPROVED = PERSONAL.replace(
    b"declassifiers: {}",
    b"declassifiers:\n  pseudonyms: {removes: [pii], lowers: {from: CONFIDENTIAL, to: INTERNAL},"
    b" never: [secret, phi],\n    recall_required: 0.99, recall_measured: 0.99, approved: true}",
)
ECHO = Row(reply="I read: {said}")


@pytest.fixture(scope="module")
def _stub() -> Iterator[StubServer]:
    with StubServer(ECHO) as server:
        yield server


@pytest.fixture(scope="module")
def _approved(_stub: StubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = served(tmp_path_factory.mktemp("approved"), _stub, APPROVED)
    yield server
    server.stop()


@pytest.fixture
def stub(_stub: StubServer) -> StubServer:
    _stub.tell(ECHO)
    return _stub


@pytest.fixture
def approved(_approved: Server) -> Server:
    _approved.on_loop(lambda stage: stage.ledger.heal())
    return _approved


def served(folder: Path, stub: StubServer, text: bytes) -> Server:
    settings, policy = Settings(models=MODELS), load_policy(text)
    return Server(GatedStage(folder, settings, base_url=stub.url, policy=policy)).start()


@pytest.fixture
def client(approved: Server) -> Iterator[openai.OpenAI]:
    with _client(approved) as made:
        yield made


def _client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key(), max_retries=0)


def say(client: openai.OpenAI, text: str = TEXT, **fields: Any) -> Any:
    wanted = {"model": "chatgpt", "messages": [{"role": "user", "content": text}]}
    return client.chat.completions.create(**(wanted | fields))


def left(stub: StubServer) -> str:
    return json.dumps(stub.received)


def last(stub: StubServer) -> str:
    body = json.loads(stub.received[-1]["body"])
    return str(body["messages"][-1]["content"])


def records(server: Server) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = server.on_loop(
        lambda stage: [(one.kind, dict(one.fields)) for one in stage.ledger.records]
    )
    return found


def test_without_approval_personal_data_stays_inside(
    client: openai.OpenAI, stub: StubServer, tmp_path: Path
) -> None:
    say(client)
    assert len(stub.received) == 1, "the probe: with approval the same request does leave"
    server = served(tmp_path, stub, PERSONAL)
    try:
        with _client(server) as closed:
            for stream in (True, False):
                with pytest.raises(openai.PermissionDeniedError) as caught:
                    say(closed, stream=stream)
    finally:
        server.stop()
    assert caught.value.code == "policy_denied" and EMAIL not in caught.value.message
    assert len(stub.received) == 1


def test_values_leave_as_tokens_and_come_back(
    client: openai.OpenAI, stub: StubServer, approved: Server
) -> None:
    answer = say(client)
    assert answer.choices[0].message.content == f"I read: {TEXT}"
    route = answer.model_extra["route"]
    assert route["redactions"] == [{"type": "EMAIL", "count": 2}, {"type": "IBAN", "count": 1}]
    assert (route["site"], route["label"]["level"]) == ("openai", "CONFIDENTIAL")
    assert EMAIL not in left(stub) and IBAN not in left(stub)
    tokens = TOKEN.findall(last(stub))
    assert len(tokens) == 3 and tokens[0] == tokens[2] != tokens[1], "one value, one token"
    (lowered, fields), (intent, _), _ = records(approved)
    assert (lowered, intent) == ("declassification", "egress.intent")
    assert fields["counts"] == {"EMAIL": 2, "IBAN": 1}
    assert fields["decision_id"] == route["decision_id"]


def test_another_request_has_other_tokens(client: openai.OpenAI, stub: StubServer) -> None:
    say(client)
    first = set(TOKEN.findall(last(stub)))
    say(client)
    assert len(first) == 2 and first.isdisjoint(TOKEN.findall(last(stub)))


def test_streams_restore_whatever_the_pieces_are(client: openai.OpenAI, stub: StubServer) -> None:
    chunks = list(say(client, stream=True, stream_options={"include_usage": True}))
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said == f"I read: {TEXT}"
    assert EMAIL not in left(stub)
    redactions = chunks[-1].model_extra["route"]["redactions"]
    assert redactions == [{"type": "EMAIL", "count": 2}, {"type": "IBAN", "count": 1}]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "reply",
    ["see https://a.example/?to={said}", "run `mail {said}`", "```\n{said}\n```"],
    ids=["url", "code", "fence"],
)
def test_no_value_comes_back_into_urls_or_code(
    client: openai.OpenAI, stub: StubServer, reply: str, stream: bool
) -> None:
    def answered() -> str:
        if not stream:
            return str(say(client, EMAIL).choices[0].message.content)
        chunks = [chunk for chunk in say(client, EMAIL, stream=True) if chunk.choices]
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    assert EMAIL in answered()
    stub.tell(Row(reply=reply))
    kept = answered()
    assert EMAIL not in kept and TOKEN.search(kept)


@pytest.mark.parametrize("stream", [False, True])
def test_no_value_comes_back_into_a_tool_s_arguments(
    client: openai.OpenAI, stub: StubServer, stream: bool
) -> None:
    """The schema makes the stub say the token, as a model would that copies it."""
    assert EMAIL in str(say(client, EMAIL).choices[0].message.content)
    token = TOKEN.search(last(stub))
    assert token is not None
    tool = {
        "type": "function",
        "function": {
            "name": "mail",
            "parameters": {
                "type": "object",
                "properties": {"to": {"const": token[0]}},
                "required": ["to"],
            },
        },
    }
    answer = say(client, EMAIL, tools=[tool], tool_choice="required", stream=stream)
    if stream:
        calls = [
            c for chunk in answer if chunk.choices for c in chunk.choices[0].delta.tool_calls or ()
        ]
        arguments = "".join(call.function.arguments or "" for call in calls)
    else:
        arguments = answer.choices[0].message.tool_calls[0].function.arguments
    assert "[[" in arguments and EMAIL not in arguments


def test_a_value_that_can_not_be_replaced_keeps_the_request_inside(
    client: openai.OpenAI, stub: StubServer
) -> None:
    """What describes a tool is sent as it is, so nothing in there may be personal."""
    function = {"name": "mail", "description": "writes", "parameters": {"type": "object"}}
    say(client, tools=[{"type": "function", "function": function}])
    assert len(stub.received) == 1
    function["description"] = f"writes to {EMAIL}"
    with pytest.raises(openai.PermissionDeniedError):
        say(client, tools=[{"type": "function", "function": function}])
    assert len(stub.received) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [{"role": "user", "content": TEXT, "name": EMAIL}]},
        {"stop": [EMAIL]},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {
            "type": "object", "properties": {EMAIL: {"type": "string"}}}}}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {
            "type": "object", "properties": {"a": {"const": EMAIL}}}}}},
        {"tools": [{"type": "function", "function": {"name": "mail", "parameters": {
            "type": "object", "properties": {"to": {"enum": [EMAIL]}}}}}]},
        {"messages": [
            {"role": "user", "content": "Look."},
            {"role": "assistant", "tool_calls": [{"id": EMAIL, "type": "function", "function": {
                "name": "look", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": EMAIL, "content": "Found."},
        ]},
        {"messages": [
            {"role": "user", "content": "Look."},
            {"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function": {
                "name": EMAIL, "arguments": json.dumps({"to": EMAIL})}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "Found."},
        ]},
        {"metadata": {"who": EMAIL}, "user": EMAIL, "safety_identifier": EMAIL,
         "prompt_cache_key": EMAIL},
    ],
    ids=["name", "stop", "property", "const", "enum", "call-id", "call-name", "for-us"],
)  # fmt: skip
def test_no_field_takes_a_value_out(
    client: openai.OpenAI, stub: StubServer, fields: dict[str, Any]
) -> None:
    """Each is either replaced or keeps the request inside; none of them leaves as it is."""
    say(client)
    assert len(stub.received) == 1
    try:
        say(client, **fields)
    except openai.PermissionDeniedError as error:
        assert EMAIL not in error.message
    assert EMAIL not in left(stub)


def test_what_is_no_personal_data_is_not_lowered(client: openai.OpenAI, stub: StubServer) -> None:
    say(client)
    with pytest.raises(openai.PermissionDeniedError):
        say(client, extra_body={"route": {"data_class": "RESTRICTED"}})
    assert len(stub.received) == 1


def test_a_ledger_that_can_not_be_written_keeps_all_inside(
    client: openai.OpenAI, stub: StubServer, approved: Server
) -> None:
    say(client)
    approved.on_loop(lambda stage: stage.ledger.fail())
    with pytest.raises(openai.InternalServerError) as caught:
        say(client)
    assert caught.value.status_code == 503
    assert len(stub.received) == 1


def test_a_prompt_for_a_picture_gets_no_pseudonyms(client: openai.OpenAI, stub: StubServer) -> None:
    say(client)
    assert TOKEN.search(last(stub)), "in a chat the same address leaves as a token"
    stub.tell(ECHO)
    with pytest.raises(openai.PermissionDeniedError, match="can't be turned back") as caught:
        client.images.generate(model="openai-images", prompt=f"a card for {EMAIL}")
    assert (caught.value.code, caught.value.param) == ("policy_denied", "prompt")
    assert EMAIL not in caught.value.message
    assert stub.received == []
