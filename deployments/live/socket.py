"""One client's WebSocket: its events in, the line's events out, until either side ends it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from deployments.call import Call
from deployments.live.answering import Answering
from deployments.live.client_events import BadEvent, ClientEvent, read_event
from deployments.live.opening import OpenLine, open_line, speech_model
from deployments.wire.body import parse_json
from deployments.wire.realtime_config import SessionConfig, from_first, merged
from deployments.wire.realtime_events import (
    completed,
    error_event,
    fresh,
    line_events,
    server_event,
)
from models.errors import DeadlineExceeded, InvalidRequest, PodiumError
from router.live.events import Hypothesis, LineEvent, TurnCompleted, TurnPaused, WordsCommitted
from router.live.showing import Showing

# A client that says nothing for so long is gone, or has forgotten the line.
IDLE_S = 120.0

Recheck = Callable[[], None]


class RealtimeSocket:
    """Runs one transcription session; `recheck` raises when the key is no longer good.

    `showing` is by the policy of the moment.
    `answering` answers each turn with a pipeline, where one was asked for.
    """

    def __init__(
        self,
        socket: WebSocket,
        call: Call,
        showing: Callable[[], Showing],
        config: SessionConfig,
        recheck: Recheck,
        answering: Answering | None,
        guesses: bool,
        idle: float = IDLE_S,
    ) -> None:
        self._socket = socket
        self._call = call
        self._showing = showing
        self._config = config
        self._recheck = recheck
        self._answering = answering
        self._guesses = guesses
        self._idle = idle
        self._id = fresh("sess")
        self._line: OpenLine | None = None
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Serve the client till it leaves; raises the PodiumError that ends the session."""
        speech_model(self._call, self._config)
        await self.send(server_event("session.created", session=self._shown()))
        try:
            async with asyncio.TaskGroup() as group:
                reading = group.create_task(self._read(group))
                reading.add_done_callback(lambda _: self._end_answers())
        except* WebSocketDisconnect:
            self._end_answers()
        except* PodiumError as errors:
            raise _first(errors) from None

    async def send(self, event: dict[str, Any]) -> None:
        """Send one event."""
        async with self._sending:
            await self._socket.send_text(json.dumps(event, ensure_ascii=False))

    async def _read(self, group: asyncio.TaskGroup) -> None:
        limit = self._call.state.limits.live_message_bytes
        while True:
            text = await self._received()
            try:
                await self._take(await read_event(text, limit), group)
            except BadEvent as bad:
                await self.send(error_event(bad.error, bad.event_id))

    async def _received(self) -> str:
        try:
            async with asyncio.timeout(self._idle):
                message = await self._socket.receive()
        except TimeoutError:
            raise DeadlineExceeded(
                f"Nothing came for {self._idle:g} s; open another session when there is speech."
            ) from None
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005))
        text = message.get("text")
        if text is None:
            raise InvalidRequest("Send events as JSON text; audio goes in as base64.")
        return str(text)

    async def _take(self, event: ClientEvent, group: asyncio.TaskGroup) -> None:
        if event.session is not None:
            await self._update(event, event.session)
            return
        line = self._line or await self._opened(group)
        if event.type == "input_audio_buffer.append":
            line.session.push(event.audio)
        elif event.type == "input_audio_buffer.clear":
            line.session.clear()
            await self.send(server_event("input_audio_buffer.cleared"))
        elif line.session.empty:
            empty = InvalidRequest("There is no audio to commit.", param="type")
            raise BadEvent(empty, event.event_id)
        else:
            line.session.commit()

    async def _update(self, event: ClientEvent, session: dict[str, Any]) -> None:
        first_shape = event.type.startswith("transcription_session")
        changes = from_first(session) if first_shape else session
        try:
            if self._line is not None:
                raise InvalidRequest(
                    "The settings stand once there is audio; open another session.",
                    param="session",
                )
            wanted = json.dumps(merged(self._config, changes)).encode()
            config = parse_json(SessionConfig, wanted)
            speech_model(self._call, config)
        except PodiumError as error:
            await self.send(error_event(error, event.event_id))
            return
        self._config = config
        if first_shape:
            shown = config.shown_first(self._id)
            await self.send(server_event("transcription_session.updated", session=shown))
        else:
            await self.send(server_event("session.updated", session=self._shown()))

    async def _opened(self, group: asyncio.TaskGroup) -> OpenLine:
        self._line = line = await open_line(self._call, self._config)
        self._socket.state.model = line.card.id
        group.create_task(self._heard(line))
        return line

    async def _heard(self, line: OpenLine) -> None:
        try:
            await line.session.run(self._tell)
        finally:
            line.ear.turn()

    async def _tell(self, event: LineEvent) -> None:
        if isinstance(event, WordsCommitted) and self._answering is not None:
            self._answering.hear(event.item, event.text)
        if isinstance(event, WordsCommitted | Hypothesis) and not self._showing().word_by_word:
            return
        # Clients of OpenAI's own know no such event: it is for those that ask for it.
        if isinstance(event, Hypothesis) and not self._guesses:
            return
        if isinstance(event, TurnPaused) and self._answering is not None:
            self._answering.expect(event.item, event.text)
        if isinstance(event, TurnCompleted):
            await self._completed(event)
            return
        for told in line_events(event):
            await self.send(told)

    async def _completed(self, event: TurnCompleted) -> None:
        if self._line is not None:
            self._line.ear.turn()
        self._recheck()
        found = await self._call.state.scanner.scan([event.text], spoken=True)
        shown = self._showing().show(event.text, found)
        route: dict[str, Any] = {
            "decision_id": self._call.decision_id,
            "model": self._line.card.id if self._line else None,
            "label": shown.label.public(),
            "redactions": [{"type": type_, "count": count} for type_, count in shown.redactions],
            "withheld": shown.withheld,
            "revised_words": event.revised,
        }
        await self.send(completed(event, shown.text, route=route))
        if self._answering is not None and event.text:
            self._answering.answer(event.item, event.text)

    def _end_answers(self) -> None:
        if self._answering is not None:
            self._answering.close()

    def _shown(self) -> dict[str, Any]:
        label = self._showing().label.public()
        return self._config.shown(self._id) | {"podium": {"label": label}}


def _first(errors: BaseExceptionGroup[PodiumError]) -> PodiumError:
    found = errors.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
