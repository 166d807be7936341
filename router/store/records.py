"""What is remembered of runs and of money: ids, names, times, statuses and sums, no content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from router.budget import Unit, Window
from router.label import Label

RunStatus = Literal["succeeded", "partial", "failed", "denied", "waiting"]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One step of a run; times in milliseconds, `started_ms` from the start of the run."""

    name: str
    status: str
    started_ms: float
    duration_ms: float
    model: str | None = None
    engine: str | None = None
    site: str | None = None
    prompt_version: str | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One run; `started` is seconds since the epoch.

    `sources` names the documents used as (collection, document id, chunk). `content` holds output
    and quotes and is None unless the policy clears the store for the run's label. `decisions` are
    `RouteDecision.as_dict()` of every model call, without content. `decision_id` is that of the
    call that asked for the run, which the ledger alone keeps.
    """

    tenant: str
    run_id: str
    pipeline: str
    version: str
    status: RunStatus
    started: float
    duration_ms: float
    label: Label
    request_id: str = ""
    key_id: str = ""
    cost_usd: float = 0.0
    error_code: str | None = None
    sources: tuple[tuple[str, str, str], ...] = ()
    steps: tuple[StepRecord, ...] = ()
    content: Mapping[str, Any] | None = field(default=None, repr=False)
    decisions: tuple[Mapping[str, Any], ...] = ()
    decision_id: str = ""


@dataclass(frozen=True, slots=True)
class Spending:
    """What is `spent` of one budget in the window from `start`, and `held` for calls under way.

    Nano-USD or tokens; `key_id` is empty for the budget of a whole tenant.
    """

    tenant: str
    key_id: str
    unit: Unit
    window: Window
    start: float
    spent: int
    held: int
