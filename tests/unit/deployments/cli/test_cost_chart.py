"""The chart of costs: well-formed SVG, one bar a group, everything named."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from deployments.cli.cost_chart import COLOURS, HEIGHT, cost_chart

SVG = "{http://www.w3.org/2000/svg}"


def drawn(by: list[str], rows: list[dict[str, Any]]) -> tuple[Any, list[str]]:
    total = sum(row["cost_usd"] for row in rows)
    found = {"by": by, "data": rows, "from": "2026-11-01", "to": "2026-11-28", "total_usd": total}
    root = ElementTree.fromstring(cost_chart(found))  # noqa: S314 - made one line earlier
    return root, [element.text or "" for element in root.iter(f"{SVG}text")]


def bars(root: Any) -> list[tuple[str, float]]:
    return [
        (element.find(f"{SVG}title").text, float(element.get("height")))
        for element in root.iter(f"{SVG}rect")
        if element.find(f"{SVG}title") is not None
    ]


def test_a_bar_a_model_in_proportion() -> None:
    rows = [{"model": "claude", "cost_usd": 4.0}, {"model": "<&mistral>", "cost_usd": 1.0}]
    root, texts = drawn(["model"], rows)
    (first, high), (second, low) = bars(root)
    assert (first, second) == ("claude : 4.000000", "<&mistral> : 1.000000")
    assert abs(high - 4 * low) < 0.5
    assert {"claude", "<&mistral>"} <= set(texts)
    assert any("5.0000" in text for text in texts)


def test_days_are_stacked_by_model_and_the_smallest_share_one_colour() -> None:
    models = [f"model-{number}" for number in range(12)]
    rows = [
        {"day": day, "model": model, "cost_usd": 12.0 - number}
        for day in ("2026-11-01", "2026-11-02")
        for number, model in enumerate(models)
    ]
    root, texts = drawn(["day", "model"], rows)
    found = bars(root)
    assert len(found) == 2 * len(COLOURS)
    assert sum(height for _, height in found[: len(COLOURS)]) < HEIGHT
    assert {"2026-11-01", "2026-11-02", "model-0", "all others"} <= set(texts)


def test_nothing_is_drawn_of_nothing() -> None:
    root, _ = drawn(["model"], [])
    assert bars(root) == []
    root, _ = drawn(["pipeline"], [{"pipeline": "", "cost_usd": 0.0}])
    assert bars(root) == [("direct : 0.000000", 0.0)]
