"""One piece of a line made ready: decoded, resampled, and asked for speech, frame by frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.live import EarState, Listened, Piece
from models.telephony import decode_line, resample

FRAME = 512
CONTEXT = 64
_HIDDEN = 128

Floats = NDArray[np.float32]


class Memory(NamedTuple):
    """What the voice detector keeps between frames: its two hidden states, and the last samples."""

    hidden: Floats
    cell: Floats
    context: Floats


class Detected(NamedTuple):
    """The probability of speech in each frame, and the hidden states after the last."""

    speech: Floats
    hidden: Floats
    cell: Floats


Detect = Callable[[Floats, Floats, Floats], Detected]


def listen(piece: Piece, detect: Detect) -> Listened:
    """The piece's whole frames; what fills none waits in the state."""
    state, width = piece.state, piece.format.sample_bytes
    audio = state.pending + piece.audio
    whole = len(audio) // width * width
    decoded = decode_line(audio[:whole], piece.format)
    sound = resample(decoded, piece.format.rate, np.frombuffer(state.tail, np.int16))
    samples = np.concatenate([np.frombuffer(state.rest, np.int16), sound.samples])
    count = len(samples) // FRAME
    ready, rest = samples[: count * FRAME], samples[count * FRAME :]
    speech, memory = _speech(ready, state.memory, detect)
    left = EarState(audio[whole:], sound.tail.tobytes(), rest.tobytes(), memory)
    return Listened(ready.tobytes(), speech, left)


def _speech(
    ready: NDArray[np.int16], memory: bytes, detect: Detect
) -> tuple[tuple[float, ...], bytes]:
    if not len(ready):
        return (), memory
    before = _remembered(memory)
    frames = (ready.astype(np.float32) / 32768.0).reshape(-1, FRAME)
    contexts = np.vstack([before.context[None], frames[:-1, -CONTEXT:]])
    found = detect(np.hstack([contexts, frames]), before.hidden, before.cell)
    kept = (found.hidden.reshape(-1), found.cell.reshape(-1), frames[-1, -CONTEXT:])
    speech = tuple(float(one) for one in found.speech.reshape(-1))
    return speech, np.concatenate(kept).astype(np.float32).tobytes()


def _remembered(memory: bytes) -> Memory:
    known = np.frombuffer(memory, np.float32)
    if not len(known):
        known = np.zeros(2 * _HIDDEN + CONTEXT, np.float32)
    hidden, cell = known[:_HIDDEN], known[_HIDDEN : 2 * _HIDDEN]
    shape = (1, 1, _HIDDEN)
    return Memory(hidden.reshape(shape), cell.reshape(shape), known[2 * _HIDDEN :])
