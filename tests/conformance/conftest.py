"""One gateway over real sockets, with a model outside behind the gate: the stub that echoes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deployments.settings import Settings
from deployments.stub.script import NAMED
from tests.wire.conftest import MODELS
from tests.wire.gated_stage import GatedStage
from tests.wire.server import Server
from tests.wire.stub_server import StubServer


@pytest.fixture(scope="session")
def gated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("conformance")
    with StubServer(*NAMED["tool-echo"]) as stub:
        stage = GatedStage(folder, Settings(models=MODELS), base_url=stub.url)
        server = Server(stage).start()
        yield server
        server.stop()


@pytest.fixture(autouse=True, scope="class")
def _place(request: pytest.FixtureRequest, gated: Server) -> None:
    """Where the suites of a class ask."""
    if request.cls is not None:
        request.cls.place = (gated.url, gated.key())
