"""The clock set ahead or back under load, on an instance that goes by a clock of its own."""

from __future__ import annotations

import random
import time

from deployments.chaos.clock import move
from deployments.chaos.scene import Scene
from deployments.chaos.victims import until

MOVED = "clock moved"
_DAY_S = 86_400.0
_NEAR_S = 60.0


def moved_clock(scene: Scene, draw: random.Random) -> str:
    """Ahead or back by minutes, and to the right time again; answers come all the while."""
    if scene.clock is None:
        raise AssertionError("this one goes by the machine's clock")
    seconds = within_a_day(draw.uniform(300.0, 1800.0) * draw.choice((-1, 1)), time.time())
    move(scene.clock, seconds)
    try:
        off = scene.created() - time.time() - seconds
        if abs(off) > _NEAR_S:
            raise AssertionError(f"its clock did not move: it is off by {off:.0f} s")
        until(scene.is_well)
        time.sleep(draw.uniform(2.0, 4.0))
    finally:
        move(scene.clock, 0.0)
    return f"{abs(seconds) / 60:.0f} min {'ahead' if seconds > 0 else 'back'}, and to rights again"


def within_a_day(seconds: float, now: float) -> float:
    """Turned round where it would lead into another day: there budgets begin anew, rightly."""
    return seconds if int(now // _DAY_S) == int((now + seconds) // _DAY_S) else -seconds
