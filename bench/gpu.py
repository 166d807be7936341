"""`python -m bench.gpu`: the sizes of real models on a GPU, in one run and one table.

A Mistral 7B with drawn weights behind vLLM's own server and behind Podium, in turns; a Whisper
large-v3-turbo with drawn weights; the packaged embedder. `--tiny` runs the same on a processor with
sizes that say nothing, to know that it runs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.chat import Plan, comparisons, measure, one_load, positive, stopped_in_order
from bench.chat_report import table as chat_table
from bench.chat_report import write_report, write_samples
from bench.gpu_device import Device, check, look
from bench.gpu_engines import Rate, Where, embedder_rates, speech_rates
from bench.gpu_engines import table as rate_table
from bench.gpu_shapes import (
    TINY_CHAT,
    TINY_SPEECH,
    ChatShape,
    SpeechShape,
    write_chat,
    write_speech,
)
from bench.machine import about_machine, public_words
from bench.paired import Comparison
from bench.servers import MODEL, Server, end_tokens, start_bare, start_podium
from models.catalog import ModelCard
from models.errors import PodiumError

PARTS = ("chat", "speech", "embed")


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    chat: ChatShape
    speech: SpeechShape
    where: Where
    engine: dict[str, Any]
    concurrency: tuple[int, ...]
    requests: int | None
    gateways: int
    speech_batches: tuple[int, ...]
    windows: int
    embedder_batches: tuple[int, ...]
    texts: int


REAL = Size(
    chat=ChatShape(),
    speech=SpeechShape(),
    where="cuda",
    engine={"dtype": "bfloat16", "max_model_len": 8192, "max_num_seqs": 256},
    concurrency=(1, 64, 256),
    requests=None,
    gateways=4,
    speech_batches=(1, 8, 16, 32),
    windows=32,
    embedder_batches=(4096, 16_384, 65_536),
    texts=4096,
)
TINY = Size(
    chat=TINY_CHAT,
    speech=TINY_SPEECH,
    where="cpu",
    engine={
        "dtype": "float32",
        "block_size": 32,
        "enforce_eager": True,
        "kv_cache_gib": 0.25,
        "max_num_seqs": 8,
    },
    concurrency=(1, 2),
    requests=4,
    gateways=1,
    speech_batches=(1, 2),
    windows=2,
    embedder_batches=(4096,),
    texts=32,
)


def chat_row(folder: Path, size: Size) -> dict[str, Any]:
    """The catalog's row of the measured chat model, under the id of the packaged one."""
    return {
        "id": MODEL,
        "dialect": "vllm",
        "path": str(folder),
        "clearance": {"level": "RESTRICTED", "categories": "all"},
        "capabilities": ["chat"],
        "num_gpus": 1 if size.where == "cuda" else 0,
        "engine": size.engine | {"load_format": "dummy"},
    }


def measure_chat(
    size: Size, rounds: int, out: Path, weights: Path, words: Sequence[str]
) -> list[Comparison]:
    """Both servers, all the while; its report, which tells the command's `words`, is in `out`."""
    row = chat_row(write_chat(weights / "chat", size.chat), size)
    card = ModelCard.model_validate(row)
    with stopped_in_order() as stack:
        servers = _servers(stack, row, size, out)
        plan = Plan(rounds, size.concurrency, size.requests)
        return compared(stack, servers, plan, card, out, words)


def compared(
    stack: ExitStack,
    servers: dict[str, Server],
    plan: Plan,
    card: ModelCard,
    out: Path,
    words: Sequence[str],
) -> list[Comparison]:
    """What two servers that answer take for the plan's requests; its report lies in `out`."""
    samples = measure(one_load(stack, servers), plan, end_tokens(card))
    write_samples(out, samples)
    found = comparisons(samples, plan)
    write_report(out, found, samples, _about(words))
    return found


def _servers(stack: ExitStack, row: dict[str, Any], size: Size, out: Path) -> dict[str, Server]:
    """On one GPU each takes 0.4 of its memory."""
    place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="podium-bench-")))
    shared = row | {"engine": row["engine"] | _share(size)}
    rows = place / "rows"
    rows.mkdir()
    (rows / "gpu.yaml").write_text(json.dumps([shared]), encoding="utf-8")
    card = ModelCard.model_validate(shared)
    bare = start_bare(stack, out, card=card)
    # One after the other: vLLM takes its share of what is free when it looks.
    bare_up = bare.settle()
    more = {
        "PODIUM_GATEWAY__REPLICAS": str(size.gateways),
        "PODIUM_CATALOG": json.dumps([str(rows)]),
    }
    podium = start_podium(stack, out, place / "home", more=more)
    return {"bare": bare_up, "podium": podium.settle()}


def _share(size: Size) -> dict[str, Any]:
    return {"gpu_memory_utilization": 0.4} if size.where == "cuda" else {}


def run(arguments: argparse.Namespace) -> Iterator[str]:
    """Measure what was asked for; lines of Markdown."""
    size, out = TINY if arguments.tiny else REAL, arguments.out
    device = look()
    if not arguments.tiny:
        check(device)
    out.mkdir(parents=True, exist_ok=True)
    yield from _head(device, arguments.tiny)
    with tempfile.TemporaryDirectory(prefix="podium-bench-") as place:
        if "chat" in arguments.parts:
            found = measure_chat(size, arguments.rounds, out, Path(place), arguments.words)
            yield from chat_table(found)
            yield ""
        rates = list(_rates(size, arguments, Path(place)))
    if rates:
        (out / "rates.json").write_text(json.dumps([asdict(one) for one in rates], indent=1))
        yield from rate_table(rates)


def _rates(size: Size, arguments: argparse.Namespace, place: Path) -> Iterator[Rate]:
    rounds = arguments.rounds
    if "speech" in arguments.parts:
        kind = "float16" if size.where == "cuda" else "float32"
        folder = write_speech(place / "speech", size.speech, kind)
        yield from speech_rates(folder, size.where, size.speech_batches, size.windows, rounds, 100)
    if "embed" in arguments.parts:
        yield from embedder_rates(size.where, size.embedder_batches, size.texts, rounds)


def _head(device: Device, tiny: bool) -> Iterator[str]:
    names = ", ".join(f"{one.name}, {one.total >> 30} GiB" for one in device.gpus) or "no GPU"
    yield f"{names}; torch {device.torch}, vllm {device.vllm or 'for processors'}"
    if tiny:
        yield "Sizes of --tiny: these figures say that it runs, and nothing else."
    yield ""


def _about(words: Sequence[str]) -> dict[str, Any]:
    command = " ".join(("python -m bench.gpu", *public_words(words)))
    return about_machine([]) | {"command": command}


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="small sizes on a processor")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--rounds", type=positive, default=3, help="interleaved rounds (3)")
    parser.add_argument("--out", type=Path, default=_default_folder(), help="folder of the report")
    return parser.parse_args(words, argparse.Namespace(words=list(words)))


def _default_folder() -> Path:
    return Path("build/bench") / f"gpu-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def main(words: Sequence[str]) -> int:
    """Measure, print, and return the exit code."""
    arguments = _arguments(words)
    try:
        for line in run(arguments):
            print(line, flush=True)
    except KeyboardInterrupt:
        return 130
    except PodiumError as error:
        print(f"Error: {error.message}", file=sys.stderr)
        return 1
    print(f"report: {arguments.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
