"""What changes under load: a policy in place, a new version by and by, where parts run."""

from __future__ import annotations

import itertools
import re
import time

import pytest
import yaml

from deployments.cluster_home import prepare_home
from router.policy_change import approvals_block
from router.policy_file import load_policy
from tests.serve.cluster.load import Load
from tests.serve.cluster.nodes import ROLE, writes_the_ledger
from tests.serve.cluster.site import ROOT, Site, arguments, chat
from tests.serve.sockets import sockets_at

SHIPPED = ROOT / "router" / "prompts"
BODIES = [chat("mistral"), chat("mistral"), chat("chatgpt")]
# So often and for so long one after another: a gateway or a gate left behind would have shown.
ALIKE = 12
ALIKE_S = 5.0


def pids(site: Site) -> dict[str, set[int]]:
    """The processes of every deployment."""
    found: dict[str, set[int]] = {}
    for node in site.cluster.nodes.values():
        for name, processes in node.replicas().items():
            found.setdefault(name, set()).update(one.pid for one in processes)
    return found


def only(load: Load, status: int) -> bool:
    """Whether chatgpt has long been answered so: each gateway, and the gate, looks by itself."""
    asked = [one for one in reversed(tuple(load.outcomes)) if one.model == "chatgpt"]
    alike = list(itertools.takewhile(lambda one: one.status == status, asked))
    return len(alike) >= ALIKE and time.monotonic() - alike[-1].sent >= ALIKE_S


def approved(old: str, new: str) -> str:
    """The policy `new` with two approvals that it replaces `old`, as `policy diff` prints them."""
    block = approvals_block(load_policy(old.encode()), load_policy(new.encode()))
    return f"{new}\n" + re.sub("by: .*", "by: [Ada Lovelace, Grace Hopper]", block)


def test_a_policy_changes_in_place(site: Site) -> None:
    before, text = pids(site), site.policy.read_text()
    policy = yaml.safe_load(text)
    policy["sites"]["openai"]["level"] = "PUBLIC"
    narrower = yaml.safe_dump(policy)
    try:
        with Load(site, BODIES) as load:
            load.wait(lambda: load.answered(model="chatgpt") > 3)
            site.policy.write_text(narrower)
            load.wait(lambda: only(load, 403))
            closed = time.monotonic()
            load.wait(lambda: load.answered(closed, "mistral") > 3)
        late = [one for one in load.outcomes if one.model == "chatgpt" and one.sent > closed]
        assert all(one.status == 403 for one in late)
        assert {status for _, status, _ in load.tally()} == {200, 403}
    finally:
        site.policy.write_text(approved(narrower, text))
        with Load(site, BODIES) as load:
            load.wait(lambda: only(load, 200))
    assert pids(site) == before


def test_a_prompt_changes_in_place(site: Site) -> None:
    before, body = pids(site), chat("pipeline/polish")
    with site.client() as client:

        def version() -> str:
            answer = client.post("/v1/chat/completions", json=body)
            assert answer.status_code == 200, answer.text
            return str(answer.json()["route"]["prompt_version"])

        assert version() == "support/polish@v1"
        polish = site.prompts / "support" / "polish"
        polish.mkdir(parents=True)
        (polish / "v2.yaml").write_bytes((SHIPPED / "support" / "polish" / "v1.yaml").read_bytes())
        (site.prompts / "labels.yaml").write_text("support/polish: {prod: v2}\n")
        # Either gateway may answer, and each takes it by itself.
        until = time.monotonic() + 90
        while {version() for _ in range(6)} != {"support/polish@v2"}:
            assert time.monotonic() < until
    assert pids(site) == before


@pytest.mark.assurance
@pytest.mark.timeout(600)
def test_what_stands_under_deployments_changes_alone(site: Site) -> None:
    before, config = pids(site), site.config()
    config["applications"][0]["deployments"] = [{"name": "Embedder-embed", "num_replicas": 2}]
    site.deploy(config)
    wait_for_embedders(site, 2)
    after = pids(site)
    assert after["Embedder-embed"] > before["Embedder-embed"]
    assert after | {"Embedder-embed": set()} == before | {"Embedder-embed": set()}
    site.deploy(site.config())
    wait_for_embedders(site, 1)
    assert pids(site) | {"Embedder-embed": set()} == before | {"Embedder-embed": set()}


@pytest.mark.assurance
@pytest.mark.timeout(600)
def test_a_new_version_rolls_without_a_failed_request(site: Site) -> None:
    """Changed arguments make every replica anew, by and by: Serve has one version of all."""
    before, config = pids(site), site.config()
    arguments(config)["gateway"]["limits"] = {"request_seconds": 119}
    with Load(site, BODIES) as load:
        load.wait(lambda: load.answered() > 10)
        site.deploy(config)
        load.wait(lambda: settled(site, before))
        rolled = time.monotonic()
        load.wait(lambda: load.answered(rolled) > 10)
    print(f"\n{load.tally()}, the longest {max(one.seconds for one in load.outcomes):.1f} s")
    assert {status for _, status, _ in load.tally()} == {200}


@pytest.mark.assurance
@pytest.mark.timeout(600)
def test_on_one_node_the_gate_is_reached_by_its_door(site: Site) -> None:
    """And it writes the ledger beside the state itself."""
    before, config = pids(site), site.config()
    prepare_home(site.cluster.home_of("state"), None, site.folder / "providers", print)
    arguments(config)["placement"] |= {"egress": {ROLE: "state"}, "gateway": {ROLE: "state"}}
    site.deploy(config)
    with Load(site, [chat("chatgpt")]) as load:
        load.wait(lambda: settled(site, before))
        gate = site.cluster.nodes["state"].replicas()["Egress"][0]
        load.wait(lambda: sockets_at(gate, "gate") > 1)
        load.wait(lambda: writes_the_ledger(gate))
    moved = pids(site)
    site.deploy(site.config())
    with Load(site, [chat("chatgpt")]) as load:
        load.wait(lambda: settled(site, moved))
        (gate,) = site.cluster.nodes["egress"].replicas()["Egress"]
        back = time.monotonic()
        load.wait(lambda: load.answered(back) > 10)
        assert sockets_at(gate, "gate") == 1 and not writes_the_ledger(gate)


def wait_for_embedders(site: Site, count: int) -> None:
    """Return when so many run."""
    until = time.monotonic() + 90
    while len(pids(site)["Embedder-embed"]) != count:
        assert time.monotonic() < until, site.told()
        time.sleep(0.2)


def settled(site: Site, before: dict[str, set[int]]) -> bool:
    """Whether everything of before runs again and none of its processes is left."""
    now = pids(site)
    return all(
        len(now.get(name, ())) == len(processes) and not now[name] & processes
        for name, processes in before.items()
    )
