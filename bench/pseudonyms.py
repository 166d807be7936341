"""Measure pseudonyms: `python -m bench.pseudonyms`; drawn texts, no model, no network.

How exactly redacting and restoring undo each other, how much of a stream is held back, in
characters and microseconds of CPU, and what redacting costs.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from router.detect.scan import scan
from router.label import Clearance, Label, Level
from router.pseudonyms.known import KnownValue
from router.pseudonyms.redact import redact
from router.pseudonyms.restore import restore
from router.pseudonyms.search import KnownValues
from router.pseudonyms.spelling import LONGEST
from router.pseudonyms.stream import StreamRestorer
from router.pseudonyms.vault import Vault

SEED = 20261122
RECORD = Label(Level.CONFIDENTIAL, frozenset({"pii"}))
HOME = Clearance(Level.RESTRICTED, None)
_FIRST = ("Maria", "John", "Aylin", "Jürgen", "Chloé", "Wei", "Fatima", "Olu", "Sven", "Ines")
_LAST = ("Young", "Becker", "Müller", "Okafor", "Nguyen", "Dubois", "Kaya", "Rossi", "Larsen")
_STREETS = ("Elm Street", "Station Road", "Park Avenue", "Hauptstraße", "King Street")
_SENTENCES = (
    "Hello, this is {name}.",
    "You can reach me at {email} or under {phone}.",
    "My parcel should have gone to {address}!",
    "It is about order {order}; see [1] and the list below.",
    "Ms {last} asked about {ORDER} again, please write to {EMAIL}.",
    "The lamp flickers when it is dimmed, and the app shows an error (code 42).",
    "* first, unplug it\n* then wait for ten seconds\n",
    "Thank you for your patience, {first}.",
)


@dataclass(slots=True)
class Figures:
    """What was seen; times in microseconds, what is held in characters after each chunk."""

    texts: int = 0
    values: int = 0
    exact: int = 0
    residual: int = 0
    across: int = 0
    held: list[int] = field(default_factory=list)
    chunk_us: list[float] = field(default_factory=list)
    chunk_chars: list[int] = field(default_factory=list)
    redact_us: list[float] = field(default_factory=list)


def main(words: Sequence[str] | None = None) -> int:
    """Print the figures; 1 when a text did not come back exactly or crossed a session."""
    parser = argparse.ArgumentParser(prog="python -m bench.pseudonyms", description=__doc__)
    parser.add_argument("--texts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(words)
    figures = measure(asked.texts, asked.seed)
    for line in report(figures):
        print(line)
    return 0 if figures.exact == figures.texts and not figures.across else 1


def measure(texts: int, seed: int) -> Figures:
    """Redact each text in a session of its own, and restore what comes back in drawn chunks."""
    rng = random.Random(seed)  # noqa: S311 seeded on purpose
    figures = Figures()
    other = Vault("bench", "other", secret=b"bench" * 8)
    for number in range(texts):
        known = _customer(rng, number)
        text = _text(rng, known)
        vault = Vault("bench", str(number), secret=b"bench" * 8)
        _redact_and_restore(figures, rng, text, known, vault)
        figures.across += restore(_sent(text, known, vault), other, HOME).text == text
    return figures


def report(figures: Figures) -> Iterator[str]:
    """The figures, a line each."""
    delayed = sum(1 for held in figures.held if held)
    size = sum(figures.chunk_chars) / max(len(figures.chunk_chars), 1)
    yield f"python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    yield f"texts {figures.texts}, values replaced {figures.values}, seed-drawn"
    yield f"restored exactly {figures.exact} of {figures.texts}, residual {figures.residual}"
    yield f"restored in another session {figures.across} of {figures.texts}"
    yield f"chunks {len(figures.held)} of {size:.1f} characters on average"
    yield _line("held back after a chunk, characters", figures.held) + f", bound {LONGEST - 1}"
    yield f"chunks that hold anything back {100 * delayed / max(len(figures.held), 1):.1f} %"
    yield _line("time of a chunk, microseconds of CPU", figures.chunk_us)
    yield _line("scan and redact a text, microseconds of CPU", figures.redact_us)


def _redact_and_restore(
    figures: Figures, rng: random.Random, text: str, known: Sequence[KnownValue], vault: Vault
) -> None:
    began = time.thread_time()
    done = redact(
        text, known=known, findings=scan(text).findings, vault=vault, label=Label(Level.INTERNAL)
    )
    figures.redact_us.append((time.thread_time() - began) * 1e6)
    restorer = StreamRestorer(vault, HOME)
    out = "".join(_timed(figures, restorer, piece) for piece in _chunks(rng, done.text))
    figures.texts += 1
    figures.values += sum(done.replaced.values())
    figures.residual += done.residual
    figures.exact += out + restorer.finish() == text


def _timed(figures: Figures, restorer: StreamRestorer, piece: str) -> str:
    began = time.thread_time()
    out = restorer.feed(piece)
    figures.chunk_us.append((time.thread_time() - began) * 1e6)
    figures.chunk_chars.append(len(piece))
    figures.held.append(restorer.held)
    return out


def _sent(text: str, known: Sequence[KnownValue], vault: Vault) -> str:
    values = KnownValues(known)
    return redact(text, known=values, findings=(), vault=vault, label=Label(Level.INTERNAL)).text


def _chunks(rng: random.Random, text: str) -> Iterator[str]:
    """Pieces of one to eight characters, as models stream them."""
    at = 0
    while at < len(text):
        size = rng.randint(1, 8)
        yield text[at : at + size]
        at += size


def _customer(rng: random.Random, number: int) -> tuple[KnownValue, ...]:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    values = {
        "person": f"{first} {last}",
        "email": f"{first}.{last}{rng.randint(1, 99)}@example.com".lower(),
        "phone": f"+49 {rng.randint(30, 99)} {rng.randint(1_000_000, 9_999_999)}",
        "address": f"{rng.randint(1, 200)} {rng.choice(_STREETS)}, Springfield",
        "order": f"ORD-{rng.randint(1000, 99999)}",
    }
    return tuple(KnownValue(kind, value, f"C-{number}", RECORD) for kind, value in values.items())


def _text(rng: random.Random, known: Sequence[KnownValue]) -> str:
    by_type = {one.type: one.value for one in known}
    first, last = by_type["person"].split(" ")
    change: Callable[[str], str] = rng.choice((str.lower, str.upper, str.title, str))
    filled = {
        "name": change(by_type["person"]),
        "email": by_type["email"],
        "EMAIL": change(by_type["email"]),
        "phone": by_type["phone"].replace("+49 ", rng.choice(("+49 ", "0", "0049 "))),
        "address": by_type["address"],
        "order": by_type["order"],
        "ORDER": by_type["order"].replace("-", rng.choice(("", " ", "-"))),
        "first": first,
        "last": last,
    }
    drawn = rng.choices(_SENTENCES, k=rng.randint(2, 8))
    return " ".join(sentence.format(**filled) for sentence in (_SENTENCES[0], *drawn))


def _line(title: str, values: Sequence[float]) -> str:
    ordered = sorted(values) or [0.0]
    p50, p99 = (ordered[int(part * (len(ordered) - 1))] for part in (0.5, 0.99))
    return f"{title}: p50 {p50:.0f}, p99 {p99:.0f}, most {ordered[-1]:.0f}"


if __name__ == "__main__":
    sys.exit(main())
