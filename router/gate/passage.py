"""What became of one request that was let out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from models.errors import PodiumError
from models.images import Images
from models.messages import ChatDelta, Usage
from models.remote.provider_errors import Answered, NeverSent
from router.ledger.egress import Outcome

UNREADABLE = "unreadable"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}")


@dataclass
class Passage:
    """`unknown` until the provider answers; `failed` only when no byte can have left."""

    status: Outcome = "unknown"
    code: str | None = None
    usage: Usage = field(default_factory=Usage)
    returned_model: str | None = None

    def saw(self, delta: ChatDelta) -> None:
        """A piece of an answer came."""
        self.status = "sent"
        self.usage = delta.usage or self.usage

    def submitted(self) -> None:
        """The provider took a job on."""
        self.status = "sent"

    def made(self, made: Images) -> None:
        """The job is done."""
        self.usage = made.usage or Usage(images=len(made.images))
        self.returned_model = made.returned_model

    def failed(self, error: PodiumError) -> None:
        """It ended with an error, the provider's or one on the way."""
        self.code = error.code or error.type
        if isinstance(error, NeverSent) and self.status == "unknown":
            self.status = "failed"
        elif isinstance(error.__cause__, Answered):
            self.status = "sent"

    def ran(self, model: str) -> None:
        """The provider says which model it ran."""
        self.returned_model = model

    def facts(self) -> dict[str, Any]:
        """Counts and codes for the ledger, without content."""
        return {
            "code": self.code,
            "returned_model": _named(self.returned_model),
            "prompt_tokens": self.usage.prompt_tokens,
            "completion_tokens": self.usage.completion_tokens,
            **({"images": self.usage.images} if self.usage.images else {}),
        }


def _named(model: str | None) -> str | None:
    """What a provider says it ran, if it is a name: it could say what it was sent as well."""
    return model if model is None or _NAME.fullmatch(model) else UNREADABLE
