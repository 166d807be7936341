"""Keys: what verifies, what does not, and that the database alone is worth nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from models.errors import (
    AuthenticationFailed,
    Conflict,
    InvalidConfig,
    InvalidRequest,
    NotFound,
    PermissionDenied,
)
from router.keys import KEY_PATTERN, Scope, mint_key, parse_scopes
from router.label import Level
from router.store.sql_keys import SqlKeyStore
from router.store.sql_runs import SqlRunStore
from router.store.state import NewKey, State

BROUGHT = "pk_acme_abcd1234_" + "S" * 32


def test_a_created_key_verifies_with_what_it_was_given(state: State) -> None:
    key = state.create_key(NewKey("acme", parse_scopes(["infer"]), Level.CONFIDENTIAL))
    assert KEY_PATTERN.fullmatch(str(key))
    who = state.verify(str(key))
    assert (who.tenant, who.key_id, who.floor) == ("acme", key.id, Level.CONFIDENTIAL)
    assert who.allows(Scope.INFER)
    with pytest.raises(PermissionDenied, match="write"):
        who.require(Scope.WRITE)


def test_admin_includes_every_scope(state: State) -> None:
    key = state.first_key()
    assert key is not None
    who = state.verify(str(key))
    assert all(who.allows(scope) for scope in Scope)


def test_every_wrong_key_gets_the_same_answer(state: State) -> None:
    good = str(state.create_key(NewKey("acme")))
    assert state.verify(good).tenant == "acme"
    last = "a" if good[-1] != "a" else "b"
    wrong = [
        good[:-1] + last,
        good.replace("acme", "evil"),
        str(mint_key("acme")),
        good + "\n",
        good + "x" * 600,
        "",
        "sk-123",
    ]
    answers = set()
    for text_ in wrong:
        with pytest.raises(AuthenticationFailed) as caught:
            state.verify(text_)
        answers.add(caught.value.message)
    assert len(answers) == 1


def test_a_key_ends_at_its_time(state: State, clock: Any) -> None:
    key = str(state.create_key(NewKey("acme", expires=1_010.0)))
    assert state.verify(key)
    clock.now = 1_010.0
    with pytest.raises(AuthenticationFailed):
        state.verify(key)
    with pytest.raises(InvalidRequest, match="expired"):
        state.create_key(NewKey("acme", expires=1_009.0))


def test_a_revoked_key_stays_revoked_from_the_first_time(state: State, clock: Any) -> None:
    key = state.create_key(NewKey("acme"))
    assert state.verify(str(key))
    state.revoke_key("acme", key.id)
    with pytest.raises(AuthenticationFailed):
        state.verify(str(key))
    clock.now = 2_000.0
    state.revoke_key("acme", key.id)
    assert state.list_keys("acme")[0].revoked == 1_000.0
    with pytest.raises(NotFound):
        state.revoke_key("acme", "nobody")
    with pytest.raises(NotFound):
        state.revoke_key("other", key.id)


def test_the_database_holds_no_secret_and_verifies_nothing_elsewhere(
    state: State, engine: Engine
) -> None:
    key = state.create_key(NewKey("acme"))
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM keys")).all()
    assert key.id in str(rows)
    assert key.secret not in str(rows)
    assert key.secret not in repr(key)
    stolen = State(SqlKeyStore(engine), SqlRunStore(engine), b"q" * 32)
    assert state.verify(str(key))
    with pytest.raises(AuthenticationFailed):
        stolen.verify(str(key))


def test_a_brought_key_becomes_the_first_admin_key(state: State) -> None:
    assert str(state.first_key(BROUGHT)) == BROUGHT
    who = state.verify(BROUGHT)
    assert who.tenant == "acme"
    assert who.scopes == {Scope.ADMIN}


def test_a_brought_key_of_another_form_is_refused_without_repeating_it(state: State) -> None:
    for text_ in ("sk-secret-of-another-service", BROUGHT[:-1], BROUGHT + "\n"):
        with pytest.raises(InvalidConfig) as caught:
            state.first_key(text_)
        assert caught.value.param == "PODIUM_API_KEY"
        assert text_.strip() not in caught.value.message
    assert not state.list_keys()


def test_only_one_of_many_starts_makes_the_first_key(state: State) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [key for key in pool.map(lambda _: state.first_key(), range(8)) if key]
    assert len(made) == 1
    assert len(state.list_keys()) == 1
    assert state.first_key(BROUGHT) is None


def test_a_taken_id_is_a_conflict(engine: Engine) -> None:
    state = State(SqlKeyStore(engine), SqlRunStore(engine), b"p" * 32, draw=lambda n: "a" * n)
    state.create_key(NewKey("acme"))
    with pytest.raises(Conflict):
        state.create_key(NewKey("acme"))
    assert state.create_key(NewKey("other"))


@pytest.mark.parametrize("tenant", ["", "Acme", "a_b", "a" * 33, "a\n"])
def test_a_tenant_name_is_checked(state: State, tenant: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        state.create_key(NewKey(tenant))
    assert caught.value.param == "tenant"


@pytest.mark.parametrize("names", [[], ["root"], ["infer", "root"]])
def test_scopes_are_checked(names: list[str]) -> None:
    with pytest.raises(InvalidRequest, match="admin, approve, infer, read, write"):
        parse_scopes(names)


def test_a_key_without_scopes_is_refused(state: State) -> None:
    with pytest.raises(InvalidRequest) as caught:
        state.create_key(NewKey("acme", frozenset()))
    assert caught.value.param == "scopes"


def test_an_opened_database_keeps_its_keys(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    key = State.open(path, b"p" * 32).create_key(NewKey("acme"))
    assert State.open(path, b"p" * 32).verify(str(key)).key_id == key.id
    assert str(key) == f"pk_acme_{key.id}_{key.secret}"
