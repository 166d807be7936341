"""Gateways on two nodes: what they share, and what clients meet when one of the two is cut off."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from router.policy_file import load_policy
from tests.serve.cluster.load import Load
from tests.serve.cluster.nodes import Cluster
from tests.serve.cluster.site import Site, arguments, chat, raised
from tests.serve.cluster.test_changes import approved

pytestmark = [pytest.mark.assurance, pytest.mark.timeout(900)]

NODES = ("gateway", "gateway2")
REQUEST_S = 20.0
# The proxies ask a gateway how it is every few seconds, and five times before they leave it.
NOTICED_S = 30.0
REFUSED_S = 30.0


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The overlay's nodes and one more with the gateways' label."""
    with ExitStack() as stack:
        yield deployed(stack, tmp_path_factory.mktemp("pair"))


def test_each_of_the_two_nodes_has_one(pair: Site) -> None:
    found = {name: len(pair.cluster.nodes[name].replicas()["Gateway"]) for name in NODES}
    assert found == dict.fromkeys(NODES, 1)


def test_a_rate_holds_over_both(pair: Site) -> None:
    key = made(pair, rpm=10)["key"]
    codes = [code for node in NODES * 2 for code in asked(pair, node, key, 10)]
    assert Counter(codes) == {"": 10, "rate_limit_exceeded": 30}


def test_a_budget_is_spent_once(pair: Site) -> None:
    """Forty requests, eight at a time through both doors, with room for a few."""
    limit = 600
    key = made(pair, tokens_per_day=limit)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda number: paid(pair, NODES[number % 2], key["key"]), range(40))
        )
    assert {code for code, _ in answers} == {"", "budget_exceeded"}
    assert 0 < sum(tokens for _, tokens in answers) <= limit


def test_a_revoked_key_is_refused_at_both(pair: Site) -> None:
    key = made(pair)
    for node in NODES:
        assert asked(pair, node, key["key"], 4) == [""] * 4
    with pair.client("gateway") as client:
        gone = client.delete(f"/v1/admin/keys/{key['tenant']}/{key['id']}")
        assert gone.status_code == 200, gone.text
    until = time.monotonic() + REFUSED_S
    while "" in (codes := [c for node in NODES for c in asked(pair, node, key["key"], 4)]):
        assert time.monotonic() < until, codes
    assert set(codes) == {"invalid_api_key"}


def test_a_policy_approved_once_is_in_force_at_both(pair: Site) -> None:
    text = pair.policy.read_text()
    policy = yaml.safe_load(text)
    policy["sites"]["openai"]["level"] = "PUBLIC"
    narrower = yaml.safe_dump(policy)
    for new in (narrower, approved(narrower, text)):
        digest = load_policy(new.encode()).digest
        pair.policy.write_text(new)
        until = time.monotonic() + REFUSED_S
        while in_force(pair) != {(digest, None)} or applied(pair, digest) < len(NODES):
            assert time.monotonic() < until, in_force(pair)
        assert applied(pair, digest) == len(NODES)


def test_one_of_the_two_nodes_is_cut_off(pair: Site) -> None:
    """Who came in by the living node is answered, but for what lay in the dead gateway's hands."""
    living, dead, ended = under_load(pair, pair.cluster.nodes["gateway2"].kill)
    late = [one for one in dead.outcomes if one.sent > ended]
    assert late and {(one.status, one.code) for one in late} == {(0, "ConnectError")}
    assert "ReadTimeout" not in {one.code for one in (*living.outcomes, *dead.outcomes)}
    judged(pair, [*living.outcomes, *dead.outcomes])


def test_one_of_the_two_nodes_hangs(tmp_path: Path) -> None:
    """It closes nothing: what lay in its gateway's hands is given up once its time is over."""
    with ExitStack() as stack:
        site = deployed(stack, tmp_path)
        living, dead, _ = under_load(site, site.cluster.nodes["gateway2"].freeze, NOTICED_S)
        assert "ReadTimeout" not in {one.code for one in living.outcomes}
        judged(site, [*living.outcomes, *dead.outcomes])


def deployed(stack: ExitStack, folder: Path) -> Site:
    """It is deployed when both nodes of the gateways have joined, so that each gets one."""
    cluster = Cluster(folder / "home", request_s=REQUEST_S)
    site = raised(stack, folder, cluster, {"gateway2": "gateway"})
    cluster.wait_for_dashboard()
    until = time.monotonic() + REFUSED_S
    while not all(cluster.has_joined(name) for name in NODES):
        assert time.monotonic() < until
        time.sleep(0.2)
    config = site.config()
    arguments(config)["gateway"]["limits"] = {"request_seconds": REQUEST_S}
    site.deploy(config)
    site.wait_ready()
    return site


def under_load(
    site: Site, end: Callable[[], None], noticed_s: float = 0.0
) -> tuple[Load, Load, float]:
    """Clients of both doors while the second node ends, until its gateway runs on the first.

    Also when it had ended, in seconds of the clock of their outcomes. For `noticed_s` after that
    the proxies may still send to it; each client loses one request at most.
    """
    bodies = [chat("mistral"), chat("chatgpt"), chat("chatgpt")]
    with Load(site, bodies, "gateway") as living, Load(site, bodies, "gateway2") as dead:
        for model in ("chatgpt", "mistral"):
            living.wait(lambda model=model: living.answered(model=model) > 3)
            dead.wait(lambda model=model: dead.answered(model=model) > 3)
        end()
        ended = time.monotonic()
        took = living.wait(lambda: living.answered(ended) > 20)
        living.wait(lambda: len(site.cluster.nodes["gateway"].replicas()["Gateway"]) == 2)
        back = time.monotonic()
        living.wait(lambda: living.answered(back) > 20)
    print(f"\n{took:.1f} and {back - ended:.1f} s, {living.tally()}, by the lost: {dead.tally()}")
    lost = [one for one in living.outcomes if not one.honest]
    print([(one.code, round(one.sent - ended, 1), round(one.seconds, 1)) for one in lost])
    assert all(one.sent <= ended + noticed_s for one in lost) and len(lost) <= len(bodies)
    return living, dead, ended


def judged(site: Site, outcomes: list[Any]) -> None:
    """Nothing was sent twice, and what was sent and what was answered is in the ledger once."""
    sent = Counter(
        next(name for name in json.loads(line)["body"].split('"') if "load-" in name).split()[-1]
        for line in (site.folder / "stub.jsonl").read_text().splitlines()
        if "load-" in line
    )
    intents = Counter(row["request_id"] for row in ledger(site) if row["kind"] == "egress.intent")
    answered = {one.id for one in outcomes if one.model == "chatgpt" and one.status == 200}
    assert answered <= set(sent)
    assert set(sent.values()) == {1}
    assert {intents[name] for name in sent} == {1}


def ledger(site: Site) -> list[dict[str, Any]]:
    """Every record, as the state keeps it."""
    file = site.cluster.home_of("state") / "ledger.sqlite"
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT body FROM ledger_records ORDER BY seq").fetchall()
    return [json.loads(row[0]) for row in rows]


def made(site: Site, **limits: Any) -> dict[str, Any]:
    """A new key that both gateways know: they read all keys at once, so a later one tells."""
    with site.client("gateway") as client:
        first, later = (
            client.post("/v1/admin/keys", json={"name": name} | more).json()
            for name, more in (("one", limits), ("later", {}))
        )
    until = time.monotonic() + REFUSED_S
    while any(code for node in NODES for code in asked(site, node, later["key"], 4)):
        assert time.monotonic() < until
    return dict(first)


def asked(site: Site, node: str, key: str, times: int) -> list[str]:
    """The codes of so many requests through the proxy of a node, empty for what was answered."""
    with site.client(node, key) as client:
        answers = [client.get("/v1/models") for _ in range(times)]
    return [one.json().get("error", {}).get("code", "") for one in answers]


def paid(site: Site, node: str, key: str) -> tuple[str, int]:
    """The code of a chat request, empty where it was answered, and its tokens."""
    with site.client(node, key) as client:
        answer = client.post("/v1/chat/completions", json=chat("mistral", "x" * 60)).json()
    return answer.get("error", {}).get("code", ""), answer.get("usage", {}).get("total_tokens", 0)


def in_force(site: Site) -> set[tuple[str, str | None]]:
    """The digests of the policies in force, and why another was refused, asked at both doors."""
    found = set()
    for node in NODES:
        with site.client(node) as client:
            for _ in range(4):
                told = client.get("/v1/status").json()["policy"]
                found.add((told["digest"], told["refused"]))
    return found


def applied(site: Site, digest: str) -> int:
    """How many gateways had the ledger write that they took this policy."""
    acts = [row["fields"] for row in ledger(site) if row["fields"].get("act") == "policy_applied"]
    return sum(one["policy_digest"] == digest for one in acts)
