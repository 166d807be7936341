"""PDF as text, a mark a page; pypdf is imported here only."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

from models.errors import InvalidDocument, PodiumError
from retrieval.documents import Mark, ParsedDocument

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_PAGES = 5000


def read_pdf(content: bytes, file: str, name: str) -> ParsedDocument:
    """Pages are joined by a form feed; a file without a text layer is refused."""
    try:
        return _read(content, file, name)
    except PodiumError:
        raise
    # pypdf meets damaged files with any exception there is, RecursionError included.
    except Exception as error:
        raise InvalidDocument(
            f"{file}: it is no readable PDF ({type(error).__name__}); save it anew.", param="file"
        ) from error


def _read(content: bytes, file: str, name: str) -> ParsedDocument:
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings quote the document
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise InvalidDocument(f"{file}: it is encrypted; save it without password.", param="file")
    if len(reader.pages) > MAX_PAGES:
        raise InvalidDocument(f"{file}: over {MAX_PAGES} pages; split it.", param="file")
    pages = [_storable(page.extract_text()) for page in reader.pages]
    if not any(page.strip() for page in pages):
        raise InvalidDocument(f"{file}: its pages hold no text; run OCR first.", param="file")
    return ParsedDocument(_title(reader) or name, "\f".join(pages), _marks(pages))


def _title(reader: PdfReader) -> str:
    return _storable(reader.metadata.title or "").strip() if reader.metadata else ""


def _storable(text: str) -> str:
    """Fonts map to NUL and to halves of pairs as well: a database holds neither."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _marks(pages: list[str]) -> tuple[Mark, ...]:
    marks, start = [], 0
    for number, page in enumerate(pages, start=1):
        marks.append(Mark(start, page=number))
        start += len(page) + 1
    return tuple(marks)
