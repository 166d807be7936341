"""Which remote rows are served: none by default, those with a key, or those on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.egress_rows import enabled_rows, keyless_rows, write_stub_rows
from deployments.settings import Settings
from models.catalog import Catalog, builtin_catalog, load_catalog
from models.errors import InvalidConfig
from tests.remote_cards import remote_card
from tests.scripted_world import card

STUB = "http://127.0.0.1:9/v1"
CATALOG = Catalog([
    card("mistral"),
    remote_card(),
    remote_card(id="open", key_env=None),
    remote_card(STUB, id="here", key_env=None),
    remote_card(id="copilot", dialect="copilot", key_env=None),
])  # fmt: skip


def served(remote: str, *keys: str) -> list[str]:
    return [one.id for one in enabled_rows(Settings(remote=remote), CATALOG, keys)]


def test_off_serves_nothing_whatever_keys_there_are() -> None:
    assert served("on", "OPENAI_API_KEY") == ["chatgpt", "open", "here"]
    assert served("off", "OPENAI_API_KEY") == []


def test_a_row_without_its_key_is_left_out_and_said() -> None:
    assert served("on") == ["open", "here"]
    assert keyless_rows(Settings(remote="on"), CATALOG, ()) == (
        "chatgpt is left out: OPENAI_API_KEY is not set",
    )
    assert keyless_rows(Settings(remote="on"), CATALOG, ("OPENAI_API_KEY",)) == ()
    assert keyless_rows(Settings(), CATALOG, ()) == ()


def test_copilot_is_served_by_a_row_that_names_a_runtime_and_never_by_the_stub(
    tmp_path: Path,
) -> None:
    named = remote_card(
        STUB, id="copilot", dialect="copilot", key_env=None, engine={"cli_path": "/opt/copilot"}
    )
    rows = Catalog([named])
    assert enabled_rows(Settings(remote="on"), rows, ()) == (named,)
    for remote in ("off", "stub"):
        assert enabled_rows(Settings(remote=remote), rows, ()) == ()
    write_stub_rows(tmp_path, rows, STUB)
    assert "copilot" not in (tmp_path / "stub.yaml").read_text()


def test_the_rows_that_are_named_are_served_though_no_key_is_seen() -> None:
    """On a cluster the deployer sees no key: Egress alone has them."""
    named = Settings(remote="on", outside=("here", "chatgpt"))
    assert [one.id for one in enabled_rows(named, CATALOG, ())] == ["here", "chatgpt"]
    assert enabled_rows(Settings(remote="off", outside=("here",)), CATALOG, ()) == ()
    with pytest.raises(InvalidConfig, match="outside names 'mistral'"):
        enabled_rows(Settings(remote="on", outside=("mistral",)), CATALOG, ())


def test_stub_serves_loopback_alone_even_with_a_key() -> None:
    assert served("stub", "OPENAI_API_KEY") == ["here"]


def test_the_stub_s_rows_lead_to_it_and_know_no_key(tmp_path: Path) -> None:
    shipped = load_catalog([builtin_catalog()])
    write_stub_rows(tmp_path / "rows", shipped, STUB)
    laid = load_catalog([builtin_catalog(), tmp_path / "rows"])
    served = enabled_rows(Settings(remote="stub"), laid, ())
    assert [one.id for one in served] == [
        "chatgpt", "claude", "gemini", "deepseek", "mistral-api", "openai-images",
        "gemini-images",
    ]  # fmt: skip
    roots = {"claude", "gemini", "gemini-images"}
    assert {one.base_url for one in served if one.id not in roots} == {STUB}
    assert {one.base_url for one in served if one.id in roots} == {STUB.removesuffix("/v1")}
    assert all(one.key_env is None for one in served)
    for one in served:
        before = shipped.card(one.id)
        assert (one.site, one.clearance, one.vendor_model, one.engine) == (
            before.site, before.clearance, before.vendor_model, before.engine,
        )  # fmt: skip


def test_nothing_remote_is_enabled_as_shipped() -> None:
    shipped = load_catalog([builtin_catalog()])
    assert "chatgpt" in shipped
    assert enabled_rows(Settings(), shipped, ("OPENAI_API_KEY",)) == ()
