"""LoRA adapters: rows whose `base` is another row, whose engine carries them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from models.catalog import Catalog, ModelCard
from models.errors import InvalidConfig

_CARRIERS = ("vllm", "ray_serve_llm")


def adapters_by_base(
    models: Sequence[str], catalog: Catalog
) -> Mapping[str, tuple[ModelCard, ...]]:
    """The adapters among `models` by the id of their base; raises InvalidConfig naming the row."""
    cards = {card.id: card for name in models for card in [catalog.card(name)]}
    found: dict[str, tuple[ModelCard, ...]] = {}
    for card in cards.values():
        if card.base is not None:
            _check(card, cards)
            found[card.base] = (*found.get(card.base, ()), card)
    return found


def _check(card: ModelCard, cards: Mapping[str, ModelCard]) -> None:
    base = cards.get(card.base or "")
    if base is None:
        raise InvalidConfig(
            f"model '{card.id}': base names '{card.base}', which is not in models; add it there.",
            param="base",
        )
    carries = base.dialect in _CARRIERS and base.base is None
    if not carries or card.dialect != base.dialect:
        raise InvalidConfig(
            f"model '{card.id}': base must be a whole model of dialect {' or '.join(_CARRIERS)},"
            " and its own dialect the same: only these engines carry adapters.",
            param="base",
        )
    if card.engine or card.num_gpus:
        raise InvalidConfig(
            f"model '{card.id}' runs in '{card.base}': leave out engine and num_gpus.",
            param="engine" if card.engine else "num_gpus",
        )
