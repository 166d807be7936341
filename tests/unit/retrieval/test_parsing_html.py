"""HTML as text."""

from __future__ import annotations

from retrieval.parsing_html import read_html

PAGE = """<!doctype html><html><head><title> Our
 returns </title><style>p { color: red }</style></head>
<body><h1>Returns</h1><p>You may <b>return</b> it<br>within 30&nbsp;days &amp; more.</p>
<script>alert("no")</script>
<h2>Head<i>sets</i></h2><ul><li>One</li><li>Two</li></ul></body></html>"""


def test_text_and_title() -> None:
    parsed = read_html(PAGE, "file")
    assert parsed.title == "Our returns"
    lines = [line.strip() for line in parsed.text.split("\n") if line.strip()]
    assert lines == [
        "Returns",
        "You may return it",
        "within 30 days & more.",
        "Headsets",
        "One",
        "Two",
    ]


def test_headings_mark_where_they_stand() -> None:
    parsed = read_html(PAGE, "file")
    marked = {mark.heading: parsed.text[mark.start :].split("\n")[0] for mark in parsed.marks}
    assert marked["Returns"] == "Returns"
    assert marked["Returns > Headsets"] == "Headsets"


def test_first_heading_or_the_name_is_the_title() -> None:
    assert read_html("<h1>Top</h1>x", "file").title == "Top"
    assert read_html("x", "file").title == "file"


def test_broken_html_is_read_as_far_as_it_goes() -> None:
    assert "text" in read_html("<p><b>text</p></h2></script>", "file").text
