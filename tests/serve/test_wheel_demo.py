"""The built wheel runs the demo in an empty environment and folder, with no network at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.bound import bound
from tests.tracked import ROOT

SITE = f"lib/python3.{sys.version_info.minor}/site-packages"
# A new network namespace has a loopback interface that is down; this puts it up (SIOCSIFFLAGS).
LOOPBACK_ONLY = (
    "import fcntl, os, socket, struct, sys;"
    "fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh', b'lo', 0x41));"
    "os.execv(sys.argv[1], sys.argv[1:])"
)


@pytest.fixture
def podium_of_the_wheel(tmp_path: Path) -> Path:
    """`podium` in an environment that holds the wheel, and borrows the lock's packages."""
    dist, environment = tmp_path / "dist", tmp_path / "environment"
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(dist)]
    subprocess.run([*build, str(ROOT)], check=True, capture_output=True)
    venv.create(environment, symlinks=True)
    # Through a `.pth`, so that this environment's own `.pth` of the source tree isn't read.
    (environment / SITE / "lock.pth").write_text(f"{Path(sys.prefix, SITE)}\n")
    python = str(environment / "bin" / "python")
    install = ["-m", "pip", "install", "--no-index", "--no-deps", "--ignore-installed"]
    wheel = str(next(dist.glob("podium-*.whl")))
    subprocess.run([python, *install, wheel], check=True, capture_output=True)
    return environment / "bin" / "podium"


def without_network(command: list[str]) -> list[str]:
    """The command behind a loopback of its own, where the kernel lets a user make one."""
    unshare = shutil.which("unshare")
    if unshare and subprocess.run([unshare, "-rn", "true"], check=False).returncode == 0:
        return [unshare, "-rn", sys.executable, "-c", LOOPBACK_ONLY, *command]
    return command


@pytest.mark.assurance
def test_the_wheel_runs_the_demo(podium_of_the_wheel: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PODIUM_", "RAY_"))}
    environment |= {"HOME": str(empty), "PODIUM_HOME": str(empty / "home")}
    done = subprocess.run(
        without_network([str(podium_of_the_wheel), "demo"]),
        cwd=empty, env=environment, capture_output=True, text=True, timeout=900, check=False,
        preexec_fn=bound(),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert str(ROOT) not in done.stdout + done.stderr
