"""A scan finds, isolates its detectors, and says when it has not read everything."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from router.detect.finding import Finding
from router.detect.page import Detector, Match, Page
from router.detect.scan import scan


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def seen(text: str, *, spoken: bool = False) -> set[tuple[str, str]]:
    return {(f.type, text[f.start : f.end]) for f in scan(text, spoken=spoken).findings}


@pytest.mark.parametrize(
    ("type_", "span", "text"),
    [
        ("EMAIL", "jane@example.com", "mail jane@example.com now"),
        ("EMAIL", "jane%40example.com", "jane%40example.com"),
        ("EMAIL", "jane&#64;example.com", "see jane&#64;example.com"),
        ("EMAIL", "jane\\u0040example.com", "see jane\\u0040example.com"),
        ("EMAIL", "j\u0430ne@ex\u0430mple.com", "j\u0430ne@ex\u0430mple.com"),
        ("EMAIL", "jane [at] example [dot] com", "jane [at] example [dot] com"),
        ("EMAIL", "jane dot doe at example dot com", "jane dot doe at example dot com"),
        ("EMAIL", "j a n e @ e x a m p l e . c o m", "is j a n e @ e x a m p l e . c o m, ok"),
        ("CARD", "4111 1111 1111 1111", "my card 4111 1111 1111 1111 exp 12/27"),
        ("CARD", "4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1", "4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1"),
        ("CARD", "four one one one, " + "one one one one, " * 2 + "one one one one",
         "it is four one one one, " + "one one one one, " * 2 + "one one one one"),
        ("IBAN", "GB82 WEST 1234 5698 7654 32", "IBAN GB82 WEST 1234 5698 7654 32 please"),
        ("PHONE", "+41 (0)69 979 80 58", "call me at +41 (0)69 979 80 58"),
        ("PHONE", "782 2652", "They're not answering at 782 2652"),
        ("PHONE", "five five five oh one two double three",
         "my number is five five five oh one two double three"),
        ("IP", "10.218.6.131", "the ip 10.218.6.131 is blocked"),
        ("IP", "4f8a:c99e:dc86:faf9::8a2a", "from 4f8a:c99e:dc86:faf9::8a2a"),
        ("MAC", "0a:1b:2c:3d:4e:5f", "mac 0a:1b:2c:3d:4e:5f"),
        ("URL_CREDENTIAL", "u:hunter22@host.de", "https://u:hunter22@host.de/x"),
        ("DATE_OF_BIRTH", "12 March 1984", "born on 12 March 1984"),
        ("MRN", "00123456", "MRN: 00123456"),
        ("CUSTOMER", "C-1042", "I am C-1042."),
        ("DRIVER_LICENSE", "A125325867", "My driver's license number is A125325867"),
        ("CARD_CODE", "123", "cvv 123"),
    ],
)  # fmt: skip
def test_an_identifier_is_found_where_it_stands(type_: str, span: str, text: str) -> None:
    assert (type_, span) in seen(text)


@pytest.mark.parametrize(
    "text",
    [
        "look at example.com", "meet me @ starbucks. In the morning", "icon@2x.png", "12:30:45",
        "git@host.example:org/repo", "version 1.2.3.4", "4111 1111 1111 1112", "std::vector<int>",
        "GB82 WEST 1234 5698 7654 33", "Call at 10 minutes past five, we are 20 people in 3 rooms",
        "00000000-0000-4000-8000-000000000000", "from 2024-05-01 to 2024-06-30", "1 2 3 4 5 6 7 8",
        "Refunds are paid within 37 days. The warranty of a printer is 24 months.",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_left_alone(text: str) -> None:
    assert seen(text) == set()


def test_short_spoken_numbers_are_read_in_transcripts() -> None:
    text = "My order number is four two one seven."
    assert seen(text) == set()
    assert seen(text, spoken=True) == {("ORDER", "four two one seven")}
    said = "I am C dash one zero four two."
    assert seen(said, spoken=True) == {("CUSTOMER", "C dash one zero four two")}


def test_a_find_in_an_encoded_piece_has_the_span_of_the_piece() -> None:
    inner = b64(b64("card 4111111111111111"))
    text = f"see {inner}."
    (one,) = scan(text).findings
    assert one == Finding("CARD", "pci", 4, 4 + len(inner), "cards", decoded=True)


def test_encodings_deeper_than_are_read_make_the_scan_incomplete() -> None:
    text = "card 4111111111111111"
    for _ in range(4):
        text = b64(text)
    assert scan(text).findings
    assert scan(text).complete
    assert not scan(b64(text)).complete


def crash(page: Page) -> Iterator[Match]:
    yield Match("EMAIL", "pii", 0, 1)
    raise RuntimeError("broken")


def find_x(page: Page) -> Iterator[Match]:
    at = page.text.find("x")
    if at >= 0:
        yield Match("EMAIL", "pii", at, at + 1)


def test_a_broken_detector_spoils_only_itself() -> None:
    sound = Detector("sound", find_x)
    assert scan("ax", detectors=[sound]).complete
    result = scan("ax", detectors=[Detector("crash", crash), sound])
    assert not result.complete
    assert result.failed == ("crash",)
    assert [(f.start, f.detector) for f in result.findings] == [(1, "sound")]


def test_time_that_runs_out_makes_the_scan_incomplete() -> None:
    def clock() -> float:
        nonlocal now
        now += 1
        return now

    now = 0.0
    assert scan("ax", detectors=[Detector("x", find_x)], clock=clock, budget_s=10).complete
    now = 0.0
    late = scan("ax", detectors=[Detector("x", find_x)] * 9, clock=clock, budget_s=4)
    assert not late.complete
    assert late.failed == ()


def test_what_crosses_a_page_is_found_once_and_whole() -> None:
    card, mail = "4111 1111 1111 1111", "jane.doe@example.com"
    for before in range(28_600, 28_740, 7):
        text = "." * before + f" {card} {mail} " + "." * 40_000
        result = scan(text, budget_s=1e9)
        assert [text[f.start : f.end] for f in result.findings] == [card, mail]


def test_the_stronger_of_two_finds_on_one_span_is_kept() -> None:
    assert seen("call 4111111111111111") == {("CARD", "4111111111111111")}
