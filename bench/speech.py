"""`podium bench speech`: live lines at the speed of speech, and recordings beside faster-whisper.

Recordings are the example calls. Lines are fed in pieces of 100 ms; times are from the moment a
sample is spoken, so they hold the wait for the piece it is in. Batch times are taken in pairs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.chat import stopped_in_order
from bench.machine import about_machine
from bench.paired import estimate, quantile
from bench.servers import Server, start_podium
from bench.speech_bare import BareSpeech
from bench.speech_batch import Pair, PodiumSpeech, pair
from bench.speech_lines import Call, Played, play_together, read_call
from deployments.cli.failures import AnsweredError, error_object, exit_code
from deployments.cli.target import find_target
from models.errors import PodiumError

CALLS = Path(__file__).parents[1] / "examples" / "calls"
_MODELS = '["mistral", "embed", "whisper"]'


def measure_lines(server: Server, calls: list[Call], arguments: argparse.Namespace) -> list[Played]:
    """Every line of every round, after one that is not kept."""
    found: list[Played] = []
    asyncio.run(play_together(server, calls, 1, 0, arguments.silence_ms))
    for number in range(arguments.rounds):
        for lines in arguments.lines:
            found += asyncio.run(play_together(server, calls, lines, number, arguments.silence_ms))
        _note(f"live: round {number + 1} of {arguments.rounds}")
    return found


def measure_batch(podium: PodiumSpeech, paths: list[Path], rounds: int) -> list[Pair]:
    """Every recording in every round by both sides, after a round that is not kept."""
    bare = BareSpeech()
    found: list[Pair] = []
    try:
        for number in range(-1, rounds):
            pairs = [pair(one, number, bare.transcribe, podium.transcribe) for one in paths]
            found += pairs if number >= 0 else []
    finally:
        bare.stop()
    _note(f"recordings: {rounds} rounds")
    return found


def document(played: Sequence[Played], pairs: Sequence[Pair]) -> dict[str, Any]:
    """The JSON document: one entry for each number of lines, and the recordings."""
    numbers = sorted({one.lines for one in played})
    live = [_live([one for one in played if one.lines == lines]) for lines in numbers]
    return {"live": live, "batch": _batch(pairs) if pairs else None}


def _live(played: list[Played]) -> dict[str, Any]:
    lags = [lag for one in played for lag in one.lags]
    committed = sum(one.committed for one in played)
    return {
        "lines": played[0].lines,
        "calls": len(played),
        "first_partial_ms": _spread([one.first_partial for one in played]),
        "first_commit_ms": _spread([one.first_commit for one in played]),
        "commit_lag_ms": _spread(list(lags)),
        "end_to_final_ms": _spread([one.final for one in played]),
        "end_to_stopped_ms": _spread([one.stopped for one in played]),
        "stopped_to_final_ms": _spread([_after(one) for one in played]),
        "words_committed": committed,
        "words_before_the_end": sum(one.committed_before_end for one in played),
        "words_revised": sum(one.revised for one in played),
        "calls_without_words": sum(1 for one in played if not one.text),
    }


def _after(one: Played) -> float | None:
    """From when the silence was sure to the final text: what is left of the last pass, and ways."""
    return None if one.final is None or one.stopped is None else one.final - one.stopped


def _spread(seconds: Sequence[float | None]) -> dict[str, float] | None:
    known = [1000 * one for one in seconds if one is not None]
    if not known:
        return None
    return {
        "p50": round(quantile(known, 0.5), 1),
        "p95": round(quantile(known, 0.95), 1),
        "max": round(max(known), 1),
    }


def _batch(pairs: Sequence[Pair]) -> dict[str, Any]:
    rounds = sorted({one.round for one in pairs})
    by_round = [[one.podium / one.bare for one in pairs if one.round == n] for n in rounds]
    ratio = estimate(by_round)
    totals = {side: sum(getattr(one, side) for one in pairs) for side in ("bare", "podium")}
    return {
        "ratio": round(ratio.value, 4),
        "ci95": [round(end, 4) for end in ratio.interval],
        "ratio_of_sums": round(totals["podium"] / totals["bare"], 4),
        "seconds": {side: round(total, 3) for side, total in totals.items()},
        "rounds": len(rounds),
        "same_text": sum(one.same_text for one in pairs) / len(pairs),
    }


def table(found: dict[str, Any]) -> Iterator[str]:
    """The document for people, in Markdown."""
    yield (
        "| lines | first partial, ms p50 / p95 | commit lag | end of speech to final "
        "| of it, after the silence | revised |"
    )
    yield "|---|---|---|---|---|---|"
    for one in found["live"]:
        cells = [_cell(one[name]) for name in ("first_partial_ms", "commit_lag_ms")]
        cells += [_cell(one[name]) for name in ("end_to_final_ms", "stopped_to_final_ms")]
        revised = f"{one['words_revised']} of {one['words_committed']}"
        yield f"| {one['lines']} | {' | '.join(cells)} | {revised} |"
    batch = found["batch"]
    if batch:
        low, high = batch["ci95"]
        yield f"\nRecordings: {batch['ratio']:.3f} x faster-whisper alone ({low:.3f} … {high:.3f})"


def _cell(spread: dict[str, float] | None) -> str:
    return "-" if spread is None else f"{spread['p50']:.0f} / {spread['p95']:.0f}"


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Start what is needed, measure, stop it, and write the report."""
    folder: Path = arguments.out
    folder.mkdir(parents=True, exist_ok=True)
    about = about_machine(arguments.words, kind="speech")
    with stopped_in_order() as stack:
        server = _server(stack, arguments, folder)
        podium = PodiumSpeech(server)
        paths = sorted(CALLS.glob("*.wav"))
        calls = [read_call(path, podium.words(path)) for path in paths]
        pairs = measure_batch(podium, paths, arguments.rounds) if arguments.batch else []
        played = measure_lines(server, calls, arguments)
    found = document(played, pairs) | {"about": about | {"silence_ms": arguments.silence_ms}}
    raw = {"played": [asdict(one) for one in played], "pairs": [asdict(one) for one in pairs]}
    (folder / "samples.json").write_text(json.dumps(raw, indent=1), encoding="utf-8")
    (folder / "result.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    return found


def _server(stack: ExitStack, arguments: argparse.Namespace, folder: Path) -> Server:
    if arguments.url:
        target = find_target(arguments.url, arguments.key, arguments.home)
        return Server(target.base_url, target.key or "")
    _note("starting Podium")
    home = stack.enter_context(tempfile.TemporaryDirectory(prefix="podium-bench-"))
    return start_podium(stack, folder, Path(home) / "home", _MODELS).settle()


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="podium bench speech", description="Measure live lines and recordings."
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds (3)")
    parser.add_argument("--lines", type=_counts, default=(1, 4, 8), metavar="1,4,8")
    parser.add_argument("--silence-ms", type=int, default=300, help="silence that ends a turn")
    parser.add_argument("--no-batch", dest="batch", action="store_false", help="live lines only")
    parser.add_argument("--url", default=None, help="measure a Podium that runs already")
    parser.add_argument("--key", default=os.environ.get("PODIUM_API_KEY"), help="its API key")
    parser.add_argument("--home", type=Path, default=os.environ.get("PODIUM_HOME"))
    parser.add_argument("--out", type=Path, default=_default_folder(), help="folder of the report")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    return parser.parse_args(words, argparse.Namespace(words=list(words)))


def _counts(text: str) -> tuple[int, ...]:
    return tuple(sorted({int(part) for part in text.split(",")}))


def _default_folder() -> Path:
    return Path("build/bench") / f"speech-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def main(words: Sequence[str]) -> int:
    """Measure, print, and return the exit code."""
    arguments = _arguments(words)
    try:
        found = run(arguments)
    except KeyboardInterrupt:
        return 130
    except (PodiumError, AnsweredError) as error:
        told = {"error": error_object(error)}
        print(json.dumps(told) if arguments.json else f"Error: {told['error']['message']}")
        return int(exit_code(error))
    print(json.dumps(found) if arguments.json else "\n".join(table(found)))
    _note(f"report: {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
