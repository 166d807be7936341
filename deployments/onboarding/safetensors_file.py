"""Whether a .safetensors file is whole, told from its head without reading its weights."""

from __future__ import annotations

import json
from pathlib import Path

_LENGTH_BYTES = 8
_LONGEST_HEADER = 100_000_000
_LFS_POINTER = b"version https://git-lfs"


def fault_of(path: Path) -> str | None:
    """What is wrong with the file, or None when its size is what its head says."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(len(_LFS_POINTER))
        if start == _LFS_POINTER:
            return "a Git LFS pointer instead of weights; run `git lfs pull` there"
        length = int.from_bytes(start[:_LENGTH_BYTES], "little")
        if size < _LENGTH_BYTES or length > min(size, _LONGEST_HEADER):
            return "cut short or no safetensors file; fetch it again"
        file.seek(_LENGTH_BYTES)
        expected = _end_of_data(file.read(length))
    if expected is None:
        return "no safetensors file; fetch it again"
    if size != _LENGTH_BYTES + length + expected:
        return "cut short or damaged; fetch it again"
    return None


def _end_of_data(header: bytes) -> int | None:
    try:
        tensors = json.loads(header)
        ends = [t["data_offsets"][1] for name, t in tensors.items() if name != "__metadata__"]
        return int(max(ends, default=0))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None
