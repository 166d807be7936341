"""A row of dialect ray_serve_llm behind Podium: streamed, counted, closed when a client goes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import httpx2
import openai
import pytest

from tests.serve.instance import Instance, start

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(
        find_spec("pyarrow") is None,
        reason="the extra `ray-llm` is not installed: requirements/ray-llm.lock",
    ),
]
ROW = {
    "id": "twin",
    "dialect": "ray_serve_llm",
    "path": "package:models.reference/chat",
    "clearance": {"level": "RESTRICTED", "categories": "all"},
    "capabilities": ["chat", "json_schema", "logprobs"],
    "num_cpus": 0.5,
    "engine": {
        "dtype": "float32",
        "block_size": 32,
        "enforce_eager": True,
        "kv_cache_gib": 0.25,
        "compact_json": True,
    },
}


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A Podium of its own whose chat model Ray Serve LLM serves."""
    folder = tmp_path_factory.mktemp("twin")
    (folder / "twin.yaml").write_text(json.dumps([ROW]))
    more = {"PODIUM_MODELS": '["twin", "embed"]', "PODIUM_RETRIEVER__SOURCES": "{}"}
    words = ("--profile", "embedded", "--catalog", str(folder))
    instance = start(tmp_path_factory.mktemp("served") / "home", words, more)
    yield instance
    instance.stop()


@pytest.fixture
def client(twin: Instance) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=twin.url, api_key=twin.key, max_retries=0) as made:
        yield made


def asked(**more: Any) -> Any:
    hello = {"role": "user", "content": "Hello"}
    return {"model": "twin", "messages": [hello], "max_tokens": 8, "temperature": 0} | more


def test_a_stream_is_the_whole_answer_in_pieces(client: openai.OpenAI) -> None:
    whole = client.chat.completions.create(**asked())
    chunks = list(
        client.chat.completions.create(**asked(stream=True, stream_options={"include_usage": True}))
    )
    said = [one.choices[0].delta.content or "" for one in chunks if one.choices]
    assert "".join(said) == whole.choices[0].message.content != ""
    assert len([one for one in said if one]) > 1
    assert chunks[-1].usage == whole.usage
    assert whole.usage is not None and whole.usage.completion_tokens == 8


def test_a_bad_value_is_refused_by_its_field(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as raised:
        client.chat.completions.create(**asked(logit_bias={"999999": 1}))
    assert raised.value.status_code == 400
    assert raised.value.param in ("logit_bias", None)


def test_a_request_whose_client_goes_is_open_no_longer(
    twin: Instance, client: openai.OpenAI
) -> None:
    endless = asked(stream=True, max_tokens=1900, logit_bias={"2": -100})
    with client.chat.completions.create(**endless) as stream:
        next(iter(stream))
        _wait_until(twin, running=1)
    _wait_until(twin, running=0)


def test_it_says_what_it_is(twin: Instance) -> None:
    row = _status(twin)
    assert (row["state"], row["engine"], row["window"]) == ("ready", "ray_serve_llm", 2048)
    assert (twin.home / "logs" / "twin.jsonl").is_file()


def _wait_until(twin: Instance, *, running: int) -> None:
    """The gateway asks a model once a second how busy it is."""
    until = time.monotonic() + 60
    while _status(twin)["running"] != running:
        assert time.monotonic() < until, _status(twin)
        time.sleep(0.05)


def _status(twin: Instance) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {twin.key}"}
    address = f"{twin.base_url}/v1/status"
    answer = httpx2.get(address, headers=headers, trust_env=False, timeout=60)
    return dict(answer.json()["models"]["twin"])
