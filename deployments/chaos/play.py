"""Plays the faults of a seed on a running instance under load, and judges what came of it."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import psutil

from deployments.chaos.audit import Window, judge
from deployments.chaos.faults import FULL, KILL, Fault, faults, order
from deployments.chaos.load import INSIDE, WITH_STUB, Load, outcomes
from deployments.chaos.report import ChaosReport, Played, invariants
from deployments.chaos.scene import Scene
from deployments.chaos.victims import deployments, orphaned_engines, until
from deployments.home import Home
from models.errors import PodiumError
from router.ledger_reader.sqlite_source import SqliteSource
from router.ledger_reader.verify import verify

# One key that runs out in every run, and one that does not.
BUDGETS = {"small": 400, "large": 10_000_000}
# Every answer takes ten tokens at least.
_ASKS_AT_MOST = 60
_ENGINES_GONE_S = 60.0
_PLACES_FREE_S = 90.0
_AFTER_S = 5.0
Tell = Callable[[Played], None]


def play(
    scene: Scene,
    folder: Path,
    *,
    seed: int,
    minutes: float,
    workers: int,
    tell: Tell,
    only: Sequence[str] | None = None,
    most: int | None = None,
) -> ChaosReport:
    """Play for so long, or `most` faults; what each client saw is written to `folder`.

    `only` names the faults to play, by default every one that the instance can have.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record, began = folder / "outcomes.jsonl", time.monotonic()
    record.unlink(missing_ok=True)
    load = Load(
        scene.base_url, scene.key, record, _keys(scene), WITH_STUB if scene.stub else INSIDE
    )
    load.start(workers, seed)
    windows: list[Window] = []
    names = islice(order(seed, list(only or known(scene))), most)
    try:
        played = _play(scene, seed, names, began + 60 * minutes, windows, tell)
        if scene.is_well():
            load.use_up("small", _ASKS_AT_MOST)
    finally:
        load.stop()
    left = _left(scene)
    verdict = judge(
        scene.home, outcomes(record), BUDGETS, documents=scene.documents(), windows=windows
    )
    ledger = _verified(scene.home)
    seconds = round(time.monotonic() - began, 1)
    found = invariants(played, verdict, ledger, left)
    report = ChaosReport(seed, seconds, played, verdict, ledger, found)
    (folder / "report.json").write_text(json.dumps(report.as_dict(), indent=1))
    return report


def _keys(scene: Scene) -> dict[str, str]:
    return {name: scene.new_key(tokens_per_day=most)[1] for name, most in BUDGETS.items()}


def known(scene: Scene) -> Mapping[str, Fault]:
    """Every fault that the instance can have, by name; what leaves is seen at a stub alone."""
    found = dict(faults(deployments(scene.pid), clock=scene.clock is not None))
    if not scene.stub:
        found.pop(f"{FULL}Egress", None)
    return found


def _play(
    scene: Scene,
    seed: int,
    names: Iterator[str],
    end: float,
    windows: list[Window],
    tell: Tell,
) -> list[Played]:
    all_of_them, began = known(scene), time.monotonic()
    draw = random.Random(f"faults {seed}")  # noqa: S311 - to be drawn again from the same seed
    played: list[Played] = []
    for name in names:
        if time.monotonic() >= end:
            break
        time.sleep(draw.uniform(0.0, 1.5))
        at, start = time.monotonic() - began, time.time()
        one = _one(name, all_of_them[name], scene, draw, at)
        if name == f"{KILL}Gateway":
            windows.append(Window(start, time.time() + _AFTER_S))
        played.append(one)
        tell(one)
        if one.broken is not None and not scene.is_well():
            break  # What is played on an instance that is down proves nothing.
    return played


def _one(name: str, fault: Fault, scene: Scene, draw: random.Random, at: float) -> Played:
    began, detail, wrong = time.monotonic(), "", None
    try:
        detail = fault(scene, draw)
        until(scene.is_well)
        until(lambda: not orphaned_engines(scene.pid), _ENGINES_GONE_S)
    except (PodiumError, AssertionError, OSError, psutil.Error) as error:
        wrong = str(error) or type(error).__name__
    return Played(name, round(at, 1), round(time.monotonic() - began, 1), detail, wrong)


def _left(scene: Scene) -> list[str]:
    """What holds a place, or runs, although nobody asks any more."""
    found = []
    try:
        # The one that asks for the count holds a place itself.
        until(lambda: scene.in_flight() <= 1, _PLACES_FREE_S)
    except PodiumError:
        found.append(f"{scene.in_flight() - 1} requests still hold a place, and nobody asks")
    orphans = orphaned_engines(scene.pid)
    return [*found, *(f"an engine of no replica runs on: pid {pid}" for pid in orphans)]


def _verified(home: Path) -> dict[str, object]:
    found = Home(home)
    return verify(SqliteSource(found.ledger), found.pepper(), None).as_dict()
