"""What `podium run` sends to a pipeline, put together from its options."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployments.cli.examples import example_of
from models.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options as given; `pairs` are `key=value`, where a JSON value is taken as JSON."""

    text: str | None = None
    audio: Path | None = None
    customer: str | None = None
    pairs: Sequence[str] = ()
    example: bool = False


def run_inputs(pipeline: str, options: RunOptions) -> dict[str, Any]:
    """The `inputs` object of a run; audio travels as base64."""
    options = _with_example(pipeline, options)
    if options.text is not None and options.audio is not None:
        raise InvalidRequest("Give --text or --audio, not both.", param="--audio")
    inputs = dict(_pair(pair) for pair in options.pairs)
    if options.text is not None:
        inputs["text"] = options.text
    if options.audio is not None:
        inputs["audio"] = base64.b64encode(_read(options.audio)).decode("ascii")
    if options.customer is not None:
        inputs["customer_id"] = options.customer
    if not inputs:
        raise InvalidRequest(
            "The pipeline needs an input: --text, --audio, --input or --example.", param="--text"
        )
    return inputs


def _with_example(pipeline: str, options: RunOptions) -> RunOptions:
    if not options.example:
        return options
    if options.text is not None or options.audio is not None:
        raise InvalidRequest("--example brings its own input.", param="--example")
    call = example_of(pipeline)
    customer = options.customer or call.customer_id
    return RunOptions(audio=call.audio, customer=customer, pairs=options.pairs)


def _pair(pair: str) -> tuple[str, Any]:
    name, equals, value = pair.partition("=")
    if not equals or not name:
        raise InvalidRequest(f"--input takes key=value, not '{pair}'.", param="--input")
    try:
        return name, json.loads(value)
    except (ValueError, RecursionError):
        return name, value


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidRequest(
            f"The audio file {path} cannot be read: {error.strerror}.", param="--audio"
        ) from error
    if not data:
        raise InvalidRequest(f"The audio file {path} is empty.", param="--audio")
    return data
