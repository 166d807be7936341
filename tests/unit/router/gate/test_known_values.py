"""The gate's own scan: keys it knows, and anything shaped like a Podium key."""

from __future__ import annotations

import pytest

from router.gate.known_values import KnownValues

KEY = "sk-provider-0123456789"
PODIUM_KEY = "pk_default_0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("text", [f"my key is {KEY}.", f"{KEY}", f"use {PODIUM_KEY} please"])
def test_keys_are_found(text: str) -> None:
    scan = KnownValues([KEY])(text)
    assert [found.category for found in scan.findings] == ["secret"]
    assert scan.complete


def test_ordinary_text_is_clean() -> None:
    assert not KnownValues([KEY, ""])("Hello, my order is pk_4217.").findings
