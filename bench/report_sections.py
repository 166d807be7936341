"""From what the parts measured to tables: pure, and nothing that is missing is passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.report_parts import PARTS, SEARCH
from bench.report_run import Record
from bench.report_targets import TIMES, Target

Result = Mapping[str, Any]
SIDES = {
    "bare": "vLLM's own server",
    "engine": "engine in process",
    "handle": "from another process",
    "ungoverned": "HTTP, no governance",
    "podium": "HTTP, governed",
}
BESIDE_RAY = {"bare": "vLLM's own server", "ray-llm": "Ray Serve LLM", "podium": "Podium"}
_CHAT_HEAD = ("clients", "", "first token, ms", "between tokens p50, ms", "p99, ms", "tokens/s")
_PRICE_HEAD = ("clients", "from → to", "first token, ms", "p99 between tokens", "tokens/s")


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text; every row as long as `head`."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page; `figure` names the plot that belongs to it, `notes` stand below."""

    name: str
    title: str
    intro: str = ""
    tables: tuple[Table, ...] = ()
    figure: str | None = None
    notes: tuple[str, ...] = field(default=())


def results(records: Iterable[Record]) -> dict[str, Result]:
    """What was measured, by part."""
    return {one.part: one.result for one in records if one.result and one.status == "measured"}


def sections(records: Sequence[Record]) -> list[Section]:
    """A section a part, in order; one that has no result says why."""
    found, by_name = results(records), {one.part: one for one in records}
    made: list[Section] = []
    search = {name: one for name, one in found.items() if name.startswith(SEARCH)}
    for part in PARTS:
        record = by_name.get(part.name)
        if part.name in search:
            # All sizes stand in one table, where the first of them does.
            if part.name == next(iter(search)):
                made.append(_search(search))
        elif record is None or record.result is None or record.status != "measured":
            made.append(_missing(part.name, part.title, record))
        else:
            made.append(_BUILDERS[part.name](part.title, record.result))
    return made


def _missing(name: str, title: str, record: Record | None) -> Section:
    if record is None or record.status == "not run":
        return Section(name, title, notes=("Not measured: this part was not run.",))
    if record.status == "absent":
        return Section(name, title, notes=(f"Not measured: {record.reason}",))
    return Section(name, title, notes=(f"FAILED, so there are no figures. {record.reason}",))


def targets_table(found: Sequence[Target]) -> Table:
    """Every promise with its verdict."""
    rows = []
    for one in found:
        sign = "≥" if one.higher else "≤"
        got = "-" if one.measured is None else _with_unit(one.measured, one.unit)
        known = one.low is not None and one.low != one.high
        span = f"{one.low:.2f} … {one.high:.2f}" if known else ""
        rows.append((one.what, f"{sign} {_with_unit(one.limit, one.unit)}", got, span, one.verdict))
    return Table(("promise", "target", "measured", "95 %", ""), tuple(rows))


def _with_unit(value: float, unit: str) -> str:
    if unit == TIMES:
        return f"{TIMES} {value:.2f}"
    return f"{value:,.1f} {unit}".strip()


def parts_table(records: Sequence[Record]) -> Table:
    """What was run, how it ended, and for how long."""
    rows = tuple(
        (one.part, one.status, f"{one.seconds:,.0f} s" if one.date else "-", one.date, one.command)
        for one in records
    )
    return Table(("part", "", "took", "when", "command"), rows)


def _rungs(title: str, result: Result) -> Section:
    figures, prices = [], []
    for row in result["clients"]:
        clients = str(row["clients"])
        figures += [_side(clients, name, row["sides"][side]) for side, name in SIDES.items()]
        for step in row["steps"]:
            prices.append((clients, f"{SIDES[step['from']]} → {SIDES[step['to']]}", *_price(step)))
        beside = row["to_bare"]["podium"]
        prices.append((clients, "all: vLLM's own server → HTTP, governed", *_price(beside)))
    same = min(
        beside["same_text"] for row in result["clients"] for beside in row["to_bare"].values()
    )
    return Section(
        "rungs",
        title,
        f"The same questions to every rung, {result['rounds']} times, each rung in its turn. The "
        "second table has what each rung adds to the one below it: medians of paired differences, "
        "with 95 % intervals over rounds.",
        (Table(_CHAT_HEAD, tuple(figures)), Table(_PRICE_HEAD, tuple(prices))),
        "rungs",
        (f"{_all(same)} the same text as vLLM's own server gave.",),
    )


def _side(clients: str, name: str, one: Mapping[str, float]) -> tuple[str, ...]:
    shown = (f"{one[figure]:.1f}" for figure in ("ttft_ms", "itl_p50_ms", "itl_p99_ms"))
    return (clients, name, *shown, f"{one['tokens_per_s']:,.0f}")


def _all(share: float) -> str:
    return "Every rung's answers were" if share == 1.0 else f"At least {share:.0%} of answers were"


def _price(step: Mapping[str, Any]) -> tuple[str, str, str]:
    added, p99, pace = (
        step[name] for name in ("ttft_added_ms", "itl_p99_ratio", "throughput_ratio")
    )
    return _estimate(added, "", "+.1f"), _estimate(p99, TIMES, ".2f"), _estimate(pace, TIMES, ".2f")


def _estimate(one: Mapping[str, float], sign: str, form: str) -> str:
    """A figure with its interval; one round has none."""
    shown = f"{sign} {one['value']:{form}}".strip()
    if one["low"] == one["high"]:
        return shown
    return f"{shown} ({one['low']:{form}} … {one['high']:{form}})"


def _remote(title: str, result: Result) -> Section:
    rows = tuple(
        (
            name.partition("-c")[2],
            "200 ms" if name.startswith("slow") else "at once",
            *(f"{one[key]:.1f}" for key in ("direct_p50_ms", "governed_p50_ms")),
            f"{one['added_p50_ms']:+.1f}",
            f"{one['added_p99_ms']:+.1f}",
        )
        for name, one in result.get("latency", {}).items()
    )
    notes = []
    if (rate := result.get("throughput")) is not None:
        spent = ", ".join(f"{who} {ms:.1f}" for who, ms in rate["cpu_ms_per_request"].items())
        notes += [
            f"{rate['requests_per_s']:,.0f} calls a second, {rate['at_a_time']} at a time "
            f"({rate['direct_requests_per_s']:,.0f} without Podium).",
            f"Milliseconds of a processor for one call: {spent}.",
        ]
    if (gaps := result.get("deltas")) is not None:
        notes.append(f"Between two words, p99: {gaps['delta_added_p99_ms']:+.1f} ms.")
    head = ("at a time", "it answers", "direct p50, ms", "governed p50, ms", "added p50", "p99")
    intro = (
        "OpenAI's client asks a stub on loopback directly, and through gateway, policy, ledger and "
        "gate."
    )
    return Section("remote", title, intro, (Table(head, rows),), None, tuple(notes))


def _search(found: Mapping[str, Result]) -> Section:
    rows = []
    for one in found.values():
        for name, ms in one["search_ms"].items():
            mode, seen = name.split()
            recall = f"{one['recall10'][seen]:.3f}" if mode == "dense" else ""
            rows.append(
                (f"{one['chunks']:,}", mode, seen, f"{ms['p50']:.1f}", f"{ms['p95']:.1f}", recall)
            )
    notes = [
        f"{one['chunks']:,} chunks: opened the first time in {one['build_s']:.1f} s, with the "
        f"snapshot in {one['resume_s']:.1f} s."
        for one in found.values()
    ]
    head = ("chunks", "mode", "filter lets through", "p50, ms", "p95, ms", "recall@10")
    return Section(
        "search",
        "Search by size",
        "One query after the other through SQL, FAISS, full text and the access filter. Vectors "
        "and words are drawn by seed: times at that size, no word on how well it finds.",
        (Table(head, tuple(rows)),),
        "search",
        tuple(notes),
    )


def _ingest(title: str, result: Result) -> Section:
    names = {"real": "real embedder", "free": "no embedding"}
    rows = tuple(
        (names[kind], f"{point['chunks']:,.0f}", f"{point['chunks_per_s']:,.0f}",
         f"{point['documents_per_s']:,.1f}")
        for kind, curve in result["curves"].items() for point in (curve[0], curve[-1])
    )  # fmt: skip
    head = ("", "chunks by then", "chunks/s", "documents/s")
    intro = "The pace at the beginning and in the last tenth, while the collection grows."
    return Section("ingest", title, intro, (Table(head, rows),), "ingest")


def _speech(title: str, result: Result) -> Section:
    def cell(spread: Mapping[str, float] | None) -> str:
        return "-" if spread is None else f"{spread['p50']:.0f} / {spread['p95']:.0f}"

    names = ("first_partial_ms", "commit_lag_ms", "end_to_final_ms", "stopped_to_final_ms")
    rows = tuple(
        (str(one["lines"]), *(cell(one[name]) for name in names),
         f"{one['words_revised']} of {one['words_committed']}")
        for one in result["live"]
    )  # fmt: skip
    notes = [
        f"A turn ends after {result['about']['silence_ms']} ms of silence; the wait for it is in "
        "the time to the final text."
    ]
    if (batch := result.get("batch")) is not None:
        low, high = batch["ci95"]
        notes.append(
            f"Recordings take {TIMES} {batch['ratio']:.2f} ({low:.2f} … {high:.2f}) of what "
            f"faster-whisper alone takes, in pairs; {batch['same_text']:.0%} of the texts are "
            "the same."
        )
    head = ("lines", "first partial, ms p50 / p95", "commit lag", "end of speech → final",
            "of it, after the silence", "words revised")  # fmt: skip
    intro = "Recorded calls at the speed of speech, in pieces of 100 ms, on lines of their own."
    return Section("speech", title, intro, (Table(head, rows),), "speech", tuple(notes))


def _pipeline(title: str, result: Result) -> Section:
    def row(what: str, name: str) -> tuple[str, str, str]:
        return what, f"{result[name]['p50']:,.1f}", f"{result[name]['p95']:,.1f}"

    times = Table(
        ("", "p50, ms", "p95, ms"),
        (
            row("the run", "makespan_ms"),
            row("its critical path", "critical_path_ms"),
            row("all steps in a row", "steps_in_a_row_ms"),
            row(f"over 1.05 {TIMES} the path + 5 ms a step", "beyond_target_ms"),
            row("between run and client", "outside_the_run_ms"),
        ),
    )
    steps = Table(
        ("step", "median, ms", "on the critical path"),
        tuple(
            (name, f"{ms:,.1f}", "yes" if name in result["path"] else "")
            for name, ms in result["steps_ms"].items()
        ),
    )
    intro = (
        f"{result['runs']} runs of pipeline/{result['pipeline']} on recorded calls, one at a time."
    )
    middle, most = result["ratio"]["p50"], result["ratio"]["max"]
    note = f"A run takes {TIMES} {middle:.3f} of its critical path, at most {TIMES} {most:.3f}."
    return Section("pipeline", title, intro, (times, steps), "pipeline", (note,))


def _ray(title: str, result: Result) -> Section:
    figures, prices = [], []
    for row in result["clients"]:
        clients = str(row["clients"])
        figures += [_side(clients, name, row["sides"][side]) for side, name in BESIDE_RAY.items()]
        vllm, ray, ours = BESIDE_RAY.values()
        for names, step in (
            (f"{vllm} → {ray}", row["to_bare"]["ray-llm"]),
            (f"{vllm} → {ours}", row["to_bare"]["podium"]),
            (f"{ray} → {ours}", row["to_ray"]),
        ):
            prices.append((clients, names, *_price(step)))
    return Section(
        "ray-llm",
        title,
        f"The same questions to all three, {result['rounds']} times in turns, over the same weights"
        " and engine arguments. Ray Serve LLM has its own ingress and Ray Serve's own proxy, and"
        " holds no piece of a stream back; Podium's key has rates and a budget.",
        (Table(_CHAT_HEAD, tuple(figures)), Table(_PRICE_HEAD, tuple(prices))),
    )


_BUILDERS: Mapping[str, Callable[[str, Result], Section]] = {
    "rungs": _rungs,
    "ray-llm": _ray,
    "remote": _remote,
    "ingest": _ingest,
    "speech": _speech,
    "pipeline": _pipeline,
}
