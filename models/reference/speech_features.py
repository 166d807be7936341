"""Log-mel features of 16 kHz speech, equal to those the serving engine computes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
HOP = 160
FFT = 400
MELS = 80

Samples = NDArray[np.float32]
Features = NDArray[np.float32]


@lru_cache(maxsize=1)
def _filters() -> NDArray[np.float32]:
    """The Slaney mel bank, shape (MELS, FFT // 2 + 1)."""
    from transformers.audio_utils import mel_filter_bank

    bank = mel_filter_bank(
        num_frequency_bins=FFT // 2 + 1,
        num_mel_filters=MELS,
        min_frequency=0.0,
        max_frequency=RATE / 2,
        sampling_rate=RATE,
        norm="slaney",
        mel_scale="slaney",
    )
    return np.ascontiguousarray(bank.T, dtype=np.float32)


def _frames(samples: Samples) -> Samples:
    """Overlapping frames, shape (frames, FFT); the trailing one is left out as Whisper does."""
    padded = np.pad(samples, (0, HOP))
    padded = np.pad(padded, FFT // 2, mode="reflect")
    return np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][:-1]


def log_mel(samples: Samples) -> Features:
    """Whisper's features of mono samples in [-1, 1]: shape (MELS, frames), 100 frames a second."""
    window = np.hanning(FFT + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(_frames(samples) * window, axis=-1)) ** 2
    mel = _filters() @ power.astype(np.float32).T
    log = np.log10(np.maximum(mel, 1e-10))
    return np.asarray((np.maximum(log, log.max() - 8.0) + 4.0) / 4.0, dtype=np.float32)
