"""A chart of a simulation as SVG: the replicas that were up over time, a band for each policy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from models.errors import InvalidRequest
from router.simulation.study import Result

WIDTH, BAND, LEFT, RIGHT, TOP, BOTTOM = 860, 120, 60, 20, 30, 40
_INK, _LINE = "#222222", "#0072B2"


def write_chart(results: Sequence[Result], path: Path) -> None:
    """Draw into `path`; raises InvalidRequest for a name that is no SVG's."""
    if path.suffix != ".svg":
        raise InvalidRequest("A chart is an SVG file: let its name end in .svg.", param="--chart")
    path.write_text(simulation_chart(results), encoding="utf-8")


def simulation_chart(results: Sequence[Result]) -> str:
    """The SVG of what every policy did with the same trace."""
    height = TOP + BAND * len(results) + BOTTOM
    last = max(one.at for result in results for one in result.course) or 1.0
    most = max(one.up for result in results for one in result.course) or 1
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" font-family="sans-serif" font-size="12">'
        '<rect width="100%" height="100%" fill="white"/>'
    ]
    for place, result in enumerate(results):
        lines += _band(result, TOP + BAND * place, last, most)
    for part in range(5):
        x = LEFT + (WIDTH - LEFT - RIGHT) * part / 4
        lines.append(_text(x, height - 18, f"{last * part / 4 / 3600:.4g} h", "middle"))
    return "\n".join([*lines, "</svg>", ""])


def _band(result: Result, top: float, last: float, most: int) -> Iterator[str]:
    base = top + BAND - 24
    told = result.outcome
    title = f"{told.policy}: {100 * told.kept:.2f} % kept, {told.gpu_hours:.1f} GPU-hours"
    yield _text(LEFT, top + 4, title, "start")
    yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}" stroke="#dddddd"/>'
    yield _text(LEFT - 8, base + 4, "0", "end")
    yield _text(LEFT - 8, top + 24, str(most), "end")
    points, level = [], base
    for one in result.course:
        x = LEFT + (WIDTH - LEFT - RIGHT) * one.at / last
        points.append(f"{x:.1f},{level:.1f}")
        level = base - (BAND - 44) * one.up / most
        points.append(f"{x:.1f},{level:.1f}")
    points.append(f"{WIDTH - RIGHT},{level:.1f}")
    yield f'<polyline points="{" ".join(points)}" fill="none" stroke="{_LINE}" stroke-width="1.5"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_INK}">{escape(text)}</text>'
    )
