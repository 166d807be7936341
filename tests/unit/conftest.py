"""What these tests run under."""

from __future__ import annotations

import tests.untimed  # noqa: F401 - read for what it sets
