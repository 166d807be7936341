"""Keys over HTTP and by `podium keys`: made, shown once, listed, limited and revoked."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from deployments.cli.main import main
from router.keys import parse_key
from tests.wire.conftest import plain
from tests.wire.server import Server
from tests.wire.test_bad_requests import ASK, CHAT, checked

KEYS = "/v1/admin/keys"
BODY: dict[str, Any] = {"model": "mistral", "messages": ASK, "max_tokens": 4}


class Cli:
    """`podium keys` against the server; gives the exit code and what it printed."""

    def __init__(self, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
        self._at = ["--url", server.url, "--key", server.key()]
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        code = main(["keys", *words, *self._at])
        printed = self._capsys.readouterr()
        return code, printed.out, printed.err


@pytest.fixture
def cli(server: Server, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(server, capsys)


def made(http: httpx2.Client, **body: Any) -> dict[str, Any]:
    answer = http.post(KEYS, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def ask_with(server: Server, key: str) -> httpx2.Response:
    with plain(server, None) as http:
        return http.post(CHAT, json=BODY, headers={"authorization": f"Bearer {key}"})


def test_a_key_works_at_once_and_its_secret_is_seen_once(
    server: Server, http: httpx2.Client
) -> None:
    told = made(
        http, tenant="acme", name="shop", scopes=["infer"], min_class="CONFIDENTIAL",
        expires="30d", models=["mistral"], rpm=5, tpm=5000, budget_usd=["5/day", "50/month"],
        tokens_per_day=9000,
    )  # fmt: skip
    key = parse_key(told["key"])
    assert key is not None and key.tenant == "acme"
    assert ask_with(server, told["key"]).json()["route"]["label"]["level"] == "CONFIDENTIAL"
    listing = http.get(KEYS, params={"tenant": "acme"})
    assert told["key"] not in listing.text and key.secret not in listing.text
    (shown,) = [one for one in listing.json()["data"] if one["id"] == key.id]
    facts = {name: shown[name] for name in ("name", "status", "scopes", "min_class", "models")}
    assert facts == {"name": "shop", "status": "active", "scopes": ["infer"],
                     "min_class": "CONFIDENTIAL", "models": ["mistral"]}  # fmt: skip
    assert (shown["limits"]["rpm"], shown["limits"]["tpm"]) == (5, 5000)
    budgets = {(one["unit"], one["window"]): one["limit"] for one in shown["limits"]["budgets"]}
    assert budgets == {("usd", "day"): 5.0, ("usd", "month"): 50.0, ("tokens", "day"): 9000}
    tokens = next(one for one in shown["limits"]["budgets"] if one["unit"] == "tokens")
    assert tokens["spent"] > 0 and tokens["held"] == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tenant", "No Good"),
        ("scopes", ["root"]),
        ("min_class", "SECRET"),
        ("expires", "soon"),
        ("budget_usd", ["5"]),
        ("tokens_per_day", -1),
        ("rpm", 0),
        ("tpm", 0),
        ("models", ["gpt-none"]),
        ("name", "x" * 201),
        ("colour", "red"),
    ],
)
def test_a_wrong_field_is_named(http: httpx2.Client, field: str, value: Any) -> None:
    assert checked(http.post(KEYS, json={field: value}), 400)["param"] == field


def test_only_an_administrator_makes_keys(server: Server) -> None:
    with plain(server) as http:
        assert http.get(KEYS).status_code == 200
    with plain(server, "other") as http:
        for method, path in (("GET", KEYS), ("POST", KEYS), ("DELETE", f"{KEYS}/default/a"),
                             ("PUT", "/v1/admin/tenants/default/limits")):  # fmt: skip
            checked(http.request(method, path, json={}), 403)


def test_a_revoked_key_stops_at_once_in_the_gateway_that_was_told(
    server: Server, http: httpx2.Client
) -> None:
    told = made(http, tenant="acme")
    path = f"{KEYS}/acme/{told['id']}"
    assert ask_with(server, told["key"]).status_code == 200
    assert http.delete(path).json() == {"tenant": "acme", "id": told["id"], "revoked": True}
    checked(ask_with(server, told["key"]), 401)
    checked(http.delete(f"{KEYS}/other/{told['id']}"), 404)


def test_a_key_may_ask_for_its_models_alone(server: Server, http: httpx2.Client) -> None:
    told = made(http, models=["small", "pipeline/support"])
    headers = {"authorization": f"Bearer {told['key']}"}
    with plain(server, None) as mine:
        mine.headers.update(headers)
        listed = [one["id"] for one in mine.get("/v1/models").json()["data"]]
        assert listed == ["small", "auto", "auto:private", "pipeline/support"]
        error = checked(mine.post(CHAT, json=BODY), 403)
        assert error["param"] == "model" and "'mistral'" in error["message"]
        checked(mine.get("/v1/models/mistral"), 404)
        answer = mine.post(CHAT, json=BODY | {"model": "auto"})
        assert answer.json()["route"]["model"] == "small"
        assert mine.post(CHAT, json={**BODY, "model": "small"}).status_code == 200
    with plain(server) as admin:
        assert admin.post(CHAT, json=BODY).status_code == 200
    narrow = made(http, models=["small"])
    with plain(server, None) as other:
        other.headers["authorization"] = f"Bearer {narrow['key']}"
        run = {"inputs": {"text": "Hi"}}
        checked(other.post("/v1/pipelines/support/runs", json=run), 403)
        checked(other.post(CHAT, json=BODY | {"model": "pipeline/support"}), 403)


def test_the_command_line_makes_lists_and_revokes(server: Server, cli: Cli) -> None:
    words = ("--tenant", "shop", "--scope", "infer,read", "--min-class", "CONFIDENTIAL",
             "--expires", "30d", "--budget-usd", "5/day", "--tokens-per-day", "900", "--rpm", "6",
             "--tpm", "5000", "--models", "mistral,auto", "--name", "till")  # fmt: skip
    code, out, err = cli("create", *words)
    key = parse_key(out.splitlines()[0])
    assert code == 0 and key is not None and "never shown again" in err
    assert "limits: 6 rpm, 5000 tpm, 0 of 900 tokens/day, 0 of 5 USD/day" in out
    assert ask_with(server, str(key)).status_code == 200
    code, out, _ = cli("create", *words, "--json")
    assert parse_key(json.loads(out)["key"]) is not None
    code, out, _ = cli("list", "--tenant", "shop", "--json")
    listed = json.loads(out)["data"]
    assert code == 0 and [one["name"] for one in listed] == ["till", "till"]
    code, out, _ = cli("list", "--tenant", "shop")
    assert key.id in out and key.secret not in out
    assert cli("revoke", key.id, "--tenant", "shop")[:2] == (0, f"revoked shop {key.id}\n")
    checked(ask_with(server, str(key)), 401)
    code, out, _ = cli("revoke", key.id, "--json")
    assert (code, json.loads(out)["error"]["code"]) == (2, "not_found")


def test_the_command_line_names_what_is_wrong(cli: Cli) -> None:
    code, _, err = cli("create", "--budget-usd", "5")
    assert code == 2 and "5/day" in err
    code, _, err = cli("create", "--min-class", "SECRET")
    assert code == 2 and "--min-class" in err


def test_the_command_line_limits_a_tenant(cli: Cli) -> None:
    code, out, _ = cli("limit", "shop", "--rpm", "90", "--budget-usd", "7/month")
    assert (code, out) == (0, "tenant shop: 90 rpm, 0 of 7 USD/month\n")
    assert "tenant shop: 90 rpm" in cli("list")[1]
    assert cli("limit", "shop")[1] == "tenant shop: not limited\n"
    assert "tenant shop" not in cli("list")[1]
