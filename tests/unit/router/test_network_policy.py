"""The network lets out what the policy lets out, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from router.network_policy import EGRESS, cilium_policies, network_policies, ways_out
from router.policy import Policy
from router.policy_file import default_policy
from tests.remote_cards import remote_card
from tests.scripted_world import card

POLICY = default_policy()
CARDS = (
    card("mistral"),
    remote_card("https://api.openai.com/v1"),
    remote_card("https://api.anthropic.com", id="claude", site="anthropic"),
    remote_card("http://198.51.100.7:9000/v1", id="ours", site="remote", allow_insecure=True),
)


def hosts(policy: Policy) -> list[str]:
    return [way.host for way in ways_out(policy, CARDS)]


def without(*sites: str) -> Policy:
    return replace(POLICY, sites={k: v for k, v in POLICY.sites.items() if k not in sites})


def named(made: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in made}


def test_every_cleared_provider_is_a_way_out_and_no_other() -> None:
    assert hosts(POLICY) == ["198.51.100.7", "api.anthropic.com", "api.openai.com"]
    assert hosts(without("anthropic")) == ["198.51.100.7", "api.openai.com"]
    assert ways_out(POLICY, [card("mistral")]) == ()


def test_copilots_runtime_and_the_hosts_of_pictures_are_ways_out() -> None:
    copilot = remote_card(None, id="copilot", dialect="copilot", site="microsoft")
    assert ways_out(POLICY, [copilot]) == (), "there is no runtime"
    there = copilot.model_copy(update={"engine": {"cli_path": "/opt/copilot"}})
    found = {way.host: (way.port, way.models) for way in ways_out(POLICY, [there])}
    assert found["api.githubcopilot.com"] == (443, ("copilot",)) and "api.github.com" in found
    named = there.model_copy(
        update={"engine": there.engine | {"hosts": ["copilot.example.ghe.com"]}}
    )
    assert [way.host for way in ways_out(POLICY, [named])] == ["copilot.example.ghe.com"]
    jobs = {
        "submit_path": "/imagine", "poll_path": "/jobs/{id}", "assets_at": "urls",
        "done": ["completed"], "failed": ["failed"], "asset_hosts": ["cdn.example.com"],
    }  # fmt: skip
    painter = remote_card(
        "https://images.example.com/v2", id="midjourney", dialect="imagine", engine=jobs
    )
    assert [way.host for way in ways_out(POLICY, [painter])] == [
        "cdn.example.com", "images.example.com",
    ]  # fmt: skip


def test_a_policy_that_clears_nobody_makes_no_way_out() -> None:
    assert "podium-egress" in named(network_policies(POLICY, CARDS))
    closed = without("openai", "anthropic", "remote")
    for make in (network_policies, cilium_policies):
        assert "podium-egress" not in named(make(closed, CARDS))


def test_only_the_gates_pods_get_a_way_out() -> None:
    made = network_policies(POLICY, CARDS)
    outward = [one for one in made if "ipBlock" in str(one["spec"])]
    (egress,) = outward
    assert egress["spec"]["podSelector"] == {"matchLabels": EGRESS}
    rules = {
        (rule["to"][0]["ipBlock"]["cidr"], rule["ports"][0]["port"])
        for rule in egress["spec"]["egress"]
    }
    assert rules == {("0.0.0.0/0", 443), ("198.51.100.7/32", 9000)}
    everywhere = next(rule for rule in egress["spec"]["egress"] if "0.0.0.0/0" in str(rule))["to"][
        0
    ]["ipBlock"]
    assert "169.254.0.0/16" in everywhere["except"], "the clouds' metadata stays out of reach"


def test_cilium_is_told_the_hosts_by_name() -> None:
    egress = named(cilium_policies(POLICY, CARDS))["podium-egress"]
    text = str(egress["spec"]["egress"])
    assert "'matchName': 'api.openai.com'" in text and "198.51.100.7/32" in text
    assert "0.0.0.0/0" not in text


def test_a_reviewer_reads_where_it_came_from() -> None:
    notes = named(network_policies(POLICY, CARDS))["podium-egress"]["metadata"]["annotations"]
    assert notes["podium.io/policy-digest"] == POLICY.digest
    assert "anthropic (claude at api.anthropic.com:443)" in notes["podium.io/sites"]


def test_everything_begins_closed() -> None:
    closed = named(network_policies(POLICY, CARDS))["podium-closed"]["spec"]
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in closed and "egress" not in closed
