"""PDF as text, page by page."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader, PdfWriter

from models.errors import InvalidDocument
from retrieval.parsing import parse_document
from tests.pdf import make_pdf


def test_pages_and_title() -> None:
    parsed = parse_document(make_pdf("First page.", "Second page.", title="Manual"), "m.pdf")
    assert parsed.title == "Manual"
    starts = [(mark.page, parsed.text[mark.start :].split("\f")[0]) for mark in parsed.marks]
    assert starts == [(1, "First page."), (2, "Second page.")]


def test_name_is_the_title_when_the_file_has_none() -> None:
    assert parse_document(make_pdf("Text."), "folder/m.pdf").title == "m"


def test_pages_without_text_are_refused() -> None:
    with pytest.raises(InvalidDocument, match="OCR"):
        parse_document(make_pdf("", ""), "scan.pdf")


def test_encrypted_file_is_refused() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(make_pdf("Text."))))
    writer.encrypt("password", algorithm="AES-256")
    locked = io.BytesIO()
    writer.write(locked)
    with pytest.raises(InvalidDocument, match="encrypted"):
        parse_document(locked.getvalue(), "locked.pdf")


def test_cut_off_file_is_refused_or_read_but_never_crashes() -> None:
    whole = make_pdf("Text.", "More.")
    for end in range(0, len(whole), 37):
        try:
            parse_document(whole[:end], "cut.pdf")
        except InvalidDocument as error:
            assert "cut.pdf" in error.message


def test_what_a_database_can_not_hold_is_left_out_of_text_and_title() -> None:
    parsed = parse_document(make_pdf(r"Fi\000rst.", "Second.", title=r"Man\000ual"), "m.pdf")
    assert (parsed.title, parsed.text) == ("Manual", "First.\fSecond.")
    assert [parsed.text[mark.start :][:3] for mark in parsed.marks] == ["Fir", "Sec"]
