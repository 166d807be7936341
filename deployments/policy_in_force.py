"""The policy file that the settings name, or the one that ships with Podium."""

from __future__ import annotations

from pathlib import Path

from deployments.settings import Settings
from models.errors import InvalidConfig
from router.policy import Policy
from router.policy_file import default_policy, load_policy


def read_policy(settings: Settings) -> Policy:
    """The policy; raises InvalidConfig naming the field at fault."""
    if settings.policy is None:
        return default_policy()
    path = Path(settings.policy)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InvalidConfig(f"The policy {path.name} can't be read.", param="policy") from error
    return load_policy(text, path.name)
