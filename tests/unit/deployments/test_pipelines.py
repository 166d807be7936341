"""The pipelines a gateway serves: the packaged ones, and those of the settings' folders."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from deployments.config_check import check_config
from deployments.gateway_state import GatewayState
from deployments.home import Home
from deployments.keyring import Keyring
from deployments.model_status import ModelStatus
from deployments.settings import Settings
from models.catalog import Catalog
from models.errors import InvalidConfig
from router.policy_file import default_policy
from tests.wire.local_remote import LocalRemote

SUPPORT = resources.files("router").joinpath("pipelines", "support.yaml").read_text()


def gateway(settings: Settings) -> GatewayState:
    nobody = LocalRemote("nobody", object())
    return GatewayState(
        settings, Catalog(()), default_policy(), Keyring(bytes(32)), ModelStatus({}), {}, nobody,
        nobody, bytes(32),
    )  # fmt: skip


def test_a_folder_of_the_settings_adds_and_replaces_pipelines(tmp_path: Path) -> None:
    assert gateway(Settings()).pipelines.names() == ("support",)
    (tmp_path / "support.yaml").write_text(SUPPORT.replace("version: 1", "version: 7"))
    (tmp_path / "other.yaml").write_text(SUPPORT.replace("name: support", "name: other"))
    pipelines = gateway(Settings(pipelines=(str(tmp_path),))).pipelines
    assert pipelines.names() == ("other", "support")
    assert pipelines.plan("support").version == 7


GREETING = """
name: greeting
version: 1
input: {text: Text}
steps:
  greet: {use: generate, prompt: mine/greet@prod, output: Greeting, with: {text: input.text}}
  say: {use: generate, prompt: mine/greet@prod, with: {text: greet.words}}
output: {reply: say}
"""
PROMPT = "inputs: [text]\nmessages: [{role: user, content: '{{ text }}'}]\n"
SCHEMA = "type: object\nproperties: {words: {type: string}}\nrequired: [words]\n"


def filled(folder: Path) -> Path:
    """Folders of a pipeline with a prompt and a schema of its own."""
    files = {
        "pipelines/greeting.yaml": GREETING,
        "prompts/mine/greet/v1.yaml": PROMPT,
        "prompts/labels.yaml": "mine/greet: {prod: v1}",
        "schemas/Greeting.yaml": SCHEMA,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_a_pipeline_from_outside_brings_its_prompts_and_schemas(tmp_path: Path) -> None:
    folder = filled(tmp_path)
    named = {kind: (str(folder / kind),) for kind in ("pipelines", "prompts", "schemas")}
    assert "greeting" in gateway(Settings(**named)).pipelines.names()
    with pytest.raises(InvalidConfig) as caught:
        gateway(Settings(**named | {"prompts": ()}))
    assert caught.value.message.startswith("greeting.yaml: steps.greet.prompt")


def test_the_homes_own_folders_are_read_first(tmp_path: Path) -> None:
    home = filled(tmp_path / "home")
    assert "greeting" in gateway(Settings(home=str(home))).pipelines.names()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "g.yaml").write_text(GREETING.replace("version: 1", "version: 2"))
    made = gateway(Settings(home=str(home), pipelines=(str(tmp_path / "more"),)))
    assert made.pipelines.plan("greeting").version == 2


@pytest.mark.parametrize("setting", ["pipelines", "prompts", "schemas"])
def test_a_folder_that_is_none_is_named(tmp_path: Path, setting: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        gateway(Settings(**{setting: (str(tmp_path / "gone"),)}))
    assert caught.value.param == setting
    assert str(tmp_path / "gone") in caught.value.message


def test_config_check_reads_them_all(tmp_path: Path) -> None:
    home = Home(filled(tmp_path))
    found = check_config(Settings(), home)
    assert "greeting" in found["pipelines"]
    assert "mine/greet@v1" in found["prompts"]
    assert found["schemas"] == ["Greeting", "Intent"]
    (home.schemas / "Greeting.yaml").write_text("type: thing")
    with pytest.raises(InvalidConfig) as caught:
        check_config(Settings(), home)
    assert str(home.schemas / "Greeting.yaml") in caught.value.message
