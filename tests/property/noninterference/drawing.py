"""Drawn plans: every kind of step, conditions, orders, routes, fallbacks, retries and budgets."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.property.noninterference.stage import CHATS, SOURCES, SPEECH

_INTENT = ("sentiment", "needs", "intent")


@dataclass
class Drawing:
    """A plan being drawn: `given` are the references that later steps may read."""

    rng: random.Random
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    given: list[str] = field(default_factory=lambda: ["input.text"])
    texts: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    def some(self, most: int = 3) -> list[str]:
        """A few references, the latest more often."""
        count = self.rng.randint(1, most)
        near = self.given[-6:]
        return list(dict.fromkeys(self.rng.choice(near) for _ in range(count)))

    def chance(self, share: float) -> bool:
        return self.rng.random() < share


def draw_plan(rng: random.Random) -> dict[str, Any]:
    """The plan as its file would hold it; at least one step writes text."""
    drawing = Drawing(rng)
    count = rng.randint(3, 9)
    for index in range(count):
        last = index == count - 1 and not drawing.texts
        draw = _generate if last else rng.choices(_KINDS, _WEIGHTS)[0]
        name = f"s{index}"
        row = draw(drawing, name)
        _common(drawing, row)
        drawing.steps[name] = row
        drawing.given.append(drawing.fields[name])
    return {
        "name": "drawn",
        "version": 1,
        "input": {"text": "Text", "audio?": "Audio"},
        "steps": drawing.steps,
        "output": _output(drawing),
        "budget": _budget(rng),
    }


def as_file(plan: dict[str, Any]) -> bytes:
    """JSON is YAML."""
    return json.dumps(plan).encode()


def _output(drawing: Drawing) -> dict[str, str]:
    rng = drawing.rng
    texts = rng.sample(drawing.texts, min(len(drawing.texts), rng.randint(1, 3)))
    output = {"reply": " | ".join(texts)}
    if drawing.chance(0.4):
        output["note"] = rng.choice(drawing.given)
    if drawing.shown:
        output["sources"] = rng.choice(drawing.shown)
    return output


def _budget(rng: random.Random) -> dict[str, float]:
    budget = {}
    if rng.random() < 0.3:
        budget["usd"] = rng.choice((0.3, 0.5, 0.8))
    if rng.random() < 0.3:
        budget["latency_ms"] = rng.choice((40.0, 120.0, 400.0))
    return budget


def _common(drawing: Drawing, row: dict[str, Any]) -> None:
    if drawing.chance(0.35):
        row["when"] = _condition(drawing)
    if drawing.steps and drawing.chance(0.2):
        row["needs"] = [drawing.rng.choice(list(drawing.steps))]
    if drawing.chance(0.5):
        row["optional"] = True
        if drawing.chance(0.4):
            row["degrade"] = "first"
    if row["use"] in ("query", "search") and drawing.chance(0.2):
        row["retry"] = {"attempts": 1, "backoff_s": 0}


def _condition(drawing: Drawing) -> str:
    rng = drawing.rng
    first, second = rng.choice(drawing.given), rng.choice(drawing.given)
    scored = [name for name in drawing.given if name.endswith("sentiment")]
    if scored and rng.random() < 0.5:
        return f"{rng.choice(scored)} {rng.choice('<>')} {rng.choice((-0.4, 0.0, 0.4))}"
    return rng.choice(
        (first, f"not {first}", f"{first} and {second}", f"not ({first} or {second})",
         f"({first} | {second}) != ''")
    )  # fmt: skip


def _routed(drawing: Drawing, row: dict[str, Any], models: tuple[str, ...]) -> dict[str, Any]:
    rng = drawing.rng
    model = rng.choices((rng.choice(models), "auto", "auto:private", None), (8, 1, 1, 1))[0]
    if model is not None:
        row["route"] = {"model": model}
    if drawing.chance(0.2):
        row.setdefault("route", {})["prefer"] = rng.choice(("quality", "latency", "cost"))
    if drawing.chance(0.5):
        row["fallback"] = rng.sample(models, min(len(models), rng.randint(1, 2)))
    if drawing.chance(0.6):
        row["on_denied"] = rng.choice(("use_local", "use_local", "skip"))
    if drawing.chance(0.2):
        row["retry"] = {"attempts": rng.randint(1, 2), "backoff_s": 0}
    return row


def _generate(drawing: Drawing, name: str) -> dict[str, Any]:
    row = {"use": "generate", "prompt": "echo@v1", "with": {"message": drawing.some()}}
    if drawing.chance(0.2):
        row["stream"] = False
    drawing.texts.append(name)
    drawing.fields[name] = name
    return _routed(drawing, row, CHATS)


def _classify(drawing: Drawing, name: str) -> dict[str, Any]:
    row = {
        "use": "generate",
        "prompt": "echo@v1",
        "with": {"message": drawing.some()},
        "output": "Intent",
    }
    drawing.fields[name] = f"{name}.{drawing.rng.choice(_INTENT)}"
    return _routed(drawing, row, CHATS)


def _grounded(drawing: Drawing, name: str) -> dict[str, Any]:
    if not drawing.shown:
        return _gather(drawing, name)
    given = {
        "passages": drawing.rng.choice(drawing.shown),
        "question": drawing.rng.choice(drawing.given),
    }
    row = {"use": "generate", "prompt": "cite@v1", "with": given, "grounded": given}
    drawing.texts.append(name)
    drawing.fields[name] = name
    return _routed(drawing, row, CHATS)


def _gather(drawing: Drawing, name: str) -> dict[str, Any]:
    given: dict[str, Any] = {"limit": 4}
    for kind, ending in (("records", ".rows"), ("hits", ".hits")):
        fitting = [one for one in drawing.given if one.endswith(ending)]
        if fitting:
            given[kind] = drawing.rng.choice(fitting)
    drawing.shown.append(f"{name}.passages")
    drawing.fields[name] = f"{name}.passages"
    return {"use": "passages", "with": given}


def _query(drawing: Drawing, name: str) -> dict[str, Any]:
    id = drawing.rng.choice(("C-1", "input.text"))
    source = drawing.rng.choice(SOURCES)
    drawing.fields[name] = f"{name}.rows"
    return {"use": "query", "with": {"source": source, "name": "all", "params": {"id": id}}}


def _search(drawing: Drawing, name: str) -> dict[str, Any]:
    drawing.fields[name] = f"{name}.hits"
    return {
        "use": "search",
        "with": {"collection": "kb", "query": drawing.some(2), "k": drawing.rng.randint(1, 3)},
    }


def _transcribe(drawing: Drawing, name: str) -> dict[str, Any]:
    drawing.fields[name] = f"{name}.text"
    row = {"use": "transcribe", "with": {"audio": "input.audio"}}
    return _routed(drawing, row, SPEECH)


def _spoken(drawing: Drawing, name: str) -> dict[str, Any]:
    drawing.fields[name] = f"{name}.text"
    return {"use": "spoken_numbers", "with": {"text": " | ".join(drawing.some(2))}}


def _act(drawing: Drawing, name: str) -> dict[str, Any]:
    drawing.fields[name] = f"{name}.{drawing.rng.choice(('status', 'approval'))}"
    return {"use": "act", "with": {"action": "crm_write", "note": " | ".join(drawing.some(2))}}


_Draw = Callable[[Drawing, str], dict[str, Any]]
_KINDS: tuple[_Draw, ...] = (
    _generate, _classify, _grounded, _gather, _query, _search, _transcribe, _spoken,
    _act,
)  # fmt: skip
_WEIGHTS = (30, 14, 8, 6, 16, 12, 5, 3, 14)
