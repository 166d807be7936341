"""An embedder without a model, for tests of what stands around one: vectors count words."""

from __future__ import annotations

import asyncio
import re
import zlib

import numpy as np

from models.deadline import Deadline
from models.embeddings import EmbedderIdentity, EmbeddingRequest, Embeddings
from models.errors import InvalidRequest, ModelNotFound

DIM = 64


class WordsEmbedder:
    """Texts with the same words are alike; `digest` makes it another embedder."""

    def __init__(self, name: str = "words", digest: str = "1", dim: int = DIM) -> None:
        self._identity = EmbedderIdentity(name, digest, dim, normalised=True)
        self.texts = 0

    def identity(self) -> EmbedderIdentity:
        return self._identity

    async def embed(self, request: EmbeddingRequest, deadline: Deadline) -> Embeddings:
        deadline.check("the embedding")
        if request.model not in ("", self._identity.model):
            raise ModelNotFound("There is no such embedder.", param="model")
        if not all(text.strip() for text in request.texts):
            raise InvalidRequest("A text to embed is empty.", param="input")
        await asyncio.sleep(0)
        self.texts += len(request.texts)
        words = [re.findall(r"\w+", text.lower()) for text in request.texts]
        vectors = np.zeros((len(words), self._identity.dim), np.float32)
        for row, text in enumerate(words):
            for word in text or ["?"]:
                vectors[row, zlib.crc32(word.encode()) % self._identity.dim] += 1
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return Embeddings(vectors / np.maximum(lengths, 1), sum(map(len, words)), self._identity)
