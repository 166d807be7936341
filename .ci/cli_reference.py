"""Writes docs/reference/cli.md from the command line itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from deployments.cli.app import app
from deployments.cli.failures import ExitCode

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference" / "cli.md"
HEAD = """# Command line

<!-- Made by .ci/cli_reference.py from the commands themselves; change those, then run it again. -->

With `--json`, standard output holds exactly one JSON document; progress, logs and warnings go to
standard error. A command that fails prints `{"error": {"message", "type", "param", "code"}}`
there instead. `podium run --events` prints one JSON object a line.

The server is `--url` or `PODIUM_BASE_URL`, else the one that runs on the home. The key is `--key`
or `PODIUM_API_KEY`, else the home's first key, which is sent to this machine and to the home's own
server only. `podium --install-completion` sets up completion for the shell.
"""
MEANINGS = {
    ExitCode.OK: "done",
    ExitCode.FAILED: "what was checked does not hold, or the server failed",
    ExitCode.USAGE: "wrong usage, or an invalid file or request",
    ExitCode.UNREACHABLE: "no Podium reachable",
    ExitCode.DENIED: "refused by policy",
    ExitCode.UNAUTHORISED: "not authorised",
    ExitCode.TIMEOUT: "no answer in time",
    ExitCode.INTERRUPTED: "interrupted",
}


def reference() -> str:
    """The whole page."""
    codes = ["| exit code | meaning |", "|---|---|"]
    codes += [f"| {int(code)} | {meaning} |" for code, meaning in MEANINGS.items()]
    sections = [HEAD, "\n".join(codes) + "\n"]
    sections += _sections("podium", typer.main.get_command(app))
    return "\n".join(sections)


def _sections(name: str, command: Any) -> Iterator[str]:
    children = getattr(command, "commands", {})
    for child_name, child in sorted(children.items()):
        yield from _sections(f"{name} {child_name}", child)
    if not children:
        yield _section(name, command)


def _section(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = " ".join([name, "[OPTIONS]", *(_placeholder(p) for p in arguments)])
    lines = [f"## `{name}`", "", command.help or "", "", "```text", usage, "```", ""]
    rows = [_row(_placeholder(p), p) for p in arguments]
    rows += [_row(_flags(p), p) for p in options if p.name != "help"]
    return "\n".join([*lines, "| | |", "|---|---|", *rows, ""])


def _placeholder(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.strip("_").upper()
    return name if parameter.required else f"[{name}]"


def _flags(parameter: Any) -> str:
    flags = ", ".join(sorted(parameter.opts, key=len, reverse=True))
    return flags if parameter.is_flag else f"{flags} {parameter.metavar or ''}".rstrip()


def _row(name: str, parameter: Any) -> str:
    facts = [parameter.help or ""]
    if parameter.envvar:
        facts.append(f"Environment: `{parameter.envvar}`.")
    if parameter.default not in (None, False, ()) and not callable(parameter.default):
        facts.append(f"Default: `{parameter.default}`.")
    text = " ".join(filter(None, facts)).replace("|", "\\|")
    return f"| `{name}` | {text} |"


def main() -> int:
    """Write the page, or with --check say whether it is up to date."""
    text = reference()
    if "--check" in sys.argv[1:]:
        return 0 if TARGET.is_file() and TARGET.read_text(encoding="utf-8") == text else 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
