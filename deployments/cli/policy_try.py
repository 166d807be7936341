"""`podium policy test`: one question, or a table of cases, put to a policy."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.failures import ExitCode
from deployments.cli.finding_names import name_of
from deployments.cli.options import HomeOption, JsonOption
from deployments.cli.output import emit, say
from deployments.cli.policy_source import PolicyOption, Workplace, warn_of_source, workplace
from deployments.policy_in_force import read_text
from models.errors import InvalidRequest
from router.detect.look import look
from router.detect.scan import Scan
from router.label import Label
from router.planner import VIRTUAL
from router.policy import Policy
from router.policy_cases import Outcome, load_cases, run_cases
from router.policy_question import Answer, ask_action, ask_choice, ask_model, ask_sink
from router.policy_words import described


def try_policy(
    cases: Annotated[
        Path | None, typer.Argument(metavar="CASES", help="A YAML table of cases to hold.")
    ] = None,
    text: Annotated[str, typer.Option(metavar="T", help="The text, for the detectors.")] = "",
    source: Annotated[
        str, typer.Option(metavar="S", help="Where it comes from, as in `sources`.")
    ] = "user",
    model: Annotated[
        str | None, typer.Option(metavar="M", help="Where it is to go; auto is any that may.")
    ] = None,
    sink: Annotated[
        str | None, typer.Option(metavar="K", help="Or where it is to be written, as in `sinks`.")
    ] = None,
    action: Annotated[
        str | None, typer.Option(metavar="A", help="Or what it is to set off, as in `actions`.")
    ] = None,
    spoken: Annotated[bool, typer.Option(help="Read it as a transcript.")] = False,
    policy: PolicyOption = None,
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Ask whether a text may go there, or run a table of cases; exits 1 if a case fails."""
    at = workplace(home)
    asked = at.policy(policy)
    if sum(one is not None for one in (cases, model, sink, action)) != 1:
        raise InvalidRequest(
            "Say a table of cases, or where the text is to go: --model, --sink or --action.",
            param="--model",
        )
    if cases is not None:
        _run_table(cases, asked, at, json_)
        return
    warn_of_source(asked, source)
    seen = look(text, spoken)
    label = asked.source(source).join(asked.raises(source).label(seen))
    _tell(asked, seen, label, _answer(at, asked, label, model, sink, action), json_)


def _answer(
    at: Workplace,
    policy: Policy,
    label: Label,
    model: str | None,
    sink: str | None,
    action: str | None,
) -> Answer:
    if sink is not None:
        return ask_sink(policy, sink, label)
    if action is not None:
        return ask_action(policy, action, label)
    if model in VIRTUAL:
        return ask_choice(policy, str(model), at.catalog, label)
    if model is None or model not in at.catalog:
        raise InvalidRequest(f"The catalog has no model '{model}'.", param="--model")
    return ask_model(policy, at.catalog.card(model), label)


def _tell(policy: Policy, seen: Scan, label: Label, answer: Answer, json_: bool) -> None:
    counted = Counter(name_of(one) for one in seen.findings) if answer.declassifier else {}
    if json_:
        emit({
            "decision": answer.decision,
            "rule": answer.rule,
            "reason": answer.reason,
            "label": label.public(),
            "declassified": [{"type": t, "count": n} for t, n in sorted(counted.items())],
            "policy_digest": policy.digest,
        })  # fmt: skip
        return
    say(f"label     {described(label)}")
    say(f"decision  {_words(answer)}")
    say(f"rule      {answer.rule}: {answer.reason}")


def _words(answer: Answer) -> str:
    words = {"allow": "allowed", "deny": "denied", "local_only": "to local models only",
             "needs_approval": "only once people agree"}  # fmt: skip
    return words[answer.decision]


def _run_table(file: Path, policy: Policy, at: Workplace, json_: bool) -> None:
    outcomes = run_cases(load_cases(read_text(file), file.name), policy, at.catalog)
    failed = [one for one in outcomes if not one.ok]
    if json_:
        emit(_report(outcomes, failed, policy))
    else:
        for one in failed:
            found = one.as_dict()
            say(f"case {one.number}: {found['got']} by {found['rule']}, not"
                f" {found['expected']}{_by(one)}")  # fmt: skip
        say(f"{len(outcomes) - len(failed)} of {len(outcomes)} cases hold")
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _by(one: Outcome) -> str:
    return f" by {one.case.rule}" if one.case.rule else ""


def _report(outcomes: tuple[Outcome, ...], failed: list[Outcome], policy: Policy) -> dict[str, Any]:
    expected = Counter(one.case.expect for one in outcomes)
    return {
        "ok": not failed,
        "cases": len(outcomes),
        "expected": dict(sorted(expected.items())),
        "failed": [one.as_dict() for one in failed],
        "policy_digest": policy.digest,
    }
