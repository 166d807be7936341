"""The inputs of a run: checked against the plan and labelled by where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.errors import InvalidRequest
from router.artifact import Artifact
from router.detect.scanner import Scanner
from router.detect.texts import texts
from router.label import Label
from router.plan import INPUT, Plan
from router.policy import Policy
from router.recorder import Recorder
from router.steps.kind import RunRequest

_TYPES: Mapping[str, tuple[type, ...]] = {
    "Audio": (bytes,),
    "Text": (str,),
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
}
_SOURCES = {"Audio": "voice_in"}


def input_artifacts(plan: Plan, request: RunRequest, policy: Policy) -> dict[str, Artifact]:
    """One artifact an input of the plan, those not given with the value None.

    Raises InvalidRequest naming an input that is unknown, missing or of the wrong type.
    """
    for name in request.inputs:
        if name not in plan.inputs:
            raise InvalidRequest(
                f"The pipeline {plan.name} has no input {name}; it takes {', '.join(plan.inputs)}.",
                param=f"route.inputs.{name}",
            )
    return {name: _artifact(plan, name, request, policy) for name in plan.inputs}


async def detected_inputs(
    inputs: Mapping[str, Artifact], policy: Policy, scanner: Scanner, recorder: Recorder
) -> dict[str, Artifact]:
    """The inputs, labelled by what detectors see in them as well; sound is read once it is text."""
    found = {}
    for name, one in inputs.items():

        async def read(one: Artifact = one) -> Label:
            return policy.raises("user").label(await scanner.scan(texts(one.value)))

        seen = await recorder.call(f"{one.id}/detected", read)
        found[name] = replace(one, label=one.label.join(seen))
    return found


def _artifact(plan: Plan, name: str, request: RunRequest, policy: Policy) -> Artifact:
    field = plan.inputs[name]
    value = request.inputs.get(name)
    if value is None and field.required:
        raise InvalidRequest(
            f"The pipeline {plan.name} needs the input {name}.", param=f"route.inputs.{name}"
        )
    if value is not None and not _fits(value, field.kind):
        raise InvalidRequest(
            f"The input {name} must be of type {field.kind}.", param=f"route.inputs.{name}"
        )
    source = _SOURCES.get(field.kind, "user") if value is not None else "user"
    label = policy.source(source, request.tenant).join(request.floor)
    return Artifact(f"{INPUT}/{name}", field.kind, value, label, producer=INPUT)


def _fits(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "bool"
    return isinstance(value, _TYPES[kind])
