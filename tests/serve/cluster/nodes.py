"""A Ray cluster of several nodes on this machine, each started by `ray start` as on its own.

Every node has the environment of a machine of its own: transports, private folders, ports, labels
and, where the system lets us, a home that no other node sees. They share one address, so nothing
but Ray's ids tells them apart.
"""

from __future__ import annotations

import functools
import itertools
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil

from deployments.home import Home
from deployments.port_block import PortBlock, claim_ports
from deployments.private_file import write_private
from deployments.ray_environment import RunFolder, make_run_folder, ray_environment
from deployments.wire.limits import Limits
from tests.bound import bound
from tests.serve.cluster.ports import free_ports
from tests.serve.instance import BIN, environment

# Not 127.0.0.1, which Ray takes for a machine alone.
ADDRESS = "127.0.0.2"
ROLE = "podium.io/role"
START_S = 120.0
STOP_S = 60.0
# As long as a busy proxy may need to hear of it; `podium cluster env` says half a minute.
DRAIN_S = 5.0
_STORE = 80 * 1024 * 1024
_REPLICA = re.compile(r"ServeReplica:podium:([\w-]+)")
_UNSHARE = ("unshare", "--mount", "--propagation", "private", "--")
_OWN_HOME = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'


@dataclass
class Node:
    """One `ray start --block` and all that runs below it."""

    name: str
    process: subprocess.Popen[bytes]
    environ: Mapping[str, str]
    http: int

    def processes(self) -> list[psutil.Process]:
        """What runs on it now."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.process.pid).children(recursive=True)
        return []

    def replicas(self) -> dict[str, list[psutil.Process]]:
        """Its replicas by the names of their deployments."""
        found: dict[str, list[psutil.Process]] = {}
        for one in self.processes():
            named = _REPLICA.search(command_of(one))
            if named:
                found.setdefault(named[1], []).append(one)
        return found

    def kill(self) -> None:
        """Its end by a power cut: every process at once, by SIGKILL."""
        for one in [psutil.Process(self.process.pid), *self.processes()]:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.wait(30)

    def freeze(self) -> None:
        """Its end as others see it when it hangs: nobody answers, and no connection is closed."""
        for one in self.processes():
            with suppress(psutil.NoSuchProcess):
                one.suspend()

    def drain(self) -> None:
        """Its orderly end: Ray asks Serve to leave it first, for half a minute at most."""
        self.process.terminate()
        self.process.wait(STOP_S)


@dataclass
class Cluster:
    """The nodes by name; `home` is the one folder that the settings name on each of them.

    `of_head` is what the head's environment has besides, `request_s` the longest of a request.
    """

    home: Path
    nodes: dict[str, Node] = field(default_factory=dict)
    of_head: Mapping[str, str] = field(default_factory=dict)
    request_s: float = Limits().request_seconds

    def __post_init__(self) -> None:
        self.home.mkdir(mode=0o700, parents=True)
        self.folder: RunFolder = make_run_folder(Home(self.home))
        write_private(self.folder.path / "ray_bootstrap_config.yaml", b"{}\n")
        self._gcs, self._dashboard, self.http = free_ports(3)
        self._claims: list[PortBlock] = []
        self._started = itertools.count()

    @property
    def base_url(self) -> str:
        """Where the head's proxy answers."""
        return f"http://127.0.0.1:{self.http}"

    @property
    def environ(self) -> dict[str, str]:
        """What a shell beside the head has set."""
        return {
            **self.nodes["head"].environ,
            "RAY_ADDRESS": f"{ADDRESS}:{self._gcs}",
            "RAY_DASHBOARD_ADDRESS": f"http://127.0.0.1:{self._dashboard}",
        }

    def home_of(self, name: str) -> Path:
        """What stands at `home` on that node, seen from here."""
        return self.home.with_name(f"home-{name}") if homes_apart() else self.home

    def start_head(self, *words: str) -> None:
        """Ray's books and Serve's controller; nothing of Podium's fits on it."""
        self._start(
            "head",
            "head",
            "--head",
            f"--port={self._gcs}",
            "--dashboard-host=127.0.0.1",
            f"--dashboard-port={self._dashboard}",
            "--num-cpus=0",
            *words,
        )
        _until_heard((ADDRESS, self._gcs))

    def start_worker(self, name: str, role: str | None = None) -> None:
        """A node with the label of its role, which is its name if none is given."""
        self._start(name, role or name, f"--address={ADDRESS}:{self._gcs}", "--num-cpus=4")

    def has_joined(self, name: str) -> bool:
        """Whether that node says that it has started."""
        return "Ray runtime started" in self.home.with_name(f"{name}.log").read_text()

    def wait_for_dashboard(self) -> None:
        """Return when it takes configurations in."""
        headers = {"authorization": f"Bearer {self.folder.token.read_text()}"}
        url = f"{self.environ['RAY_DASHBOARD_ADDRESS']}/api/serve/applications/"
        until = time.monotonic() + START_S
        with httpx2.Client(trust_env=False, timeout=START_S, headers=headers) as client:
            while True:
                with suppress(httpx2.TransportError):
                    if client.get(url).status_code == 200:
                        return
                assert time.monotonic() < until, "the dashboard did not answer"
                time.sleep(0.3)

    def tool(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A command of the environment the tests run in, as typed beside the head."""
        return subprocess.run(
            [str(BIN / words[0]), *words[1:]],
            env=self.environ | more,
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
            preexec_fn=bound(),
        )

    def stop(self) -> None:
        """End every node and take the folders away."""
        for name in reversed(list(self.nodes)):
            # What does not end in time must not leave the rest of it behind.
            with suppress(subprocess.TimeoutExpired, psutil.NoSuchProcess):
                self.nodes.pop(name).kill()
        for left in psutil.process_iter():
            with suppress(psutil.Error):
                if left.environ().get("PODIUM_HOME") == str(self.home):
                    left.kill()
        for claim in self._claims:
            claim.release()
        self.folder.remove()

    def _start(self, name: str, role: str, *words: str) -> None:
        environ, http = self._environment(name)
        own = self.home_of(name)
        # Nodes that start at once in one folder would choose the same names for their sockets.
        temporary = self.folder.path / f"r{next(self._started)}"
        temporary.mkdir(mode=0o700, exist_ok=True)
        with self.home.with_name(f"{name}.log").open("ab") as said:
            process = subprocess.Popen(
                [
                    *_with_home(own, self.home),
                    str(BIN / "ray"), "start", "--block", "--disable-usage-stats",
                    f"--node-ip-address={ADDRESS}", f"--labels={ROLE}={role}",
                    f"--object-store-memory={_STORE}", f"--temp-dir={temporary}",
                    "--min-worker-port=0", "--max-worker-port=0", *words,
                ],
                stdout=said, stderr=said, env=environ, preexec_fn=bound(),
            )  # fmt: skip
        self.nodes[name] = Node(name, process, environ, http)

    def _environment(self, name: str) -> tuple[dict[str, str], int]:
        """That of `podium cluster env --address`, with ports of its own; Serve's proxy too."""
        ports, (http,) = claim_ports(), free_ports(1)
        self._claims.append(ports)
        more = ray_environment(
            Home(self.home),
            self.folder,
            ports,
            drain_s=DRAIN_S,
            address=ADDRESS,
            request_s=self.request_s,
        )
        more["HOME"] = str(self.folder.path)
        if name == "head":
            more |= self.of_head
        else:
            more["RAY_SERVE_WORKER_PROXY_HTTP_PORT"] = str(http)
        return environment(more), http


@functools.cache
def homes_apart() -> bool:
    """Whether this system lets each node have its own folder at the path of the home."""
    if shutil.which("unshare") is None:
        return False
    tried = subprocess.run([*_UNSHARE, "mount", "--bind", "/tmp", "/tmp"],  # noqa: S108
                           capture_output=True, check=False)  # fmt: skip
    return tried.returncode == 0


def command_of(process: psutil.Process) -> str:
    """The whole command, empty for a process that has ended."""
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def writes_the_ledger(process: psutil.Process) -> bool:
    """Whether it has the file open; a path of its own node may be none of ours."""
    links = Path(f"/proc/{process.pid}/fd").iterdir()
    return any(os.readlink(link).endswith("/ledger.sqlite") for link in links)


def _with_home(own: Path, home: Path) -> Sequence[str]:
    if own == home:
        return ()
    return (*_UNSHARE, "sh", "-c", _OWN_HOME, "sh", str(own), str(home))


def _until_heard(place: tuple[str, int]) -> None:
    until = time.monotonic() + START_S
    while True:
        with suppress(OSError), socket.create_connection(place, timeout=1):
            return
        assert time.monotonic() < until, f"nobody listens at {place}"
        time.sleep(0.1)
