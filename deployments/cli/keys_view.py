"""How people see keys and their limits."""

from __future__ import annotations

from typing import Any

from deployments.cli.output import say, show_table

_COLUMNS = ("TENANT", "ID", "NAME", "STATUS", "SCOPES", "MIN CLASS", "EXPIRES", "MODELS", "LIMITS")


def show_key(key: dict[str, Any]) -> None:
    """One key, a line a fact; what is not limited is left out."""
    facts = {
        "tenant": key["tenant"],
        "id": key["id"],
        "name": key["name"],
        "scopes": ", ".join(key["scopes"]),
        "min class": key["min_class"],
        "expires": key["expires"] or "never",
        "models": _models(key),
        "limits": limits_text(key["limits"]) or "none",
    }
    for name, value in facts.items():
        if value:
            say(f"{name}: {value}")


def show_keys(found: dict[str, Any]) -> None:
    """A table of keys, then the limits of whole tenants."""
    if found["data"]:
        show_table(_COLUMNS, [_row(one) for one in found["data"]])
    for tenant, limits in found["tenants"].items():
        say(f"tenant {tenant}: {limits_text(limits) or 'not limited'}")


def limits_text(limits: dict[str, Any]) -> str:
    """Limits on one line, what is spent before what there is."""
    rates = [f"{limits[name]} {name}" for name in ("rpm", "tpm") if limits[name] is not None]
    return ", ".join([*rates, *(_budget(one) for one in limits["budgets"])])


def _budget(budget: dict[str, Any]) -> str:
    unit = "USD" if budget["unit"] == "usd" else "tokens"
    used, most = _number(budget["spent"] + budget["held"]), _number(budget["limit"])
    return f"{used} of {most} {unit}/{budget['window']}"


def _number(amount: float) -> str:
    return f"{amount:.9f}".rstrip("0").rstrip(".") if isinstance(amount, float) else str(amount)


def _row(key: dict[str, Any]) -> tuple[str, ...]:
    return (
        key["tenant"],
        key["id"],
        key["name"],
        key["status"],
        ",".join(key["scopes"]),
        key["min_class"],
        key["expires"] or "never",
        _models(key),
        limits_text(key["limits"]),
    )


def _models(key: dict[str, Any]) -> str:
    return "all" if key["models"] is None else ", ".join(key["models"])
