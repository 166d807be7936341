"""Seals of labels: what is stored says by itself whether its label is still the one it was given.

Labels and seals are opaque here; whoever opens retrieval brings what makes and checks them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Protocol


class Seals(Protocol):
    """Makes and checks seals; `digest` names the data that a label is about."""

    def seal(self, label: str, digest: str) -> str:
        """The seal of that label on that data."""

    def believed(self, label: str, seal: str, digest: str) -> str:
        """The label if the seal is its own on that data, else one that nobody may read."""


class Unsealed:
    """No seals: every label is believed. For one process over files of its own, such as a bench."""

    def seal(self, label: str, digest: str) -> str:
        """None."""
        return ""

    def believed(self, label: str, seal: str, digest: str) -> str:
        """The label as it stands."""
        return label


def document_digest(
    collection: str, id: str, title: str, sha256: str, path: str, metadata: Mapping[str, str]
) -> str:
    """What is listed of a document, as SHA-256 in hex digits."""
    return digest("document", collection, id, title, sha256, path, dict(metadata))


def chunk_digest(collection: str, id: str, title: str, number: int, heading: str, text: str) -> str:
    """What is shown of a chunk of document `id`."""
    return digest("chunk", collection, id, title, number, heading, text)


def digest(*parts: object) -> str:
    """SHA-256 of the parts; no two lists of parts are alike."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
