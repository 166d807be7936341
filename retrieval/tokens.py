"""An estimate of how many tokens an embedder reads, without loading its tokenizer.

Calibrated to be high rather than low for WordPiece vocabularies on English: a chunk cut by this
estimate must not overflow the embedder's window.
"""

from __future__ import annotations

import re

_PIECE = re.compile(r"\w+|[^\w\s]")
_LETTERS_A_TOKEN = 5


def estimate_tokens(text: str) -> int:
    """About as many tokens as a WordPiece vocabulary makes of `text`."""
    return sum(_cost(match.group()) for match in _PIECE.finditer(text))


def _cost(piece: str) -> int:
    plain = len(piece.encode("ascii", "ignore"))
    return -(-plain // _LETTERS_A_TOKEN) + (len(piece) - plain)
