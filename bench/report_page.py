"""The report as a page, as Markdown, and as the block that stands in the README."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from bench.report_run import Record
from bench.report_sections import Section, Table, parts_table, results, sections, targets_table
from bench.report_targets import targets

_STYLE = """
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #222; max-width: 64rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem 1.4rem .25rem 0; text-align: left; border-bottom: 1px solid #ddd;
  white-space: nowrap; vertical-align: top; }
th { font-weight: 600; } td.figure, th.figure { text-align: right; }
td.met { color: #1a7f37; } td.missed, td.failed { color: #b42318; font-weight: 600; }
p.warning { background: #fff4e5; border-left: 4px solid #e08600; padding: .6rem 1rem; }
p.failed { background: #fdecea; border-left: 4px solid #b42318; padding: .6rem 1rem;
  white-space: pre-wrap; }
svg { max-width: 100%; height: auto; } dl { display: grid; grid-template-columns: max-content 1fr;
  gap: .2rem 1rem; } dt { color: #666; } dd { margin: 0; }
"""
# A core that other work had before the part began.
_BUSY = 1.0


@dataclass(frozen=True, slots=True)
class Page:
    """What both forms of the report are made from."""

    records: tuple[Record, ...]
    about: Mapping[str, Any]
    sections: tuple[Section, ...]
    promises: Table
    warnings: tuple[str, ...]


def compose(records: Sequence[Record], about: Mapping[str, Any]) -> Page:
    """The page that these records come to."""
    promises = targets_table(targets(results(records)))
    return Page(
        tuple(records), about, tuple(sections(records)), promises, tuple(_warnings(records))
    )


def _warnings(records: Sequence[Record]) -> Iterator[str]:
    if any(one.quick for one in records):
        yield "A quick look: too few rounds for figures to be quoted."
    if failed := [one.part for one in records if one.status == "failed"]:
        yield f"Failed, so missing below: {', '.join(failed)}."
    if left := [one.part for one in records if one.status == "not run"]:
        yield f"Not run: {', '.join(left)}."
    if len({one.origin for one in records if one.date}) > 1:
        yield "The parts were measured at different commits or on different machines."
    loads = [_load(one.result) for one in records if one.result]
    if max(loads, default=0.0) > _BUSY:
        yield (
            f"The machine had other work: a load of up to {max(loads):.1f} before a part began. "
            "Differences in pairs bear that better than plain times do."
        )


def _load(result: Mapping[str, Any]) -> float:
    about = result.get("machine") or result.get("about") or {}
    return float(about.get("load_before", 0.0))


def as_markdown(page: Page) -> str:
    """The report for a terminal or a repository; plots are in the page alone."""
    return "\n".join(_markdown(page)) + "\n"


def _markdown(page: Page) -> Iterator[str]:
    yield "# What this Podium does, measured\n"
    yield from (f"**{warning}**\n" for warning in page.warnings)
    yield from (f"- {name}: {value}" for name, value in page.about.items())
    yield "\n## Promises\n"
    yield from _markdown_table(page.promises)
    for section in page.sections:
        yield f"\n## {section.title}\n"
        if section.intro:
            yield f"{section.intro}\n"
        for table in section.tables:
            yield from _markdown_table(table)
            yield ""
        yield from (f"{note}\n" for note in section.notes)
    yield "## What was run\n"
    yield from _markdown_table(parts_table(page.records))


def _markdown_table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(table.head)} |"
    yield f"|{'---|' * len(table.head)}"
    for row in table.rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"


def as_html(page: Page, plots: Mapping[str, str]) -> str:
    """One file that needs nothing else: styles and plots stand in it."""
    return "\n".join(_html(page, plots)) + "\n"


def _html(page: Page, plots: Mapping[str, str]) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width"><title>Podium, measured</title>'
    yield f"<style>{_STYLE}</style></head><body>"
    yield "<h1>What this Podium does, measured</h1>"
    yield from (f'<p class="warning">{escape(warning)}</p>' for warning in page.warnings)
    yield "<dl>"
    for name, value in page.about.items():
        yield f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>"
    yield "</dl><h2>Promises</h2>"
    yield from _html_table(page.promises)
    for section in page.sections:
        yield f'<h2 id="{escape(section.name)}">{escape(section.title)}</h2>'
        if section.intro:
            yield f"<p>{escape(section.intro)}</p>"
        if section.figure is not None and section.figure in plots:
            yield plots[section.figure]
        for table in section.tables:
            yield from _html_table(table)
        for note in section.notes:
            kind = ' class="failed"' if note.startswith("FAILED") else ""
            yield f"<p{kind}>{escape(note)}</p>"
    yield "<h2>What was run</h2>"
    yield from _html_table(parts_table(page.records))
    yield "</body></html>"


def _html_table(table: Table) -> Iterator[str]:
    figures = [_is_figures([row[place] for row in table.rows]) for place in range(len(table.head))]
    yield '<div class="wide"><table><thead><tr>'
    for name, figure in zip(table.head, figures, strict=True):
        yield f"<th{_class('figure' if figure else '')}>{escape(name)}</th>"
    yield "</tr></thead><tbody>"
    for row in table.rows:
        cells = (
            f"<td{_class('figure' if figure else cell)}>{escape(cell)}</td>"
            for cell, figure in zip(row, figures, strict=True)
        )
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"


def _class(name: str) -> str:
    return f' class="{name}"' if name in ("figure", "met", "missed", "failed") else ""


def _is_figures(cells: Sequence[str]) -> bool:
    return all(not cell or cell == "-" or cell[0] in "0123456789+-≤≥\N{MULTIPLICATION SIGN}"
               for cell in cells) and any(cells)  # fmt: skip
