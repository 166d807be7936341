"""Every error of the messages paths as Anthropic's official SDK has it: class, type, code, id."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from anthropic.types.shared import ErrorResponse

from models.errors import DeadlineExceeded, ModelUnavailable, Overloaded, PolicyDenied
from models.testing.scripted import Say
from tests.wire.conftest import plain
from tests.wire.server import Server
from tests.wire.test_messages import ASK, HELLO, WEATHER, asked


def judged(error: anthropic.APIStatusError, type: str, code: str | None) -> None:
    """The error as the SDK's own types have it, safe to show."""
    told: Any = error.body
    assert told.keys() == {"type", "error", "request_id"}
    assert told["request_id"] == error.request_id == error.response.headers["request-id"]
    assert (error.type, error.error_code) == (type, code)
    if type != "request_too_large":
        ErrorResponse.model_validate(told)


FAULTS: Any = (
    (Overloaded("full", retry_after=1), anthropic.OverloadedError, "overloaded_error",
     "overloaded"),
    (ModelUnavailable("down"), anthropic.ServiceUnavailableError, "api_error",
     "model_unavailable"),
    (DeadlineExceeded("late"), anthropic.GatewayTimeoutError, "timeout_error",
     "deadline_exceeded"),
    (PolicyDenied("no"), anthropic.PermissionDeniedError, "permission_error", "policy_denied"),
)  # fmt: skip


@pytest.mark.parametrize(("fault", "kind", "type", "code"), FAULTS)
@pytest.mark.parametrize("stream", [False, True])
def test_faults_before_the_first_byte(
    claude: anthropic.Anthropic, server: Server, fault: Any, kind: Any, type: str, code: str,
    stream: bool,
) -> None:  # fmt: skip
    server.on_loop(lambda stage: stage.reset(lambda _: fault))
    with pytest.raises(kind) as caught:
        claude.messages.create(**ASK, stream=stream)
    judged(caught.value, type, code)


def test_a_fault_in_the_stream_is_its_last_event(
    claude: anthropic.Anthropic, server: Server
) -> None:
    server.on_loop(lambda stage: stage.reset(Say(("Once",), error=ModelUnavailable("gone"))))
    said = []
    with pytest.raises(anthropic.APIStatusError) as caught, claude.messages.stream(**ASK) as stream:
        said.extend(stream.text_stream)
    assert said == ["Once"]
    judged(caught.value, "api_error", "model_unavailable")


BAD: Any = (
    ("an unknown model", {"model": "claude-9"}, anthropic.NotFoundError, "not_found_error",
     "model_not_found", "claude-9"),
    ("thinking", {"thinking": {"type": "enabled", "budget_tokens": 1024}},
     anthropic.BadRequestError, "invalid_request_error", None, "thinking"),
    ("adaptive thinking", {"thinking": {"type": "adaptive"}}, anthropic.BadRequestError,
     "invalid_request_error", None, "thinking"),
    ("effort", {"output_config": {"effort": "high"}}, anthropic.BadRequestError,
     "invalid_request_error", "unsupported_parameter", "output_config.effort"),
    ("a place of inference", {"inference_geo": "eu"}, anthropic.BadRequestError,
     "invalid_request_error", "unsupported_parameter", "inference_geo"),
    ("a container", {"container": "c"}, anthropic.BadRequestError, "invalid_request_error",
     "unsupported_parameter", "container"),
    ("a provider's tool", {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
     anthropic.BadRequestError, "invalid_request_error", None, "tools.0"),
    ("an answer begun", {"messages": [*HELLO, {"role": "assistant", "content": "Well"}]},
     anthropic.BadRequestError, "invalid_request_error", "unsupported_parameter", "messages"),
    ("a message of no blocks", {"messages": [{"role": "user", "content": []}]},
     anthropic.BadRequestError, "invalid_request_error", None, "messages.0.content"),
    ("an image", {"messages": [{"role": "user", "content": [
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}]}]},
     anthropic.BadRequestError, "invalid_request_error", None, "base64"),
    ("a document", {"messages": [{"role": "user", "content": [
        {"type": "document", "source": {"type": "text", "media_type": "text/plain",
                                        "data": "x"}}]}]},
     anthropic.BadRequestError, "invalid_request_error", "unsupported_parameter", "file"),
    ("a result in the wrong turn", {"messages": [{"role": "assistant", "content": [
        {"type": "tool_result", "tool_use_id": "a", "content": "x"}]}, *HELLO]},
     anthropic.BadRequestError, "invalid_request_error", None, "messages.0.content"),
    ("a tool nobody has", {"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "x"}},
     anthropic.BadRequestError, "invalid_request_error", None, "tool_choice"),
    ("no answer at all", {"max_tokens": 0}, anthropic.BadRequestError, "invalid_request_error",
     None, "max_tokens"),
    ("a temperature of 2", {"extra_body": {"temperature": 2}}, anthropic.BadRequestError,
     "invalid_request_error", None, "temperature"),
    ("stops for a pipeline", {"model": "pipeline/support", "stop_sequences": ["x"]},
     anthropic.BadRequestError, "invalid_request_error", "unsupported_parameter",
     "stop_sequences"),
)  # fmt: skip


@pytest.mark.parametrize(("fields", "kind", "type", "code", "named"), [one[1:] for one in BAD],
                         ids=[one[0] for one in BAD])  # fmt: skip
def test_bad_requests(
    claude: anthropic.Anthropic, fields: Any, kind: Any, type: str, code: str | None, named: str
) -> None:
    with pytest.raises(kind) as caught:
        claude.messages.create(**ASK | fields)
    judged(caught.value, type, code)
    assert named in str(caught.value.api_message)


def test_keys(server: Server) -> None:
    wrong = f"pk_default_abcd_{'x' * 40}"
    with anthropic.Anthropic(base_url=server.url, api_key=wrong, max_retries=0) as client:
        with pytest.raises(anthropic.AuthenticationError) as caught:
            client.messages.create(**ASK)
        judged(caught.value, "authentication_error", "invalid_api_key")
    for given in ({"api_key": server.key("infer")}, {"auth_token": server.key("infer")}):
        with anthropic.Anthropic(base_url=server.url, **given) as client:
            assert client.messages.create(**ASK).stop_reason == "end_turn"
    with anthropic.Anthropic(base_url=server.url, api_key=server.key("read")) as client:
        with pytest.raises(anthropic.PermissionDeniedError) as refused:
            client.messages.create(**ASK)
        judged(refused.value, "permission_error", "permission_denied")


def test_other_errors_have_the_shape_too(server: Server) -> None:
    with plain(server) as http:
        answers = {
            405: http.get("/v1/messages"),
            400: http.post("/v1/messages", content=b"{"),
            413: http.post("/v1/messages", content=b" " * 33 * 1024 * 1024),
            404: http.post("/v1/messages/nope", json={}),
        }
        old = http.post("/v1/messages", json=ASK, headers={"anthropic-version": "2023-01-01"})
    for status, answer in answers.items():
        assert (answer.status_code, answer.json()["type"]) == (status, "error")
        assert answer.json()["request_id"] == answer.headers["request-id"]
    assert answers[413].json()["error"]["type"] == "request_too_large"
    assert (old.status_code, "2023-06-01" in old.json()["error"]["message"]) == (400, True)


def test_route_is_the_same_extension(claude: anthropic.Anthropic, server: Server) -> None:
    """`small` may see INTERNAL data: the policy holds in this dialect as in the other."""
    assert claude.messages.create(**ASK | {"model": "small"}).model == "small"
    secret = {"route": {"data_class": "CONFIDENTIAL"}}
    with pytest.raises(anthropic.PermissionDeniedError) as caught:
        claude.messages.create(**ASK | {"model": "small"}, extra_body=secret)
    judged(caught.value, "permission_error", "policy_denied")
    assert caught.value.response.headers["x-should-retry"] == "false"
    raised = claude.messages.create(**ASK, extra_body=secret)
    assert raised.to_dict()["route"]["label"]["level"] == "CONFIDENTIAL"  # type: ignore[index]
    first = asked(server).cache_salt
    claude.messages.create(**ASK)
    assert asked(server).cache_salt != first
