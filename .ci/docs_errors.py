"""Writes docs/reference/errors.md from the error tree."""

from __future__ import annotations

from collections.abc import Iterator

import retrieval.errors  # for its part of the tree
from models import errors
from models.errors import PodiumError, SetupError

PAGE = "errors.md"
INTRODUCTION = """# Errors

<!-- Made by .ci/docs_errors.py from the error tree; change that, then run `make docs`. -->

Every error over HTTP has one shape, with all four keys; `param` and `code` are text or null:

```json
{"error": {"message": "…", "type": "…", "param": "…", "code": "…"}}
```

The message says what to do and never repeats content of a request. `param` names the field at
fault. `x-request-id` of the response finds the request in `logs/gateway.jsonl` of the home. In a
stream, an error before the first byte is an ordinary response; after it, the last event is
`data: {"error": …}` and no `[DONE]` follows. A refusal by policy or budget carries
`x-should-retry: false`; an overload carries `retry-after`.

What no gateway ever saw is answered by the proxy in front, not in this shape: see
[operating](../how-to/operate.md#when-no-gateway-is-up).
"""
WHAT_TO_DO = {
    "InvalidRequest": "Mend the field in `param`.",
    "UnsupportedParameter": "Leave the field in `param` out.",
    "ContextLengthExceeded": "Send less, ask for fewer tokens, or use a larger model.",
    "InvalidAudio": "Send wav, flac, mp3, ogg, m4a or webm that a player can play.",
    "InvalidDocument": "Save text as UTF-8; use md, txt, html or pdf with text in it.",
    "UnsafeContent": "Change the content.",
    "BodyTooLarge": "Send less or in parts, or raise `gateway.limits`.",
    "BodyTooSlow": "Send it again in one go, or raise `gateway.limits.body_pause_seconds`.",
    "MethodNotAllowed": "Use a method that the header `Allow` names.",
    "AuthenticationFailed": "Send a valid key as `Authorization: Bearer` or `x-api-key`.",
    "PermissionDenied": "Ask for a key with the scope that the message names.",
    "PolicyDenied": "Do not retry. Send data of a lower class, or have the policy changed.",
    "GateTokenInvalid": "Send the request again; if it goes on, `podium down` and `podium up`.",
    "GateJustOpened": "Send it again; of a chat Podium has done so twice by itself.",
    "GateTokenExpired": "Send the request again; the gate is overloaded when it goes on.",
    "GateTokenSpent": "Send the request again. Look into it: somebody may replay tokens.",
    "GatePayloadRefused": "Take the secret out, send less, or use a local model.",
    "NotFound": "Check the name.",
    "ModelNotFound": "Use an id of `GET /v1/models`.",
    "CollectionNotFound": "Ingest a document first, or check the name.",
    "SourceNotFound": "Check `retriever.sources` and the names of its queries.",
    "Conflict": "Look at the thing's state, then decide.",
    "RateLimited": "Wait for `retry-after` seconds.",
    "Overloaded": "Wait for `retry-after` seconds; add replicas when it goes on.",
    "BudgetExceeded": "Do not retry. Raise the budget or wait for its next period.",
    "Unavailable": "Try again; see `podium status` and `podium doctor`.",
    "ReplicaLost": "Send it again; what the lost call used counts as the most it could.",
    "ModelUnavailable": "Wait until `/readyz` is 200; else see `podium status`.",
    "LedgerUnavailable": "Free disk space or mend the disk or database of the ledger; try again.",
    "NoEligibleModel": "Bring a model up that the policy allows for this data.",
    "DeadlineExceeded": "Ask for less, or raise `gateway.limits.request_seconds`.",
    "InternalError": "Find the request id in the log; report it.",
    "SetupError": "Do what the message says.",
    "InvalidConfig": "Mend the field in `param`; `podium config check` tells the rest.",
    "WeightsError": "Restore the files, or add the model again with `--replace`.",
    "HeldBack": "Wait as `retry-after` says, or name a fallback; `podium status` says why.",
    "Refused": "Try again shortly, or name a fallback.",
    "NeverSent": "Look whether the provider can be reached from here.",
    "IndexMismatch": "Go back to the collection's embedder, or ingest into a new collection.",
    "NewerSchema": "Use the newer Podium, or restore the copy made before it.",
}


def page() -> str:
    """The whole page."""
    over_http, setup = [], []
    for kind in _tree(PodiumError):
        (setup if issubclass(kind, SetupError) else over_http).append(_row(kind))
    head = "| error | status | type | code | when | what to do |\n|---|---|---|---|---|---|"
    own = "| error | code | when | what to do |\n|---|---|---|---|"
    return "\n".join(
        [
            INTRODUCTION,
            "## Over HTTP\n",
            head,
            *(f"| `{n}` | {s} | `{t}` | {c} | {w} | {d} |" for n, s, t, c, w, d in over_http),
            "\n## At start and on the command line\n",
            "These stop `podium up` or a command with exit code 2, or 1 where a check failed.\n",
            own,
            *(f"| `{n}` | {c} | {w} | {d} |" for n, _, _, c, w, d in setup),
            "",
        ]
    )


def _tree(kind: type[PodiumError]) -> Iterator[type[PodiumError]]:
    ours = (errors.__name__, retrieval.errors.__name__)
    if kind is not PodiumError:
        yield kind
    for child in kind.__subclasses__():
        if child.__module__ in ours:
            yield from _tree(child)


def _row(kind: type[PodiumError]) -> tuple[str, int, str, str, str, str]:
    code = f"`{kind.code}`" if kind.code else "null"
    when = " ".join((kind.__doc__ or "").split())
    return kind.__name__, kind.status, kind.type, code, when, WHAT_TO_DO[kind.__name__]
