"""`podium policy explain`: why a run's data went where it did, from what was recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from deployments.cli.options import HomeOption, JsonOption
from deployments.cli.output import emit, say
from deployments.cli.target import home_of
from models.errors import NotFound
from router.store.engine import open_sqlite
from router.store.migrate import upgrade
from router.store.sql_decisions import RecordedDecision, recorded_decisions


def explain(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The id of a run or of a decision.")],
    json_: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Say of each decision of a run which models were considered and which rule took some out."""
    database = home_of(home).database
    found: tuple[RecordedDecision, ...] = ()
    if database.is_file():
        engine = open_sqlite(database)
        upgrade(engine)
        found = recorded_decisions(engine, run)
        engine.dispose()
    if not found:
        raise NotFound(
            f"Nothing was decided under '{run}' on this home. A run's id stands in its answer, and"
            " only runs of pipelines are kept.",
            param="RUN",
        )
    if json_:
        emit({"run_id": found[0].run_id, "decisions": [dict(one.decision) for one in found]})
        return
    for one in found:
        _say(one)


def _say(one: RecordedDecision) -> None:
    made = one.decision
    began = datetime.fromtimestamp(one.started, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    say(f"{made['decision_id']}  {one.pipeline}, step {made['step']}, run of {began}")
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
