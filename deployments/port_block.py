"""A hundred neighbouring ports for one instance alone.

Ray's replicas bind with SO_REUSEPORT: two instances whose ranges met would share a port in
silence, and one would answer the other's requests. So each claims a block by a socket of its own.
"""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.errors import SetupError

SIZE = 100
# Below Linux's range for outgoing connections (32768 and up), above what services use by habit.
BLOCKS = range(20_000, 30_000, SIZE)

Shuffle = Callable[[list[int]], None]
_SHUFFLE: Shuffle = random.SystemRandom().shuffle


@dataclass(frozen=True, slots=True)
class PortBlock:
    """Ports `start` to `start + SIZE - 1`; the claim lasts until `release`."""

    start: int
    claim: socket.socket

    @property
    def metrics(self) -> int:
        """Where HAProxy tells its metrics."""
        return self.start + 1

    @property
    def stats(self) -> int:
        """Where HAProxy tells its state."""
        return self.start + 2

    @property
    def fallback_http(self) -> int:
        """Where Serve's own proxy stands in while no gateway is up."""
        return self.start + 3

    @property
    def fallback_grpc(self) -> int:
        """The same for gRPC."""
        return self.start + 4

    @property
    def http(self) -> range:
        """Where gateways listen behind HAProxy."""
        return range(self.start + 10, self.start + 50)

    @property
    def grpc(self) -> range:
        """Where Serve's gRPC ingress would listen."""
        return range(self.start + 50, self.start + SIZE)

    def release(self) -> None:
        """Let others have the block."""
        self.claim.close()


def claim_ports(blocks: Sequence[int] = BLOCKS, shuffle: Shuffle = _SHUFFLE) -> PortBlock:
    """A block nobody else has claimed and in which nobody listens."""
    starts = list(blocks)
    shuffle(starts)
    for start in starts:
        claim = _bound(start)
        if claim is None:
            continue
        if all(_is_free(port) for port in range(start + 1, start + SIZE)):
            return PortBlock(start, claim)
        claim.close()
    raise SetupError(
        f"No block of {SIZE} free ports between {blocks[0]} and {blocks[-1] + SIZE}; stop another"
        " Podium, or whatever listens there."
    )


def _bound(port: int) -> socket.socket | None:
    claim = socket.socket()
    try:
        claim.bind(("127.0.0.1", port))
    except OSError:
        claim.close()
        return None
    return claim


def _is_free(port: int) -> bool:
    bound = _bound(port)
    if bound is None:
        return False
    bound.close()
    return True
