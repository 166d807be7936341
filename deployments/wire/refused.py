"""A field that another's API documents and that is refused here by name; null is no wish."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

REFUSED = "refused"


def _refuse(value: object) -> None:
    if value is not None:
        raise PydanticCustomError(REFUSED, "not offered")


Refused = Annotated[None, BeforeValidator(_refuse), Field(json_schema_extra={"refused": True})]
