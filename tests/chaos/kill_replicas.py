"""kill -9 of the gate and of the state under load: `python -m tests.chaos.kill_replicas HOME`.

Works on a Podium that runs on HOME with `--remote stub`, in a folder `chaos` of that home, which
resumes: `--kills 200` goes on until so many replicas were killed in all, `--minutes` bounds a turn.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx2

from deployments.chaos.audit import Verdict, judge
from deployments.chaos.load import TENANT, Load, outcomes
from deployments.chaos.victims import kill, until
from tests.serve.instance import Instance, attach, command

DEPLOYMENTS = ("Egress", "State")
# One key that runs out in every turn, and one that does not.
BUDGETS = {"small": 120, "large": 10_000_000}
SEED = 20261128


@dataclass(frozen=True, slots=True)
class Killed:
    """One kill, and how long it took until the gate let a request out again."""

    deployment: str
    back_s: float


def torment(
    instance: Instance, folder: Path, kills: int, *, seed: int = SEED, minutes: float = 60.0,
    workers: int = 4,
) -> tuple[list[Killed], Verdict]:  # fmt: skip
    """Kill until `kills` are reached or time is up; what was killed in all, and the verdict."""
    folder.mkdir(exist_ok=True)
    done, record = _killed(folder), folder / "outcomes.jsonl"
    draw = random.Random(f"{seed} {len(done)}")
    load = Load(instance.base_url, instance.key, record, _keys(instance, folder))
    load.start(workers, seed + len(done))
    end = time.monotonic() + 60 * minutes
    try:
        while len(done) < kills and time.monotonic() < end:
            done.extend(_round(instance, draw, kills - len(done)))
            _write(folder, done)
    finally:
        load.stop()
    budgets = json.loads((folder / "keys.json").read_text())["budgets"]
    return done, judge(instance.home, outcomes(record), budgets)


def _round(instance: Instance, draw: random.Random, most: int) -> list[Killed]:
    """One of the two, or both at nearly the same moment, in the middle of the load."""
    time.sleep(draw.uniform(0.0, 1.5))
    victims = draw.sample(DEPLOYMENTS, k=min(most, draw.choice((1, 2))))
    for name in victims:
        if not kill(instance.pid, name):
            raise AssertionError(f"{name} has no replica to kill")
        time.sleep(draw.uniform(0.0, 0.3))
    seconds = until(lambda: _lets_out(instance) and _acts(instance))
    return [Killed(name, round(seconds, 2)) for name in victims]


def _lets_out(instance: Instance) -> bool:
    body = {"model": "chatgpt", "messages": [{"role": "user", "content": "Hello"}]}
    return _post(instance, "/v1/chat/completions", body) == 200


def _acts(instance: Instance) -> bool:
    return _post(instance, "/v1/admin/keys", {"tenant": TENANT, "scopes": ["infer"]}) == 201


def _post(instance: Instance, path: str, body: Mapping[str, object]) -> int:
    headers = {"authorization": f"Bearer {instance.key}"}
    url = f"{instance.base_url}{path}"
    with httpx2.Client(timeout=60.0, trust_env=False) as client:
        return client.post(url, json=body, headers=headers).status_code


def _keys(instance: Instance, folder: Path) -> dict[str, str]:
    """Fresh keys each turn, so that one always runs out; all budgets are kept for the verdict."""
    path = folder / "keys.json"
    kept = json.loads(path.read_text()) if path.exists() else {"turn": 0, "budgets": {}}
    turn, fresh = kept["turn"] + 1, {}
    for name, tokens in BUDGETS.items():
        body = {"tenant": TENANT, "scopes": ["infer"], "tokens_per_day": tokens}
        headers = {"authorization": f"Bearer {instance.key}"}
        with httpx2.Client(timeout=60.0, trust_env=False) as client:
            made = client.post(f"{instance.base_url}/v1/admin/keys", json=body, headers=headers)
        fresh[f"{name} {turn}"] = str(made.json()["key"])
        kept["budgets"][f"{name} {turn}"] = tokens
    path.write_text(json.dumps({"turn": turn, "budgets": kept["budgets"]}))
    return fresh


def _killed(folder: Path) -> list[Killed]:
    path = folder / "killed.json"
    return [Killed(**one) for one in json.loads(path.read_text())] if path.exists() else []


def _write(folder: Path, done: list[Killed]) -> None:
    (folder / "killed.json").write_text(json.dumps([asdict(one) for one in done]))


def verified(home: Path) -> dict[str, object]:
    """What `podium audit verify` says of the ledger."""
    words = command("audit", "verify", "--home", str(home), "--json")
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    return dict(json.loads(done.stdout))


def main() -> int:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("home", type=Path)
    reader.add_argument("--kills", type=int, default=200)
    reader.add_argument("--minutes", type=float, default=10.0)
    reader.add_argument("--seed", type=int, default=SEED)
    given = reader.parse_args()
    instance = attach(given.home)
    folder = given.home / "chaos"
    done, verdict = torment(instance, folder, given.kills, seed=given.seed, minutes=given.minutes)
    counts = Counter(one.deployment for one in done)
    back = sorted(one.back_s for one in done)
    ledger = verified(given.home)
    print(json.dumps({"kills": counts, "back_s": [back[len(back) // 2], back[-1]],
                      "ledger": ledger, **asdict(verdict)}, indent=1))  # fmt: skip
    return 1 if verdict.faults or not ledger["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
