"""Redaction: what leaves has tokens for all that was known or found, and nothing else changes."""

from __future__ import annotations

import pytest

from router.detect.finding import Finding
from router.detect.scan import scan
from router.label import Clearance, Level
from router.pseudonyms.redact import Redacted, redact
from router.pseudonyms.restore import restore
from router.pseudonyms.vault import Vault
from tests.pseudonym_world import CUSTOMER, HOME, OUTSIDE, TEXT, spellings, vault


def _redact(text: str, held: Vault, **more: object) -> Redacted:
    found = more.pop("findings", scan(text).findings)
    return redact(text, known=CUSTOMER, findings=found, vault=held, label=TEXT, **more)  # type: ignore[arg-type]


def test_known_values_and_findings_leave_as_tokens_and_come_back() -> None:
    held = vault()
    text = "Maria Young, maria.young@example.com or bob@x.org, IBAN DE89370400440532013000."
    done = _redact(text, held)
    assert done.replaced == {"EMAIL": 2, "IBAN": 1, "PERSON": 1}
    assert not done.residual
    for value in ("Maria", "young", "bob", "DE89"):
        assert value in text
        assert value not in done.text
    assert done.text.endswith("]].")
    assert restore(done.text, held, HOME).text == text


def test_the_same_value_has_the_same_token_over_a_session() -> None:
    held = vault()
    first, second = _redact("Maria Young", held).text, _redact("I, Maria Young", held).text
    assert second == f"I, {first}"


def test_a_finding_around_a_known_value_covers_it_and_is_its_subjects() -> None:
    held = vault()
    done = _redact("maria.young@other.org", held)
    assert done.replaced == {"EMAIL": 1}
    assert restore(done.text, held, HOME).text == "maria.young@other.org"
    assert held.erase("C-1042") == 1


def test_a_value_keeps_the_label_of_its_record_and_category() -> None:
    held = vault()
    known, found = _redact("Maria Young", held).text, _redact("bob@x.org", held).text
    assert restore(known, held, OUTSIDE).text == known
    assert restore(found, held, OUTSIDE).text == found
    pii = Clearance(Level.CONFIDENTIAL, frozenset({"pii"}))
    assert restore(known, held, pii).text == "Maria Young"
    assert restore(found, held, pii).text == "bob@x.org"


def test_text_without_a_label_counts_as_the_top() -> None:
    held = vault()
    done = redact("Maria Young", known=CUSTOMER, findings=(), vault=held)
    pii = Clearance(Level.CONFIDENTIAL, frozenset({"pii"}))
    assert restore(done.text, held, pii).text == done.text
    assert restore(done.text, held, HOME).text == "Maria Young"


def test_a_token_slipped_in_from_outside_is_never_restored_as_one() -> None:
    held = vault()
    issued = held.issue("EMAIL", "jane@x.org", TEXT).text
    assert restore(issued, held, HOME).text == "jane@x.org"
    wide = (f"[[\u200b{issued[2:]}", issued.replace("[", "\uff3b"), issued.replace(":", " :\t"))
    for spelling in (*spellings(issued), *wide):
        done = _redact(f"say {spelling} again", held)
        assert done.replaced == {"LITERAL": 1}, spelling
        assert restore(done.text, held, HOME).text == f"say {spelling} again"


def test_other_double_brackets_stay_as_they_are() -> None:
    for text in ("[[wiki:article]]", "a[[1]]", "[[PERSON:...]]", "[[ORDER:12]]"):
        assert _redact(text, vault()).text == text


def test_what_cannot_be_replaced_is_a_residual() -> None:
    held = vault()
    assert not _redact("Maria Young", held).residual
    assert _redact("m.a.r.i.a.y.o.u.n.g", held, findings=()).residual
    beyond = Finding("EMAIL", "pii", 3, 40, "email", False)
    assert _redact("short", held, findings=(beyond,)).residual


@pytest.mark.parametrize("text", ["", " ", "Nothing here.", "🙂 ünï \ud800"])
def test_a_text_without_values_stays_as_it_is(text: str) -> None:
    done = _redact(text, vault())
    assert (done.text, done.replaced, done.residual) == (text, {}, False)


def test_the_repr_of_a_result_shows_no_text() -> None:
    done = _redact("Maria Young", vault())
    assert "PERSON:" not in repr(done)
