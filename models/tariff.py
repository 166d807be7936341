"""What a model charges: US dollars for a million tokens, or for a second of an accelerator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Literal

from models.messages import Usage

NANO = 10**9
_NANO_PER_MILLIONTH = 1000

Source = Literal["catalog", "genai-prices", "dearest", "none"]


@dataclass(frozen=True, slots=True)
class Rate:
    """Dollars for a million tokens; `tiers` are (prompt tokens above which, dollars), rising."""

    base: Decimal
    tiers: tuple[tuple[int, Decimal], ...] = ()

    def at(self, prompt_tokens: int) -> Decimal:
        """The rate of a call whose prompt has that many tokens."""
        reached = [price for start, price in self.tiers if prompt_tokens > start]
        return reached[-1] if reached else self.base

    def dearest(self) -> Decimal:
        """The highest of its tiers."""
        return max([self.base, *(price for _, price in self.tiers)])


NOTHING = Rate(Decimal(0))


@dataclass(frozen=True, slots=True)
class Tariff:
    """The rates of one model; those that are None are charged like input or output.

    `gpu_second` is dollars for a second in which one accelerator (or a CPU engine) works for the
    call, `image` those for a picture that is made. `source` says who named the price; `dearest`
    that nobody did, so that the dearest known of its vendor, or of all, is taken. `checked` is the
    day or the version of the look.
    """

    input: Rate = NOTHING
    output: Rate = NOTHING
    cached: Rate | None = None
    cache_write: Rate | None = None
    reasoning: Rate | None = None
    gpu_second: Decimal = Decimal(0)
    image: Decimal = Decimal(0)
    source: Source = "none"
    checked: str | None = None

    @property
    def known(self) -> bool:
        """Whether somebody named the price."""
        return self.source != "dearest"

    def nano(self, usage: Usage) -> int:
        """What a call that used this costs, in nano-dollars, rounded up."""
        prompt = usage.prompt_tokens
        read = min(usage.cached_tokens, prompt)
        stored = min(usage.cache_write_tokens, prompt - read)
        thought = min(usage.reasoning_tokens, usage.completion_tokens)
        millionths = (
            (prompt - read - stored) * self.input.at(prompt)
            + read * (self.cached or self.input).at(prompt)
            + stored * (self.cache_write or self.input).at(prompt)
            + (usage.completion_tokens - thought) * self.output.at(prompt)
            + thought * (self.reasoning or self.output).at(prompt)
        )
        seconds = self.gpu_second * Decimal(str(usage.engine_seconds)) * NANO
        pictures = self.image * usage.images * NANO
        return _up(millionths * _NANO_PER_MILLIONTH + seconds + pictures)

    def most(self, read: int, written: int, seconds: float = 0.0, images: int = 0) -> int:
        """The most that so many tokens, seconds and pictures can cost, in nano-dollars."""
        into = max(one.dearest() for one in (self.input, self.cached, self.cache_write) if one)
        out = max(one.dearest() for one in (self.output, self.reasoning) if one)
        spent = self.gpu_second * Decimal(str(seconds)) * NANO + self.image * images * NANO
        return _up((read * into + written * out) * _NANO_PER_MILLIONTH + spent)

    def as_dict(self) -> dict[str, str | bool | None]:
        """As people and programs are shown it; money as decimal text."""
        return {
            "in": _text(self.input.base),
            "out": _text(self.output.base),
            "cached": _text(self.cached.base) if self.cached else None,
            "gpu_second": _text(self.gpu_second) if self.gpu_second else None,
            "image": _text(self.image) if self.image else None,
            "currency": "USD",
            "source": self.source,
            "known": self.known,
            "checked": self.checked,
        }


FREE = Tariff()


def dearest_of(tariffs: Iterable[Tariff]) -> Tariff:
    """The highest rates of them all, each for itself; free when there are none."""
    every = list(tariffs)
    if not every:
        return FREE
    return Tariff(
        input=Rate(max(one.input.dearest() for one in every)),
        output=Rate(max(one.output.dearest() for one in every)),
        source="dearest",
    )


def dollars(nano: int) -> float:
    """Nano-dollars as the number that JSON carries."""
    return nano / NANO


def _up(nano: Decimal) -> int:
    return int(nano.to_integral_value(ROUND_CEILING))


def _text(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
