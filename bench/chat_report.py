"""What `bench chat` writes: the document of `--json`, a page for people, raw samples, a plot."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.chat_plot import plot
from bench.paired import Comparison, Estimate
from bench.samples import Sample, to_line

_RATIOS = ("itl_p50_ratio", "itl_p99_ratio", "throughput_ratio")


def document(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """The JSON document; `ci95` has the interval of each figure under the figure's name."""
    return {"runs": [_run(each) for each in comparisons]}


def _run(each: Comparison) -> dict[str, Any]:
    ratios = {name: getattr(each, name) for name in _RATIOS}
    return {
        "concurrency": each.concurrency,
        "ttft_ms": {
            "bare": round(each.ttft_bare_ms.value, 2),
            "podium": round(each.ttft_podium_ms.value, 2),
        },
        "ttft_added_ms": round(each.ttft_added_ms.value, 2),
        **{name: round(figure.value, 4) for name, figure in ratios.items()},
        "rounds": each.rounds,
        "ci95": {
            "ttft_added_ms": _ends(each.ttft_added_ms, 2),
            **{name: _ends(figure, 4) for name, figure in ratios.items()},
        },
    }


def table(comparisons: Sequence[Comparison]) -> Iterator[str]:
    """The comparison as a table in Markdown, which reads well in a terminal, too."""
    yield "| clients | | bare | Podium | paired difference | 95 % |"
    yield "|---|---|---|---|---|---|"
    for each in comparisons:
        c = each.concurrency
        added = each.ttft_added_ms
        yield (
            f"| {c} | TTFT, ms | {each.ttft_bare_ms.value:.1f} | {each.ttft_podium_ms.value:.1f} "
            f"| {added.value:+.1f} | {added.low:+.1f} … {added.high:+.1f} |"
        )
        yield _ratio_row(c, "inter-token p50, ms", each.itl_p50_ms, each.itl_p50_ratio, 1)
        yield _ratio_row(c, "inter-token p99, ms", each.itl_p99_ms, each.itl_p99_ratio, 1)
        yield _ratio_row(c, "tokens/s", each.tokens_per_s, each.throughput_ratio, 0)


def write_report(
    folder: Path,
    comparisons: Sequence[Comparison],
    samples: Sequence[Sample],
    about: Mapping[str, Any],
) -> None:
    """Write report.json, report.md and chat.png."""
    whole = {**document(comparisons), "about": dict(about), "details": _details(comparisons)}
    (folder / "report.json").write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")
    (folder / "report.md").write_text("\n".join(_page(comparisons, about)), encoding="utf-8")
    plot(comparisons, samples, folder / "chat.png")


def write_samples(folder: Path, samples: Sequence[Sample]) -> None:
    """Write samples.jsonl, before anything is made of them."""
    lines = "".join(to_line(sample) + "\n" for sample in samples)
    (folder / "samples.jsonl").write_text(lines, encoding="utf-8")


def _details(comparisons: Sequence[Comparison]) -> list[dict[str, Any]]:
    return [asdict(each) for each in comparisons]


def _page(comparisons: Sequence[Comparison], about: Mapping[str, Any]) -> Iterator[str]:
    yield "# Chat: Podium beside vLLM's own server\n"
    yield from table(comparisons)
    yield ""
    for each in comparisons:
        chunks = each.chunks_per_answer
        yield (
            f"- {each.concurrency} clients: an answer comes in {chunks['bare']:.1f} pieces from "
            f"bare and {chunks['podium']:.1f} from Podium; {each.same_text:.0%} of the answers "
            "are the same text."
        )
    yield ""
    yield from (f"- {name}: {value}" for name, value in about.items())
    yield "\n![figures by number of clients](chat.png)\n"


def _ratio_row(
    concurrency: int, name: str, sides: Mapping[str, float], ratio: Estimate, digits: int
) -> str:
    return (
        f"| {concurrency} | {name} | {sides['bare']:.{digits}f} | {sides['podium']:.{digits}f} "
        f"| {ratio.value:.3f} | {ratio.low:.3f} … {ratio.high:.3f} |"
    )


def _ends(figure: Estimate, digits: int) -> list[float]:
    return [round(figure.low, digits), round(figure.high, digits)]
