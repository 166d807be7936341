"""Starting, refusing to start, and leaving nothing behind."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.bound import bound
from tests.serve.instance import Instance, command, environment, run

SMALL = {"PODIUM_MODELS": '["embed"]', "PODIUM_RETRIEVER__SOURCES": "{}"}


def test_a_second_up_on_one_home_names_the_first(podium: Instance) -> None:
    done = run("up", "--port", "0", home=podium.home)
    assert done.returncode == 2
    assert str(podium.pid) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("up", "--port", str(port), home=tmp_path / "home")
    assert done.returncode == 2
    assert f"Port {port}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not processes_of(tmp_path / "home")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"path": "/nowhere/at/all"}, "weights of 'mistral' are missing"),
        ({"digest": "sha256:" + "0" * 64}, "not the ones the catalog names"),
    ],
)
def test_weights_missing_or_wrong_stop_the_start(
    tmp_path: Path, change: dict[str, str], field: str
) -> None:
    catalog = tmp_path / "catalog"
    catalog.mkdir()
    row = {
        "id": "mistral",
        "dialect": "vllm",
        "path": "package:models.reference/chat",
        "clearance": {"level": "RESTRICTED", "categories": "all"},
    }
    (catalog / "mine.yaml").write_text(json.dumps([row | change]))
    done = run("up", "--port", "0", "--catalog", str(catalog), home=tmp_path / "home")
    assert done.returncode == 2
    assert field in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_while_starting_leaves_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with subprocess.Popen(
        command("up", "--home", str(home), "--port", "0"),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env=environment(SMALL),
        preexec_fn=bound(),
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "starting models" in line:
                break
        assert len(processes_of(home)) > 1
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert process.wait(120) == 130
    assert "Traceback" not in rest
    assert not left_of(home)


def processes_of(home: Path) -> list[psutil.Process]:
    """Every process that was started for this home."""
    return [p for p in psutil.process_iter() if _home(p) == str(home)]


def left_of(home: Path) -> list[psutil.Process]:
    """What is still there after a moment's grace for the kernel to reap."""
    until = time.monotonic() + 60
    while processes_of(home) and time.monotonic() < until:
        time.sleep(0.2)
    return processes_of(home)


def _home(process: psutil.Process) -> str | None:
    try:
        return process.environ().get("PODIUM_HOME")
    except psutil.Error:
        return None


def run_folder_of(home: Path) -> Path:
    for process in processes_of(home):
        token = process.environ().get("RAY_AUTH_TOKEN_PATH")
        if token:
            return Path(token).parent
    raise AssertionError("no process of this home knows its run folder")
