"""A provider calls back once its pictures are made: the job it was given, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from deployments.settings import Settings
from tests.remote_cards import remote_card
from tests.wire.conftest import MODELS, plain
from tests.wire.gated_stage import GatedStage
from tests.wire.server import Server
from tests.wire.test_bad_requests import checked
from tests.wire.test_imagine import StudioServer, engine

PATH = "/v1/images/webhooks"
NEVER = 10**9


@pytest.fixture(scope="module")
def studio() -> Iterator[StudioServer]:
    with StudioServer() as server:
        yield server


@pytest.fixture(scope="module")
def gated(studio: StudioServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    said = engine(
        studio.url.split("/")[2], webhook_field="callback", webhook_url="https://podium.example"
    )
    painter = remote_card(
        studio.url, id="midjourney", dialect="imagine", vendor_model="painter-1", engine=said,
        capabilities=["images_out"], price={"image": 0.5},
    )  # fmt: skip
    stage = GatedStage(
        tmp_path_factory.mktemp("webhooks"), Settings(models=MODELS), base_url=studio.url,
        extra=(painter,),
    )  # fmt: skip
    server = Server(stage).start()
    yield server
    server.stop()


def _ask(gated: Server) -> httpx2.Response:
    with plain(gated) as client:
        return client.post(
            "/v1/images/generations", json={"model": "midjourney", "prompt": "a red lamp"}
        )


def _jobs(studio: StudioServer) -> list[Any]:
    return list(studio.studio.jobs.values())


def _polls(studio: StudioServer) -> int:
    return sum(job[1] for job in _jobs(studio))


def test_whoever_was_given_a_job_may_say_that_it_has_ended(
    gated: Server, studio: StudioServer
) -> None:
    studio.reset(polls=NEVER)
    with ThreadPoolExecutor(1) as pool, plain(gated, None) as provider:
        asked = pool.submit(_ask, gated)
        gated.until(lambda stage: _jobs(studio))
        address = _jobs(studio)[0][0]["callback"]
        assert address.startswith(f"https://podium.example{PATH}/midjourney/")
        name = address.rpartition("/")[2]
        for wrong in ("0" * 32 + "." + "0" * 32, name[:-1], name[:-1] + "g", "x"):
            checked(provider.post(f"{PATH}/midjourney/{wrong}"), 404)
        for model in ("chatgpt", "mistral", "nobody"):
            checked(provider.post(f"{PATH}/{model}/{name}0"), 404)
        before = _polls(studio)
        said = {"state": "completed", "out": {"urls": ["http://169.254.169.254/latest"]}}
        assert provider.post(f"{PATH}/midjourney/{name}", json=said).status_code == 204
        gated.until(lambda stage: _polls(studio) > before)
        # What it said is not believed: the job is under way until it says so when it is asked.
        assert not asked.done()
        studio.studio.polls = 0
        answer = asked.result(60)
        assert answer.status_code == 200, answer.text
        assert answer.json()["route"]["cost_usd"] == 0.5
        checked(provider.post(f"{PATH}/midjourney/{name}"), 404)
