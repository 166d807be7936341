"""Sealed labels: what they give back, and that there is one key for one purpose."""

from __future__ import annotations

import pytest

from router.label import TOP, Label, Level
from router.label_seal import digest_of, opened, seal_key, sealed
from router.ledger.mac import head_key, payload_key

SECRET = b"s" * 32
KEY = seal_key(SECRET)
DIGEST = digest_of(b"the data")
PUBLIC = Label(Level.PUBLIC)


def test_a_sealed_label_is_given_back() -> None:
    label = Label(Level.CONFIDENTIAL, frozenset({"pii"}), tenants=frozenset({"acme"}))
    assert opened(sealed(label, DIGEST, KEY), DIGEST, KEY) == label


@pytest.mark.parametrize(
    "text",
    [
        "",
        "l1",
        "l1..",
        PUBLIC.to_json(),
        f"l1..{PUBLIC.to_json()}",
        sealed(PUBLIC, DIGEST, KEY).removeprefix("l1."),
        sealed(PUBLIC, DIGEST, KEY).replace("l1", "l2"),
        sealed(PUBLIC, DIGEST, KEY) + " ",
        "l1.\udcff.\udcff",
    ],
)
def test_anything_else_is_the_top(text: str) -> None:
    assert opened(sealed(PUBLIC, DIGEST, KEY), DIGEST, KEY) == PUBLIC
    assert opened(text, DIGEST, KEY) == TOP


def test_a_seal_is_for_its_own_data_and_key() -> None:
    text = sealed(PUBLIC, DIGEST, KEY)
    assert opened(text, DIGEST, KEY) == PUBLIC
    assert opened(text, digest_of(b"other data"), KEY) == TOP
    assert opened(text, DIGEST, seal_key(b"t" * 32)) == TOP


def test_a_label_that_is_sealed_and_unreadable_is_the_top() -> None:
    assert opened(sealed(TOP, DIGEST, KEY), DIGEST, KEY) == TOP


def test_the_key_serves_nothing_else() -> None:
    assert len({KEY, payload_key(SECRET), head_key(SECRET), SECRET}) == 4
