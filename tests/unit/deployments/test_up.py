"""What `podium up` says when Ray does not come up."""

from __future__ import annotations

import pytest

from deployments.up import Stopped, ray_faults
from models.errors import SetupError


def test_a_fault_of_ray_says_what_to_do() -> None:
    with (
        pytest.raises(SetupError, match=r"Ray did not start: It timed out\. .*try again"),
        ray_faults(),
    ):
        raise Exception("It timed out.")


def test_a_signal_stays_one() -> None:
    with pytest.raises(Stopped), ray_faults():
        raise Stopped(15)
