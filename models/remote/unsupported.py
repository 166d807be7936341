"""Refusing what a provider's dialect has no field for, by name."""

from __future__ import annotations

from models.errors import UnsupportedParameter


def refuse(**asked: bool) -> None:
    """Raise UnsupportedParameter for the first field that was asked for."""
    for name, wanted in asked.items():
        if wanted:
            raise UnsupportedParameter(
                f"'{name}' is not known to this model's provider; leave it out.", param=name
            )
