"""One call of the demo as it is watched: what was heard, found, drafted, replied, and how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from deployments.cli.examples import Call
from deployments.cli.output import say, stream

_WIDTH = 40


class CallView:
    """Prints each event's share; the draft and the reply grow as they are written."""

    def __init__(self, call: Call) -> None:
        self._writing: str | None = None
        self._shown: Mapping[str, Callable[[Any], None]] = {
            "transcribe": self._transcript,
            "intent": self._intent,
            "customer": self._customer,
            "policies": self._policies,
        }
        say(f"\n── {call.audio.name} · customer {call.customer_id} " + "─" * 20)

    def show(self, event: dict[str, Any]) -> None:
        """Show what an event adds."""
        kind, step = event.get("type"), event.get("step")
        if kind == "step.delta" and step == "draft":
            self._write("draft", event["text"])
        elif kind == "reply.delta":
            self._write("reply", event["text"])
        elif kind in ("step.restarted", "reply.restarted"):
            self._line("(begins again)")
        elif kind == "step.finished" and event.get("value") is not None:
            shower = self._shown.get(str(step))
            if shower is not None:
                shower(event["value"])

    def finish(self, run: dict[str, Any]) -> None:
        """Show the note, the sources, the checks and the time of every step."""
        self._break()
        note = (run.get("output") or {}).get("note")
        if note:
            self._line(f"escalation  {note}")
        for number, source in enumerate(run.get("sources", []), 1):
            self._line(f"source [{number}]  {source['id']} · {source['title']}")
        for check in run.get("checks", []):
            passed = "passed" if check["passed"] else "FAILED"
            self._line(f"check       {check['name']}: {passed} {check['detail']}".rstrip())
        self._bars(run)

    def _transcript(self, value: Any) -> None:
        self._line(f"heard       {_field(value, 'text') or '(nobody speaks)'}")

    def _intent(self, value: Any) -> None:
        self._line(
            f"intent      {value.get('intent')} · {value.get('product') or 'no product'}"
            f" · order {value.get('order') or 'none'} · sentiment {value.get('sentiment')}"
        )

    def _customer(self, value: Any) -> None:
        rows = _field(value, "rows") or []
        for row in rows:
            self._line(f"record      {row.get('record')}")
        if not rows:
            self._line("record      none of this customer")

    def _policies(self, value: Any) -> None:
        for hit in _field(value, "hits") or []:
            text = " ".join(str(hit.get("text", "")).split())
            self._line(f"found       {hit['id']}: {text[:90]}")

    def _write(self, what: str, text: str) -> None:
        if self._writing != what:
            self._break()
            stream(f"{what:<12}")
            self._writing = what
        stream(text)

    def _line(self, text: str) -> None:
        self._break()
        say(text)

    def _break(self) -> None:
        if self._writing is not None:
            say("")
        self._writing = None

    def _bars(self, run: dict[str, Any]) -> None:
        steps = [s for s in run.get("steps", []) if s.get("duration_ms") is not None]
        whole = max((s["started_ms"] + s["duration_ms"] for s in steps), default=0.0) or 1.0
        for step in steps:
            before = round(step["started_ms"] / whole * _WIDTH)
            size = max(1, round(step["duration_ms"] / whole * _WIDTH))
            bar = (" " * before + "█" * size)[:_WIDTH]
            if step["status"] == "skipped":
                bar = ""
            self._line(
                f"{step['name']:<11} {bar:<{_WIDTH}} {step['duration_ms']:7.0f} ms"
                f"  {step['status']} {step.get('model') or ''}".rstrip()
            )


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else value
