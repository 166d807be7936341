"""Sound of phone lines as samples: FFmpeg's decoding, and resampling that no cut disturbs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import resample_poly

from models.live import AudioFormat
from models.telephony import Pcm, decode_line, resample

NOTHING = np.zeros(0, np.int16)


def _tone(rate: int, seconds: float, hertz: float = 440.0) -> Pcm:
    time = np.arange(round(rate * seconds)) / rate
    return np.rint(12_000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)


@pytest.mark.parametrize(
    ("format", "silence", "loudest"),
    [(AudioFormat.ULAW, 0xFF, 0x80), (AudioFormat.ALAW, 0xD5, 0xAA)],
)
def test_g711_is_decoded_as_the_standard_says(
    format: AudioFormat, silence: int, loudest: int
) -> None:
    quiet, loud, other = decode_line(bytes([silence, loudest, loudest ^ 0x80]), format)
    assert abs(int(quiet)) <= 8
    assert loud == -other == 32_124 or loud == -other == 32_256


def test_pcm_is_taken_as_it_is() -> None:
    assert list(decode_line(b"\x01\x00\xff\xff", AudioFormat.PCM16)) == [1, -1]


@pytest.mark.parametrize("rate", [8_000, 24_000])
def test_a_tone_keeps_its_shape(rate: int) -> None:
    sound = _tone(rate, 0.5)
    made = resample(sound, rate, NOTHING).samples
    wanted = resample_poly(sound.astype(float), 16_000, rate)
    # SciPy looks ahead; a line can't: it is the same sound, a little later.
    lag = max(range(40), key=lambda k: float(np.dot(made[40:4000], wanted[40 - k : 4000 - k])))
    assert 0 < lag <= 0.002 * 16_000
    assert np.corrcoef(made[40:4000], wanted[40 - lag : 4000 - lag])[0, 1] > 0.999


@given(
    st.sampled_from([8_000, 24_000]),
    st.lists(st.integers(0, 500), max_size=20),
    st.integers(0, 2**32 - 1),
)
def test_no_cut_changes_a_sample(rate: int, cuts: list[int], seed: int) -> None:
    sound = np.random.default_rng(seed).integers(-20_000, 20_000, 2_000).astype(np.int16)
    whole = resample(sound, rate, NOTHING).samples
    tail, pieces, start = NOTHING, [], 0
    for length in [*cuts, len(sound)]:
        made = resample(sound[start : start + length], rate, tail)
        tail, start = made.tail, start + length
        pieces.append(made.samples)
    assert np.array_equal(np.concatenate(pieces), whole)
