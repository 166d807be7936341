"""Every error a user can meet, as one tree.

PodiumError
├── InvalidRequest                 400  the request itself is wrong
│   ├── UnsupportedParameter       400
│   ├── ContextLengthExceeded      400
│   ├── InvalidAudio               400
│   ├── InvalidDocument            400
│   ├── UnsafeContent              400
│   ├── BodyTooLarge               413
│   ├── BodyTooSlow                408
│   └── MethodNotAllowed           405
├── AuthenticationFailed           401
├── PermissionDenied               403
│   ├── PolicyDenied               403
│   ├── GateTokenInvalid           403
│   ├── GateTokenExpired           403
│   ├── GateTokenSpent             403
│   └── GatePayloadRefused         403
├── NotFound                       404
│   └── ModelNotFound              404
├── Conflict                       409
├── RateLimited                    429
│   ├── Overloaded                 429
│   └── BudgetExceeded             429
├── Unavailable                    503
│   ├── ModelUnavailable           503
│   ├── NoEligibleModel            503
│   └── LedgerUnavailable          503
├── DeadlineExceeded               504
├── InternalError                  500
└── SetupError                     never over HTTP: what the operator must mend
    ├── InvalidConfig
    └── WeightsError
"""

from __future__ import annotations

from typing import ClassVar


class PodiumError(Exception):
    """Base of all: `status`, `type` and `code` go over the wire, `param` names the field at fault.

    The message must say what to do and must never carry content of a request or a document.
    """

    status: ClassVar[int] = 500
    type: ClassVar[str] = "api_error"
    code: ClassVar[str | None] = None

    def __init__(
        self, message: str, *, param: str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.param, self.retry_after))


def _rebuild(
    kind: type[PodiumError], message: str, param: str | None, retry_after: float | None
) -> PodiumError:
    return kind(message, param=param, retry_after=retry_after)


class InvalidRequest(PodiumError):
    """The request is malformed or asks for something that cannot be."""

    status = 400
    type = "invalid_request_error"


class UnsupportedParameter(InvalidRequest):
    """A documented field that this model or server does not offer."""

    code = "unsupported_parameter"


class ContextLengthExceeded(InvalidRequest):
    """Prompt and asked-for answer do not fit the model's window."""

    code = "context_length_exceeded"


class InvalidAudio(InvalidRequest):
    """The bytes are empty or no audio that can be decoded."""

    code = "invalid_audio"


class InvalidDocument(InvalidRequest):
    """A document that cannot be parsed."""

    code = "invalid_document"


class UnsafeContent(InvalidRequest):
    """The content was stopped by a guard."""

    code = "unsafe_content"


class BodyTooLarge(InvalidRequest):
    """The request's body or one of its parts is over a limit."""

    status = 413
    code = "request_too_large"


class BodyTooSlow(InvalidRequest):
    """The body stopped coming, or took longer than any request may."""

    status = 408
    code = "body_too_slow"


class MethodNotAllowed(InvalidRequest):
    """The path exists and does not take this method."""

    status = 405
    code = "method_not_allowed"


class AuthenticationFailed(PodiumError):
    """No key, an unknown key, or a revoked one."""

    status = 401
    type = "invalid_request_error"
    code = "invalid_api_key"


class PermissionDenied(PodiumError):
    """The key is good and may not do this."""

    status = 403
    type = "permission_error"
    code = "permission_denied"


class PolicyDenied(PermissionDenied):
    """A rule of policy.yaml forbids it; the message names the rule."""

    code = "policy_denied"


class GateTokenInvalid(PermissionDenied):
    """The egress gate was shown a token that is altered, or made for something else."""

    code = "gate_token_invalid"


class GateTokenExpired(PermissionDenied):
    """A request came to the egress gate later than half a minute after it was decided on."""

    code = "gate_token_expired"


class GateTokenSpent(PermissionDenied):
    """The egress gate was shown a token for the second time."""

    code = "gate_token_spent"


class GatePayloadRefused(PermissionDenied):
    """The bytes to send are not those decided on, hold a secret, or can't be searched for one."""

    code = "gate_payload_refused"


class NotFound(PodiumError):
    """The thing named does not exist or is not visible to this key."""

    status = 404
    type = "invalid_request_error"
    code = "not_found"


class ModelNotFound(NotFound):
    """No such model; GET /v1/models lists those there are."""

    code = "model_not_found"


class Conflict(PodiumError):
    """The thing is in a state that rules this out."""

    status = 409
    type = "invalid_request_error"
    code = "conflict"


class RateLimited(PodiumError):
    """Too many requests or tokens in the window; `retry_after` is in seconds."""

    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"


class Overloaded(RateLimited):
    """Every replica that could answer is full."""

    code = "overloaded"


class BudgetExceeded(RateLimited):
    """The money set aside for this key, tenant or pipeline is spent."""

    type = "insufficient_quota"
    code = "budget_exceeded"


class Unavailable(PodiumError):
    """A part of Podium that is needed is not answering."""

    status = 503
    type = "service_unavailable"
    code = "unavailable"


class ModelUnavailable(Unavailable):
    """The model is starting, dead or not reachable."""

    code = "model_unavailable"


class ReplicaLost(ModelUnavailable):
    """The replica ended while it worked on the call; what that has used, nobody knows."""


class NoEligibleModel(Unavailable):
    """Policy leaves only models that are down."""

    code = "no_eligible_model"


class GateJustOpened(ModelUnavailable):
    """The gate began after the request was sealed for the one before it; nothing left by it."""


class LedgerUnavailable(Unavailable):
    """The ledger cannot be written, so nothing that must be recorded first may happen."""

    code = "ledger_unavailable"


class DeadlineExceeded(PodiumError):
    """The answer was not ready in time."""

    status = 504
    type = "timeout_error"
    code = "deadline_exceeded"


class InternalError(PodiumError):
    """A fault of Podium's own; the request id finds it in the log."""

    code = "internal_error"


class SetupError(PodiumError):
    """Podium cannot start or a command cannot run until the operator mends something."""

    type = "setup_error"
    code = "setup_error"


class InvalidConfig(SetupError):
    """A file of catalog, policy, pipelines, prompts or settings is wrong; `param` is the field."""

    code = "invalid_config"


class WeightsError(SetupError):
    """Weights are missing, unreadable, or not the ones the catalog's digest names."""

    code = "invalid_weights"
