"""Random policies as a writer would put them down, random labels, and cards to go with them."""

from __future__ import annotations

import random
from typing import Any

import yaml

from models.catalog import ModelCard
from router.label import ALL_CATEGORIES, Integrity, Label, Level
from router.policy_document import REQUIRED_SINKS, REQUIRED_SOURCES
from tests.scripted_world import card

LEVELS = [level.name for level in Level]
TRUST = [one.name for one in Integrity]
CATEGORIES = [*sorted(ALL_CATEGORIES), "own"]
OPEN = [one for one in CATEGORIES if one != "secret"]
SITES = ["local", "east", "west"]
REGIONS = ["eu", "us", "cn"]
TENANTS = ["acme", "globex"]
MODELS = ["inner", "other", "eastern", "roaming", "western"]


def cards(draw: random.Random) -> list[ModelCard]:
    """Two models inside and three outside, cleared by their rows for this and that."""
    places = [("inner", "local", None), ("other", "local", None), ("eastern", "east", "eu"),
              ("roaming", "east", None), ("western", "west", "us")]  # fmt: skip
    return [card(id, site=site, region=region, clearance=_card_clearance(draw))
            for id, site, region in places]  # fmt: skip


def policy_data(draw: random.Random) -> dict[str, Any]:
    """The data of a policy file that passes every check, most of the time."""
    return {
        "version": 1,
        "categories": ["own"],
        "deny": {f"rule{n}": _denial(draw) for n in range(draw.randrange(4))},
        "sources": {name: _label(draw) for name in REQUIRED_SOURCES},
        "sites": {"local": _clearance(draw, CATEGORIES, "all"),
                  **{name: _clearance(draw, OPEN) for name in SITES[1:]}},
        "models": {name: _clearance(draw, CATEGORIES) for name in _some(draw, MODELS, 0.3)},
        "sinks": {name: _clearance(draw, CATEGORIES, "all") for name in REQUIRED_SINKS},
    }  # fmt: skip


def text_of(data: dict[str, Any]) -> bytes:
    """The file."""
    return yaml.safe_dump(data, sort_keys=False).encode()


def label(draw: random.Random) -> Label:
    """A label, low or high, now and then confined, owned, or the top."""
    return Label(
        level=draw.choice(list(Level)),
        categories=frozenset(CATEGORIES[:-1] if draw.random() < 0.1 else
                             _some(draw, CATEGORIES, 0.2)),
        integrity=draw.choice(list(Integrity)),
        tenants=frozenset(_some(draw, TENANTS, 0.25)),
        regions=frozenset(_some(draw, REGIONS, 0.5)) if draw.random() < 0.4 else None,
    )  # fmt: skip


def _denial(draw: random.Random) -> dict[str, Any]:
    when: dict[str, Any] = {}
    choices = {"level": draw.choice(LEVELS), "categories": _some(draw, CATEGORIES, 0.4),
               "tenants": _some(draw, TENANTS, 0.6), "regions": _some(draw, REGIONS, 0.6),
               "source": _some(draw, list(REQUIRED_SOURCES), 0.2)}  # fmt: skip
    for name in draw.sample(sorted(choices), draw.randint(1, 3)):
        if choices[name]:
            when[name] = choices[name]
    row: dict[str, Any] = {"when": when or {"level": "INTERNAL"}}
    models, sites = _some(draw, MODELS, 0.3), _some(draw, SITES[1:], 0.4)
    if models:
        row["models"] = models
    if sites or not models:
        row["sites"] = sites or "outside"
    return row


def _label(draw: random.Random) -> dict[str, Any]:
    row: dict[str, Any] = {"level": draw.choice(LEVELS), "integrity": draw.choice(TRUST),
                           "categories": _some(draw, CATEGORIES, 0.2)}  # fmt: skip
    if draw.random() < 0.2:
        row["regions"] = _some(draw, REGIONS, 0.6)
    return row


def _clearance(draw: random.Random, names: list[str], every: str = "") -> dict[str, Any]:
    row: dict[str, Any] = {"level": draw.choice(LEVELS[1:]),
                           "categories": _some(draw, names, 0.6)}  # fmt: skip
    if every and draw.random() < 0.5:
        row["categories"] = every
    if draw.random() < 0.3:
        row["integrity"] = draw.choice(TRUST)
    if draw.random() < 0.2:
        row["region"] = draw.choice(REGIONS)
    return row


def _card_clearance(draw: random.Random) -> dict[str, Any]:
    named = "all" if draw.random() < 0.6 else _some(draw, CATEGORIES, 0.6)
    return {"level": draw.choice(LEVELS[1:]), "categories": named}


def _some(draw: random.Random, names: list[str], chance: float) -> list[str]:
    return [name for name in names if draw.random() < chance]
