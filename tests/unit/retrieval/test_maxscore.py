"""Words that can't lift a chunk among the best lead to none."""

from __future__ import annotations

import pytest

from retrieval.maxscore import Word, likely, needed, telling, word


def test_a_rare_word_counts_more() -> None:
    rare, common, everywhere = word("a", 1, 100), word("b", 40, 100), word("c", 60, 100)
    assert rare.idf > common.idf > everywhere.idf > 0
    assert telling([common, everywhere, rare]) == (rare, common)
    assert telling([everywhere]) == (everywhere,)


@pytest.mark.parametrize(
    ("score", "count"), [(0.0, 3), (0.21, 3), (0.23, 2), (2.41, 2), (2.43, 1), (99.0, 1)]
)
def test_words_are_left_out_while_together_they_stay_below_the_score(
    score: float, count: int
) -> None:
    # At most 2.2 times their idf: 11, 2.2 and 0.22.
    words = [Word("a", 1, 5.0), Word("b", 10, 1.0), Word("c", 40, 0.1)]
    assert needed(words, score) == count


def test_the_first_guess_is_a_word_that_stands_in_k_chunks() -> None:
    words = [Word("a", 2, 5.0), Word("b", 10, 1.0), Word("c", 40, 0.1)]
    assert [likely(words, k) for k in (1, 2, 3, 12, 13, 52, 53)] == [5, 5, 1, 1, 0.1, 0.1, 0]
