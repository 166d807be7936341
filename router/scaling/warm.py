"""How many replicas the clock alone asks for."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from router.scaling.settings import DAYS, Scaling, WarmHours


def least_at(scaling: Scaling, now: float) -> int:
    """The fewest replicas there may be at `now`, in seconds since the epoch."""
    local = datetime.fromtimestamp(now, ZoneInfo(scaling.timezone))
    wanted = (hours.replicas for hours in scaling.warm if _holds(hours, local))
    return max(scaling.min_replicas, *wanted, 0)


def _holds(hours: WarmHours, local: datetime) -> bool:
    """Whether `local` lies in the hours that began today, or in those that began yesterday."""
    time = local.strftime("%H:%M")
    over_midnight = hours.end <= hours.start
    if _is_day(hours, local) and time >= hours.start and (over_midnight or time < hours.end):
        return True
    return over_midnight and time < hours.end and _is_day(hours, local - timedelta(days=1))


def _is_day(hours: WarmHours, local: datetime) -> bool:
    return DAYS[local.weekday()] in hours.days
