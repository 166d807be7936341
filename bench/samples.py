"""What the load generator is told and what it tells: one job, and one sample a request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

DONE = b"[DONE]"


@dataclass(frozen=True, slots=True)
class Job:
    """Requests to one server, `concurrency` at a time, each prompt by its seed.

    Every answer is `tokens` long, for `never` names the tokens that would end it.
    """

    side: str
    round: int
    concurrency: int
    url: str
    key: str = field(repr=False)
    model: str
    seeds: tuple[int, ...]
    tokens: int
    never: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One request as the client saw it.

    `started_ms` counts from the start of the job, `chunks_ms` from the start of the request: the
    arrival of every piece of text. `tokens` is the server's own count, `digest` that of the text.
    """

    side: str
    round: int
    concurrency: int
    seed: int
    started_ms: float
    ended_ms: float
    tokens: int
    prompt_tokens: int
    chunks_ms: tuple[float, ...]
    digest: str
    error: str | None = None

    @property
    def ttft_ms(self) -> float:
        """Time to the first text, in milliseconds."""
        return self.chunks_ms[0]

    @property
    def gaps_ms(self) -> list[float]:
        """Times between one piece of text and the next, in milliseconds."""
        return [b - a for a, b in zip(self.chunks_ms, self.chunks_ms[1:], strict=False)]


@dataclass(frozen=True, slots=True)
class Read:
    """Bytes that came from the socket, and when, in milliseconds since the request."""

    at_ms: float
    data: bytes


@dataclass(slots=True)
class Answer:
    """What the events of one stream come to."""

    chunks_ms: list[float] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    tokens: int = 0
    prompt_tokens: int = 0
    done: bool = False
    error: str | None = None

    @property
    def digest(self) -> str:
        """A short digest of the text: samples hold no content."""
        return hashlib.sha256("".join(self.text).encode()).hexdigest()[:16]


def read_answer(reads: Sequence[Read]) -> Answer:
    """The answer that server-sent events carry; an event's time is that of the read ending it."""
    answer = Answer()
    rest = b""
    for read in reads:
        *events, rest = (rest + read.data).split(b"\n\n")
        for event in events:
            _take(answer, read.at_ms, event)
    if answer.error is None and not answer.done:
        answer.error = "the stream ended without [DONE]"
    return answer


def _take(answer: Answer, at_ms: float, event: bytes) -> None:
    if not event.startswith(b"data: "):
        return
    data = event.removeprefix(b"data: ").strip()
    if data == DONE:
        answer.done = True
        return
    body: dict[str, Any] = json.loads(data)
    if "error" in body:
        answer.error = str(body["error"].get("message", "the server said no more"))
    for choice in body.get("choices", ()):
        text = choice["delta"].get("content")
        if text:
            answer.chunks_ms.append(at_ms)
            answer.text.append(text)
    usage = body.get("usage")
    if usage:
        answer.tokens = usage["completion_tokens"]
        answer.prompt_tokens = usage["prompt_tokens"]


def to_line(sample: Sample) -> str:
    """The sample as one line of JSONL, times to the microsecond."""
    row = asdict(sample)
    row["chunks_ms"] = [round(value, 3) for value in sample.chunks_ms]
    return json.dumps(row)


def job_from(line: str) -> Job:
    """The job of one line of JSON."""
    row = json.loads(line)
    return Job(**{**row, "seeds": tuple(row["seeds"]), "never": tuple(row["never"])})


def from_line(line: str) -> Sample:
    """The sample of one line of JSONL."""
    row = json.loads(line)
    return Sample(**{**row, "chunks_ms": tuple(row["chunks_ms"])})
