"""The step `generate`: a model's text, or JSON of a schema, from a versioned prompt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.errors import InternalError, InvalidConfig
from router.chat_call import PASSAGES, Answer, Question, add, again, answer
from router.events import Check
from router.grounding import ground
from router.plan import Step
from router.policy import LOCAL
from router.prompts import Prompt
from router.steps.kind import Library, Produced, StepCall, check_arguments

GROUNDED = "grounded"


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What reading an answer gave: its value, or what is wrong with it."""

    value: Any
    wrong: str = ""


class Generate:
    """Fills `prompt` with the step's arguments; `output` names a schema, `grounded` a check.

    An answer that fails its check is asked for once more. After that an optional step fails, and
    any other gives the prompt's refusal instead of an ungrounded text.
    """

    idempotent = True

    def check(self, step: Step, library: Library) -> frozenset[str] | None:
        where = f"steps.{step.name}"
        if step.prompt is None:
            raise InvalidConfig(f"{where}.prompt is missing.", param=f"{where}.prompt")
        prompt = library.prompts.get(step.prompt, f"{where}.prompt")
        check_arguments(step, prompt.inputs)
        if step.grounded is not None and (prompt.refusal is None or step.schema is not None):
            raise InvalidConfig(
                f"{where}.grounded needs a prompt with a refusal, and no output schema.",
                param=f"{where}.grounded",
            )
        if step.schema is None:
            return None
        return library.schemas.fields(step.schema, f"{where}.output")

    def missing(self, step: Step, arguments: Mapping[str, Any]) -> str | None:
        return next((name for name, value in arguments.items() if value is None), None)

    async def run(self, call: StepCall) -> Produced:
        made = await self._made(call)
        seen = await call.detected(made.value, _source(made))
        return replace(made, own=made.own.join(seen))

    async def _made(self, call: StepCall) -> Produced:
        prompt = _prompt(call)
        if call.step.grounded and PASSAGES in prompt.inputs and not call.arguments[PASSAGES]:
            return replace(_refuse(prompt, "no passages to answer from"), status="empty")
        question = Question(prompt, prompt.sampling, _schema(call))
        first = await answer(call, question, call.arguments)
        verdict = _read(call, prompt, first)
        if not verdict.wrong:
            return _produced(call, prompt, first, verdict)
        call.tell.restart()
        second = await answer(
            call, Question(prompt, again(prompt.sampling), question.schema), call.arguments
        )
        return _second(call, prompt, (first, second), verdict.wrong)


def _source(made: Produced) -> str | None:
    """What a model inside wrote is of no source that the policy names."""
    return None if made.card is None or made.card.site == LOCAL else "model_remote"


def _prompt(call: StepCall) -> Prompt:
    return call.around.library.prompts.get(call.step.prompt or "", f"steps.{call.step.name}.prompt")


def _schema(call: StepCall) -> Mapping[str, Any] | None:
    name = call.step.schema
    return None if name is None else call.around.library.schemas.get(name, "output")


def _read(call: StepCall, prompt: Prompt, said: Answer) -> _Verdict:
    if call.step.schema is not None:
        data = call.around.library.schemas.read(call.step.schema, said.text)
        return _Verdict(data, "" if data is not None else f"not JSON of {call.step.schema}")
    if call.step.grounded is None:
        return _Verdict(said.text)
    passages = said.arguments.get(PASSAGES, call.passages or [])
    found = ground(said.text, passages, call.question, prompt.refusal)
    return _Verdict(said.text, found.why)


def _produced(
    call: StepCall, prompt: Prompt, said: Answer, verdict: _Verdict, note: str = ""
) -> Produced:
    checks = (Check(GROUNDED, True, note),) if call.step.grounded else ()
    return Produced(
        value=verdict.value,
        summary=note,
        card=said.card,
        prompt_version=prompt.name,
        usage=said.usage,
        nano=said.nano,
        finish_reason=said.finish_reason,
        checks=checks,
    )


def _second(call: StepCall, prompt: Prompt, said: tuple[Answer, Answer], wrong: str) -> Produced:
    verdict = _read(call, prompt, said[1])
    usage = add(said[0].usage, said[1].usage)
    if not verdict.wrong:
        done = _produced(call, prompt, said[1], verdict, f"asked twice: {wrong}")
    elif call.step.grounded and not call.step.optional:
        done = replace(_refuse(prompt, verdict.wrong), card=said[1].card)
    else:
        raise InternalError(
            f"Step {call.step.name}: the model answered twice with {verdict.wrong}."
            " Try again, or use a larger model."
        )
    return replace(done, usage=usage, nano=said[0].nano + said[1].nano)


def _refuse(prompt: Prompt, why: str) -> Produced:
    return Produced(
        value=prompt.refusal,
        status="refused",
        summary=why,
        prompt_version=prompt.name,
        checks=(Check(GROUNDED, True, f"replaced by the refusal: {why}"),),
    )
