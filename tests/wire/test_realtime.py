"""Live transcription over a WebSocket, judged by the official client and its types."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import openai
import pytest
from openai.resources.realtime.realtime import RealtimeConnection
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from deployments.settings import GatewaySettings
from deployments.wire.limits import Limits
from models.errors import InternalError
from models.live import AudioFormat
from router.costs import CostQuery
from router.label import Clearance, Level
from router.store.state import NewKey
from tests.wire.conftest import Serve
from tests.wire.lines import SAID, sound
from tests.wire.server import Server

# The client opens its connection in a way that its WebSocket library calls old.
pytestmark = pytest.mark.filterwarnings("ignore:connect.. must be used as a context manager")
INTENT = {"intent": "transcription"}
ALWAYS = CostQuery("2000-01-01", "2999-12-31")
EVENTS: TypeAdapter[Any] = TypeAdapter(RealtimeServerEvent)
TRANSCRIPTION = "conversation.item.input_audio_transcription"
DELTA, COMPLETED, FAILED = (f"{TRANSCRIPTION}.{k}" for k in ("delta", "completed", "failed"))
STARTED, STOPPED = (f"input_audio_buffer.speech_{k}" for k in ("started", "stopped"))
PATIENCE_S = 20.0

Event = dict[str, Any]


class Line:
    """A client's connection; every event that comes is one of the client's own types."""

    def __init__(self, connection: RealtimeConnection) -> None:
        self.connection = connection
        self.events: list[Event] = []

    def next(self) -> Event:
        event: Event = json.loads(self.connection._connection.recv(timeout=PATIENCE_S))
        if not event["type"].startswith("podium."):
            EVENTS.validate_python(event)
        self.events.append(event)
        return event

    def until(self, kind: str) -> Event:
        while (event := self.next())["type"] != kind:
            assert event["type"] != "error", event
        return event

    def speak(self, audio: bytes, piece: int = 4800) -> None:
        for start in range(0, len(audio), piece):
            text = base64.b64encode(audio[start : start + piece]).decode()
            self.connection.input_audio_buffer.append(audio=text)

    def kinds(self) -> list[str]:
        return [event["type"] for event in self.events]

    def deltas(self) -> str:
        return "".join(event["delta"] for event in self.events if event["type"] == DELTA)


@contextmanager
def line(server: Server, key: str = "infer", **query: str) -> Iterator[Line]:
    with (
        openai.OpenAI(
            base_url=f"{server.url}/v1", api_key=server.key(key), max_retries=0
        ) as client,
        client.realtime.connect(extra_query={**INTENT, **query}) as connection,
    ):
        yield Line(connection)


def update(the_line: Line, **fields: Any) -> Event:
    session = {"type": "transcription", "audio": {"input": fields}}
    the_line.connection.send({"type": "session.update", "session": session})  # type: ignore[misc]
    return the_line.until("session.updated")


def heard(server: Server, caller: Line, *pieces: float) -> None:
    """Speak so many seconds each time, and wait until the model was asked about them."""
    for seconds in pieces:
        before = server.on_loop(lambda stage: len(stage.live.clips))
        caller.speak(sound(seconds))
        server.until(lambda stage, before=before: len(stage.live.clips) > before)


def words_of(seconds: float) -> str:
    return " ".join(SAID.split()[: round(seconds * 3.0)])


def test_words_come_while_the_caller_speaks(server: Server) -> None:
    with line(server) as caller:
        created = caller.next()
        assert created["type"] == "session.created"
        assert created["session"]["audio"]["input"]["format"] == {
            "type": "audio/pcm",
            "rate": 24000,
        }
        label = created["session"]["podium"]["label"]
        assert label["level"] == "CONFIDENTIAL"
        assert label["categories"] == ["customer_audio", "pii"]
        heard(server, caller, 0.8, 0.4, 0.4, 0.4)
        # The last piece is not yet said.
        caller.until(DELTA)
        caller.speak(sound(0.8, level=0.0))
        done = caller.until(COMPLETED)
        assert caller.deltas() == done["transcript"]
        assert done["transcript"].startswith(words_of(2.0))
        assert done["usage"]["type"] == "duration"
        assert done["usage"]["seconds"] == pytest.approx(2.5, abs=0.3)
        order = [kind for kind in caller.kinds() if kind != DELTA]
        assert order == [
            "session.created",
            STARTED,
            STOPPED,
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            COMPLETED,
        ]
        items = {event["item_id"] for event in caller.events if "item_id" in event}
        assert len(items) == 1


def test_every_turn_is_one_call_among_the_costs(server: Server) -> None:
    def calls() -> int:
        server.run(server.stage.gateway.accounting.costs.flush())
        sums = server.on_loop(lambda stage: stage.costs.sums(ALWAYS))
        return sum(one.calls for one in sums if one.group["model"] == "whisper")

    before = calls()
    with line(server) as caller:
        for turn in (1, 2):
            heard(server, caller, 0.8, 0.8)
            caller.speak(sound(0.8, level=0.0))
            caller.until(COMPLETED)
            assert calls() == before + turn


@pytest.mark.parametrize("format", list(AudioFormat))
def test_every_format_is_heard(server: Server, format: AudioFormat) -> None:
    with line(server) as caller:
        shown = update(caller, format={"type": format.value})
        assert shown["session"]["audio"]["input"]["format"]["type"] == format.value
        caller.speak(sound(1.5, format=format) + sound(0.8, 0.0, format), piece=997)
        assert caller.until(COMPLETED)["transcript"].startswith(words_of(1.5))


def test_the_first_shape_of_the_session_is_taken(server: Server) -> None:
    with line(server) as caller:
        session = {"input_audio_format": "g711_ulaw", "turn_detection": None}
        change = {"type": "transcription_session.update", "session": session}
        caller.connection._connection.send(json.dumps(change))
        assert caller.next()["type"] == "session.created"
        told = json.loads(caller.connection._connection.recv(timeout=PATIENCE_S))
        assert told["type"] == "transcription_session.updated"
        assert told["session"]["input_audio_format"] == "g711_ulaw"
        assert told["session"]["turn_detection"] is None


def test_without_a_detector_the_client_ends_the_turn(server: Server) -> None:
    with line(server) as caller:
        update(caller, turn_detection=None)
        caller.speak(sound(1.5))
        caller.connection.input_audio_buffer.commit()
        first = caller.until(COMPLETED)
        caller.speak(sound(1.0))
        caller.connection.input_audio_buffer.commit()
        second = caller.until(COMPLETED)
        assert first["transcript"] == words_of(1.5)
        assert second["transcript"] == words_of(1.0)
        assert STARTED not in caller.kinds()
        committed = [e for e in caller.events if e["type"] == "input_audio_buffer.committed"]
        assert [e["previous_item_id"] for e in committed] == [None, first["item_id"]]


def test_what_is_cleared_is_not_heard(server: Server) -> None:
    with line(server) as caller:
        update(caller, turn_detection=None)
        caller.speak(sound(2.0))
        caller.connection.input_audio_buffer.clear()
        caller.until("input_audio_buffer.cleared")
        caller.speak(sound(0.7))
        caller.connection.input_audio_buffer.commit()
        assert caller.until(COMPLETED)["transcript"] == words_of(0.7)


def test_a_silent_line_says_nothing_and_a_speaking_one_does(server: Server) -> None:
    with line(server) as speaking:
        speaking.speak(sound(1.0) + sound(0.8, level=0.0))
        assert speaking.until(COMPLETED)["transcript"]
    with line(server) as silent:
        silent.speak(sound(10.0, level=0.0))
        silent.connection.input_audio_buffer.commit()
        assert silent.until(COMPLETED)["transcript"] == ""
        assert not {STARTED, DELTA} & set(silent.kinds())


@pytest.mark.parametrize(
    ("said", "code", "param"),
    [
        ('{"type": "response.create"}', "unsupported_parameter", "type"),
        ('{"type": "input_audio_buffer.append", "audio": "%%"}', None, "audio"),
        ('{"type": "input_audio_buffer.commit"}', None, "type"),
        ("no json", None, None),
        (
            '{"type": "session.update", "session": {"audio": {"input": {"noise": 1}}}}',
            "unsupported_parameter",
            "audio.input.noise",
        ),
        (
            '{"type": "session.update", "session":'
            ' {"audio": {"input": {"transcription": {"model": "whisper-9"}}}}}',
            "model_not_found",
            "model",
        ),
    ],
)
def test_a_fault_is_named_and_the_session_goes_on(
    server: Server, said: str, code: str | None, param: str | None
) -> None:
    with line(server) as caller:
        caller.next()
        caller.connection._connection.send(said)
        told = caller.next()
        assert told["type"] == "error"
        assert (told["error"]["code"], told["error"]["param"]) == (code, param)
        caller.speak(sound(1.0) + sound(0.8, level=0.0))
        assert caller.until(COMPLETED)["transcript"]


@pytest.mark.parametrize(
    ("key", "query", "code"),
    [
        ("read", {}, "permission_denied"),
        ("expired", {}, "invalid_api_key"),
        ("infer", {"intent": "conversation"}, None),
        ("infer", {"model": "mistral"}, None),
        ("infer", {"model": "nobody"}, "model_not_found"),
    ],
)
def test_a_session_that_may_not_be_is_told_why(
    server: Server, key: str, query: dict[str, str], code: str | None
) -> None:
    with line(server, key, **query) as caller:
        told = caller.next()
        assert told["type"] == "error"
        assert told["error"]["code"] == code
        with pytest.raises(Exception, match="1008"):
            caller.next()


def test_a_browser_says_its_key_in_a_subprotocol(server: Server) -> None:
    address = f"{server.url.replace('http', 'ws')}/v1/realtime?intent=transcription"
    offers = ["realtime", f"openai-insecure-api-key.{server.key('infer')}"]
    with connect(address, subprotocols=offers) as socket:  # type: ignore[arg-type]
        assert socket.subprotocol == "realtime"
        assert json.loads(socket.recv(timeout=PATIENCE_S))["type"] == "session.created"
    with connect(address, subprotocols=["realtime"]) as socket:  # type: ignore[list-item]
        told = json.loads(socket.recv(timeout=PATIENCE_S))
        assert told["error"]["code"] == "invalid_api_key"


def test_a_model_that_fails_fails_the_turn_without_its_words(server: Server) -> None:
    def break_it(stage: Any) -> None:
        stage.live.fault = InternalError("It broke.")

    with line(server) as caller:
        server.on_loop(break_it)
        caller.speak(sound(1.0) + sound(0.8, level=0.0))
        failed = caller.until(FAILED)
        assert failed["error"]["code"] == "internal_error"


def test_who_leaves_stops_what_is_written_for_them(server: Server) -> None:
    def hold(stage: Any) -> None:
        stage.live.gate = asyncio.Event()

    server.on_loop(hold)
    with line(server) as caller:
        caller.speak(sound(1.0))
        server.until(lambda stage: stage.live.waiting == 1)
    server.until(lambda stage: stage.live.waiting == 0)
    assert server.on_loop(lambda stage: stage.live.stopped) == 1


def test_more_audio_than_can_be_heard_is_refused(server: Server) -> None:
    def hold(stage: Any) -> None:
        stage.live.gate = asyncio.Event()

    server.on_loop(hold)
    with line(server) as caller:
        caller.next()
        with suppress(ConnectionClosed):
            for _ in range(6):
                caller.speak(sound(15.0), piece=480_000)
        told = caller.next()
        while told["type"] != "error":
            told = caller.next()
        assert told["error"]["code"] == "overloaded"


def test_a_line_ends_when_it_is_as_long_as_a_recording_may_be(serve: Serve) -> None:
    server = serve(GatewaySettings(limits=Limits(audio_seconds=2.0)))
    with line(server) as caller:
        caller.speak(sound(1.0) + sound(0.8, level=0.0))
        assert caller.until(COMPLETED)["transcript"]
        with suppress(ConnectionClosed):
            caller.speak(sound(0.5))
        told = caller.next()
        while told["type"] != "error":
            told = caller.next()
        assert (told["error"]["code"], told["error"]["param"]) == ("request_too_large", "audio")
        with pytest.raises(ConnectionClosed):
            caller.next()


def test_a_revoked_key_ends_the_line_at_the_next_turn(server: Server) -> None:
    def told(stage: Any, made: Any) -> Any:
        stage.gateway.keyring.tell(stage.store.list_keys())
        return made

    key = server.on_loop(lambda stage: told(stage, stage.store.create_key(NewKey("default"))))
    with (
        openai.OpenAI(base_url=f"{server.url}/v1", api_key=str(key), max_retries=0) as client,
        client.realtime.connect(extra_query=INTENT) as connection,
    ):
        caller = Line(connection)
        caller.speak(sound(1.0) + sound(0.8, level=0.0))
        caller.until(COMPLETED)
        server.on_loop(lambda stage: told(stage, stage.store.revoke_key(key.tenant, key.id)))
        # The line may be closed before the last of it is sent.
        with suppress(ConnectionClosed):
            caller.speak(sound(1.0) + sound(0.8, level=0.0))
        last = caller.next()
        while last["type"] != "error":
            assert last["type"] != COMPLETED
            last = caller.next()
        assert last["error"]["code"] == "invalid_api_key"


def test_a_sink_without_clearance_gets_no_word(server: Server) -> None:
    audio = sound(1.5) + sound(0.8, level=0.0)
    with line(server) as own:
        own.speak(audio)
        assert own.until(COMPLETED)["transcript"]
        assert own.deltas()
    for sink, shown in (("runs", True), ("downloads", False), ("logs", False), ("nobody", False)):
        with line(server, sink=sink) as elsewhere:
            elsewhere.speak(audio)
            done = elsewhere.until(COMPLETED)
            assert bool(done["transcript"]) is shown
            assert bool(elsewhere.deltas()) is shown
            assert done["route"]["withheld"] is not shown


def test_a_policy_that_closes_a_sink_holds_from_the_next_turn_on(server: Server) -> None:
    audio = sound(1.5) + sound(0.8, level=0.0)
    before = server.stage.gateway.policy
    closed = replace(before, sinks={**before.sinks, "runs": Clearance(Level.PUBLIC)})
    with line(server, sink="runs") as elsewhere:
        elsewhere.speak(audio)
        assert elsewhere.until(COMPLETED)["transcript"] and elsewhere.deltas()
        server.on_loop(lambda stage: setattr(stage.gateway, "policy", closed))
        try:
            elsewhere.events.clear()
            elsewhere.speak(audio)
            done = elsewhere.until(COMPLETED)
        finally:
            server.on_loop(lambda stage: setattr(stage.gateway, "policy", before))
    assert done["route"]["withheld"] and not done["transcript"] and not elsewhere.deltas()


def test_the_first_client_for_realtime_connects(server: Server) -> None:
    with (
        openai.OpenAI(
            base_url=f"{server.url}/v1",
            websocket_base_url=f"{server.url.replace('http', 'ws')}/v1",
            api_key=server.key("infer"),
            max_retries=0,
        ) as client,
        client.beta.realtime.connect(model="whisper", extra_query=INTENT) as connection,
    ):
        assert connection.recv().type == "session.created"
