"""The demo's last part, with a stub for a provider: what leaves, as what, and what stays inside."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from deployments.cli.demo_home import PIPELINE
from deployments.cli.failures import AnsweredError
from deployments.cli.output import say
from deployments.cli.server import Server

MODEL = "chatgpt"
CUSTOMER = "C-1042"
QUESTION = "Which day of the week suits deliveries best?"
RECORD_QUESTION = "What did I order, and when did it go out?"
EMAIL = "maria.young@example.com"
EMAIL_QUESTION = f"Write one line to {EMAIL} that her parcel is on its way."
CLOSED_QUESTION = "Why did we lose the Harbor account?"
_TOKEN = re.compile(r"\[\[[A-Z-]+:[0-9a-z]{8}\]\]")


def show_outside(server: Server, capture: Path) -> list[str]:
    """Ask each question, show what the stub received, and give what was not as it should be."""
    say(f"\n── A model outside: {MODEL}, here a stub on loopback " + "─" * 20)
    say(
        "The policy of this demo's instance, and of no other, approves pseudonyms. As shipped it"
        "\napproves none, and all personal data stays inside."
    )
    show = _Show(server, capture)
    wrong = [
        *show.plain("INTERNAL: leaves as it is", QUESTION),
        *show.record("CONFIDENTIAL, pii: a customer's record leaves as pseudonyms"),
        *show.chat("CONFIDENTIAL, pii: so does what the detectors find in a chat"),
        *show.refused("CONFIDENTIAL, nothing to replace: stays inside"),
    ]
    say(f"\nAll that was received stands in {capture} until the demo ends; --keep leaves it.")
    return wrong


class _Show:
    """Asks, prints three lines a question, and says what is wrong."""

    def __init__(self, server: Server, capture: Path) -> None:
        self._server = server
        self._capture = capture
        self._seen = 0

    def plain(self, title: str, text: str) -> list[str]:
        answer = self._chat(text)
        left = self._tell(title, text, _said(answer), answer["route"])
        return [] if text in left else [f"the question for {MODEL} did not reach it"]

    def record(self, title: str) -> list[str]:
        inputs = {"text": RECORD_QUESTION, "customer_id": CUSTOMER}
        run = self._server.post(f"/v1/pipelines/{PIPELINE}/runs", {"inputs": inputs})
        reply = str((run.get("output") or {}).get("reply") or "")
        left = self._tell(title, RECORD_QUESTION, reply, run)
        return _problems("the record", left, reply, CUSTOMER)

    def chat(self, title: str) -> list[str]:
        answer = self._chat(EMAIL_QUESTION)
        left = self._tell(title, EMAIL_QUESTION, _said(answer), answer["route"])
        return _problems("the chat", left, _said(answer), EMAIL)

    def refused(self, title: str) -> list[str]:
        try:
            self._chat(CLOSED_QUESTION, {"data_class": "CONFIDENTIAL"})
        except AnsweredError as error:
            refused, why = error.status == 403, f"{error.status} {error}"
        else:
            refused, why = False, "answered"
        left = self._tell(title, CLOSED_QUESTION, why, {})
        return [] if refused and not left else ["a CONFIDENTIAL question was not kept inside"]

    def _tell(self, title: str, asked: str, answered: str, route: dict[str, Any]) -> str:
        left = self._left()
        say(f"\n{title}")
        _line("asked", asked)
        _line("left", left or "nothing")
        _line("answered", answered)
        counts = [f"{one['type']} {one['count']}" for one in route.get("redactions", [])]
        if counts:
            _line("replaced", ", ".join(counts))
        return left

    def _chat(self, text: str, route: dict[str, Any] | None = None) -> dict[str, Any]:
        body = {"model": MODEL, "messages": [{"role": "user", "content": text}], "max_tokens": 64}
        return self._server.post("/v1/chat/completions", body | ({"route": route} if route else {}))

    def _left(self) -> str:
        """The last messages of the requests that reached the stub since it was asked last."""
        lines = self._capture.read_text(encoding="utf-8").splitlines()
        fresh, self._seen = lines[self._seen :], len(lines)
        bodies = [json.loads(json.loads(line).get("body") or "{}") for line in fresh]
        return "\n".join(str(body["messages"][-1]["content"]) for body in bodies if body)


def _problems(what: str, left: str, answered: str, value: str) -> list[str]:
    found = []
    if not _TOKEN.search(left) or value in left:
        found.append(f"{what} did not leave as pseudonyms")
    if value not in answered or "[[" in answered:
        found.append(f"the values of {what} did not come back")
    return found


def _said(answer: dict[str, Any]) -> str:
    return str(answer["choices"][0]["message"]["content"])


def _line(name: str, text: str) -> None:
    first, *more = text.strip().splitlines() or [""]
    say(f"  {name:<9} {first}")
    for line in more:
        say(f"  {'':<9} {line}")
