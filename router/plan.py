"""Plans: typed graphs of steps, checked as a whole before any of them runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from models.tariff import NANO
from router import budget
from router.bindings import Binding, references
from router.expressions import Expression
from router.expressions import references as expression_references

INPUT = "input"

Prefer = Literal["quality", "latency", "cost"]
OnDenied = Literal["fail", "use_local", "skip"]
Path = tuple[str, ...]

# The kinds of steps that the policy decides about.
_DECIDED = ("generate", "transcribe", "act")


@dataclass(frozen=True, slots=True)
class InputField:
    """One input of a plan; `kind` is Audio, Text, str, int, float or bool."""

    kind: str
    required: bool


@dataclass(frozen=True, slots=True)
class Route:
    """Which model is asked for, or by what the router should choose among those allowed."""

    model: str | None = None
    prefer: Prefer | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Tries after the first, each `backoff_s` seconds after the failure; idempotent steps only."""

    attempts: int = 0
    backoff_s: float = 0.1


@dataclass(frozen=True, slots=True)
class Grounded:
    """A text whose numbers must stand in the cited `passages`, in a record or in `question`."""

    passages: Binding
    question: Binding


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `use` names its kind, `arguments` what it is given, `needs` what must end before.

    An `optional` step may fail without failing the run; with `degrade: first` it is left out once
    the plan's latency budget is spent. `fallback` are models to try after the route's own. `stream`
    None streams text and not JSON.
    """

    name: str
    use: str
    arguments: Mapping[str, Binding] = field(default_factory=dict)
    when: Expression | None = None
    needs: tuple[str, ...] = ()
    route: Route = Route()
    prompt: str | None = None
    schema: str | None = None
    grounded: Grounded | None = None
    optional: bool = False
    degrade: Literal["first"] | None = None
    on_denied: OnDenied = "fail"
    fallback: tuple[str, ...] = ()
    timeout_s: float | None = None
    retry: Retry = Retry()
    stream: bool | None = None

    def data_paths(self) -> frozenset[Path]:
        """Every path whose value enters the step."""
        bindings = [*self.arguments.values()]
        if self.grounded is not None:
            bindings += [self.grounded.passages, self.grounded.question]
        return frozenset[Path]().union(*(references(binding) for binding in bindings))

    def control_paths(self) -> frozenset[Path]:
        """Every path that decides whether the step runs."""
        return frozenset() if self.when is None else expression_references(self.when)

    def may_deny(self) -> bool:
        """Whether the policy may end the run here: nothing may be asked, and no way is left."""
        return self.use in _DECIDED and not self.optional and self.on_denied != "skip"

    def predecessors(self) -> frozenset[str]:
        """The steps that must have ended before this one starts."""
        roots = {path[0] for path in self.data_paths() | self.control_paths()}
        return frozenset((roots | set(self.needs)) - {INPUT})


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may spend: US dollars, and milliseconds after which optional steps are dropped.

    `usd_per_day` and `usd_per_month` are for all runs of a tenant together, and are reserved before
    each call.
    """

    usd: float | None = None
    latency_ms: float | None = None
    usd_per_day: Decimal | None = None
    usd_per_month: Decimal | None = None

    def lasting(self) -> tuple[budget.Budget, ...]:
        """The budgets that outlast a run."""
        given = (
            (self.usd_per_day, budget.Window.DAY),
            (self.usd_per_month, budget.Window.MONTH),
        )
        return tuple(
            budget.Budget(budget.Unit.USD, window, int(usd * NANO))
            for usd, window in given
            if usd is not None
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked plan: `steps` stand in topological order; `digest` is of the file's bytes.

    `output` names the results; `reply` among them is what a chat client reads, `sources` the
    passages that were shown.
    """

    name: str
    version: int
    inputs: Mapping[str, InputField]
    steps: tuple[Step, ...]
    output: Mapping[str, Expression]
    budget: Budget = Budget()
    digest: str = ""

    def step(self, name: str) -> Step:
        """The step of that name."""
        return next(step for step in self.steps if step.name == name)
