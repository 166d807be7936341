"""What people see: tables whose ids can be copied."""

from __future__ import annotations

import pytest

from deployments.cli.output import show_table


def test_a_row_is_a_line_however_narrow_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    ids = [f"dec_{digit}" + digit * 60 for digit in "ab"]
    show_table(("AT", "DECISION", "BYTES"), [("2026-11-29T08:06:04", one, "9") for one in ids])
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["AT", "DECISION", "BYTES"]
    assert [row.split()[1] for row in rows] == ids
