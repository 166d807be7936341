"""`podium doctor`: what is wrong here, and how to mend it."""

from __future__ import annotations

import os
from dataclasses import asdict

import typer

from deployments.cli.failures import ExitCode
from deployments.cli.options import HomeOption, JsonOption
from deployments.cli.output import emit, say
from deployments.cli.target import home_of

_MARKS = {"ok": "ok  ", "warn": "WARN", "fail": "FAIL"}


def doctor(json_: JsonOption = False, home: HomeOption = None) -> None:
    """Look over the installation, the home and what runs; exits 1 when something must be mended."""
    from deployments.doctor.examine import examine

    findings = []
    for found in examine(home_of(home), os.environ):
        findings.append(found)
        if not json_:
            say(f"{_MARKS[found.level]}  {found.name}: {found.detail}")
            if found.fix:
                say(f"      → {found.fix}")
    failed = any(found.level == "fail" for found in findings)
    if json_:
        emit({"ok": not failed, "checks": [asdict(found) for found in findings]})
    if failed:
        raise typer.Exit(ExitCode.FAILED)
