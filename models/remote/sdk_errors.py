"""What the errors of OpenAI's and Anthropic's SDKs mean; one generator made both, under two names.

The SDK's own error may hold content, so only its status and its words for a failure are read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from models.catalog import ModelCard
from models.errors import PodiumError
from models.remote.exchange import AGAIN, no_answer
from models.remote.provider_errors import (
    NeverSent,
    Refusal,
    provider_error,
    seconds_of,
    unavailable,
)


@dataclass(frozen=True, slots=True)
class SdkErrors:
    """`word` gives an error's code and the field at fault, as far as they carry no content."""

    card: ModelCard
    sdk: Any
    word: Callable[[Any], tuple[str | None, str | None]]

    def meaning(self, error: Exception) -> PodiumError:
        """The error of our tree."""
        if isinstance(error.__cause__, PodiumError):
            return error.__cause__
        if isinstance(error, self.sdk.APIStatusError):
            return provider_error(self.card, self._refusal(error, error.response))
        # Of a connection's error the SDK makes one of its own, unless the request passed it by.
        silent = connection_error(self.card, error) or connection_error(self.card, error.__cause__)
        if silent is not None:
            return silent
        if isinstance(error, self.sdk.APITimeoutError):
            return unavailable(self.card, "was silent for too long", AGAIN, 1.0)
        if isinstance(error, self.sdk.APIConnectionError):
            return unavailable(self.card, "closed the connection", AGAIN, 1.0)
        if isinstance(error, self.sdk.APIResponseValidationError):
            return no_answer(self.card)
        if isinstance(error, self.sdk.APIError):
            return provider_error(self.card, self._refusal(error, None))
        return no_answer(self.card)

    def _refusal(self, error: Any, response: httpx2.Response | None) -> Refusal:
        code, param = self.word(error)
        wait = None if response is None else seconds_of(response.headers.get("retry-after"))
        # An error inside a stream comes under the status with which the stream began.
        status = None if response is None or response.status_code < 300 else response.status_code
        return Refusal(status, code, param, wait)


def connection_error(card: ModelCard, error: BaseException | None) -> PodiumError | None:
    """The error of our tree for one of the connection, None for any other."""
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        return NeverSent(f"'{card.id}': {card.site} can't be reached. {AGAIN}")
    if isinstance(error, httpx2.TimeoutException):
        return unavailable(card, "was silent for too long", AGAIN, 1.0)
    if isinstance(error, httpx2.HTTPError):
        return unavailable(card, "closed the connection", AGAIN, 1.0)
    return None
