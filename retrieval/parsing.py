"""Reading a file's bytes as a document: text, Markdown, HTML and PDF."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath

from models.errors import BodyTooLarge, InvalidDocument
from retrieval.documents import Mark, ParsedDocument
from retrieval.parsing_html import read_html
from retrieval.parsing_pdf import read_pdf

MAX_BYTES = 32 * 2**20
TEXT, MARKDOWN, HTML, PDF = "text/plain", "text/markdown", "text/html", "application/pdf"

SUFFIXES = {
    ".txt": TEXT, ".text": TEXT, ".md": MARKDOWN, ".markdown": MARKDOWN,
    ".html": HTML, ".htm": HTML, ".pdf": PDF,
}  # fmt: skip
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_FENCE = re.compile(r"^(`{3,}|~{3,}).*?(?:^\1|\Z)", re.MULTILINE | re.DOTALL)


def media_type_of(name: str) -> str:
    """The media type a file name's ending stands for."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise InvalidDocument(
            f"{name}: its ending says no known kind; use one of {known}.", param="file"
        )
    return SUFFIXES[suffix]


def parse_document(content: bytes, name: str, media_type: str | None = None) -> ParsedDocument:
    """Parse `content`, taking the kind from `name` unless `media_type` says it."""
    if len(content) > MAX_BYTES:
        raise BodyTooLarge(f"{name}: over {MAX_BYTES // 2**20} MiB; split it.", param="file")
    kind = media_type or media_type_of(name)
    if kind not in _READERS:
        raise InvalidDocument(
            f"{name}: {kind} cannot be read; use {', '.join(_READERS)}.", param="media_type"
        )
    parsed = _READERS[kind](content, name)
    if not parsed.text.strip():
        raise InvalidDocument(f"{name}: it holds no text; check the file.", param="file")
    return parsed


def decode(content: bytes, name: str) -> str:
    """The text of UTF-8 bytes, without a byte order mark."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidDocument(
            f"{name}: byte {error.start} is not valid UTF-8; save the file as UTF-8.", param="file"
        ) from error
    if "\0" in text:
        raise InvalidDocument(f"{name}: it is binary, not text; convert it first.", param="file")
    return text


def _text(content: bytes, name: str) -> ParsedDocument:
    return ParsedDocument(_stem(name), decode(content, name), (Mark(0),))


def _markdown(content: bytes, name: str) -> ParsedDocument:
    """Offsets are those of the file's own text; a first heading of level 1 is the title."""
    text = decode(content, name)
    fenced = [match.span() for match in _FENCE.finditer(text)]
    title, marks, path = _stem(name), [Mark(0)], [""] * 7
    for match in _HEADING.finditer(text):
        if any(start <= match.start() < end for start, end in fenced):
            continue
        level = len(match.group(1))
        if level == 1 and not text[: match.start()].strip():
            title, marks = match.group(2), [Mark(match.end())]
            continue
        path[level:] = [match.group(2), *[""] * (6 - level)]
        marks.append(Mark(match.start(), " > ".join(filter(None, path))))
    if not text[marks[0].start :].strip():
        marks = [Mark(0)]
    return ParsedDocument(title, text, tuple(marks))


def _html(content: bytes, name: str) -> ParsedDocument:
    return read_html(decode(content, name), _stem(name))


def _pdf(content: bytes, name: str) -> ParsedDocument:
    return read_pdf(content, name, _stem(name))


def _stem(name: str) -> str:
    return PurePosixPath(name).stem


_READERS: dict[str, Callable[[bytes, str], ParsedDocument]] = {
    TEXT: _text,
    MARKDOWN: _markdown,
    HTML: _html,
    PDF: _pdf,
}
