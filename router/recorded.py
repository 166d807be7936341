"""A decision as it was recorded, wherever it is found again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """`decision` is `RouteDecision.as_dict()`; `pipeline` and `run_id` are empty for a direct call.

    `at` is when the run began, or the decision was made, in seconds since the epoch.
    """

    tenant: str
    run_id: str
    request_id: str
    pipeline: str
    at: float
    decision: Mapping[str, Any]
