"""Keys: missing, wrong, expired, revoked, of too small a scope, or not to be checked at all."""

from __future__ import annotations

import time

import httpx2
import openai
import pytest

from deployments.settings import GatewaySettings
from models.errors import Unavailable
from tests.wire.conftest import Serve, plain
from tests.wire.server import PATIENCE_S, Server
from tests.wire.test_bad_requests import ASK, CHAT, checked

BODY = {"model": "mistral", "messages": ASK}
GUARDED = (
    ("GET", "/v1/models"),
    ("GET", "/v1/models/mistral"),
    ("POST", CHAT),
    ("POST", "/v1/messages"),
    ("POST", "/v1/messages/count_tokens"),
    ("POST", "/v1/embeddings"),
    ("POST", "/v1/audio/transcriptions"),
    ("POST", "/v1/audio/translations"),
    ("POST", "/v1/images/generations"),
    ("DELETE", "/v1/images/a"),
    ("GET", "/v1/pipelines"),
    ("GET", "/v1/pipelines/support"),
    ("POST", "/v1/pipelines/support/runs"),
    ("GET", "/v1/runs"),
    ("GET", "/v1/runs/x"),
    ("GET", "/v1/status"),
    ("GET", "/v1/costs"),
    ("GET", "/v1/approvals"),
    ("GET", "/v1/approvals/a"),
    ("POST", "/v1/approvals/a/approve"),
    ("POST", "/v1/approvals/a/reject"),
    ("GET", "/v1/collections"),
    ("GET", "/v1/collections/kb/documents"),
    ("GET", "/v1/collections/kb/documents/a"),
    ("PUT", "/v1/collections/kb/documents/a"),
    ("DELETE", "/v1/collections/kb/documents/a"),
    ("POST", "/v1/collections/kb/search"),
    ("GET", "/v1/costs"),
    ("GET", "/v1/approvals"),
    ("GET", "/v1/approvals/a"),
    ("POST", "/v1/approvals/a/approve"),
    ("POST", "/v1/approvals/a/reject"),
    ("GET", "/v1/admin/keys"),
    ("POST", "/v1/admin/keys"),
    ("DELETE", "/v1/admin/keys/acme/a"),
    ("PUT", "/v1/admin/tenants/acme/limits"),
)


def refused(answer: httpx2.Response) -> None:
    error = checked(answer, 401)
    assert (error["type"], error["code"]) == ("invalid_request_error", "invalid_api_key")


@pytest.mark.parametrize(("method", "path"), GUARDED, ids=lambda one: one)
def test_every_path_of_value_needs_a_key(server: Server, method: str, path: str) -> None:
    with plain(server, key=None) as http:
        answer = http.request(method, path)
    if path.startswith("/v1/messages"):
        error = answer.json()["error"]
        assert (answer.status_code, error["type"]) == (401, "authentication_error")
    else:
        refused(answer)


def test_the_table_of_guarded_paths_is_complete(http: httpx2.Client) -> None:
    """Ask the server itself, so that a new path can't be forgotten."""
    names = {"name": "support", "run_id": "x", "collection": "kb", "id": "a", "model": "mistral",
             "tenant": "acme", "asset": "a"}  # fmt: skip
    served = {
        (method.upper(), path.format(**names))
        for path, methods in http.get("/openapi.json").json()["paths"].items()
        for method in methods
    }
    webhook = ("POST", "/v1/images/webhooks/mistral/support")
    free = {*(("GET", path) for path in ("/healthz", "/readyz", "/metrics")), webhook}
    assert served - set(GUARDED) == free


@pytest.mark.parametrize(
    "key",
    ["", "sk-something", "pk_default_abcd1234_" + "x" * 40, "pk_default_abcd1234_" + "é" * 40],
    ids=["empty", "of another service", "unknown", "no ASCII"],
)
def test_keys_that_are_none(server: Server, key: str) -> None:
    with plain(server, key=None) as http:
        refused(
            http.get("/v1/models", headers={b"authorization": f"Bearer {key}".strip().encode()})
        )
        refused(http.get("/v1/models", headers={b"x-api-key": key.encode()}))


def test_another_secret_for_a_known_key(server: Server) -> None:
    forged = server.key()[:-1] + ("a" if server.key()[-1] != "a" else "b")
    with plain(server, key=None) as http:
        refused(http.get("/v1/models", headers={"x-api-key": forged}))
        assert http.get("/v1/models", headers={"x-api-key": server.key()}).status_code == 200


def test_an_expired_key(server: Server) -> None:
    with plain(server, "expired") as http:
        refused(http.get("/v1/models"))


def test_a_revoked_key_is_refused_within_seconds(serve: Serve) -> None:
    server = serve(GatewaySettings())
    key = server.stage.keys["infer"]
    with plain(server, "infer") as http:
        assert http.post(CHAT, json=BODY).status_code == 200
        server.on_loop(lambda stage: stage.store.revoke_key(key.tenant, key.id))
        answer = http.post(CHAT, json=BODY)
        end = time.monotonic() + PATIENCE_S
        while answer.status_code == 200 and time.monotonic() < end:
            answer = http.post(CHAT, json=BODY)
        refused(answer)


def test_a_scope_too_small(server: Server) -> None:
    with plain(server, "read") as http:
        error = checked(http.post(CHAT, json=BODY), 403)
        assert (error["type"], error["code"]) == ("permission_error", "permission_denied")
        assert http.get("/v1/runs").status_code == 200
    with plain(server, "infer") as http:
        error = checked(http.put("/v1/collections/kb/documents/a.md", content=b"x"), 403)
        assert "'write'" in error["message"]
        assert http.post(CHAT, json=BODY).status_code == 200


def test_stale_keys_refuse_everybody(serve: Serve) -> None:
    """A gateway that can't ask for keys must not go on trusting a key that was revoked."""
    server = serve(GatewaySettings())
    server.on_loop(lambda stage: stage.tasks[0].cancel())
    server.until(lambda stage: stage.tasks[0].done())

    def read(when: float | None) -> None:
        keys = server.stage.store.list_keys()
        server.on_loop(lambda stage: stage.gateway.keyring.tell(keys, when))

    with plain(server) as http:
        read(None)
        assert http.get("/v1/models").status_code == 200
        read(-1e9)
        answer = http.get("/v1/models")
        error = checked(answer, 503)
        assert (error["type"], error["code"]) == (Unavailable.type, Unavailable.code)
        assert answer.headers["retry-after"] == "1"
        read(None)
        assert http.get("/v1/models").status_code == 200


def test_the_sdk_knows_these_errors(server: Server) -> None:
    url = f"{server.url}/v1"
    with openai.OpenAI(base_url=url, api_key="pk_none", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError) as refusal:
            client.models.list()
        assert refusal.value.code == "invalid_api_key"
    reader = openai.OpenAI(base_url=url, api_key=server.key("read"), max_retries=0)
    with reader, pytest.raises(openai.PermissionDeniedError):
        reader.chat.completions.create(model="mistral", messages=[])


@pytest.mark.parametrize(
    "headers",
    [{"x-forwarded-for": "203.0.113.9"}, {"x-forwarded-for": "127.0.0.1"}, {"forwarded": "for=::1"},
     {"x-real-ip": "127.0.0.1"}],
    ids=str,
)  # fmt: skip
def test_metrics_for_others_need_an_admin(server: Server, headers: dict[str, str]) -> None:
    """Whoever is behind a proxy is somebody else: the client may have written these itself."""
    with plain(server, key=None) as http:
        assert "podium_engine_requests_running" in http.get("/metrics").text
        refused(http.get("/metrics", headers=headers))
    with plain(server, "infer") as http:
        checked(http.get("/metrics", headers=headers), 403)
    with plain(server) as http:
        assert http.get("/metrics", headers=headers).status_code == 200


def test_metrics_behind_an_open_front_need_an_admin(serve: Serve) -> None:
    """HAProxy hides its clients: every peer is on loopback then, and none is known to be."""
    server = serve(GatewaySettings(), on_loopback=False)
    with plain(server, key=None) as http:
        refused(http.get("/metrics"))
    with plain(server) as http:
        assert http.get("/metrics").status_code == 200
