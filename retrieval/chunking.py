"""Cutting a document into passages: by headings and sentences, with overlap, offsets kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from retrieval.documents import Chunk, Mark, ParsedDocument
from retrieval.settings import CollectionSettings
from retrieval.tokens import estimate_tokens

CHUNKER_VERSION = 2

# Where to cut, the best places first; a place of the next kind only in what is still too long.
# Not behind "Dr." or "z. B.", nor before a small letter or a digit: no sentence begins there.
_PLACES = (
    re.compile(
        r"(?<=[.!?;])(?<!\b\w\.)(?<!\b[A-Z][a-z]\.)\s++(?![a-zß-öø-ÿ0-9])"
        r"|\n\s*\n\s*|\n\s*(?=(?:[-*+•]|\d+[.)])\s|\|)"
    ),
    re.compile(r"(?<=[.!?:;])\s+"),
    re.compile(r"\n+"),
)
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    tokens: int
    mark: Mark


def chunk_document(document: ParsedDocument, settings: CollectionSettings) -> tuple[Chunk, ...]:
    """Cut into chunks of at most `chunk_tokens` estimated tokens; what fits whole is one chunk.

    Neighbours within a section share about `overlap` of that size. A heading starts a new chunk
    once the open one is half full, or always when `split_headings` is set. A chunk never runs over
    a page, so that its page can be cited.
    """
    pieces = list(_pieces(document, settings.chunk_tokens))
    if not pieces:
        return ()
    whole = _total(pieces) <= settings.chunk_tokens and not settings.split_headings
    one_page = pieces[0].mark.page == pieces[-1].mark.page
    runs = [pieces] if whole and one_page else _pack(pieces, settings, document.text)
    return tuple(_chunk(number, run, document.text) for number, run in enumerate(runs))


def _chunk(number: int, run: list[_Piece], text: str) -> Chunk:
    start, end, mark = run[0].start, run[-1].end, run[0].mark
    return Chunk(number, text[start:end], start, end, mark.heading, mark.page)


def _pack(pieces: list[_Piece], settings: CollectionSettings, text: str) -> list[list[_Piece]]:
    size = settings.chunk_tokens
    overlap = int(size * settings.overlap)
    runs: list[list[_Piece]] = []
    run: list[_Piece] = []
    for piece in pieces:
        if run and _starts_section(run, piece, settings):
            runs.append(run)
            run = []
        elif run and _total(run) + piece.tokens > size:
            runs.append(run)
            run = _tail(run, min(overlap, size - piece.tokens), text)
        run.append(piece)
    runs.append(run)
    return runs


def _starts_section(run: list[_Piece], piece: _Piece, settings: CollectionSettings) -> bool:
    """Whether to cut before `piece`; never behind a bare heading."""
    last = run[-1]
    if piece.mark.page != last.mark.page:
        return True
    if piece.mark == last.mark or (last.mark.heading and last.start == last.mark.start):
        return False
    return settings.split_headings or _total(run) * 2 >= settings.chunk_tokens


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
    """Headings and whole sentences; only a sentence longer than `size` is cut further."""
    text = document.text
    ends = [mark.start for mark in document.marks[1:]] + [len(text)]
    for mark, end in zip(document.marks, ends, strict=True):
        line = text.find("\n", mark.start, end) if mark.heading else -1
        body = mark.start if line < 0 else line
        yield from _cut(text, mark.start, body, mark, size)
        yield from _cut(text, body, end, mark, size)


def _cut(
    text: str,
    start: int,
    end: int,
    mark: Mark,
    size: int,
    places: Sequence[re.Pattern[str]] = _PLACES,
) -> Iterator[_Piece]:
    if not places:
        yield from _split(text, start, end, mark, max(4, size // 4))
        return
    for part_start, part_end in _parts(text, start, end, places[0]):
        tokens = estimate_tokens(text[part_start:part_end])
        if tokens > size:
            yield from _cut(text, part_start, part_end, mark, size, places[1:])
        elif tokens:
            yield _Piece(part_start, part_end, tokens, mark)


def _parts(text: str, start: int, end: int, place: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """What stands between the places to cut at, without the white space around it."""
    edges = [start, *(at for gap in place.finditer(text, start, end) for at in gap.span()), end]
    for part_start, part_end in zip(edges[::2], edges[1::2], strict=True):
        part = text[part_start:part_end]
        begin = part_start + len(part) - len(part.lstrip())
        if stripped := part.strip():
            yield begin, begin + len(stripped)


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
