"""`podium up`: one Podium on this machine, from its settings to its end.

The process that calls `run` owns everything it starts; when it ends, by a signal or an error,
nothing of this instance is left: no process, port, lock or folder.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from deployments.adapters import adapters_by_base
from deployments.catalog_files import read_catalog
from deployments.clock_watch import ClockWatch
from deployments.deployed import check_deployed, is_settled
from deployments.example_crm import ensure_example_crm
from deployments.first_key import ensure_first_key
from deployments.fit_check import check_fit
from deployments.home import Home
from deployments.home_lock import lock_home
from deployments.ledger import open_ledger
from deployments.library_files import check_routes, read_library, read_plans
from deployments.policy_check import check_policy
from deployments.port_block import claim_ports
from deployments.processes import Descendants
from deployments.ray_environment import (
    RunFolder,
    make_run_folder,
    private_user_home,
    ray_environment,
)
from deployments.ray_llm_check import check_ray_llm
from deployments.readiness import wait_ready
from deployments.remote_set_up import prepare_remote
from deployments.run_file import Running, remove_running, write_running
from deployments.settings import Settings
from deployments.text_scanner import check_presidio
from models.errors import SetupError
from models.local.engine_settings import check_engine
from models.weights import check_digest, weights_folder
from router.store.state import State

START_S = 600.0
STOP_S = 30.0
_LOOK_EVERY_S = 2.0
_SETTLE_S = 60.0
Say = Callable[[str], None]


class Stopped(BaseException):
    """A signal asked this process to stop; not an Exception, so that nothing swallows it."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What is told when the instance answers."""

    base_url: str
    home: str
    key: str | None


def run(home: Home, settings: Settings, say: Say, ready: Callable[[Ready], None]) -> None:
    """Start Podium on `home`, tell `ready`, and keep it up until a signal comes.

    Raises SetupError (or a subclass) when it cannot start; by then all is cleaned up again.
    """
    with ExitStack() as stack:
        stack.enter_context(_signals())
        stack.enter_context(lock_home(home))
        key = _first_key(home, settings, say)
        base_url = _start(stack, home, settings, say)
        ready(Ready(base_url, str(home.path), key))
        _watch_until_stopped(say)


@contextmanager
def stopped_quietly(say: Say) -> Iterator[None]:
    """Turn the signal that ends `run` into a plain return."""
    try:
        yield
    except Stopped:
        say("stopped")


def _start(stack: ExitStack, home: Home, settings: Settings, say: Say) -> str:
    settings = settings.model_copy(
        update={"home": str(home.path), "port": settings.port or _any_port(settings.host)}
    )
    _check_port(settings)
    check_presidio(settings)
    settings = prepare_remote(stack, home, settings, say)
    check_models(home, settings, say)
    check_policy(settings, home)
    plans = read_plans(settings, settings.home, read_library(settings, settings.home))
    check_routes(plans, read_catalog(settings, str(home.path)))
    ensure_example_crm(home, settings)
    folder = make_run_folder(home)
    stack.callback(folder.remove)
    ports = claim_ports()
    stack.callback(ports.release)
    longest = settings.gateway.limits.request_seconds
    os.environ.update(ray_environment(home, folder, ports, request_s=longest))
    os.environ.pop("PODIUM_API_KEY", None)
    descendants = Descendants()
    stack.callback(descendants.stop, STOP_S)
    stack.callback(remove_running, home)
    _start_ray(stack, settings, folder, say)
    base_url = f"http://{_shown(settings.host)}:{settings.port}"
    wait_ready(base_url, START_S, say, check_deployed)
    descendants.remember()
    write_running(home, Running(os.getpid(), base_url, time.time()))
    return base_url


def check_models(home: Home, settings: Settings, say: Say) -> None:
    """Refuse to start over weights that are missing or not the ones the catalog names."""
    catalog = read_catalog(settings, str(home.path))
    check_ray_llm(settings, catalog)
    check_fit(settings, catalog)
    adapters_by_base(settings.models, catalog)
    for name in settings.models:
        card = catalog.card(name)
        check_engine(card)
        if card.is_local:
            say(f"checking weights of {name}")
            check_digest(card, weights_folder(card))


def _first_key(home: Home, settings: Settings, say: Say) -> str | None:
    with closing(open_ledger(home, settings.ledger)) as ledger:
        state = State.open(home.database, home.pepper(), ledger)
        key = ensure_first_key(home, state, os.environ.get("PODIUM_API_KEY"))
    if key.ignored:
        say("PODIUM_API_KEY is no key of this home and is ignored; first_key holds its first one")
    return key.text


def _start_ray(stack: ExitStack, settings: Settings, folder: RunFolder, say: Say) -> None:
    import ray
    from ray import serve

    say("starting Ray")
    stack.callback(_stop_ray)
    with private_user_home(folder), ray_faults():
        ray.init(
            address="local",
            num_cpus=int(settings.logical_cpus),
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
            object_store_memory=settings.object_store_mib * 1024 * 1024,
            _temp_dir=str(folder.ray),
            _node_ip_address="127.0.0.1",
        )
    _install_handlers()
    say("starting models")
    http: Any = {"host": settings.host, "port": settings.port}
    serve.start(proxy_location="HeadOnly", http_options=http, logging_config=_logging())
    _deploy(settings)


@contextmanager
def ray_faults() -> Iterator[None]:
    """Ray raises plain exceptions where one of its processes is not up in half a minute."""
    try:
        yield
    except Exception as error:
        raise SetupError(
            f"Ray did not start: {error} A machine that is very busy or short of memory can do"
            " that; try again when it is quieter, `podium doctor` tells what is short."
        ) from error


def _deploy(settings: Settings) -> None:
    from ray.serve.api import _run

    from deployments.app import build

    _run(
        build(settings.model_dump(mode="json")),
        _blocking=False,
        name="podium",
        route_prefix="/",
        logging_config=_logging(),
    )


def _logging() -> Any:
    from ray.serve.schema import LoggingConfig

    return LoggingConfig(log_level="WARNING", enable_access_log=False)


def _stop_ray() -> None:
    import ray
    from ray import serve

    if ray.is_initialized():
        # A controller that already died leaves nothing to shut down; the cluster goes anyway.
        try:
            serve.shutdown()
        finally:
            ray.shutdown()


def _check_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SetupError(
                f"Port {settings.port} on {settings.host} can't be used ({error.strerror})."
                " Choose another with --port, or --port 0 for any free one.",
                param="port",
            ) from error


def _any_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _shown(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "") else host  # noqa: S104 - compared, not bound


_stopping = threading.Event()


@contextmanager
def _signals() -> Iterator[None]:
    _stopping.clear()
    old = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    _install_handlers()
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _install_handlers() -> None:
    """Ours, again after Ray has put in its own."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)


def _on_signal(number: int, frame: FrameType | None) -> None:
    if _stopping.is_set():
        return
    _stopping.set()
    raise Stopped(number)


def _watch_until_stopped(say: Say) -> None:
    clock = ClockWatch()
    while True:
        time.sleep(_LOOK_EVERY_S)
        back = clock.set_back()
        if back is not None:
            say(f"the clock was set back by {back:.0f} s: Serve's controller begins anew")
            _begin_controller_anew()


def _begin_controller_anew() -> None:
    """It looks at replicas by the time of day: until that has caught up, it would look at none, and
    what dies meanwhile would stay dead. Requests do not go through it.
    """
    import ray
    from ray.serve.context import _get_global_client

    _await_settled()
    ray.kill(_get_global_client()._controller, no_restart=False)


def _await_settled() -> None:
    """A controller that is ended while it still takes over from the one before loses the proxy."""
    end = time.monotonic() + _SETTLE_S
    while not is_settled() and time.monotonic() < end:
        time.sleep(_LOOK_EVERY_S)


def say_to_stderr(text: str) -> None:
    """Progress where it does not disturb stdout."""
    print(text, file=sys.stderr, flush=True)
