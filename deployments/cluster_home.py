"""The home of one node of a cluster, made from the secrets that are mounted there.

Mounted secrets belong to root and may be read by a group; what Podium keeps may be read by its
owner alone. So they are copied in once, before anything starts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from deployments.egress_keys import keys_file
from deployments.example_crm import ensure_example_crm
from deployments.first_key import ensure_first_key
from deployments.home import SECRET_BYTES, Home
from deployments.ledger import open_ledger
from deployments.open_home import open_home
from deployments.private_file import write_private
from deployments.settings import Settings
from models.errors import SetupError
from router.store.state import State

KEY_SECRET = "key_secret"  # noqa: S105 - the name of a file
Say = Callable[[str], None]


def prepare_home(path: Path, secrets: Path | None, providers: Path | None, say: Say) -> Home:
    """The home at `path`, made or migrated, holding what is mounted.

    The folder `secrets` holds `key_secret`, 64 hexadecimal digits, the same on every node; the
    folder `providers` one file a provider's key, named as its variable. Raises SetupError.
    """
    home = open_home(path)
    if secrets is None:
        home.pepper()
    else:
        _take_secret(home, secrets / KEY_SECRET)
    keys = {} if providers is None else _provider_keys(providers)
    if keys:
        write_private(keys_file(home), json.dumps(keys).encode())
        say(f"keys of providers: {', '.join(sorted(keys))}")
    return home


def prepare_state(home: Home, settings: Settings, say: Say) -> None:
    """On the node that keeps the state: the first admin key, and the example's database if asked.

    `PODIUM_API_KEY` becomes the first key of a home that has none yet.
    """
    with closing(open_ledger(home, settings.ledger)) as ledger:
        state = State.open(home.database, home.pepper(), ledger)
        found = ensure_first_key(home, state, os.environ.get("PODIUM_API_KEY"))
    ensure_example_crm(home, settings)
    if found.ignored:
        say("PODIUM_API_KEY is no key of this home and is ignored; first_key holds its first one")
    say(f"the first key lies in {home.first_key}")


def joining_token(file: Path) -> bytes:
    """The token in a file that was copied from the head; raises SetupError.

    Read before the run folder is made anew, for the file may lie in the old one.
    """
    try:
        token = file.read_bytes().strip()
    except OSError as error:
        raise SetupError(
            f"The token {file} can't be read: {error.strerror}. Copy the head's, whose path"
            " RAY_AUTH_TOKEN_PATH tells there.",
            param="token",
        ) from error
    if not token:
        raise SetupError(f"The token {file} is empty; copy the head's again.", param="token")
    return token


def _take_secret(home: Home, mounted: Path) -> None:
    try:
        given = bytes.fromhex(mounted.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise _bad_secret(mounted) from error
    if len(given) != SECRET_BYTES:
        raise _bad_secret(mounted)
    if home.secret_file.exists() and home.pepper() != given:
        raise SetupError(
            f"{mounted} is not the secret that this home was made with; no stored key would"
            " verify. Mount the old one again, or start with an empty home.",
            param=KEY_SECRET,
        )
    write_private(home.secret_file, given)


def _bad_secret(mounted: Path) -> SetupError:
    return SetupError(
        f"{mounted} must hold {2 * SECRET_BYTES} hexadecimal digits: `openssl rand -hex"
        f" {SECRET_BYTES}` makes them.",
        param=KEY_SECRET,
    )


def _provider_keys(folder: Path) -> dict[str, str]:
    """The key in each file of the folder; Kubernetes keeps its own links there, with a dot."""
    if not folder.is_dir():
        return {}
    files = [path for path in sorted(folder.iterdir()) if path.name[0] != "." and path.is_file()]
    return {path.name: path.read_text(encoding="utf-8").strip() for path in files}
