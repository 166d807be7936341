"""Which catalog rows are in force: the built-in ones, the home's, then the operator's folders."""

from __future__ import annotations

from pathlib import Path

from deployments.home import Home
from deployments.settings import Settings
from models.catalog import Catalog, ModelCard, Price, builtin_catalog, load_catalog


def read_catalog(settings: Settings, home: str) -> Catalog:
    """The catalog; a later folder's row replaces an earlier one of the same id."""
    folders = [builtin_catalog(), Home(Path(home)).catalog]
    catalog = load_catalog([*folders, *(Path(folder) for folder in settings.catalog)])
    return Catalog(_priced(card, settings.gpu_second_usd) for card in catalog)


def _priced(card: ModelCard, gpu_second: float) -> ModelCard:
    """A local row without a price of its own takes the rate of the settings."""
    if not gpu_second or not card.is_local or card.price is not None:
        return card
    price = Price.model_validate({"gpu_second": gpu_second})
    return card.model_copy(update={"price": price})
