"""The changelog speaks of the version that is built."""

from __future__ import annotations

import re
import tomllib

from tests.tracked import ROOT


def test_the_changelog_has_entries_for_what_comes_next_or_for_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    text = (ROOT / "CHANGELOG.md").read_text()
    sections = dict(re.findall(r"^## (\S+).*\n((?:(?!^## ).*\n?)*)", text, re.MULTILINE))
    newest = next(iter(sections))
    assert newest in ("Unreleased", version)
    assert re.search(r"^- [A-Z`]", sections[newest], re.MULTILINE)


def test_each_entry_is_one_sentence() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    entries = re.findall(r"^- ((?:.|\n(?!\n|- |#))*)", text, re.MULTILINE)
    assert entries
    assert [e for e in entries if not e.rstrip().endswith(".") or ". " in e] == []
