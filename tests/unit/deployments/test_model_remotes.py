"""Which way a gateway takes to a model that runs here."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest

from deployments.model_remotes import nearest
from deployments.near_remote import NearRemote
from deployments.near_streams import NearStreams
from deployments.settings import Settings
from deployments.stream_mailbox import Mailbox
from models.catalog import Catalog, ModelCard
from models.deadline import Deadline
from router.scaling.settings import Scaling
from tests.scripted_world import card


@dataclass
class Far:
    """Serve's way."""

    name: str = "mistral"

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        raise NotImplementedError

    def stream(self, method: str, *args: object, deadline: Deadline) -> AsyncGenerator[Any, None]:
        raise NotImplementedError


async def one() -> int:
    return 1


def way(card_: ModelCard, *others: ModelCard, **settings: Any) -> type:
    """The Remote of the first of these cards."""
    found = nearest(
        {card_.id: Far()},
        {card_.id: one},
        Settings(models=(card_.id,), **settings),
        Catalog((card_, *others)),
        Mailbox("here"),
    )
    return type(found[card_.id])


BASE = card("mistral")


@pytest.mark.parametrize(
    ("card_", "others", "expected"),
    [
        (BASE, (), NearRemote),
        (card("mistral", dialect="transformers"), (), NearRemote),
        (card("mistral", replicas=2), (), NearStreams),
        (card("mistral", dialect="ray_serve_llm"), (), NearStreams),
        (card("polite", base="mistral"), (BASE,), NearRemote),
        (card("polite", base="mistral"), (card("mistral", replicas=2),), NearStreams),
        (card("embed", dialect="embedder", capabilities=frozenset({"embed"})), (), Far),
    ],
)
def test_the_nearest_way_that_picks_rightly(
    card_: ModelCard, others: tuple[ModelCard, ...], expected: type
) -> None:
    assert way(card_, *others) is expected


def test_a_model_that_grows_has_no_door() -> None:
    assert way(BASE, scaling={"mistral": Scaling(max_replicas=2)}) is NearStreams
