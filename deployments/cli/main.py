"""Entry of the `podium` command: every failure becomes a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from deployments.cli.app import app
from deployments.cli.failures import (
    AnsweredError,
    ExitCode,
    error_object,
    exit_code,
    usage_object,
)
from deployments.cli.output import emit, note
from models.errors import PodiumError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; never prints a traceback."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words or "--events" in words
    try:
        code = app(args=words, prog_name="podium", standalone_mode=False)
    except typer.TyperException as error:
        return _usage(error, as_json)
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except Exception as error:
        return _failed(error, as_json)
    return code if isinstance(code, int) else ExitCode.OK


def _usage(error: typer.TyperException, as_json: bool) -> int:
    param = getattr(error, "option_name", None) or getattr(error, "param_hint", None)
    if as_json:
        emit({"error": usage_object(error.format_message(), str(param) if param else None)})
    elif type(error).__name__ == "NoArgsIsHelpError":
        note(error.format_message())
    else:
        note(f"Error: {error.format_message()}\nSee `podium --help`.")
    return error.exit_code


def _failed(error: Exception, as_json: bool) -> int:
    foreseen = isinstance(error, PodiumError | AnsweredError)
    if not foreseen and os.environ.get("PODIUM_DEBUG") == "1":
        raise error
    told = error_object(error)
    if as_json:
        emit({"error": told})
    else:
        note(f"Error: {told['message']}")
    return exit_code(error)


if __name__ == "__main__":
    sys.exit(main())
