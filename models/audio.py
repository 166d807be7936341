"""Decoding of audio files to 16 kHz mono samples: the one file that imports av (PyAV, FFmpeg)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.errors import BodyTooLarge, InvalidAudio

if TYPE_CHECKING:
    from av.container import InputContainer

RATE = 16_000
LONGEST = 4 * 3600.0
ACCEPTED = "wav, flac, ogg, opus, mp3, m4a, mp4, webm, aac, aiff, au or caf"

Samples = NDArray[np.float32]

# A container is opened only by its own signature: FFmpeg must never guess, for a guessed playlist
# would make it open other files.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (8, b"WAVE", "wav"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"ID3", "mp3"),
    (4, b"ftyp", "mp4"),
    (0, b"\x1aE\xdf\xa3", "matroska"),
    (0, b"FORM", "aiff"),
    (0, b".snd", "au"),
    (0, b"caff", "caf"),
)


def container_of(audio: bytes) -> str | None:
    """FFmpeg's name of the container that the first bytes show, None when they show no audio."""
    for offset, signature, name in _SIGNATURES:
        if audio.startswith(signature, offset):
            return name
    if len(audio) > 1 and audio[0] == 0xFF and audio[1] & 0xE0 == 0xE0:
        return "aac" if audio[1] & 0xF6 == 0xF0 else "mp3"
    return None


def decode(
    audio: bytes, *, longest: float = LONGEST, param: str = "file", rate: int = RATE
) -> Samples:
    """The samples of an audio file, mono, at `rate`, in [-1, 1].

    Raises InvalidAudio when the bytes are empty, no audio or hold no sample, and BodyTooLarge when
    they last longer than `longest` seconds; decoding stops there.
    """
    if not audio:
        raise InvalidAudio("The audio is empty. Send a file with sound in it.", param=param)
    name = container_of(audio)
    if name is None:
        raise InvalidAudio(f"The bytes are no audio file. Send {ACCEPTED}.", param=param)
    blocks = list(_blocks(audio, name, longest, param, rate))
    if not blocks:
        raise InvalidAudio("The file holds no sound. Send one with speech in it.", param=param)
    samples = np.concatenate(blocks).astype(np.float32)
    samples /= 32768.0
    return samples


def _blocks(
    audio: bytes, name: str, longest: float, param: str, rate: int
) -> Iterator[NDArray[np.int16]]:
    import av

    seconds = 0.0
    try:
        with av.open(io.BytesIO(audio), format=name, metadata_errors="ignore") as container:
            for block in _resampled(container, rate):
                seconds += len(block) / rate
                if seconds > longest:
                    raise BodyTooLarge(
                        f"The audio is longer than {longest:g} s. Send it in parts.", param=param
                    )
                yield block
    except (av.error.FFmpegError, ValueError) as error:
        if seconds == 0.0:
            raise InvalidAudio(
                f"The audio cannot be decoded. Send {ACCEPTED}.", param=param
            ) from error


def _resampled(container: InputContainer, rate: int) -> Iterator[NDArray[np.int16]]:
    from av.audio.resampler import AudioResampler

    if not container.streams.audio:
        return
    resampler = AudioResampler(format="s16", layout="mono", rate=rate)
    for frame in container.decode(audio=0):
        frame.pts = None
        for made in resampler.resample(frame):
            yield _flat(made)
    for made in resampler.resample(None):
        yield _flat(made)


def _flat(frame: Any) -> NDArray[np.int16]:
    return np.asarray(frame.to_ndarray(), dtype=np.int16).reshape(-1)
