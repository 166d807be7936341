"""`podium keys`: make, list and revoke keys, and limit whole tenants."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from deployments.cli.keys_view import show_key, show_keys
from deployments.cli.options import HomeOption, JsonOption, KeyOption, UrlOption
from deployments.cli.output import emit, note, say
from deployments.cli.server import Server, path_of
from deployments.cli.target import find_target

keys = typer.Typer(no_args_is_help=True, help="Make, list and revoke keys; limit tenants.")

DEFAULT_TENANT = "default"
TenantOption = Annotated[
    str, typer.Option("--tenant", metavar="NAME", help="Whose key: documents and runs are apart.")
]
BudgetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--budget-usd", metavar="N/day|month", help="US dollars a day or month, as 5/day."
    ),
]
TokensOption = Annotated[
    int | None, typer.Option("--tokens-per-day", metavar="N", help="Tokens a day, in and out.")
]
RpmOption = Annotated[int | None, typer.Option("--rpm", metavar="N", help="Requests a minute.")]
TpmOption = Annotated[int | None, typer.Option("--tpm", metavar="N", help="Tokens a minute.")]


@keys.command("create")
def create_key(
    tenant: TenantOption = DEFAULT_TENANT,
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCOPE", help="infer, read, write, approve, admin; by default infer and read."
        ),
    ] = None,
    min_class: Annotated[
        Literal["PUBLIC", "INTERNAL", "CONFIDENTIAL", "RESTRICTED"],
        typer.Option("--min-class", help="The least level of any text that comes in with it."),
    ] = "INTERNAL",
    expires: Annotated[
        str | None, typer.Option(metavar="WHEN", help="A span as 30d or 12h, or a date (UTC).")
    ] = None,
    budget_usd: BudgetOption = None,
    tokens_per_day: TokensOption = None,
    rpm: RpmOption = None,
    tpm: TpmOption = None,
    models: Annotated[
        list[str] | None,
        typer.Option("--models", metavar="ID,…", help="Models and pipelines it may ask for."),
    ] = None,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Make a key and print it, this once; it can't be shown again."""
    body = {
        "tenant": tenant,
        "name": name,
        "min_class": min_class,
        "expires": expires,
        **_lists(scopes=scope, models=models),
        **_limits(budget_usd, tokens_per_day, rpm, tpm),
    }
    with Server(find_target(url, key, home)) as server:
        made = server.post("/v1/admin/keys", _given(body))
    if json_:
        emit(made)
        return
    say(made["key"])
    show_key(made)
    note("Store the key now: only its HMAC is kept, and it is never shown again.")


@keys.command("list")
def list_keys(
    tenant: Annotated[
        str | None, typer.Option("--tenant", metavar="NAME", help="One tenant's alone.")
    ] = None,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """List keys with their limits and what is spent; a secret is never listed."""
    query = f"?tenant={path_of(tenant)[1:]}" if tenant is not None else ""
    with Server(find_target(url, key, home)) as server:
        found = server.get(f"/v1/admin/keys{query}")
    if json_:
        emit(found)
    else:
        show_keys(found)


@keys.command("revoke")
def revoke_key(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The key's id: pk_TENANT_ID_….")],
    tenant: TenantOption = DEFAULT_TENANT,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Stop a key; every gateway refuses it within five seconds."""
    with Server(find_target(url, key, home)) as server:
        done = server.delete(path_of("v1", "admin", "keys", tenant, id_))
    if json_:
        emit(done)
    else:
        say(f"revoked {done['tenant']} {done['id']}")


@keys.command("limit")
def limit_tenant(
    tenant: Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's name.")],
    budget_usd: BudgetOption = None,
    tokens_per_day: TokensOption = None,
    rpm: RpmOption = None,
    tpm: TpmOption = None,
    json_: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
    home: HomeOption = None,
) -> None:
    """Set what all keys of a tenant may use together; what is left out is not limited."""
    body = _given(_limits(budget_usd, tokens_per_day, rpm, tpm))
    path = path_of("v1", "admin", "tenants", tenant, "limits")
    with Server(find_target(url, key, home)) as server:
        done = server.put(path, body)
    if json_:
        emit(done)
    else:
        show_keys({"data": [], "tenants": {done["tenant"]: done["limits"]}})


def _limits(
    budget_usd: list[str] | None, tokens_per_day: int | None, rpm: int | None, tpm: int | None
) -> dict[str, Any]:
    return {"budget_usd": budget_usd, "tokens_per_day": tokens_per_day, "rpm": rpm, "tpm": tpm}


def _lists(**options: list[str] | None) -> dict[str, Any]:
    """Options that may be given several times, or once with commas."""
    return {
        name: [part.strip() for text in texts for part in text.split(",")] if texts else None
        for name, texts in options.items()
    }


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
