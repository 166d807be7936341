"""Reciprocal rank fusion."""

from __future__ import annotations

import pytest

from retrieval.fusion import fuse
from retrieval.scored import Scored


def test_agreement_beats_one_first_place() -> None:
    dense = (Scored(1, 0.9), Scored(2, 0.8), Scored(3, 0.1))
    lexical = (Scored(4, 12.0), Scored(2, 11.0))
    assert [scored.chunk_pk for scored in fuse([dense, lexical])] == [2, 1, 4, 3]


def test_scores_are_the_published_formula() -> None:
    fused = fuse([(Scored(1, 5.0),), (Scored(2, 1.0), Scored(1, 0.5))], rrf_k=60)
    assert fused[0].score == pytest.approx(1 / 61 + 1 / 62)


def test_nothing_fuses_to_nothing() -> None:
    assert fuse([(), ()]) == ()


def test_weights_say_how_much_each_ranking_counts() -> None:
    rankings = [(Scored(1, 5.0), Scored(2, 4.0)), (Scored(2, 1.0), Scored(3, 0.5))]
    assert fuse(rankings, 60, (1.0, 1.0)) == fuse(rankings, 60)
    assert [scored.chunk_pk for scored in fuse(rankings, 60, (2.0, 0.0))][:2] == [1, 2]
    assert fuse(rankings, 60, (0.0, 2.0))[0] == Scored(2, pytest.approx(2 / 61))
