"""Measure the speech model as it is served: `python -m models.reference.eval_speech`.

Held-out sentences are spoken by espeak-ng and written down by the serving engine, voice detection
on. Beside the word error rate it counts order numbers that are wholly right.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from models.catalog import builtin_catalog, load_catalog
from models.deadline import Deadline
from models.local.whisper import WhisperEngine
from models.local.whisper_settings import WhisperSettings
from models.messages import TranscriptionRequest
from models.reference import speech_corpus, utterances, world
from models.reference.record_speech import wav
from models.reference.word_errors import ErrorCount, count_errors, words

_DIGIT_RUN = re.compile(rf"(?:\b(?:{'|'.join(world.DIGITS)})\b ?){{4,}}")


@dataclass(frozen=True)
class Heard:
    """What was said and what the engine wrote down."""

    said: str
    written: str


def served_settings() -> WhisperSettings:
    """How the embedded profile runs the reference model."""
    card = load_catalog([builtin_catalog()]).card("whisper")
    return WhisperSettings.model_validate(card.engine)


async def transcribe(engine: WhisperEngine, audio: bytes) -> str:
    """The engine's text of one recording."""
    request = TranscriptionRequest(model="speech", audio=audio)
    return (await engine.transcribe(request, Deadline.after(120.0))).text


async def hear(engine: WhisperEngine, texts: Iterable[str], seed: int = 7) -> list[Heard]:
    """Speak each text as a caller would and have it written down."""
    rng = random.Random(seed)
    made = []
    for text in texts:
        audio = wav(speech_corpus.spoken(rng, text).samples)
        made.append(Heard(text, await transcribe(engine, audio)))
    return made


def word_errors(heard: Iterable[Heard]) -> ErrorCount:
    """Errors over all words said."""
    return sum((count_errors(item.said, item.written) for item in heard), ErrorCount())


def numbers(text: str) -> list[str]:
    """The runs of four or more spoken digits in a text."""
    return [match.strip() for match in _DIGIT_RUN.findall(" ".join(words(text)))]


def right_numbers(heard: Iterable[Heard]) -> float:
    """The share of spoken numbers that stand in the transcript digit by digit."""
    asked = [(number, item.written) for item in heard for number in numbers(item.said)]
    found = sum(number in numbers(written) for number, written in asked)
    return found / max(1, len(asked))


def number_texts(count: int, seed: int = 31) -> list[str]:
    """Sentences with order numbers that training never says."""
    rng = random.Random(seed)
    texts: dict[str, None] = {}
    while len(texts) < count:
        drawn = utterances.sample(rng, held_out=True)
        for part in speech_corpus.sentences(drawn.text):
            if drawn.order and world.spoken_digits(drawn.order) in part:
                texts.setdefault(part)
    return list(texts)[:count]


def call_texts(count: int, seed: int = 32) -> list[str]:
    """Whole messages of up to four sentences from the held-out side."""
    rng = random.Random(seed)
    return [utterances.sample(rng, held_out=True).text for _ in range(count)]


async def report(folder: Path, count: int) -> dict[str, float]:
    """Rates on sentences, order numbers and whole calls."""
    engine = WhisperEngine("speech", folder, served_settings())
    try:
        heard = await hear(engine, speech_corpus.held_out_texts(count))
        spoken = await hear(engine, number_texts(count // 2))
        calls = await hear(engine, call_texts(count // 4))
    finally:
        engine.close()
    for item in (*heard, *spoken, *calls):
        if words(item.said) != words(item.written):
            print(json.dumps({"said": item.said, "written": item.written}))
    return {
        "sentences": count,
        "wer": round(word_errors(heard).rate, 4),
        "sentences_right": sum(words(i.said) == words(i.written) for i in heard) / count,
        "numbers_right": round(right_numbers(spoken), 4),
        "number_wer": round(word_errors(spoken).rate, 4),
        "call_wer": round(word_errors(calls).rate, 4),
    }


def main() -> None:
    """Read the arguments and print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("models/reference/speech"))
    parser.add_argument("--count", type=int, default=220)
    arguments = parser.parse_args()
    print(json.dumps(asyncio.run(report(arguments.folder, arguments.count))))


if __name__ == "__main__":
    main()
