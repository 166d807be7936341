"""A swap of policies: who began under the old one ends under it, who comes after does not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from deployments.call import Call
from deployments.gateway_state import GatewayState
from deployments.keyring import Keyring
from deployments.meter import Meter
from deployments.model_status import ModelStatus
from deployments.remote import Remote
from deployments.settings import Settings
from deployments.wire.chat_body import RouteBody
from models.catalog import Catalog
from models.errors import ModelUnavailable
from router.keys import Principal, Scope
from router.label import Level
from router.policy_file import default_policy, default_text, load_policy

OLD = default_policy()
NEW = load_policy(
    default_text().replace(b"user:         {level: INTERNAL", b"user:         {level: RESTRICTED")
)


class _State:
    """Stands for State's handle; its ledger works or does not."""

    name = "state"

    def __init__(self, works: bool) -> None:
        self.works = works
        self.asked: list[str] = []
        self.applied: list[object] = []

    async def call(self, method: str, *arguments: Any, **more: Any) -> None:
        self.asked.append(method)
        if not self.works:
            raise ModelUnavailable("State is away.")
        if method == "record_decisions":
            self.applied += [record.fields["policy_digest"] for record in arguments[0]]


def _gateway(state: _State) -> GatewayState:
    nobody = cast(Remote, state)
    return GatewayState(
        Settings(), Catalog(()), OLD, Keyring(bytes(32)), ModelStatus({}), {}, nobody, nobody,
        bytes(32),
    )  # fmt: skip


def _call(gateway: GatewayState) -> Call:
    request: Any = SimpleNamespace(state=SimpleNamespace(request_id="r"))
    who = Principal("acme", "k", frozenset({Scope.INFER}), Level.PUBLIC)
    return Call(gateway, who, request, RouteBody())


async def test_a_request_ends_under_the_policy_it_began_with() -> None:
    state = _State(works=True)
    gateway = _gateway(state)
    before = _call(gateway)
    await gateway.swap_policy(NEW)
    after = _call(gateway)
    assert state.asked == ["append_record"]
    assert (before.policy, after.policy) == (OLD, NEW)
    assert before.label.level is Level.INTERNAL
    assert after.label.level is Level.RESTRICTED
    before.raise_label("voice_in")
    assert before.label.level is Level.CONFIDENTIAL


async def test_a_ledger_that_is_away_does_not_keep_a_policy_out() -> None:
    """It is told as soon as it answers."""
    state = _State(works=False)
    gateway = _gateway(state)
    await gateway.swap_policy(NEW)
    assert gateway.policy is NEW
    state.works = True
    await gateway.close(5.0)
    assert state.applied == [NEW.digest]


async def test_a_gateway_has_its_own_policy_recorded_at_its_start() -> None:
    state = _State(works=True)
    gateway = _gateway(state)
    assert state.asked == []
    gateway.record_policy()
    await gateway.close(5.0)
    assert (state.asked, state.applied) == (["record_decisions"], [OLD.digest])


def test_the_metric_tells_of_a_refused_file() -> None:
    meter = Meter()
    for refused, value in ((True, b"1.0"), (False, b"0.0")):
        meter.policy(refused=refused)
        assert b"podium_policy_refused " + value in meter.text({})
