"""Where values may stand: running text, and nothing that could be code, a URL or a tag."""

from __future__ import annotations

import pytest

from router.pseudonyms.places import Places

HERE = "\N{BLACK CIRCLE}"


def _places(text: str) -> str:
    """The text with + for every mark at which a value may stand, and - for the others."""
    places, out = Places(), []
    for index, piece in enumerate(text.split(HERE)):
        if index:
            out.append("+" if places.running_text else "-")
            places.feed("value")
        places.feed(piece)
        out.append(piece)
    return "".join(out)


def _check(marked: str) -> None:
    text = marked.replace("+", HERE).replace("-", HERE)
    assert _places(text) == marked


@pytest.mark.parametrize(
    "marked",
    [
        "+",
        'Dear +, thank you.\n\n* +\n* **+** _+_ (+) "+" {+}',
        "| + | + |\n# +\n> +\n1. +",
        "Name <+> and +",
        "3 < 4 and + > 2",
        "[+](https://a.b) +",
        "a\\`b + c",
        "don't + [note] + [x] (+)",
        "line\n    +",
    ],
)
def test_running_text(marked: str) -> None:
    _check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "`-` +",
        "``a ` -`` +",
        "`a`-`b`".replace("-", "+"),
        "\\`` - `+",
        "` -\n-\n\n+",
        "`a\n\n`-`",
        "``a ` - `` + ` -",
        "` -\r\n-\r\n\r\n+",
        "` -\r-\r\r+",
    ],
)
def test_code_in_a_line(marked: str) -> None:
    _check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "```\n-\n```\n+",
        "``` -\n-\n~~~\n-\n```` \n+",
        "~~~py\n-\n```\n-\n~~~\n+",
        "```\r\n-\r\n```\r\n+",
        "~~~\r-\r~~~\r+",
        "~~~\r\n-\r\n~~~\r\n+",
        "   ```\n   -\n   ```\n+",
        "```\n-",
        "````\n```\n-\n````\n+",
        "```a`b\n-\n\n+",
        "```\n<b `` ](\n```\n+",
        "> ```\n> -\n> ```\n-",
        "* ```\n  -\n  ```\n-",
        "    ```\n-",
        "```\n-\n  ```\n-",
        "  ```\nout\n  ```\n-",
        "<div>\n```\n</div>\n\n```\n-",
        "```\n-\n``` x\n-",
    ],
)
def test_fences(marked: str) -> None:
    _check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "https://a.b/- +",
        "https://a.b/?q=x&r=-&s=-\n+",
        "http:- HTTPS:- ftp://- //a/- https:\\\\a\\-",
        "see www.a.b/-, a.example/- and a.example:80/-",
        "mailto:- tel:- data:text/html,- javascript:-",
        "[x](- -\n\n+",
        "[x](-) +",
        "[x](a(b)-) +",
        "[x](a\\)-) +",
        "[x](\n-\n\n+",
        '![i](/a.png?- "t -") +',
        "[x](</a b-",
        "[r]: - -\n+",
        "[r]:\n-\n+",
        "> [r]: /-",
        "https://a.b)-",
        "https://a.b\N{NO-BREAK SPACE}-",
        'https://a.b"-',
    ],
)
def test_urls(marked: str) -> None:
    _check(marked)


@pytest.mark.parametrize(
    "marked",
    [
        "<a href=\"-\" title='-' b=->+</a> +",
        "<img src=/?-",
        '<a title=">" href=->+',
        '<a b"c>-',
        "<a `>-",
        "<code>-</code> -",
        "<PRE class=x>-</PRE>-",
        "<script>-",
        "<!-- - --> -",
        "<?php - ?> -",
        "a <b and - > +",
        "</p->+",
        "<codex>+",
    ],
)
def test_tags(marked: str) -> None:
    _check(marked)


def test_after_what_cannot_be_told_no_value_stands_any_more() -> None:
    assert _places(f"{HERE}\n\n{HERE}") == "+\n\n+"
    assert _places(f"<code>\n\n{HERE}\n\n{HERE}") == "<code>\n\n-\n\n-"
