"""Providers' keys: out of the environment, into a private file, and from there to Egress alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.egress_keys import (
    KNOWN,
    key_names,
    keys_file,
    read_keys,
    remove_keys,
    take_keys,
    write_keys,
)
from deployments.home import Home
from deployments.open_home import open_home
from models.errors import SetupError
from tests.remote_cards import remote_card

ROOT = Path(__file__).parents[3]
KEY = "sk-canary-0001"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


def test_keys_of_rows_and_known_providers_are_taken() -> None:
    names = key_names([remote_card(key_env="MY_OWN_KEY")])
    environ = {"MY_OWN_KEY": KEY, "ANTHROPIC_API_KEY": "b", "DEEPSEEK_API_KEY": " ", "PATH": "/bin"}
    assert take_keys(environ, names) == {"MY_OWN_KEY": KEY, "ANTHROPIC_API_KEY": "b"}
    assert environ == {"PATH": "/bin"}
    assert set(KNOWN) <= names


def test_googles_key_goes_by_either_name() -> None:
    for given, other in (
        ("GEMINI_API_KEY", "GOOGLE_API_KEY"), ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    ):  # fmt: skip
        assert take_keys({given: KEY}, [given, other]) == {given: KEY, other: KEY}
    both = {"GEMINI_API_KEY": "a", "GOOGLE_API_KEY": "b"}
    assert take_keys(dict(both), both) == both


def test_only_the_owner_may_read_them(home: Home) -> None:
    assert read_keys(home) == {}
    write_keys(home, {"OPENAI_API_KEY": KEY})
    assert keys_file(home).stat().st_mode & 0o777 == 0o600
    assert read_keys(home) == {"OPENAI_API_KEY": KEY}
    keys_file(home).chmod(0o640)
    with pytest.raises(SetupError, match="others"):
        read_keys(home)


def test_they_go_when_the_instance_goes(home: Home) -> None:
    write_keys(home, {"OPENAI_API_KEY": KEY})
    remove_keys(home)
    remove_keys(home)
    assert read_keys(home) == {}


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_a_damaged_file_is_said(home: Home, text: str) -> None:
    write_keys(home, {})
    assert read_keys(home) == {}
    keys_file(home).write_text(text)
    with pytest.raises(SetupError):
        read_keys(home)


PROGRAM = """
import os
from pathlib import Path
from deployments.egress_keys import erase_from_memory, take_keys
def shown():
    return b"sk-canary-0001" in Path("/proc/self/environ").read_bytes()
print(shown())
erase_from_memory(["OPENAI_API_KEY", "NOT_SET"])
print(shown(), take_keys(os.environ, ["OPENAI_API_KEY"]), os.environ.get("OPENAI_API_KEY"))
"""


def test_the_process_that_was_given_a_key_does_not_show_it() -> None:
    shown = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"OPENAI_API_KEY": KEY, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.splitlines() == [
        "True",
        f"False {{'OPENAI_API_KEY': '{KEY}'}} None",
    ]
