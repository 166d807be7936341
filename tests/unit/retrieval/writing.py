"""Writing documents straight to a store, without parsing or embedding."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from models.embeddings import EmbedderIdentity
from retrieval.documents import Chunk, Document
from retrieval.settings import CollectionSettings
from retrieval.store import NewDocument, Store

DIM = 8
IDENTITY = EmbedderIdentity("words", "1", DIM, normalised=True)


def new_store(folder: Path, *collections: str) -> Store:
    """A store with those collections, `kb` when none is named."""
    store = Store(folder / "retrieval.db")
    for name in collections or ("kb",):
        store.ensure(name, IDENTITY, None, CollectionSettings())
    return store


def new_document(id: str, *texts: str, label: str = "{}") -> NewDocument:
    """A document with one chunk a text; vectors are drawn from the texts."""
    chunks = tuple(Chunk(number, text, 0, len(text)) for number, text in enumerate(texts))
    document = Document(id, "kb", id.title(), label, "hash", len(chunks), id)
    vectors = np.stack([vector_of(text) for text in texts])
    return NewDocument(document, f"print of {id} {texts} {label}", chunks, vectors)


def vector_of(text: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """A unit vector drawn from the text."""
    vector = np.random.default_rng(zlib.crc32(text.encode())).normal(size=DIM)
    return (vector / np.linalg.norm(vector)).astype(np.float32)
