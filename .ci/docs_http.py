"""Writes docs/reference/http.md from the gateway's own routes, without Ray."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from docs_fields import plain_table
from fastapi.routing import APIRoute, APIWebSocketRoute

from deployments.gateway_app import MODULES
from deployments.wire.chat_body import RouteBody

PAGE = "http.md"
INTRODUCTION = """# HTTP

<!-- Made by .ci/docs_http.py from deployments/routes; change those, then run `make docs`. -->

The key goes into `Authorization: Bearer pk_…` or `x-api-key: pk_…`. Scopes are `infer`, `read`,
`write` and `admin`, which includes the others; the first key has `admin`. `x-request-id` is taken
when it is well formed, made otherwise, and always echoed. Errors have [one shape](errors.md); a
field that is not listed is refused with its name. A key with a rate is told on every answer what
is left of it, by `x-ratelimit-limit-requests`, `x-ratelimit-remaining-requests`,
`x-ratelimit-reset-requests` and the same for `tokens`: see [keys](../how-to/keys.md#rates).
`GET /openapi.json` lists the paths for tools.
"""
ROUTE = """## The object `route`

A request may carry Podium's own options in `route` (openai's client sends them by
`extra_body={"route": {…}}`). `data_class` raises the label of the request and never lowers it,
`inputs` are a pipeline's further inputs such as `customer_id`, `max_latency_ms` shortens the
deadline. `dry_run: true` is refused with its name; `session` and `max_cost_usd` are taken and have
no effect in this release.
"""
ANSWER = """Every answer that is not a stream carries a `route` too; a stream on its last chunk. The
headers `x-route-model` and `x-route-decision` come with both.

| field | |
|---|---|
| `decision_id` | The decision on this call, for a pipeline on all of it; as `x-route-decision`. |
| `model`, `site` | What answered, and where. |
| `prompt_version` | The prompt of the reply, `id@version`; null when no pipeline was used. |
| `sources` | `{id, title, collection, chunk, page, quote}`, numbered as citations count. |
| `steps` | `{name, model, engine, site, prompt_version, started_ms, duration_ms, status}`. |
| `cost_usd` | By the price of the row, else the installed price data; local models by GPU-second. |
| `label` | `{level, categories, integrity, regions}` of the answer. |
| `redactions` | Empty in this release. |
| `run_id`, `pipeline`, `status`, `checks`, `output` | Of a pipeline's run: its other outputs too. |
"""
# What a path answers, in a sentence or two, where its summary does not say enough.
MORE = {
    "GET /readyz": '`{"status": "ready"}`, or 503 with `{"status": "starting", "models": {…}}`.',
    "POST /v1/chat/completions": "OpenAI's chat completion, or its stream of chunks ending in "
    "`data: [DONE]`. `model` is a model or `pipeline/NAME`; a pipeline reads the last user "
    "message, its text or its `input_audio` part, and refuses what its prompts decide: `n`, "
    "`tools`, `response_format`, `logprobs`, `stop`, `logit_bias`. Images are refused. From "
    "`user` to `metadata`, fields are taken and have no effect: who your user is and what "
    "to cache is told to nobody. From `store` to `verbosity` the one value is taken that "
    "says what happens anyway: nothing is stored, no speech is made, no effort is chosen. "
    "`tool_choice` may be `none`, `auto`, `required`, one function, or `allowed_tools`.",
    "POST /v1/messages": "Anthropic's message, or its stream: `message_start`, for each block "
    "`content_block_start`, `content_block_delta` and `content_block_stop`, then `message_delta` "
    "with the usage and `route`, and `message_stop`. [Anthropic clients]"
    "(../how-to/clients.md#anthropic) says what differs.",
    "POST /v1/messages/count_tokens": "`{input_tokens}` by the tokenizer and template of a local "
    "model; refused for pipelines and for models outside.",
    "POST /v1/embeddings": "OpenAI's list of embeddings. `dimensions` may only be the model's.",
    "POST /v1/audio/transcriptions": "multipart/form-data with `file`, `model`, and if wanted "
    "`language`, `prompt`, `temperature`, `response_format` (json, text, srt, vtt, verbose_json) "
    "and `timestamp_granularities[]` (word). `stream=true` with json or text sends "
    "`transcript.text.delta` as clips are written down and `transcript.text.done` at the end.",
    "POST /v1/audio/translations": "As transcriptions, without `language`, times of words and "
    "`stream`: the words in English. A model that knows English only, as the reference model, is "
    "refused with `unsupported_parameter`.",
    "WS /v1/realtime": "`?intent=transcription`, and `model` where there are several. OpenAI's "
    "realtime transcription events: see [live speech](../how-to/live-speech.md). Of our own: "
    "`?sink=NAME` shows the words as that sink of the policy may see them, `?pipeline=NAME` and "
    "`?customer_id=` answer each turn in `podium.run` events, `?hypotheses=true` tells what may "
    "come next in `podium.hypothesis`.",
    "POST /v1/images/generations": "OpenAI's pictures, as base64: `response_format: url` is "
    "refused. `size` is `auto` or WIDTHxHEIGHT. `model` is one that makes pictures, or `auto`; "
    "`seed` is our own and refused where the provider has none.",
    "DELETE /v1/images/{asset}": "`asset` is a name of `route.assets`. Answers `{id, deleted}`, or "
    "404 when this tenant keeps no such picture.",
    "POST /v1/images/webhooks/{model}/{name}": "For providers of image jobs, who were told the "
    "address: needs no key. 204 when a job waits under that name, else 404; the body is not read.",
    "GET /v1/models": "Each item has `podium: {kind, site, engine, context_window, licence, "
    "digest, price}`.",
    "POST /v1/pipelines/{name}/runs": "The document of `podium run --json`; with `stream` events: "
    "`run.started`, `step.started`, `step.delta`, `step.restarted`, `step.finished`, "
    "`reply.delta`, `reply.restarted`, `run.finished`. Audio inputs are base64.",
    "PUT /v1/collections/{collection}/documents/{id}": "The body is the document itself; "
    "`content-type` or the ending of the id says its kind, `x-document-title` its title, the query "
    "`source` the policy's source (by default the collection's name). Answers `{id, status, "
    "chunks}`.",
    "POST /v1/collections/{collection}/search": "`{hits: [{id, score, text, title, page, label, "
    "…}]}`.",
    "GET /metrics": "[Metrics](metrics.md). Needs no key from this machine while Podium listens on "
    "loopback only.",
    "POST /v1/admin/keys": "201 with the key in the clear as `key`, this once, and what it may do. "
    "[Keys](../how-to/keys.md) says what the fields mean.",
    "GET /v1/admin/keys": "`?tenant=` for one tenant alone. `{data: [{tenant, id, name, status, "
    "scopes, min_class, models, created, expires, revoked, limits}], tenants: {NAME: limits}}` "
    "with `limits` = `{rpm, tpm, budgets: [{unit, window, limit, spent, held}]}`.",
    "GET /v1/costs": "`?from=` and `?to=` are days (UTC), by default this month's; `?by=` one or "
    "more of day, model, tenant, pipeline; `?tenant=` one tenant. Without scope `admin` it is "
    "the key's own tenant. `{data: [{…, calls, cancelled, prompt_tokens, completion_tokens, "
    "cost_usd, estimated_usd}], total_usd, estimated_usd}`; estimated is what rests on the most a "
    "call can have used, or on a price nobody named.",
    "GET /v1/runs": "`?limit=` says how many, by default 50.",
}


def page() -> str:
    """The whole page."""
    routes = [route for module in MODULES for route in module.router.routes]
    unknown = set(MORE) - {_name(route) for route in routes}
    if unknown:
        raise SystemExit(f"docs_http: no such path: {sorted(unknown)}")
    sections = [part for module in MODULES for part in _sections(module)]
    options = [ROUTE, plain_table(RouteBody), "", ANSWER]
    return "\n".join([INTRODUCTION, *sections, *options])


def _sections(module: ModuleType) -> Iterator[str]:
    for route in module.router.routes:
        assert isinstance(route, APIRoute | APIWebSocketRoute)  # noqa: S101 - nothing else is there
        yield f"## `{_name(route)}`\n"
        summary = getattr(route, "summary", None) or "Live transcription in OpenAI's events"
        live = isinstance(route, APIWebSocketRoute)
        yield f"{summary}. {_scope(module if live else route.endpoint)}\n"
        if more := MORE.get(_name(route)):
            yield "\n".join(textwrap.wrap(more, 100, break_on_hyphens=False)) + "\n"
        body = _body(route.endpoint, module)
        if body is not None:
            yield plain_table(body) + "\n"


def _name(route: Any) -> str:
    method = "WS" if isinstance(route, APIWebSocketRoute) else min(route.methods)
    return f"{method} {route.path}".replace(":path}", "}")


def _scope(endpoint: Callable[..., Any] | ModuleType) -> str:
    found = re.search(r"Scope\.(\w+)", inspect.getsource(endpoint))
    return f"Scope `{found[1].lower()}`." if found else "No key."


def _body(endpoint: Callable[..., Any], module: ModuleType) -> Any:
    found = re.search(r"read_json\(request, (\w+)", inspect.getsource(endpoint))
    return getattr(module, found[1]) if found else None
