"""Checks of what really listens: every socket of the instance, and who it is open to."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from deployments.doctor.finding import Finding, Patient, fail, ok, warn
from deployments.doctor.process_tree import cluster_of, environment_of, instance_of

TOKEN_PATH = "RAY_AUTH_TOKEN_PATH"  # noqa: S105 - a variable's name
_FIREWALL = "Close it to other machines with a firewall or a NetworkPolicy."


@dataclass(frozen=True, slots=True)
class Listener:
    """One listening TCP socket and its process."""

    pid: int
    program: str
    address: str
    port: int

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        address = ip_address(self.address)
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def listeners_of(pid: int) -> Sequence[Listener]:
    """What the process and everything below it listens on, each socket once."""
    found: dict[tuple[str, int], Listener] = {}
    for process in instance_of(pid):
        try:
            name, sockets = process.name(), process.net_connections("tcp")
        except psutil.Error:
            continue
        for each in sockets:
            if each.status == psutil.CONN_LISTEN:
                listener = Listener(process.pid, name, each.laddr.ip, each.laddr.port)
                found.setdefault((listener.address, listener.port), listener)
    return sorted(found.values(), key=lambda one: (one.is_local, one.port))


def check_listening(
    patient: Patient, look: Callable[[int], Sequence[Listener]] = listeners_of
) -> Iterator[Finding]:
    """Each socket that other machines can reach, and how many cannot be."""
    if patient.running is None:
        yield ok("listening", "nothing runs on this home")
        return
    sockets = look(patient.running.pid)
    guarded = not any(finding.level == "fail" for finding in check_token(patient))
    for one in sockets:
        if not one.is_local:
            yield _open_to_others(one, guarded, patient)
    local = sum(one.is_local for one in sockets)
    yield ok("listening", f"{local} of {len(sockets)} sockets are open to this machine only")


def _open_to_others(one: Listener, guarded: bool, patient: Patient) -> Finding:
    where = f"{one.program} (pid {one.pid}) listens on {one.address} port {one.port}"
    if patient.running and urlsplit(patient.running.base_url).port == one.port:
        fix = "Keep it so only behind TLS; `podium up --host 127.0.0.1` closes it."
        return warn("listening", f"{where}: the API itself, asking for keys", fix)
    if one.program.startswith("haproxy"):
        return warn("listening", f"{where}: HAProxy's own figures, without content", _FIREWALL)
    if guarded:
        return warn("listening", f"{where}; it asks for Ray's token", _FIREWALL)
    return fail("listening", f"{where}, and Ray's token is not in force", _FIREWALL)


def check_token(patient: Patient) -> Iterator[Finding]:
    """Whether every process of the cluster asks for Ray's token, and nobody else can read it."""
    if patient.running is None:
        return
    started = cluster_of(patient.running.pid)
    bare = [p.pid for p in started if environment_of(p).get("RAY_AUTH_MODE") != "token"]
    if not started or bare:
        which = f"processes {bare} run" if bare else "no process of the cluster was found that runs"
        yield fail(
            "token", f"{which} with Ray's token", "Restart: `podium down`, then `podium up`."
        )
        return
    paths = {environment_of(process).get(TOKEN_PATH, "") for process in started}
    for path in sorted(paths):
        yield _token_file(Path(path))


def _token_file(path: Path) -> Finding:
    try:
        facts = path.stat()
    except OSError:
        return fail("token", "the file of Ray's token is missing", "Restart Podium.")
    if facts.st_uid != os.geteuid() or stat.S_IMODE(facts.st_mode) & 0o077:
        return fail("token", f"{path} can be read by others", f"chmod 600 {path}")
    return ok("token", "Ray asks every process for a token that only its owner can read")
