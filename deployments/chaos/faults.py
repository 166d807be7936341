"""Every fault there is, and the order in which a seed plays them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import psutil

from deployments.chaos.connections import dropped, half_sent, slow_headers, storm
from deployments.chaos.moved_clock import MOVED, moved_clock
from deployments.chaos.scene import NOT_WRITTEN, Scene
from deployments.chaos.victims import CONTROLLER, ENGINE, find, replaced, replicas

Fault = Callable[[Scene, random.Random], str]
KILL = "kill "
FULL = "disk full for "
# It looks at what runs at once, and starts what it finds missing within seconds.
_TAKEN_OVER_S = 8.0
NOBODY = "nobody there"
_ENDS_S = 2.0


def faults(deployments: Sequence[str], *, clock: bool = False) -> Mapping[str, Fault]:
    """By name; an instance without one of our writers can't have its disk full.

    `clock` says that its clock can be moved.
    """
    victims = [*deployments, ENGINE]
    return {
        **{f"{KILL}{name}": partial(_killed, name) for name in victims},
        f"{KILL}{CONTROLLER}": _controller_killed,
        **{f"{FULL}{name}": partial(_full, name) for name in _WRITES if name in deployments},
        "half-sent uploads": half_sent,
        "slow headers": slow_headers,
        "dropped connections": dropped,
        "storm of requests": storm,
        **({MOVED: moved_clock} if clock else {}),
    }


def kind(name: str) -> str:
    """Faults of one kind prove the same; every deployment's replica is of one."""
    if name in (f"{KILL}{ENGINE}", f"{KILL}{CONTROLLER}"):
        return name
    return next((one for one in (KILL, FULL) if name.startswith(one)), name)


def order(seed: int, names: Sequence[str]) -> Iterator[str]:
    """For ever: each name once in every round, rounds in an order of their own.

    The first round begins with one of each kind, so that a short run proves something of all.
    """
    draw = random.Random(f"order {seed}")  # noqa: S311 - to be drawn again from the same seed
    first = draw.sample(sorted(names), len(names))
    kinds = {kind(name): name for name in reversed(first)}
    yield from (name for name in first if kinds[kind(name)] == name)
    yield from (name for name in first if kinds[kind(name)] != name)
    while True:
        yield from draw.sample(sorted(names), len(names))


def _killed(name: str, scene: Scene, _draw: random.Random) -> str:
    gone = replaced(scene.pid, name)
    return NOBODY if gone is None else f"pid {gone}"


def _controller_killed(scene: Scene, draw: random.Random) -> str:
    """The next one takes over what runs: no replica is begun anew for it."""
    before = replicas(scene.pid)
    told = _killed(CONTROLLER, scene, draw)
    end = time.monotonic() + _TAKEN_OVER_S
    while time.monotonic() < end:
        new = replicas(scene.pid) - before
        if new:
            names = ", ".join(sorted(name for name, _ in new))
            raise AssertionError(f"begun anew although they ran: {names}")
        time.sleep(0.5)
    return told


def _full(name: str, scene: Scene, draw: random.Random) -> str:
    """The kernel lets the process write to no file: for it, every disk is full."""
    process, seconds = find(scene.pid, name), draw.uniform(2.0, 4.0)
    if process is None:
        return NOBODY
    before = process.rlimit(psutil.RLIMIT_FSIZE)
    process.rlimit(psutil.RLIMIT_FSIZE, (0, before[1]))
    try:
        return f"{seconds:.1f} s, {_WRITES[name](scene, seconds)}"
    finally:
        if process.is_running():
            process.rlimit(psutil.RLIMIT_FSIZE, before)


def _refused(write: Callable[[Scene], int], scene: Scene, seconds: float) -> str:
    status = write(scene)
    if status != 503:
        raise AssertionError(f"with a full disk a write was answered with {status}")
    time.sleep(seconds)
    return "writes refused"


def _kept_inside(scene: Scene, seconds: float) -> str:
    """While the gate can't write down what leaves, nothing does."""
    refused = scene.refused_outside()
    if refused != NOT_WRITTEN:
        raise AssertionError(f"with a full disk a call outside was answered with {refused}")
    time.sleep(_ENDS_S)  # What was written down a moment before may still be on its way.
    sent = scene.sends()
    time.sleep(seconds)
    refused, more = scene.refused_outside(), scene.sends() - sent
    if more or refused != NOT_WRITTEN:
        raise AssertionError(f"with a full disk {more} calls left, the last got {refused}")
    return "nothing left"


# Whose disk can be full, and what is seen then.
_WRITES: Mapping[str, Callable[[Scene, float], str]] = {
    "State": partial(_refused, Scene.act),
    "Retriever": partial(_refused, Scene.store),
    "Egress": _kept_inside,
}
