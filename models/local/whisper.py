"""Local speech models on faster-whisper: the one file that imports it (tested with 1.2.1)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.audio import RATE, Samples, decode
from models.deadline import Deadline
from models.errors import DeadlineExceeded, UnsupportedParameter, WeightsError
from models.local.speech_clips import Clip, join_clips
from models.local.whisper_settings import WhisperSettings
from models.messages import Segment, Transcript, TranscriptionRequest, Word

if TYPE_CHECKING:
    from faster_whisper.transcribe import Segment as HeardSegment
    from faster_whisper.transcribe import WhisperModel
    from faster_whisper.transcribe import Word as HeardWord

# Without tokenizer.json the library would look for one on the network.
FILES = ("model.bin", "config.json", "tokenizer.json", "preprocessor_config.json")
_FRAMES = 100


@dataclass(frozen=True, slots=True)
class WhisperStats:
    """Load of one engine: transcriptions running and waiting."""

    running: int = 0
    waiting: int = 0


class WhisperEngine:
    """A Transcriber over one model folder in CTranslate2's format; never touches the network."""

    def __init__(self, model: str, path: Path, settings: WhisperSettings) -> None:
        self._model = model
        self._settings = settings
        self._whisper = _load(model, path, settings)
        self._threads = ThreadPoolExecutor(settings.workers, thread_name_prefix="whisper")
        self._open = self._running = 0
        self._count = threading.Lock()

    def stats(self) -> WhisperStats:
        """The engine's load now."""
        with self._count:
            return WhisperStats(self._running, max(0, self._open - self._running))

    def close(self) -> None:
        """Let go of the threads; what runs stops after its segment."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def transcribe(self, request: TranscriptionRequest, deadline: Deadline) -> Transcript:
        """The transcript; cancelling, or the deadline, ends the work after one batch of clips."""
        self._check_language(request)
        stop = threading.Event()
        loop = asyncio.get_running_loop()
        self._move(opened=1)
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await loop.run_in_executor(self._threads, self._work, request, stop)
        except TimeoutError:
            raise DeadlineExceeded(
                "The deadline passed before the audio was written down."
            ) from None
        finally:
            stop.set()
            self._move(opened=-1)

    def _move(self, *, opened: int = 0, running: int = 0) -> None:
        with self._count:
            self._open += opened
            self._running += running

    def _check_language(self, request: TranscriptionRequest) -> None:
        known = self._whisper.supported_languages
        if request.language is not None and request.language not in known:
            raise UnsupportedParameter(
                f"{self._model} does not know this language; it knows {', '.join(known)}.",
                param="language",
            )

    def _work(self, request: TranscriptionRequest, stop: threading.Event) -> Transcript:
        self._move(running=1)
        try:
            return self._transcript(request, stop)
        finally:
            self._move(running=-1)

    def _transcript(self, request: TranscriptionRequest, stop: threading.Event) -> Transcript:
        longest = min(self._settings.longest, request.longest)
        samples = decode(request.audio, longest=longest, param=request.param)
        duration = len(samples) / RATE
        clips = [] if stop.is_set() else self._clips(samples)
        if not clips:
            return Transcript("", (), request.language or "en", duration)
        heard, language = self._hear(samples, clips, request)
        kept = _until(stop, (item for item in heard if _is_speech(item, self._settings)))
        ends = {_seek(clip): clip.end for clip in clips}
        segments = tuple(
            _segment(index, item, ends.get(item.seek, duration)) for index, item in enumerate(kept)
        )
        return Transcript(" ".join(s.text for s in segments), segments, language, duration)

    def _clips(self, samples: Samples) -> list[Clip]:
        """Where somebody speaks, by the voice detector that comes with the library."""
        from faster_whisper.vad import VadOptions, get_speech_timestamps

        window = float(self._whisper.feature_extractor.chunk_length)
        options = VadOptions(
            threshold=self._settings.vad_threshold,
            min_silence_duration_ms=round(1000 * self._settings.pause),
            speech_pad_ms=round(1000 * self._settings.pad),
            max_speech_duration_s=window,
        )
        found = get_speech_timestamps(samples, options)
        speech = (Clip(item["start"] / RATE, item["end"] / RATE) for item in found)
        return join_clips(speech, window=window, gap=self._settings.join)

    def _hear(
        self, samples: Samples, clips: list[Clip], request: TranscriptionRequest
    ) -> tuple[Iterator[HeardSegment], str]:
        from faster_whisper import BatchedInferencePipeline

        settings = self._settings
        segments, info = BatchedInferencePipeline(self._whisper).transcribe(
            samples,
            language=request.language,
            clip_timestamps=[clip._asdict() for clip in clips],
            batch_size=settings.batch,
            beam_size=settings.beam,
            temperature=[request.temperature],
            condition_on_previous_text=False,
            initial_prompt=request.prompt or None,
            without_timestamps=True,
            word_timestamps=request.words,
            max_new_tokens=settings.max_tokens,
        )
        return iter(segments), str(info.language)


def _load(model: str, path: Path, settings: WhisperSettings) -> WhisperModel:
    missing = [name for name in FILES if not (path / name).is_file()]
    if missing:
        raise WeightsError(
            f"The folder of {model} lacks {', '.join(missing)}. Convert the model with"
            " ct2-transformers-converter and copy tokenizer.json and preprocessor_config.json."
        )
    try:
        return _windowed()(
            str(path),
            device=settings.device,
            compute_type=settings.compute_type,
            cpu_threads=settings.threads,
            num_workers=settings.workers,
            local_files_only=True,
        )
    except (RuntimeError, ValueError) as error:
        raise WeightsError(
            f"The weights of {model} cannot be loaded. Check the folder and the compute type."
        ) from error


def _windowed() -> Any:
    from faster_whisper import WhisperModel

    class WindowedWhisper(WhisperModel):  # type: ignore[misc]
        """The library pads features to 30 s; a model with a smaller window must not see that."""

        def encode(self, features: Any) -> Any:
            return super().encode(features[..., : self.feature_extractor.nb_max_frames])

    return WindowedWhisper


def _until(stop: threading.Event, heard: Iterable[HeardSegment]) -> Iterator[HeardSegment]:
    """The segments as far as somebody still waits for them."""
    for segment in heard:
        yield segment
        if stop.is_set():
            return


def _is_speech(segment: HeardSegment, settings: WhisperSettings) -> bool:
    silent = segment.no_speech_prob > settings.no_speech
    unsure = segment.avg_logprob < settings.least_logprob
    return bool(segment.text.strip()) and not (silent and unsure)


def _seek(clip: Clip) -> int:
    """The frame by which the library names a clip's segments."""
    return int(clip.start * _FRAMES)


def _segment(index: int, heard: HeardSegment, end: float) -> Segment:
    """Plain floats, for the library's carry numpy's, and no time after the clip's own end."""
    return Segment(
        id=index,
        start=min(float(heard.start), end),
        end=min(float(heard.end), end),
        text=heard.text.strip(),
        avg_logprob=float(heard.avg_logprob),
        no_speech_prob=float(heard.no_speech_prob),
        compression_ratio=float(heard.compression_ratio),
        temperature=float(heard.temperature or 0.0),
        tokens=tuple(int(token) for token in heard.tokens),
        words=tuple(_word(word, end) for word in heard.words or ()),
    )


def _word(heard: HeardWord, end: float) -> Word:
    start, stop = min(float(heard.start), end), min(float(heard.end), end)
    return Word(heard.word.strip(), start, stop, float(heard.probability))
