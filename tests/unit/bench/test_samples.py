"""Reading a stream of server-sent events as the load generator stored it."""

from __future__ import annotations

import json
from typing import Any

from bench.load import request_body
from bench.samples import Job, Read, Sample, from_line, job_from, read_answer, to_line


def event(**body: Any) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def piece(text: str) -> bytes:
    return event(choices=[{"index": 0, "delta": {"content": text}}])


USAGE = event(choices=[], usage={"prompt_tokens": 9, "completion_tokens": 2})
DONE = b"data: [DONE]\n\n"


def test_an_event_has_the_time_of_the_read_that_ended_it() -> None:
    first, second = piece("Hel"), piece("lo")
    answer = read_answer(
        [Read(5.0, first[:10]), Read(7.0, first[10:] + second), Read(9.0, USAGE + DONE)]
    )
    assert answer.chunks_ms == [7.0, 7.0]
    assert (answer.tokens, answer.prompt_tokens, answer.error) == (2, 9, None)


def test_comments_and_pieces_without_text_are_no_first_token() -> None:
    role = event(choices=[{"index": 0, "delta": {"role": "assistant", "content": ""}}])
    reads = [Read(1.0, b": ping\n\n"), Read(2.0, role), Read(3.0, piece("x")), Read(4.0, DONE)]
    assert read_answer(reads).chunks_ms == [3.0]


def test_the_digest_is_that_of_the_text_however_it_was_cut() -> None:
    whole = read_answer([Read(1.0, piece("Hello") + DONE)])
    parts = read_answer([Read(1.0, piece("Hel") + piece("lo") + DONE)])
    other = read_answer([Read(1.0, piece("Hallo") + DONE)])
    assert whole.digest == parts.digest != other.digest


def test_a_stream_that_breaks_off_or_tells_an_error_is_an_error() -> None:
    assert read_answer([Read(1.0, piece("x") + DONE)]).error is None
    assert read_answer([Read(1.0, piece("x"))]).error == "the stream ended without [DONE]"
    failed = read_answer([Read(1.0, piece("x") + event(error={"message": "gone"}))])
    assert failed.error == "gone"


def test_samples_and_jobs_survive_their_line() -> None:
    sample = Sample("bare", 0, 8, 17, 1.5, 9.5, 48, 136, (2.25, 3.5), "abc")
    assert from_line(to_line(sample)) == sample
    assert (sample.ttft_ms, sample.gaps_ms) == (2.25, [1.25])


def test_both_sides_get_the_same_body_and_may_not_end_early() -> None:
    line = json.dumps(
        {
            "side": "bare",
            "round": 0,
            "concurrency": 1,
            "url": "http://127.0.0.1:1",
            "key": "k",
            "model": "m",
            "seeds": [3],
            "tokens": 48,
            "never": [2],
        }
    )
    bare = job_from(line)
    podium = Job(**{**json.loads(line), "side": "podium", "never": (2,), "key": "other"})
    assert request_body(bare, 3) == request_body(podium, 3)
    assert request_body(bare, 3)["logit_bias"] == {"2": -100.0}
    assert request_body(bare, 3) != request_body(bare, 4)
