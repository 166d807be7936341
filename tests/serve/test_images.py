"""Pictures on a real instance: by providers behind the gate, and by a pipeline that runs here."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import openai
import pytest

from models.pictures import media_type_of
from tests.serve.instance import Instance, run, start
from tests.unit.models.local.test_diffusers_engine import write_pipeline

PROMPT = "a red lamp on a router"
# No other model runs: this is about pictures.
ROW = """
- id: tiny
  dialect: diffusers
  path: {path}
  clearance: {{level: RESTRICTED, categories: all}}
  capabilities: [images_out]
  engine: {{steps: 2, size: 32x32, largest: 64}}
"""


@pytest.fixture(scope="module")
def painting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("images")
    write_pipeline(folder / "weights")
    rows = folder / "rows"
    rows.mkdir()
    (rows / "tiny.yaml").write_text(ROW.format(path=folder / "weights" / "pipeline"))
    given = {
        "PODIUM_MODELS": json.dumps(["embed", "mistral", "tiny"]),
        "PODIUM_CATALOG": json.dumps([str(rows)]),
    }
    instance = start(folder / "home", ("--remote", "stub"), given)
    yield instance
    instance.stop()


@pytest.fixture(scope="module")
def client(painting: Instance) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=painting.url, api_key=painting.key, max_retries=0) as made:
        yield made


@pytest.mark.parametrize(
    ("model", "site"), [("openai-images", "openai"), ("gemini-images", "google"), ("tiny", "local")]
)
def test_a_picture_is_made_kept_and_written_down(
    model: str, site: str, client: openai.OpenAI, painting: Instance
) -> None:
    answer = client.images.generate(model=model, prompt=PROMPT)
    assert answer.data is not None
    data = base64.b64decode(answer.data[0].b64_json or "")
    route: Any = answer.model_dump()["route"]
    digest = sha256(data).hexdigest()
    assert media_type_of(data) == "image/png"
    assert (route["model"], route["site"]) == (model, site)
    assert route["assets"] == [f"sha256:{digest}"]
    kept = painting.home / "assets" / digest[:2]
    assert (kept / f"{digest}.png").read_bytes() == data
    facts = json.loads((kept / f"{digest}.json").read_text())
    assert facts["label"]["level"] == "INTERNAL"
    assert facts["provenance"]["decision_id"] == route["decision_id"]
    sent = (painting.home / "run" / "stub.jsonl").read_text().count(PROMPT)
    client.images.generate(model=model, prompt=PROMPT)
    more = (painting.home / "run" / "stub.jsonl").read_text().count(PROMPT) - sent
    assert more == (model != "tiny")
    told = run("audit", "verify", home=painting.home)
    assert told.returncode == 0, told.stdout + told.stderr


def test_a_higher_class_is_made_here_alone(client: openai.OpenAI, painting: Instance) -> None:
    secret: Any = {"route": {"data_class": "CONFIDENTIAL"}}
    made = client.images.generate(model="tiny", prompt=f"{PROMPT} CANARY-3320", extra_body=secret)
    assert made.data
    for model in ("openai-images", "gemini-images"):
        with pytest.raises(openai.PermissionDeniedError):
            client.images.generate(model=model, prompt=f"{PROMPT} CANARY-3320", extra_body=secret)
    assert "CANARY-3320" not in (painting.home / "run" / "stub.jsonl").read_text()
