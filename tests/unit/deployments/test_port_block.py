"""Blocks of ports are claimed by one instance alone."""

from __future__ import annotations

import socket

import pytest

from deployments.port_block import SIZE, claim_ports
from models.errors import SetupError

HERE = range(31_000, 31_000 + 2 * SIZE, SIZE)


def test_two_claims_never_meet_and_a_third_is_refused() -> None:
    first = claim_ports(HERE)
    second = claim_ports(HERE)
    try:
        assert {first.start, second.start} == set(HERE)
        with pytest.raises(SetupError):
            claim_ports(HERE)
        second.release()
        third = claim_ports(HERE)
        third.release()
        assert third.start == second.start
    finally:
        first.release()


def test_a_block_in_which_somebody_listens_is_passed_over() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", HERE[0] + 42))
        listener.listen()
        with pytest.raises(SetupError):
            claim_ports(HERE[:1])
