"""Nobody without the token reaches Ray's inner ports, which unpickle what they get."""

from __future__ import annotations

import pickle
from pathlib import Path

import grpc
import psutil
import pytest

from tests.serve.instance import Instance

METHOD = "/ray.serve.ASGIService/HandleRequest"


class _Canary:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)

    def __reduce__(self) -> tuple[object, ...]:
        return (open, (self._path, "w"))


def test_a_pickle_without_the_token_is_never_read(podium: Instance, tmp_path: Path) -> None:
    token = _token(podium)
    targets = _grpc_ports(podium)
    assert targets
    with_token, without = tmp_path / "with", tmp_path / "without"
    for address in targets:
        _send(address, with_token, token)
        _send(address, without, None)
    assert with_token.exists(), "the probe itself must work, or the test shows nothing"
    assert not without.exists()


def _send(address: str, canary: Path, token: str | None) -> None:
    metadata = [("authorization", f"Bearer {token}")] if token else []
    with grpc.insecure_channel(address) as channel:
        call = channel.unary_unary(METHOD)
        with pytest.raises(grpc.RpcError):
            call(_first_field(pickle.dumps(_Canary(canary))), metadata=metadata, timeout=5)


def _first_field(value: bytes) -> bytes:
    """A protobuf message whose field 1, the pickled metadata, is `value`."""
    assert len(value) < 1 << 14
    return bytes((0x0A, len(value) & 0x7F | 0x80, len(value) >> 7)) + value


def _token(podium: Instance) -> str:
    environment = psutil.Process(podium.pid).children(recursive=True)[0].environ()
    return Path(environment["RAY_AUTH_TOKEN_PATH"]).read_text().strip()


def _grpc_ports(podium: Instance) -> set[str]:
    found = set()
    for process in psutil.Process(podium.pid).children(recursive=True):
        if "ServeReplica" not in " ".join(process.cmdline()):
            continue
        for connection in process.net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN:
                found.add(f"127.0.0.1:{connection.laddr.port}")
    return found
