"""The home: the one folder where an instance of Podium keeps everything it writes."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deployments.private_file import PRIVATE_FOLDER, write_private
from models.errors import SetupError

HOME_VERSION = 5
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Home:
    """Where things lie in a home; making one touches no disk, `deployments.open_home` does."""

    path: Path

    @property
    def version_file(self) -> Path:
        """The layout's version, a whole number."""
        return self.path / "VERSION"

    @property
    def database(self) -> Path:
        """Keys, runs and steps."""
        return self.path / "state.sqlite"

    @property
    def ledger(self) -> Path:
        """What was decided and what left, chained."""
        return self.path / "ledger.sqlite"

    @property
    def secret_file(self) -> Path:
        """The secret of `pepper()`."""
        return self.path / "key_secret"

    @property
    def first_key(self) -> Path:
        """The first admin key in the clear, for the owner's own commands."""
        return self.path / "first_key"

    @property
    def run_file(self) -> Path:
        """What runs on this home now, see deployments.run_file."""
        return self.path / "run.json"

    @property
    def lock_file(self) -> Path:
        """Locked by the one `podium up` on this home."""
        return self.path / "up.lock"

    @property
    def settings(self) -> Path:
        """Settings that stand between PODIUM_* and the profile."""
        return self.path / "settings.yaml"

    @property
    def policy(self) -> Path:
        """The home's own policy, where the settings name none."""
        return self.path / "policy.yaml"

    @property
    def accepted_policy(self) -> Path:
        """The text of the policy that was accepted last."""
        return self.path / "policy_accepted.yaml"

    @property
    def catalog(self) -> Path:
        """Catalog rows of this home, one YAML file a model."""
        return self.path / "catalog"

    @property
    def pipelines(self) -> Path:
        """Pipelines of this home, if it has any."""
        return self.path / "pipelines"

    @property
    def prompts(self) -> Path:
        """Prompts of this home, if it has any."""
        return self.path / "prompts"

    @property
    def schemas(self) -> Path:
        """Schemas of this home, if it has any."""
        return self.path / "schemas"

    @property
    def collections(self) -> Path:
        """Documents and their indexes."""
        return self.path / "collections"

    @property
    def assets(self) -> Path:
        """Pictures that were made, each named by its digest, and their labels."""
        return self.path / "assets"

    @property
    def logs(self) -> Path:
        """JSON logs, rotated."""
        return self.path / "logs"

    @property
    def run(self) -> Path:
        """Sockets and files of the running instance; worth nothing afterwards."""
        return self.path / "run"

    @property
    def backups(self) -> Path:
        """Copies made before a migration."""
        return self.path / "backups"

    def pepper(self) -> bytes:
        """The secret under which keys are stored, made on first use: 32 bytes, mode 0600."""
        path = self.secret_file
        try:
            found = path.read_bytes()
        except FileNotFoundError:
            write_private(path, secrets.token_bytes(SECRET_BYTES))
            found = path.read_bytes()
        if len(found) != SECRET_BYTES:
            raise SetupError(
                f"{path} is damaged: it must hold {SECRET_BYTES} bytes. Restore it from a copy of "
                "the home; without it no stored key verifies.",
                param="home",
            )
        return found


def default_home(environ: Mapping[str, str] = os.environ) -> Path:
    """`$XDG_STATE_HOME/podium`, by the standard's own default `~/.local/state/podium`."""
    state = environ.get("XDG_STATE_HOME", "")
    base = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return base / "podium"


def make_private(folder: Path) -> None:
    """Make `folder` if it is missing, and close it to everybody but its owner."""
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        facts = folder.stat()
    except OSError as error:
        raise SetupError(
            f"The folder {folder} cannot be used: {error.strerror}. Choose another with --home.",
            param="home",
        ) from error
    if facts.st_uid != os.geteuid():
        raise SetupError(
            f"The folder {folder} belongs to another user. Choose another with --home.",
            param="home",
        )
    if stat.S_IMODE(facts.st_mode) & 0o077:
        folder.chmod(PRIVATE_FOLDER)
