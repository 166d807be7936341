"""WS /v1/realtime?intent=transcription: live speech to text, in OpenAI's realtime events."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from deployments.call import Call
from deployments.gateway_state import GatewayState
from deployments.live.answering import Answering
from deployments.live.socket import RealtimeSocket
from deployments.wire.chat_body import RouteBody
from deployments.wire.errors import as_podium_error, log_internal
from deployments.wire.realtime_config import Audio, AudioInput, SessionConfig, Transcription
from deployments.wire.realtime_events import error_event
from models.errors import InternalError, InvalidRequest, PodiumError, RateLimited
from router.keys import Principal, Scope
from router.label import Label
from router.live.showing import Showing, voice_label

router = APIRouter(tags=["audio"])

SUBPROTOCOL = "realtime"
_REFUSED, _FAILED, _FULL = 1008, 1011, 1013


class RealtimeQuery(BaseModel):
    """What stands in the address. `sink` names a sink of the policy that shows the words.

    With `pipeline` each turn is answered by it, told in events of our own; `customer_id` is an
    input of it. Guesses come with a pipeline, or when `hypotheses` asks for them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    intent: str = "conversation"
    model: str | None = Field(default=None, max_length=256)
    hypotheses: bool = False
    sink: str | None = Field(default=None, max_length=64)
    pipeline: str | None = Field(default=None, max_length=128)
    customer_id: str | None = Field(default=None, max_length=128)


@router.websocket("/v1/realtime")
async def realtime(socket: WebSocket) -> None:
    """One session; whatever ends it is said in an `error` event before the socket closes."""
    offered = [name.strip() for name in socket.scope.get("subprotocols", ())]
    await socket.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None)
    code = 1000
    try:
        await _session(socket)
    except WebSocketDisconnect:
        return
    except PodiumError as error:
        code = await _refuse(socket, error)
    except Exception as error:
        log_internal(socket.state.request_id, error)
        code = await _refuse(socket, as_podium_error(error))
    await _close(socket, code)


async def _session(socket: WebSocket) -> None:
    state: GatewayState = socket.app.state.gateway
    principal = state.keyring.principal(socket, Scope.INFER)
    query = _query(socket)
    call = Call(state, principal, socket, RouteBody())
    showing = _showing(state, principal, call.label, query.sink)
    call.label = showing().label
    answering = _answering(socket, query, principal, call, showing)
    session = RealtimeSocket(
        socket=socket,
        call=call,
        showing=showing,
        config=_config(query),
        recheck=lambda: _recheck(socket, state),
        answering=answering,
        guesses=query.hypotheses or answering is not None,
    )
    if answering is not None:
        answering.send = session.send
    await session.run()


def _showing(
    state: GatewayState, principal: Principal, own: Label, sink: str | None
) -> Callable[[], Showing]:
    """What may be shown by the policy that is in force then: a line is open for long."""

    def showing() -> Showing:
        policy = state.policy
        return Showing(policy, voice_label(policy, own, principal.tenant), sink)

    return showing


def _answering(
    socket: WebSocket,
    query: RealtimeQuery,
    principal: Principal,
    call: Call,
    showing: Callable[[], Showing],
) -> Answering | None:
    if query.pipeline is None:
        return None
    if query.sink is not None:
        raise InvalidRequest("A line that is shown elsewhere is not answered.", param="sink")
    plan = call.state.pipelines.plan(query.pipeline)
    principal.require_model(f"pipeline/{plan.name}")
    inputs = {"customer_id": query.customer_id} if query.customer_id else {}
    return Answering(
        plan,
        inputs,
        lambda: Call(call.state, principal, socket, RouteBody()),
        lambda: showing().label,
    )


def _recheck(socket: WebSocket, state: GatewayState) -> None:
    """Each turn counts as a request of the key, which may have been revoked meanwhile."""
    state.keyring.principal(socket, Scope.INFER)


def _query(socket: WebSocket) -> RealtimeQuery:
    try:
        query = RealtimeQuery.model_validate(dict(socket.query_params))
    except ValidationError as error:
        param = str(error.errors()[0]["loc"][0])[:128]
        raise InvalidRequest(f"'{param}' is not a parameter here.", param=param) from None
    if query.intent != "transcription":
        raise InvalidRequest(
            "Only transcription is offered; connect to /v1/realtime?intent=transcription.",
            param="intent",
        )
    return query


def _config(query: RealtimeQuery) -> SessionConfig:
    transcription = Transcription(model=query.model)
    return SessionConfig(audio=Audio(input=AudioInput(transcription=transcription)))


async def _refuse(socket: WebSocket, error: PodiumError) -> int:
    """Say why; the close code that goes with it."""
    try:
        await socket.send_json(error_event(error))
    except (WebSocketDisconnect, RuntimeError):
        return _FAILED
    if isinstance(error, RateLimited):
        return _FULL
    return _FAILED if isinstance(error, InternalError) else _REFUSED


async def _close(socket: WebSocket, code: int) -> None:
    try:
        await socket.close(code)
    except (WebSocketDisconnect, RuntimeError):  # it is closed already
        return
