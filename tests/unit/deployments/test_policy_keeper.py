"""The policy of a running instance: swapped when its file settles, kept when the file is bad."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from deployments.doctor.finding import Patient
from deployments.doctor.policy_state import check_policy_file
from deployments.home import Home
from deployments.policy_in_force import PolicyPlace, policy_place, read_policy
from deployments.policy_keeper import PolicyKeeper
from deployments.settings import Settings
from models.errors import InvalidConfig
from router.policy import Policy
from router.policy_change import approvals_block
from router.policy_file import default_policy, default_text, load_policy

TEXT = default_text()
NARROW = TEXT.replace(b"cache:     {level: INTERNAL", b"cache:     {level: PUBLIC")
WIDE = TEXT.replace(b"openai:     {level: INTERNAL", b"openai:     {level: CONFIDENTIAL")


@pytest.fixture
def place(tmp_path: Path) -> PolicyPlace:
    (tmp_path / "policy.yaml").write_bytes(TEXT)
    return PolicyPlace(tmp_path / "policy.yaml", tmp_path / "accepted.yaml")


def _settled(keeper: PolicyKeeper) -> bool:
    """Two looks: the first sees the change, the second that it is at rest."""
    return keeper.look() or keeper.look()


def test_a_narrower_file_is_taken_once_it_is_at_rest(place: PolicyPlace) -> None:
    keeper = PolicyKeeper(place)
    began_under = keeper.policy
    place.file.write_bytes(NARROW)
    assert not keeper.look()
    assert keeper.policy is began_under
    assert keeper.look()
    assert keeper.policy.digest == load_policy(NARROW).digest != began_under.digest
    assert place.accepted.read_bytes() == NARROW
    assert not _settled(keeper)


def test_a_file_half_written_is_not_taken_and_the_rest_of_it_is(place: PolicyPlace) -> None:
    keeper = PolicyKeeper(place)
    place.file.write_bytes(NARROW[:-40])
    assert not keeper.look()
    place.file.write_bytes(NARROW)
    assert not keeper.look()
    assert keeper.refused is None
    assert keeper.look()


def test_a_policy_another_process_took_is_taken_at_once(place: PolicyPlace) -> None:
    keeper = PolicyKeeper(place)
    before, new = keeper.policy.digest, load_policy(NARROW).digest
    assert keeper.look_for(new).digest == before, "the file says nothing new yet"
    place.file.write_bytes(NARROW[:-40])
    assert keeper.look_for(new).digest == before, "half of it is not it"
    place.file.write_bytes(NARROW)
    assert keeper.look_for("0" * 64).digest == before
    assert keeper.look_for(new).digest == new
    assert place.accepted.read_bytes() == NARROW
    assert not _settled(keeper)


def test_a_policy_that_is_asked_for_is_checked_like_any_other(place: PolicyPlace) -> None:
    keeper = PolicyKeeper(place)
    before = keeper.policy
    place.file.write_bytes(WIDE)
    assert keeper.look_for(load_policy(WIDE).digest) is before
    assert "approvals" in str(keeper.refused)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (TEXT[:-60], "line"),
        (b"version: 0\n", "version"),
        (WIDE, "approvals"),
        (b"#" * 10_000_000, "at most"),
        (TEXT.replace(b"level: INTERNAL", b"level: SECRET", 1), "level"),
    ],
)
def test_a_bad_file_leaves_the_old_policy_loudly_at_a_restart_too(
    place: PolicyPlace, text: bytes, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = PolicyKeeper(place)
    before = keeper.policy
    place.file.write_bytes(text)
    with caplog.at_level(logging.ERROR):
        assert not _settled(keeper)
    assert keeper.policy is before
    assert why in str(keeper.refused)
    assert "refused" in caplog.text
    again = PolicyKeeper(place)
    assert (again.policy.digest, why in str(again.refused)) == (before.digest, True)
    place.file.write_bytes(TEXT)
    _settled(keeper)
    assert (keeper.policy.digest, keeper.refused) == (before.digest, None)


def test_a_wider_file_is_taken_with_two_approvals(place: PolicyPlace) -> None:
    keeper = PolicyKeeper(place)
    block = approvals_block(keeper.policy, load_policy(WIDE))
    place.file.write_bytes(WIDE + block.replace("first approver, second approver", "A, B").encode())
    assert _settled(keeper)
    assert keeper.policy.sites["openai"].level.name == "CONFIDENTIAL"


def test_a_first_bad_file_has_nothing_to_fall_back_on(place: PolicyPlace) -> None:
    place.file.write_bytes(b"version: 0\n")
    with pytest.raises(InvalidConfig):
        PolicyKeeper(place)


async def test_the_watch_tells_of_a_swap_once(place: PolicyPlace) -> None:
    told: list[Policy] = []
    done = asyncio.Event()

    async def swapped(policy: Policy) -> None:
        told.append(policy)
        done.set()

    task = asyncio.create_task(PolicyKeeper(place).watch(swapped, period=0.01))
    await asyncio.sleep(0)
    place.file.write_bytes(NARROW)
    await done.wait()
    task.cancel()
    assert [one.digest for one in told] == [load_policy(NARROW).digest]


def test_a_home_has_its_own_policy_unless_the_settings_name_one(tmp_path: Path) -> None:
    home = Home(tmp_path)
    settings = Settings(home=str(tmp_path))
    assert read_policy(settings).digest == default_policy().digest
    home.policy.write_bytes(NARROW)
    assert read_policy(settings).digest == load_policy(NARROW).digest
    named = tmp_path / "named.yaml"
    named.write_bytes(TEXT)
    assert policy_place(settings.model_copy(update={"policy": str(named)})).file == named


def test_the_doctor_tells_of_a_refused_file(tmp_path: Path) -> None:
    home = Home(tmp_path)
    patient = Patient(home, Settings(home=str(tmp_path)), None, {})
    assert [one.level for one in check_policy_file(patient)] == ["ok"]
    home.accepted_policy.write_bytes(TEXT)
    home.policy.write_bytes(WIDE)
    (found,) = check_policy_file(patient)
    assert (found.level, "approvals" in found.detail) == ("fail", True)
