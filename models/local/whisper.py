"""Local speech models on faster-whisper: the one file that imports it (tested with 1.2.1)."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from models.audio import RATE, Samples, decode
from models.deadline import Deadline
from models.errors import DeadlineExceeded, UnsupportedParameter, WeightsError
from models.live import HeardClip, LiveTraits, SpokenClip
from models.local.live_ear import Detected, Floats
from models.local.live_speech import LiveSpeech
from models.local.speech_clips import Clip, grouped, join_clips
from models.local.whisper_settings import WhisperSettings
from models.messages import Segment, Transcript, TranscriptionRequest, Word

if TYPE_CHECKING:
    from faster_whisper.transcribe import Segment as HeardSegment
    from faster_whisper.transcribe import WhisperModel
    from faster_whisper.transcribe import Word as HeardWord

# Without tokenizer.json the library would look for one on the network.
FILES = ("model.bin", "config.json", "tokenizer.json", "preprocessor_config.json")
_FRAMES = 100
# Quiet after a clip: a word that the audio's end cuts off is then left out instead of guessed.
_AFTER_S = 0.3
# No speaker needs more tokens; a model that repeats itself would go on to its limit.
_TOKENS_A_SECOND = 25
# Clips whose features are made at once: 1 MiB each, and an hour of speech has two thousand.
_AT_ONCE = 64


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
        self._whisper = load_whisper(model, path, settings)
        self._threads = ThreadPoolExecutor(settings.workers, thread_name_prefix="whisper")
        self._open = self._running = 0
        self._count = threading.Lock()
        self.live = LiveSpeech(_detector(), self._write, settings.batch)

    def stats(self) -> WhisperStats:
        """The engine's load now."""
        with self._count:
            return WhisperStats(self._running, max(0, self._open - self._running))

    def close(self) -> None:
        """Let go of the threads; what runs stops after its segment."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.live.close()

    def traits(self) -> LiveTraits:
        """How this model wants to hear a live line."""
        settings, window = self._settings, float(self._whisper.feature_extractor.chunk_length)
        return LiveTraits(
            settings.vad_threshold, settings.pause, settings.pad, window - 2 * _AFTER_S
        )

    async def transcribe(self, request: TranscriptionRequest, deadline: Deadline) -> Transcript:
        """The transcript; cancelling, or the deadline, ends the work after one batch of clips."""
        return await self._written(request, deadline, lambda _: None)

    async def stream(
        self, request: TranscriptionRequest, deadline: Deadline
    ) -> AsyncGenerator[Segment | Transcript, None]:
        """Segments as they are written; closing this ends the work as cancelling does."""
        queue: asyncio.Queue[Segment | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def tell(segment: Segment) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, segment)

        work = asyncio.create_task(self._written(request, deadline, tell))
        work.add_done_callback(lambda _: queue.put_nowait(None))
        try:
            while (segment := await queue.get()) is not None:
                yield segment
            yield await work
        finally:
            work.cancel()

    async def _written(
        self, request: TranscriptionRequest, deadline: Deadline, tell: Callable[[Segment], object]
    ) -> Transcript:
        self.check_language(request.language)
        self._check_task(request)
        stop = threading.Event()
        loop = asyncio.get_running_loop()
        self._move(opened=1)
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await loop.run_in_executor(self._threads, self._work, request, stop, tell)
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

    def check_language(self, language: str | None) -> None:
        """Raise UnsupportedParameter for a language that the model does not know."""
        known = self._whisper.supported_languages
        if language is not None and language not in known:
            raise UnsupportedParameter(
                f"{self._model} does not know this language; it knows {', '.join(known)}.",
                param="language",
            )

    def _check_task(self, request: TranscriptionRequest) -> None:
        if request.translate and not self._whisper.model.is_multilingual:
            raise UnsupportedParameter(
                f"{self._model} knows English only and can't translate; take a multilingual"
                " speech model, or transcribe.",
                param="model",
            )

    def _work(
        self,
        request: TranscriptionRequest,
        stop: threading.Event,
        tell: Callable[[Segment], object],
    ) -> Transcript:
        self._move(running=1)
        try:
            return self._transcript(request, stop, tell)
        finally:
            self._move(running=-1)

    def _transcript(
        self,
        request: TranscriptionRequest,
        stop: threading.Event,
        tell: Callable[[Segment], object],
    ) -> Transcript:
        longest = min(self._settings.longest, request.longest)
        samples = decode(request.audio, longest=longest, param=request.param)
        duration = len(samples) / RATE
        clips = [] if stop.is_set() else self._clips(samples)
        if not clips:
            return Transcript("", (), request.language or "en", duration)
        heard, language = self._hear(samples, clips, request)
        kept = _until(stop, (item for item in heard if _is_speech(item, self._settings)))
        ends = {_seek(clip): clip.end for clip in clips}
        segments: list[Segment] = []
        for index, item in enumerate(kept):
            segments.append(_segment(index, item, ends.get(item.seek, duration)))
            tell(segments[-1])
        return Transcript(" ".join(s.text for s in segments), tuple(segments), language, duration)

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
        self, samples: Samples, clips: Sequence[Clip], request: TranscriptionRequest
    ) -> tuple[Iterator[HeardSegment], str]:
        """What is said in the clips, some of them at a time; the first ones tell the language."""
        batch = self._settings.batch
        first, *rest = grouped(clips, max(1, _AT_ONCE // batch) * batch)
        segments, language = self._hear_some(samples, first, request, request.language)

        def heard() -> Iterator[HeardSegment]:
            yield from segments
            for some in rest:
                yield from self._hear_some(samples, some, request, language)[0]

        return heard(), language

    def _hear_some(
        self,
        samples: Samples,
        clips: Sequence[Clip],
        request: TranscriptionRequest,
        language: str | None,
    ) -> tuple[Iterator[HeardSegment], str]:
        from faster_whisper import BatchedInferencePipeline

        settings = self._settings
        segments, info = BatchedInferencePipeline(self._whisper).transcribe(
            samples,
            language=language,
            task="translate" if request.translate else "transcribe",
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

    def _write(self, clips: Sequence[SpokenClip]) -> Sequence[HeardClip]:
        """Live clips of several lines, those that can share a batch written down together."""
        heard: dict[int, HeardClip] = {}
        alike: dict[tuple[object, ...], list[int]] = {}
        for place, clip in enumerate(clips):
            alike.setdefault(self._likeness(place, clip), []).append(place)
        self._move(opened=len(clips), running=len(clips))
        try:
            for places in alike.values():
                made = self._write_alike([clips[place] for place in places])
                heard.update(zip(places, made, strict=True))
        finally:
            self._move(opened=-len(clips), running=-len(clips))
        return [heard[place] for place in range(len(clips))]

    def _likeness(self, place: int, clip: SpokenClip) -> tuple[object, ...]:
        """Clips for which this is equal are written down together."""
        alone = place if clip.language is None and self._whisper.model.is_multilingual else None
        # On a CPU a batch of like clips takes a quarter less time than one by one, and filling
        # short clips up to a long one costs more than that.
        length = round(math.log(len(clip.samples) + 1, 1.5)) if self._settings.short_windows else 0
        return clip.final, clip.language, clip.prompt, alone, length

    def _write_alike(self, clips: Sequence[SpokenClip]) -> Iterator[HeardClip]:
        from faster_whisper.transcribe import get_suppressed_tokens

        whisper, settings, first = self._whisper, self._settings, clips[0]
        encoded = whisper.encode(_features(whisper, clips, settings.short_windows))
        language = first.language or self._language(encoded)
        tokenizer = _tokenizer(whisper, language)
        before = tokenizer.encode(f" {first.prompt.strip()}") if first.prompt else []
        prompt = whisper.get_prompt(tokenizer, before, without_timestamps=True)
        longest = max(len(clip.samples) for clip in clips) / (2 * RATE)
        most = min(settings.max_tokens, 16 + math.ceil(_TOKENS_A_SECOND * longest))
        results = whisper.model.generate(
            encoded,
            [prompt] * len(clips),
            beam_size=settings.beam if first.final else 1,
            max_length=min(len(prompt) + most, whisper.max_length),
            suppress_blank=True,
            suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
            return_scores=True,
            return_no_speech_prob=True,
        )
        for result in results:
            tokens = result.sequences_ids[0]
            # The score is the sum of log probabilities over the length.
            mean = result.scores[0] * len(tokens) / (len(tokens) + 1)
            silent = result.no_speech_prob > settings.no_speech and mean < settings.least_logprob
            yield HeardClip("" if silent else tokenizer.decode(tokens).strip(), language)

    def _language(self, encoded: Any) -> str:
        """The likeliest language of a clip that is alone in its batch, unless there is only one."""
        if not self._whisper.model.is_multilingual:
            return "en"
        (best, *_), *_ = self._whisper.model.detect_language(encoded)
        return str(best[0])[2:-2]


def load_whisper(model: str, path: Path, settings: WhisperSettings) -> WhisperModel:
    """The library's model of a folder; raises WeightsError for what cannot be loaded."""
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


def _detector() -> Any:
    """The voice detector that comes with the library, as a function of frames and its state."""
    from faster_whisper.vad import get_vad_model

    def detect(frames: Floats, hidden: Floats, cell: Floats) -> Detected:
        session = get_vad_model().session
        speech, *after = session.run(None, {"input": frames, "h": hidden, "c": cell})
        return Detected(speech, *after)

    return detect


def _tokenizer(whisper: WhisperModel, language: str) -> Any:
    from faster_whisper.tokenizer import Tokenizer

    return Tokenizer(
        whisper.hf_tokenizer, whisper.model.is_multilingual, task="transcribe", language=language
    )


def _features(whisper: WhisperModel, clips: Sequence[SpokenClip], short: bool) -> Any:
    """The mel frames of the clips: as long as the longest, or as the model's whole window."""
    quiet = np.zeros(round(_AFTER_S * RATE), np.float32)
    sounds = [np.frombuffer(clip.samples, "<i2").astype(np.float32) / 32768.0 for clip in clips]
    made = [whisper.feature_extractor(np.concatenate([sound, quiet])) for sound in sounds]
    window = int(whisper.feature_extractor.nb_max_frames)
    longest = max(one.shape[-1] for one in made)
    length = min(longest + longest % 2, window) if short else window
    return np.stack([_fitted(one, length) for one in made])


def _fitted(features: Any, length: int) -> Any:
    cut = features[..., :length]
    return np.pad(cut, ((0, 0), (0, length - cut.shape[-1])))


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
