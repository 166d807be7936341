"""One conversation with a model outside: what goes to it redacted, what it answers restored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Final

from models.messages import ChatDelta, ChatRequest, Choice, Completion, Message, ToolCall
from router.detect.scan import Scan, scan
from router.label import Clearance, Label
from router.pseudonyms.known import KnownValue
from router.pseudonyms.redact import redact
from router.pseudonyms.restore import restore
from router.pseudonyms.search import KnownValues
from router.pseudonyms.stream import StreamRestorer, Writing, as_it_is
from router.pseudonyms.vault import Vault

GUIDANCE: Final = (
    "Words such as [[PERSON:...]] or [[EMAIL:...]] stand for values that you are not shown."
    " Copy each exactly as it is, brackets included; never make one up."
)
Scanner = Callable[[str], Scan]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request without the values, how many were replaced by type, and how well it went."""

    request: ChatRequest = field(repr=False)
    replaced: Mapping[str, int]
    residual: bool
    complete: bool


class PseudonymSession:
    """Redacts and restores for one session; `label` is that of the texts that go out.

    `known` are the values of the request's own records. Values come back only into a `sink` that
    is cleared for them. `unknown` grows with the tokens in answers that nobody issued.
    """

    def __init__(
        self,
        vault: Vault,
        sink: Clearance,
        label: Label,
        known: Iterable[KnownValue] = (),
        *,
        scanner: Scanner = scan,
    ) -> None:
        self._vault = vault
        self._sink = sink
        self._label = label
        self._known = KnownValues(known)
        self._scan = scanner
        self.unknown: tuple[str, ...] = ()
        self.kept: tuple[str, ...] = ()

    def outgoing(self, request: ChatRequest) -> Outgoing:
        """The request as it may leave, if `complete` and not `residual`.

        Names of authors are dropped: the wire allows no token in them. What describes tools is
        sent as it is, and a value in there is a residual.
        """
        work = _Redaction(self)
        messages = tuple(map(work.message, request.messages))
        work.look(_described(request))
        if work.replaced:
            messages = _guided(messages)
        counts = dict(sorted(work.replaced.items()))
        changed = replace(request, messages=messages)
        return Outgoing(changed, counts, work.residual, work.complete)

    async def incoming(
        self, deltas: AsyncIterator[ChatDelta], *, as_json: bool = False
    ) -> AsyncIterator[ChatDelta]:
        """The answer with its values; tool calls and reasoning keep their tokens.

        Each choice holds back the beginning of a token until its end has come.
        """
        restorers: dict[int, StreamRestorer] = {}
        source: Any = deltas
        async with aclosing(source):
            async for delta in source:
                if delta.usage is not None:
                    for rest in self._rests(restorers):
                        yield rest
                changed = self._restored(delta, restorers, as_json=as_json)
                if changed != ChatDelta(delta.index) or changed == delta:
                    yield changed
        for rest in self._rests(restorers):
            yield rest
        for restorer in restorers.values():
            self._note(restorer.unknown, restorer.kept)

    def completion(self, answer: Completion, *, as_json: bool = False) -> Completion:
        """A whole answer with its values."""
        choices = tuple(self._choice(one, _writing(as_json)) for one in answer.choices)
        return replace(answer, choices=choices)

    def redacted(self, text: str) -> tuple[str, Mapping[str, int], bool, bool]:
        """A text with tokens, the counts, residual and complete; looked at again once done."""
        seen = self._scan(text)
        done = redact(
            text,
            known=self._known,
            findings=seen.findings,
            vault=self._vault,
            label=self._label,
        )
        again = self._scan(done.text)
        left = bool(again.findings)
        return done.text, done.replaced, done.residual or left, seen.complete and again.complete

    def shows(self, text: str) -> tuple[bool, bool]:
        """Whether a text that is sent as it is shows a value, and whether it was all read."""
        seen = self._scan(text)
        found = bool(seen.findings) or bool(self._known.find(text)) or self._known.left_in((text,))
        return found, seen.complete

    def _restored(
        self, delta: ChatDelta, restorers: dict[int, StreamRestorer], *, as_json: bool
    ) -> ChatDelta:
        if delta.text and delta.index not in restorers:
            made = StreamRestorer(self._vault, self._sink, writing=_writing(as_json))
            restorers[delta.index] = made
        restorer = restorers.get(delta.index)
        if restorer is None:
            return delta
        text = restorer.feed(delta.text)
        if delta.finish_reason is not None:
            text += restorer.finish()
        return replace(delta, text=text)

    def _rests(self, restorers: Mapping[int, StreamRestorer]) -> list[ChatDelta]:
        rests = ((index, one.finish()) for index, one in sorted(restorers.items()))
        return [ChatDelta(index, rest) for index, rest in rests if rest]

    def _choice(self, choice: Choice, writing: Writing) -> Choice:
        done = restore(choice.message.content, self._vault, self._sink, writing=writing)
        self._note(done.unknown, done.kept)
        return replace(choice, message=replace(choice.message, content=done.text))

    def _note(self, unknown: Iterable[str], kept: Iterable[str]) -> None:
        self.unknown = tuple(dict.fromkeys((*self.unknown, *unknown)))
        self.kept = tuple(dict.fromkeys((*self.kept, *kept)))


class _Redaction:
    """The redaction of one request: what adds up over its texts."""

    def __init__(self, session: PseudonymSession) -> None:
        self._session = session
        self.replaced: Counter[str] = Counter()
        self.residual = False
        self.complete = True

    def message(self, message: Message) -> Message:
        calls = tuple(self._call(one) for one in message.tool_calls)
        content = self._text(message.content)
        self.look(message.tool_call_id or "")
        # What a picture shows can't be replaced.
        self.residual = self.residual or bool(message.pictures)
        return replace(message, content=content, name=None, tool_calls=calls)

    def look(self, text: str) -> None:
        """Take account of a text that is sent as it is."""
        shown, complete = self._session.shows(text)
        self.residual = self.residual or shown
        self.complete = self.complete and complete

    def _call(self, call: ToolCall) -> ToolCall:
        self.look(call.name)
        self.look(call.id)
        return replace(call, arguments=self._text(call.arguments))

    def _text(self, text: str) -> str:
        if not text:
            return text
        changed, replaced, residual, complete = self._session.redacted(text)
        self.replaced.update(replaced)
        self.residual = self.residual or residual
        self.complete = self.complete and complete
        return changed


def _described(request: ChatRequest) -> str:
    """What goes out beside the messages."""
    tools = [[one.name, one.description, dict(one.parameters)] for one in request.tools]
    schema = None if request.json_schema is None else dict(request.json_schema)
    described = [tools, schema, list(request.sampling.stop)]
    return json.dumps(described, ensure_ascii=False, default=str) if any(described) else ""


def _guided(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    first = messages[0]
    if first.role == "system":
        return (replace(first, content=f"{first.content}\n\n{GUIDANCE}"), *messages[1:])
    return (Message("system", GUIDANCE), *messages)


def _writing(as_json: bool) -> Writing:
    return _in_json if as_json else as_it_is


def _in_json(value: str) -> str:
    """A value as the inside of a JSON string, so that none can end the string it stands in."""
    return json.dumps(value, ensure_ascii=False)[1:-1]
