"""The two servers under measurement, started on loopback over the same weights and settings."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import httpx2

from bench.child import Child
from deployments.home import Home
from deployments.port_block import claim_ports
from deployments.run_file import read_running
from models.catalog import ModelCard, builtin_catalog, load_catalog
from models.local.vllm_requests import engine_arguments, engine_environment
from models.local.vllm_settings import VllmSettings
from models.quiet import quiet_environment
from models.weights import weights_folder

MODEL = "mistral"
START_S = 600.0
STOP_S = 60.0
# What an instance needs for chat: its retriever asks for an embedder.
_MODELS = '["mistral", "embed"]'


@dataclass(frozen=True, slots=True)
class Server:
    """Where a side of the comparison answers; `url` is the root without /v1."""

    url: str
    key: str = field(default="none", repr=False)


@dataclass(frozen=True, slots=True)
class Starting:
    """A server on its way up; `settle` waits for it."""

    child: Child
    url: str | None = None
    home: Home | None = None

    def settle(self) -> Server:
        """The server once it answers; raises SetupError with the end of its log when it fails."""
        if self.home is not None:
            home = self.home
            running = self.child.wait_until(lambda: read_running(home), START_S)
            return Server(running.base_url, home.first_key.read_text(encoding="utf-8").strip())
        url = self.url or ""
        return self.child.wait_until(lambda: Server(url) if _answers(url) else None, START_S)


def start_bare(
    stack: ExitStack,
    folder: Path,
    words: Callable[[list[str]], list[str]] = list,
    card: ModelCard | None = None,
) -> Starting:
    """Start vLLM's own OpenAI server on a row's weights and settings, the catalog's by default.

    `words` may change its command line.
    """
    # It listens a minute from now: a port of the range for outgoing connections would by then
    # belong to one of Ray's processes, now and then.
    block = claim_ports()
    stack.callback(block.release)
    port = block.http[0]
    card = card or packaged_card()
    child = Child(
        "vLLM's own server",
        words(bare_command(card, port)),
        server_environment() | engine_environment(VllmSettings.model_validate(card.engine)),
        folder / "bare.log",
    )
    stack.callback(child.stop, STOP_S)
    return Starting(child, url=f"http://127.0.0.1:{port}")


def start_podium(
    stack: ExitStack,
    folder: Path,
    home: Path,
    models: str = _MODELS,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Starting:
    """Start `podium up` with the embedded profile, these models and `more` settings on a home."""
    podium = str(Path(sys.executable).with_name("podium"))
    child = Child(
        "podium up",
        [podium, "up", "--profile", "embedded", "--port", "0", "--home", str(home)],
        server_environment() | {"PODIUM_MODELS": models} | dict(more),
        folder / "podium.log",
    )
    stack.callback(child.stop, STOP_S)
    return Starting(child, home=Home(home))


def bare_command(card: ModelCard, port: int) -> list[str]:
    """The command line of vLLM's server: the very engine arguments the model deployment has."""
    values = engine_arguments(weights_folder(card), VllmSettings.model_validate(card.engine))
    words = [sys.executable, "-W", "ignore", "-m", "vllm.entrypoints.openai.api_server"]
    words += ["--host", "127.0.0.1", "--port", str(port), "--served-model-name", card.id]
    words += ["--disable-uvicorn-access-log"]
    for name, value in values.items():
        words += _flag(name.replace("_", "-"), value)
    return words


def packaged_card() -> ModelCard:
    """The catalog's row of the measured model."""
    return load_catalog([builtin_catalog()]).card(MODEL)


def end_tokens(card: ModelCard) -> tuple[int, ...]:
    """The tokens that end an answer of the model."""
    path = weights_folder(card) / "generation_config.json"
    found = json.loads(path.read_text(encoding="utf-8"))["eos_token_id"]
    return tuple(found) if isinstance(found, list) else (found,)


def _flag(name: str, value: object) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    # vLLM reads a group of settings as JSON.
    text = json.dumps(value) if isinstance(value, dict) else str(value)
    return [f"--{name}", text]


def server_environment() -> dict[str, str]:
    """Ours without the settings of another Podium, and with every library quiet."""
    return without_settings(os.environ) | quiet_environment() | {"VLLM_LOGGING_LEVEL": "WARNING"}


def without_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that are no setting of Podium, Ray or vLLM."""
    ours = ("PODIUM_", "RAY_", "VLLM_", "OMP_")
    return {name: value for name, value in environ.items() if not name.startswith(ours)}


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/health", timeout=2.0).status_code == 200
    except httpx2.TransportError:
        return False
