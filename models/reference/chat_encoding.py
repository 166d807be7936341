"""Turn conversations into token ids with a mark on what the model must learn to say."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from models.reference import chat_mixture
from models.reference.chat_skills import Conversation
from models.reference.chat_tokenizer import BOS, PAD

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Batch:
    """Token ids [rows, length], padded on the right, and a mark on each token of an answer."""

    ids: Ids
    answer: npt.NDArray[np.bool_]


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


def _piece(message: dict[str, Any]) -> tuple[str, bool]:
    if message["role"] == "user":
        return f"[INST]{message['content']}[/INST]", False
    if message["role"] == "tool":
        return f"[TOOL_RESULTS]{message['content']}[/TOOL_RESULTS]", False
    calls = message.get("tool_calls")
    if not calls:
        source = f"[REF{message['source']}]" if "source" in message else ""
        return f"{source}{message['content']}</s>", True
    listed = ", ".join(
        f'{{"name": "{call["function"]["name"]}", "arguments": '
        f"{json.dumps(call['function']['arguments'])}}}"
        for call in calls
    )
    return f"[TOOL_CALLS][{listed}]</s>", True


def _repeats(rng: random.Random, vocabulary: int) -> tuple[list[int], list[bool]]:
    """Draw random tokens said twice: the purest practice in copying."""
    length = rng.randint(10, 60)
    once = [rng.randrange(270, vocabulary) for _ in range(length)]
    return [BOS, *once, *once], [False] * (length + 2) + [True] * (length - 1)


def pool(
    tokenizer: Any, seed: int, index: int, progress: float, size: int, tokens: int
) -> list[Batch]:
    """Make the batches of one pool of fresh conversations, shuffled, of alike lengths.

    The result depends on the arguments alone; each batch has at most ``tokens`` ids with padding.
    """
    rng = random.Random(f"{seed} {index}")
    repeated = 0.15 if progress < 0.02 else 0.0
    rows: list[tuple[list[int], list[bool]]] = []
    for _ in range(size):
        if rng.random() < repeated:
            rows.append(_repeats(rng, tokenizer.get_vocab_size()))
        else:
            drawn = chat_mixture.conversation(rng, progress)
            if len(drawn.messages) > 3 and rng.random() < 0.15:
                rows.append(_last_alone(encode(tokenizer, _as_seen(drawn))))
            else:
                rows.append(encode(tokenizer, drawn))
    rows.sort(key=lambda row: len(row[0]))
    batches, start = [], 0
    while start < len(rows):
        stop = start + 1
        while stop < len(rows) and (stop + 1 - start) * len(rows[stop][0]) <= tokens:
            stop += 1
        batches.append(_pad(rows[start:stop]))
        start = stop
    rng.shuffle(batches)
    return batches


def _as_seen(conversation: Conversation) -> Conversation:
    """Show earlier answers as a client sends them back, without their unseen source."""
    *earlier, last = conversation.messages
    kept = [{k: v for k, v in message.items() if k != "source"} for message in earlier]
    return Conversation([*kept, last], conversation.tools)


def encode(tokenizer: Any, conversation: Conversation) -> tuple[list[int], list[bool]]:
    """Give a conversation's ids and, for each, whether the model learns to say it."""
    ids, answer = [BOS], [False]
    for text, learnt in pieces(conversation):
        encoded = tokenizer.encode(text, add_special_tokens=False).ids
        ids += encoded
        answer += [learnt] * len(encoded)
    return ids, answer


def _last_alone(row: tuple[list[int], list[bool]]) -> tuple[list[int], list[bool]]:
    """Learn the last answer only."""
    ids, answer = row
    start = max((i for i, learnt in enumerate(answer) if not learnt), default=0)
    return ids, [learnt and i > start for i, learnt in enumerate(answer)]


def _pad(rows: list[tuple[list[int], list[bool]]]) -> Batch:
    length = max(len(ids) for ids, _ in rows)
    ids = np.full((len(rows), length), PAD, np.int64)
    answer = np.zeros((len(rows), length), np.bool_)
    for row, (tokens, marks) in enumerate(rows):
        ids[row, : len(tokens)] = tokens
        answer[row, : len(marks)] = marks
    return Batch(ids, answer)
