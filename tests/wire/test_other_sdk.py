"""Embeddings, transcriptions, models and pipelines through the official SDK, unchanged."""

from __future__ import annotations

import base64
from typing import Any

import openai
import pytest

from tests.support_contract import FACT, MESSAGE, answers
from tests.wire.hearing import tone
from tests.wire.server import Server

FIRST = "My order number is four two one seven."
SECOND = "When do I get my refund?"


def test_embeddings_in_both_encodings(client: openai.OpenAI) -> None:
    texts = ["a red router", "a blue router", "a red router"]
    default = client.embeddings.create(model="embed", input=texts)
    plain = client.embeddings.create(model="embed", input=texts, encoding_format="float")
    assert [one.index for one in default.data] == [0, 1, 2]
    assert [one.embedding for one in default.data] == [one.embedding for one in plain.data]
    assert default.data[0].embedding == default.data[2].embedding != default.data[1].embedding
    assert len(default.data[0].embedding) == 64
    assert default.usage.prompt_tokens == default.usage.total_tokens == 9
    assert default.model == "embed"
    assert default.to_dict()["route"]["model"] == "embed"  # type: ignore[index]


def test_the_sdk_asks_for_base64_by_itself(client: openai.OpenAI) -> None:
    raw = client.embeddings.with_raw_response.create(model="embed", input="a red router")
    assert '"encoding_format":"base64"' in raw.http_request.content.decode().replace(" ", "")
    assert raw.headers["x-route-model"] == "embed"


@pytest.mark.parametrize("format", ["json", "verbose_json"])
def test_transcriptions_as_json(client: openai.OpenAI, format: Any) -> None:
    answer: Any = client.audio.transcriptions.create(
        model="whisper", file=("call.wav", tone()), response_format=format
    )
    assert answer.text == f"{FIRST} {SECOND}"
    assert answer.to_dict()["route"]["label"]["categories"] == ["pii"]
    if format == "verbose_json":
        assert (answer.language, answer.duration) == ("en", 2.0)
        assert [segment.text for segment in answer.segments] == [FIRST, SECOND]
        assert answer.words is None


def test_transcription_with_words(client: openai.OpenAI, server: Server) -> None:
    answer: Any = client.audio.transcriptions.create(
        model="whisper", file=("call.wav", tone()), response_format="verbose_json",
        timestamp_granularities=["word", "segment"], language="en", prompt="Lindwell",
        temperature=0.2,
    )  # fmt: skip
    words = [word.word for word in answer.words]
    assert " ".join(words) == f"{FIRST} {SECOND}"
    assert answer.words[0].start == 0.0 and answer.words[-1].end == pytest.approx(2.0)
    asked = server.on_loop(lambda stage: stage.hearing.calls[-1])
    assert (asked.language, asked.prompt, asked.temperature) == ("en", "Lindwell", 0.2)
    assert asked.words and asked.audio == tone()


def test_transcriptions_as_text(client: openai.OpenAI) -> None:
    def written(format: Any) -> Any:
        return client.audio.transcriptions.create(
            model="whisper", file=("call.wav", tone()), response_format=format
        )

    assert written("text") == f"{FIRST} {SECOND}\n"
    assert written("srt") == (
        f"1\n00:00:00,000 --> 00:00:01,000\n{FIRST}\n\n2\n00:00:01,000 --> 00:00:02,000\n{SECOND}\n"
    )
    assert written("vtt") == (
        f"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{FIRST}\n\n"
        f"00:00:01.000 --> 00:00:02.000\n{SECOND}\n"
    )


def test_silence_is_an_empty_transcript(client: openai.OpenAI, server: Server) -> None:
    server.on_loop(lambda stage: setattr(stage.hearing, "text", ""))
    heard: Any = client.audio.transcriptions.create(
        model="whisper", file=("call.wav", tone()), response_format="verbose_json"
    )
    assert (heard.text, heard.segments) == ("", [])


def test_models(client: openai.OpenAI) -> None:
    listed = {model.id: model for model in client.models.list()}
    virtual = ["auto", "auto:private", "pipeline/support"]
    assert list(listed) == ["mistral", "whisper", "embed", "small", *virtual]
    facts: Any = listed["mistral"].to_dict()["podium"]
    told = {"kind", "site", "engine", "context_window", "licence", "digest", "price"}
    assert facts.keys() == told
    assert (facts["kind"], facts["engine"], facts["context_window"]) == ("chat", "vllm", 4096)
    for name in ("mistral", "auto:private", "pipeline/support"):
        assert client.models.retrieve(name).to_dict() == listed[name].to_dict()


def ask(client: openai.OpenAI, content: Any, **more: Any) -> Any:
    return client.chat.completions.create(
        model="pipeline/support", messages=[{"role": "user", "content": content}], **more
    )


@pytest.mark.usefixtures("documents")
def test_a_pipeline_answers_text(client: openai.OpenAI, server: Server) -> None:
    server.on_loop(lambda stage: setattr(stage.chat, "script", answers(fact=FACT)))
    customer = {"route": {"inputs": {"customer_id": "C-1042"}, "data_class": "CONFIDENTIAL"}}
    answer = ask(client, MESSAGE, extra_body=customer)
    route = answer.to_dict()["route"]
    assert "37 days" in answer.choices[0].message.content
    assert answer.model == "pipeline/support"
    assert {source["id"] for source in route["sources"]} >= {"refunds.md", "C-1042"}
    assert route["sources"][0].keys() == {"id", "title", "collection", "chunk", "page", "quote"}
    steps = {step["name"]: step for step in route["steps"]}
    assert steps["customer"]["status"] == "succeeded"
    assert steps["transcribe"]["status"] == "skipped"
    assert steps["draft"].keys() == {
        "name", "model", "engine", "site", "prompt_version", "started_ms", "duration_ms", "status"
    }  # fmt: skip
    assert route["label"]["level"] >= "CONFIDENTIAL"
    assert answer.usage.total_tokens > 0


@pytest.mark.usefixtures("documents")
def test_a_pipeline_answers_speech(client: openai.OpenAI, server: Server) -> None:
    audio = {"data": base64.b64encode(tone()).decode(), "format": "wav"}
    answer = ask(client, [{"type": "input_audio", "input_audio": audio}])
    steps = {step["name"]: step["status"] for step in answer.to_dict()["route"]["steps"]}
    assert steps["transcribe"] == "succeeded" and steps["customer"] == "skipped"
    assert "37 days" in answer.choices[0].message.content
    assert server.on_loop(lambda stage: stage.hearing.calls[-1].audio) == tone()


@pytest.mark.usefixtures("documents")
def test_a_pipeline_streams(client: openai.OpenAI) -> None:
    chunks = list(ask(client, MESSAGE, stream=True))
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert "37 days" in said
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert [source["id"] for source in chunks[-1].to_dict()["route"]["sources"]] == ["refunds.md"]
    counted = list(ask(client, MESSAGE, stream=True, stream_options={"include_usage": True}))
    assert counted[-1].choices == [] and counted[-1].usage.total_tokens > 0
    assert "route" in counted[-1].to_dict() and "route" not in counted[-2].to_dict()
