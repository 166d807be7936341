"""`podium chaos`: faults from a seed on a running Podium, by default one of its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.cli.demo import running_home
from deployments.cli.failures import ExitCode, Unreachable
from deployments.cli.options import JsonOption
from deployments.cli.output import emit, note, say
from deployments.home import Home
from deployments.private_file import write_private
from deployments.run_file import read_running
from models.errors import InvalidRequest

if TYPE_CHECKING:
    from deployments.chaos.report import ChaosReport, Played
    from deployments.chaos.scene import Scene


def chaos(
    seed: Annotated[int, typer.Option(help="The same seed plays the same faults.")] = 1,
    minutes: Annotated[float, typer.Option(min=0.1, help="Begin no fault after so long.")] = 5.0,
    clients: Annotated[int, typer.Option(min=1, max=64, help="Clients that keep asking.")] = 4,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Play only this one; may be repeated.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the whole report here, as JSON.")
    ] = None,
    yes: Annotated[
        bool,
        typer.Option(
            "--yes-break-this-one",
            help="Play on the Podium that runs on --home: its processes are killed, keys and"
            " documents are made, and they stay.",
        ),
    ] = False,
    json_: JsonOption = False,
    # Not from PODIUM_HOME: nobody breaks a home that a variable named long ago.
    home: Annotated[
        Path | None, typer.Option("--home", metavar="DIR", help="Play on what runs there.")
    ] = None,
) -> None:
    """Kill processes, fill disks and misbehave as a client, under load; exits 1 if it shows.

    Without --home it starts a Podium of its own in a temporary folder, and takes it away again.
    """
    if yes and home is None:
        raise InvalidRequest("Say which one to break, with --home.", param="--home")
    if home is not None and not yes:
        raise InvalidRequest(
            "Chaos kills processes of the Podium that runs on --home and leaves keys and documents"
            " in it. Leave --home out for one of its own, or say --yes-break-this-one.",
            param="--yes-break-this-one",
        )
    from deployments.chaos.play import play

    with _scene(home) as (scene, own):
        found = play(
            scene,
            scene.home / "run" / "chaos",
            seed=seed,
            minutes=minutes,
            workers=clients,
            tell=_tell,
            only=_known(scene, fault),
        )
        ended = _Ended(scene) if own else None
    stayed = ended.stayed() if ended is not None else []
    _finish(found, stayed, report, json_)


class _Ended:
    """The processes of an instance of our own, to see that none of them stays when it stops."""

    def __init__(self, scene: Scene) -> None:
        from deployments.chaos.victims import processes

        self._processes = processes(scene.pid)

    def stayed(self) -> list[str]:
        """A sentence for each that is still there."""
        return [
            f"a process stayed when Podium stopped: pid {process.pid}"
            for process, _ in self._processes
            if process.is_running()
        ]


def _known(scene: Scene, wanted: list[str] | None) -> list[str] | None:
    from deployments.chaos.faults import faults
    from deployments.chaos.victims import deployments

    known = faults(deployments(scene.pid))
    for name in wanted or ():
        if name not in known:
            raise InvalidRequest(
                f"There is no fault '{name}'; there are: {', '.join(known)}.", param="--fault"
            )
    return wanted


@contextmanager
def _scene(home: Path | None) -> Iterator[tuple[Scene, bool]]:
    if home is not None:
        yield _of_home(Home(home.absolute())), False
        return
    with tempfile.TemporaryDirectory(prefix="podium-chaos-", ignore_cleanup_errors=True) as folder:
        path = Path(folder)
        with running_home(path, "stub"):
            yield _of_home(Home(path)), True


def _of_home(home: Home) -> Scene:
    from deployments.chaos.scene import Scene

    running = read_running(home)
    if running is None:
        raise Unreachable(f"No Podium runs on {home.path}. Start one with `podium up`.")
    stub = (home.run / "stub.jsonl").exists()
    key = home.first_key.read_text(encoding="utf-8").strip()
    return Scene(running.pid, running.base_url, home.path, stub, key)


def _tell(played: Played) -> None:
    wrong = f"  BROKEN: {played.broken}" if played.broken else ""
    note(
        f"{played.at_s:7.1f} s  {played.fault:<28} back after {played.back_s:5.1f} s  "
        f"{played.detail}{wrong}"
    )


def _finish(found: ChaosReport, stayed: list[str], report: Path | None, as_json: bool) -> None:
    wrong = [*found.broken, *stayed]
    document = found.as_dict() | {"ok": not wrong, "broken": wrong}
    if report is not None:
        write_private(report.absolute(), json.dumps(document, indent=1).encode())
    if as_json:
        emit(document)
    else:
        _show(found, wrong)
    if wrong:
        raise typer.Exit(ExitCode.FAILED)


def _show(found: ChaosReport, wrong: list[str]) -> None:
    told = found.verdict
    back = sorted(one.back_s for one in found.played)
    say(f"{len(found.played)} faults from seed {found.seed} in {found.seconds:.0f} s")
    if back:
        say(f"well again after {back[len(back) // 2]} s (median), {back[-1]} s (longest)")
    say(
        f"{told.requests} requests, {told.acknowledged} acknowledged; slowest {told.slowest_s} s;"
        f" {told.sends} sent outside, {told.intents} written down before"
    )
    from deployments.chaos.report import grouped

    for one in grouped(wrong):
        say(f"BROKEN: {one}")
    if not wrong:
        say("nothing acknowledged was lost, nothing was sent twice, every request was answered or")
        say("refused by its code in time, no engine was left behind, and the ledger holds")
