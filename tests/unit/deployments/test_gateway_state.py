"""What a gateway says of a model that does not run here."""

from __future__ import annotations

import pytest

from deployments.gateway_state import GatewayState
from deployments.keyring import Keyring
from deployments.model_status import ModelStatus
from deployments.settings import Settings
from models.catalog import Catalog
from models.errors import ModelNotFound
from router.policy_file import default_policy
from tests.scripted_world import card
from tests.wire.local_remote import LocalRemote

ROWS = (
    card("mistral"),
    card("larger"),
    card("claude", site="anthropic", dialect="anthropic", key_env="ANTHROPIC_API_KEY"),
)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("larger", "its id must stand in `models:` of the settings"),
        ("claude", "started with `--remote on` and ANTHROPIC_API_KEY set"),
        ("nobody", "There is no model 'nobody'."),
    ],
)
def test_a_row_that_is_not_turned_on_says_what_turns_it_on(name: str, what: str) -> None:
    nobody = LocalRemote("nobody", object())
    state = GatewayState(
        Settings(), Catalog(ROWS), default_policy(), Keyring(bytes(32)), ModelStatus({}),
        {"mistral": nobody}, nobody, nobody, bytes(32),
    )  # fmt: skip
    assert state.served_card("mistral").id == "mistral"
    with pytest.raises(ModelNotFound) as raised:
        state.served_card(name)
    assert what in raised.value.message
