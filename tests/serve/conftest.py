"""One cluster and one copy of each engine for the whole session of serve tests."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
import pytest_asyncio

from models.catalog import builtin_catalog, load_catalog
from models.weights import weights_folder
from tests.serve.instance import Instance, attach, start

HERE = Path(__file__).parent
KB = HERE.parents[1] / "examples" / "kb"
# Processes start and engines compute: on a busy machine that takes several times as long.
LONGEST_S = 600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test of these that names no bound of its own has this one."""
    for item in items:
        if HERE in item.path.parents and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LONGEST_S))


@pytest.fixture(scope="session")
def podium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """The embedded profile, real engines, on loopback.

    PODIUM_TEST_HOME names the home of one that runs already, for quick rounds while developing.
    """
    running = os.environ.get("PODIUM_TEST_HOME")
    if running:
        yield attach(Path(running))
        return
    instance = start(tmp_path_factory.mktemp("podium") / "home")
    yield instance
    instance.stop()


@pytest.fixture(scope="session")
def client(podium: Instance) -> Iterator[openai.OpenAI]:
    """The official client, as any user makes it."""
    with openai.OpenAI(base_url=podium.url, api_key=podium.key, max_retries=0) as made:
        yield made


@pytest.fixture(scope="session")
def http(podium: Instance) -> Iterator[httpx2.Client]:
    """Plain HTTP with the key."""
    headers = {"authorization": f"Bearer {podium.key}"}
    with httpx2.Client(
        base_url=podium.base_url, headers=headers, timeout=120.0, trust_env=False
    ) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine() -> AsyncIterator[Any]:
    """VLLM over the reference chat model in this process, for tests on the session's loop."""
    from models.local.vllm_engine import VllmEngine
    from models.local.vllm_settings import VllmSettings

    card = load_catalog([builtin_catalog()]).card("mistral")
    made = VllmEngine(card.id, weights_folder(card), VllmSettings.model_validate(card.engine))
    yield made
    made.close()


@pytest.fixture(scope="module")
def knowledge(http: httpx2.Client) -> Iterator[None]:
    """The example knowledge base, in the collection `kb` for as long as a module's tests run."""
    paths = {f"/v1/collections/kb/documents/{path.name}": path for path in sorted(KB.glob("*.md"))}
    for path, file in paths.items():
        answer = http.put(
            path, content=file.read_bytes(), headers={"content-type": "text/markdown"}
        )
        assert answer.status_code == 200, answer.text
    yield
    for path in paths:
        http.delete(path)
