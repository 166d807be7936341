"""Cutting a document into passages: by headings and sentences, with overlap, offsets kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from retrieval.documents import Chunk, Mark, ParsedDocument
from retrieval.tokens import estimate_tokens

CHUNKER_VERSION = 1

_SENTENCE = re.compile(r"(?<=[.!?:;])\s+|\n+")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    tokens: int
    mark: Mark


def chunk_document(document: ParsedDocument, size: int, overlap: float) -> tuple[Chunk, ...]:
    """Cut into chunks of at most `size` estimated tokens; a document that fits is one chunk.

    Neighbours within a section share about `overlap` of `size`; a heading or page starts a new
    chunk once the open one is half full.
    """
    pieces = list(_pieces(document, size))
    if not pieces:
        return ()
    whole = _total(pieces) <= size
    runs = [pieces] if whole else _pack(pieces, size, int(size * overlap), document.text)
    return tuple(_chunk(number, run, document.text) for number, run in enumerate(runs))


def _chunk(number: int, run: list[_Piece], text: str) -> Chunk:
    start, end, mark = run[0].start, run[-1].end, run[0].mark
    return Chunk(number, text[start:end], start, end, mark.heading, mark.page)


def _pack(pieces: list[_Piece], size: int, overlap: int, text: str) -> list[list[_Piece]]:
    runs: list[list[_Piece]] = []
    run: list[_Piece] = []
    for piece in pieces:
        if run and _starts_section(run, piece, size):
            runs.append(run)
            run = []
        elif run and _total(run) + piece.tokens > size:
            runs.append(run)
            run = _tail(run, min(overlap, size - piece.tokens), text)
        run.append(piece)
    runs.append(run)
    return runs


def _starts_section(run: list[_Piece], piece: _Piece, size: int) -> bool:
    return piece.mark != run[-1].mark and _total(run) * 2 >= size


def _tail(run: list[_Piece], budget: int, text: str) -> list[_Piece]:
    """What the next chunk repeats: whole sentences where one fits the budget, else last words."""
    tail: list[_Piece] = []
    for piece in reversed(run[1:]):
        if piece.mark != run[-1].mark or piece.tokens > budget:
            break
        tail.insert(0, piece)
        budget -= piece.tokens
    return tail or _last_words(run[-1], budget, text)


def _last_words(piece: _Piece, budget: int, text: str) -> list[_Piece]:
    start, tokens = piece.end, 0
    for word in reversed(list(_WORD.finditer(text, piece.start, piece.end))[1:]):
        cost = estimate_tokens(word.group())
        if tokens + cost > budget:
            break
        start, tokens = word.start(), tokens + cost
    return [_Piece(start, piece.end, tokens, piece.mark)] if tokens else []


def _total(pieces: list[_Piece]) -> int:
    return sum(piece.tokens for piece in pieces)


def _pieces(document: ParsedDocument, size: int) -> Iterator[_Piece]:
    """Sentences of every section; what is longer than a quarter of `size` is cut at words."""
    limit = max(4, size // 4)
    ends = [mark.start for mark in document.marks[1:]] + [len(document.text)]
    for mark, end in zip(document.marks, ends, strict=True):
        for start, stop in _sentences(document.text, mark.start, end):
            yield from _split(document.text, start, stop, mark, limit)


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    for gap in _SENTENCE.finditer(text, start, end):
        yield start, gap.start()
        start = gap.end()
    yield start, end


def _split(text: str, start: int, end: int, mark: Mark, limit: int) -> Iterator[_Piece]:
    open_start, open_end, tokens = -1, -1, 0
    for word_start, word_end in _words(text, start, end, limit):
        cost = estimate_tokens(text[word_start:word_end])
        if tokens and tokens + cost > limit:
            yield _Piece(open_start, open_end, tokens, mark)
            tokens = 0
        if not tokens:
            open_start = word_start
        open_end = word_end
        tokens += cost
    if tokens:
        yield _Piece(open_start, open_end, tokens, mark)


def _words(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int]]:
    """Words; one longer than `limit` characters, and so perhaps tokens, is cut."""
    for word in _WORD.finditer(text, start, end):
        for at in range(word.start(), word.end(), limit):
            yield at, min(at + limit, word.end())
