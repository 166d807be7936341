"""`podium bench chat`: Podium beside vLLM's own server, over the same weights and settings.

Both servers are up throughout; rounds take them in turns and every prompt goes to both, so what
the machine does meanwhile falls out of the paired difference. The load comes from a process of its
own, and every answer is checked to be whole and of the same number of tokens.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from bench.chat_report import document, table, write_report, write_samples
from bench.generator import Generator
from bench.machine import about_machine
from bench.paired import Comparison, Round, compare
from bench.samples import Job, Sample
from bench.servers import MODEL, Server, end_tokens, packaged_card, start_bare, start_podium
from deployments.cli.failures import AnsweredError, error_object, exit_code
from deployments.cli.target import find_target
from deployments.processes import Descendants
from models.errors import InternalError, PodiumError

TOKENS = 48
SIDES = ("bare", "podium")
_STOP_S = 30.0
# An engine spins for a second after its last token; the other side shall not feel that.
_PAUSE_S = 1.5


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured; `requests` a side, round and concurrency, by default a few a client."""

    rounds: int
    concurrency: tuple[int, ...]
    requests: int | None

    def count(self, concurrency: int) -> int:
        """Requests of one job."""
        return self.requests or max(8, 2 * concurrency)

    def seeds(self, round_number: int, concurrency: int) -> tuple[int, ...]:
        """Prompts of one job: the same for both sides, and never seen before by either."""
        first = 1_000_000 * (round_number + 1) + 1000 * concurrency
        return tuple(range(first, first + self.count(concurrency)))


@dataclass(frozen=True, slots=True)
class Side:
    """Where a side answers, and the process that makes its load."""

    server: Server
    generator: Generator


def order(round_number: int, sides: Sequence[str] = SIDES) -> tuple[str, ...]:
    """The sides in the order of that round: each goes first in its turn."""
    first = round_number % len(sides)
    return (*sides[first:], *sides[:first])


def measure(sides: Mapping[str, Side], plan: Plan, never: tuple[int, ...]) -> list[Sample]:
    """Every sample of every round, after a warm-up that is not kept."""
    samples: list[Sample] = []
    for number in range(-1, plan.rounds):
        for concurrency in plan.concurrency:
            for side in order(number, list(sides)):
                job = Job(
                    side=side,
                    round=number,
                    concurrency=concurrency,
                    url=sides[side].server.url,
                    key=sides[side].server.key,
                    model=MODEL,
                    seeds=plan.seeds(number, concurrency),
                    tokens=TOKENS,
                    never=never,
                )
                got = check(sides[side].generator.run(job))
                time.sleep(_PAUSE_S)
                samples += got if number >= 0 else []
        _note("warmed up" if number < 0 else f"round {number + 1} of {plan.rounds}")
    return samples


def check(samples: list[Sample]) -> list[Sample]:
    """The samples, all of them whole and equally long; raises InternalError naming what is not."""
    for sample in samples:
        where = f"{sample.side}, {sample.concurrency} clients, prompt {sample.seed}"
        if sample.error is not None:
            raise InternalError(f"A request failed ({where}): {sample.error}.")
        if sample.tokens != TOKENS:
            raise InternalError(
                f"An answer has {sample.tokens} tokens instead of {TOKENS} ({where})."
            )
    return samples


def comparisons(
    samples: Sequence[Sample], plan: Plan, sides: tuple[str, str] = SIDES
) -> list[Comparison]:
    """One comparison a concurrency: the second of `sides` beside the first."""
    return [
        compare(c, [_round(samples, c, number, sides) for number in range(plan.rounds)])
        for c in plan.concurrency
    ]


def _round(
    samples: Sequence[Sample], concurrency: int, number: int, sides: tuple[str, str]
) -> Round:
    here = [s for s in samples if s.concurrency == concurrency and s.round == number]
    bare, podium = (tuple(s for s in here if s.side == side) for side in sides)
    return Round(bare, podium)


def run(arguments: argparse.Namespace) -> list[Comparison]:
    """Start what is needed, measure, stop it, and write the report."""
    plan = Plan(arguments.rounds, tuple(arguments.concurrency), arguments.requests)
    folder: Path = arguments.out
    folder.mkdir(parents=True, exist_ok=True)
    about = about_machine(arguments.words)
    with stopped_in_order() as stack:
        servers = _servers(stack, arguments, folder)
        samples = measure(one_load(stack, servers), plan, end_tokens(packaged_card()))
    write_samples(folder, samples)
    found = comparisons(samples, plan)
    about |= {"prompt_tokens": _span([s.prompt_tokens for s in samples]), "answer_tokens": TOKENS}
    write_report(folder, found, samples, about)
    return found


def one_load(stack: ExitStack, servers: Mapping[str, Server]) -> dict[str, Side]:
    """The servers with one process that makes the load of all of them."""
    generator = Generator()
    stack.callback(generator.stop)
    return {name: Side(server, generator) for name, server in servers.items()}


def _servers(stack: ExitStack, arguments: argparse.Namespace, folder: Path) -> dict[str, Server]:
    _note("starting vLLM's own server" + ("" if arguments.url else " and Podium"))
    bare = start_bare(stack, folder)
    if arguments.url:
        target = find_target(arguments.url, arguments.key, arguments.home)
        return {"bare": bare.settle(), "podium": Server(target.base_url, target.key or "")}
    home = stack.enter_context(tempfile.TemporaryDirectory(prefix="podium-bench-"))
    podium = start_podium(stack, folder, Path(home) / "home")
    return {"bare": bare.settle(), "podium": podium.settle()}


@contextmanager
def stopped_in_order() -> Iterator[ExitStack]:
    """A stack that is unwound on SIGTERM as on Ctrl-C, and that no second signal interrupts."""
    old = signal.signal(signal.SIGTERM, _on_terminate)
    # A job in the background is started with Ctrl-C ignored; a measurement still has to hear it.
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    descendants = Descendants()
    with ExitStack() as stack:
        stack.callback(signal.signal, signal.SIGTERM, old)
        stack.callback(signal.signal, signal.SIGINT, interrupt)
        stack.callback(descendants.stop, _STOP_S)
        with ExitStack() as servers:
            try:
                yield servers
            finally:
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, signal.SIG_IGN)
                _note("stopping")
                descendants.remember()


def _on_terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _span(values: Sequence[int]) -> str:
    return f"{min(values)} to {max(values)}"


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="podium bench chat", description="Measure chat beside vLLM's own server."
    )
    parser.add_argument("--rounds", type=positive, default=5, help="interleaved rounds (5)")
    parser.add_argument(
        "--concurrency", type=_counts, default=(1, 8, 32), metavar="1,8,32", help="clients at once"
    )
    parser.add_argument("--requests", type=positive, help="a side, round and concurrency")
    parser.add_argument("--url", default=None, help="measure a Podium that runs already")
    parser.add_argument("--key", default=os.environ.get("PODIUM_API_KEY"), help="its API key")
    parser.add_argument("--home", type=Path, default=os.environ.get("PODIUM_HOME"))
    parser.add_argument("--out", type=Path, default=_default_folder(), help="folder of the report")
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")
    return parser.parse_args(words, argparse.Namespace(words=list(words)))


def positive(text: str) -> int:
    """A count of one or more, as an option of a command says it."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _counts(text: str) -> tuple[int, ...]:
    return tuple(sorted({positive(part) for part in text.split(",")}))


def _default_folder() -> Path:
    return Path("build/bench") / f"chat-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"


def main(words: Sequence[str]) -> int:
    """Measure, print, and return the exit code."""
    arguments = _arguments(words)
    try:
        found = run(arguments)
    except KeyboardInterrupt:
        return 130
    except (PodiumError, AnsweredError) as error:
        return _failed(error, arguments.json)
    if arguments.json:
        print(json.dumps(document(found)))
    else:
        print("\n".join(table(found)))
    _note(f"report: {arguments.out}")
    return 0


def _failed(error: PodiumError | AnsweredError, as_json: bool) -> int:
    told: dict[str, Any] = error_object(error)
    if as_json:
        print(json.dumps({"error": told}))
    else:
        _note(f"Error: {told['message']}")
    return int(exit_code(error))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
