"""The clock set ahead or back under load, on an instance that goes by a clock of its own."""

from __future__ import annotations

import random
import time

from deployments.chaos.clock import move
from deployments.chaos.scene import Scene
from deployments.chaos.victims import deployments, replaced, until

MOVED = "clock moved"
_DAY_S = 86_400.0
_NEAR_S = 60.0
_QUICK = ("Egress", "Embedder-embed", "Retriever", "State")


def moved_clock(scene: Scene, draw: random.Random) -> str:
    """Ahead or back by minutes, and to the right time again; answers come all the while.

    After it was set back, once in either case, a replica dies: it must be replaced at once.
    """
    if scene.clock is None:
        raise AssertionError("this one goes by the machine's clock")
    seconds = within_a_day(draw.uniform(300.0, 1800.0) * draw.choice((-1, 1)), time.time())
    victim = draw.choice([one for one in deployments(scene.pid) if one in _QUICK])
    move(scene.clock, seconds)
    try:
        off = scene.created() - time.time() - seconds
        if abs(off) > _NEAR_S:
            raise AssertionError(f"its clock did not move: it is off by {off:.0f} s")
        until(scene.is_well)
        time.sleep(draw.uniform(2.0, 4.0))
        if seconds < 0:
            replaced(scene.pid, victim)
    finally:
        move(scene.clock, 0.0)
    if seconds > 0:
        replaced(scene.pid, victim)
    way = "ahead and to rights" if seconds > 0 else "back"
    return f"{abs(seconds) / 60:.0f} min {way}, then {victim} was killed"


def within_a_day(seconds: float, now: float) -> float:
    """Turned round where it would lead into another day: there budgets begin anew, rightly."""
    return seconds if int(now // _DAY_S) == int((now + seconds) // _DAY_S) else -seconds
