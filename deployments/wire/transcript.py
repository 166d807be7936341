"""Transcripts in the formats of POST /v1/audio/transcriptions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from models.messages import Segment, Transcript

Format = Literal["json", "text", "srt", "vtt", "verbose_json"]


def json_body(transcript: Transcript) -> dict[str, Any]:
    """The text alone."""
    return {
        "text": transcript.text,
        "usage": {"type": "duration", "seconds": round(transcript.duration)},
    }


def verbose_body(transcript: Transcript, words: bool, task: str) -> dict[str, Any]:
    """Text, language, duration, segments, and words where they were asked for."""
    body: dict[str, Any] = {
        "task": task,
        "language": transcript.language,
        "duration": transcript.duration,
        "text": transcript.text,
        "segments": [_segment(segment) for segment in transcript.segments],
        "usage": {"type": "duration", "seconds": round(transcript.duration)},
    }
    if words:
        body["words"] = [
            {"word": word.text.strip(), "start": word.start, "end": word.end}
            for segment in transcript.segments
            for word in segment.words
        ]
    return body


def srt(transcript: Transcript) -> str:
    """SubRip: numbered blocks with times."""
    return "\n".join(
        f"{number}\n{_time(s.start, ',')} --> {_time(s.end, ',')}\n{s.text.strip()}\n"
        for number, s in enumerate(transcript.segments, 1)
    )


def vtt(transcript: Transcript) -> str:
    """WebVTT."""
    return "\n".join(["WEBVTT\n", *_cues(transcript)])


def _cues(transcript: Transcript) -> Iterator[str]:
    for segment in transcript.segments:
        times = f"{_time(segment.start, '.')} --> {_time(segment.end, '.')}"
        yield f"{times}\n{segment.text.strip()}\n"


def _segment(segment: Segment) -> dict[str, Any]:
    return {
        "id": segment.id,
        "seek": 0,
        "start": segment.start,
        "end": segment.end,
        "text": segment.text,
        "tokens": list(segment.tokens),
        "temperature": segment.temperature,
        "avg_logprob": segment.avg_logprob,
        "compression_ratio": segment.compression_ratio,
        "no_speech_prob": segment.no_speech_prob,
    }


def _time(seconds: float, mark: str) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    whole, thousandths = divmod(rest, 1000)
    return f"{hours:02d}:{minutes:02d}:{whole:02d}{mark}{thousandths:03d}"
