"""The two sides of `bench.remote`: a stub on loopback, and Podium with that stub outside."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.child import Child
from bench.servers import STOP_S, Server, Starting, without_settings
from deployments.home import Home
from models.quiet import quiet_environment

MODEL = "bench"
ANSWER_S = 0.2
_START_S = 60.0


@dataclass(frozen=True, slots=True)
class Sides:
    """Where each side answers, `url` with /v1, and the process each of them began as."""

    direct: Server
    governed: Server
    stub: int
    podium: int


@contextmanager
def both_sides(rows: Sequence[Any], home: Path | None) -> Iterator[Sides]:
    """The stub with this script and Podium in front of it, stopped at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=home)))
        stub, base_url = _start_stub(stack, folder, rows)
        child, podium = _start_podium(stack, folder, base_url)
        governed = Server(f"{podium.url}/v1", podium.key)
        yield Sides(Server(base_url), governed, stub.pid, child.pid)


def _start_stub(stack: ExitStack, folder: Path, rows: Sequence[Any]) -> tuple[Child, str]:
    script, log = folder / "stub.yaml", folder / "stub.log"
    script.write_text(yaml.safe_dump({"rows": list(rows)}), encoding="utf-8")
    words = [sys.executable, "-m", "deployments.cli.main", "stub", "--script", str(script)]
    child = Child("the stub", words, _environment(), log)
    stack.callback(child.stop, STOP_S)
    return child, child.wait_until(lambda: _base_url(log), _START_S)


def _base_url(log: Path) -> str | None:
    for line in log.read_text(encoding="utf-8").splitlines():
        if line.startswith("ready base_url="):
            return line.removeprefix("ready base_url=").strip()
    return None


def _start_podium(stack: ExitStack, folder: Path, base_url: str) -> tuple[Child, Server]:
    """Podium with one model outside, the stub, and no model inside but an embedder."""
    rows = folder / "catalog"
    rows.mkdir()
    row = {
        "id": MODEL, "dialect": "openai_compatible", "base_url": base_url, "site": "openai",
        "vendor_model": "bench-1", "region": "us", "clearance": {"level": "INTERNAL"},
        "capabilities": ["chat"], "allow_insecure": True, "price": {"in": 1, "out": 2},
    }  # fmt: skip
    (rows / "bench.yaml").write_text(yaml.safe_dump([row]), encoding="utf-8")
    home = folder / "home"
    podium = str(Path(sys.executable).with_name("podium"))
    settings = {
        "PODIUM_MODELS": '["embed"]',
        "PODIUM_REMOTE": "on",
        "PODIUM_CATALOG": json.dumps([str(rows)]),
        "PODIUM_GATEWAY__LIMITS__IN_FLIGHT": "1024",
    }
    child = Child(
        "podium up",
        [podium, "up", "--profile", "embedded", "--port", "0", "--home", str(home)],
        _environment() | settings,
        folder / "podium.log",
    )
    stack.callback(child.stop, STOP_S)
    return child, Starting(child, home=Home(home)).settle()


def _environment() -> dict[str, str]:
    return without_settings(os.environ) | quiet_environment()
