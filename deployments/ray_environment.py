"""The environment Ray must find before it is imported: transports, ports, tokens, private folders.

Ray Serve reads these once, at import, in every process, so they are set before anything else.
"""

from __future__ import annotations

import hashlib
import math
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deployments.front import CALLBACK
from deployments.home import Home
from deployments.port_block import PortBlock
from deployments.private_file import write_private
from deployments.wire.limits import Limits
from models.quiet import quiet_environment

_TOKEN_BYTES = 32
# HAProxy takes 97 bytes; our folder, Ray's of the node and the socket's name need 88 of them.
_LONGEST_BASE = 9
_SYSTEM_BASE = "/tmp"  # noqa: S108 - the folder in it is ours alone: made with mode 0700, or not made
USERS_HOME = "HOME_OF_USER"
# Within so many seconds the head of a request must be there, or the connection is closed. Serve has
# no setting for it: the balance algorithm ends HAProxy's defaults, and our line follows it.
HEAD_S = 10
# A gateway's machine that is cut off says nothing more, not even that it is gone: TCP asks it, and
# gives it up where what was sent is not received.
_CUT_OFF = (
    "option srvtcpka", "srvtcpka-idle 10s", "srvtcpka-intvl 5s", "srvtcpka-cnt 3",
    "default-server tcp-ut 25s",
)  # fmt: skip
_DEFAULTS_END = "\n    ".join(("leastconn", f"timeout http-request {HEAD_S}s", *_CUT_OFF))
# A gateway answers each request in its time; one that is silent for so long after it hangs.
SILENT_VARIABLE = "RAY_SERVE_HAPROXY_TIMEOUT_SERVER_S"
SILENT_S = 30.0


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The private folder of one running instance.

    Its path is short, for Unix sockets lie in it and their paths end at 107 bytes.
    """

    path: Path

    @property
    def token(self) -> Path:
        """The token without which nobody talks to this instance's Ray."""
        return self.path / "token"

    @property
    def ray(self) -> Path:
        """Ray's own temporary folder: sockets and logs."""
        return self.path / "r"

    @property
    def temporary(self) -> Path:
        """Where engines keep sockets and files that one which was killed leaves behind."""
        return self.path / "t"

    def remove(self) -> None:
        """Take the folder away with all it holds."""
        shutil.rmtree(self.path, ignore_errors=True)


def make_run_folder(home: Home, token: bytes | None = None) -> RunFolder:
    """A fresh run folder of this home; what an instance that was killed left there is removed.

    `token` is that of the cluster to join, None to make a new one.
    """
    name = hashlib.sha256(str(home.path).encode()).hexdigest()[:10]
    folder = RunFolder(_short_base() / f"podium-{name}")
    folder.remove()
    folder.path.mkdir(mode=0o700)
    folder.ray.mkdir(mode=0o700)
    folder.temporary.mkdir(mode=0o700)
    write_private(folder.token, token or secrets.token_hex(_TOKEN_BYTES).encode())
    return folder


def _short_base() -> Path:
    """The temporary folder, or the system's where HAProxy's sockets would lie too deep."""
    folder = tempfile.gettempdir()
    return Path(folder if len(folder) <= _LONGEST_BASE else _SYSTEM_BASE)


def ray_environment(
    home: Home,
    folder: RunFolder,
    ports: PortBlock,
    *,
    drain_s: float = 0.5,
    address: str | None = None,
    request_s: float = Limits().request_seconds,
) -> dict[str, str]:
    """The variables of one machine; `address` is where the others reach it, None when alone.

    `request_s` is the longest that any request may take.
    """
    haproxy = folder.path
    variables = quiet_environment() | {
        "PODIUM_HOME": str(home.path),
        "TMPDIR": str(folder.temporary),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(folder.token),
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
        "RAY_SERVE_RUN_ROUTER_IN_SEPARATE_LOOP": "0",
        "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "1000",
        "RAY_SERVE_LOG_TO_STDERR": "0",
        "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": CALLBACK,
        "RAY_SERVE_REPLICA_GRPC_MAX_MESSAGE_LENGTH": str(64 * 1024 * 1024),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(haproxy / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(haproxy / "admin.sock"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(haproxy / "metrics.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(haproxy),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(haproxy / "server-state"),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(ports.metrics),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(ports.stats),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(ports.fallback_http),
        "RAY_SERVE_FALLBACK_PROXY_GRPC_PORT": str(ports.fallback_grpc),
        "RAY_SERVE_HAPROXY_NBTHREAD": "1",
        "RAY_SERVE_HAPROXY_BALANCE_ALGORITHM": _DEFAULTS_END,
        SILENT_VARIABLE: str(math.ceil(request_s + SILENT_S)),
        # With one gateway a slow moment must not take it out: there is no other to go to.
        "RAY_SERVE_HAPROXY_HEALTH_CHECK_FALL": "5",
        "RAY_SERVE_HAPROXY_OBSERVE_MARK_DOWN_ENABLED": "0",
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(ports.http.start),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(ports.http.stop),
        "RAY_SERVE_DIRECT_INGRESS_MIN_GRPC_PORT": str(ports.grpc.start),
        "RAY_SERVE_DIRECT_INGRESS_MAX_GRPC_PORT": str(ports.grpc.stop),
        "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": str(drain_s),
        "RAY_SERVE_PROXY_MIN_DRAINING_PERIOD_S": str(drain_s),
        "RAY_DEDUP_LOGS": "0",
        # Ray would put replicas at 15, behind every other process of the machine.
        "RAY_worker_niceness": "0",
        "VLLM_HOST_IP": address or "127.0.0.1",
        # Configuring its own, vLLM closes every handler of the process: our log ends there, and a
        # replica whose handlers Serve finds closed is begun anew whenever the controller is.
        "VLLM_CONFIGURE_LOGGING": "0",
    }
    if address is None:
        # Whatever its name says: without it Ray takes the machine's outside address for loopback
        # and listens there; with it no other machine may join.
        variables["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    return variables


@contextmanager
def private_user_home(folder: RunFolder) -> Iterator[None]:
    """Start Ray inside this: its processes get the run folder as the user's home.

    Ray's dashboard asks the clouds' metadata addresses where it runs, reporting turned off or not,
    unless it finds a cluster file at home. `enter_replica` gives replicas the real one back.
    """
    write_private(folder.path / "ray_bootstrap_config.yaml", b"{}\n")
    users = os.environ.get("HOME")
    os.environ["HOME"] = str(folder.path)
    if users is not None:
        os.environ[USERS_HOME] = users
    try:
        yield
    finally:
        os.environ.pop("HOME")
        if users is not None:
            os.environ["HOME"] = users


def restore_user_home() -> None:
    """Undo `private_user_home` in a process that Ray started."""
    if USERS_HOME in os.environ:
        os.environ["HOME"] = os.environ.pop(USERS_HOME)
