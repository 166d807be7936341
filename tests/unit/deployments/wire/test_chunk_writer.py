"""The chunks of a stream: role first, finish reason last, the route on the very last one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deployments.wire.chat_response import DONE, ChunkWriter
from models.messages import ChatDelta, Usage

ROUTE = {"model": "m"}


def chunks(*events: bytes) -> list[Any]:
    found = b"".join(events).removesuffix(DONE).split(b"\n\n")[:-1]
    return [json.loads(event.removeprefix(b"data: ")) for event in found]


def test_the_last_chunk_of_text_carries_the_route() -> None:
    writer = ChunkWriter("m")
    first, nothing = (
        writer.delta(ChatDelta(text="A")),
        writer.delta(ChatDelta(finish_reason="stop")),
    )
    assert nothing == b""
    start, end = chunks(first, writer.delta(ChatDelta(usage=Usage())), writer.last(Usage(), ROUTE))
    assert start["choices"][0]["delta"] == {"role": "assistant", "content": "A"}
    assert "route" not in start
    assert (end["choices"][0]["finish_reason"], end["route"]) == ("stop", ROUTE)


def test_the_usage_chunk_carries_it_where_there_is_one() -> None:
    writer = ChunkWriter("m", include_usage=True)
    head = writer.delta(ChatDelta(text="A", finish_reason="length"))
    end, counts = chunks(head, writer.last(Usage(2, 1), ROUTE))
    assert end["choices"][0]["finish_reason"] == "length" and "route" not in end
    assert (counts["choices"], counts["usage"]["total_tokens"], counts["route"]) == ([], 3, ROUTE)


def test_a_choice_that_ended_waits_for_no_other() -> None:
    writer = ChunkWriter("m")
    writer.delta(ChatDelta(0, "A", finish_reason="stop"))
    ended, going = chunks(writer.delta(ChatDelta(1, "B")))
    assert (ended["choices"][0]["index"], going["choices"][0]["index"]) == (0, 1)
    (last,) = chunks(writer.delta(ChatDelta(1, finish_reason="stop")), writer.last(Usage(), ROUTE))
    assert last["choices"][0]["index"] == 1


def test_nothing_said_is_no_chunk() -> None:
    writer = ChunkWriter("m")
    assert writer.delta(ChatDelta()) == b""
    (first,) = chunks(writer.delta(ChatDelta(text="A")))
    assert first["choices"][0]["delta"]["role"] == "assistant"


@pytest.mark.parametrize("text", [" word", "text", '"quoted" \\ \n', "é\u2028\x00", "\U0001f600"])
@pytest.mark.parametrize("model", ["m", 'content":"text"'])
def test_a_piece_of_text_is_written_like_any_other(text: str, model: str) -> None:
    writer = ChunkWriter(model)
    for index in (0, 1):
        writer.delta(ChatDelta(index, "A"))
    quick = [writer.delta(ChatDelta(index, said)) for index in (0, 1) for said in ("B", text)]
    # One that is held back is let out before it, and not written the quick way.
    writer.delta(ChatDelta(2, finish_reason="stop"))
    _, slow = writer.delta(ChatDelta(0, text)).removesuffix(b"\n\n").split(b"\n\n")
    assert quick[1] == slow + b"\n\n"
    assert quick[3] == quick[1].replace(b'"index":0', b'"index":1')
    assert chunks(quick[3])[0]["choices"][0] == {
        "index": 1, "delta": {"content": text}, "finish_reason": None, "logprobs": None,
    }  # fmt: skip
