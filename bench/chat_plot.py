"""The plot of `bench chat`: time to first token, and Podium's pace beside the bare engine's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.paired import Comparison
from bench.samples import Sample

_COLOURS = {"bare": "#7a7a7a", "podium": "#1f6fb4"}
_RATIOS = {
    "throughput_ratio": "throughput",
    "itl_p50_ratio": "inter-token p50",
    "itl_p99_ratio": "inter-token p99",
}


def plot(comparisons: Sequence[Comparison], samples: Sequence[Sample], path: Path) -> None:
    """Write the plot as PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    _first_tokens(left, comparisons, samples)
    _ratios(right, comparisons)
    figure.suptitle("Podium beside vLLM's own server: same weights, interleaved rounds")
    figure.savefig(path, dpi=120)


def _first_tokens(axes: Any, comparisons: Sequence[Comparison], samples: Sequence[Sample]) -> None:
    for offset, side in enumerate(("bare", "podium")):
        values = [
            [s.ttft_ms for s in samples if s.side == side and s.concurrency == each.concurrency]
            for each in comparisons
        ]
        places = [place + 0.36 * (offset - 0.5) for place in range(len(comparisons))]
        boxes = axes.boxplot(
            values, positions=places, widths=0.3, patch_artist=True, showfliers=False
        )
        for box in boxes["boxes"]:
            box.set_facecolor(_COLOURS[side])
        for line in boxes["medians"]:
            line.set_color("white")
        axes.plot([], [], color=_COLOURS[side], linewidth=8, label=side)
    axes.set_yscale("log")
    axes.set_ylabel("time to first token, ms")
    axes.legend(frameon=False)
    _clients(axes, comparisons)


def _ratios(axes: Any, comparisons: Sequence[Comparison]) -> None:
    for offset, (name, label) in enumerate(_RATIOS.items()):
        figures = [getattr(each, name) for each in comparisons]
        errors = [[f.value - f.low for f in figures], [f.high - f.value for f in figures]]
        places = [place + 0.2 * (offset - 1) for place in range(len(comparisons))]
        values = [f.value for f in figures]
        axes.errorbar(places, values, yerr=errors, fmt="o", capsize=4, label=label)
    axes.axhline(1.0, color="#7a7a7a", linewidth=1, linestyle="--")
    axes.set_ylabel("Podium / bare, with 95 % interval")
    axes.legend(frameon=False)
    _clients(axes, comparisons)


def _clients(axes: Any, comparisons: Sequence[Comparison]) -> None:
    axes.set_xticks(range(len(comparisons)), [str(each.concurrency) for each in comparisons])
    axes.set_xlabel("concurrent clients")
