"""A chart of costs as SVG: bars over days, stacked by what else was asked for, or one bar a group.

Written by hand, for a plotting library would weigh more than the rest of the command line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import floor, log10
from typing import Any

WIDTH, HEIGHT = 860, 440
LEFT, RIGHT, TOP, BOTTOM = 80, 190, 48, 64
# Okabe and Ito's colours, which colour-blind people tell apart.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
_MOST_SERIES = len(COLOURS)
_REST = "all others"
_INK = "#222222"


def cost_chart(found: Mapping[str, Any]) -> str:
    """The SVG of an answer of GET /v1/costs."""
    by = list(found["by"])
    across = "day" if "day" in by else by[0]
    within = [name for name in by if name != across]
    columns, series = _values(found["data"], across, within)
    title = f"Costs in US dollars, {found['from']} to {found['to']}: {found['total_usd']:.4f}"
    top = _round_up(max((sum(values.values()) for values in columns.values()), default=0.0))
    body = [*_axis(top), *_bars(columns, series, top), *_legend(series if within else ())]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="white"/>'
    )
    return "\n".join([head, _text(LEFT, 26, title, size=15), *body, "</svg>", ""])


def _values(
    rows: Sequence[Mapping[str, Any]], across: str, within: Sequence[str]
) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Dollars by column and series; the smallest series beyond the colours become one."""
    totals: dict[str, float] = {}
    for row in rows:
        name = _name(row, within)
        totals[name] = totals.get(name, 0.0) + row["cost_usd"]
    series = sorted(totals, key=lambda name: -totals[name])
    if len(series) > _MOST_SERIES:
        series = [*series[: _MOST_SERIES - 1], _REST]
    columns: dict[str, dict[str, float]] = {}
    for row in rows:
        name = _name(row, within)
        name = name if name in series else _REST
        values = columns.setdefault(row[across] or "direct", {})
        values[name] = values.get(name, 0.0) + row["cost_usd"]
    return columns, series


def _name(row: Mapping[str, Any], within: Sequence[str]) -> str:
    return " / ".join(str(row[name]) or "direct" for name in within)


def _round_up(value: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** floor(log10(value))
    return next((step * unit for step in (1, 2, 5) if step * unit >= value), 10 * unit)


def _axis(top: float) -> Iterator[str]:
    for part in range(5):
        value = top * part / 4
        y = _y(value, top)
        yield (
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>'
        )
        yield _text(LEFT - 8, y + 4, f"{value:.6g}", anchor="end")


def _bars(
    columns: Mapping[str, Mapping[str, float]], series: Sequence[str], top: float
) -> Iterator[str]:
    room = (WIDTH - LEFT - RIGHT) / max(1, len(columns))
    every = max(1, round(len(columns) / 12))
    for place, (name, values) in enumerate(columns.items()):
        x, below = LEFT + place * room + room * 0.15, 0.0
        for colour, one in zip(COLOURS, series, strict=False):
            value = values.get(one, 0.0)
            high, low = _y(below + value, top), _y(below, top)
            below += value
            told = escape(f"{name} {one}: {value:.6f}".replace("  ", " "))
            yield (
                f'<rect x="{x:.1f}" y="{high:.1f}" width="{room * 0.7:.1f}"'
                f' height="{low - high:.1f}" fill="{colour}"><title>{told}</title></rect>'
            )
        if place % every == 0:
            yield _text(x + room * 0.35, HEIGHT - BOTTOM + 18, name[:18], anchor="middle")


def _legend(series: Sequence[str]) -> Iterator[str]:
    for place, (colour, name) in enumerate(zip(COLOURS, series, strict=False)):
        x, y = WIDTH - RIGHT + 16, TOP + place * 20
        yield f'<rect x="{x}" y="{y}" width="12" height="12" fill="{colour}"/>'
        yield _text(x + 18, y + 10, name[:24])


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
        f' fill="{_INK}">{escape(text)}</text>'
    )
