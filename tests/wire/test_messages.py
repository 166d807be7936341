"""Messages through Anthropic's official SDK, unchanged, against models, pipelines and the gate."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic.types import Message

from models.messages import ChatDelta, ToolCallDelta
from models.testing.scripted import Say
from tests.support_contract import MESSAGE
from tests.wire.server import Server

HELLO: Any = [{"role": "user", "content": "Hello there"}]
ASK: dict[str, Any] = {"model": "mistral", "max_tokens": 64, "messages": HELLO}
WEATHER: Any = {
    "name": "weather",
    "description": "The weather of a place.",
    "input_schema": {"type": "object", "properties": {"place": {"type": "string"}}},
}
CALLS = Say((
    ChatDelta(text="Let me see."),
    ChatDelta(tool_calls=(ToolCallDelta(0, "call_a", "weather", '{"place":'),)),
    ChatDelta(tool_calls=(ToolCallDelta(0, arguments=' "Oslo"}'),)),
    ChatDelta(tool_calls=(ToolCallDelta(1, "call_b", "weather", '{"place": "Rome"}'),)),
    ChatDelta(finish_reason="tool_calls"),
))  # fmt: skip


def asked(server: Server) -> Any:
    """What reached the model last."""
    return server.on_loop(lambda stage: stage.chat.calls[-1])


def test_text(claude: anthropic.Anthropic, server: Server) -> None:
    raw = claude.messages.with_raw_response.create(**ASK)
    message = raw.parse()
    assert (message.role, message.model) == ("assistant", "mistral")
    assert message.stop_reason == "end_turn"
    assert [(block.type, block.text) for block in message.content] == [("text", "Fine, thank you.")]
    assert (message.usage.input_tokens, message.usage.output_tokens) == (2, 3)
    assert message.usage.cache_read_input_tokens == 0
    assert message.to_dict()["route"]["model"] == "mistral"  # type: ignore[index]
    assert raw.headers["x-route-model"] == "mistral"
    assert raw.headers["request-id"] == raw.headers["x-request-id"] == message._request_id
    Message.model_validate(message.to_dict(), strict=True)
    request = asked(server)
    assert request.cache_salt and request.sampling.max_tokens == 64
    assert request.sampling.shortens


def test_every_field_reaches_the_model(claude: anthropic.Anthropic, server: Server) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    claude.messages.create(
        **ASK | {"messages": [*HELLO, {"role": "assistant", "content": "Hi"}, *HELLO]},
        system=[{"type": "text", "text": "Be"}, {"type": "text", "text": "brief."}],
        stop_sequences=["END"], tools=[WEATHER],
        extra_body={"temperature": 0.5, "top_p": 0.9, "top_k": 7},
        tool_choice={"type": "tool", "name": "weather", "disable_parallel_tool_use": True},
        output_config={"format": {"type": "json_schema", "schema": schema}},
        metadata={"user_id": "u"}, service_tier="auto", thinking={"type": "disabled"},
    )  # fmt: skip
    request = asked(server)
    assert [(m.role, m.content) for m in request.messages] == [
        ("system", "Be\n\nbrief."), ("user", "Hello there"), ("assistant", "Hi"),
        ("user", "Hello there"),
    ]  # fmt: skip
    sampling = request.sampling
    assert (sampling.stop, sampling.temperature, sampling.top_p, sampling.top_k) == (
        ("END",), 0.5, 0.9, 7
    )  # fmt: skip
    (tool,) = request.tools
    assert (tool.name, tool.description, tool.parameters) == tuple(WEATHER.values())
    assert (request.tool_choice, request.parallel_tool_calls) == ("weather", False)
    assert request.json_schema == schema


def test_the_events_of_a_stream_are_in_order(http: httpx2.Client) -> None:
    answer = http.post("/v1/messages", json=ASK | {"stream": True})
    events = [event.split("\n") for event in answer.text.split("\n\n")[:-1]]
    names = [name.removeprefix("event: ") for name, _ in events]
    deltas = ["content_block_delta"] * 3
    assert names == [
        "message_start", "content_block_start", *deltas, "content_block_stop", "message_delta",
        "message_stop",
    ]  # fmt: skip
    data = [json.loads(line.removeprefix("data: ")) for _, line in events]
    assert [one["type"] for one in data] == names
    assert data[0]["message"]["content"] == [] and data[0]["message"]["stop_reason"] is None
    assert data[-2]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert data[-2]["usage"]["output_tokens"] == 3
    assert data[-2]["route"]["model"] == "mistral"


def test_the_stream_helper(claude: anthropic.Anthropic) -> None:
    with claude.messages.stream(**ASK) as stream:
        said = list(stream.text_stream)
        final = stream.get_final_message()
    assert said == ["Fine,", " thank", " you."]
    assert final.content[0].text == "Fine, thank you."  # type: ignore[union-attr]
    assert (final.usage.input_tokens, final.usage.output_tokens) == (2, 3)


def test_tools_there_and_back(claude: anthropic.Anthropic, server: Server) -> None:
    server.on_loop(lambda stage: stage.reset(CALLS))
    tools: Any = {"tools": [WEATHER], "tool_choice": {"type": "any"}}
    whole = claude.messages.create(**ASK, **tools)
    assert asked(server).tool_choice == "required"
    with claude.messages.stream(**ASK, **tools) as stream:
        streamed = stream.get_final_message()
    for message in (whole, streamed):
        text, first, second = message.content
        assert (text.type, first.type, second.type) == ("text", "tool_use", "tool_use")
        assert (first.id, first.name, first.input) == ("call_a", "weather", {"place": "Oslo"})  # type: ignore[union-attr]
        assert second.input == {"place": "Rome"}  # type: ignore[union-attr]
        assert message.stop_reason == "tool_use"
    results: Any = [
        {"type": "tool_result", "tool_use_id": "call_a", "content": "Rain"},
        {"type": "tool_result", "tool_use_id": "call_b",
         "content": [{"type": "text", "text": "Sun"}]},
        {"type": "text", "text": "And now?"},
    ]  # fmt: skip
    turns = [*HELLO, {"role": "assistant", "content": whole.content},
             {"role": "user", "content": results}]  # fmt: skip
    claude.messages.create(**ASK | {"messages": turns}, tools=[WEATHER])
    _, called, rain, sun, now = asked(server).messages
    assert [(c.id, json.loads(c.arguments)) for c in called.tool_calls] == [
        ("call_a", {"place": "Oslo"}), ("call_b", {"place": "Rome"})
    ]  # fmt: skip
    assert called.content == "Let me see."
    assert (rain.role, rain.tool_call_id, rain.content) == ("tool", "call_a", "Rain")
    assert (sun.tool_call_id, sun.content) == ("call_b", "Sun")
    assert (now.role, now.content) == ("user", "And now?")


@pytest.mark.parametrize(
    ("end", "reason", "sequence"),
    [(ChatDelta(finish_reason="length"), "max_tokens", None),
     (ChatDelta(finish_reason="stop", stop_sequence="END"), "stop_sequence", "END"),
     (ChatDelta(finish_reason="content_filter"), "refusal", None)],
)  # fmt: skip
def test_how_it_ended(
    claude: anthropic.Anthropic, server: Server, end: ChatDelta, reason: str, sequence: str | None
) -> None:
    server.on_loop(lambda stage: stage.reset(Say(("Once", end))))
    whole = claude.messages.create(**ASK)
    with claude.messages.stream(**ASK) as stream:
        streamed = stream.get_final_message()
    for message in (whole, streamed):
        assert (message.stop_reason, message.stop_sequence) == (reason, sequence)


def test_a_call_cut_off_is_what_it_had_said(claude: anthropic.Anthropic, server: Server) -> None:
    cut = ChatDelta(tool_calls=(ToolCallDelta(0, "a", "weather", '{"place": "Os'),))
    end = ChatDelta(finish_reason="length")
    server.on_loop(lambda stage: stage.reset(Say((cut, end))))
    (call,) = claude.messages.create(**ASK, tools=[WEATHER]).content
    assert call.type == "tool_use" and call.input in ({}, {"place": "Os"})


def test_reasoning_is_a_block_of_its_own(claude: anthropic.Anthropic, server: Server) -> None:
    said = Say((ChatDelta(reasoning="Hm"), ChatDelta(reasoning="m."), ChatDelta(text="Yes")))
    server.on_loop(lambda stage: stage.reset(said))
    whole = claude.messages.create(**ASK)
    with claude.messages.stream(**ASK) as stream:
        streamed = stream.get_final_message()
    for message in (whole, streamed):
        thought, text = message.content
        assert (thought.type, text.type) == ("thinking", "text")
        assert thought.thinking == "Hmm."  # type: ignore[union-attr]
    turns = [*HELLO, {"role": "assistant", "content": whole.content}, *HELLO]
    claude.messages.create(**ASK | {"messages": turns})
    assert asked(server).messages[1].content == "Yes"


def test_structured_output_by_the_sdk(claude: anthropic.Anthropic, server: Server) -> None:
    from pydantic import BaseModel

    class Place(BaseModel):
        name: str

    server.on_loop(lambda stage: stage.reset('{"name":"Oslo"}'))
    parsed = claude.messages.parse(**ASK, output_format=Place)
    assert parsed.parsed_output == Place(name="Oslo")
    assert asked(server).json_schema["properties"]["name"]["type"] == "string"


def test_counting_is_the_models_own(claude: anthropic.Anthropic, server: Server) -> None:
    counted = claude.messages.count_tokens(
        model="mistral", messages=HELLO, system="Be brief.", tools=[WEATHER]
    )
    assert counted.input_tokens == 5
    calls = server.on_loop(lambda stage: stage.remotes["mistral"].calls)
    assert [name for name in calls if name != "stats"] == ["count"]
    assert server.on_loop(lambda stage: stage.chat.calls) == []


def test_a_pipeline_has_no_count_of_its_own(claude: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="pipeline"):
        claude.messages.count_tokens(model="pipeline/support", messages=HELLO)


@pytest.mark.usefixtures("documents")
def test_a_pipeline_answers(claude: anthropic.Anthropic) -> None:
    ask: Any = ASK | {"model": "pipeline/support",
                      "messages": [{"role": "user", "content": MESSAGE}]}  # fmt: skip
    whole = claude.messages.create(**ask)
    assert "37 days" in whole.content[0].text  # type: ignore[union-attr]
    assert [one["id"] for one in whole.to_dict()["route"]["sources"]] == ["refunds.md"]  # type: ignore[index]
    with claude.messages.stream(**ask) as stream:
        events = list(stream)
        final = stream.get_final_message()
    assert "37 days" in final.content[0].text  # type: ignore[union-attr]
    (ended,) = [event for event in events if event.type == "message_delta"]
    assert ended.to_dict()["route"]["pipeline"] == "support"  # type: ignore[index]
