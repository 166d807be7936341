"""A child of the tests ends with them, even by SIGKILL."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from tests.tracked import ROOT

# Starts a child that says its process id, and waits to be killed.
STARTER = """
import subprocess, sys, time
from tests.bound import bound
code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", code], preexec_fn={preexec})
time.sleep(600)
"""


@pytest.mark.parametrize(("preexec", "outlives"), [("None", True), ("bound()", False)])
def test_only_an_unbound_child_outlives_a_killed_parent(preexec: str, outlives: bool) -> None:
    command = [sys.executable, "-c", STARTER.format(preexec=preexec)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
        try:
            if outlives:
                assert child.is_running() and child.status() != psutil.STATUS_ZOMBIE
            else:
                child.wait(30)
        finally:
            if child.is_running():
                child.kill()
