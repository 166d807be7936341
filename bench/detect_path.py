"""Measure what reading texts costs on the way of a request: processor time by size and kind.

`python -m bench.detect_path` reads prose, a customer's mail, an order system's rows and source code
as a request's text is read, personal data, secrets and signs of injection in one go; and says where
a text of that size is read, at once on the event loop or on a thread.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Mapping

from router.detect.look import look
from router.detect.scanner import INLINE, Scanner, weight

KINDS: Mapping[str, str] = {
    "prose": "The warranty covers the battery of a laptop for two years, as the invoice says. ",
    "mail": "I am Jane Doe, jane.doe@example.com, phone 0171 2345678, order 4217 of 3 May 2026. ",
    "rows": "C-1042 | 4217 | headset | returned | 2026-05-03 | 129.90 | DE89370400440532013000\n",
    "code": 'def total(rows):\n    return sum(row["euros"] for row in rows if row["at"] > 10)\n',
}
SIZES = (50, 200, 1_000, 4_000, 16_000, 64_000, 256_000)
HOSTILE: Mapping[str, str] = {
    "one letter": "a",
    "digits apart": "1 ",
    "at signs": "a@",
    "brackets": "(((",
    "passwords": "password is ",
    "base64": "QUJD",
    "percents": "%41",
    "addresses": "1.1.1.1.",
    "number words": "four ",
    "base64 in words": "QUJDREVGR0hJSktMTU5PUA== ",
    "hex in words": "414243444546 ",
    "percents apart": "%41 ",
    "entities": "&#64; ",
    "escapes": "\\x41 ",
    "zero width": "1\u200b",
    "ligatures": "\ufdfa",
    "tags": "\U000e0041",
    "accounts": "DE89370400440532013001 ",
    "spaced accounts": "d e 8 9 ",
    "mails": "a@b.co ",
    "long mails": "a.b.c.d.e.f@a.b.c.d.e.f ",
    "mails in words": "a at b dot ",
    "telephones": "+49 171 2345678 ",
    "cards": "4111 1111 1111 1111 ",
    "security numbers": "ssn 123-45-6788 ",
    "names of secrets": "pwd=",
    "tokens": "-eyJ",
    "keys": "-----BEGIN " + "PRIVATE KEY-----",
    "links": "http://?a?a?a",
}


def of_size(piece: str, size: int) -> str:
    """The piece again and again, cut at `size` characters."""
    return (piece * (size // len(piece) + 1))[:size]


def cost(text: str) -> float:
    """Seconds of processor time to read a text, the best of five rounds."""
    rounds = max(1, 20_000 // len(text))
    best = float("inf")
    for _ in range(5):
        began = time.process_time()
        for _ in range(rounds):
            look(text, budget_s=60)
        best = min(best, time.process_time() - began)
    return best / rounds


def hostile(size: int) -> None:
    """How long an answer takes for texts made to be slow, with the limits of a gateway."""
    logging.getLogger("podium.detect").setLevel(logging.ERROR)
    for name, piece in HOSTILE.items():
        began = time.monotonic()
        seen = asyncio.run(_read(of_size(piece, size)))
        took = time.monotonic() - began
        print(f"{name:14} {size:8} characters: {took * 1e3:7.1f} ms, {_end(seen)}")


async def _read(text: str) -> bool:
    return (await Scanner().scan([text])).complete


def _end(complete: bool) -> str:
    return "read" if complete else "not read to its end: the top"


def main(arguments: list[str] | None = None) -> int:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hostile", type=int, default=1_000_000, help="characters, 0 for none")
    asked = parser.parse_args(arguments)
    for kind, piece in KINDS.items():
        for size in SIZES:
            text = of_size(piece, size)
            took = cost(text)
            where = "at once" if weight(text) <= INLINE else "on a thread"
            rate = took / size * 1e6
            print(f"{kind:6} {size:7}: {took * 1e6:9.0f} µs, {rate:5.2f} ms/kB, {where}")
    if asked.hostile:
        hostile(asked.hostile)
    return 0


if __name__ == "__main__":
    sys.exit(main())
