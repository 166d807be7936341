"""`podium chaos`: faults from a seed on a running Podium, by default one of its own."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deployments.chaos.clock import start_with
from deployments.cli.demo import running_home
from deployments.cli.failures import ExitCode, Unreachable
from deployments.cli.options import JsonOption
from deployments.cli.output import emit, note, say, show_table
from deployments.home import Home
from deployments.private_file import write_private
from deployments.run_file import read_running
from models.errors import InvalidRequest

if TYPE_CHECKING:
    from deployments.chaos.invariant import Invariant
    from deployments.chaos.report import ChaosReport, Played
    from deployments.chaos.scene import Scene


def chaos(
    seed: Annotated[int, typer.Option(help="The same seed plays the same faults.")] = 1,
    minutes: Annotated[float, typer.Option(min=0.1, help="Begin no fault after so long.")] = 5.0,
    clients: Annotated[int, typer.Option(min=1, max=64, help="Clients that keep asking.")] = 4,
    faults: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Begin no more than so many; the first are of different kinds."
        ),
    ] = None,
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
        only = _known(scene, fault)
        note(f"{clients} clients ask, and faults of seed {seed} begin for {minutes:g} min")
        found = play(
            scene, scene.home / "run" / "chaos", seed=seed, minutes=minutes, workers=clients,
            tell=_tell, only=only, most=faults,
        )  # fmt: skip
        ended = _Ended(scene) if own else None
        note("stopping" if own else "it goes on running")
    if ended is not None:
        found = replace(found, invariants=[*found.invariants, ended.invariant()])
    _finish(found, report, json_)


class _Ended:
    """The processes of an instance of our own, to see that none of them stays when it stops."""

    def __init__(self, scene: Scene) -> None:
        from deployments.chaos.victims import processes

        self._processes = processes(scene.pid)

    def invariant(self) -> Invariant:
        """A sentence for each that is still there."""
        from deployments.chaos.invariant import Invariant

        stayed = [
            f"a process stayed when Podium stopped: pid {process.pid}, {title[:60]}"
            for process, title in self._processes
            if process.is_running()
        ]
        return Invariant("no process stays", f"{len(self._processes)} ended", stayed)


def _known(scene: Scene, wanted: list[str] | None) -> list[str] | None:
    from deployments.chaos.play import known

    names = list(known(scene))
    for name in wanted or ():
        if name not in names:
            raise InvalidRequest(
                f"There is no fault '{name}'; there are: {', '.join(names)}.", param="--fault"
            )
    return wanted


@contextmanager
def _scene(home: Path | None) -> Iterator[tuple[Scene, bool]]:
    if home is not None:
        yield _of_home(Home(home.absolute())), False
        return
    with tempfile.TemporaryDirectory(prefix="podium-chaos-", ignore_cleanup_errors=True) as folder:
        path, clock = Path(folder) / "home", Path(folder) / "clock"
        with running_home(path, "stub", start_with(clock, os.environ)):
            yield _of_home(Home(path)), True


def _of_home(home: Home) -> Scene:
    from deployments.chaos.clock import clock_of
    from deployments.chaos.scene import Scene

    running = read_running(home)
    if running is None:
        raise Unreachable(f"No Podium runs on {home.path}. Start one with `podium up`.")
    stub = (home.run / "stub.jsonl").exists()
    key = home.first_key.read_text(encoding="utf-8").strip()
    clock = clock_of(running.pid)
    return Scene(running.pid, running.base_url, home.path, stub, key, clock)


def _tell(played: Played) -> None:
    note(
        f"{played.at_s:7.1f} s  {played.fault:<24} well again after {played.back_s:5.1f} s  "
        f"{played.detail}"
    )
    if played.broken is not None:
        note(f"           BROKEN: {played.broken}")


def _finish(found: ChaosReport, report: Path | None, as_json: bool) -> None:
    document = found.as_dict()
    if report is not None:
        write_private(report.absolute(), json.dumps(document, indent=1).encode())
    if as_json:
        emit(document)
    else:
        _show(found)
    if found.faults:
        raise typer.Exit(ExitCode.FAILED)


def _show(found: ChaosReport) -> None:
    from deployments.chaos.report import grouped

    say(f"{len(found.played)} faults of seed {found.seed} in {found.seconds:.0f} s")
    show_table(
        ("", "what must hold", "looked for in"),
        [("held" if one.holds else "BROKEN", one.name, one.evidence) for one in found.invariants],
    )
    for one in grouped(found.faults):
        say(f"BROKEN: {one}")
