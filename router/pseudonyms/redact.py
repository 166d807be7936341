"""Redaction: every known value and every finding of a text leaves as a token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from router.label import TOP, Label
from router.pseudonyms.known import KnownValue
from router.pseudonyms.outside import token_like
from router.pseudonyms.search import KnownValues
from router.pseudonyms.spans import Claim, settled
from router.pseudonyms.token import LITERAL, type_name
from router.pseudonyms.vault import Vault


class Found(Protocol):
    """What redaction needs of a detector's finding; offsets are in the original text."""

    @property
    def type(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Redacted:
    """The text as it may leave, and how many values of each type were replaced in it.

    `residual` says that something was seen that could not be replaced: the text must stay.
    """

    text: str = field(repr=False)
    replaced: Mapping[str, int]
    residual: bool


def redact(
    text: str,
    *,
    known: Sequence[KnownValue] | KnownValues,
    findings: Sequence[Found],
    vault: Vault,
    label: Label = TOP,
) -> Redacted:
    """The text with tokens for known values first, then for findings.

    `label` is that of the text; without one the values come back only into a sink cleared for
    everything. Anything shaped like a token is replaced as well, so that none can be slipped in.
    """
    values = known if isinstance(known, KnownValues) else KnownValues(known)
    inside = [one for one in findings if 0 <= one.start < one.end <= len(text)]
    claims = [*_literals(text, label), *_known(text, values, label), *_found(inside, label)]
    replaced: Counter[str] = Counter()
    parts: list[str] = []
    kept: list[str] = []
    at = 0
    for claim in settled(claims, text):
        kept.append(text[at : claim.start])
        value = text[claim.start : claim.end]
        token = vault.issue(claim.type, value, claim.label, claim.subject)
        parts += (kept[-1], token.text)
        replaced[claim.type] += 1
        at = claim.end
    kept.append(text[at:])
    residual = len(inside) < len(findings) or values.left_in(["\0".join(kept)])
    return Redacted("".join((*parts, kept[-1])), dict(sorted(replaced.items())), residual)


def _literals(text: str, label: Label) -> Iterator[Claim]:
    for start, end in token_like(text):
        yield Claim(start, end, 0, LITERAL, label)


def _known(text: str, values: KnownValues, label: Label) -> Iterator[Claim]:
    for start, end, one in values.find(text):
        joined = label.join(one.label)
        yield Claim(start, end, 1, type_name(one.type), joined, one.subject)


def _found(findings: Sequence[Found], label: Label) -> Iterator[Claim]:
    for one in findings:
        joined = label.join(Label(categories=frozenset({one.category})))
        yield Claim(one.start, one.end, 2, type_name(one.type), joined)
