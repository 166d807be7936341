"""`podium ask`: one question to a model, the answer as it comes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

import typer

from deployments.cli.failures import AnsweredError
from deployments.cli.options import (
    DEFAULT_TIMEOUT,
    HomeOption,
    JsonOption,
    KeyOption,
    TimeoutOption,
    UrlOption,
)
from deployments.cli.output import emit, note, say, stream
from deployments.cli.server import Server
from deployments.cli.target import find_target
from models.errors import InvalidRequest

PATH = "/v1/chat/completions"
DEFAULT_MODEL = "mistral"


def ask(
    question: Annotated[
        str | None, typer.Argument(help="The question; '-' or nothing reads standard input.")
    ] = None,
    model: Annotated[
        str, typer.Option("--model", "-m", help="A model's id, see `podium models list`.")
    ] = DEFAULT_MODEL,
    system: Annotated[str | None, typer.Option(help="Instructions put before it.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Longest answer.")] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0.0, max=2.0, help="0 always takes the likeliest token.")
    ] = None,
    json_: JsonOption = False,
    timeout: TimeoutOption = DEFAULT_TIMEOUT,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Ask a model; --json prints the whole chat completion."""
    body = _body(model, _messages(_text(question), system), max_tokens, temperature)
    with Server(find_target(url, key, home), timeout) as server:
        if json_:
            emit(server.post(PATH, body))
        else:
            _show(server.events(PATH, {**body, "stream": True}))


def _text(question: str | None) -> str:
    if question not in (None, "-"):
        return str(question)
    if question is None and sys.stdin.isatty():
        raise InvalidRequest("Say what to ask, or pipe it to standard input.", param="QUESTION")
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise InvalidRequest("Standard input is not valid UTF-8 text.", param="QUESTION") from error


def _messages(question: str, system: str | None) -> list[dict[str, str]]:
    if not question.strip():
        raise InvalidRequest("The question is empty.", param="QUESTION")
    first = [{"role": "system", "content": system}] if system else []
    return [*first, {"role": "user", "content": question}]


def _body(
    model: str, messages: list[dict[str, str]], max_tokens: int | None, temperature: float | None
) -> dict[str, Any]:
    wanted = {"max_tokens": max_tokens, "temperature": temperature}
    given = {name: value for name, value in wanted.items() if value is not None}
    return {"model": model, "messages": messages, **given}


def _show(events: Iterable[dict[str, Any]]) -> None:
    route: dict[str, Any] = {}
    finished = False
    for event in events:
        route = event.get("route") or route
        for choice in event.get("choices", []):
            stream((choice.get("delta") or {}).get("content") or "")
            finished = finished or choice.get("finish_reason") is not None
    say("")
    for line in source_lines(route.get("sources") or []):
        note(line)
    if not finished:
        raise AnsweredError(200, {"message": "The answer broke off before its end. Ask again."})


def source_lines(sources: Iterable[dict[str, Any]]) -> Iterator[str]:
    """One line a source, numbered as citations count."""
    for number, source in enumerate(sources, 1):
        page = f", page {source['page']}" if source.get("page") else ""
        yield f"[{number}] {source.get('title') or source.get('id')} ({source.get('id')}{page})"
