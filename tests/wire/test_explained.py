"""Every decision id, request id and run id that a client sees is explained on the home."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from deployments.cli.main import main
from deployments.home import Home
from deployments.ledger import open_ledger
from deployments.settings import Settings
from router.ledger.group import GroupCommit
from tests.wire.conftest import MODELS, plain
from tests.wire.gated_stage import GatedStage
from tests.wire.hearing import tone
from tests.wire.server import Server
from tests.wire.stub_server import StubServer
from tests.wire.test_gate import PIPELINE

CHAT = "/v1/chat/completions"
MESSAGES = [{"role": "user", "content": "canary-explained-77"}]
Explain = Callable[[str], dict[str, Any]]


@dataclass
class AuditedStage(GatedStage):
    """A gated stage whose State keeps a ledger in the home."""

    chain: GroupCommit = field(init=False)

    async def open(self) -> None:
        await super().open()
        self.chain = self.remotes["state"].target.ledger = open_ledger(Home(self.folder))

    async def close(self) -> None:
        await super().close()
        self.chain.close()


@pytest.fixture(scope="module")
def stub() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture(scope="module")
def audited(stub: StubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("audited")
    (folder / "pipelines").mkdir()
    (folder / "pipelines" / "outside.yaml").write_text(PIPELINE)
    settings = Settings(models=MODELS, pipelines=(str(folder / "pipelines"),))
    server = Server(AuditedStage(folder, settings, base_url=stub.url)).start()
    server.until(lambda stage: stage.gateway.is_ready("mistral"))
    yield server
    server.stop()


@pytest.fixture
def http(audited: Server) -> Iterator[httpx2.Client]:
    with plain(audited) as made:
        yield made


@pytest.fixture
def explain(audited: Server, capsys: pytest.CaptureFixture[str]) -> Explain:
    """What `podium policy explain ID --json` says once the gateway has told State."""

    def explained(id: str) -> dict[str, Any]:
        audited.run(audited.stage.gateway.decisions.flush())
        code = main(("policy", "explain", id, "--json", "--home", str(audited.stage.folder)))
        printed = capsys.readouterr().out
        assert code == 0, printed
        assert MESSAGES[0]["content"] not in printed
        return dict(json.loads(printed))

    return explained


def streamed(answer: httpx2.Response) -> dict[str, Any]:
    """The `route` of a stream's last chunk."""
    lines = [line for line in answer.text.splitlines() if line.startswith("data: {")]
    return dict(json.loads(lines[-1].removeprefix("data: "))["route"])


DIRECT: dict[str, tuple[str, dict[str, Any], str]] = {
    "local": (CHAT, {"json": {"model": "mistral", "messages": MESSAGES}}, "mistral"),
    "chosen": (CHAT, {"json": {"model": "auto:private", "messages": MESSAGES}}, "mistral"),
    "outside": (CHAT, {"json": {"model": "chatgpt", "messages": MESSAGES}}, "chatgpt"),
    "streamed": (CHAT, {"json": {"model": "mistral", "messages": MESSAGES, "stream": True}},
                 "mistral"),
    "anthropic": ("/v1/messages", {"json": {"model": "claude", "max_tokens": 9,
                                            "messages": MESSAGES}}, "claude"),
    "counted": ("/v1/messages/count_tokens", {"json": {"model": "mistral", "messages": MESSAGES}},
                "mistral"),
    "embedded": ("/v1/embeddings", {"json": {"model": "embed", "input": "Hello"}}, "embed"),
    "heard": ("/v1/audio/transcriptions",
              {"data": {"model": "whisper"}, "files": {"file": ("a.wav", tone(0.5))}}, "whisper"),
    "painted": ("/v1/images/generations", {"json": {"model": "openai-images", "prompt": "A dog"}},
                "openai-images"),
}  # fmt: skip


@pytest.mark.parametrize("name", DIRECT)
def test_a_direct_call_is_explained(http: httpx2.Client, explain: Explain, name: str) -> None:
    path, send, model = DIRECT[name]
    answer = http.post(path, **send)
    assert answer.status_code == 200, answer.text
    ids = [answer.headers["x-route-decision"], answer.headers["x-request-id"]]
    body = streamed(answer) if name == "streamed" else answer.json().get("route")
    if body is not None:
        assert body["decision_id"] == ids[0]
    for id in ids:
        [decision] = explain(id)["decisions"]
        assert (decision["decision_id"], decision["model"]) == (ids[0], model)
        assert any(one["removed_by"] is None for one in decision["candidates"])


def test_a_refusal_is_explained_by_the_id_of_its_request(
    http: httpx2.Client, explain: Explain, capsys: pytest.CaptureFixture[str], audited: Server
) -> None:
    body = {"model": "chatgpt", "messages": MESSAGES, "route": {"data_class": "CONFIDENTIAL"}}
    refused = http.post(CHAT, json=body)
    assert refused.status_code == 403
    id = refused.headers["x-request-id"]
    [decision] = explain(id)["decisions"]
    assert decision["model"] is None and decision["label"]["level"] == "CONFIDENTIAL"
    assert decision["candidates"][0]["removed_by"] == "sites.openai.level"
    assert main(("policy", "explain", id, "--home", str(audited.stage.folder))) == 0
    shown = capsys.readouterr().out
    assert "direct request of" in shown and "chosen    none" in shown


def test_a_pipelines_call_is_explained_by_each_of_its_ids(
    http: httpx2.Client, explain: Explain
) -> None:
    body = {"model": "pipeline/outside", "messages": MESSAGES}
    answer = http.post(CHAT, json=body)
    route = answer.json()["route"]
    ids = (route["run_id"], route["decision_id"], answer.headers["x-request-id"])
    for id in ids:
        found = explain(id)
        assert found["run_id"] == route["run_id"]
        assert [one["step"] for one in found["decisions"]] == ["reply"]
    run = http.post("/v1/pipelines/outside/runs", json={"inputs": {"text": "Hello"}}).json()
    [decision] = explain(run["run_id"])["decisions"]
    assert explain(decision["decision_id"])["decisions"] == [decision]


def test_what_was_forgotten_stands_in_the_ledger(
    audited: Server, http: httpx2.Client, explain: Explain
) -> None:
    run = http.post("/v1/pipelines/outside/runs", json={"inputs": {"text": "Hello"}}).json()
    before = explain(run["run_id"])
    forget = audited.stage.database.connect
    with forget() as connection, connection.begin():
        connection.exec_driver_sql("DELETE FROM runs")
    assert explain(run["run_id"])["decisions"] == before["decisions"]


def test_an_id_that_nobody_gave_is_said(
    audited: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(("policy", "explain", "dec_none", "--home", str(audited.stage.folder))) == 2
    told = capsys.readouterr().err
    assert "dec_none" in told and "x-request-id" in told


def test_the_ledger_holds_with_them(
    audited: Server, http: httpx2.Client, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Path(audited.stage.folder)
    assert main(("audit", "verify", "--json", "--home", str(home))) == 0
    assert json.loads(capsys.readouterr().out)["ok"]
