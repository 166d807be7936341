"""Every place where an instance leaves bytes, read whole: files, endpoints and commands."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from tests.serve.instance import Instance, command

# The documents themselves, the records themselves, and what the provider was sent.
STORE, RECORDS, CAPTURE, KEYS = "home/collections", "home/crm.db", "stub capture", "home/state"
OTHERS = "answers to another tenant"
_PAGES = ("/metrics", "/openapi.json", "/v1/status", "/v1/models", "/healthz", "/readyz")
_COMMANDS = (
    ("status", "--json"),
    ("doctor", "--json"),
    ("audit", "verify", "--json"),
    ("audit", "export", "--json"),
)


@dataclass(frozen=True)
class Place:
    """Where an instance runs, and the private folders it was given."""

    instance: Instance
    temporary: Path
    users_home: Path

    @property
    def files(self) -> Mapping[str, Path]:
        """Folders in which everything is a sink, by the name that begins theirs."""
        return {
            "home": self.instance.home,
            "temporary": self.temporary,
            "user": self.users_home,
        }


def sinks(place: Place) -> Iterator[tuple[str, bytes]]:
    """Name and content of each, the same name for the parts of one."""
    yield from files(place)
    yield from _pages(place.instance)
    for words in _COMMANDS:
        done = subprocess.run(
            command(*words, "--home", str(place.instance.home)), capture_output=True, check=False
        )
        yield f"podium {' '.join(words)}", done.stdout + done.stderr


def files(place: Place) -> Iterator[tuple[str, bytes]]:
    """Every file that the instance has written anywhere."""
    for root, folder in place.files.items():
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                name = _name(root, path.relative_to(folder))
                yield name, path.read_bytes()
                if path.suffix == ".sqlite":
                    yield name, _dump(path)
    log = place.instance.home.parent / f"{place.instance.home.name}.stderr"
    yield "stderr of podium up", log.read_bytes()
    yield "stdout of podium up", _stdout(place.instance)


def _name(root: str, path: Path) -> str:
    if path.name == "stub.jsonl":
        return CAPTURE
    if root == "temporary" and "logs" in path.parts:
        return "Ray's logs"
    if root == "temporary" and ("haproxy" in path.name or "server-state" in path.name):
        return "HAProxy's files"
    first = path.parts[0]
    return f"{root}/{first.partition('.sqlite')[0]}"


def _dump(path: Path) -> bytes:
    """All rows as text: in the file a long value may be cut in two by a page's end."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        database.text_factory = lambda raw: raw.decode("utf-8", "replace")
        return "\n".join(database.iterdump()).encode()


def _stdout(instance: Instance) -> bytes:
    pipe = instance.process.stdout if instance.process else None
    if pipe is None:
        return b""
    os.set_blocking(pipe.fileno(), False)
    try:
        return os.read(pipe.fileno(), 1 << 20)
    except BlockingIOError:
        return b""


def _pages(instance: Instance) -> Iterator[tuple[str, bytes]]:
    headers = {"authorization": f"Bearer {instance.key}"}
    with httpx2.Client(timeout=60, trust_env=False) as client:
        for path in _PAGES:
            answer = client.get(f"{instance.base_url}{path}", headers=headers)
            yield path, answer.content + str(answer.headers).encode()
        for port in _haproxy_ports(instance):
            yield "HAProxy's pages", _haproxy(client, port)


def _haproxy(client: httpx2.Client, port: int) -> bytes:
    found = b""
    for path in ("/metrics", "/stats", "/"):
        try:
            found += client.get(f"http://127.0.0.1:{port}{path}").content
        except httpx2.TransportError:
            continue
    return found


def _haproxy_ports(instance: Instance) -> set[int]:
    api = int(instance.base_url.rpartition(":")[2])
    return {
        connection.laddr.port
        for process in psutil.Process(instance.pid).children(recursive=True)
        if process.name().startswith("haproxy")
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port != api
    }
