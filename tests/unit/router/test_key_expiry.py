"""When a key ends, as people say it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models.errors import InvalidRequest
from router.key_expiry import expiry

NOW = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
DAY = 86_400


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("30d", 30 * DAY),
        (" 12h ", DAY / 2),
        ("90m", 5400),
        ("2w", 14 * DAY),
        ("2026-01-31", 30 * DAY),
        ("2026-01-02T00:00:00Z", DAY),
        ("2026-01-02T02:00:00+02:00", DAY),
    ],
)
def test_spans_and_dates(text: str, after: float) -> None:
    assert expiry(text, NOW) == NOW + after


@pytest.mark.parametrize("text", ["", "soon", "30", "-1d", "1y", "2026-13-01", "1.5d", "\uff19d"])
def test_other_texts_are_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        expiry(text, NOW)
    assert caught.value.param == "expires"


@pytest.mark.parametrize("text", ["0d", "2025-12-31", "2026-01-01", "2500-01-01", "999999w"])
def test_the_past_and_the_far_future_are_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="past") as caught:
        expiry(text, NOW)
    assert caught.value.param == "expires"
