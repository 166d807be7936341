"""The example company's customer database, made in a home whose settings ask for it."""

from __future__ import annotations

import os

from deployments.home import Home
from deployments.settings import Settings
from models.reference.crm import build

PACKAGED = "crm"
FILE = "crm.db"


def ensure_example_crm(home: Home, settings: Settings) -> None:
    """Make the database once, whole or not at all; an existing one is left as it is."""
    if PACKAGED not in settings.retriever.sources.values():
        return
    path = home.path / FILE
    if path.exists():
        return
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    build(fresh)
    os.replace(fresh, path)
