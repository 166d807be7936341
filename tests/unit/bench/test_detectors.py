"""The detectors' recall and precision, in the short seeded form of `python -m bench.detectors`."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.detector_corpora import secrets
from bench.detectors import DATA, Score, score
from bench.drawn import drawn
from bench.evasions import EVASIONS
from bench.judged import Judged, Span, annotated, evaded
from bench.marked import marked

SEED = 20261122
TABLES = Path(__file__).parents[2] / "data" / "detectors"
RECALL, PRECISION = 0.99, 0.95
STRUCTURED = ("CARD", "EMAIL", "IBAN", "IP", "PHONE", "SSN")
needs_data = pytest.mark.skipif(not DATA.exists(), reason=f"the data sets are not at {DATA}")


def short_of(counts: Score) -> list[str]:
    types = counts.wanted | counts.told
    return [
        f"{type_} {counts.recall(type_):.3f} {counts.precision(type_):.3f}"
        for type_ in types
        if counts.wanted[type_]
        and (counts.recall(type_) < RECALL or counts.precision(type_) < PRECISION)
    ]


@pytest.mark.parametrize("evasion", EVASIONS)
def test_drawn_identifiers_are_found_however_they_are_written(evasion: str) -> None:
    texts = [evaded(one, EVASIONS[evasion]) for one in drawn(SEED, 20)]
    counts = score(texts, spoken=evasion == "spoken")
    assert sum(counts.wanted.values()) == 14 * 20
    assert short_of(counts) == []


@needs_data
@pytest.mark.parametrize("evasion", ["plain", "full width"])
def test_annotated_identifiers_are_found(evasion: str) -> None:
    every = list(annotated(DATA / "pii_presidio_research.jsonl"))
    texts = [evaded(one, EVASIONS[evasion]) for one in every[::3]]
    counts = score(texts)
    assert all(counts.wanted[type_] for type_ in STRUCTURED)
    assert short_of(counts) == []


@needs_data
@pytest.mark.assurance
@pytest.mark.parametrize("evasion", EVASIONS)
def test_annotated_identifiers_are_found_under_every_evasion(evasion: str) -> None:
    every = annotated(DATA / "pii_presidio_research.jsonl")
    counts = score((evaded(one, EVASIONS[evasion]) for one in every), spoken=evasion == "spoken")
    short = [line for line in short_of(counts) if line.split()[0] in STRUCTURED]
    assert short == []


@needs_data
def test_sampled_secrets_are_found_and_examples_are_not() -> None:
    counts = secrets(DATA / "secrets_gitleaks_samples.jsonl")
    assert counts["missed"] == 0
    assert counts["extra"] <= 0.05 * (counts["extra"] + counts["left alone"])


@pytest.mark.parametrize("table", ["identifiers", "identifiers_again"])
def test_identifiers_in_eight_languages_are_found(table: str) -> None:
    counts = score(marked(TABLES / f"{table}.txt"))
    assert sum(counts.wanted.values()) > 60
    assert len(counts.misses) <= 0.01 * sum(counts.wanted.values()) + 1, counts.misses
    assert len(counts.extras) <= 0.02 * sum(counts.told.values()), counts.extras


@pytest.mark.parametrize("table", ["ordinary", "ordinary_again"])
def test_numbers_that_are_none_are_left_alone_but_for_orders(table: str) -> None:
    counts = score(marked(TABLES / f"{table}.txt"))
    assert set(counts.told) == {"ORDER"}, counts.extras
    assert counts.told["ORDER"] <= 2


def test_a_miss_and_an_extra_are_counted() -> None:
    counts = score([Judged("jane@example.com or max", (Span("PHONE", 20, 23),))])
    assert (counts.recall("PHONE"), counts.precision("EMAIL")) == (0.0, 0.0)
    assert short_of(counts) == ["PHONE 0.000 1.000"]
