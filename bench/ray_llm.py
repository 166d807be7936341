"""Ray Serve LLM beside Podium: `python -m bench.ray_llm`.

Podium's lock leaves out what `ray.serve.llm` needs, so on an installation of the lock this says
what is missing instead of a figure.
"""

from __future__ import annotations

import importlib
import json
import sys

# Told to the report: this measurement has nothing to measure here.
ABSENT = 3


def missing(module: str = "ray.serve.llm") -> str | None:
    """Why the module can't be used, None when it can."""
    try:
        importlib.import_module(module)
    except ImportError as error:
        return str(error)
    return None


def main() -> int:
    """Say what is missing; a measurement of an installed one is not written yet, and it says so."""
    why = missing()
    reason = (
        f"Ray Serve LLM is not installed here: {why}."
        if why is not None
        else "Ray Serve LLM is installed, but no measurement of it is written yet."
    )
    print(json.dumps({"reason": reason}))
    return ABSENT


if __name__ == "__main__":
    sys.exit(main())
