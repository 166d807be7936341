"""Which catalog rows are in force: the built-in ones, the home's, then the operator's folders."""

from __future__ import annotations

from pathlib import Path

from deployments.home import Home
from deployments.settings import Settings
from models.catalog import Catalog, builtin_catalog, load_catalog


def read_catalog(settings: Settings, home: str) -> Catalog:
    """The catalog; a later folder's row replaces an earlier one of the same id."""
    folders = [builtin_catalog(), Home(Path(home)).catalog]
    return load_catalog([*folders, *(Path(folder) for folder in settings.catalog)])
