"""A million seeded inputs: no crash, no hang, no traceback to a client."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from deployments.gateway_app import gateway_app
from deployments.settings import GatewaySettings
from tests.property.fuzz.asgi import Answer, ask
from tests.property.fuzz.bodies import draw_request
from tests.property.fuzz.targets import Target, detectors, policy, redactor, token
from tests.wire.conftest import settings
from tests.wire.stage import Stage

SEED = 20261128
# Of a thousand inputs.
SHARES: Mapping[Target, int] = {token: 400, detectors: 250, redactor: 150, policy: 50}
BODIES = 150
PARTS = 100
# Processor time of this thread, which does not grow when others are busy.
MOST_S = 1.0


def _fuzzed(thousands: int, seed: int) -> tuple[Counter[str], list[str]]:
    """How many inputs each target let through, or refused where that is right; and every fault."""
    counted: Counter[str] = Counter()
    wrong: list[str] = []
    for target, share in SHARES.items():
        name = getattr(target, "__name__", "")
        for number in range(share * thousands):
            rng = random.Random(f"{seed} {name} {number}")
            began = time.thread_time()
            try:
                counted[name] += target(rng)
            except Exception as error:
                wrong.append(f"{name} {number}: {type(error).__name__}: {error}"[:300])
            if time.thread_time() - began > MOST_S:
                wrong.append(f"{name} {number}: over {MOST_S} s")
    return counted, wrong


async def _asked(folder: Path, count: int, seed: int) -> tuple[Counter[int], list[str]]:
    """The statuses of so many spoilt requests to a whole gateway, and every fault."""
    stage = Stage(folder, settings(GatewaySettings()))
    await stage.open()
    app, statuses, wrong = gateway_app(stage.gateway), Counter[int](), list[str]()
    key = {"authorization": f"Bearer {stage.keys['admin']}"}
    for number in range(count):
        drawn = draw_request(random.Random(f"{seed} bodies {number}"))
        began = time.thread_time()
        try:
            answer = await ask(app, drawn.method, drawn.path, key | drawn.headers, drawn.body)
        except Exception as error:
            wrong.append(f"body {number}: {type(error).__name__}: {error}"[:300])
            continue
        statuses[answer.status] += 1
        hurried = b"max_latency_ms" in drawn.body
        wrong += [f"body {number}: {fault}" for fault in _faults(answer, hurried)]
        if time.thread_time() - began > MOST_S:
            wrong.append(f"body {number}: over {MOST_S} s")
    await stage.close()
    return statuses, wrong


def _faults(answer: Answer, hurried: bool = False) -> list[str]:
    """What a client must never get: our own fault, a traceback, an error without its shape.

    One that is `hurried` set a time itself, which may pass.
    """
    text = answer.body.decode(errors="replace")
    found = ["a traceback"] if "Traceback" in text or 'File "' in text else []
    if answer.status >= 500 and not (hurried and answer.status == 504 and _is_error(text)):
        found.append(f"{answer.status}: {text[:200]}")
    if 400 <= answer.status < 500 and not _is_error(text):
        found.append(f"{answer.status} without an error: {text[:200]}")
    return found


def _is_error(text: str) -> bool:
    try:
        data: Any = json.loads(text)
    except ValueError:
        return False
    return isinstance(data, dict) and bool(data.get("error", {}).get("message"))


def test_what_is_drawn_is_good_and_bad() -> None:
    counted, wrong = _fuzzed(1, SEED)
    assert wrong == []
    assert counted["token"] > 390 and counted["policy"] > 20
    assert counted["detectors"] > 50 and counted["redactor"] > 100


async def test_spoilt_requests_get_a_proper_answer(tmp_path: Path) -> None:
    statuses, wrong = await _asked(tmp_path, 300, SEED)
    assert wrong == []
    assert statuses[200] > 10 and statuses[400] > 50


def test_the_faults_themselves_are_seen() -> None:
    assert _faults(Answer(200, b"{}")) == []
    assert _faults(Answer(400, b'{"error": {"message": "no"}}')) == []
    assert _faults(Answer(500, b'{"error": {"message": "no"}}'))
    late = Answer(504, b'{"error": {"message": "no"}}')
    assert _faults(late) and not _faults(late, hurried=True)
    assert _faults(Answer(504, b"late"), hurried=True)
    assert _faults(Answer(404, b"not found"))
    assert _faults(Answer(200, b"Traceback (most recent call last)"))


@pytest.mark.assurance
@pytest.mark.parametrize("part", range(PARTS))
async def test_a_million_inputs_break_nothing(part: int, tmp_path: Path) -> None:
    thousands = 1_000 // PARTS
    counted, wrong = _fuzzed(thousands, SEED + 1 + part)
    statuses, more = await _asked(tmp_path, BODIES * thousands, SEED + 1 + part)
    print(f"part {part}: {thousands},000 inputs, {dict(counted)}, {dict(statuses)}")
    assert [*wrong, *more] == []
