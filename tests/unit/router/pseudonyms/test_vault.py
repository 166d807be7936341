"""The vault: one token a value, none twice, nothing left of who was erased."""

from __future__ import annotations

import gc
from dataclasses import FrozenInstanceError
from types import FunctionType, ModuleType

import pytest

from router.label import Clearance, Label, Level
from router.pseudonyms.token import Token, mint
from router.pseudonyms.vault import Vault
from tests.pseudonym_world import HOME, OUTSIDE, RECORD, Clock, vault


def test_a_value_has_one_token_for_as_long_as_it_lives() -> None:
    held = vault()
    token = held.issue("EMAIL", "jane@x.org", RECORD)
    assert held.issue("EMAIL", "jane@x.org", RECORD) == token
    assert held.issue("EMAIL", "Jane@x.org", RECORD) != token
    assert held.issue("LOGIN", "jane@x.org", RECORD) != token
    assert held.reveal(token, HOME) == "jane@x.org"


def test_tokens_say_nothing_in_another_session_or_tenant() -> None:
    secret = b"s" * 32
    mine = vault("one", secret=secret)
    token = mine.issue("EMAIL", "jane@x.org", RECORD)
    others = (vault("two", secret=secret), vault("one", tenant="other", secret=secret), vault())
    for other in others:
        assert other.issue("EMAIL", "jane@x.org", RECORD) != token
        assert other.state(token) == "foreign"
        assert other.reveal(token, HOME) is None


def test_no_id_is_given_out_twice() -> None:
    held = vault(clock=(clock := Clock()), ttl_s=10)
    seen = set()
    for turn in range(20):
        ids = {held.issue("ORDER", str(number), RECORD).id for number in range(200)}
        assert len(ids) == 200, turn
        assert not ids & seen
        seen |= ids
        clock.now += 11
        assert held.expire() == 200


def test_two_values_whose_ids_collide_are_told_apart() -> None:
    def colliding(key: bytes, type_: str, material: bytes, attempt: int) -> Token:
        # A real collision takes some thousand million values: here every first attempt is one.
        return mint(key, type_, material, attempt) if attempt else mint(key, type_, b"", 0)

    held = vault(minting=colliding)
    first, second = held.issue("EMAIL", "a@x.org", RECORD), held.issue("EMAIL", "b@x.org", RECORD)
    assert second.id != first.id
    assert held.reveal(first, HOME) == "a@x.org"
    assert held.reveal(second, HOME) == "b@x.org"


def test_a_value_is_shown_to_a_sink_cleared_for_all_it_came_from() -> None:
    held = vault()
    token = held.issue("EMAIL", "jane@x.org", Label(Level.INTERNAL))
    assert held.reveal(token, OUTSIDE) == "jane@x.org"
    held.issue("EMAIL", "jane@x.org", RECORD)
    assert held.reveal(token, OUTSIDE) is None
    held.issue("EMAIL", "jane@x.org", Label(Level.INTERNAL))
    assert held.reveal(token, OUTSIDE) is None
    assert held.reveal(token, HOME) == "jane@x.org"
    assert held.reveal(token, Clearance(Level.RESTRICTED, None, tenants=frozenset({"b"}))) is None


def test_a_token_of_another_type_or_a_changed_id_shows_nothing() -> None:
    held = vault()
    token = held.issue("EMAIL", "jane@x.org", RECORD)
    assert held.reveal(Token("PHONE", token.id), HOME) is None
    assert held.state(Token("PHONE", token.id)) == "foreign"
    assert held.state(Token("EMAIL", token.id[::-1])) == "foreign"


def test_erasing_a_subject_leaves_nothing_of_theirs() -> None:
    held = vault()
    alone = held.issue("EMAIL", "jane@x.org", RECORD, "jane")
    shared = held.issue("ADDRESS", "12 Elm Street", RECORD, "jane")
    assert held.issue("ADDRESS", "12 Elm Street", RECORD, "john") == shared
    assert held.reveal(alone, HOME) == "jane@x.org"
    assert held.erase("jane") == 1
    assert held.state(alone) == "gone"
    assert held.reveal(alone, HOME) is None
    assert held.reveal(shared, HOME) == "12 Elm Street"
    assert held.erase("john") == 1
    assert held.state(shared) == "gone"
    assert held.issue("EMAIL", "jane@x.org", RECORD, "jane").id != alone.id


def _reachable(root: object) -> list[object]:
    """Every object that hangs on another, itself included, modules and classes left out."""
    seen, queue = {id(root): root}, [root]
    while queue:
        for one in gc.get_referents(queue.pop()):
            if id(one) not in seen and not isinstance(one, type | ModuleType | FunctionType):
                seen[id(one)] = one
                queue.append(one)
    return list(seen.values())


def _shows(root: object, value: str) -> bool:
    forms = (one for one in _reachable(root) if isinstance(one, str | bytes | bytearray))
    return any(value in (one if isinstance(one, str) else one.decode("latin-1")) for one in forms)


def test_values_are_held_sealed() -> None:
    held = vault()
    held.issue("EMAIL", "".join(("jane.doe", "@example.org")), RECORD, "jane")
    assert _shows([held, "jane.doe@example.org"], "doe@example")
    assert not _shows(held, "doe@example")


def test_an_entry_ends_with_its_time_or_that_of_its_label() -> None:
    held = vault(clock=(clock := Clock()), ttl_s=100)
    long = held.issue("EMAIL", "a@x.org", RECORD)
    short = held.issue("EMAIL", "b@x.org", RECORD.join(Label(expires=clock.now + 10)))
    clock.now += 11
    assert (held.state(long), held.state(short)) == ("live", "gone")
    clock.now += 90
    assert held.state(long) == "gone"
    assert held.reveal(long, HOME) is None


def test_a_closed_vault_knows_its_tokens_and_none_of_their_values() -> None:
    held = vault()
    token = held.issue("EMAIL", "a@x.org", RECORD, "a")
    nobody = held.issue("IBAN", "DE89", RECORD)
    held.close()
    assert (held.state(token), held.state(nobody)) == ("gone", "gone")


def test_the_export_tells_of_every_token_and_of_no_value() -> None:
    held = vault()
    first = held.issue("EMAIL", "jane@x.org", RECORD.join(Label(subjects=frozenset({"j"}))), "j")
    held.issue("EMAIL", "jane@x.org", RECORD, "j")
    second = held.issue("PHONE", "0301234567", RECORD, "k")
    held.erase("k")
    rows = {one.token: one for one in held.export()}
    assert (rows[first.text].uses, rows[first.text].live) == (2, True)
    assert not rows[second.text].live
    assert rows[first.text].label.subjects == frozenset()
    assert "jane" not in repr(rows)
    with pytest.raises(FrozenInstanceError):
        rows[first.text].uses = 3  # type: ignore[misc]


def test_without_a_secret_two_vaults_differ() -> None:
    tokens = {Vault("acme", "s").issue("EMAIL", "a@x.org", RECORD) for _ in range(20)}
    assert len(tokens) == 20
