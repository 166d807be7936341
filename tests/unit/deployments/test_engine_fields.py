"""What an engine does not know in `engine:` of a local row is said before anything starts."""

from __future__ import annotations

from typing import get_args

import pytest

from models.catalog import Dialect
from models.errors import InvalidConfig
from models.local.engine_settings import SETTINGS, check_engine
from tests.scripted_world import card


@pytest.mark.parametrize("dialect", SETTINGS)
def test_an_unknown_field_is_named_with_its_row(dialect: str) -> None:
    check_engine(card("m", dialect=dialect, engine={}))
    with pytest.raises(InvalidConfig, match=r"model 'm', engine: dtpe: is no field") as raised:
        check_engine(card("m", dialect=dialect, engine={"dtpe": "float32"}))
    assert raised.value.param == "dtpe"


def test_every_local_dialect_has_its_settings() -> None:
    local = {name for name in get_args(Dialect) if card("m", dialect=name).is_local}
    assert local == set(SETTINGS)
