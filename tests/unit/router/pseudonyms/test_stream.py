"""Streams: the same text whatever the pieces, and never more held back than a token is long."""

from __future__ import annotations

from router.pseudonyms.restore import restore
from router.pseudonyms.spelling import LONGEST
from router.pseudonyms.stream import StreamRestorer
from router.pseudonyms.token import TYPE_LENGTH
from tests.pseudonym_world import HOME, TEXT, cuts, spellings, vault


def test_every_cut_in_three_gives_the_same() -> None:
    held = vault()
    token = held.issue("EMAIL", "jane@x.org", TEXT).text
    for spelling in spellings(token):
        text = f"`{spelling}` to {spelling}, [[x]] [[EMAIL:k3f9q2x7]]"
        whole = restore(text, held, HOME)
        assert "to jane@x.org," in whole.text
        for first, second in cuts(text):
            restorer = StreamRestorer(held, HOME)
            pieces = (text[:first], text[first:second], text[second:])
            out = "".join(map(restorer.feed, pieces)) + restorer.finish()
            assert (out, restorer.unknown) == (whole.text, whole.unknown)


def test_only_what_may_become_a_token_is_held_back() -> None:
    held = vault()
    token = held.issue("EMAIL", "jane@x.org", TEXT).text
    restorer = StreamRestorer(held, HOME)
    assert restorer.feed("Dear ") == "Dear "
    assert restorer.feed("Jane [1] ") == "Jane [1] "
    assert restorer.feed("to [") == "to "
    assert restorer.held == 1
    assert restorer.feed("x") == "[x"
    assert restorer.feed(token[:-1]) == ""
    assert restorer.held == len(token) - 1
    assert restorer.feed("]") == "jane@x.org"
    assert restorer.feed(token[:9]) == ""
    assert restorer.finish() == token[:9]
    assert restorer.finish() == ""


def test_no_more_is_held_back_than_the_longest_spelling() -> None:
    held = vault()
    token = held.issue("T" * TYPE_LENGTH, "value", TEXT).text
    spelled = f"\\[\\[ {token[2:-11]} : {token[-10:-2]} \\]\\]"
    assert len(spelled) == LONGEST
    restorer, most = StreamRestorer(held, HOME), 0
    out = ""
    for letter in spelled + "[[" + "A" * 100 + "\\[\\[" * 50:
        out += restorer.feed(letter)
        most = max(most, restorer.held)
    assert out.startswith("value")
    assert most == LONGEST - 1
