"""The scripted models: what they log is what the tests above them rely on."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from models.deadline import Deadline
from models.errors import InvalidAudio, ModelUnavailable
from models.messages import ChatRequest, Message, TranscriptionRequest
from models.testing.scripted import Say, ScriptedChat, ScriptedTranscriber, say_in_turn

REQUEST = ChatRequest("mistral", (Message("user", "Say it."),))
SOON = Deadline.after(3600)


async def test_it_says_its_script_whole_or_in_pieces() -> None:
    chat = ScriptedChat(say_in_turn("One two."))
    assert (await chat.complete(REQUEST, SOON)).choices[0].message.content == "One two."
    deltas = [delta async for delta in chat.stream(REQUEST, SOON)]
    assert [delta.text for delta in deltas] == ["One", " two.", ""]
    assert deltas[-1].finish_reason == "stop"
    assert deltas[-1].usage is not None
    assert (chat.calls, chat.running, chat.cancelled) == ([REQUEST, REQUEST], 0, [])


async def test_a_stream_closed_early_is_logged() -> None:
    chat = ScriptedChat(lambda request: Say(("a", "b"), gate=asyncio.Event()))
    async with aclosing(chat.stream(REQUEST, SOON)) as deltas:
        async for _ in deltas:
            assert chat.running == 1
            break
    assert (chat.running, chat.cancelled) == (0, ["mistral"])


async def test_a_completion_cancelled_is_logged_too() -> None:
    chat = ScriptedChat(lambda request: Say(("a",), gate=asyncio.Event()))
    task = asyncio.create_task(chat.complete(REQUEST, SOON))
    await chat.started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (chat.running, chat.cancelled) == (0, ["mistral"])


async def test_it_fails_as_told_before_or_after_its_words() -> None:
    chat = ScriptedChat(
        say_in_turn(ModelUnavailable("a"), Say(("x",), error=ModelUnavailable("b")))
    )
    with pytest.raises(ModelUnavailable):
        await chat.complete(REQUEST, SOON)
    said = []
    with pytest.raises(ModelUnavailable):
        async for delta in chat.stream(REQUEST, SOON):
            said.append(delta.text)
    assert said == ["x"]


async def test_a_transcriber_hears_its_texts_in_turn() -> None:
    ears = ScriptedTranscriber(["Hello.", "", InvalidAudio("noise")])
    request = TranscriptionRequest("whisper", b"RIFF")
    assert (await ears.transcribe(request, SOON)).text == "Hello."
    assert (await ears.transcribe(request, SOON)).segments == ()
    with pytest.raises(InvalidAudio):
        await ears.transcribe(request, SOON)
    assert len(ears.calls) == 3
