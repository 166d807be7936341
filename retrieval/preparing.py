"""Preparing a document for the store: parsed, cut, and fingerprinted by all that made it so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from models.errors import InvalidDocument
from retrieval.access import Detection
from retrieval.chunking import CHUNKER_VERSION, chunk_document
from retrieval.collection import Collection
from retrieval.documents import Chunk, Document, ParsedDocument
from retrieval.parsing import media_type_of, parse_document
from retrieval.settings import CollectionSettings


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """A document to take in; its `id` is stable, a relative path such as `policies/returns.md`.

    `label` is canonical JSON, opaque here, raised by what `detection` sees in the text.
    `media_type` None: by the ending of `path`, else `id`. `settings` given replace the
    collection's own. `flush` False leaves the index snapshot to a later `flush`, for many documents
    in a row.
    """

    collection: str
    id: str
    content: bytes
    label: str
    detection: Detection | None = None
    title: str | None = None
    path: str = ""
    media_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    settings: CollectionSettings | None = None
    flush: bool = True
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document ready to embed: `texts` are what the embedder reads, one a chunk."""

    document: Document
    chunks: tuple[Chunk, ...]
    texts: tuple[str, ...]


def fingerprint(request: IngestRequest, collection: Collection) -> str:
    """Equal for requests that would store the same."""
    cut = collection.settings
    made_from = {
        "sha256": hashlib.sha256(request.content).hexdigest(),
        "label": request.label,
        "detection": request.detection and request.detection.digest,
        "title": request.title,
        "name": request.path or request.id,
        "media_type": request.media_type,
        "metadata": dict(request.metadata),
        "chunker": [CHUNKER_VERSION, cut.chunk_tokens, cut.overlap, cut.split_headings],
        "identity": asdict(collection.identity),
    }
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def prepare(request: IngestRequest, settings: CollectionSettings) -> Prepared:
    """Parse and cut."""
    name = request.path or request.id
    media_type = request.media_type or media_type_of(name)
    parsed = parse_document(request.content, name, media_type)
    chunks = chunk_document(parsed, settings)
    if not chunks:
        raise InvalidDocument(f"{name}: it holds no text; check the file.", param="file")
    title = request.title or parsed.title
    document = Document(
        id=request.id,
        collection=request.collection,
        title=title,
        label=_label(request, title, parsed),
        sha256=hashlib.sha256(request.content).hexdigest(),
        chunks=len(chunks),
        path=request.path,
        media_type=media_type,
        metadata=request.metadata,
    )
    return Prepared(document, chunks, tuple(_embedded(title, chunk) for chunk in chunks))


def _label(request: IngestRequest, title: str, parsed: ParsedDocument) -> str:
    """All that a passage may show is read: the name, the title and the headings, too."""
    if request.detection is None:
        return request.label
    headings = dict.fromkeys(mark.heading for mark in parsed.marks)
    told = (request.id, request.path, title, *request.metadata.values(), *headings, parsed.text)
    return request.detection.joined(request.label, "\n".join(told))


def _embedded(title: str, chunk: Chunk) -> str:
    """A chunk is embedded with where it stands, or its "within 14 days" would be of anything."""
    return "\n".join(part for part in (title, chunk.heading, chunk.text) if part)
