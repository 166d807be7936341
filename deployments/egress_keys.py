"""Providers' keys on their way from the operator's environment to the one process that holds them.

`podium up` takes them out of its environment before it starts anything, so that no child inherits
one. Egress reads them from a file of mode 0600 in the home's run folder. The file stays as long as
the instance runs: Serve replaces an Egress replica that dies, and nobody is there to give it the
keys a second time. It is removed when `podium up` ends.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterable, Mapping, MutableMapping
from pathlib import Path

from deployments.home import Home
from deployments.private_file import write_private
from models.catalog import ModelCard
from models.errors import SetupError

# Taken away whether a row of the catalog names them or not: SDKs pick them up by themselves.
KNOWN = (
    "OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "AZURE_OPENAI_API_KEY", "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN", "GEMINI_API_KEY", "GOOGLE_API_KEY", "MISTRAL_API_KEY",
    "DEEPSEEK_API_KEY", "GROQ_API_KEY", "OPENROUTER_API_KEY", "TOGETHER_API_KEY", "XAI_API_KEY",
    "COHERE_API_KEY", "PERPLEXITY_API_KEY", "FIREWORKS_API_KEY", "COPILOT_GITHUB_TOKEN",
    "GH_TOKEN", "GITHUB_TOKEN",
)  # fmt: skip

# Google's own tools take either.
_SAME = {"GEMINI_API_KEY": "GOOGLE_API_KEY", "GOOGLE_API_KEY": "GEMINI_API_KEY"}


def key_names(cards: Iterable[ModelCard]) -> frozenset[str]:
    """Every variable that may hold a provider's key."""
    return frozenset(KNOWN) | {card.key_env for card in cards if card.key_env}


def erase_from_memory(names: Iterable[str]) -> None:
    """Overwrite the values with which this process was started.

    `os.environ.pop` leaves them where the kernel put them, and /proc/PID/environ shows them as long
    as the process lives.
    """
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    for name in names:
        address = libc.getenv(name.encode())
        if address:
            ctypes.memset(address, ord("x"), len(ctypes.string_at(address)))


def take_keys(environ: MutableMapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Take the keys out of `environ`; empty ones count as none."""
    taken = {name: environ.pop(name, "").strip() for name in sorted(names)}
    keys = {name: key for name, key in taken.items() if key}
    also = {name: keys[other] for name, other in _SAME.items() if other in keys}
    return also | keys


def keys_file(home: Home) -> Path:
    """Where Egress finds the keys: JSON, from variable name to key."""
    return home.run / "provider_keys"


def write_keys(home: Home, keys: Mapping[str, str]) -> None:
    """Hand the keys to Egress."""
    write_private(keys_file(home), json.dumps(dict(keys)).encode())


def remove_keys(home: Home) -> None:
    """Take them back; fine when there are none."""
    keys_file(home).unlink(missing_ok=True)


def read_keys(home: Home) -> Mapping[str, str]:
    """The keys, none when there is no file; raises SetupError for a damaged or open one."""
    path = keys_file(home)
    try:
        mode = path.stat().st_mode
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SetupError(f"{path.name} can't be read; start Podium again.") from error
    if mode & 0o077:
        raise SetupError(f"{path.name} may be read by others; run `chmod 600` on it.")
    if not isinstance(found, dict):
        raise SetupError(f"{path.name} holds no keys; start Podium again.")
    return {str(name): str(key) for name, key in found.items()}
