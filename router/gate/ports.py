"""What the gate asks of others: a last look at the text, and a place to write down what leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

SentStatus = Literal["sent", "failed", "unknown"]


class Found(Protocol):
    """One find of a scan."""

    @property
    def category(self) -> str:
        """`secret` keeps the text inside."""


class Scan(Protocol):
    """What a scan saw; one that is not `complete` proves nothing and counts as a find."""

    @property
    def findings(self) -> Sequence[Found]:
        """The finds."""

    @property
    def complete(self) -> bool:
        """Whether the whole text was read."""


class LastScan(Protocol):
    """Looks at a text just before it leaves."""

    def __call__(self, text: str) -> Scan:
        """What is in it."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to leave, without content; `at` is seconds since the epoch."""

    at: float
    decision_id: str
    tenant: str
    step: str
    model: str
    site: str
    region: str | None
    vendor_model: str
    payload_digest: str
    payload_bytes: int
    label: str
    policy_digest: str
    rule: str


@dataclass(frozen=True, slots=True)
class Result:
    """How it ended: `sent` means that the provider answered, `failed` that no byte of it left."""

    status: SentStatus
    code: str | None = None
    returned_model: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0


class IntentLog(Protocol):
    """Durable memory of what left."""

    async def intent(self, record: Intent) -> str:
        """Write it down durably and give its id; raises when it can't, and then nothing leaves."""

    async def result(self, intent: str, result: Result) -> None:
        """Write down how it ended."""
