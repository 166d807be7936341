"""Hold the exam of the reference chat model through the real engine, and say whether it passes.

``python -m models.reference.eval_chat --items 200`` prints the share of exactly right answers of
each kind; the exit status is 1 when one is below its bar.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

from models.deadline import Deadline
from models.local.vllm_engine import VllmEngine
from models.local.vllm_settings import VllmSettings
from models.messages import ChatRequest, Message, Sampling
from models.reference import chat_exam
from models.reference.chat_exam import Item

WEIGHTS = Path(__file__).with_name("chat")
SETTINGS = VllmSettings(
    dtype="float32", max_num_seqs=32, block_size=32, enforce_eager=True, kv_cache_gib=0.25
)
SECONDS = 600.0


def _request(item: Item, number: int) -> ChatRequest:
    turns = tuple(
        Message("system" if turn["role"] == "system" else "user", turn["content"])
        for turn in item.messages
    )
    sampling = Sampling(temperature=0.0, max_tokens=160)
    return ChatRequest("mistral", turns, sampling, request_id=f"exam-{number}")


async def _answer(engine: VllmEngine, item: Item, number: int, gate: asyncio.Semaphore) -> str:
    async with gate:
        completion = await engine.complete(_request(item, number), Deadline.after(SECONDS))
        return completion.choices[0].message.content


async def answers(engine: VllmEngine, items: Sequence[Item]) -> list[str]:
    """Ask the engine every item, 32 at a time; answers come in the items' order."""
    gate = asyncio.Semaphore(32)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_answer(engine, item, number, gate))
            for number, item in enumerate(items)
        ]
    return [task.result() for task in tasks]


async def _hold(weights: Path, items: Sequence[Item]) -> list[str]:
    engine = VllmEngine("mistral", weights, SETTINGS)
    try:
        return await answers(engine, items)
    finally:
        engine.close()


def main() -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Examine the reference chat model.")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--items", type=int, default=200, help="items of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wrong", type=int, default=0, help="how many wrong answers to show")
    options = parser.parse_args()
    items = list(chat_exam.items(options.seed, options.items))
    items += chat_exam.styles(options.seed, options.items // 2)
    items += chat_exam.crowded(options.seed, options.items // 2)
    said = asyncio.run(_hold(options.weights, items))
    marks = chat_exam.marks(items, said)
    wrong = [(i, a) for i, a in zip(items, said, strict=True) if a.strip() != i.expected]
    for item, answer in wrong[: options.wrong]:
        print(json.dumps({"kind": item.kind, "prompt": item.messages[-1]["content"],
                          "expected": item.expected, "answer": answer}))  # fmt: skip
    print(json.dumps({kind: round(share, 3) for kind, share in marks.items()}))
    return int(any(marks[kind] < bar for kind, bar in chat_exam.BARS.items()))


if __name__ == "__main__":
    raise SystemExit(main())
