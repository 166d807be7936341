"""Record the example calls and the test sentences with espeak-ng; both are kept in the tree.

`python -m models.reference.record_speech` reads examples/calls/calls.jsonl, writes a WAV file for
each of its lines, and draws the held-out sentences of tests/data/speech anew.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import wave
from pathlib import Path

import numpy as np

from models.reference import speech_corpus
from models.reference.speech_features import RATE, Samples

CALLS = Path("examples/calls")
SENTENCES = Path("tests/data/speech")
_AIR = 0.3


def wav(samples: Samples) -> bytes:
    """Mono 16-bit PCM at 16 kHz in a WAV file."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((samples * 32767).round().astype("<i2").tobytes())
    return made.getvalue()


def flac(samples: Samples) -> bytes:
    """The same as a FLAC file."""
    import av

    made = io.BytesIO()
    with av.open(made, "w", format="flac") as file:
        stream = file.add_stream("flac", rate=RATE, layout="mono")
        whole = (samples * 32767).round().astype("<i2")[None]
        frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    return made.getvalue()


def call(text: str) -> Samples:
    """A caller's whole message with a moment of line noise before and after."""
    air = np.zeros(int(_AIR * RATE), dtype=np.float32)
    speech = np.concatenate([air, 0.8 * speech_corpus.render(text, words_per_minute=160), air])
    noise = np.random.default_rng(len(text)).standard_normal(len(speech))
    return np.asarray(speech + 3e-4 * noise, dtype=np.float32)


def record_calls(folder: Path) -> None:
    """Speak every line of calls.jsonl."""
    for line in (folder / "calls.jsonl").read_text().splitlines():
        row = json.loads(line)
        (folder / row["file"]).write_bytes(wav(call(row["text"])))


def record_sentences(folder: Path, count: int, seed: int = 4) -> None:
    """Speak held-out sentences into FLAC files named in sentences.jsonl."""
    rng = random.Random(seed)
    rows = []
    for index, text in enumerate(speech_corpus.held_out_texts(count, seed)):
        name = f"{index:02d}.flac"
        (folder / name).write_bytes(flac(speech_corpus.spoken(rng, text).samples))
        rows.append(json.dumps({"file": name, "text": text}))
    (folder / "sentences.jsonl").write_text("\n".join(rows) + "\n")


def main() -> None:
    """Read the arguments and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=Path, default=CALLS)
    parser.add_argument("--sentences", type=Path, default=SENTENCES)
    parser.add_argument("--count", type=int, default=20)
    arguments = parser.parse_args()
    record_calls(arguments.calls)
    record_sentences(arguments.sentences, arguments.count)


if __name__ == "__main__":
    main()
