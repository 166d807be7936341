"""Every span of a reading leads back to the text it came from."""

from __future__ import annotations

from router.detect.view import View, rewritten


def test_a_replaced_piece_leads_back_to_the_whole_of_it() -> None:
    view = rewritten(View("a &#64; b"), [(2, 7, "@")])
    assert view.text == "a @ b"
    assert view.origin(2, 3) == (2, 7)
    assert view.origin(0, 5) == (0, 9)
    assert view.origin(4, 5) == (8, 9)


def test_what_was_taken_out_lies_inside_the_span_around_it() -> None:
    view = rewritten(View("a--b"), [(1, 3, "")])
    assert view.text == "ab"
    assert view.origin(0, 2) == (0, 4)


def test_two_readings_lead_back_through_both() -> None:
    once = rewritten(View("xx%34%31yy"), [(2, 8, "41")])
    twice = rewritten(once, [(2, 4, "A")])
    assert twice.text == "xxAyy"
    assert twice.origin(2, 3) == (2, 8)
    assert twice.origin(4, 5) == (9, 10)


def test_only_spans_with_a_piece_were_made() -> None:
    view = rewritten(View("ab&amp;cd"), [(2, 7, "&")])
    assert view.made(1, 4)
    assert not view.made(0, 2)
    assert not view.made(3, 5)
