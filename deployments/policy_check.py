"""The policy an instance would start with, checked before anything starts."""

from __future__ import annotations

from deployments.catalog_files import read_catalog
from deployments.home import Home
from deployments.policy_in_force import checked_policy, policy_place
from deployments.settings import Settings
from router.policy import Policy


def check_policy(settings: Settings, home: Home) -> Policy:
    """The policy; raises InvalidConfig naming the field, for one that widens unapproved as well."""
    catalog = read_catalog(settings, str(home.path))
    served = [catalog.card(name) for name in settings.models if name in catalog]
    return checked_policy(policy_place(settings, home), served, catalog)
