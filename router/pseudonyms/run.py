"""Pseudonyms of one run: a vault for all its steps, and what of it went out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from models.messages import ChatRequest, Lowering
from router.label import TOP, Clearance, Label
from router.policy_rules import DeclassifierRule
from router.pseudonyms.declassify import Pseudonymise
from router.pseudonyms.known import KnownValue
from router.pseudonyms.session import Outgoing, PseudonymSession
from router.pseudonyms.vault import Exported, Vault


class RunPseudonyms:
    """Opened with the run, closed with it; `replaced` counts what left as a token, by type."""

    def __init__(self, tenant: str, run_id: str, sink: Clearance) -> None:
        self._vault = Vault(tenant, run_id)
        self._sink = sink
        self.replaced: Counter[str] = Counter()

    def redacting(
        self,
        rule: DeclassifierRule,
        label: Label,
        known: Iterable[KnownValue],
        request: ChatRequest,
    ) -> Redacting:
        """A declassifier for one request of the run, whose data has `label`."""
        return Redacting(rule, self.session(label, known), request, self.went)

    def session(self, label: Label, known: Iterable[KnownValue]) -> PseudonymSession:
        """For one step's conversation, with the run's tokens."""
        return PseudonymSession(self._vault, self._sink, label, known)

    def went(self, outgoing: Outgoing) -> None:
        """Count a request that leaves; one asked of two models counts twice."""
        self.replaced.update(outgoing.replaced)

    def redactions(self) -> list[dict[str, str | int]]:
        """The shape of `route.redactions`: how many values of each type left as tokens."""
        return [{"type": type_, "count": count} for type_, count in sorted(self.replaced.items())]

    def export(self) -> tuple[Exported, ...]:
        """Every token of the run, for the ledger."""
        return self._vault.export()

    def close(self) -> None:
        """Forget every value."""
        self._vault.close()


class Redacting:
    """A declassifier that redacts one request when it is first asked what it could do.

    It lowers a label as far as the redaction of this request went and the rule lets it.
    """

    def __init__(
        self,
        rule: DeclassifierRule,
        session: PseudonymSession,
        request: ChatRequest,
        went: Callable[[Outgoing], None],
    ) -> None:
        self.session = session
        self._rule = rule
        self._request = request
        self._went = went
        self._outgoing: Outgoing | None = None
        self._before = TOP

    @property
    def name(self) -> str:
        """Its name in policy.yaml."""
        return self._rule.name

    @property
    def outgoing(self) -> Outgoing:
        """The request with tokens."""
        if self._outgoing is None:
            self._outgoing = self.session.outgoing(self._request)
        return self._outgoing

    def leaving(self) -> ChatRequest:
        """The request with tokens, counted as one that leaves."""
        self._went(self.outgoing)
        return self.outgoing.request

    def lowering(self) -> Lowering:
        """What is to be written down before the redacted request leaves."""
        return Lowering(self.name, self._before.to_json(), tuple(self.outgoing.replaced.items()))

    def applies(self, label: Label) -> Label | None:
        """The label the redacted request has, None when it must stay inside."""
        self._before = label
        if Pseudonymise(True, False, 0.0, 0.0).applies(label) is None:
            return None  # nothing that redacting could change
        done = self.outgoing
        made = Pseudonymise(done.complete, done.residual, self._rule.recall, self._rule.measured)
        return made.applies(label)
