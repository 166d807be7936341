"""What an operator may say about the number of replicas of one model."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_STRICT = ConfigDict(extra="forbid", frozen=True)
_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"


class WarmHours(BaseModel):
    """At least `replicas` from `start` until `end` (HH:MM) on `days`; past midnight if end is less.

    A start takes its time: let `start` be earlier than the first request by as much.
    """

    model_config = _STRICT

    replicas: int = Field(ge=1)
    start: str = Field(default="00:00", pattern=_TIME)
    end: str = Field(default="00:00", pattern=_TIME)
    days: tuple[Day, ...] = Field(default=DAYS, min_length=1)


class Scaling(BaseModel):
    """Between how many replicas a model may have, and when it gets one more or one less.

    A replica is busy enough with `requests_each` requests (None: three quarters of what its engine
    takes at once) or with `kv_cache_each` of its key-value cache, whichever comes first. It goes up
    when that has been too little for `up_after_s`, and down when `down_share` of it would have done
    for `down_after_s`. With `min_replicas: 0` the last one goes after `idle_after_s` without any
    request; who asks then waits up to `wait_s` for the start, `queue` requests a gateway.
    """

    model_config = _STRICT

    min_replicas: int = Field(default=1, ge=0)
    max_replicas: int = Field(default=1, ge=1)
    requests_each: float | None = Field(default=None, gt=0)
    kv_cache_each: float = Field(default=0.8, gt=0, le=1)
    up_after_s: float = Field(default=4.0, ge=0)
    down_after_s: float = Field(default=600.0, ge=0)
    down_share: float = Field(default=0.7, gt=0, lt=1)
    idle_after_s: float = Field(default=900.0, ge=0)
    wait_s: float = Field(default=120.0, ge=0)
    queue: int = Field(default=64, ge=0)
    warm: tuple[WarmHours, ...] = ()
    timezone: str = "UTC"

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("is no time zone known here; say one like Europe/Paris") from error
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Scaling:
        if self.min_replicas > self.max_replicas:
            raise ValueError("min_replicas is more than max_replicas")
        if any(hours.replicas > self.max_replicas for hours in self.warm):
            raise ValueError("warm asks for more replicas than max_replicas")
        return self

    @property
    def sleeps(self) -> bool:
        """Whether the model may be without any replica."""
        return self.min_replicas == 0
