"""The setting `gateway.presidio`: off by default, and an error before anything is started."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path

import pytest
from pydantic import ValidationError

from deployments.config_check import check_config
from deployments.home import Home
from deployments.settings import GatewaySettings, Settings
from deployments.text_scanner import check_presidio, text_scanner
from models.errors import SetupError

installed = importlib.util.find_spec("presidio_analyzer") is not None
ON = Settings(models=(), gateway=GatewaySettings(presidio=("en",)))


def test_without_the_setting_our_own_detectors_read() -> None:
    check_presidio(Settings(models=()))
    seen = asyncio.run(text_scanner(Settings(models=())).scan(["jane@example.com"]))
    assert [one.type for one in seen.findings] == ["EMAIL"]


@pytest.mark.skipif(installed, reason="the extra `presidio` is installed")
def test_without_the_package_nothing_starts(tmp_path: Path) -> None:
    for start in (check_presidio, text_scanner, lambda one: check_config(one, Home(tmp_path))):
        with pytest.raises(SetupError, match=r"pip install 'podium\[presidio\]'"):
            start(ON)


@pytest.mark.skipif(not installed, reason="the extra `presidio` is not installed")
def test_with_the_package_both_read() -> None:
    seen = asyncio.run(text_scanner(ON).scan(["jane@example.com, US passport A12345678"]))
    assert seen.complete and "EMAIL" in {one.type for one in seen.findings}


def test_a_language_has_two_letters() -> None:
    with pytest.raises(ValidationError):
        GatewaySettings(presidio=("english",))
