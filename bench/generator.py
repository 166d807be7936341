"""The other end of `bench.load`: the process that makes the load, as an object."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict

from bench.samples import Job, Sample, from_line
from models.errors import InternalError

_STOP_S = 5.0


class Generator:
    """A load generator in a process of its own; one job at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, job: Job) -> list[Sample]:
        """The samples of the job; raises InternalError when the generator died."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise InternalError("The load generator has no pipes.")
        stdin.write(json.dumps(asdict(job)) + "\n")
        stdin.flush()
        samples = []
        for line in stdout:
            if not line.strip():
                return samples
            samples.append(from_line(line))
        raise InternalError("The load generator ended in the middle of a job; see above why.")

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
