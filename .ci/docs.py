"""Writes every reference page that is made from the code: `make docs`; --check only compares."""

from __future__ import annotations

import sys
from pathlib import Path

import cli_reference
import docs_catalog
import docs_errors
import docs_http
import docs_metrics
import docs_policy
import docs_settings

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
PAGES = (docs_catalog, docs_errors, docs_http, docs_metrics, docs_policy, docs_settings)


def pages() -> dict[str, str]:
    """The text of every page by its file name."""
    return {"cli.md": cli_reference.reference()} | {one.PAGE: one.page() for one in PAGES}


def stale(folder: Path = FOLDER) -> list[str]:
    """The pages that do not say what the code says."""
    return [
        name
        for name, text in pages().items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Write the pages, or with --check name those that are not up to date."""
    if "--check" in sys.argv[1:]:
        old = stale()
        if old:
            print(f"Not up to date: {', '.join(old)}. Run `make docs`.", file=sys.stderr)
        return 1 if old else 0
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
