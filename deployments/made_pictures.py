"""What becomes of pictures that were made: stamped, kept with their label, written down."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

from deployments.assets import Asset
from deployments.call import Call
from models.catalog import ModelCard
from models.images import ImageRequest, Images
from models.picture_stamp import stamped
from router.ledger.mac import payload_key, payload_mac

DOWNLOADS = "downloads"


async def keep_pictures(
    call: Call, card: ModelCard, wanted: ImageRequest, made: Images
) -> tuple[Asset, ...]:
    """The pictures as they are handed out; raises PodiumError when they can't be kept.

    The prompt stands in a file only when the policy lets its label reach the sink `downloads`;
    its MAC always does, so that whoever has the home can tell which prompt it was.
    """
    told = _provenance(call, card, wanted, made)
    assets = await asyncio.to_thread(_assets, call, made, told)
    await call.state.state.call("keep_assets", assets, deadline=call.deadline)
    return assets


def _provenance(call: Call, card: ModelCard, wanted: ImageRequest, made: Images) -> dict[str, Any]:
    tenant = call.principal.tenant
    told: dict[str, Any] = {
        "made": round(time.time(), 3),
        "model": card.id,
        "vendor_model": card.vendor_model,
        "returned_model": made.returned_model,
        "site": card.site,
        "seed": _seed(wanted, made),
        "decision_id": call.decision_id,
        "policy_digest": call.policy.digest,
        "label": call.label.public(),
        "checks": _checks(call, card),
        "prompt_mac": payload_mac(payload_key(call.state.salt), tenant, wanted.prompt.encode()),
    }
    if call.policy.may_reach(DOWNLOADS, call.label, time.time()):
        told["prompt"] = wanted.prompt
    return told


def _seed(wanted: ImageRequest, made: Images) -> str | None:
    """As text: a seed may be more than a JSON number holds everywhere."""
    seed = wanted.seed if made.seed is None else made.seed
    return None if seed is None else str(seed)


def _checks(call: Call, card: ModelCard) -> dict[str, Any]:
    """What was looked at: finds of the detectors by category, and whether the gate decided too."""
    found: dict[str, int] = {}
    for seen in call.seen.values():
        for finding in seen.findings:
            found[finding.category] = found.get(finding.category, 0) + 1
    read = all(seen.complete for seen in call.seen.values())
    return {"detectors": found, "all_read": read, "gate": not card.is_local, "file": "head"}


def _assets(call: Call, made: Images, told: Mapping[str, Any]) -> tuple[Asset, ...]:
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    if len(text.encode()) > _FITS:
        text = json.dumps({name: one for name, one in told.items() if name != "prompt"})
    return tuple(
        Asset(
            stamped(image, text),
            call.principal.tenant,
            call.request_id,
            call.label.to_json(),
            told,
        )
        for image in made.images
    )


# Room for the longest prompt whose letters are of one byte; a longer one stays in the home alone.
_FITS = 60_000
