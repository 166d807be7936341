"""Chat completions through the official SDK, unchanged."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import openai
import pytest
from pydantic import BaseModel

from models.messages import ChatDelta, TokenLogprob, ToolCallDelta
from models.testing.scripted import Say
from tests.support_contract import MESSAGE
from tests.wire.server import Server

ASK: Any = [{"role": "user", "content": "How are you?"}]
CALL = (
    ChatDelta(tool_calls=(ToolCallDelta(0, "call_1", "weather", '{"city": '),)),
    ChatDelta(tool_calls=(ToolCallDelta(0, arguments='"Bern"}'),)),
    ChatDelta(finish_reason="tool_calls"),
)
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def script(server: Server, said: Any) -> None:
    server.on_loop(lambda stage: stage.reset(said))


def test_a_completion(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="mistral", messages=ASK)
    assert answer.choices[0].message.content == "Fine, thank you."
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "mistral"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (3, 3)
    route = answer.to_dict()["route"]
    assert route["model"] == "mistral" and route["site"] == "local"  # type: ignore[index]


async def test_the_asynchronous_client(server: Server) -> None:
    url = f"{server.url}/v1"
    async with openai.AsyncOpenAI(base_url=url, api_key=server.key(), max_retries=0) as client:
        answer = await client.chat.completions.create(model="mistral", messages=ASK)
        stream = await client.chat.completions.create(model="mistral", messages=ASK, stream=True)
        said = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert answer.choices[0].message.content == "".join(said) == "Fine, thank you."


def test_a_stream_as_every_example_reads_it(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(model="mistral", messages=ASK, stream=True)
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Fine, thank you."
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant", None, None, None]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, None, "stop"]
    assert all(chunk.usage is None for chunk in chunks)
    assert ["route" in chunk.to_dict() for chunk in chunks] == [False, False, False, True]


def test_usage_comes_last_when_asked_for(client: openai.OpenAI) -> None:
    options: Any = {"include_usage": True}
    stream = client.chat.completions.create(
        model="mistral", messages=ASK, stream=True, stream_options=options
    )
    *said, last = list(stream)
    assert last.choices == [] and last.usage is not None
    assert last.usage.total_tokens == 6
    assert "route" in last.to_dict()
    assert said[-1].choices[0].finish_reason == "stop"
    assert not any("route" in chunk.to_dict() for chunk in said)


def test_the_stream_helper_puts_it_together(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="mistral", messages=ASK) as stream:
        events = [event.type for event in stream]
        final = stream.get_final_completion()
    assert events[0] == "chunk" and "content.delta" in events and events[-1] == "content.done"
    assert final.choices[0].message.content == "Fine, thank you."


@pytest.mark.parametrize(
    "choice",
    ["auto", "required", {"type": "function", "function": {"name": "weather"}}],
    ids=["auto", "required", "named"],
)
def test_tools(client: openai.OpenAI, server: Server, choice: Any) -> None:
    script(server, Say(CALL))
    answer = client.chat.completions.create(
        model="mistral", messages=ASK, tools=[WEATHER], tool_choice=choice
    )
    (call,) = answer.choices[0].message.tool_calls or []
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.choices[0].message.content is None
    assert (call.id, call.type) == ("call_1", "function")
    assert call.to_dict()["function"] == {"name": "weather", "arguments": '{"city": "Bern"}'}
    asked = server.on_loop(lambda stage: stage.chat.calls[-1])
    assert asked.tool_choice == (choice if isinstance(choice, str) else "weather")
    assert asked.tools[0].name == "weather"


def test_tools_in_a_stream(client: openai.OpenAI, server: Server) -> None:
    script(server, Say(CALL))
    with client.chat.completions.stream(model="mistral", messages=ASK, tools=[WEATHER]) as stream:
        final = stream.get_final_completion()
    (call,) = final.choices[0].message.tool_calls or []
    assert (call.id, call.function.name) == ("call_1", "weather")
    assert json.loads(call.function.arguments) == {"city": "Bern"}
    assert final.choices[0].finish_reason == "tool_calls"


def test_an_answered_tool_call_goes_back_to_the_model(
    client: openai.OpenAI, server: Server
) -> None:
    script(server, Say(CALL))
    first = client.chat.completions.create(model="mistral", messages=ASK, tools=[WEATHER])
    again: Any = [*ASK, first.choices[0].message, {"role": "tool", "tool_call_id": "call_1",
                                                   "content": "Sunny."}]  # fmt: skip
    client.chat.completions.create(model="mistral", messages=again, tools=[WEATHER])
    asked = server.on_loop(lambda stage: stage.chat.calls[-1].messages)
    assert asked[1].tool_calls[0].arguments == '{"city": "Bern"}'
    assert (asked[2].role, asked[2].tool_call_id, asked[2].content) == ("tool", "call_1", "Sunny.")


class Mood(BaseModel):
    """What the answer must look like."""

    mood: str
    degree: int


def test_a_json_schema_is_parsed(client: openai.OpenAI, server: Server) -> None:
    script(server, '{"mood": "fine", "degree": 7}')
    answer = client.chat.completions.parse(model="mistral", messages=ASK, response_format=Mood)
    assert answer.choices[0].message.parsed == Mood(mood="fine", degree=7)
    asked = server.on_loop(lambda stage: stage.chat.calls[-1].json_schema)
    assert asked["properties"]["degree"]["type"] == "integer"


def test_any_json_object(client: openai.OpenAI, server: Server) -> None:
    script(server, '{"a": 1}')
    answer = client.chat.completions.create(
        model="mistral", messages=ASK, response_format={"type": "json_object"}
    )
    assert json.loads(answer.choices[0].message.content or "") == {"a": 1}
    assert server.on_loop(lambda stage: stage.chat.calls[-1].json_schema) == {}


def test_logprobs(client: openai.OpenAI, server: Server) -> None:
    other = TokenLogprob(" ok", -2.0)
    token = TokenLogprob("Finé", -0.5, (TokenLogprob("Finé", -0.5), other))
    script(server, Say((ChatDelta(text="Finé", logprobs=(token,)),)))
    ask: Any = {"model": "mistral", "messages": ASK, "logprobs": True, "top_logprobs": 2}
    whole = client.chat.completions.create(**ask).choices[0].logprobs
    streamed = next(iter(client.chat.completions.create(**ask, stream=True))).choices[0].logprobs
    for found in (whole, streamed):
        assert found is not None and found.content is not None
        assert (found.content[0].token, found.content[0].logprob) == ("Finé", -0.5)
        assert found.content[0].bytes == list("Finé".encode())
        assert [top.token for top in found.content[0].top_logprobs] == ["Finé", " ok"]
    sampling = server.on_loop(lambda stage: stage.chat.calls[-1].sampling)
    assert sampling.logprobs and sampling.top_logprobs == 2


def test_several_choices(client: openai.OpenAI, server: Server) -> None:
    pieces = (
        ChatDelta(0, "A"),
        ChatDelta(1, "B"),
        ChatDelta(0, "a", finish_reason="stop"),
        ChatDelta(1, "b", finish_reason="length"),
    )
    script(server, Say(pieces))
    answer = client.chat.completions.create(model="mistral", messages=ASK, n=2)
    found = [(one.index, one.message.content, one.finish_reason) for one in answer.choices]
    assert found == [(0, "Aa", "stop"), (1, "Bb", "length")]
    chunks = list(client.chat.completions.create(model="mistral", messages=ASK, n=2, stream=True))
    told = [(one.choices[0].index, one.choices[0].delta.role) for one in chunks]
    assert told == [(0, "assistant"), (1, "assistant"), (0, None), (1, None)]
    assert [one.choices[0].finish_reason for one in chunks] == [None, None, "stop", "length"]
    assert "route" in chunks[-1].to_dict()


def test_sampling_reaches_the_model(client: openai.OpenAI, server: Server) -> None:
    client.chat.completions.create(
        model="mistral", messages=ASK, stop=["\n", "END"], max_tokens=9, temperature=0.5, seed=3,
        top_p=0.9, presence_penalty=0.1, frequency_penalty=0.2, logit_bias={"5": -1},
        extra_body={"top_k": 4, "min_p": 0.1},
    )  # fmt: skip
    sampling = server.on_loop(lambda stage: stage.chat.calls[-1].sampling)
    assert sampling.stop == ("\n", "END") and sampling.max_tokens == 9 and sampling.seed == 3
    assert (sampling.temperature, sampling.top_p, sampling.top_k) == (0.5, 0.9, 4)
    assert (sampling.presence_penalty, sampling.frequency_penalty) == (0.1, 0.2)
    assert sampling.logit_bias == {5: -1.0} and sampling.min_p == 0.1


def test_headers_say_what_answered(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model="auto", messages=ASK, extra_headers={"x-request-id": "mine-1"}
    )
    answer = raw.parse()
    route: Any = answer.to_dict()["route"]
    assert raw.headers["x-route-model"] == answer.model == route["model"]
    assert raw.headers["x-route-decision"] == route["decision_id"]
    assert raw.request_id == "mine-1"


@pytest.mark.usefixtures("documents")
@pytest.mark.parametrize("model", ["mistral", "pipeline/support"])
@pytest.mark.parametrize("stream", [False, True])
def test_the_header_and_the_route_name_one_decision(
    http: httpx2.Client, model: str, stream: bool
) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": MESSAGE}], "stream": stream}
    answers = [http.post("/v1/chat/completions", json=body) for _ in range(2)]
    told = [answer.headers["x-route-decision"] for answer in answers]
    assert len(set(told)) == 2
    for answer, decision in zip(answers, told, strict=True):
        last = answer.text.split("\n\n")[-3].removeprefix("data: ") if stream else answer.text
        assert json.loads(last)["route"]["decision_id"] == decision


def test_a_tenant_has_a_cache_of_its_own(client: openai.OpenAI, server: Server) -> None:
    body: Any = {"route": {"data_class": "RESTRICTED"}}
    client.chat.completions.create(model="mistral", messages=ASK)
    client.chat.completions.create(model="mistral", messages=ASK, extra_body=body)
    first, second = server.on_loop(lambda stage: [c.cache_salt for c in stage.chat.calls])
    assert first and second and first != second
