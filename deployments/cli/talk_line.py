"""A client's end of a live line: sound goes out as it comes in, events come back."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from deployments.cli.failures import AnsweredError, Unreachable
from deployments.cli.talk_sound import Sound
from deployments.cli.target import Target
from models.errors import DeadlineExceeded, PodiumError

Show = Callable[[dict[str, Any]], None]
_CONNECT_S = 5.0
_COMPLETED = "conversation.item.input_audio_transcription.completed"
_STATUS = {"invalid_api_key": 401, "permission_denied": 403, "policy_denied": 403}
_RUN_ENDS = ("run.finished", "run.failed")


def line_url(target: Target, query: dict[str, str]) -> str:
    """The address of a live line on that server."""
    address = target.base_url.replace("http", "ws", 1)
    return f"{address}/v1/realtime?{urlencode({'intent': 'transcription', **query})}"


@dataclass
class Progress:
    """What is still to come, by item; `last` is the turn that the client itself ended."""

    answered: bool
    stopped: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)
    last: str | None = None

    def take(self, event: dict[str, Any]) -> bool:
        """Whether everything has been said with this event."""
        kind, item = event["type"], str(event.get("item_id"))
        if kind == "input_audio_buffer.speech_stopped":
            self.stopped.add(item)
        elif kind == "input_audio_buffer.committed":
            self.open.add(item)
            self.last = self.last if item in self.stopped else item
        elif self._ends(event):
            self.open.discard(item)
        return self.last is not None and not self.open

    def _ends(self, event: dict[str, Any]) -> bool:
        """Whether nothing more comes of the event's turn."""
        if event["type"] == _COMPLETED:
            return not (self.answered and event["transcript"])
        if event["type"] == "podium.run":
            return event["event"].get("type") in _RUN_ENDS
        return str(event["type"]).endswith(".failed")


async def talk(
    target: Target,
    query: dict[str, str],
    silence_ms: int,
    sound: Sound,
    show: Show,
    patience: float,
) -> None:
    """Send the sound to its end and show every event; raises what the server says is wrong."""
    from websockets.asyncio.client import connect
    from websockets.exceptions import ConnectionClosed, InvalidHandshake

    headers = {"authorization": f"Bearer {target.key}"} if target.key else {}
    try:
        async with (
            connect(
                line_url(target, query),
                additional_headers=headers,
                open_timeout=min(_CONNECT_S, patience),
                proxy=None,
                max_size=None,
            ) as socket,
            aclosing(sound),
            asyncio.TaskGroup() as group,
        ):
            sending = group.create_task(_send(socket, silence_ms, sound))
            await _receive(socket, Progress("pipeline" in query), show, patience)
            sending.cancel()
    except* (OSError, InvalidHandshake) as errors:
        raise Unreachable(
            f"Nothing answers at {target.base_url}. Start Podium with `podium up`, or mend --url."
        ) from errors
    except* ConnectionClosed as errors:
        raise Unreachable(
            f"The line to {target.base_url} broke off. See its log, then try again."
        ) from errors
    except* (AnsweredError, PodiumError) as errors:
        raise errors.exceptions[0] from None


async def _send(socket: Any, silence_ms: int, sound: Sound) -> None:
    turns = {"type": "server_vad", "silence_duration_ms": silence_ms}
    session = {"type": "transcription", "audio": {"input": {"turn_detection": turns}}}
    await socket.send(json.dumps({"type": "session.update", "session": session}))
    async for piece in sound:
        audio = base64.b64encode(piece).decode()
        await socket.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
    await socket.send('{"type": "input_audio_buffer.commit"}')


async def _receive(socket: Any, progress: Progress, show: Show, patience: float) -> None:
    async with aclosing(_events(socket, patience)) as events:
        async for event in events:
            show(event)
            if event["type"] == "error":
                error = event["error"]
                raise AnsweredError(_STATUS.get(str(error.get("code")), 400), error)
            if progress.take(event):
                return


async def _events(socket: Any, patience: float) -> AsyncGenerator[dict[str, Any], None]:
    while True:
        try:
            async with asyncio.timeout(patience):
                text = await socket.recv()
        except TimeoutError:
            raise DeadlineExceeded(
                "Nothing came back in time. Try again with a longer --timeout."
            ) from None
        yield json.loads(text)
