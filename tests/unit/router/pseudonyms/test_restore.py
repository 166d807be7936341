"""Restoring: own tokens, in running text, into cleared sinks; an alarm for all that is made up."""

from __future__ import annotations

import json

import pytest

from router.label import Clearance, Label, Level
from router.pseudonyms.restore import restore
from router.pseudonyms.token import Token
from tests.pseudonym_world import HOME, OUTSIDE, RECORD, TEXT, Clock, spellings, vault


def test_each_unambiguous_spelling_is_restored() -> None:
    held = vault()
    token = held.issue("EMAIL", "jane@x.org", TEXT).text
    for spelling in spellings(token):
        assert restore(f"to {spelling}.", held, HOME).text == "to jane@x.org."


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[1:-1],
        lambda token: token.replace("[[", "[ ["),
        lambda token: token.replace(":", "  :"),
        lambda token: token.replace(":", ""),
        lambda token: token[:-3] + "]]",
        lambda token: token.replace("]]", "x]]"),
        lambda token: token.replace("[[", "\u27e6"),
    ],
)
def test_any_other_spelling_stays(change: object) -> None:
    held = vault()
    token = held.issue("EMAIL", "jane@x.org", TEXT).text
    assert restore(token, held, HOME).text == "jane@x.org"
    done = restore(change(token), held, HOME)  # type: ignore[operator]
    assert "jane" not in done.text


def test_a_letter_for_a_digit_is_not_guessed() -> None:
    held = vault()
    tokens = [held.issue("ORDER", str(number), TEXT) for number in range(200)]
    token = next(one for one in tokens if "0" in one.id or "1" in one.id)
    bent = token.text.replace("0", "o").replace("1", "l")
    assert restore(bent, held, HOME).text == bent


def test_a_token_nobody_issued_is_told_once_and_stays() -> None:
    held = vault()
    token = held.issue("EMAIL", "jane@x.org", TEXT)
    made_up = "[[EMAIL:k3f9q2x7]]"
    wrong = Token("PHONE", token.id).text
    done = restore(f"{token.text} {made_up} `{made_up}` {wrong}", held, HOME)
    assert done.text == f"jane@x.org {made_up} `{made_up}` {wrong}"
    assert done.unknown == (made_up, wrong)
    assert done.kept == ()


@pytest.mark.parametrize("text", ["[[wiki:packages]]", "[[ORDER:12345678]]", "[[a]]", "a[[0]]"])
def test_double_brackets_that_are_no_tokens_raise_no_alarm(text: str) -> None:
    done = restore(text, vault(), HOME)
    assert (done.text, done.unknown) == (text, ())


def test_a_sink_that_is_not_cleared_gets_the_token() -> None:
    held = vault()
    high, low = held.issue("EMAIL", "jane@x.org", RECORD), held.issue("ORDER", "4711", TEXT)
    text = f"{high.text} {low.text}"
    assert restore(text, held, HOME).text == "jane@x.org 4711"
    outside = restore(text, held, OUTSIDE)
    assert outside.text == f"{high.text} 4711"
    assert (outside.unknown, outside.kept) == ((), (high.text,))
    other = Clearance(Level.RESTRICTED, None, tenants=frozenset({"other"}))
    assert restore(text, held, other).text == text


def test_what_has_expired_or_was_erased_stays_and_is_no_alarm() -> None:
    held = vault(clock=(clock := Clock()))
    short = held.issue("EMAIL", "a@x.org", Label(expires=clock.now + 5))
    jane = held.issue("EMAIL", "jane@x.org", TEXT, "jane")
    text = f"{short.text} {jane.text}"
    assert restore(text, held, HOME).text == "a@x.org jane@x.org"
    clock.now += 6
    held.erase("jane")
    done = restore(text, held, HOME)
    assert (done.text, done.unknown, set(done.kept)) == (text, (), {short.text, jane.text})


@pytest.mark.parametrize(
    "text",
    ["`{}`", "```\n{}\n```", "https://a.b/{}", "[x](/?{})", '<a href="{}">', "<code>{}</code>"],
)
def test_never_in_code_urls_and_tags(text: str) -> None:
    held = vault()
    token = held.issue("EMAIL", "jane@x.org", TEXT).text
    both = f"{token}\n\n{text.replace('{}', token)}"
    done = restore(both, held, HOME)
    assert done.text == f"jane@x.org\n\n{text.replace('{}', token)}"
    assert done.kept == (token,)


def test_the_place_is_that_in_the_text_that_goes_out() -> None:
    held = vault()
    url = held.issue("URL", "https://a.b/?q=", TEXT).text
    mail = held.issue("EMAIL", "jane@x.org", TEXT).text
    ticks = held.issue("PERSON", "Jane `J` Doe", TEXT).text
    assert restore(f"{url} {mail}", held, HOME).text == "https://a.b/?q= jane@x.org"
    assert restore(f"{url}{mail}", held, HOME).text == f"https://a.b/?q={mail}"
    assert restore(f"{ticks} {mail}", held, HOME).text == f"Jane `J` Doe {mail}"


def test_a_restored_value_is_not_read_again() -> None:
    held = vault()
    inner = held.issue("EMAIL", "jane@x.org", RECORD)
    outer = held.issue("LITERAL", inner.text, TEXT)
    assert restore(outer.text, held, HOME).text == inner.text


def test_a_value_can_be_written_as_the_inside_of_a_json_string() -> None:
    held = vault()
    token = held.issue("PERSON", 'Maria "Mia" Young\n', TEXT).text
    written = restore(f'{{"name":"{token}"}}', held, HOME, writing=lambda v: json.dumps(v)[1:-1])
    assert json.loads(written.text) == {"name": 'Maria "Mia" Young\n'}
