"""The contract suites over what runs in this process."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.reference.crm import build
from retrieval.sources import open_sources
from tests.contracts import embedder_contract, searcher_contract, source_contract
from tests.words_embedder import WordsEmbedder


@pytest.mark.parametrize("check", searcher_contract.CHECKS)
async def test_local_searcher(
    check: searcher_contract.Check, library: searcher_contract.Library
) -> None:
    await check(library)


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crm")
    build(folder / "crm.db")
    return folder


@pytest.mark.parametrize("check", source_contract.CHECKS)
async def test_sqlite_source(check: source_contract.Check, crm: Path) -> None:
    await check(open_sources(crm, {"crm": "crm"}))


@pytest.mark.parametrize("check", embedder_contract.CHECKS)
async def test_words_embedder(check: embedder_contract.Check) -> None:
    await check(WordsEmbedder())
