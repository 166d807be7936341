"""Names for webhooks: ours alone, and good while their job is under way."""

from __future__ import annotations

import pytest

from router.gate.doorbell import Doorbells, bell_key, is_name, new_name

KEY = bell_key(bytes(32))


def test_a_name_is_ours_and_no_two_are_alike() -> None:
    one, other = new_name(KEY), new_name(KEY)
    assert is_name(KEY, one) and is_name(KEY, other) and one != other


@pytest.mark.parametrize("place", [0, 31, 32, 33, 64])
def test_a_changed_name_is_not(place: int) -> None:
    name = new_name(KEY)
    other = "0" if name[place] != "0" else "1"
    assert not is_name(KEY, name[:place] + other + name[place + 1 :])


OTHERS = [
    "",
    ".",
    "x" * 65,
    "\u0660" * 32 + "." + "0" * 32,
    "0" * 32 + "." + "\u0660" * 32,
    "\ud800.",
]


@pytest.mark.parametrize("name", OTHERS)
def test_what_has_another_shape_is_not(name: str) -> None:
    assert not is_name(KEY, name)
    assert not is_name(bell_key(bytes(31) + b"1"), new_name(KEY))


def test_a_bell_rings_while_its_job_is_under_way() -> None:
    bells, name = Doorbells(), new_name(KEY)
    assert not bells.ring(name)
    with bells.hung(name) as bell:
        assert not bells.ring(new_name(KEY)) and not bell.is_set()
        assert bells.ring(name) and bell.is_set()
    assert not bells.ring(name)


def test_the_secret_itself_makes_no_names() -> None:
    """It seals other things, too."""
    assert is_name(KEY, new_name(KEY))
    assert not is_name(KEY, new_name(bytes(32)))


def test_a_name_is_good_no_longer_when_its_job_has_failed() -> None:
    bells, name = Doorbells(), new_name(KEY)
    with pytest.raises(ValueError, match="failed"), bells.hung(name):
        assert bells.ring(name)
        raise ValueError("failed")
    assert not bells.ring(name)
