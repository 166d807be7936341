"""No change to a sealed label lowers it; the unchanged seal opens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from router.label import TOP, Label
from router.label_seal import opened, seal_key, sealed
from tests.property.test_label_laws import labels

KEY = seal_key(b"s" * 32)
digests = st.text(st.sampled_from("0123456789abcdef:"), max_size=8)


@given(labels, digests)
def test_what_was_sealed_is_opened(label: Label, digest: str) -> None:
    assert opened(sealed(label, digest, KEY), digest, KEY) == label


@given(labels, digests, st.data())
def test_one_changed_character_gives_the_top(
    label: Label, digest: str, data: st.DataObject
) -> None:
    text = sealed(label, digest, KEY)
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.characters(exclude_characters=text[at])) + text[at + 1 :]
    assert opened(text, digest, KEY) == label
    assert opened(changed, digest, KEY) == TOP


@given(labels, labels, digests, digests)
def test_seals_cannot_be_exchanged(a: Label, b: Label, one: str, other: str) -> None:
    mac = sealed(a, one, KEY).split(".", 2)[1]
    assert opened(sealed(a, one, KEY), one, KEY) == a
    if b != a:
        assert opened(f"l1.{mac}.{b.to_json()}", one, KEY) == TOP
    if other != one:
        assert opened(sealed(a, one, KEY), other, KEY) == TOP


@given(st.text(max_size=80), digests)
def test_nonsense_is_the_top(text: str, digest: str) -> None:
    assert opened(text, digest, KEY) == TOP
