"""One server for all tests that leave it as it was, and more for those that need another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import anthropic
import httpx2
import openai
import pytest

import tests.untimed  # noqa: F401 - read for what it sets
from deployments.settings import GatewaySettings, Settings
from tests.support_contract import REFUND
from tests.wire.records import Logged, recording
from tests.wire.server import Server
from tests.wire.stage import Stage

MODELS = ("mistral", "whisper", "embed", "small")
Serve = Callable[..., Server]


def settings(gateway: GatewaySettings) -> Settings:
    return Settings(models=MODELS, gateway=gateway)


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    stage = Stage(tmp_path_factory.mktemp("wire"), settings(GatewaySettings()))
    server = Server(stage).start()
    yield server
    server.stop()


@pytest.fixture
def server(_shared: Server) -> Server:
    """The shared server, with nothing left of the test before."""
    return fresh(_shared)


def fresh(server: Server) -> Server:
    """The same, once nothing of an earlier test goes on, and every model answers again."""
    server.until(lambda stage: stage.idle())
    server.on_loop(lambda stage: stage.reset())
    server.until(lambda stage: stage.gateway.status.ready())
    return server


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server with other settings of the gateway."""
    started: list[Server] = []

    def start(gateway: GatewaySettings, on_loopback: bool = True) -> Server:
        folder = tmp_path / str(len(started))
        folder.mkdir()
        started.append(Server(Stage(folder, settings(gateway), on_loopback)))
        return started[-1].start()

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    """The official SDK as any user makes it, but for retries: an error is what a test is about."""
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key(), max_retries=0) as made:
        yield made


@pytest.fixture
def claude(server: Server) -> Iterator[anthropic.Anthropic]:
    """Anthropic's official SDK, in the same way."""
    with anthropic.Anthropic(
        base_url=server.url, api_key=server.key(), auth_token=None, max_retries=0
    ) as made:
        yield made


@pytest.fixture
def http(server: Server) -> Iterator[httpx2.Client]:
    """Plain HTTP with an admin's key."""
    with plain(server) as made:
        yield made


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Logged]:
    """What the server logs from here on."""
    with recording(tmp_path / "gateway.jsonl") as logs:
        yield logs


@pytest.fixture
def documents(http: httpx2.Client) -> None:
    """What the support pipeline's answers are about."""
    put_documents(http)


def put_documents(http: httpx2.Client) -> None:
    path = "/v1/collections/kb/documents/refunds.md"
    markdown = {"content-type": "text/markdown"}
    http.put(path, content=f"# Refunds\n{REFUND}".encode(), headers=markdown).raise_for_status()


def plain(server: Server, key: str | None = "admin") -> httpx2.Client:
    """A plain client with the headers of a key, or none."""
    headers = server.headers(key) if key else {}
    return httpx2.Client(base_url=server.url, headers=headers, timeout=30.0, trust_env=False)
