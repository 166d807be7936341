"""Access filters."""

from __future__ import annotations

from retrieval.access import Everything, allowed_labels


class Counting:
    """Allows labels of even length and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def allows(self, label: str) -> bool:
        self.asked += 1
        return len(label) % 2 == 0


def test_each_label_is_asked_for_once() -> None:
    access = Counting()
    assert allowed_labels(["aa", "b", "aa", "b", "cc"], access) == {"aa", "cc"}
    assert access.asked == 3


def test_everything() -> None:
    assert allowed_labels(["a", "b"], Everything()) == {"a", "b"}
