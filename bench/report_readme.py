"""The figures of the README: written from a report, never by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.report_page import Page
from bench.report_run import Origin
from models.errors import SetupError

BEGIN = "<!-- figures: written by `podium bench report --readme` -->"
END = "<!-- end of figures -->"


def block(page: Page) -> str:
    """What stands between the marks: each promise that was measured, on what, and when."""
    return "\n".join(_lines(page))


def _lines(page: Page) -> Iterator[str]:
    yield "| | promised | measured | 95 % | |"
    yield "|---|---|---|---|---|"
    for what, target, measured, span, verdict in page.promises.rows:
        if verdict != "not measured":
            shown = f"**{verdict}**" if verdict == "missed" else verdict
            yield f"| {what} | {target} | {measured} | {span} | {shown} |"
    yield ""
    # Of the oldest figure, not of the day on which they are put here.
    date = min(one.date for one in page.records if one.date)
    yield f"`podium bench report`, {date}, {page.about['machine']}."
    yield from page.warnings


def write_readme(path: Path, page: Page) -> None:
    """Put the figures between the marks; SetupError where there are none, or figures are thin."""
    if page.warnings and any(one.quick for one in page.records):
        raise SetupError("A quick look is not for the README: run the report without --quick.")
    if lacking := [one.part for one in page.records if one.status in ("failed", "not run")]:
        raise SetupError(
            f"The README takes a whole report; there are no figures of: {', '.join(lacking)}."
            " Run the report again: what was measured is kept."
        )
    if others := [one.part for one in page.records if one.origin != _origin(page)]:
        raise SetupError(
            "The README takes the figures of one commit and machine; those of another are:"
            f" {', '.join(others)}. Run the report again here: it measures them anew."
        )
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SetupError(f"{path.name} has no place for figures: put {BEGIN} and {END} into it.")
    path.write_text(f"{before}{BEGIN}\n{block(page)}\n{END}{after}", encoding="utf-8")


def _origin(page: Page) -> Origin:
    return Origin(page.about["commit"], page.about["machine"])
