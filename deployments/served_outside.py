"""Which models outside a cluster may ask, as far as its configuration says without any key."""

from __future__ import annotations

from deployments.egress_rows import enabled_rows
from deployments.settings import Settings
from models.catalog import Catalog, ModelCard


def served_outside(settings: Settings, catalog: Catalog) -> tuple[ModelCard, ...]:
    """The rows that may be served: those named, else all, for any key may be mounted."""
    names = {card.key_env for card in catalog if card.key_env}
    return enabled_rows(settings, catalog, names)
