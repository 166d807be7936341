"""What it gains to send the turns of a conversation to one replica: `python -m bench.affinity`.

One Podium serves the same weights as two models of two replicas each: `mistral`, whose calls go to
the less busy replica, and `sticky`, with `affinity: conversation`. In each round new conversations
are held with one and then with the other, several at once, each turn with all that was said before.
Told are the share of prompt tokens that the engines read from their prefix caches and the time to
the first token of the second turn and later ones. The first turn of a round has nothing to find.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai

from bench.chat import stopped_in_order
from bench.machine import about_machine
from bench.prompts import prompt
from bench.servers import Server, packaged_card, start_podium
from deployments.open_home import open_home

SIDES = ("mistral", "sticky")
TOKENS = 24
REPLICAS = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer: its number in the conversation, tokens of its prompt, seconds to its first."""

    side: str
    number: int
    prompt: int
    cached: int
    first_s: float


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Start, measure, stop; the document with both sides."""
    turns: list[Turn] = []
    with tempfile.TemporaryDirectory(prefix="affinity-") as folder, stopped_in_order() as stack:
        home = open_home(Path(folder) / "home")
        (home.catalog / "rows.yaml").write_text(json.dumps(_rows()))
        models = json.dumps([*SIDES, "embed"])
        server = start_podium(stack, Path(folder), home.path, models).settle()
        with _client(server) as client:
            for round_ in range(arguments.rounds):
                for side in SIDES if round_ % 2 else reversed(SIDES):
                    turns += _round(client, side, round_, arguments)
                print(f"round {round_ + 1} of {arguments.rounds}", file=sys.stderr)
    machine = about_machine(arguments.words)
    machine["command"] = " ".join(["python -m bench.affinity", *arguments.words])
    return {"machine": machine, "sides": {side: _told(turns, side) for side in SIDES}}


def _rows() -> list[dict[str, Any]]:
    row = packaged_card().model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    row["replicas"] = REPLICAS
    return [row, row | {"id": SIDES[1], "affinity": "conversation"}]


def _client(server: Server) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=server.key, max_retries=0)


def _round(
    client: openai.OpenAI, side: str, round_: int, arguments: argparse.Namespace
) -> list[Turn]:
    """So many conversations, `clients` of them at a time; the same ones for both sides."""
    seeds = range(round_ * arguments.conversations, (round_ + 1) * arguments.conversations)
    with ThreadPoolExecutor(arguments.clients) as pool:
        held = pool.map(lambda seed: _conversation(client, side, seed, arguments.turns), seeds)
        return [turn for conversation in held for turn in conversation]


def _conversation(client: openai.OpenAI, side: str, seed: int, count: int) -> list[Turn]:
    said: list[Any] = [{"role": "user", "content": prompt(seed)}]
    turns: list[Turn] = []
    for number in range(count):
        answer, turn = _turn(client, side, said, number)
        turns.append(turn)
        said += [
            {"role": "assistant", "content": answer},
            {"role": "user", "content": prompt((seed + 1) * 1_000 + number)},
        ]
    return turns


def _turn(client: openai.OpenAI, side: str, said: list[Any], number: int) -> tuple[str, Turn]:
    began, first, text, usage = time.perf_counter(), 0.0, "", None
    stream = client.chat.completions.create(
        model=side,
        messages=said,
        max_tokens=TOKENS,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in stream:
        usage = chunk.usage or usage
        piece = chunk.choices[0].delta.content if chunk.choices else None
        if piece and not text:
            first = time.perf_counter() - began
        text += piece or ""
    assert usage is not None and usage.prompt_tokens_details is not None  # noqa: S101 - we asked
    cached = usage.prompt_tokens_details.cached_tokens or 0
    return text, Turn(side, number, usage.prompt_tokens, cached, first)


def _told(turns: list[Turn], side: str) -> dict[str, float]:
    later = [turn for turn in turns if turn.side == side and turn.number > 0]
    firsts = sorted(turn.first_s * 1_000 for turn in later)
    return {
        "turns": len(later),
        "prompt_tokens": statistics.mean(turn.prompt for turn in later),
        "cached_share": sum(turn.cached for turn in later) / sum(turn.prompt for turn in later),
        "first_token_p50_ms": statistics.median(firsts),
        "first_token_p95_ms": firsts[int(0.95 * len(firsts))],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--conversations", type=int, default=8, help="in each round and side")
    parser.add_argument("--turns", type=int, default=5, help="of one conversation")
    parser.add_argument("--clients", type=int, default=2, help="conversations at once")
    arguments = parser.parse_args()
    arguments.words = sys.argv[1:]
    print(json.dumps(run(arguments), indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
