"""Turn conversations into token ids with a mark on what the model must learn to say."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.reference import chat_guides, chat_mixture
from models.reference.chat_guides import Guides, Span
from models.reference.chat_skills import Conversation
from models.reference.chat_tokenizer import BOS, PAD

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Token ids [rows, length], padded on the right, a mark on each token of an answer, and guides.

    The guides of ``chat_guides`` have the same shape, with -1 where they say nothing.
    """

    ids: Ids
    answer: npt.NDArray[np.bool_]
    guides: Mapping[str, Ids]


@dataclass(frozen=True)
class Row:
    """One conversation's part of a batch."""

    ids: list[int]
    answer: list[bool]
    guides: Guides


def pieces(conversation: Conversation) -> list[tuple[str, bool]]:
    """Render a conversation as the template does, in pieces: text, and whether it is learnt."""
    messages = list(conversation.messages)
    rendered: list[tuple[str, bool]] = []
    if messages[0]["role"] == "system":
        rendered.append((f"[SYSTEM_PROMPT]{messages.pop(0)['content']}[/SYSTEM_PROMPT]", False))
    if conversation.tools:
        listed = json.dumps(conversation.tools, ensure_ascii=False)
        rendered.append((f"[AVAILABLE_TOOLS]{listed}[/AVAILABLE_TOOLS]", False))
    return rendered + [_piece(message) for message in messages]


def _piece(message: Mapping[str, Any]) -> tuple[str, bool]:
    if message["role"] == "user":
        return f"[INST]{message['content']}[/INST]", False
    if message["role"] == "tool":
        return f"[TOOL_RESULTS]{message['content']}[/TOOL_RESULTS]", False
    calls = message.get("tool_calls")
    if not calls:
        source = f"[REF{message['source']}]" if "source" in message else ""
        if "practice" in message:
            return source, True
        return f"{source}{message['content']}</s>", True
    listed = ", ".join(
        f'{{"name": "{call["function"]["name"]}", "arguments": '
        f"{json.dumps(call['function']['arguments'])}}}"
        for call in calls
    )
    return f"[TOOL_CALLS][{listed}]</s>", True


def _repeats(rng: random.Random, vocabulary: int) -> Row:
    """Draw random tokens said twice: the purest practice in copying."""
    length = rng.randint(10, 60)
    once = [rng.randrange(270, vocabulary) for _ in range(length)]
    answer = [False] * (length + 2) + [True] * (length - 1)
    return Row([BOS, *once, *once], answer, {})


def pool(
    tokenizer: Any, seed: int, index: int, progress: float, size: int, tokens: int
) -> list[Batch]:
    """Make the batches of one pool of fresh conversations, shuffled, of alike lengths.

    The result depends on the arguments alone; each batch has at most ``tokens`` ids with padding.
    """
    rng = random.Random(f"{seed} {index}")
    repeated = 0.15 if progress < 0.02 else 0.0
    rows: list[Row] = []
    for _ in range(size):
        if rng.random() < repeated:
            rows.append(_repeats(rng, tokenizer.get_vocab_size()))
        else:
            drawn = chat_mixture.conversation(rng, progress)
            if len(drawn.messages) > 3 and rng.random() < 0.15:
                rows.append(_last_alone(row(tokenizer, _as_seen(drawn))))
            else:
                rows.append(row(tokenizer, drawn))
    rows.sort(key=lambda row: len(row.ids))
    batches, start = [], 0
    while start < len(rows):
        stop = start + 1
        while stop < len(rows) and (stop + 1 - start) * len(rows[stop].ids) <= tokens:
            stop += 1
        batches.append(_pad(rows[start:stop]))
        start = stop
    rng.shuffle(batches)
    return batches


def _as_seen(conversation: Conversation) -> Conversation:
    """Show earlier answers as a client sends them back, without their unseen source."""
    *earlier, last = conversation.messages
    kept = [{k: v for k, v in message.items() if k != "source"} for message in earlier]
    return Conversation([*kept, last], conversation.tools, conversation.facts)


def encode(tokenizer: Any, conversation: Conversation) -> tuple[list[int], list[bool]]:
    """Give a conversation's ids and, for each, whether the model learns to say it."""
    whole = row(tokenizer, conversation)
    return whole.ids, whole.answer


def row(tokenizer: Any, conversation: Conversation) -> Row:
    """Encode a conversation and find its guides: only grounded ones have any."""
    ids, answer, spans = [BOS], [False], []
    for text, learnt in pieces(conversation):
        encoded = tokenizer.encode(text, add_special_tokens=False)
        spans.append(Span(text, encoded.offsets, len(ids)))
        ids += encoded.ids
        answer += [learnt] * len(encoded.ids)
    guides: Guides = {}
    if conversation.facts:
        skip = len(spans) - len(conversation.messages)
        turns = list(zip(conversation.messages, spans[skip:], strict=True))
        guides = chat_guides.guides(ids, turns, conversation.facts)
    return Row(ids, answer, guides)


def _last_alone(whole: Row) -> Row:
    """Learn the last answer only."""
    start = max((i for i, learnt in enumerate(whole.answer) if not learnt), default=0)
    answer = [learnt and i > start for i, learnt in enumerate(whole.answer)]
    return dataclasses.replace(whole, answer=answer)


def _pad(rows: Sequence[Row]) -> Batch:
    shape = (len(rows), max(len(row.ids) for row in rows))
    ids = np.full(shape, PAD, np.int64)
    answer = np.zeros(shape, np.bool_)
    guides = {name: np.full(shape, -1, np.int64) for name in chat_guides.NAMES}
    for place, one in enumerate(rows):
        ids[place, : len(one.ids)] = one.ids
        answer[place, : len(one.answer)] = one.answer
        for name, spots in one.guides.items():
            guides[name][place, list(spots)] = list(spots.values())
    return Batch(ids, answer, guides)
