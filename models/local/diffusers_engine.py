"""Local models that make pictures; the one file that imports diffusers (tested with 0.42.1)."""

from __future__ import annotations

import asyncio
import io
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from models.deadline import Deadline
from models.errors import (
    DeadlineExceeded,
    InternalError,
    InvalidRequest,
    UnsupportedParameter,
    WeightsError,
)
from models.images import Image, ImageFormat, ImageJob, ImageRequest, Images
from models.local.diffusers_settings import DiffusersSettings
from models.local.engine_stats import EngineStats
from models.messages import Usage

_FORMATS: dict[ImageFormat, str] = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}


class _Stopped(Exception):
    """Nobody waits for the picture any more."""


class DiffusersEngine:
    """An ImageModel over one folder in diffusers' format; never touches the network.

    Only safetensors are loaded, no pickles and no code from the folder. One request runs at a time;
    its jobs are done when they are submitted.
    """

    def __init__(self, model: str, path: Path, settings: DiffusersSettings) -> None:
        self._model = model
        self._settings = settings
        self._pipe = load_pipeline(model, path, settings)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="diffusers")
        self._open = 0

    def stats(self) -> EngineStats:
        """The engine's load now."""
        return EngineStats(running=min(1, self._open), waiting=max(0, self._open - 1))

    def close(self) -> None:
        """Let go of the thread; what runs stops after its step."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def submit(self, request: ImageRequest, deadline: Deadline) -> ImageJob:
        """The pictures, made; cancelling, or the deadline, ends the work after one step."""
        size = _size(request.size or self._settings.size, self._settings)
        if request.quality is not None:
            raise UnsupportedParameter("This model has no qualities.", param="quality")
        stop, loop = threading.Event(), asyncio.get_running_loop()
        self._open += 1
        try:
            async with asyncio.timeout(deadline.remaining()):
                work = loop.run_in_executor(self._thread, self._work, request, size, stop)
                return ImageJob("at-once", "done", await work)
        except TimeoutError as error:
            raise DeadlineExceeded(
                f"'{self._model}' was not done in time; ask for fewer or smaller pictures."
            ) from error
        finally:
            stop.set()
            self._open -= 1

    async def poll(self, job: ImageJob, deadline: Deadline) -> ImageJob:
        """The job: it was done from the start."""
        return job

    async def fetch(self, job: ImageJob, deadline: Deadline) -> Images:
        """What the job holds."""
        if job.made is None:
            raise InternalError("A job of this model holds its pictures; this one has none.")
        return job.made

    def _work(self, request: ImageRequest, size: tuple[int, int], stop: threading.Event) -> Images:
        import torch

        def watch(pipe: Any, step: int, at: Any, values: dict[str, Any]) -> dict[str, Any]:
            if stop.is_set():
                raise _Stopped
            return values

        if stop.is_set():
            raise _Stopped
        began = time.monotonic()
        seed = secrets.randbelow(2**32) if request.seed is None else request.seed % 2**63
        guidance = self._settings.guidance
        wishes = {} if guidance is None else {"guidance_scale": guidance}
        drawn = self._pipe(
            request.prompt,
            width=size[0],
            height=size[1],
            num_inference_steps=self._settings.steps,
            num_images_per_prompt=request.n,
            generator=torch.Generator(self._settings.device).manual_seed(seed),
            callback_on_step_end=watch,
            **wishes,
        )
        pictures = tuple(_file(one, request.format or "png") for one in drawn.images)
        spent = time.monotonic() - began
        usage = Usage(images=len(pictures), engine_seconds=spent)
        return Images(pictures, usage, self._model, seed)


def load_pipeline(model: str, path: Path, settings: DiffusersSettings) -> Any:
    """The pipeline in `path`; raises WeightsError for a folder that holds none."""
    if not (path / "model_index.json").is_file():
        raise WeightsError(
            f"The weights of '{model}' are no diffusers pipeline: model_index.json is missing.",
            param="path",
        )
    import diffusers
    import torch

    # Its functions have no types.
    made: Any = diffusers.DiffusionPipeline
    try:
        pipe = made.from_pretrained(
            path,
            dtype=getattr(torch, settings.dtype),
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        )
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise WeightsError(
            f"The weights of '{model}' can't be loaded as a diffusers pipeline; only safetensors"
            f" are ({type(error).__name__}). Put the whole folder there.",
            param="path",
        ) from error
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(settings.device)


def _size(size: str, settings: DiffusersSettings) -> tuple[int, int]:
    width, _, height = size.partition("x")
    sides = int(width), int(height)
    if max(sides) > settings.largest or any(side % settings.multiple for side in sides):
        raise InvalidRequest(
            f"Each side must be a multiple of {settings.multiple} and at most {settings.largest}"
            " pixels.",
            param="size",
        )
    return sides


def _file(drawn: Any, kind: ImageFormat) -> Image:
    out = io.BytesIO()
    drawn.convert("RGB").save(out, _FORMATS[kind])
    return Image(f"image/{kind}", out.getvalue())
