"""`podium simulate`: what a policy of scaling would have done with your traffic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
import yaml

from deployments.cli.options import JsonOption
from deployments.cli.output import emit, note
from deployments.cli.simulate_chart import write_chart
from deployments.cli.simulate_view import show
from models.errors import InvalidRequest
from models.strict_yaml import parse
from router.scaling.policy import resolved
from router.scaling.settings import Scaling
from router.simulation.outcome import Promise
from router.simulation.patterns import Pattern, Traffic, arrivals
from router.simulation.replica import EngineModel
from router.simulation.study import Result, Study, compare
from router.simulation.trace import Arrival, read_trace, write_trace

_TRACE = "Requests of your own: CSV or JSONL with at, prompt_tokens, output_tokens."

ScalingOption = Annotated[
    list[str] | None,
    typer.Option("--scaling", metavar="KEY=VALUE", help="A field of scaling: max_replicas=4."),
]
EngineOption = Annotated[
    list[str] | None,
    typer.Option("--engine", metavar="KEY=VALUE", help="A figure of the engine: start_s=60."),
]
BeginOption = Annotated[
    datetime, typer.Option("--begin", metavar="TIME", help="When it begins (UTC).")
]


def simulate(
    trace: Annotated[Path | None, typer.Option("--trace", metavar="FILE", help=_TRACE)] = None,
    pattern: Annotated[
        str, typer.Option("--pattern", metavar="NAME", help="Made-up traffic: day, burst or flat.")
    ] = "day",
    rate: Annotated[
        float, typer.Option("--rate", min=0.0001, help="Its mean, in requests a second.")
    ] = 3.0,
    hours: Annotated[float, typer.Option("--hours", min=0.01, help="Its length.")] = 24.0,
    seed: Annotated[int, typer.Option("--seed", help="Its chance.")] = 1,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the traffic down.")
    ] = None,
    scaling: ScalingOption = None,
    engine: EngineOption = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="Take scaling from a (serve_)config file."),
    ] = None,
    model: Annotated[
        str, typer.Option("--model", metavar="NAME", help="The model of that file.")
    ] = "mistral",
    fixed: Annotated[
        list[int] | None, typer.Option("--fixed", min=1, help="Compare with as many replicas.")
    ] = None,
    first: Annotated[
        float, typer.Option("--first", min=0, metavar="SECONDS", help="Promise: first token.")
    ] = 2.0,
    end: Annotated[
        float, typer.Option("--end", min=0, metavar="SECONDS", help="Promise: whole answer.")
    ] = 30.0,
    begin: BeginOption = datetime(2026, 11, 30),  # noqa: DTZ001 - typer reads times without a zone
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="FILE", help="Draw replicas into an SVG file.")
    ] = None,
    json_: JsonOption = False,
) -> None:
    """Replay traffic on a model of replicas under our policy, Ray Serve's and fixed numbers."""
    requests = _requests(trace, Traffic(_pattern(pattern), rate, hours, seed=seed))
    figures = parse(EngineModel, _pairs(engine, "--engine"), "--engine")
    study = Study(
        requests,
        figures,
        _scaling(config, model, _pairs(scaling, "--scaling"), figures),
        Promise(first, end),
        tuple(fixed or ()),
        begin.replace(tzinfo=UTC).timestamp(),
    )
    if save is not None:
        write_trace(save, requests)
    results = compare(study, note)
    if chart is not None:
        write_chart(results, chart)
        note(f"written: {chart}")
    if json_:
        emit(_document(study, results))
    else:
        show(study, results)


def _pattern(name: str) -> Pattern:
    for known in get_args(Pattern):
        if name == known:
            return known
    raise InvalidRequest("--pattern is day, burst or flat.", param="--pattern")


def _requests(trace: Path | None, traffic: Traffic) -> tuple[Arrival, ...]:
    requests = read_trace(trace) if trace else tuple(arrivals(traffic))
    if not requests:
        raise InvalidRequest("No request came in that time; say a longer --hours.", param="--hours")
    return requests


def _pairs(words: list[str] | None, option: str) -> dict[str, Any]:
    """KEY=VALUE as YAML understands the values."""
    values = {}
    for word in words or ():
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise InvalidRequest(f"{option} takes KEY=VALUE, not '{word}'.", param=option)
        values[key] = yaml.safe_load(value)
    return values


def _scaling(config: Path | None, model: str, over: dict[str, Any], engine: EngineModel) -> Scaling:
    base: dict[str, Any] = {"max_replicas": 4}
    if config is not None:
        base = _of_file(config, model).model_dump(mode="json")
    return resolved(parse(Scaling, base | over, "--scaling"), engine.sequences)


def _of_file(config: Path, model: str) -> Scaling:
    from deployments.config_check import settings_in_file

    found = settings_in_file(config).scaling.get(model)
    if found is None:
        raise InvalidRequest(f"{config.name} has no scaling for '{model}'.", param="--model")
    return found


def _document(study: Study, results: Sequence[Result]) -> dict[str, Any]:
    return {
        "requests": len(study.arrivals),
        "promise": asdict(study.promise),
        "engine": study.engine.model_dump(),
        "scaling": study.scaling.model_dump(mode="json"),
        "policies": [asdict(result.outcome) | {"course": _thinned(result)} for result in results],
    }


def _thinned(result: Result) -> list[list[float]]:
    """[seconds, wanted, up] wherever one of them changed."""
    kept: list[list[float]] = []
    for one in result.course:
        if not kept or kept[-1][1:] != [one.wanted, one.up]:
            kept.append([round(one.at, 1), one.wanted, one.up])
    return kept
