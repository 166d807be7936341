"""The traffic's rules: what opens a breaker, what holds back, and what neither does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from models.errors import (
    DeadlineExceeded,
    GateJustOpened,
    InvalidRequest,
    ModelUnavailable,
    Overloaded,
)
from models.messages import ChatDelta
from models.remote.answer_watch import answer_came
from models.remote.guarded import Refused, guarded
from models.remote.provider_errors import Answered, NeverSent, Refusal, provider_error
from models.remote.traffic import HeldBack, Traffic
from tests.remote_cards import remote_card

CARD = remote_card()
SISTER = remote_card(id="sister")


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def traffic(time: Time) -> Traffic:
    return Traffic([CARD, SISTER], clock=time, today=lambda: 0.0)


def fail(traffic: Traffic, error: BaseException, times: int = 1) -> None:
    for _ in range(times):
        traffic.ended(traffic.begin("chatgpt", 1), error)


def status(code: int, word: str | None = None, wait: float | None = None) -> BaseException:
    error = provider_error(CARD, Refusal(code, word, None, wait))
    error.__cause__ = Answered(code)
    return error


@pytest.mark.parametrize(
    "error", [status(500), ModelUnavailable("cut"), status(529), status(504)], ids=str
)
def test_failures_in_a_row_open_and_one_success_closes(error: BaseException) -> None:
    time = Time()
    made = traffic(time)
    fail(made, error, 4)
    made.ended(made.begin("chatgpt", 1), None)
    fail(made, error, 4)
    assert made.held("chatgpt") is None
    fail(made, error)
    held = made.held("chatgpt")
    assert held is not None
    assert (held.reason, held.seconds) == ("breaker", 5.0)
    with pytest.raises(HeldBack) as caught:
        made.begin("chatgpt", 1)
    assert caught.value.retry_after == 5.0
    assert made.held("sister") is None, "another model of the provider is asked"
    time.now += 5.0
    made.ended(made.begin("chatgpt", 1), None)
    fail(made, error, 4)
    assert made.held("chatgpt") is None


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_wrong_key_or_a_retired_model_opens_at_once(code: int) -> None:
    made = traffic(Time())
    fail(made, status(code))
    held = made.held("chatgpt")
    assert held is not None and str(code) in held.detail


def test_a_provider_that_can_not_be_reached_is_left_alone_with_all_its_models() -> None:
    made = traffic(Time())
    fail(made, NeverSent("no connection"), 5)
    for model in ("chatgpt", "sister"):
        held = made.held(model)
        assert held is not None and held.detail == "openai can't be reached"


@pytest.mark.parametrize(
    "error",
    [status(400), InvalidRequest("wrong"), DeadlineExceeded("in a hurry"), GeneratorExit(),
     GateJustOpened("anew")],
    ids=str,
)  # fmt: skip
def test_what_says_nothing_of_the_provider_opens_nothing(error: BaseException) -> None:
    made = traffic(Time())
    fail(made, error, 20)
    assert made.held("chatgpt") is None


def test_a_long_silence_counts_a_short_patience_does_not() -> None:
    time = Time()
    made = traffic(time)
    for _ in range(5):
        passing = made.begin("chatgpt", 1)
        time.now += 30.0
        made.ended(passing, DeadlineExceeded("late"))
    assert made.held("chatgpt") is not None


def test_a_full_provider_is_left_alone_for_as_long_as_it_says() -> None:
    time = Time()
    made = traffic(time)
    fail(made, status(429, None, 9.0))
    held = made.held("chatgpt")
    assert held is not None
    assert (held.reason, held.seconds) == ("limit", 9.0)
    time.now += 9.0
    assert made.held("chatgpt") is None


async def test_headers_are_learnt_before_the_first_piece_and_every_end_is_told() -> None:
    time = Time()
    made = traffic(time)
    spent = {
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "10s",
    }

    async def answer(headers: dict[str, str]) -> AsyncIterator[ChatDelta]:
        answer_came(200, headers)
        yield ChatDelta(text="one")
        yield ChatDelta(text="two")

    stream: Any = guarded(made, "chatgpt", 4, answer(spent))
    assert (await anext(stream)).text == "one"
    held = made.held("chatgpt")
    assert held is not None and held.reason == "limit"
    await stream.aclose()
    with pytest.raises(HeldBack):
        await anext(guarded(made, "chatgpt", 4, answer({})))
    time.now += 20.0
    assert [delta.text async for delta in guarded(made, "chatgpt", 4, answer({}))] == ["one", "two"]


@pytest.mark.parametrize("error", [Refused("500"), NeverSent("no"), HeldBack("held")], ids=repr)
def test_what_did_nothing_is_known_by_its_type_across_processes(error: Overloaded) -> None:
    import pickle

    assert type(pickle.loads(pickle.dumps(error))) is type(error)  # noqa: S301
