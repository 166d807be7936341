"""A conversation with a model outside: it sees tokens only, the user sees values only."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from models.collect import collect
from models.deadline import Deadline
from models.messages import (
    ChatDelta,
    ChatRequest,
    Completion,
    Message,
    Picture,
    Sampling,
    ToolCall,
    ToolCallDelta,
    ToolSpec,
    Usage,
)
from models.testing.scripted import Say, ScriptedChat
from router.detect.scan import Scan
from router.label import Clearance
from router.pseudonyms.session import GUIDANCE, PseudonymSession
from tests.pseudonym_world import CUSTOMER, HOME, OUTSIDE, RECORD, vault

TEXT = "I am Maria Young, maria.young@example.com, order ORD-4711."


def _session(sink: Clearance = HOME, **more: object) -> PseudonymSession:
    return PseudonymSession(vault(), sink, RECORD, CUSTOMER, **more)  # type: ignore[arg-type]


def _request(*messages: Message, **more: object) -> ChatRequest:
    return ChatRequest("claude", messages or (Message("user", TEXT),), **more)  # type: ignore[arg-type]


def _letters(text: str) -> Say:
    return Say(tuple(text))


async def _ask(
    session: PseudonymSession, chat: ScriptedChat, *, as_json: bool = False
) -> tuple[str, Completion]:
    out = session.outgoing(_request())
    assert out.complete
    assert not out.residual
    deltas = session.incoming(chat.stream(out.request, Deadline.after(5)), as_json=as_json)
    whole = await collect("claude", deltas)
    return whole.choices[0].message.content, whole


async def test_the_model_sees_tokens_and_the_user_values() -> None:
    session = _session()
    chat = ScriptedChat(lambda request: _letters(f"You said: {request.messages[-1].content}"))
    said, whole = await _ask(session, chat)
    assert said == f"You said: {TEXT}"
    sent = " ".join(message.content for message in chat.calls[0].messages)
    assert "Maria" in TEXT
    for value in ("Maria", "young@", "4711"):
        assert value not in sent
    assert "[[PERSON:" in sent
    assert (whole.choices[0].finish_reason, session.unknown) == ("stop", ())


async def test_a_sink_below_the_record_reads_tokens() -> None:
    session = _session(OUTSIDE)
    said, _ = await _ask(session, ScriptedChat(lambda request: request.messages[-1].content))
    assert "Maria" not in said
    assert len(session.kept) == 3


async def test_a_token_the_model_made_up_is_told() -> None:
    session = _session()
    chat = ScriptedChat(lambda request: _letters("Ask [[EMAIL:k3f9q2x7]] [["))
    said, _ = await _ask(session, chat)
    assert said == "Ask [[EMAIL:k3f9q2x7]] [["
    assert session.unknown == ("[[EMAIL:k3f9q2x7]]",)


async def test_choices_are_restored_apart() -> None:
    session = _session()

    def script(request: ChatRequest) -> Say:
        token = request.messages[-1].content.split(",")[0][5:]
        pieces = []
        for letter in token:
            pieces += [ChatDelta(0, letter), ChatDelta(1, letter.upper())]
        return Say((*pieces, ChatDelta(0, "", finish_reason="stop"), ChatDelta(1, "`")))

    _, whole = await _ask(session, ScriptedChat(script))
    assert [one.message.content for one in whole.choices] == ["Maria Young", "Maria Young`"]


async def test_tool_calls_and_reasoning_keep_their_tokens() -> None:
    session = _session()

    def script(request: ChatRequest) -> Say:
        text = request.messages[-1].content
        call = ToolCallDelta(0, "c1", "mail", json.dumps({"to": text}))
        return Say((ChatDelta(reasoning=text), ChatDelta(tool_calls=(call,)), ChatDelta(text="ok")))

    said, whole = await _ask(session, ScriptedChat(script))
    assert said == "ok"
    answer = whole.choices[0]
    assert "[[PERSON:" in answer.message.tool_calls[0].arguments
    assert "Maria" not in answer.message.tool_calls[0].arguments + answer.reasoning


async def test_an_answer_in_json_stays_json() -> None:
    held = vault()
    token = held.issue("PERSON", 'Maria "Mia" Young', RECORD).text
    session = PseudonymSession(held, HOME, RECORD)
    chat = ScriptedChat(lambda request: _letters(f'{{"name":"{token}"}}'))
    said, _ = await _ask_plain(session, chat, as_json=True)
    assert json.loads(said) == {"name": 'Maria "Mia" Young'}


async def _ask_plain(
    session: PseudonymSession, chat: ScriptedChat, *, as_json: bool
) -> tuple[str, Completion]:
    deltas = session.incoming(chat.stream(_request(), Deadline.after(5)), as_json=as_json)
    whole = await collect("claude", deltas)
    return whole.choices[0].message.content, whole


async def test_usage_stays_on_the_last_delta_of_a_stream() -> None:
    async def deltas() -> AsyncIterator[ChatDelta]:
        yield ChatDelta(text="a [[EMA")
        yield ChatDelta(usage=Usage(1, 1))

    made = [delta async for delta in _session().incoming(deltas())]
    assert "".join(one.text for one in made) == "a [[EMA"
    assert made[-1].usage == Usage(1, 1)


async def test_closing_the_answer_closes_the_models_stream() -> None:
    session = _session()
    chat = ScriptedChat(lambda request: _letters("a" * 50))
    stream = session.incoming(chat.stream(_request(), Deadline.after(5)))
    assert (await anext(stream)).text == "a"
    await stream.aclose()  # type: ignore[attr-defined]
    assert chat.cancelled == ["claude"]


def test_a_whole_answer_is_restored() -> None:
    session = _session()
    out = session.outgoing(_request())
    text = out.request.messages[-1].content
    made = Completion("claude", (), Usage())
    from models.messages import Choice

    answer = Completion("claude", (Choice(0, Message("assistant", text), "stop"),), made.usage)
    assert session.completion(answer).choices[0].message.content == TEXT


def test_every_part_of_a_message_is_redacted() -> None:
    call = ToolCall("c1", "mail", '{"to": "maria.young@example.com"}')
    out = _session().outgoing(
        _request(
            Message("system", "Be kind."),
            Message("user", "Hi", name="Maria"),
            Message("assistant", "", tool_calls=(call,)),
            Message("tool", "sent to 030 1234567", tool_call_id="c1"),
        )
    )
    system, user, assistant, tool = out.request.messages
    assert system.content == f"Be kind.\n\n{GUIDANCE}"
    assert user.name is None
    assert json.loads(assistant.tool_calls[0].arguments)["to"].startswith("[[EMAIL:")
    assert tool.content.startswith("sent to [[PHONE:")
    assert out.replaced == {"EMAIL": 1, "PHONE": 1}
    assert not out.residual


def test_without_values_a_request_stays_as_it_is() -> None:
    request = _request(Message("user", "Hello"))
    out = _session().outgoing(request)
    assert (out.request, out.replaced) == (request, {})


@pytest.mark.parametrize(
    "more",
    [
        {"tools": (ToolSpec("mail", "Writes to maria.young@example.com"),)},
        {"tools": (ToolSpec("mail", parameters={"enum": ["bob@x.org"]}),)},
        {"json_schema": {"title": "Maria Young"}},
        {"sampling": Sampling(stop=("ORD-4711",))},
    ],
)
def test_a_value_in_what_is_sent_as_it_is_is_a_residual(more: dict[str, object]) -> None:
    assert not _session().outgoing(_request()).residual
    assert _session().outgoing(_request(**more)).residual


def test_a_scan_that_broke_off_makes_the_request_incomplete() -> None:
    session = _session(scanner=lambda text: Scan((), complete=False))
    assert not session.outgoing(_request()).complete
    assert _session().outgoing(_request()).complete


def test_a_picture_or_a_value_in_an_id_keeps_the_request_inside() -> None:
    call = ToolCall("call_1", "mail", "{}")
    plain = Message("assistant", "Fine.", tool_calls=(call,))
    assert not _session().outgoing(_request(plain)).residual
    picture = Message("user", "Look.", pictures=(Picture("image/png", "aGVsbG8="),))
    named = replace(plain, tool_calls=(replace(call, id="maria.young@example.com"),))
    answers = Message("tool", "Fine.", tool_call_id="maria.young@example.com")
    for message in (picture, named, answers):
        assert _session().outgoing(_request(message)).residual
