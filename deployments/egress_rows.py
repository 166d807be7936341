"""Which rows of the catalog are served from outside, and the rows that stand on the stub."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import yaml

from deployments.settings import Settings
from models.catalog import Catalog, ModelCard
from models.errors import InvalidConfig
from models.remote.registry import has_address, is_reachable

_LOOPBACK = "http://127.0.0.1:"


def enabled_rows(
    settings: Settings, catalog: Catalog, keys: Collection[str]
) -> tuple[ModelCard, ...]:
    """The remote rows in force; `keys` names the variables for which a key is there.

    `on` takes the rows that the settings name, else every row with its key, or that needs none;
    `stub` only what stands on loopback. Raises InvalidConfig for a name that is no row outside.
    """
    if settings.remote == "off":
        return ()
    rows = (card for card in catalog if is_reachable(card))
    if settings.remote == "stub":
        return tuple(card for card in rows if has_address(card) and _on_loopback(card))
    if settings.outside is not None:
        return _named(settings.outside, {card.id: card for card in rows})
    return tuple(card for card in rows if card.key_env is None or card.key_env in keys)


def _on_loopback(card: ModelCard) -> bool:
    return (card.base_url or "").startswith(_LOOPBACK)


def _named(names: Sequence[str], rows: Mapping[str, ModelCard]) -> tuple[ModelCard, ...]:
    for name in names:
        if name not in rows:
            raise InvalidConfig(
                f"outside names '{name}', which is no row of a model outside; there are:"
                f" {', '.join(sorted(rows))}.",
                param="outside",
            )
    return tuple(rows[name] for name in names)


def keyless_rows(settings: Settings, catalog: Catalog, keys: Collection[str]) -> tuple[str, ...]:
    """What to tell an operator who turned remote models on: which are left out, and why."""
    if settings.remote != "on":
        return ()
    asked = settings.outside
    return tuple(
        f"{card.id} is left out: {card.key_env} is not set"
        for card in catalog
        if is_reachable(card)
        and card.key_env
        and card.key_env not in keys
        and (asked is None or card.id in asked)
    )


def write_stub_rows(folder: Path, catalog: Catalog, base_url: str) -> None:
    """Lay rows over every remote row with an address that lead to the stub and know no key."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    rows = [_on_stub(card, base_url) for card in catalog if has_address(card)]
    text = yaml.safe_dump(rows, sort_keys=False, allow_unicode=True)
    (folder / "stub.yaml").write_text(text, encoding="utf-8")


def _on_stub(card: ModelCard, base_url: str) -> dict[str, object]:
    """The row at the stub; only OpenAI's SDK wants the version in the base URL."""
    if card.dialect in ("anthropic", "gemini", "gemini_images"):
        base_url = base_url.removesuffix("/v1")
    moved = card.model_copy(update={"base_url": base_url, "allow_insecure": True, "key_env": None})
    return moved.model_dump(mode="json", by_alias=True, exclude_none=True)
