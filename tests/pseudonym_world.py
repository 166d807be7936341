"""What tests of pseudonyms share: a customer, a vault, places to restore into, drawn texts."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable

from router.label import Clearance, Label, Level
from router.pseudonyms.known import KnownValue
from router.pseudonyms.vault import Vault

RECORD = Label(Level.CONFIDENTIAL, frozenset({"pii"}))
TEXT = Label(Level.INTERNAL)
HOME = Clearance(Level.RESTRICTED, None)
OUTSIDE = Clearance(Level.INTERNAL)
SUBJECT = "C-1042"
CUSTOMER = tuple(
    KnownValue(type_, value, SUBJECT, RECORD)
    for type_, value in (
        ("person", "Maria Young"),
        ("email", "maria.young@example.com"),
        ("phone", "+49 30 1234567"),
        ("address", "12 Elm Street, Springfield"),
        ("order", "ORD-4711"),
    )
)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def drawn_bytes(seed: int) -> Callable[[int], bytes]:
    """Entropy that is the same every time."""
    return random.Random(seed).randbytes


def vault(session: str = "s", *, tenant: str = "acme", seed: int = 1, **more: object) -> Vault:
    """A vault whose tokens are the same in every run of a test."""
    return Vault(tenant, session, entropy=drawn_bytes(seed), **more)  # type: ignore[arg-type]


_NOISE = (
    "Hello ", "is ", "and", " ", "\n", "\n\n", "`", "``", "```\n", "~~~\n", "https://a.b/?q=",
    "[x](", ")", "(", '<a href="', '">', "</a>", "<b>", "\\", "[", "]", "[[", "]]", "*", "> ", "- ",
    "    ", "[[EMAIL:", "k3f9q2x7", "[[EMAIL:k3f9q2x7]]", "\xfc", "\u5c71", "\\[\\[", ": ", "www.",
    "tel:", "<code>", "[r]: ", "\r\n", "~~~~", "<!--",
)  # fmt: skip


def spellings(token: str) -> tuple[str, ...]:
    """What models make of a token and what still means nothing else."""
    inner = token[2:-2]
    type_, id_ = inner.split(":")
    return (
        token,
        f"[[{type_.lower()}:{id_}]]",
        f"[[ {type_} : {id_} ]]",
        f"\\[\\[{inner}\\]\\]",
        f"[[{type_}:{id_.upper()}]]",
    )


def drawn_answer(rng: random.Random, tokens: list[str], pieces: int) -> str:
    """An answer made of tokens, in any spelling, and of what makes their places hard to tell."""
    made = []
    for _ in range(pieces):
        if rng.random() < 0.3:
            made.append(rng.choice(spellings(rng.choice(tokens))))
        else:
            made.append(rng.choice(_NOISE))
    return "".join(made)


def cuts(text: str) -> itertools.combinations[tuple[int, int]]:
    """Every way to cut a text into three pieces."""
    return itertools.combinations(range(len(text) + 1), 2)
