"""The plots of the report, each as SVG that stands in the page itself."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

from bench.report_parts import SEARCH
from bench.report_sections import SIDES

Results = Mapping[str, Mapping[str, Any]]
_COLOURS = {
    "bare": "#7a7a7a",
    "engine": "#b5b35c",
    "handle": "#7fb77e",
    "ungoverned": "#6fa8dc",
    "podium": "#1f6fb4",
}


def plots(results: Results) -> dict[str, str]:
    """One SVG for each section that has something to draw."""
    search = {name: one for name, one in results.items() if name.startswith(SEARCH)}
    drawn = {name: _svg(draw, results[name]) for name, draw in _DRAWN.items() if name in results}
    return drawn | ({"search": _svg(_search, search)} if search else {})


def _svg(draw: Callable[[Any, Any], None], result: Any) -> str:
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "font.size": 10, "svg.hashsalt": "podium"}):
        figure = Figure(figsize=(9.6, 3.6), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure, result)
        for axes in figure.axes:
            axes.spines[["top", "right"]].set_visible(False)
        made = io.StringIO()
        figure.savefig(made, format="svg", metadata={"Date": None})
    text = made.getvalue()
    return text[text.index("<svg") :]


def _rungs(figure: Any, result: Mapping[str, Any]) -> None:
    left, right = figure.subplots(1, 2)
    rows = result["clients"]
    names = (("ttft_ms", "time to first token, ms"), ("tokens_per_s", "tokens a second"))
    for axes, (name, label) in zip((left, right), names, strict=True):
        for offset, side in enumerate(SIDES):
            places = [place + 0.16 * (offset - 2) for place in range(len(rows))]
            heights = [row["sides"][side][name] for row in rows]
            axes.bar(places, heights, 0.15, color=_COLOURS[side], label=SIDES[side])
        axes.set_xticks(range(len(rows)), [str(row["clients"]) for row in rows])
        axes.set_xlabel("clients at once")
        axes.set_ylabel(label)
    figure.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=5,
                  frameon=False, fontsize=8)  # fmt: skip


def _search(figure: Any, found: Mapping[str, Mapping[str, Any]]) -> None:
    from matplotlib.ticker import LogLocator

    axes = figure.subplots()
    sizes = [one["chunks"] for one in found.values()]
    for name in sorted({name for one in found.values() for name in one["search_ms"]}):
        known = [one for one in found.values() if name in one["search_ms"]]
        axes.plot(
            [one["chunks"] for one in known],
            [one["search_ms"][name]["p50"] for one in known],
            marker="o",
            label=name,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set_xlabel("chunks in the collection")
    axes.set_ylabel("a search, p50, ms")
    figure.legend(title="mode, and what the filter lets through", loc="outside right upper",
                  frameon=False, fontsize=8)  # fmt: skip


def _ingest(figure: Any, result: Mapping[str, Any]) -> None:
    sides = figure.subplots(1, 2)
    for axes, (kind, label) in zip(
        sides, (("real", "real embedder"), ("free", "no embedding")), strict=True
    ):
        curve = result["curves"][kind]
        axes.plot(
            [point["chunks"] for point in curve],
            [point["chunks_per_s"] for point in curve],
            marker="o",
            color=_COLOURS["podium"],
        )
        axes.set_ylim(bottom=0)
        axes.set_title(label)
        axes.set_xlabel("chunks in the collection")
        axes.set_ylabel("chunks a second")


def _speech(figure: Any, result: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    names = {
        "first_partial_ms": "first partial",
        "commit_lag_ms": "commit lag of a word",
        "end_to_final_ms": "end of speech to final",
    }
    rows = result["live"]
    for offset, (name, label) in enumerate(names.items()):
        known = [(place, row[name]) for place, row in enumerate(rows) if row[name]]
        places = [place + 0.26 * (offset - 1) for place, _ in known]
        middles = [spread["p50"] for _, spread in known]
        above = [spread["p95"] - spread["p50"] for _, spread in known]
        axes.bar(places, middles, 0.24, yerr=[[0] * len(above), above], capsize=3, label=label)
    axes.set_xticks(range(len(rows)), [str(row["lines"]) for row in rows])
    axes.set_xlabel("lines at once")
    axes.set_ylabel("ms, p50 with p95")
    axes.legend(frameon=False, fontsize=8)


def _pipeline(figure: Any, result: Mapping[str, Any]) -> None:
    axes = figure.subplots()
    steps = list(result["steps_ms"].items())[::-1]
    colours = [
        _COLOURS["podium"] if name in result["path"] else _COLOURS["bare"] for name, _ in steps
    ]
    axes.barh([name for name, _ in steps], [ms for _, ms in steps], color=colours)
    axes.set_xlabel("a step, median ms; blue: on the critical path")


_DRAWN: Mapping[str, Callable[[Any, Any], None]] = {
    "rungs": _rungs,
    "ingest": _ingest,
    "speech": _speech,
    "pipeline": _pipeline,
}
