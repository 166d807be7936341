"""Everything the stub received, as JSON lines: tests search it for what must not have left."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

PRIVATE = 0o600


class Capture:
    """Keeps every request in `requests`, and in a file when there is one (mode 0600).

    Headers and the body are written as they came; a body that is no UTF-8 as base64.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self.requests: list[dict[str, Any]] = []
        self._clock = clock
        self._handle: int | None = None
        if path is not None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
            self._handle = os.open(path, flags, PRIVATE)

    def keep(
        self, method: str, target: str, headers: Sequence[tuple[bytes, bytes]], body: bytes
    ) -> None:
        """Write one request down before it is answered."""
        request = {
            "at": self._clock(),
            "method": method,
            "target": target,
            "headers": [[n.decode("latin-1"), v.decode("latin-1")] for n, v in headers],
            **_body(body),
        }
        self.requests.append(request)
        if self._handle is not None:
            os.write(self._handle, json.dumps(request, ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}
