"""Jobs that make pictures, against a server on loopback that takes them: and one that lies."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from deployments.stub.pictures import picture
from models.deadline import Deadline
from models.errors import (
    InvalidConfig,
    ModelUnavailable,
    Overloaded,
    PodiumError,
    UnsupportedParameter,
)
from models.image_jobs import finished
from models.images import ImageRequest, Images
from models.remote.imagine_jobs import ImagineJobs
from models.remote.imagine_settings import ImagineSettings
from tests.contracts.image_contract import CHECKS, Check
from tests.remote_cards import remote_card
from tests.wire.stub_server import StubServer

KEY = "sk-canary-of-the-jobs-0001"
PICTURE = base64.b64decode(picture("a lamp"))


@dataclass
class Studio:
    """A server of jobs; `polls` answers before a job is done, `assets` replaces its addresses."""

    polls: int = 2
    end: str = "completed"
    id: Any = None
    submit_status: int = 200
    hiccups: int = 0
    assets: list[str] | None = None
    redirect: bool = False
    data: bytes | None = None
    model: str = "painter-1"
    jobs: dict[str, list[Any]] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    base: str = ""

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/imagine", self._submit, methods=["POST"]),
                Route("/v1/jobs/{id}/state", self._state),
                Route("/files/{id}/{number}.png", self._file),
            ]
        )

    async def _submit(self, request: Request) -> Response:
        self._note(request)
        if self.submit_status != 200:
            return Response("no: a red lamp", status_code=self.submit_status)
        body = await request.json()
        id_ = f"job-{len(self.jobs)}"
        self.jobs[id_] = [body, 0]
        return JSONResponse({"task": {"id": self.id or id_, "state": "queued"}})

    async def _state(self, request: Request) -> Response:
        self._note(request)
        if self.hiccups:
            self.hiccups -= 1
            return Response(status_code=503)
        job = self.jobs[request.path_params["id"]]
        job[1] += 1
        state = self.end if job[1] > self.polls else "running"
        count = int(job[0].get("count", 1))
        files = [f"{self.base}/files/{request.path_params['id']}/{n}.png" for n in range(count)]
        urls = files if self.assets is None else self.assets
        task = {"state": state, "model": self.model, "out": {"urls": urls}}
        return JSONResponse({"task": task})

    async def _file(self, request: Request) -> Response:
        self._note(request)
        if self.redirect:
            return RedirectResponse(f"{self.base}/v1/elsewhere")
        if self.data is not None:
            return Response(self.data)
        body = self.jobs[request.path_params["id"]][0]
        made = picture(f"{body['text']} {request.path_params['number']}")
        return Response(base64.b64decode(made), media_type="image/png")

    def _note(self, request: Request) -> None:
        self.seen.append((request.url.path, dict(request.headers)))


class StudioServer(StubServer):
    """The studio on loopback, in the thread of a stub."""

    def __init__(self) -> None:
        super().__init__()
        self.studio = Studio(base=self.url.removesuffix("/v1"))
        self._replace(self.studio)

    def _replace(self, studio: Any) -> None:
        import uvicorn

        from deployments.stub.serve import stub_config

        self._server = uvicorn.Server(stub_config(studio))
        self._server.install_signal_handlers = lambda: None

    def reset(self, **fields: Any) -> None:
        for name, value in vars(Studio(base=self.studio.base, **fields)).items():
            setattr(self.studio, name, value)


def engine(host: str, **fields: Any) -> dict[str, Any]:
    said = {
        "submit_path": "/imagine", "poll_path": "/jobs/{id}/state", "prompt_field": "text",
        "n_field": "count", "seed_field": "seed", "model_field": "model",
        "fixed": {"mode": "fast"}, "id_at": "task.id", "status_at": "task.state",
        "assets_at": "task.out.urls", "model_at": "task.model", "done": ["completed"],
        "failed": ["failed"], "asset_hosts": [host], "response_bytes": 4096,
    }  # fmt: skip
    return said | fields


@pytest.fixture(scope="module")
def shared() -> Iterator[StudioServer]:
    with StudioServer() as server:
        yield server


@pytest.fixture
def server(shared: StudioServer) -> StudioServer:
    shared.reset()
    return shared


def adapter(server: StudioServer, **fields: Any) -> ImagineJobs:
    host = server.url.split("/")[2]
    card = remote_card(
        server.url, id="midjourney", dialect="imagine", vendor_model="painter-1",
        engine=engine(host, **fields), capabilities=["images_out"],
    )  # fmt: skip
    return ImagineJobs(card, KEY)


@pytest.fixture
async def model(server: StudioServer) -> AsyncIterator[ImagineJobs]:
    made = adapter(server)
    yield made
    await made.close()


def asks(**fields: Any) -> ImageRequest:
    return ImageRequest(**{"model": "midjourney", "prompt": "a red lamp"} | fields)


async def make(model: ImagineJobs, seconds: float = 30.0, **fields: Any) -> Images:
    deadline = Deadline.after(seconds)
    return await finished(model, await model.submit(asks(**fields), deadline), deadline, 0.01)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(model: ImagineJobs, check: Check) -> None:
    await check((model, {"model": "midjourney"}))


async def test_the_row_says_what_is_sent_and_where_the_key_goes(
    model: ImagineJobs, server: StudioServer
) -> None:
    made = await make(model, n=2, seed=7)
    assert len(made.images) == 2
    assert made.returned_model == "painter-1"
    assert server.studio.jobs["job-0"][0] == {
        "mode": "fast", "text": "a red lamp", "model": "painter-1", "count": 2, "seed": 7,
    }  # fmt: skip
    keyed = {path for path, headers in server.studio.seen if KEY in json.dumps(headers)}
    assert keyed == {"/v1/imagine", "/v1/jobs/job-0/state"}
    assert "/files/job-0/1.png" in {path for path, _ in server.studio.seen}


async def test_a_hiccup_while_it_is_made_harms_nothing(
    model: ImagineJobs, server: StudioServer
) -> None:
    server.reset(hiccups=3)
    assert len((await make(model)).images) == 1
    assert server.studio.hiccups == 0


@pytest.mark.parametrize(
    ("fields", "kind", "words"),
    [
        ({"end": "failed"}, ModelUnavailable, "failed"),
        ({"submit_status": 401}, ModelUnavailable, "key"),
        ({"submit_status": 429}, Overloaded, "no more"),
        ({"id": "../../admin"}, ModelUnavailable, "no picture"),
        ({"assets": []}, ModelUnavailable, "no picture"),
        ({"assets": ["http://169.254.169.254/latest"]}, ModelUnavailable, "does not name"),
        ({"assets": ["http://127.0.0.1:1/x.png"]}, ModelUnavailable, "does not name"),
        ({"assets": ["file:///etc/passwd"]}, ModelUnavailable, "does not name"),
        ({"assets": ["http://[::ffff:127.0.0.1]/x.png"]}, ModelUnavailable, "does not name"),
        ({"assets": ["http://[fe80::1]/x.png"]}, ModelUnavailable, "does not name"),
        ({"assets": ["http://2130706433/x.png"]}, ModelUnavailable, "does not name"),
        ({"redirect": True}, ModelUnavailable, "gives nothing"),
        ({"data": b"<html>"}, ModelUnavailable, "no picture"),
        ({"data": PICTURE + b"x" * 5000}, ModelUnavailable, "larger"),
        ({"model": "another"}, ModelUnavailable, "another model"),
    ],
    ids=str,
)
async def test_what_a_server_may_do_wrong(
    model: ImagineJobs,
    server: StudioServer,
    fields: dict[str, Any],
    kind: type[PodiumError],
    words: str,
) -> None:
    server.reset(**fields)
    with pytest.raises(kind, match=words) as caught:
        await make(model)
    assert "red lamp" not in str(caught.value)
    assert not any(path == "/v1/elsewhere" for path, _ in server.studio.seen)


async def test_a_host_whose_name_leads_inside_is_not_connected_to(server: StudioServer) -> None:
    """`localhost` by https, as any name that a server of names turns to an address inside."""
    host = f"localhost:{server.url.split(':')[2].split('/')[0]}"
    asset = f"https://{host}/files/job-0/0.png"
    for private in (False, True):
        server.reset(assets=[asset])
        card = remote_card(
            server.url, id="midjourney", dialect="imagine", vendor_model="painter-1",
            engine=engine(host, private_assets=private), allow_insecure=False,
            capabilities=["images_out"],
        )  # fmt: skip
        model = ImagineJobs(card, KEY)
        with pytest.raises(ModelUnavailable) as caught:
            await make(model)
        # The probe: a server of one's own is connected to, and speaks no TLS here.
        assert ("not public" in str(caught.value)) is not private
        await model.close()


async def test_a_picture_of_50_mb_is_refused_by_what_it_says_of_itself(
    server: StudioServer,
) -> None:
    model = adapter(server, response_bytes=ImagineSettings.model_fields["response_bytes"].default)
    server.reset(data=PICTURE + bytes(50_000_000))
    with pytest.raises(ModelUnavailable, match="larger"):
        await make(model)
    server.reset()
    assert len((await make(model)).images) == 1
    await model.close()


async def test_the_host_with_a_name_in_front_is_another(
    model: ImagineJobs, server: StudioServer
) -> None:
    host = server.url.split("/")[2]
    server.reset(assets=[f"http://{host}@127.0.0.1:1/x.png", f"http://x@{host}/files/job-0/0.png"])
    with pytest.raises(ModelUnavailable, match="does not name"):
        await make(model)


async def test_wishes_without_a_field_are_refused_before_anything_leaves(
    server: StudioServer,
) -> None:
    model = adapter(server, n_field=None, seed_field=None)
    for wish in ({"n": 2}, {"seed": 1}, {"size": "8x8"}, {"quality": "low"}, {"format": "png"}):
        with pytest.raises(UnsupportedParameter):
            await model.submit(asks(**wish), Deadline.after(5))
    assert server.studio.seen == []
    await model.close()


@pytest.mark.parametrize(
    "fields",
    [{"poll_path": "/jobs"}, {"submit_path": "//evil"}, {"asset_hosts": []}, {"webhook": "x"}],
    ids=str,
)
def test_a_row_that_says_it_wrong_is_refused(server: StudioServer, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig):
        adapter(server, **fields)
