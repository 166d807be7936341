"""The pipelines a gateway serves: the packaged ones, and those of the settings' folders."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from deployments.gateway_state import GatewayState
from deployments.keyring import Keyring
from deployments.model_status import ModelStatus
from deployments.settings import Settings
from models.catalog import Catalog
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
