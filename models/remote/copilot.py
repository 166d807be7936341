"""GitHub Copilot through its SDK: JSON-RPC over stdio to a runtime that the operator installed.

The SDK is https://github.com/github/copilot-sdk. It is imported in this file only, when the first
adapter is made; it never looks for a runtime and never downloads one, for the row names it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2

from models.catalog import ModelCard
from models.collect import collect
from models.deadline import Deadline
from models.errors import BodyTooLarge, InvalidConfig, Overloaded, PodiumError
from models.messages import ChatDelta, ChatRequest, Completion
from models.remote.copilot_body import Prompt, body_bytes, prompt_of
from models.remote.copilot_events import EventReader
from models.remote.copilot_runtime import Limits, Runtime, Silent, TooMuch, environment
from models.remote.copilot_settings import CopilotSettings
from models.remote.exchange import AGAIN, Exchange, Ran, Wire
from models.remote.provider_errors import NeverSent, unavailable
from models.strict_yaml import parse

# Every source of tools that the SDK knows; what is excluded wins over what is available.
NO_TOOLS = ("builtin:*", "mcp:*", "custom:*")
_INSTALL = "Install GitHub's Copilot CLI and write its path as engine.cli_path of its row."
log = logging.getLogger("podium.egress")


class Copilot:
    """A ChatModel over one runtime; each answer has a process of its own."""

    def __init__(self, card: ModelCard, key: str | None) -> None:
        self.settings = parse(CopilotSettings, card.engine, card.id)
        self._path = _named(card, "engine.cli_path", self.settings.cli_path)
        self._model = _named(card, "vendor_model", card.vendor_model)
        self._card = card
        self._key = key
        sdk = _Sdk(card)
        self._sdk = sdk
        self._runtimes: set[Runtime] = set()
        raises = (*sdk.raises, OSError, RuntimeError, AssertionError, Silent, TooMuch)
        self._raises: tuple[type[Exception], ...] = raises
        wire = Wire(self._open, lambda: EventReader(card), raises, self._meaning)
        self._exchange = Exchange(card, self.settings, wire)

    @property
    def running(self) -> int:
        """How many answers are open now."""
        return self._exchange.running

    def body(self, request: ChatRequest) -> bytes:
        """The bytes of which the prompt for `request` is made."""
        return body_bytes(request, self._model, self.settings)

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer."""
        return await collect(request.model, self.stream(request, deadline))

    def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer as it comes."""
        return self.send(self.body(request), deadline)

    def send(
        self, body: bytes, deadline: Deadline, ran: Ran | None = None
    ) -> AsyncIterator[ChatDelta]:
        """Make a prompt of exactly `body` and give the answer; raises PodiumError only."""
        return self._exchange.send(body, deadline, ran)

    async def close(self) -> None:
        """End every process."""
        for runtime in tuple(self._runtimes):
            await runtime.close()

    async def _open(self, body: bytes, _: httpx2.Timeout) -> _Answer:
        self._check(body)
        prompt, settings = prompt_of(body), self.settings
        limits = Limits(settings.connect_s, settings.silence_s, settings.response_bytes)
        answer = _Answer(Runtime(self._client, limits), self._runtimes)
        try:
            await self._start(answer.runtime)
            await answer.runtime.ask(prompt.text, **self._session(prompt))
        except BaseException:
            await answer.close()
            raise
        return answer

    def _check(self, body: bytes) -> None:
        if len(body) > self.settings.request_bytes:
            raise BodyTooLarge("The request is larger than its model's row allows; send less.")
        if self.running > self.settings.processes:
            most = f"gives no more than {self.settings.processes} answers at once"
            raise Overloaded(f"'{self._card.id}' {most}; try again.", retry_after=1.0)
        if not Path(self._path).is_file():
            raise NeverSent(f"'{self._card.id}': there is no runtime at its path. {_INSTALL}")

    async def _start(self, runtime: Runtime) -> None:
        """Nothing of the request was told to a runtime that does not start."""
        try:
            await runtime.start()
        except self._raises as error:
            how = "takes too long to start" if isinstance(error, Silent) else "does not start"
            raise NeverSent(f"'{self._card.id}': its runtime {how}. {_INSTALL}") from None

    def _client(self, runtime: Runtime, folder: str) -> Any:
        return self._sdk.client(
            runtime,
            connection=self._sdk.stdio(path=self._path),
            working_directory=folder,
            base_directory=folder,
            env=environment(folder, os.environ),
            github_token=self._key,
            use_logged_in_user=False,
            log_level="none",
            mode="empty",
        )

    def _session(self, prompt: Prompt) -> dict[str, Any]:
        """Text in, text out. Mode "empty" of the client turns off what is not named here."""
        return {
            "model": prompt.model,
            "system_message": {"mode": "replace", "content": prompt.system},
            "streaming": True,
            "on_permission_request": self._deny,
            "available_tools": [],
            "excluded_tools": list(NO_TOOLS),
            "skip_custom_instructions": True,
            "enable_config_discovery": False,
            "enable_session_telemetry": False,
            "enable_session_store": False,
            "enable_skills": False,
            "enable_file_hooks": False,
            "enable_host_git_operations": False,
            "request_extensions": False,
            "include_sub_agent_streaming_events": False,
            "infinite_sessions": {"enabled": False},
            "memory": {"enabled": False},
        }

    def _deny(self, request: Any, _: Any) -> Any:
        log.warning("permission denied", extra={"model": self._card.id, "kind": request.kind})
        return self._sdk.reject(feedback="Nothing is allowed here; answer in words.")

    def _meaning(self, error: Exception) -> PodiumError:
        """The error of our tree; the SDK's own may hold what the runtime wrote to stderr."""
        card = self._card
        if isinstance(error, Silent):
            return unavailable(card, "was silent for too long", AGAIN, 1.0)
        if isinstance(error, TooMuch):
            return unavailable(card, "sent more than its row allows", "Raise response_bytes of it.")
        if isinstance(error, self._sdk.raises[0]):
            to_do = "Mend vendor_model or the key of its row, or install a newer runtime."
            return unavailable(card, "refused the session", to_do)
        if isinstance(error, (self._sdk.raises[1], OSError, RuntimeError)):
            return unavailable(card, "ended its runtime in the middle", AGAIN, 1.0)
        to_do = "Install the version of the runtime that the SDK asks for."
        return unavailable(card, "answered with what its SDK can't read", to_do)


class _Answer:
    """The events of one runtime, which is ended with them."""

    def __init__(self, runtime: Runtime, running: set[Runtime]) -> None:
        self.runtime = runtime
        self._running = running
        running.add(runtime)

    async def __anext__(self) -> Any:
        return await anext(self.runtime)

    async def close(self) -> None:
        """End the process."""
        try:
            await self.runtime.close()
        finally:
            self._running.discard(self.runtime)


class _Sdk:
    """The SDK, loaded; `raises` are a refusal by the runtime, and its end.

    It logs what the runtime writes to stderr and whatever a handler fails on, content with it, so
    its loggers are shut.
    """

    def __init__(self, card: ModelCard) -> None:
        try:
            import copilot
            from copilot._jsonrpc import JsonRpcError, ProcessExitedError
            from copilot.rpc import PermissionDecisionReject
        except ImportError as error:
            raise InvalidConfig(
                f"The row '{card.id}' needs GitHub's SDK; install podium[copilot].", param="dialect"
            ) from error
        logging.getLogger("copilot").setLevel(logging.CRITICAL + 1)
        self.raises: tuple[type[Exception], ...] = (JsonRpcError, ProcessExitedError)
        self.reject: Any = PermissionDecisionReject
        self.stdio: Any = copilot.RuntimeConnection.for_stdio
        self._base: Any = copilot.CopilotClient

    def client(self, runtime: Runtime, **options: Any) -> Any:
        """A client that tells `runtime` of its process and of its connection."""

        class Client(self._base):  # type: ignore[misc, name-defined]
            async def _start_cli_server(self) -> None:
                await super()._start_cli_server()
                runtime.spawned(self._cli_process)

            async def _connect_to_server(self) -> None:
                await super()._connect_to_server()
                runtime.attach(self._client)

        return Client(**options)


def _named(card: ModelCard, field: str, value: str | None) -> str:
    if value is None:
        raise InvalidConfig(f"The row '{card.id}' has no {field}; write one.", param=field)
    return value
