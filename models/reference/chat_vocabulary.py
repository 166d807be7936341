"""What the first weights know of the tokens, counted in conversations of the corpus."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any

from models.reference import chat_corpus, chat_init, chat_tokenizer
from models.reference.chat_init import Vocabulary


def describe(tokenizer: Any, seed: int, samples: int = 400) -> Vocabulary:
    """Describe a tokenizer's tokens; one that few passages hold is the most telling, at 1."""
    rng = random.Random(f"vocabulary {seed}")
    passages = [
        line
        for _ in range(samples)
        for line in chat_corpus.grounded(rng, 6, 1)[1]["content"].splitlines()[:-1]
    ]
    seen: Counter[str] = Counter()
    for line in passages:
        seen.update({chat_init.stem(token) for token in tokenizer.encode(line).tokens})
    texts = [tokenizer.id_to_token(index) for index in range(tokenizer.get_vocab_size())]
    telling = [
        min(1.0, max(0.15, -math.log((seen[chat_init.stem(text)] + 1) / len(passages)) / 3))
        for text in texts
    ]
    twins = chat_tokenizer.references(tokenizer)
    marks = [mark for _, mark in twins] + [tokenizer.token_to_id("Question")]
    return Vocabulary(texts, telling, marks, twins)
