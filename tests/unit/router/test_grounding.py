"""What a reply rests on, and what it has no right to say."""

from __future__ import annotations

import pytest

from router.compose import compose, quote
from router.grounding import ground, numbers
from router.passages import gather

HITS = [
    {"id": "a", "title": "A", "collection": "kb", "chunk": 0, "page": 2, "score": 0.9,
     "text": "Refunds take 37 days. Returns take 5 days."},
    {"id": "b", "title": "B", "collection": "kb", "chunk": 1, "page": None, "score": 0.8,
     "text": "Delivery costs 1,250.50 euros."},
]  # fmt: skip
ROWS = [{"customer_id": "C-1042", "source": "crm/snapshot", "record": "Order 4217 was sent."}]
PASSAGES = gather(ROWS, HITS, 6)
NO = "I do not know."


@pytest.mark.parametrize(
    "reply",
    [
        "Refunds take 37 days [2].",
        "Refunds take 37 days [2]. Delivery costs 1250.50 euros [3].",
        "Your order 4217 is on its way [1].",
        "Your order 4217: refunds take 37 days [2].",
        "You asked about 88: refunds take 37 days [2].",
        "Refunds take 037 days [2].",
        NO,
        f"Dear customer, {NO} Goodbye.",
    ],
)
def test_supported(reply: str) -> None:
    assert ground(reply, PASSAGES, "What about 88?", NO).ok


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ("Refunds take 37 days [3].", "1 numbers"),
        ("Refunds take 7 days [2].", "1 numbers"),
        ("Refunds take 370 days [2], 3 weeks.", "2 numbers"),
        ("Refunds take 37 days [7].", "no passage"),
        ("Refunds take 37 days.", "no citation"),
        ("Refunds are quick.", "no citation"),
        ("I do not kn", "no citation"),
    ],
)
def test_unsupported(reply: str, why: str) -> None:
    found = ground(reply, PASSAGES, "What about 88?", NO)
    assert not found.ok
    assert why in found.why


def test_a_number_stands_only_as_a_whole() -> None:
    assert "37" in numbers("in 37 days")
    assert "37" not in numbers("in 137 days, 3.7 or 37:15")


def test_passages_are_records_first_then_hits_by_score_and_at_most_the_limit() -> None:
    assert [passage["id"] for passage in gather(ROWS, HITS[::-1], 6)] == ["C-1042", "a", "b"]
    assert [passage["n"] for passage in gather(ROWS, HITS, 2)] == [1, 2]


def test_records_leave_room_for_hits() -> None:
    rows = [{"source": "crm", "id": str(n)} for n in range(8)]
    kinds = [passage["kind"] for passage in gather(rows, HITS * 4, 6)]
    assert kinds == ["record"] * 3 + ["document"] * 3
    assert len(gather(rows, [], 6)) == 6
    assert [passage["kind"] for passage in gather(rows, HITS, 6)] == ["record"] * 4 + [
        "document"
    ] * 2


def test_a_row_without_a_sentence_is_told_column_by_column() -> None:
    row = {"source": "crm/x", "id": "7", "order_number": 4217, "state": "", "city": "Harbor"}
    assert gather([row], [], 6)[0]["text"] == "Order number 4217. City Harbor."


def test_citations_count_the_sources() -> None:
    composed = compose("Delivery costs 1 [3]. Sent [1]. Again [3] and [9].", PASSAGES)
    assert composed.reply == "Delivery costs 1 [1]. Sent [2]. Again [1] and [9]."
    assert [source["id"] for source in composed.sources] == ["b", "C-1042", "a"]
    assert composed.sources[2]["page"] == 2


def test_a_quote_is_the_sentence_that_bears_the_claim() -> None:
    text = "# Head\n\nRefunds take 37 days. Returns take 5 days."
    assert quote(text, "Returns take 5 days [1].") == "Returns take 5 days."
    assert quote(text, "") == "Head Refunds take 37 days. Returns take 5 days."
    assert len(quote("word " * 200, "word")) == 300
