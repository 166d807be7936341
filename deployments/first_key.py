"""The first admin key of a home: made or adopted, stored as HMAC, and left for its owner."""

from __future__ import annotations

from dataclasses import dataclass

from deployments.home import Home
from deployments.private_file import write_private
from models.errors import AuthenticationFailed
from router.keys import adopted_key, mint_key, parse_key
from router.store.state import FIRST_TENANT, State


@dataclass(frozen=True, slots=True)
class FirstKey:
    """`text` is None on an older home whose file is gone; `ignored` when PODIUM_API_KEY is no key
    of this home and it has others already.
    """

    text: str | None
    ignored: bool = False


def ensure_first_key(home: Home, state: State, brought: str | None = None) -> FirstKey:
    """The home's first key, with `brought` the value of PODIUM_API_KEY.

    The file is written before the key is stored: a crash in between is mended by the next start,
    while the other order could leave a home whose only key nobody knows.
    """
    if brought:
        adopted_key(brought)
    if state.list_keys():
        return FirstKey(_left(home), ignored=bool(brought) and not _verifies(state, brought or ""))
    text = brought or _left(home) or str(mint_key(FIRST_TENANT))
    write_private(home.first_key, f"{text}\n".encode())
    state.first_key(text)
    return FirstKey(text)


def _left(home: Home) -> str | None:
    try:
        text = home.first_key.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return text if parse_key(text) else None


def _verifies(state: State, text: str) -> bool:
    try:
        state.verify(text)
    except AuthenticationFailed:
        return False
    return True
