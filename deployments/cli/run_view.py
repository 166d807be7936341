"""A run as people watch it: steps on stderr as they end, the reply on stdout as it is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from deployments.cli.ask import source_lines
from deployments.cli.output import note, say, stream


class RunView:
    """Shows events one by one; knows how far into a line of the reply it is."""

    def __init__(self) -> None:
        self._writing = False

    def show(self, event: dict[str, Any]) -> None:
        """Show what an event adds."""
        kind = event.get("type")
        if kind == "step.finished":
            self._break()
            note(_step_line(event))
        elif kind == "reply.delta":
            stream(event.get("text") or "")
            self._writing = True
        elif kind == "reply.restarted":
            self._break()
            note("The reply begins again.")
        elif kind == "run.finished" and isinstance(event.get("error"), dict):
            self._break()
            note(f"Error: {event['error'].get('message')}")

    def finish(self, run: dict[str, Any]) -> None:
        """Show what only the finished run tells: the other outputs, sources and checks."""
        output = run.get("output") or {}
        if not self._writing and output.get("reply"):
            say(output["reply"])
        self._break()
        for name, value in output.items():
            if name not in ("reply", "sources") and value not in (None, "", []):
                say(f"{name}: {value}")
        for line in source_lines(run.get("sources") or []):
            say(line)
        for line in _check_lines(run.get("checks") or []):
            note(line)
        for act in run.get("approvals") or []:
            note(f"waits for people: podium approvals show {act}")
        note(f"{run.get('status')} · {run.get('run_id')}")

    def _break(self) -> None:
        if self._writing:
            say("")
        self._writing = False


def _step_line(step: dict[str, Any]) -> str:
    took = step.get("duration_ms")
    spent = f"{took:8.0f} ms" if isinstance(took, int | float) else " " * 11
    words = (step.get("status"), step.get("model"), step.get("summary"))
    return f"{spent}  {step.get('name') or step.get('step')}: {'  '.join(filter(None, words))}"


def _check_lines(checks: Iterable[dict[str, Any]]) -> Iterable[str]:
    for check in checks:
        words = ("passed" if check.get("passed") else "FAILED", check.get("detail"))
        yield f"check {check.get('name')}: {', '.join(filter(None, words))}"
