"""`podium policy explain`: why data went where it did, from what was recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from deployments.cli.audit_source import find_ledger
from deployments.cli.options import HomeOption, JsonOption
from deployments.cli.output import emit, say
from deployments.cli.target import home_of
from models.errors import NotFound, SetupError
from router.ledger_reader.decisions import decisions
from router.ledger_reader.source import Unreadable
from router.recorded import RecordedDecision
from router.store.engine import open_sqlite
from router.store.migrate import upgrade
from router.store.sql_decisions import recorded_decisions


def explain(
    id_: Annotated[
        str, typer.Argument(metavar="ID", help="The id of a run, of a decision or of a request.")
    ],
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Say of each decision which models were considered and which rule took some out."""
    found = _of_run(home_of(home).database, id_) or _in_ledger(id_, home)
    if not found:
        raise NotFound(
            f"Nothing was decided under '{id_}' on this home. The ids stand in an answer's `route`,"
            " in its headers x-route-decision and x-request-id, and in the log; a decision is"
            " written down within a second.",
            param="ID",
        )
    if json_:
        emit({"run_id": found[0].run_id, "request_id": found[0].request_id,
              "decisions": [dict(one.decision) for one in found]})  # fmt: skip
        return
    for one in found:
        _say(one)


def _of_run(database: Path, id_: str) -> tuple[RecordedDecision, ...]:
    if not database.is_file():
        return ()
    engine = open_sqlite(database)
    try:
        upgrade(engine)
        return recorded_decisions(engine, id_)
    finally:
        engine.dispose()


def _in_ledger(id_: str, home: Path | None) -> tuple[RecordedDecision, ...]:
    """Direct requests, and runs that the database no longer keeps."""
    try:
        return decisions(find_ledger(None, home).source, id_)
    except SetupError:
        return ()
    except Unreadable as error:
        raise NotFound(
            f"The ledger can't be read ({error}), and nothing else knows of '{id_}'. See"
            " `podium audit verify`.",
            param="ID",
        ) from error


def _say(one: RecordedDecision) -> None:
    made = one.decision
    at = datetime.fromtimestamp(one.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    of_run = f"{one.pipeline or 'a pipeline'}, step {made['step']}, run of"
    where = of_run if one.run_id else "direct request of"
    say(f"{made['decision_id']}  {where} {at}")
    label = made["label"]
    done = made.get("declassified")
    after = f", after {done}" if done else ""
    words = [label["level"], *label["categories"], label["integrity"]]
    say(f"  data      {', '.join(words)}{after}")
    say(f"  policy    {made['policy_digest']}")
    say(f"  chosen    {made['model'] or 'none'}")
    for candidate in made["candidates"]:
        say(f"  {_why(candidate, made['model'])}")
    for offer in made.get("declassify", ()):
        say(f"  may leave {offer['model']}: after {offer['declassifier']}, decided on again")


def _why(candidate: dict[str, Any], chosen: str | None) -> str:
    name = f"{candidate['model']} ({candidate['site'] or 'unknown'})"
    if candidate["removed_by"]:
        return f"left out  {name}: {candidate['removed_by']}, {candidate['reason']}"
    return f"allowed   {name}" + (", asked first" if candidate["model"] == chosen else "")
