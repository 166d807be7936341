"""Cutting documents: sizes, overlap, headings, pages and offsets."""

from __future__ import annotations

from itertools import pairwise

from retrieval.chunking import chunk_document
from retrieval.documents import Mark, ParsedDocument
from retrieval.parsing import parse_document
from retrieval.settings import CollectionSettings
from retrieval.tokens import estimate_tokens

SENTENCES = [f"Sentence number {number} tells of a thing." for number in range(100)]
LONG = " ".join(SENTENCES)


def _plain(text: str) -> ParsedDocument:
    return ParsedDocument("t", text, (Mark(0),))


def test_short_document_is_one_chunk_though_it_has_headings() -> None:
    parsed = parse_document(b"# T\n\nOne.\n\n## A\n\nTwo.\n\n## B\n\nThree.\n", "t.md")
    chunks = chunk_document(parsed, CollectionSettings())
    assert len(chunks) == 1
    assert chunks[0].text.startswith("One.")
    assert chunks[0].text.endswith("Three.")


def test_long_text_is_cut_at_sentences_within_the_size() -> None:
    settings = CollectionSettings(chunk_tokens=60)
    chunks = chunk_document(_plain(LONG), settings)
    assert len(chunks) > 10
    for chunk in chunks:
        assert estimate_tokens(chunk.text) <= settings.chunk_tokens
        assert chunk.text == LONG[chunk.start : chunk.end]
        assert chunk.text.startswith("Sentence")
        assert chunk.text.endswith(".")


def test_a_sentence_that_fits_is_never_cut() -> None:
    first = "Visitors are welcome on the general wards every day from 2 pm to 7.30 pm."
    second = "The intensive care unit allows visits\nfrom 4 pm to 5 pm by appointment."
    third = "Dr. Weiss sees visitors in room 12, z. B.  on Mondays."
    settings = CollectionSettings(chunk_tokens=24, overlap=0)
    chunks = chunk_document(_plain(f"{first} {second} {third}"), settings)
    assert [chunk.text for chunk in chunks] == [first, second, third]


def test_rows_of_a_list_are_kept_whole() -> None:
    rows = [f"- Room number {number} costs {number} euros a day" for number in range(20)]
    chunks = chunk_document(_plain("\n".join(rows)), CollectionSettings(chunk_tokens=30, overlap=0))
    assert len(chunks) > 5
    assert [row for chunk in chunks for row in chunk.text.split("\n")] == rows


def test_a_heading_without_a_blank_line_is_no_part_of_its_sentence() -> None:
    source = b"# T\n\n## One\nHere is a sentence of one thing.\n## Two\nHere is one of two.\n"
    settings = CollectionSettings(overlap=0, split_headings=True)
    chunks = chunk_document(parse_document(source, "t.md"), settings)
    assert [chunk.heading for chunk in chunks] == ["One", "Two"]


def test_neighbours_overlap_by_about_the_share_asked_for() -> None:
    chunks = chunk_document(_plain(LONG), CollectionSettings(chunk_tokens=200, overlap=0.175))
    shared = [estimate_tokens(LONG[after.start : before.end]) for before, after in pairwise(chunks)]
    assert all(0.1 * 200 <= tokens <= 0.2 * 200 for tokens in shared)


def test_no_overlap_when_none_is_asked_for() -> None:
    chunks = chunk_document(_plain(LONG), CollectionSettings(chunk_tokens=60, overlap=0))
    for before, after in pairwise(chunks):
        assert after.start > before.end - 1


def test_long_sentences_overlap_by_words() -> None:
    text = "; ".join("word " * 45 for _ in range(10)) + "."
    chunks = chunk_document(_plain(text), CollectionSettings(chunk_tokens=100, overlap=0.2))
    for before, after in pairwise(chunks):
        assert before.start < after.start < before.end


def test_heading_starts_a_chunk_once_half_full() -> None:
    body = " ".join(SENTENCES[:12])
    source = f"# T\n\n## One\n\n{body}\n\n## Two\n\n{body}\n".encode()
    settings = CollectionSettings(chunk_tokens=200)
    chunks = chunk_document(parse_document(source, "t.md"), settings)
    assert [chunk.heading for chunk in chunks] == ["One", "Two"]
    assert chunks[1].text.startswith("## Two")


def test_split_headings_makes_every_section_a_chunk() -> None:
    source = b"# T\n\nIntro.\n\n## A\n\nOne.\n\n## B\n\n### C\n\nTwo.\n"
    chunks = chunk_document(parse_document(source, "t.md"), CollectionSettings(split_headings=True))
    assert [chunk.text for chunk in chunks] == ["Intro.", "## A\n\nOne.", "## B\n\n### C\n\nTwo."]


def test_pages_are_kept() -> None:
    page = " ".join(SENTENCES[:12])
    text = f"{page}\f{page}"
    parsed = ParsedDocument("t", text, (Mark(0, page=1), Mark(len(page) + 1, page=2)))
    chunks = chunk_document(parsed, CollectionSettings(chunk_tokens=150))
    assert [chunk.page for chunk in chunks] == [1, 2]


def test_text_without_spaces_is_cut_too() -> None:
    text = "x" * 10_000
    chunks = chunk_document(_plain(text), CollectionSettings(chunk_tokens=50, overlap=0))
    assert "".join(chunk.text for chunk in chunks) == text
    assert all(estimate_tokens(chunk.text) <= 50 for chunk in chunks)


def test_white_space_has_no_chunk() -> None:
    assert chunk_document(_plain(" \n\t\n"), CollectionSettings()) == ()
