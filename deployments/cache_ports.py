"""Ports of NIXL's side channel, over which engines that write find the cache of those that read.

Ray Serve LLM 2.60 gives each copy `base + rank * workers` (`kv_transfer/nixl.py`), with the same
bases for every model: two on one node would meet, and its bases lie among those of `port_block`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.catalog import ModelCard
from models.errors import InvalidConfig
from models.local.ray_llm_settings import RayLlmSettings
from router.scaling.settings import Scaling

DIALECT = "ray_serve_llm"
# Above Linux's range for outgoing connections (32768 to 60999).
PORTS = range(61_000, 65_536)
# A copy that is stopping holds its rank while the next one starts.
_TURNS = 2


@dataclass(frozen=True, slots=True)
class CachePorts:
    """The first port of a row's copies that read, and of those that write."""

    prefill: int
    decode: int


def cache_ports(
    cards: Iterable[ModelCard], scaling: Mapping[str, Scaling]
) -> Mapping[str, CachePorts]:
    """By row that has `prefill_replicas`, in the order of the rows; none shares a port.

    Raises InvalidConfig where they need more ports than there are.
    """
    found: dict[str, CachePorts] = {}
    free = PORTS.start
    for card in cards:
        if card.dialect != DIALECT or card.base is not None:
            continue
        settings = RayLlmSettings.model_validate(card.engine)
        if not settings.prefill_replicas:
            continue
        rules = scaling.get(card.id)
        each = _TURNS * settings.workers
        decode = free + settings.prefill_replicas * each
        found[card.id] = CachePorts(free, decode)
        free = decode + (rules.max_replicas if rules else card.replicas) * each
        if free > PORTS.stop:
            raise InvalidConfig(
                f"model '{card.id}': the copies of all rows with engine.prefill_replicas need"
                f" {free - PORTS.start} ports and there are {len(PORTS)}, {_TURNS} for each"
                " worker. Have fewer copies.",
                param="engine.prefill_replicas",
            )
    return found
