"""Decoding: every accepted container, and typed errors for everything else."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from models.audio import RATE, container_of, decode
from models.errors import BodyTooLarge, InvalidAudio

TONE = (0.2 * np.sin(np.arange(RATE) * 2 * np.pi * 440 / RATE)).astype(np.float32)


CODECS = {
    "wav": "pcm_s16le", "flac": "flac", "mp3": "libmp3lame",
    "aiff": "pcm_s16be", "au": "pcm_s16be", "caf": "pcm_s16le",
}  # fmt: skip


def _file(kind: str, samples: np.ndarray = TONE, rate: int = RATE) -> bytes:
    """One of the containers that people send; samples are [time] or [channels, time]."""
    return _muxed(kind, CODECS[kind], np.atleast_2d(samples), rate)


def _muxed(
    container: str, codec: str, samples: np.ndarray | None = None, rate: int = 48_000
) -> bytes:
    made = io.BytesIO()
    samples = np.repeat(TONE, 3)[None] if samples is None else samples
    layout = "stereo" if len(samples) == 2 else "mono"
    with av.open(made, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout)
        planar = np.ascontiguousarray(samples, np.float32)
        frame = av.AudioFrame.from_ndarray(planar, format="fltp", layout=layout)
        frame.sample_rate = rate
        for packet in [*(stream.encode(frame) if planar.size else ()), *stream.encode(None)]:
            file.mux(packet)
    return made.getvalue()


@pytest.mark.parametrize("kind", list(CODECS))
def test_a_second_of_sound_is_a_second_of_samples(kind: str) -> None:
    samples = decode(_file(kind))
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(RATE, rel=0.1)
    assert 0.1 < np.abs(samples).max() < 0.3


@pytest.mark.parametrize(
    ("container", "codec"),
    [("mp4", "aac"), ("webm", "libopus"), ("ogg", "libopus"), ("adts", "aac")],
)
def test_compressed_speech_of_phones_and_browsers_is_decoded(container: str, codec: str) -> None:
    assert len(decode(_muxed(container, codec))) == pytest.approx(RATE, rel=0.1)


def test_stereo_at_another_rate_becomes_mono_at_16_khz() -> None:
    stereo = np.stack([np.repeat(TONE, 3)] * 2)
    samples = decode(_file("wav", stereo, 48_000))
    assert samples.ndim == 1
    assert len(samples) == pytest.approx(RATE, rel=0.01)


@pytest.mark.parametrize(
    "audio",
    [
        b"",
        b"hello, this is no audio at all",
        "écrit".encode() * 40,
        b"\xff\xfe\x00\x80" * 20,
        b"RIFF\0\0\0\0WAVE" + b"x" * 500,
        b"RIFF$\0\0\0WAVEfmt ",
        b"fLaC" + b"y" * 500,
        b"ID3" + b"z" * 500,
        b"OggS" + b"r" * 300,
        b"\xff\xfb" + b"q" * 900,
        b"\0\0\0\x20ftypisom" + b"u" * 300,
        b"\x1aE\xdf\xa3" + b"v" * 300,
        _file("wav", TONE[:0]),
    ],
)
def test_what_is_no_audio_is_refused_by_name(audio: bytes) -> None:
    with pytest.raises(InvalidAudio) as caught:
        decode(audio)
    assert (caught.value.code, caught.value.param, caught.value.status) == (
        "invalid_audio",
        "file",
        400,
    )
    assert "Send" in caught.value.message


def test_the_field_at_fault_is_the_callers_to_name() -> None:
    with pytest.raises(InvalidAudio) as caught:
        decode(b"", param="messages")
    assert caught.value.param == "messages"


def test_a_cut_off_file_gives_what_is_there() -> None:
    whole = _file("flac", np.tile(TONE, 4))
    assert 0 < len(decode(whole[: len(whole) // 2])) < 4 * RATE


def test_a_playlist_cannot_make_the_decoder_open_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "private.wav").write_bytes(_file("wav"))
    monkeypatch.chdir(tmp_path)
    playlist = b"ffconcat version 1.0\nfile 'private.wav'\n"
    with av.open(io.BytesIO(playlist)) as unguarded:
        assert sum(frame.samples for frame in unguarded.decode(audio=0)) == RATE
    assert container_of(playlist) is None
    with pytest.raises(InvalidAudio):
        decode(playlist)


def test_audio_over_the_limit_is_refused_before_it_is_all_decoded() -> None:
    long = _file("flac", np.tile(TONE, 5))
    assert len(decode(long, longest=6.0)) == 5 * RATE
    with pytest.raises(BodyTooLarge) as caught:
        decode(long, longest=2.0)
    assert caught.value.param == "file"
