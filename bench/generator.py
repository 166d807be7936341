"""The other end of `bench.load`: the process that makes the load, as an object."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict

from bench.samples import Job, Sample, from_line
from models.errors import InternalError

_STOP_S = 5.0


class Generator:
    """A load generator in a process of its own; one job at a time.

    `words` are another module with its arguments that speaks as `bench.load` does.
    """

    def __init__(
        self,
        words: Sequence[str] = ("bench.load",),
        environment: Mapping[str, str] | None = None,
        nicer: int = 0,
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", *words],
            env=environment,
            preexec_fn=lambda: os.nice(nicer),
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
        """End the process: it goes when there are no more jobs, else it is made to."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        for end in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(_STOP_S)
                break
            except subprocess.TimeoutExpired:
                end()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
