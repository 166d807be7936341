"""Which tariff a model has: its row's own price, else the price data that is installed with us.

The data are those packaged with genai-prices (MIT, https://github.com/pydantic/genai-prices). They
are read from disk; nothing here starts the package's own updates, so nothing goes out.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any, Protocol

from models.tariff import FREE, Rate, Tariff, dearest_of

DATA = "genai-prices"
# Prices may change with the time of day; within one of these they do not.
_STEP_S = 60


class RowPrice(Protocol):
    """What a row of the catalog says of its price."""

    @property
    def input(self) -> Decimal: ...
    @property
    def output(self) -> Decimal: ...
    @property
    def cached(self) -> Decimal | None: ...
    @property
    def reasoning(self) -> Decimal | None: ...
    @property
    def gpu_second(self) -> Decimal: ...
    @property
    def image(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...
    @property
    def checked(self) -> str | None: ...
    @property
    def tariff(self) -> Tariff: ...


class Row(Protocol):
    """A model as far as its price goes."""

    @property
    def id(self) -> str: ...
    @property
    def is_local(self) -> bool: ...
    @property
    def site(self) -> str: ...
    @property
    def base_url(self) -> str | None: ...
    @property
    def vendor_model(self) -> str | None: ...
    @property
    def price(self) -> RowPrice | None: ...


def tariff_of(row: Row, now: float | None = None) -> Tariff:
    """The tariff in force at `now`, in seconds since the epoch.

    A row's own price in US dollars comes first. A model inside without one is free; one outside is
    looked up by vendor and name, and counts as the dearest of its vendor when it is not known.
    """
    price = row.price
    if price is not None and price.currency == "USD":
        return price.tariff
    if row.is_local:
        return FREE
    minute = int(time.time() if now is None else now) // _STEP_S
    return _outside(row.base_url or "", row.site, row.vendor_model or row.id, minute)


def own_tariff(price: RowPrice) -> Tariff:
    """The tariff that a row's own price says."""
    return Tariff(
        input=Rate(price.input),
        output=Rate(price.output),
        cached=None if price.cached is None else Rate(price.cached),
        reasoning=None if price.reasoning is None else Rate(price.reasoning),
        gpu_second=price.gpu_second,
        image=price.image,
        source="catalog",
        checked=price.checked,
    )


@lru_cache(maxsize=256)
def _outside(base_url: str, site: str, model: str, minute: int) -> Tariff:
    now = datetime.fromtimestamp(minute * _STEP_S, UTC)
    vendor = _vendor(base_url, site)
    every = _snapshot().providers
    found = vendor.find_model(model.lower(), all_providers=every) if vendor else None
    if found is not None:
        tariff = _tariff(found.get_prices(now))
        if tariff is not None:
            return tariff
    known = [vendor] if vendor else every
    return dearest_of(_every(tuple(one.id for one in known), minute // 1440))


@lru_cache(maxsize=64)
def _every(vendors: tuple[str, ...], day: int) -> tuple[Tariff, ...]:
    now = datetime.fromtimestamp(day * 1440 * _STEP_S, UTC)
    models = [m for one in _snapshot().providers if one.id in vendors for m in one.models]
    found = (_tariff(model.get_prices(now)) for model in models)
    return tuple(one for one in found if one is not None)


def _vendor(base_url: str, site: str) -> Any:
    for reference in ({"provider_api_url": base_url}, {"provider_id": site}):
        asked = {"model_ref": None, "provider_id": None, "provider_api_url": None, **reference}
        try:
            return _snapshot().find_provider(**asked)
        except LookupError:
            continue
    return None


def _tariff(price: Any) -> Tariff | None:
    """Ours for a price of the data; None for what is not charged by tokens."""
    input_, output = _rate(price.input_mtok), _rate(price.output_mtok)
    if input_ is None or output is None:
        return None
    return Tariff(
        input=input_,
        output=output,
        cached=_rate(price.cache_read_mtok),
        cache_write=_rate(price.cache_write_mtok),
        reasoning=_rate(price.output_reasoning_mtok),
        source="genai-prices",
        checked=f"{DATA} {version(DATA)}",
    )


def _rate(price: Any) -> Rate | None:
    if price is None:
        return None
    if isinstance(price, Decimal):
        return Rate(price)
    return Rate(price.base, tuple((tier.start, tier.price) for tier in price.tiers))


@cache
def _snapshot() -> Any:
    from genai_prices import data
    from genai_prices.data_snapshot import DataSnapshot

    # A snapshot of our own: the package's global one may be replaced by its updates.
    return DataSnapshot(providers=data.providers, from_auto_update=False)
