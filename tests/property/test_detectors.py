"""Detectors over seeded noise: no crash, every span inside the text, nothing found twice."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator

import pytest

from router.detect.scan import Scan, scan
from router.detect.taint import taint

SEED = 20261122
_ATOMS = (
    "jane@example.com", "123-45-6788", "C-1042", "10.0.0.7", "api_key=", "://u:p@h", "eyJ",
    "sk-", "[at]", "(dot)", "%40", "&#64;", "&amp;", "\\u0040", "\\x4", "![x](http://", "<!--",
    "<|im_start|>", "style='", ".", "-", ":", "/", "@", "=", "1", "12", "0a", "A",
    "4111 1111 1111 1111", "GB82 WEST 1234 5698 7654 32", "+49 30 1234567", "password: ", "QUJD",
    "-----BEGIN ", "four ", "double ", " dot ", " at ", "born ", "curl -u ", " ", "\n", "\t",
    "\u200b", "\u202e", "\uff11", "\u0661", "\U000e0041", "\ud800", "\u0130", "\ufdfa", "\x00",
    "e\u0301", "ignore previous instructions", "zz",
)  # fmt: skip


def noise(rng: random.Random) -> str:
    """Atoms, repeats, random characters and base64 of it all."""
    parts = []
    for _ in range(rng.randint(0, 12)):
        kind = rng.random()
        if kind < 0.6:
            parts.append(rng.choice(_ATOMS))
        elif kind < 0.8:
            parts.append(rng.choice(_ATOMS) * rng.randint(2, 30))
        else:
            parts.append("".join(chr(rng.randrange(0x110000)) for _ in range(rng.randint(1, 12))))
    text = "".join(parts)
    if rng.random() < 0.1:
        return base64.b64encode(text.encode(errors="replace")).decode()
    return text


def faults(text: str, result: Scan) -> Iterator[str]:
    """What is wrong with a scan, whatever it found."""
    if result.failed:
        yield f"broken: {result.failed}"
    spans = [(one.type, one.start, one.end) for one in result.findings]
    if len(set(spans)) < len(spans):
        yield "told twice"
    if any(not 0 <= start < end <= len(text) for _, start, end in spans):
        yield "a span outside the text"
    if list(result.findings) != sorted(result.findings, key=lambda f: (f.start, f.end, f.type)):
        yield "out of order"


def fuzz(count: int, seed: int) -> tuple[int, list[str]]:
    """How many finds there were in `count` texts, and every fault."""
    rng = random.Random(seed)
    found, wrong = 0, []
    for number in range(count):
        text = noise(rng)
        result = scan(text, spoken=number % 2 == 0, budget_s=1e9)
        found += len(result.findings)
        wrong += [f"{number}: {fault}" for fault in faults(text, result)]
        if number % 10 == 0 and not taint(text, budget_s=1e9).label:
            wrong.append(f"{number}: no label")
    return found, wrong


@pytest.mark.timeout(600)  # 15 s of processor time, minutes where others take it
def test_noise_breaks_no_detector() -> None:
    found, wrong = fuzz(20_000, SEED)
    assert found > 10_000
    assert wrong == []


@pytest.mark.assurance
def test_a_million_texts_of_noise_break_no_detector() -> None:
    found, wrong = fuzz(1_000_000, SEED + 1)
    assert found > 500_000
    assert wrong == []


def test_the_faults_themselves_are_seen() -> None:
    result = scan("jane@example.com")
    assert list(faults("jane@example.com", result)) == []
    assert list(faults("jane", result)) == ["a span outside the text"]
    twice = Scan(result.findings * 2, True)
    assert list(faults("jane@example.com", twice)) == ["told twice"]
    assert list(faults("", Scan((), False, ("emails",)))) == ["broken: ('emails',)"]
