"""`podium bench report`: every measurement one after the other, and one page a person can read.

A part that was measured at this commit on this machine is kept, so a report that was interrupted
goes on where it stopped. A part that fails is told on the page, and the others are measured.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

from bench.machine import about_machine
from bench.report_page import Page, as_html, as_markdown, compose
from bench.report_parts import PARTS, Part
from bench.report_plots import plots
from bench.report_readme import write_readme
from bench.report_run import Origin, Record, blank, keep_record, origin, read_record, run_part
from bench.report_sections import results
from models.errors import PodiumError, SetupError

_DEFAULT = Path("build/bench/report")
_BEGAN = time.monotonic()


def gather(arguments: argparse.Namespace, parts: Sequence[Part], where: Origin) -> list[Record]:
    """A record of every part: kept, measured now, or what stands in its way."""
    chosen = [part for part in parts if not arguments.parts or part.name in arguments.parts]
    for number, part in enumerate(chosen, start=1):
        wanted, head = blank(part, arguments.quick, where), f"[{number}/{len(chosen)}] {part.name}"
        kept = read_record(arguments.out, part.name)
        if kept is not None and kept.fits(wanted) and not arguments.again:
            _note(f"{head}: kept, measured {kept.date}")
            continue
        if arguments.only_page:
            continue
        _note(f"{head}: {wanted.command}")
        done = run_part(part, wanted, arguments.out, lambda line: _note(f"    {line}"))
        keep_record(arguments.out, done)
        why = f": {done.reason.splitlines()[0]}" if done.reason else ""
        _note(f"{head}: {done.status} in {done.seconds:.0f} s{why}")
    return [_best(arguments, part, where) for part in parts]


def _best(arguments: argparse.Namespace, part: Part, where: Origin) -> Record:
    """What is kept of a part, of an older commit too: the page says of which."""
    kept = read_record(arguments.out, part.name)
    if kept is None or kept.quick != arguments.quick:
        return blank(part, arguments.quick, where)
    return kept


def write(folder: Path, records: Sequence[Record], where: Origin) -> Page:
    """Write report.json, report.md and index.html."""
    machine = about_machine([])
    about = {
        "date": machine["date"],
        "commit": where.commit,
        "machine": where.machine,
        "versions": ", ".join(f"{name} {number}" for name, number in machine["versions"].items()),
    }
    page = compose(records, about)
    whole: dict[str, Any] = {
        "about": about,
        "warnings": page.warnings,
        "promises": [dict(zip(page.promises.head, row, strict=True)) for row in page.promises.rows],
        "parts": [asdict(one) for one in records],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    (folder / "report.md").write_text(as_markdown(page), encoding="utf-8")
    html = as_html(page, plots(results(records)))
    (folder / "index.html").write_text(html, encoding="utf-8")
    return page


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    names = [part.name for part in PARTS]
    parser = argparse.ArgumentParser(
        prog="podium bench report", description="Measure everything and write one page."
    )
    parser.add_argument("--parts", nargs="+", choices=names, metavar="PART", help=", ".join(names))
    parser.add_argument("--quick", action="store_true", help="few rounds: does it run at all?")
    parser.add_argument("--again", action="store_true", help="measure what is kept, too")
    parser.add_argument("--only-page", action="store_true", help="measure nothing, write the page")
    parser.add_argument("--readme", type=Path, help="also put the figures into this README")
    parser.add_argument("--out", type=Path, default=_DEFAULT, help=f"folder ({_DEFAULT})")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Measure, write the page, and exit 1 when a part failed, 130 when interrupted."""
    arguments = _arguments(words)
    # The parts run in the source's folder, wherever this was called.
    arguments.out = arguments.out.absolute()
    where = origin()
    try:
        with _heard_signals():
            records = gather(arguments, PARTS, where)
        page = write(arguments.out, records, where)
        if arguments.readme:
            write_readme(arguments.readme, page)
    except KeyboardInterrupt:
        _note("interrupted; what was measured is kept, run the same command to go on")
        return 130
    except (PodiumError, OSError) as error:
        _note(f"Error: {error}")
        return 2 if isinstance(error, SetupError) else 1
    _note(f"report: {arguments.out / 'index.html'}")
    return 1 if any(one.status == "failed" for one in records) else 0


@contextmanager
def _heard_signals() -> Iterator[None]:
    """SIGTERM and Ctrl-C stop the part that runs, in a job of the background as well."""
    before = signal.signal(signal.SIGTERM, _on_terminate)
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, interrupt)


def _on_terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _note(text: str) -> None:
    print(f"{time.monotonic() - _BEGAN:7.0f} s  {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
