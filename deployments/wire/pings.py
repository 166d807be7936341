"""When a stream that has nothing to say yet shows that it lives."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

# A comment: no client of either dialect takes it for an event.
PING = b": ping\n\n"


class Pings(BaseModel):
    """Seconds: after `first` a stream opens without an event, then a comment goes out `every`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: float = Field(default=5.0, gt=0)
    every: float = Field(default=15.0, gt=0)
