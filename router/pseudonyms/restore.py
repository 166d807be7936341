"""Restoring a whole text."""

from __future__ import annotations

from dataclasses import dataclass, field

from router.label import Clearance
from router.pseudonyms.stream import StreamRestorer, Writing, as_it_is
from router.pseudonyms.vault import Vault


@dataclass(frozen=True, slots=True)
class Restored:
    """The text with values; `unknown` are tokens nobody issued, `kept` those left standing."""

    text: str = field(repr=False)
    unknown: tuple[str, ...]
    kept: tuple[str, ...] = ()


def restore(text: str, vault: Vault, sink: Clearance, *, writing: Writing = as_it_is) -> Restored:
    """Put values back for the tokens of this session that `sink` is cleared for.

    Never inside a URL, a tag or code; see `router.pseudonyms.places`.
    """
    restorer = StreamRestorer(vault, sink, writing=writing)
    whole = restorer.feed(text) + restorer.finish()
    return Restored(whole, restorer.unknown, restorer.kept)
