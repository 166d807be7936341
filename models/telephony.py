"""Sound of phone lines and browsers as 16 kHz samples, piece by piece: FFmpeg's and SciPy's work.

Resampling is a polyphase filter with the same window as `scipy.signal.resample_poly`; keeping the
few samples that the filter still sees makes any cutting into pieces give the same samples.
"""

from __future__ import annotations

from functools import cache
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.audio import RATE
from models.live import AudioFormat

Pcm = NDArray[np.int16]
_CODECS = {AudioFormat.ULAW: "pcm_mulaw", AudioFormat.ALAW: "pcm_alaw"}
_REACH = 10


class Resampled(NamedTuple):
    """16 kHz samples, and what the next call must be given as `tail`."""

    samples: Pcm
    tail: Pcm


def decode_line(audio: bytes, format: AudioFormat) -> Pcm:
    """The samples at the format's own rate; `audio` holds whole samples."""
    if format is AudioFormat.PCM16:
        return np.frombuffer(audio, dtype="<i2").astype(np.int16)
    return np.take(_table(format), np.frombuffer(audio, dtype=np.uint8))


def resample(samples: Pcm, rate: int, tail: Pcm) -> Resampled:
    """The next samples of a line at 16 kHz; the first call's `tail` is empty.

    The filter delays the sound by less than two milliseconds.
    """
    up, down = RATE // gcd(rate, RATE), rate // gcd(rate, RATE)
    reach = _reach(up, down)
    known = np.concatenate([tail if len(tail) else np.zeros(reach, np.int16), samples])
    taken = (len(known) - reach) // down * down
    if taken <= 0:
        return Resampled(np.zeros(0, np.int16), known)
    first, last = reach * up // down, (reach + taken) * up // down
    made = _filtered(known[: reach + taken], up, down)[first:last]
    sound = np.clip(np.rint(made), -32768, 32767).astype(np.int16)
    return Resampled(sound, known[taken:])


def _reach(up: int, down: int) -> int:
    """How many samples back the filter sees, rounded up to whole steps of `down`."""
    taps = 2 * _REACH * max(up, down)
    return -(-taps // (up * down)) * down


def _filtered(known: Pcm, up: int, down: int) -> NDArray[np.float64]:
    from scipy.signal import upfirdn

    return np.asarray(upfirdn(_filter(up, down), known.astype(np.float64), up, down))


@cache
def _filter(up: int, down: int) -> NDArray[np.float64]:
    from scipy.signal import firwin

    most = max(up, down)
    return np.asarray(firwin(2 * _REACH * most + 1, 1 / most, window=("kaiser", 5.0))) * up


@cache
def _table(format: AudioFormat) -> Pcm:
    """The sample of each of the 256 codes, as FFmpeg decodes them."""
    from av import AudioFrame, CodecContext, Packet

    codec = CodecContext.create(_CODECS[format], "r")
    codec.sample_rate = format.rate
    codec.layout = "mono"
    frames: list[AudioFrame] = codec.decode(Packet(bytes(range(256))))
    codes = [np.asarray(frame.to_ndarray(), dtype=np.int16).reshape(-1) for frame in frames]
    return np.concatenate(codes)
