"""Presidio beside our own detectors: it adds findings, and its faults make a text the top."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from models.errors import SetupError
from router.detect.finding import PCI, PII, Finding
from router.detect.look import look
from router.detect.presidio import Presidio, load_presidio
from router.detect.raises import Raises
from router.detect.scan import Scan
from router.detect.scanner import Scanner
from router.detect.together import Together
from router.label import TOP, Level

installed = importlib.util.find_spec("presidio_analyzer") is not None
needs_presidio = pytest.mark.skipif(not installed, reason="the extra `presidio` is not installed")


@dataclass
class Result:
    """As `presidio_analyzer.RecognizerResult`."""

    entity_type: str
    start: int
    end: int
    score: float = 1.0


class Peer:
    """As `presidio_analyzer.AnalyzerEngine`: finds the words it is told."""

    def __init__(self, words: dict[str, str]) -> None:
        self.words = words
        self.asked: list[tuple[int, str, tuple[str, ...]]] = []

    def get_supported_entities(self, language: str) -> Sequence[str]:
        return [*self.words.values(), "URL", "EMAIL_ADDRESS", "DATE_TIME", "PERSON"]

    def analyze(
        self, text: str, language: str, *, entities: Sequence[str], score_threshold: float
    ) -> Sequence[Any]:
        self.asked.append((len(text), language, tuple(entities)))
        found = []
        for word, type_ in self.words.items():
            at = text.find(word)
            while at >= 0:
                found.append(Result(type_, at, at + len(word)))
                at = text.find(word, at + 1)
        return found


WORDS = {"zebra": "CREDIT_CARD", "okapi": "SG_NRIC_FIN"}


def seen(scanner: Scanner, text: str) -> Scan:
    return asyncio.run(scanner.scan([text]))


def test_what_it_finds_is_added_under_our_names() -> None:
    text = "a zebra and an okapi"
    assert look(text).findings == ()
    read = Presidio(Peer(WORDS), ["en"])(text, False, 1.0)
    assert read.findings == (
        Finding("CARD", PCI, 2, 7, "presidio", False),
        Finding("SG_NRIC_FIN", PII, 15, 20, "presidio", False),
    )
    both = seen(Scanner(Together(look, Presidio(Peer(WORDS), ["en"]))), text)
    assert both.complete and both.findings == read.findings
    assert Raises().label(both).level == Level.RESTRICTED


def test_a_long_text_is_read_in_pages_and_nothing_is_told_twice() -> None:
    peer = Peer({"zebra": "CREDIT_CARD"})
    text = "a zebra on the savanna, " * 1_000
    read = Presidio(peer, ["en", "es"])(text, False, 1e9)
    assert len(read.findings) == 1_000
    assert all(text[one.start : one.end] == "zebra" for one in read.findings)
    assert max(length for length, _, _ in peer.asked) <= 2_048
    assert {language for _, language, _ in peer.asked} == {"en", "es"}


def test_what_asks_the_network_or_a_model_is_never_looked_for() -> None:
    peer = Peer(WORDS)
    Presidio(peer, ["en"])("hello", False, 1.0)
    assert [entities for _, _, entities in peer.asked] == [("CREDIT_CARD", "SG_NRIC_FIN")]


def test_our_own_finds_are_told_once() -> None:
    text = "My card is 4111 1111 1111 1111 or okapi"
    peer = Peer({"1111 1111 1111": "CREDIT_CARD", "okapi": "CREDIT_CARD"})
    both = Together(look, Presidio(peer, ["en"]))(text, False, 1.0)
    assert [(one.type, one.detector) for one in both.findings] == [
        ("CARD", "cards"),
        ("CARD", "presidio"),
    ]


class Broken(Peer):
    """Fails on every text."""

    def analyze(
        self, text: str, language: str, *, entities: Sequence[str], score_threshold: float
    ) -> Sequence[Any]:
        raise RuntimeError(text)


@pytest.mark.parametrize("text", ["hello", "hello " * 1_000])
def test_a_crash_makes_the_text_the_top(text: str) -> None:
    sound = Together(look, Presidio(Peer(WORDS), ["en"]))
    assert Raises().label(seen(Scanner(sound), text)) != TOP
    broken = Together(look, Presidio(Broken(WORDS), ["en"]))
    assert Raises().label(seen(Scanner(broken), text)) == TOP


def test_time_that_runs_out_makes_the_text_the_top() -> None:
    text = "a zebra on the savanna, " * 1_000
    hurried = Presidio(Peer(WORDS), ["en"], clock=count().__next__)
    assert hurried(text, False, 1e9).complete
    read = Together(look, Presidio(Peer(WORDS), ["en"], clock=count().__next__))(text, False, 3.0)
    assert not read.complete and Raises().label(read) == TOP


def test_a_text_that_ours_did_not_read_to_its_end_is_not_read_again() -> None:
    peer = Peer(WORDS)
    unread = Scan((), complete=False)
    assert Together(lambda *_: unread, Presidio(peer, ["en"]))("zebra", False, 1.0) == unread
    assert peer.asked == []


@pytest.mark.skipif(installed, reason="the extra `presidio` is installed")
def test_without_the_package_the_error_names_the_extra() -> None:
    with pytest.raises(SetupError, match=r"podium\[presidio\]") as caught:
        load_presidio(["en"])
    assert caught.value.param == "gateway.presidio"


@needs_presidio
def test_the_real_one_reads_without_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refused)
    monkeypatch.setattr(socket.socket, "connect", refused)
    reader = Presidio(load_presidio(["en", "es"]), ["en", "es"])
    read = reader("My card is 4111 1111 1111 1111, DNI 12345678Z, mail a@b.co", False, 60.0)
    assert {one.type for one in read.findings} >= {"CARD", "ES_NIF"}
    assert reader("The warranty covers the battery for two years.", False, 60.0).findings == ()
