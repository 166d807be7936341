"""Puts into the wheel what lies outside the packages and `podium` needs at run time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# In the tree → in the wheel; an editable install reads them in place.
CARRIED = {
    "examples": "deployments/examples",
    "serve_config.yaml": "deployments/serve_config.yaml",
}


class WheelData(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the examples and the application set to a wheel, and nothing to an editable one."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        for source, target in CARRIED.items():
            if not (root / source).exists():
                raise FileNotFoundError(f"the wheel carries {source}, which is missing")
            build_data["force_include"][str(root / source)] = target
