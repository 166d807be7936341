"""What a gateway waits for before it takes requests in: to know the keys and who answers.

Beside one that is there already, a new gateway that refuses everybody for want of keys would be
the one with the fewest requests under way, and so be sent the most.
"""

from __future__ import annotations

import asyncio
import time

from deployments.keyring import Keyring
from deployments.model_status import ModelStatus

# Where models load for longer, or do not start, the gateway says so itself.
FIRST_S = 15.0
_EVERY_S = 0.05


async def first_answers(keyring: Keyring, status: ModelStatus, seconds: float = FIRST_S) -> bool:
    """Whether the keys are known and each model has answered when the wait ends."""
    until = time.monotonic() + seconds
    while not (keyring.fresh and status.told()):
        if time.monotonic() >= until:
            return False
        await asyncio.sleep(_EVERY_S)
    return True
