"""One Podium with its own stub as the provider, for everything about what may go out."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from deployments.chaos.clock import start_with
from tests.serve.instance import Instance, start
from tests.serve.outside.bodies import leaking_pipelines
from tests.serve.outside.provider_keys import KEY, KEY_NAMES
from tests.serve.outside.sinks import Place


@pytest.fixture(scope="package")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The instance, with provider keys in its environment and folders of its own."""
    home = tmp_path_factory.mktemp("outside") / "home"
    pipelines = home.parent / "pipelines"
    pipelines.mkdir()
    for name, text in leaking_pipelines().items():
        (pipelines / f"{name}.yaml").write_text(text)
    temporary, users = short_folder(), tmp_path_factory.mktemp("user")
    environment = dict.fromkeys(KEY_NAMES, KEY) | {
        "TMPDIR": str(temporary),
        "HOME": str(users),
        "PODIUM_PIPELINES": json.dumps([str(pipelines)]),
    }
    # Faults are played on it, and one of them is a clock that is moved.
    environment |= start_with(home.parent / "clock", os.environ)
    instance = start(home, ("--remote", "stub"), environment)
    yield Place(instance, temporary, users)
    instance.stop()
    shutil.rmtree(temporary, ignore_errors=True)


def short_folder() -> Path:
    """A private temporary folder of nine letters: HAProxy's sockets lie deep below it."""
    folder = Path("/tmp") / f"p{secrets.token_hex(2)[:3]}"  # noqa: S108 - fails where one exists
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(scope="package")
def remote(place: Place) -> Instance:
    """The instance itself."""
    return place.instance


@pytest.fixture(scope="package")
def outside(remote: Instance) -> Iterator[openai.OpenAI]:
    """The official client of it."""
    with openai.OpenAI(base_url=remote.url, api_key=remote.key, max_retries=0) as made:
        yield made
