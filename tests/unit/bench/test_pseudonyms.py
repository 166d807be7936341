"""The bench of pseudonyms: its texts are restored exactly, and its verdict depends on that."""

from __future__ import annotations

import pytest

from bench import pseudonyms
from router.pseudonyms.spelling import LONGEST


def test_a_short_measure() -> None:
    figures = pseudonyms.measure(30, 1)
    assert (figures.texts, figures.exact, figures.across, figures.residual) == (30, 30, 0, 0)
    assert figures.values > 60
    assert 0 < max(figures.held) < LONGEST
    assert len(figures.held) == len(figures.chunk_us) == len(figures.chunk_chars)


def test_the_same_seed_draws_the_same_texts() -> None:
    first, second = pseudonyms.measure(5, 7), pseudonyms.measure(5, 7)
    assert (first.values, first.held) == (second.values, second.held)
    assert pseudonyms.measure(5, 8).held != first.held


def test_the_report_names_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert pseudonyms.main(["--texts", "3"]) == 0
    shown = capsys.readouterr().out
    for figure in ("exactly 3 of 3", "another session 0 of 3", "held back", "microseconds"):
        assert figure in shown


def test_a_text_that_is_not_restored_shows_in_the_report() -> None:
    figures = pseudonyms.Figures(texts=2, exact=1, across=1)
    lines = "\n".join(pseudonyms.report(figures))
    assert "exactly 1 of 2" in lines
    assert "another session 1 of 2" in lines
