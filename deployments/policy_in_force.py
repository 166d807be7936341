"""Which policy is in force: the settings' file, the home's own, or the one that ships with Podium.

The text last accepted is kept in the home. A file that is spoilt later, or that lets through more
without two approvals, leaves that one in force, at a restart as well.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deployments.home import Home, default_home
from deployments.private_file import write_private
from deployments.settings import Settings
from models.errors import InvalidConfig, PodiumError
from router.policy import Policy
from router.policy_catalog import check_sites
from router.policy_change import check_change
from router.policy_file import MAX_BYTES, default_policy, load_policy
from router.policy_subject import Subject

log = logging.getLogger("podium.policy")


@dataclass(frozen=True, slots=True)
class PolicyPlace:
    """Where the policy of an instance lies; a home without its own goes by the built-in one."""

    file: Path
    accepted: Path
    may_be_absent: bool = False

    def text(self) -> bytes | None:
        """What the file says now, None for the policy that ships with Podium.

        Raises InvalidConfig when it can't be read or is too large.
        """
        if self.may_be_absent and not self.file.exists():
            return None
        return read_text(self.file)

    def earlier(self) -> Policy | None:
        """The policy accepted last; None when there is none, or it can't be read any more."""
        try:
            return load_policy(read_text(self.accepted), self.accepted.name)
        except InvalidConfig:
            return None

    def accept(self, text: bytes | None) -> None:
        """Keep a text that is in force now; None is that of the policy that ships with Podium."""
        if text is None:
            self.accepted.unlink(missing_ok=True)
        elif self.accepted.parent.is_dir():
            write_private(self.accepted, text)


def policy_place(settings: Settings, home: Home | None = None) -> PolicyPlace:
    """The settings' file before the home's own `policy.yaml`."""
    found = home or Home(Path(settings.home or os.environ.get("PODIUM_HOME") or default_home()))
    if settings.policy is not None:
        return PolicyPlace(Path(settings.policy), found.accepted_policy)
    return PolicyPlace(found.policy, found.accepted_policy, may_be_absent=True)


def read_policy(settings: Settings, home: Home | None = None) -> Policy:
    """The policy to serve under: the file, or with a loud word the one accepted before.

    Raises InvalidConfig naming the field at fault when nothing was accepted before.
    """
    place = policy_place(settings, home)
    try:
        return checked_policy(place)
    except PodiumError as error:
        earlier = place.earlier()
        if earlier is None:
            raise
        log.error("policy refused; the one before stays in force",
                  extra={"param": error.param, "why": error.message})  # fmt: skip
        return earlier


def checked_policy(
    place: PolicyPlace, served: Iterable[Subject] = (), catalog: Iterable[Subject] = ()
) -> Policy:
    """The policy in the file, allowed to follow on what was accepted before; raises InvalidConfig.

    `served` are the models that are to run: each needs a clearance. Without a file of its own an
    instance goes by the one that ships with Podium, which is reviewed with the release.
    """
    text = place.text()
    if text is None:
        return default_policy()
    new = load_policy(text, place.file.name)
    check_sites(new, served, place.file.name)
    earlier = place.earlier()
    if earlier is not None and earlier.digest != new.digest:
        check_change(earlier, new, catalog, place.file.name)
    return new


def read_text(path: Path) -> bytes:
    """The bytes of a policy file; one that is too large is refused before it is read."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InvalidConfig(
                f"The policy {path.name} has {size} bytes; at most {MAX_BYTES} are read.",
                param="policy",
            )
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidConfig(
            f"The policy {path.name} can't be read: {error.strerror}.", param="policy"
        ) from error
