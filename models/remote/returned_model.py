"""Whether the model that a provider says it ran is the one it was asked for."""

from __future__ import annotations

import re
from collections.abc import Collection

_DATED = re.compile(r"[-@:]\d{3,}[\w.-]*|-latest")
_NUMBERED = re.compile(r"-\d[\w.-]*")
_LATEST = "-latest"


def is_same_model(asked: str, returned: str, others: Collection[str] = ()) -> bool:
    """Whether `returned` is `asked`, a dated version of it, or one of `others`.

    A name that ends in `-latest` stands for any number in that place.
    """
    asked, returned = (name.removeprefix("models/").lower() for name in (asked, returned))
    if returned == asked or returned in {other.lower() for other in others}:
        return True
    stem = asked.removesuffix(_LATEST)
    if not returned.startswith(stem):
        return False
    rest = returned[len(stem) :]
    numbered = stem != asked and (not rest or _NUMBERED.fullmatch(rest))
    return bool(numbered or _DATED.fullmatch(rest))
