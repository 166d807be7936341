"""Pictures that were made, kept in the home under the digest of their bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deployments.home import make_private
from deployments.private_file import sync_folder, write_private
from models.errors import NotFound, SetupError, Unavailable
from models.images import Image
from router.ledger.images import image_made
from router.ledger.record import Record

_ENDINGS: Mapping[str, str] = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A picture with what is known of it; `label` is canonical JSON."""

    image: Image
    tenant: str
    request_id: str
    label: str
    provenance: Mapping[str, Any] = field(repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 of the file, 64 hex digits."""
        return hashlib.sha256(self.image.data).hexdigest()

    def record(self, at: float) -> Record:
        """What the ledger says of it; `at` is seconds since the epoch."""
        return image_made(self.tenant, self.request_id, at, self.digest, self.provenance)


def forget_assets(folder: Path, before: float) -> int:
    """Delete pictures kept before, in seconds since the epoch; how many there were.

    The ledger keeps its records of them.
    """
    gone = 0
    for label in folder.glob("??/*.json"):
        if label.stat().st_mtime >= before:
            continue
        _delete(label)
        gone += 1
    return gone


def forget_asset(folder: Path, tenant: str, digest: str) -> None:
    """Delete one picture, as `forget_assets` does; raises NotFound when this tenant has none such.

    Of a picture that another tenant keeps nothing is told.
    """
    check_kept(folder, tenant, digest)
    _delete(_label_of(folder, digest))


def check_kept(folder: Path, tenant: str, digest: str) -> None:
    """Raises NotFound unless this tenant keeps a picture of that digest, of 64 hex digits."""
    try:
        facts = json.loads(_label_of(folder, digest).read_bytes())
    except FileNotFoundError:
        facts = {}
    if facts.get("tenant") != tenant:
        raise NotFound("There is no such picture; it may have been deleted.", param="asset")


def _label_of(folder: Path, digest: str) -> Path:
    return folder / digest[:2] / f"{digest}.json"


def _delete(label: Path) -> None:
    """The label goes last: a picture without one counts as top secret.

    What a process that was killed had not written to its end lies beside it, under a hidden name.
    """
    for picture in label.parent.glob(f"*{label.stem}.*"):
        if picture != label:
            picture.unlink(missing_ok=True)
    label.unlink(missing_ok=True)
    sync_folder(label.parent)


def keep_asset(folder: Path, asset: Asset) -> Path:
    """Write the picture, and beside it its label; raises Unavailable when the disk takes neither.

    The label comes first: a picture without one counts as top secret.
    """
    digest = asset.digest
    place = folder / digest[:2]
    path = place / f"{digest}.{_ENDINGS[asset.image.media_type]}"
    facts = {
        "tenant": asset.tenant,
        "request_id": asset.request_id,
        "label": json.loads(asset.label),
        "provenance": dict(asset.provenance),
    }
    text = json.dumps(facts, ensure_ascii=False, sort_keys=True, indent=1)
    try:
        make_private(folder)
        make_private(place)
        write_private(place / f"{digest}.json", text.encode())
        write_private(path, asset.image.data)
    except (OSError, SetupError) as error:
        raise Unavailable(
            "The picture was made and can't be kept: the home's disk takes no more. Make room.",
            retry_after=5.0,
        ) from error
    return path
