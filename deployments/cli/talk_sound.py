"""Where `podium talk` gets its sound: a file at the speed of speech, or the microphone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import numpy as np

from models.audio import decode
from models.errors import InvalidRequest, SetupError
from models.live import AudioFormat

PIECE_S = 0.1
RATE = AudioFormat.PCM16.rate
PIECE = round(PIECE_S * RATE) * 2
# Quiet after a file, so that the last turn ends as it would on a line.
AFTER_S = 1.0

Sound = AsyncGenerator[bytes, None]


def read_sound(path: Path) -> bytes:
    """The file as 24 kHz mono PCM; raises InvalidAudio for what is none."""
    try:
        audio = path.read_bytes()
    except OSError as error:
        raise InvalidRequest(
            f"The audio file {path} cannot be read: {error.strerror}.", param="--audio"
        ) from error
    samples = decode(audio, param="--audio", rate=RATE)
    return np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


async def played(sound: bytes) -> Sound:
    """The sound in pieces of 100 ms, each given when it would have been spoken."""
    whole = sound + bytes(round(AFTER_S * RATE) * 2)
    started = time.monotonic()
    for number, at in enumerate(range(0, len(whole), PIECE)):
        await asyncio.sleep(max(0.0, started + (number + 1) * PIECE_S - time.monotonic()))
        yield whole[at : at + PIECE]


async def recorded() -> Sound:
    """The microphone in pieces of 100 ms, until this is closed."""
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise _no_microphone() from error
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[bytes] = asyncio.Queue()

    def take(data: object, *_: object) -> None:
        loop.call_soon_threadsafe(pieces.put_nowait, bytes(data))  # type: ignore[call-overload]

    try:
        device = sounddevice.RawInputStream(
            samplerate=RATE, channels=1, dtype="int16", blocksize=PIECE // 2, callback=take
        )
    except sounddevice.PortAudioError as error:
        raise _no_microphone() from error
    with device:
        while True:
            yield await pieces.get()


def source(path: Path | None) -> Sound:
    """The sound of a file, or of the microphone when there is none."""
    return recorded() if path is None else played(read_sound(path))


def _no_microphone() -> SetupError:
    return SetupError(
        "There is no microphone to listen to. Give --audio FILE, or install Podium with the extra"
        " `microphone` on a machine with PortAudio and a microphone.",
        param="--audio",
    )
