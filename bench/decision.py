"""How long one routing decision takes: `python -m bench.decision [--models N] [--count N]`."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence

from models.catalog import ModelCard
from router.decide import Asked, decide
from router.label import Label, Level
from router.policy import Policy
from router.policy_file import default_policy, default_text, load_policy

_SITES = ("local", "openai", "anthropic", "google", "mistral", "deepseek")
_DENIALS = b"""deny:
  voices: {when: {categories: [customer_audio]}, sites: outside}
  far: {when: {source: [crm]}, sites: [deepseek]}
  theirs: {when: {tenants: [acme], level: CONFIDENTIAL}, sites: outside}
"""


def cards(count: int) -> tuple[ModelCard, ...]:
    """So many chat models, a third of them inside."""
    return tuple(_card(number, _SITES[number % len(_SITES)]) for number in range(count))


def _card(number: int, site: str) -> ModelCard:
    return ModelCard.model_validate(
        {
            "id": f"model-{number}",
            "dialect": "vllm" if site == "local" else "openai_compatible",
            "site": site,
            "region": None if site == "local" else "eu",
            "clearance": {"level": "RESTRICTED", "categories": "all"},
            "price": {"in": 1.0 + number, "out": 2.0 + number},
        }
    )


def microseconds(count: int, models: Sequence[ModelCard], policy: Policy) -> list[float]:
    """Processor time of each decision, in µs: free choices over every source's label in turn."""
    labels = [policy.source(name, "acme") for name in policy.sources] + [Label(Level.RESTRICTED)]
    taken = []
    for number in range(count):
        label = labels[number % len(labels)]
        began = time.thread_time_ns()
        decide("d", "s", Asked(), label, models, policy, lambda _: True)
        taken.append((time.thread_time_ns() - began) / 1000.0)
    return taken


def main() -> None:
    """Print p50, p90 and p99 for the shipped policy, and for it with three denials."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=20)
    parser.add_argument("--count", type=int, default=20_000)
    asked = parser.parse_args()
    models = cards(asked.models)
    denying = load_policy(default_text().replace(b"deny: {}\n", _DENIALS))
    for name, policy in (("shipped", default_policy()), ("with three denials", denying)):
        microseconds(1_000, models, policy)
        taken = sorted(microseconds(asked.count, models, policy))
        print(json.dumps({
            "policy": name, "models": asked.models, "decisions": asked.count,
            "p50_us": round(taken[len(taken) // 2], 1),
            "p90_us": round(taken[len(taken) * 9 // 10], 1),
            "p99_us": round(taken[len(taken) * 99 // 100], 1),
        }))  # fmt: skip


if __name__ == "__main__":
    main()
