"""The step `act`: something done in the world, if the policy lets this data set it off."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

from models.errors import InvalidConfig, InvalidRequest
from models.tools import Plain
from router.acts.act import Act, digest_of
from router.acts.nothing import unknown
from router.acts.permission import Verdict, permission
from router.expressions import Literal, is_present
from router.plan import Step
from router.recorder import random_id
from router.steps.kind import Library, Produced, StepCall, refuse_fields

ACTION = "action"
# An act that nobody has agreed to by then is dropped.
WAITS_S = 7 * 86_400.0
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


class ActStep:
    """Does `action` with all other arguments; which act it is stands in the plan, for good.

    The policy is asked with the label of everything in the step's context. An act that people must
    agree to first is kept and waits: the step gives its id, and later steps go on without it.
    """

    idempotent = False

    def check(self, step: Step, library: Library) -> frozenset[str] | None:
        action = step.arguments.get(ACTION)
        name = action.value if isinstance(action, Literal) else None
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            where = f"steps.{step.name}.with.{ACTION}"
            raise InvalidConfig(
                f"{where}: name one act, as crm_write; where a step has the same name, write"
                " {literal: crm_write}.",
                param=where,
            )
        refuse_fields(step, "prompt", "schema", "grounded")
        return frozenset({"status", "approval"})

    def missing(self, step: Step, arguments: Mapping[str, Any]) -> str | None:
        return next((name for name, value in arguments.items() if not is_present(value)), None)

    async def run(self, call: StepCall) -> Produced:
        acts = call.around.capabilities.acts
        policy, tenant = call.around.policy, call.request.tenant
        action = str(call.arguments[ACTION])
        card = acts.card(action)
        verdict = permission(policy, action, card, call.tell.label(), tenant)
        if verdict.permission == "deny":
            raise verdict.error()
        if card is None:
            raise unknown(action)
        act = _act(call, action, verdict)
        # Whether it could be kept or done tells of the place it is done at.
        call.tell.told_by(policy.source(card.place, tenant))
        if verdict.permission == "needs_approval":
            await call.recorded("asked", lambda: acts.ask(act, call.deadline))
            return Produced(
                {"status": "waiting", "approval": act.id}, status="waiting", summary=act.id
            )
        await call.recorded("done", lambda: acts.perform(act, call.deadline))
        return Produced({"status": "done", "approval": None})


def _act(call: StepCall, action: str, verdict: Verdict) -> Act:
    arguments = _plain(call.arguments)
    created = call.value("asked_at", time.time)
    return Act(
        id=call.value("act", lambda: random_id("act")),
        tenant=call.request.tenant,
        run_id=call.run_id,
        step=call.step.name,
        action=action,
        arguments=arguments,
        label=call.tell.label(),
        digest=digest_of(action, arguments),
        needed=verdict.needed,
        created=created,
        expires=created + WAITS_S,
        policy_digest=call.around.policy.digest,
        key_id=call.request.key_id,
        request_id=call.request.request_id,
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Plain]:
    for name, value in values.items():
        if not isinstance(value, str | int | float | bool | None):
            raise InvalidRequest(f"{name} must be a text or a number.", param=name)
    return {name: value for name, value in values.items() if name != ACTION}
