"""Stopping: the holder of the home's lock and nobody else; a detached start is watched."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deployments.detach import start_detached
from deployments.down import down
from deployments.home import Home
from deployments.home_lock import holder_of, lock_home
from deployments.open_home import open_home
from deployments.run_file import Running, process_lives, write_running
from models.errors import DeadlineExceeded, SetupError

HOLD = """
import pathlib, signal, sys
from deployments.home import Home
from deployments.home_lock import lock_home
with lock_home(Home(pathlib.Path(sys.argv[1]))):
    signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[2] == "deaf" else signal.SIG_DFL)
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(home: Home, manner: str = "polite") -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home.path), manner],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_the_instance_is_stopped_and_gone(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    with holder(home) as process:
        assert holder_of(home) == process.pid
        assert down(home) == process.pid
        assert not process_lives(process.pid)
    assert holder_of(home) is None
    with lock_home(home):
        pass


def test_nothing_to_stop_is_fine_and_a_strangers_pid_is_not_hit(tmp_path: Path) -> None:
    assert down(Home(tmp_path / "none")) is None
    home = open_home(tmp_path)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        write_running(home, Running(stranger.pid, "http://127.0.0.1:1", 1.0))
        home.lock_file.write_text(f"{stranger.pid}\n")
        assert down(home) is None
        assert stranger.poll() is None
        assert not home.run_file.exists()
        stranger.kill()


def test_one_that_does_not_stop_is_named(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    with holder(home, "deaf") as process:
        with pytest.raises(DeadlineExceeded, match=str(process.pid)):
            down(home, 0.3)
        assert process_lives(process.pid)


def test_a_process_waiting_to_be_reaped_does_not_live() -> None:
    process = subprocess.Popen(["true"])
    while process_lives(process.pid):
        pass
    assert process.wait() == 0
    assert not process_lives(process.pid)


def test_a_detached_start_that_fails_says_why(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    with pytest.raises(SetupError, match="no profile 'nope'"):
        start_detached(home, ["--home", str(tmp_path), "--profile", "nope"], print)
    assert holder_of(home) is None


PARTNER = """
- {id: partner, dialect: openai_compatible, base_url: "https://partner.example/v1", vendor_model: p,
   key_env: PARTNER_KEY_NOBODY_SET, site: remote, clearance: {level: INTERNAL},
   capabilities: [chat]}
- {id: mistral, dialect: vllm, path: /no/such/folder, clearance: {level: INTERNAL},
   capabilities: [chat]}
"""


def test_a_detached_start_tells_what_is_left_out_and_what_it_waits_for(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    home.settings.write_text("remote: 'on'\n")
    (home.catalog / "partner.yaml").write_text(PARTNER)
    said: list[str] = []
    with pytest.raises(SetupError, match="are missing"):
        start_detached(home, ["--home", str(tmp_path), "--port", "0"], said.append)
    assert "partner is left out: PARTNER_KEY_NOBODY_SET is not set" in said
    assert not [line for line in said if line.startswith("Error: ")]
