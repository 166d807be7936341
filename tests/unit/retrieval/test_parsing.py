"""Parsing text and Markdown, and refusing what cannot be parsed by the file's name."""

from __future__ import annotations

import pytest

from models.errors import BodyTooLarge, InvalidDocument
from retrieval import parsing
from retrieval.documents import Mark
from retrieval.parsing import parse_document


def test_text_is_kept_as_it_is() -> None:
    parsed = parse_document("Grüße\nan alle".encode(), "notes/hello.txt")
    assert (parsed.title, parsed.text) == ("hello", "Grüße\nan alle")


def test_byte_order_mark_is_dropped() -> None:
    assert parse_document(b"\xef\xbb\xbfhi", "a.txt").text == "hi"


def test_markdown_title_and_headings() -> None:
    text = "# Returns #\n\nIntro.\n\n## Periods\n\nA\n\n### Headsets\n\nB\n\n## Costs\n\nC\n"
    parsed = parse_document(text.encode(), "returns.md")
    assert parsed.title == "Returns"
    headings = [(text[mark.start :].split("\n")[0], mark.heading) for mark in parsed.marks[1:]]
    assert headings == [
        ("## Periods", "Periods"),
        ("### Headsets", "Periods > Headsets"),
        ("## Costs", "Costs"),
    ]
    assert text[parsed.marks[0].start :].lstrip().startswith("Intro.")


def test_code_in_markdown_has_no_headings() -> None:
    parsed = parse_document(b"# T\n\n```\n# comment\n```\n\n## Real\n\nx\n", "t.md")
    assert [mark.heading for mark in parsed.marks] == ["", "Real"]


def test_markdown_of_a_title_alone_keeps_it_as_text() -> None:
    assert parse_document(b"# Only this\n", "t.md").marks == (Mark(0),)


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"caf\xe9", "bad.txt", "byte 3 is not valid UTF-8"),
        (b"caf\xe9", "bad.md", "UTF-8"),
        (b"caf\xe9", "bad.html", "UTF-8"),
        (b"a\0b", "nul.txt", "binary"),
        (b"", "empty.txt", "no text"),
        (b" \n", "blank.md", "no text"),
        (b"<html><script>x()</script></html>", "script.html", "no text"),
        (b"x", "sheet.xlsx", "use one of"),
        (b"x", "noending", "use one of"),
        (b"%PDF-1.4 broken", "broken.pdf", "no readable PDF"),
        (b"", "empty.pdf", "no readable PDF"),
    ],
)
def test_bad_files_are_refused_by_name(content: bytes, name: str, said: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        parse_document(content, name)
    assert name in caught.value.message
    assert said in caught.value.message
    assert caught.value.param == "file"


def test_unknown_media_type_is_refused() -> None:
    with pytest.raises(InvalidDocument) as caught:
        parse_document(b"x", "a.txt", "image/png")
    assert caught.value.param == "media_type"


def test_size_is_limited() -> None:
    with pytest.raises(BodyTooLarge):
        parse_document(b"x" * (parsing.MAX_BYTES + 1), "big.txt")


def test_messages_hold_no_content() -> None:
    with pytest.raises(InvalidDocument) as caught:
        parse_document(b"secret words \xff", "a.txt")
    assert "secret" not in caught.value.message
