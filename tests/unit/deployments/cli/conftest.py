"""The server of `served`, started, and a way to run commands against it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from deployments.cli.main import main
from tests.unit.deployments.cli.served import KEY, Cli, Outcome, Podium, handler_of


class _Server(ThreadingHTTPServer):
    """A client that leaves early is no fault worth a traceback on stderr."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@pytest.fixture
def podium() -> Iterator[Podium]:
    podium = Podium()
    server = _Server(("127.0.0.1", 0), handler_of(podium))
    podium.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield podium
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    for name in ("PODIUM_BASE_URL", "PODIUM_API_KEY", "PODIUM_HOME", "PODIUM_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def run(*words: str) -> Outcome:
        capsys.readouterr()
        code = int(main(words))
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        return Outcome(code, printed.out, printed.err)

    return run


@pytest.fixture
def at(podium: Podium) -> list[str]:
    """The options that lead to the server with its key."""
    return ["--url", podium.url, "--key", KEY]
