"""Runtimes for tests: an executable that stands for the one an operator installs."""

from __future__ import annotations

import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.catalog import ModelCard
from tests import copilot_peer
from tests.remote_cards import remote_card


@dataclass(frozen=True)
class PeerRuntime:
    """An executable at `path`, which writes what it is told."""

    path: Path

    @property
    def seen(self) -> list[dict[str, Any]]:
        """What it got so far, its arguments and environment first."""
        record = self.path.with_suffix(".jsonl")
        if not record.exists():
            return []
        return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]

    def told(self, method: str) -> list[dict[str, Any]]:
        """The parameters of every request of that method."""
        return [one["params"] for one in self.seen if one.get("method") == method]

    @property
    def pids(self) -> list[int]:
        return [one["pid"] for one in self.seen if "pid" in one]


def peer_runtime(folder: Path, at_start: str = "well") -> PeerRuntime:
    """A runtime in `folder`; `at_start` is what it plays before a prompt."""
    made = PeerRuntime(folder / "copilot")
    words = [sys.executable, "-S", "-E", copilot_peer.__file__, f"{made.path}.jsonl", at_start]
    made.path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
    made.path.chmod(0o755)
    return made


def copilot_card(runtime: PeerRuntime | None, **fields: Any) -> ModelCard:
    """A row of dialect copilot at the site `microsoft`."""
    engine = {} if runtime is None else {"cli_path": str(runtime.path)}
    row = {
        "id": "copilot", "dialect": "copilot", "base_url": None, "vendor_model": copilot_peer.MODEL,
        "site": "microsoft", "key_env": "COPILOT_GITHUB_TOKEN", "capabilities": ["chat"],
    }  # fmt: skip
    return remote_card(**row | fields | {"engine": engine | fields.get("engine", {})})
