"""What a home's settings point to outside it: no copy of the home holds that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from deployments.home import Home
from deployments.settings import Settings, load_settings
from models.errors import InvalidConfig


def elsewhere(home: Home, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Each as the setting and the place; settings that can't be read are said to be so."""
    try:
        settings = load_settings({}, environ, home.settings)
    except InvalidConfig:
        return ("settings: settings.yaml can't be read, see `podium config check`",)
    return tuple(_named(settings, home))


def _named(settings: Settings, home: Home) -> Iterator[str]:
    if settings.ledger is not None:
        yield "ledger: it lies in PostgreSQL; copy that database by its own means"
    if settings.retriever.store is not None:
        yield "documents: they lie in PostgreSQL; copy that database by its own means"
    if settings.policy is not None and not _inside(settings.policy, home):
        yield f"policy: {settings.policy}"
    for name in ("catalog", "pipelines", "prompts", "schemas"):
        for folder in getattr(settings, name):
            if not _inside(folder, home):
                yield f"{name}: {folder}"


def _inside(path: str, home: Home) -> bool:
    return Path(path).resolve().is_relative_to(home.path.resolve())
