"""One comparison of sides that take turns, from its command line to its document."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.chat import Plan, Side, measure, stopped_in_order
from bench.chat_report import write_samples
from bench.machine import about_machine
from bench.samples import Sample
from bench.servers import end_tokens, packaged_card

Start = Callable[[ExitStack, Path], Mapping[str, Side]]
Document = Callable[[Sequence[Sample], Plan], dict[str, Any]]


def compared_run(
    arguments: argparse.Namespace, module: str, start: Start, document: Document
) -> dict[str, Any]:
    """Start the sides, measure, stop; the document, with the machine and the command."""
    plan = Plan(arguments.rounds, tuple(arguments.concurrency), arguments.requests)
    folder: Path = arguments.out
    folder.mkdir(parents=True, exist_ok=True)
    about = about_machine([]) | {"command": " ".join([f"python -m {module}", *arguments.words])}
    with stopped_in_order() as stack:
        samples = measure(start(stack, folder), plan, end_tokens(packaged_card()))
    write_samples(folder, samples)
    return {"machine": about, **document(samples, plan)}


def read_arguments(words: Sequence[str], name: str, description: str) -> argparse.Namespace:
    """What to measure; logs and samples go to a folder of `name` by default."""
    folder = Path("build/bench") / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=8, help="interleaved rounds (8)")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--requests", type=int, help="a side, round and concurrency")
    parser.add_argument("--out", type=Path, default=folder, help="folder of logs and samples")
    return parser.parse_args(words, argparse.Namespace(words=list(words)))
