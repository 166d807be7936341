"""Tokens of a policy that the gate does not know yet, or knew before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.errors import GateTokenInvalid
from router.policy import Policy
from tests.unit.router.gate.gate_world import LOWERING, LOWERING_POLICY, POLICY
from tests.unit.router.gate.test_departure import Events, Provider, gate, outgoing, run


async def test_a_token_of_a_policy_not_known_yet_makes_the_gate_look_once() -> None:
    asked: list[str] = []

    async def look(digest: str) -> Policy:
        asked.append(digest)
        return LOWERING_POLICY

    events = Events()
    departures = gate(events, Provider(events), look=look)
    await run(departures, outgoing())
    assert asked == []
    new = LOWERING_POLICY.digest
    await run(departures, outgoing(policy_digest=new, lowering=LOWERING))
    await run(departures, outgoing(policy_digest=new, lowering=LOWERING))
    await run(departures, outgoing(policy_digest=POLICY.digest))
    assert asked == [new]
    assert len(events.sent) == 4
    intent = [one for one in events.records if one.kind == "egress.intent"][-1]
    assert intent.fields["policy_digest"] == POLICY.digest
    assert intent.fields["gate_policy_digest"] == new


async def test_only_a_token_of_ours_makes_the_gate_look() -> None:
    asked: list[str] = []

    async def look(digest: str) -> Policy:
        asked.append(digest)
        return POLICY

    events = Events()
    departures = gate(events, Provider(events), look=look)
    await run(departures, outgoing(policy_digest="0" * 64))
    assert asked == ["0" * 64]
    good = outgoing(policy_digest="1" * 64)
    with pytest.raises(GateTokenInvalid):
        await run(departures, replace(good, token=good.token[:-1] + "x"))
    assert asked == ["0" * 64]


async def test_the_last_policies_are_known_and_older_ones_looked_for() -> None:
    asked: list[str] = []
    policies = [POLICY, *(replace(POLICY, digest=f"{n:064x}") for n in range(9))]

    async def look(digest: str) -> Policy:
        asked.append(digest)
        return policies[-1]

    events = Events()
    departures = gate(events, Provider(events), look=look)
    for policy in policies[1:]:
        for _ in range(3):  # The same again is no other policy.
            departures.swap_policy(policy)
    for policy in policies[1:]:
        await run(departures, outgoing(policy_digest=policy.digest))
    assert asked == []
    await run(departures, outgoing(policy_digest=POLICY.digest))
    assert asked == [POLICY.digest]
