"""The demo's last part, with a stub for a provider: one question leaves, one is kept inside."""

from __future__ import annotations

import json
from pathlib import Path

from deployments.cli.failures import AnsweredError
from deployments.cli.output import say
from deployments.cli.server import Server

MODEL = "chatgpt"
QUESTION = "Which day of the week suits deliveries best?"
CLOSED_QUESTION = "Why did customer 1042 complain?"


def show_outside(server: Server, capture: Path) -> list[str]:
    """Ask both questions, show what the stub received, and give what was not as it should be."""
    say(f"\nA model outside, {MODEL}, here a stub on loopback:")
    wrong = _leaves(server, capture) + _stays(server, capture)
    say(f"  all that was received stands in {capture}")
    return wrong


def _leaves(server: Server, capture: Path) -> list[str]:
    answer = server.post("/v1/chat/completions", _body(QUESTION))
    said = answer["choices"][0]["message"]["content"]
    left = QUESTION in _received(capture)
    say(f"  INTERNAL      {QUESTION}\n                → {said}")
    return [] if left else [f"the question for {MODEL} did not reach it"]


def _stays(server: Server, capture: Path) -> list[str]:
    body = _body(CLOSED_QUESTION) | {"route": {"data_class": "CONFIDENTIAL"}}
    try:
        server.post("/v1/chat/completions", body)
    except AnsweredError as error:
        refused, why = error.status == 403, str(error)
    else:
        refused, why = False, "answered"
    say(f"  CONFIDENTIAL  {CLOSED_QUESTION}\n                → {why}")
    kept = CLOSED_QUESTION not in _received(capture)
    return [] if refused and kept else ["a CONFIDENTIAL question was not kept inside"]


def _body(text: str) -> dict[str, object]:
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], "max_tokens": 64}


def _received(capture: Path) -> str:
    """The bodies that reached the stub, as text."""
    lines = capture.read_text(encoding="utf-8").splitlines()
    return "\n".join(str(json.loads(line).get("body", "")) for line in lines)
