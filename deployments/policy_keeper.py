"""Keeps the policy in force while an instance runs: looks at its file, and swaps or refuses."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from deployments.policy_in_force import PolicyPlace, checked_policy, log, read_text
from models.errors import PodiumError
from router.policy import Policy
from router.policy_catalog import check_sites
from router.policy_change import check_change
from router.policy_file import load_policy
from router.policy_subject import Subject

PERIOD_S = 1.0


class Stamp(NamedTuple):
    """What shows that a file was written again."""

    inode: int
    size: int
    modified_ns: int


class PolicyKeeper:
    """One policy at a time; `refused` says why the file's is not it, None when it is.

    A file is taken only once it was seen twice alike, so that one still being written is not.
    Whoever began under the policy before goes on under it: they hold the object, not this keeper.
    """

    def __init__(
        self,
        place: PolicyPlace,
        served: Iterable[Subject] = (),
        catalog: Iterable[Subject] = (),
    ) -> None:
        self.refused: str | None = None
        self.refused_digest: str | None = None
        self._place = place
        self._served = tuple(served)
        self._catalog = tuple(catalog)
        self._looking = threading.Lock()
        self._taken = self._seen = stamp(place.file)
        self.policy = self._first()

    def _first(self) -> Policy:
        """The file's policy, or else the one accepted before; raises InvalidConfig without one."""
        try:
            found = checked_policy(self._place, self._served, self._catalog)
            self._place.accept(self._place.text())
        except (PodiumError, OSError) as error:
            earlier = self._place.earlier()
            if earlier is None:
                raise
            self._refuse(error)
            return earlier
        return found

    def look(self) -> bool:
        """Take a file that changed and has settled; whether there is a new policy in force."""
        with self._looking:
            now = stamp(self._place.file)
            settled, self._seen = now == self._seen, now
            if now == self._taken or not settled:
                return False
            self._taken = now
            return self._take(None)

    def look_for(self, digest: str) -> Policy:
        """The policy in force, having taken the file's at once if it is the one of `digest`.

        Another process that looks at the same file found that text at rest, so it need not be seen
        twice here; every other check is the same.
        """
        with self._looking:
            now = stamp(self._place.file)
            text = None if now in (None, self._taken) else self._text()
            if text is not None and hashlib.sha256(text).hexdigest() == digest:
                self._taken = self._seen = now
                self._take(text)
            return self.policy

    async def watch(
        self, swapped: Callable[[Policy], Awaitable[None]], period: float = PERIOD_S
    ) -> None:
        """Look for ever and tell `swapped` of each new policy; cancel to stop.

        Comparing two policies takes a while, so a thread does.
        """
        while True:
            await asyncio.sleep(period)
            if await asyncio.to_thread(self.look):
                await swapped(self.policy)

    def _take(self, text: bytes | None) -> bool:
        """Put the file's policy in force, or say why not; `text` None reads the file."""
        try:
            return self._checked(read_text(self._place.file) if text is None else text)
        except (PodiumError, OSError) as error:
            self._refuse(error)
            return False

    def _checked(self, text: bytes) -> bool:
        new = load_policy(text, self._place.file.name)
        if new.digest == self.policy.digest:
            self.refused = self.refused_digest = None
            return False
        check_sites(new, self._served, self._place.file.name)
        check_change(self.policy, new, self._catalog, self._place.file.name)
        self._place.accept(text)
        log.warning("policy swapped", extra={"was": self.policy.digest, "digest": new.digest})
        self.policy, self.refused, self.refused_digest = new, None, None
        return True

    @property
    def file(self) -> str:
        """Where the policy is looked for."""
        return str(self._place.file)

    def _text(self) -> bytes | None:
        try:
            return read_text(self._place.file)
        except PodiumError:
            return None

    def _refuse(self, error: PodiumError | OSError) -> None:
        text = self._text()
        self.refused_digest = None if text is None else hashlib.sha256(text).hexdigest()
        param = error.param if isinstance(error, PodiumError) else None
        self.refused = error.message if isinstance(error, PodiumError) else f"{error.strerror}"
        log.error(
            "policy refused; the one before stays in force",
            extra={"param": param, "why": self.refused},
        )


def stamp(path: Path) -> Stamp | None:
    """The file's stamp; None when it is not there."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return Stamp(facts.st_ino, facts.st_size, facts.st_mtime_ns)
