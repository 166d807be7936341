"""Retrieval under random histories: exactly what brute force over the allowed documents finds."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.deadline import Deadline
from retrieval.access import Everything
from retrieval.index import IndexOptions
from retrieval.lexical import expression, terms_of
from retrieval.maxscore import word
from retrieval.opening import Retrieval, open_retrieval
from retrieval.ports import SearchRequest
from retrieval.preparing import IngestRequest
from tests.contracts.searcher_contract import MODES, Only
from tests.in_memory import in_memory
from tests.words_embedder import WordsEmbedder

_WORDS = ("refund", "headset", "router", "days", "warranty", "printer")
_LABELS = ("open", "secret", "")
_PUT = st.tuples(
    st.sampled_from("abcde"),
    st.lists(st.sampled_from(_WORDS), min_size=1, max_size=5).map(" ".join),
    st.sampled_from(_LABELS),
)
_DELETE = st.sampled_from("abcde").map(lambda id_: (id_, "", ""))
_HISTORY = st.lists(st.one_of(_PUT, _PUT, _DELETE), max_size=12)


async def _apply(retrieval: Retrieval, history: list[tuple[str, str, str]]) -> dict[str, str]:
    """The labels of the documents that are there in the end."""
    there: dict[str, str] = {}
    deadline = Deadline.after(60)
    seed = IngestRequest("kb", "seed", b"seed", "seed", media_type="text/plain")
    await retrieval.ingestor.ingest(seed, deadline)
    for id_, text, label in history:
        if text:
            request = IngestRequest("kb", id_, text.encode(), label, media_type="text/plain")
            await retrieval.ingestor.ingest(request, deadline)
            there[id_] = label
        else:
            await retrieval.ingestor.delete("kb", [id_], deadline)
            there.pop(id_, None)
    return there


async def _check(retrieval: Retrieval, there: Mapping[str, str]) -> None:
    deadline = Deadline.after(60)
    everything = SearchRequest("kb", "refund", Everything(), k=50, mode="dense")
    hits = await retrieval.searcher.search(everything, deadline)
    assert {hit.id for hit in hits} == {*there, "seed"}
    scores = [hit.score for hit in hits]
    assert np.all(np.diff(scores) <= 1e-6)
    for label in _LABELS:
        for mode in MODES:
            request = SearchRequest("kb", "refund days", Only(label), k=50, mode=mode)
            found = {hit.id for hit in await retrieval.searcher.search(request, deadline)}
            allowed = {id_ for id_, its in there.items() if its == label}
            assert found <= allowed if mode == "lexical" else found == allowed


@settings(max_examples=10, deadline=None)
@given(history=_HISTORY, direct=st.booleans())
def test_what_is_found_is_what_is_there_and_allowed(
    history: list[tuple[str, str, str]], direct: bool
) -> None:
    options = IndexOptions(direct_limit=1000 if direct else 0)
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        retrieval = open_retrieval(Path(folder), WordsEmbedder(), index=options)
        there = asyncio.run(_apply(retrieval, history))
        asyncio.run(_check(retrieval, there))
        retrieval.close()
        again = open_retrieval(Path(folder), WordsEmbedder(), index=options)
        asyncio.run(_check(again, there))
        again.close()


@given(query=st.text(max_size=200), leading=st.integers(1, 5))
def test_no_text_becomes_syntax(query: str, leading: int) -> None:
    """Without its quoted terms nothing is left of an expression but what we put there."""
    words = [word(term, 1, 9) for term in terms_of(query)]
    if words:
        match = expression(words, leading).match
        assert set(re.sub(r'"[^"]*"', "", match)) <= set(" ()ANDOR")
        told = [term[1:-1] for term in re.findall(r'"[^"]*"', match)]
        assert set(told) == {one.term for one in words}
        assert all(re.fullmatch(r"\w+", term) for term in told)
