"""A stand-in for a running instance: a parent and a child that listens, as real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_CHILD = """
import json, socket, sys
sockets = [socket.create_server((host, 0)) for host in sys.argv[1:]]
print(json.dumps([one.getsockname()[1] for one in sockets]), flush=True)
sys.stdin.read()
"""
_PARENT = """
import json, subprocess, sys
environment = json.loads(sys.argv[1])
child = [sys.executable, "-c", *sys.argv[2:]]
subprocess.run(child, env=environment, stdin=sys.stdin)
"""


@contextmanager
def instance(*hosts: str, **environment: str) -> Iterator[tuple[int, list[int]]]:
    """The parent's pid and the ports the child listens on, one a host."""
    child = {"PATH": os.environ["PATH"], **environment}
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, json.dumps(child), _CHILD, *hosts],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdin is not None
        try:
            yield parent.pid, json.loads(parent.stdout.readline())
        finally:
            parent.stdin.close()


def token_variables(path: str) -> Mapping[str, str]:
    """What Ray's processes find in their environment."""
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": path}
