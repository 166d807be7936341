"""The lock, the project's ranges, the known absences and THIRD_PARTY.md agree."""

from __future__ import annotations

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.tracked import ROOT

LOCK = (ROOT / "requirements" / "cpu.lock").read_text()
LOCKED = {
    canonicalize_name(name): Version(version)
    for name, version in re.findall(r"^([\w.-]+)==([^ \\]+)", LOCK, re.MULTILINE)
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NOT_ON_A_CPU = {"gpu", "postgres", "remote", "microphone", "presidio", "ray-llm"}


def test_the_lock_holds_every_range_of_the_project() -> None:
    extras = PROJECT["optional-dependencies"]
    wanted = PROJECT["dependencies"] + [
        line for name, lines in extras.items() if name not in NOT_ON_A_CPU for line in lines
    ]
    for requirement in map(Requirement, wanted):
        locked = LOCKED[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(locked, prereleases=True), str(requirement)


def test_every_entry_of_the_lock_has_a_hash_and_no_address() -> None:
    entries = re.split(r"^(?=[\w.-]+==)", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == len(LOCKED)
    assert [e.splitlines()[0] for e in entries if "--hash=sha256:" not in e] == []
    assert re.findall(r"\w+://|--(?:index|extra-index|find-links)\S*", LOCK) == []


def test_no_forbidden_package_comes_in_by_the_back_door() -> None:
    assert not {"litellm", "guardrails-ai", "llm-guard", "sentry-sdk"} & set(LOCKED)


def test_what_is_known_to_be_absent_is_not_in_the_lock() -> None:
    known = (ROOT / "requirements" / "known-absences.txt").read_text().splitlines()
    absent = [re.fullmatch(r".* requires (\S+), which is not installed\.", line) for line in known]
    names = {canonicalize_name(match[1]) for match in absent if match}
    assert len(names) == len(known)
    assert names & set(LOCKED) == set()


def test_third_party_lists_the_lock() -> None:
    rows = re.findall(
        r"^\| ([\w.-]+) \| (\S+) \| ", (ROOT / "THIRD_PARTY.md").read_text(), re.MULTILINE
    )
    listed = {
        canonicalize_name(name): Version(version) for name, version in rows if name != "package"
    }
    assert listed == LOCKED
