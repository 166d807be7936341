"""`podium policy`: check, compare, try and explain what may go where."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deployments.cli.failures import ExitCode
from deployments.cli.options import HomeOption, JsonOption, KeyOption, UrlOption
from deployments.cli.output import emit, say
from deployments.cli.policy_apply import apply_policy
from deployments.cli.policy_explain import explain
from deployments.cli.policy_network import network
from deployments.cli.policy_scan import scan_text
from deployments.cli.policy_source import policy_of, workplace
from deployments.cli.policy_try import try_policy
from router.policy import Policy
from router.policy_catalog import check_catalog
from router.policy_change import approvals_block, missing_approval
from router.policy_diff import PolicyDiff, diff

policy = typer.Typer(no_args_is_help=True, help="Check, compare, try and explain the policy.")
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A policy file.")]


@policy.command("check")
def check(
    file: FileArgument,
    against: Annotated[
        Path | None,
        typer.Option(metavar="OLD", help="What it replaces; by default the policy in force."),
    ] = None,
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Check a policy file as a whole; exits 2 naming what is wrong, 1 if it needs approvals."""
    at = workplace(home)
    new = policy_of(file)
    check_catalog(new, at.catalog, file.name)
    old = at.policy(against)
    found = diff(old, new, at.catalog)
    missing = missing_approval(old, new) if found.widening else None
    if json_:
        emit({"ok": missing is None, "digest": new.digest, "replaces": old.digest,
              **_told(found, missing)})  # fmt: skip
    else:
        say(f"{file.name}: version {new.version}, digest {new.digest}")
        _say(found, old, new, missing)
    if missing is not None:
        raise typer.Exit(ExitCode.FAILED)


@policy.command("diff")
def compare(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A policy file.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The one to replace it.")],
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Say what a change lets through and holds back; exits 1 when it lacks its approvals."""
    before, after = policy_of(old), policy_of(new)
    found = diff(before, after, workplace(home).catalog)
    missing = missing_approval(before, after) if found.widening else None
    if json_:
        emit({"ok": missing is None, "old": before.digest, "new": after.digest,
              **_told(found, missing)})  # fmt: skip
    else:
        _say(found, before, after, missing)
    if missing is not None:
        raise typer.Exit(ExitCode.FAILED)


@policy.command("apply")
def apply(
    file: FileArgument,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Put a policy in force on the home, at once where Podium runs; refused ones change nothing."""
    apply_policy(file, json_=json_, url=url, key=key, home=home)


def _told(found: PolicyDiff, missing: str | None) -> dict[str, object]:
    return {
        "widening": list(found.widening),
        "narrowing": list(found.narrowing),
        "needs_approval": missing,
    }


def _say(found: PolicyDiff, old: Policy, new: Policy, missing: str | None) -> None:
    for sentence in (*found.widening, *found.narrowing):
        say(f"- {sentence}")
    if found.same:
        say("It decides as the one before.")
    if missing is not None:
        say(f"\nIt lets through more, and {missing}. Two people who agree add to the file:\n")
        say(approvals_block(old, new))


policy.command("test")(try_policy)
policy.command("scan")(scan_text)
policy.command("explain")(explain)
policy.command("network")(network)
