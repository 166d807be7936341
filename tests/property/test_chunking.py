"""Chunking any text: nothing lost, nothing too long, offsets exact."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval.chunking import chunk_document
from retrieval.parsing import parse_document
from retrieval.settings import CollectionSettings
from retrieval.tokens import estimate_tokens

_TEXT = st.lists(
    st.one_of(
        st.text(min_size=1, max_size=40),
        st.sampled_from(["# A\n", "\n\n## B\n\n", "word " * 30, ". ", "x" * 300, "漢字" * 50]),
    ),
    min_size=1,
    max_size=30,
).map("".join)
_SETTINGS = st.builds(
    CollectionSettings,
    chunk_tokens=st.integers(16, 120),
    overlap=st.sampled_from([0.0, 0.175, 0.5]),
    split_headings=st.booleans(),
)


@given(text=_TEXT, settings=_SETTINGS)
def test_every_character_of_the_body_is_in_a_chunk(text: str, settings: CollectionSettings) -> None:
    content = text.replace("\0", "").encode("utf-8", "ignore")
    if not content.decode("utf-8-sig").strip():
        return
    parsed = parse_document(content, "any.md")
    chunks = chunk_document(parsed, settings)
    covered = set()
    for number, chunk in enumerate(chunks):
        assert chunk.number == number
        assert chunk.text == parsed.text[chunk.start : chunk.end]
        covered.update(range(chunk.start, chunk.end))
    lost = [
        at
        for at in range(parsed.marks[0].start, len(parsed.text))
        if not parsed.text[at].isspace() and at not in covered
    ]
    assert not lost


@given(text=_TEXT, settings=_SETTINGS)
def test_no_chunk_is_over_the_size(text: str, settings: CollectionSettings) -> None:
    content = text.replace("\0", "").encode("utf-8", "ignore")
    if not content.decode("utf-8-sig").strip():
        return
    for chunk in chunk_document(parse_document(content, "any.md"), settings):
        assert estimate_tokens(chunk.text) <= settings.chunk_tokens
