"""Writes what k8s/ has from the policy: its copy, and each overlay's network policies."""

from __future__ import annotations

import sys
from pathlib import Path

from deployments.cli.policy_network import HEAD, as_yaml
from deployments.config_check import settings_in_file
from deployments.served_outside import served_outside
from models.catalog import builtin_catalog, load_catalog
from router.network_policy import network_policies
from router.policy_file import load_policy

ROOT = Path(__file__).resolve().parent.parent
POLICY = ROOT / "router" / "policies" / "policy.yaml"
OVERLAYS = ROOT / "k8s" / "overlays"


def pages() -> dict[Path, str]:
    """Every file made here, by path."""
    made = {ROOT / "k8s" / "base" / "policy.yaml": POLICY.read_text()}
    policy = load_policy(POLICY.read_bytes(), POLICY.name)
    for overlay in sorted(path for path in OVERLAYS.iterdir() if path.is_dir()):
        rows = overlay / "catalog"
        catalog = load_catalog([builtin_catalog(), *([rows] if rows.is_dir() else [])])
        settings = settings_in_file(overlay / "serve_config.yaml")
        cards = served_outside(settings, catalog)
        made[overlay / "network.yaml"] = HEAD + as_yaml(network_policies(policy, cards)) + "\n"
    return made


def main() -> int:
    for path, text in pages().items():
        path.write_text(text)
        print(f"k8s: {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
