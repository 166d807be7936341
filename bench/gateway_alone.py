"""The gateway application alone in this process, called as an ASGI server calls it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self

from deployments.gateway_app import gateway_app
from deployments.gateway_state import GatewayState
from deployments.keyring import Keyring
from deployments.model_status import ModelStatus
from deployments.remote import Remote
from deployments.settings import Settings
from models.catalog import Catalog, ModelCard
from models.deadline import Deadline
from router.budget import Budget, token_budget
from router.key_limits import KeyLimits
from router.keys import DEFAULT_SCOPES, USUAL_FLOOR, Key, KeyRecord, key_mac, mint_key
from router.policy_file import default_policy

_PEPPER = bytes(32)
# High enough never to be met: what is measured is the counting.
_ENOUGH = 1_000_000_000


@dataclass
class PlainState:
    """State as one gateway sees it, without a store: every budget has room."""

    key: Key
    name: str = "state"
    reservations: int = 0

    async def call(self, method: str, *args: Any, deadline: Deadline) -> Any:
        """The answer, a turn of the loop later."""
        await asyncio.sleep(0)
        if method == "keys":
            return [self._record()]
        if method == "reserve":
            self.reservations += 1
            return args[0].ahead
        return None

    def stream(self, method: str, *args: Any, deadline: Deadline) -> Any:
        """State streams nothing."""
        raise AssertionError(method)

    def _record(self) -> KeyRecord:
        budgets: tuple[Budget, ...] = (token_budget(_ENOUGH * 1000),)
        limits = KeyLimits(rpm=_ENOUGH, tpm=_ENOUGH, budgets=budgets)
        mac = key_mac(_PEPPER, self.key)
        return KeyRecord(
            self.key.tenant, self.key.id, mac, DEFAULT_SCOPES, USUAL_FLOOR, 0.0, limits=limits
        )


class GatewayAlone:
    """A gateway that serves one local chat model; an `async with` opens and closes it."""

    def __init__(self, engine: Remote, card: ModelCard) -> None:
        self.state = PlainState(mint_key("bench"))
        self._gateway = GatewayState(
            settings=Settings(models=(card.id,)),
            catalog=Catalog((card,)),
            policy=default_policy(),
            keyring=Keyring(_PEPPER),
            status=ModelStatus({card.id: engine}),
            models={card.id: engine},
            retriever=self.state,
            state=self.state,
            salt=_PEPPER,
        )
        self._app = gateway_app(self._gateway, echo_id=False)
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for name in self._gateway.models:
            await self._gateway.status.ask(name)
        await self._gateway.keyring.refresh(self._gateway.state, Deadline.after(5))
        self._tasks = [
            asyncio.create_task(self._gateway.keyring.watch(self._gateway.state)),
            asyncio.create_task(self._gateway.status.watch()),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._gateway.close(5.0)

    async def post(self, path: str, body: bytes) -> bytes:
        """The whole answer to a body; AssertionError where it is no success."""
        call = _Call(body)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "headers": [
                (b"host", b"127.0.0.1"),
                (b"authorization", f"Bearer {self.state.key}".encode()),
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                (b"x-request-id", b"req-of-the-proxy"),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        await self._app(scope, call.receive, call.send)
        answer = b"".join(call.sent)
        if call.status != HTTPStatus.OK:
            raise AssertionError(answer.decode())
        return answer


@dataclass
class _Call:
    """One request as a server holds it: its body is there, and its client stays."""

    body: bytes
    status: int = 0
    sent: list[bytes] = field(default_factory=list)
    _told: bool = False

    async def receive(self) -> dict[str, Any]:
        if self._told:
            await asyncio.Event().wait()
        self._told = True
        return {"type": "http.request", "body": self.body, "more_body": False}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.sent.append(message.get("body", b""))
