"""Claude and Gemini behind a whole gateway: directly, in pipelines and with pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest

from deployments.settings import Settings
from deployments.stub.pictures import picture
from deployments.stub.script import Row
from router.policy import Policy
from router.policy_file import default_policy, default_text, load_policy
from tests.wire.conftest import MODELS, plain
from tests.wire.gated_stage import GatedStage
from tests.wire.server import Server
from tests.wire.stub_server import StubServer

CANARY = "CANARY-6612-of-the-providers"
REPLY = "This is the stub; no provider was asked."
PICTURES_MAY_LEAVE = load_policy(
    default_text().decode().replace("\nsources:\n", "\nsources:\n  picture: {level: INTERNAL}\n", 1)
)
SEEN = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture(CANARY)}"}}
PIPELINE = """
name: both
version: 1
input:
  text: Text
steps:
  first:
    use: generate
    prompt: support/polish@prod
    with: {reply: input.text}
    route: {model: claude}
  second:
    use: generate
    prompt: support/polish@prod
    with: {reply: first}
    route: {model: gemini}
output: {reply: second}
"""


@pytest.fixture(scope="module")
def stub() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture(autouse=True)
def fresh(stub: StubServer) -> None:
    stub.tell(Row())


@pytest.fixture(scope="module")
def gated(stub: StubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from _served(stub, tmp_path_factory.mktemp("gated"))


@pytest.fixture(scope="module")
def seeing(stub: StubServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same under a policy that names pictures."""
    yield from _served(stub, tmp_path_factory.mktemp("seeing"), PICTURES_MAY_LEAVE)


def _served(stub: StubServer, folder: Path, policy: Policy | None = None) -> Iterator[Server]:
    (folder / "both.yaml").write_text(PIPELINE)
    settings = Settings(models=MODELS, pipelines=(str(folder),))
    stage = GatedStage(folder, settings, base_url=stub.url, policy=policy or default_policy())
    server = Server(stage).start()
    yield server
    server.stop()


def asked(server: Server, model: str, content: Any = CANARY, **fields: Any) -> Any:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key(), max_retries=0) as client:
        answer = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": content}], **fields
        )
        return list(answer) if fields.get("stream") else answer


@pytest.mark.parametrize("model", ["claude", "gemini"])
def test_it_answers_whole_and_streaming(model: str, gated: Server, stub: StubServer) -> None:
    done = asked(gated, model)
    assert done.choices[0].message.content == REPLY
    assert done.usage.prompt_tokens == 1 and done.usage.completion_tokens == 8
    site = {"claude": "anthropic", "gemini": "google"}[model]
    assert done.model_extra["route"]["site"] == site
    chunks = asked(gated, model, stream=True)
    said = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    pieces = [piece for piece in said if piece]
    assert "".join(pieces) == REPLY and len(pieces) == 8
    paths = {"claude": "/v1/messages", "gemini": "/v1beta/models/vendor-1:streamGenerateContent"}
    assert {got["target"].partition("?")[0] for got in stub.received} == {paths[model]}


LIMITS = {
    "chatgpt": ("x-ratelimit-{}-requests", ("50", "0", "10m")),
    "claude": ("anthropic-ratelimit-requests-{}", ("50", "0", "2999-01-01T00:00:00Z")),
}


@pytest.mark.parametrize("model", list(LIMITS))
def test_a_limit_that_headers_tell_is_kept_before_it_is_hit(
    model: str, stub: StubServer, tmp_path: Path
) -> None:
    name, values = LIMITS[model]
    words = ("limit", "remaining", "reset")
    told = {name.format(word): value for word, value in zip(words, values, strict=True)}
    served = _served(stub, tmp_path)
    gated = next(served)
    asked(gated, model)
    asked(gated, model)
    assert len(stub.received) == 2, "the probe: without the headers the next one leaves"
    stub.tell(Row(headers=told))
    asked(gated, model)
    with pytest.raises(openai.RateLimitError) as caught:
        asked(gated, model)
    assert caught.value.code == "overloaded" and "rate limit" in caught.value.message
    assert len(stub.received) == 1
    next(served, None)


@pytest.mark.parametrize("model", ["claude", "gemini"])
def test_confidential_data_stays_inside(model: str, gated: Server, stub: StubServer) -> None:
    asked(gated, model)
    assert len(stub.received) == 1, "the probe: as INTERNAL the same canary does leave"
    with pytest.raises(openai.PermissionDeniedError):
        asked(gated, model, extra_body={"route": {"data_class": "CONFIDENTIAL"}})
    assert len(stub.received) == 1


def test_a_pipeline_asks_one_after_the_other(gated: Server, stub: StubServer) -> None:
    done = asked(gated, "pipeline/both")
    assert done.choices[0].message.content == REPLY
    assert [step["model"] for step in done.model_extra["route"]["steps"]] == ["claude", "gemini"]
    assert len(stub.received) == 2


def test_a_tool_goes_there_and_back(gated: Server, stub: StubServer) -> None:
    stub.tell(Row(echo=True))
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    tool = {"type": "function", "function": {"name": "count", "parameters": schema}}
    for model in ("chatgpt", "claude", "gemini"):
        done = asked(gated, model, "count to 12", tools=[tool])
        [call] = done.choices[0].message.tool_calls
        assert (call.function.name, json.loads(call.function.arguments)) == ("count", {"n": 12})
        assert done.choices[0].finish_reason == "tool_calls"


def test_the_other_official_client_reaches_another_provider(gated: Server) -> None:
    with anthropic.Anthropic(base_url=gated.url, api_key=gated.key(), max_retries=0) as client:
        message = client.messages.create(
            model="gemini", max_tokens=20, messages=[{"role": "user", "content": CANARY}]
        )
    assert message.content[0].type == "text" and message.content[0].text == REPLY


def test_a_picture_stays_inside_until_the_policy_names_it(
    gated: Server, seeing: Server, stub: StubServer
) -> None:
    content = [{"type": "text", "text": "What is it?"}, SEEN]
    for model in ("chatgpt", "claude", "gemini"):
        stub.tell(Row())
        asked(seeing, model, content)
        assert picture(CANARY) in stub.received[0]["body"], "the probe: here it does leave"
        with pytest.raises(openai.PermissionDeniedError) as caught:
            asked(gated, model, content)
        assert caught.value.code == "policy_denied"
        assert len(stub.received) == 1


def test_a_picture_in_anthropics_dialect(seeing: Server, stub: StubServer) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": picture(CANARY)}
    with anthropic.Anthropic(base_url=seeing.url, api_key=seeing.key(), max_retries=0) as client:
        client.messages.create(
            model="chatgpt",
            max_tokens=20,
            messages=[{"role": "user", "content": [{"type": "image", "source": source}]}],  # type: ignore[list-item, typeddict-item]
        )
    assert picture(CANARY) in stub.received[0]["body"]


BAD_PICTURES = (
    ("http://169.254.169.254/latest/meta-data", "not fetched"),
    ("https://example.com/x.png", "not fetched"),
    ("file:///etc/passwd", "not fetched"),
    ("data:image/png;base64,", "must be base64"),
    ("data:image/png;base64,!!!!", "must be base64"),
    ("data:image/png;base64,SGVsbG8gd29ybGQ=", "must be base64"),
    (f"data:image/jpeg;base64,{picture('x')}", "must be base64"),
    ("data:image/svg+xml;base64,PHN2Zy8+", "must be base64"),
    ("data:text/html;base64,PHA+", "must be base64"),
)


@pytest.mark.parametrize("case", BAD_PICTURES, ids=lambda case: case[0][:24])
def test_what_is_no_picture(case: tuple[str, str], seeing: Server, stub: StubServer) -> None:
    url, words = case
    with plain(seeing) as http:
        response = _post(http, [{"type": "image_url", "image_url": {"url": url}}])
    error = response.json()["error"]
    assert response.status_code == 400 and words in error["message"]
    assert error["param"] == "messages.0.content"
    assert not stub.received


def test_a_picture_that_is_too_large(seeing: Server, stub: StubServer) -> None:
    url = "data:image/png;base64," + "A" * (23 * 1024 * 1024)
    with plain(seeing) as http:
        response = _post(http, [{"type": "image_url", "image_url": {"url": url}}])
    assert response.status_code == 413
    assert response.json()["error"]["code"] == "request_too_large"
    assert not stub.received


def _post(http: httpx2.Client, content: Any) -> httpx2.Response:
    body = {"model": "chatgpt", "messages": [{"role": "user", "content": content}]}
    return http.post("/v1/chat/completions", json=body)
